"""The recipes of exercise 05 that stand for themselves: hard activations, squeeze-and-excitation, and its price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...models.layers import round_channels
from ..cases import Case, case
from ..recipes import recipe

GIVEN = {"round_channels": round_channels}


@dataclass(frozen=True)
class Bright(Case):
    """Pictures far from zero, so that also what bends at 6 is seen behind their average."""

    def arrays(self) -> list[np.ndarray]:
        return [12 * array + 4 for array in super().arrays()]


def bright(*arguments: Any, inputs: tuple[int, ...], seed: int = 0) -> Case:
    """A case of a module whose pictures have large numbers."""
    return Bright(arguments, inputs=(inputs,), seed=seed)


AROUND_THE_KNEES = case(np.array([-9, -5, -3, -2, -0.5, 0, 0.5, 2, 3, 5, 8], dtype=np.float32))
FEATURE_MAP = case(inputs=(2, 4, 3, 5), seed=1)

SIGMOID = recipe(
    """
    def hard_sigmoid(x):
        return «all = «ramp = F.relu6(x + «shift = 3»)» / «six = 6»»
    """,
    """
    all = torch.sigmoid(x)
        This is the smooth sigmoid: the hard one is made of three straight lines.

    shift = 0
        Your ramp begins at 0: shift x by 3 first, so that h-sigmoid(0) is one half.

    shift = -3
        Your ramp begins at 3: add 3 to x, do not take it away.

    six = 1
    or six = 3
        Your gate goes beyond 1: divide by 6, the highest that ReLU6 gives.

    ramp = (x + 3)
        Your line never bends: a gate must stay between 0 and 1.

    ramp = F.relu(x + 3)
        Your line goes on above x = 3, where a gate is 1 and not more: ReLU6 belongs around x + 3, before the 6 divides.

    ramp = (x + 3).clamp(max=6)
        Your line has no lower bend: below x = -3 a gate is 0 and not less.

    ramp = (F.relu6(x) + 3)
        You add 3 behind ReLU6: it belongs inside, ReLU6(x + 3).

    all = F.relu6(x) + 3 / 6
    or all = F.relu6(x + 3 / 6)
        Only the 3 is divided by 6: the parentheses are in the wrong place.

    all = (0.2 * x + 0.5).clamp(0, 1)
        This is Keras' older hard sigmoid with slope 0.2: MobileNetV3's has slope 1/6.

    all = x.clamp(-3, 3) / 6
        Your gate is symmetric about 0: h-sigmoid(0) is one half, so shift x by 3 first.

    all = ((x + 1) / 2).clamp(0, 1)
        Your ramp goes from -1 to 1: it goes from -3 to 3.

    all = x.clamp(0, 1)
        Your ramp goes from 0 to 1: it goes from -3 to 3, with slope 1/6.

    all = F.hardswish(x)
        This is h-swish: the hard sigmoid alone is not multiplied by x.
    """,
)

SWISH = recipe(
    """
    def hard_swish(x):
        return «all = x * «gate = F.relu6(x + «shift = 3»)» / «six = 6»»
    """,
    """
    all = F.relu6(x + 3) / 6
        This is the hard sigmoid alone: h-swish multiplies it by x, and so is near x for large x.

    all = F.silu(x)
        This is swish with the smooth sigmoid: h-swish takes the hard one.

    six = 1
        Your values are six times too large: divide by 6.

    six = 36
        You divided by 6 twice: the hard sigmoid has done so already.

    shift = 0
        The shift by 3 is missing: h-sigmoid is ReLU6(x + 3) / 6.

    shift = -3
        You took 3 away from x: h-sigmoid is ReLU6(x + 3) / 6.

    gate = (x + 3)
        Your gate never bends: it must stay between 0 and 1.

    gate = F.relu(x + 3)
        Your gate has no upper bend: from x = 3 on it is 1, and h-swish is x.

    all = x + F.hardsigmoid(x)
        You added the hard sigmoid to x: h-swish is their product.

    all = (x + 3) * F.relu6(x + 3) / 6
        You multiply the gate by the shifted x + 3: the factor is x itself.

    all = F.relu6(x * (x + 3)) / 6
        Your ReLU6 is around the whole product: it belongs around x + 3 alone.

    all = x * F.hardswish(x)
        You multiplied by x twice: x · h-sigmoid(x) has it once.

    all = F.hardsigmoid(x) * F.relu(x)
    or all = F.relu(x)
    or all = F.relu6(x)
        You set negative x to 0: h-swish is slightly negative between -3 and 0.
    """,
    uses=(SIGMOID,),
)

SE = recipe(
    """
    class SEBlock(nn.Module):
        def __init__(self, channels, reduction=4):
            super().__init__()
            squeezed = «width = round_channels(channels / reduction)»
            self.narrow = nn.Conv2d(channels, squeezed, 1, bias=«bias1 = True»)
            self.widen = nn.Conv2d(squeezed, channels, 1, bias=«bias2 = True»)
            self.norm1, self.norm2 = «norms = nn.Identity(), nn.Identity()»

        def forward(self, x):
            s = «squeeze = x.mean((2, 3), keepdim=True)»
            s = «act = F.relu»(self.norm1(self.narrow(s)))
            s = «gate = F.hardsigmoid»(self.norm2(self.widen(s)))
            return «join = x * s»
    """,
    """
    squeeze = x
        SE without the squeeze: average each channel over all positions first, so that each has one gate and not one at
        every position.

    squeeze = x.amax((2, 3), keepdim=True)
        You squeeze by the maximum: SE takes the average over all positions.

    squeeze = x.sum((2, 3), keepdim=True)
        You squeeze by the sum: SE takes the average, so that a larger picture gives no larger numbers.

    squeeze = x.mean((0, 2, 3), keepdim=True)
        You averaged over the batch as well: each picture has gates of its own.

    squeeze = x.mean((1, 2, 3), keepdim=True)
        You averaged over the channels as well: each channel has an average of its own.

    squeeze = x.mean(2, keepdim=True)
    or squeeze = x.mean(3, keepdim=True)
        You averaged over one side of the picture: average over all positions, the axes 2 and 3.

    squeeze = x[:, :, :1, :1]
        You took one position for the whole picture: average over all of them.

    gate = torch.sigmoid
        Your gate is the smooth sigmoid: MobileNetV3's is the hard one, of part 1.

    gate =
        Your gates have no bounds: a hard sigmoid after the second layer holds them between 0 and 1.

    gate = F.hardswish
        Your gate ends in h-swish, which has no upper bound: a gate needs the hard sigmoid.

    gate = F.relu
    or gate = F.relu6
        Your gate ends in a ReLU: a gate needs the hard sigmoid, which stays between 0 and 1.

    gate = torch.tanh
        Your gate ends in tanh, and may be negative: a gate needs the hard sigmoid.

    gate = (lambda s: F.softmax(s, 1))
        Your gates are a softmax, so they add up to 1: each has a hard sigmoid of its own.

    join = x + s
        You added the gate to its channel: a gate multiplies, so that 0 closes the channel and 1 leaves it.

    join = x + x * s
        You added the input once more: SE gives the gated channels and nothing else.

    join = x * (1 - s)
        You multiply by 1 - gate: a gate of 1 leaves its channel as it is.

    join = s.expand_as(x)
    or join = s
    or join = s.flatten(1)
        You return the gates themselves: multiply the input by them.

    join = x.mean((2, 3), keepdim=True) * s
        You multiply the averages by the gates: the gates are for the input itself.

    join = x * s.flatten(1)
        Your gates have the shape (N, C), and the input has (N, C, H, W): give them two axes more, of length 1.

    join = x * s.mean(1, keepdim=True)
        You have one gate for all channels: each channel has its own.

    act =
        There is nothing between your two layers: without the ReLU they are one linear layer in two parts.

    act = F.hardswish
        You put h-swish between SE's two layers: there stands a ReLU, whatever the rest of the block uses.

    act = F.relu6
        You put MobileNetV2's ReLU6 between SE's two layers: there stands a plain ReLU.

    act = F.hardsigmoid
    or act = torch.sigmoid
        You put a gate between SE's two layers: there stands a ReLU, and the hard sigmoid after the second.

    width = max(1, int(channels // reduction))
    or width = max(1, round(channels / reduction))
    or width = math.ceil(channels / reduction)
        The squeezed width is channels / reduction, but not rounded: use round_channels on it.

    width = -(-channels // int(8 * reduction)) * 8
        You rounded the squeezed width up: round_channels goes to the nearest multiple of 8.

    width = max(8, int(channels / reduction) // 8 * 8)
        You rounded the squeezed width down: round_channels goes to the nearest multiple of 8.

    width = max(8, int(channels / reduction + 4) // 8 * 8)
        The 90 % rule is missing: 18 goes to 24, because 16 is less than 90 % of it. Use round_channels.

    width = round_channels(channels // reduction)
        You cut the fraction off with //: divide with /, and let round_channels do the rounding.

    width = int(round_channels(channels) // reduction)
        You rounded the channels and divided then: divide first, round_channels(channels / reduction).

    width = round_channels(channels / 4)
        You divide by 4 always: use reduction.

    width = channels // 4
        You divide by 4 always, and round to no multiple of 8: it is round_channels(channels / reduction).

    width = 8
        Your squeezed width is 8 always: it is round_channels(channels / reduction).

    width = round_channels(channels / 16)
        You divide by 16 always, as the first paper on SE does: use reduction.

    width = channels
        Your first layer does not narrow: it goes to round_channels(channels / reduction).

    norms = nn.BatchNorm2d(squeezed), nn.Identity()
    or norms = nn.BatchNorm2d(squeezed), nn.BatchNorm2d(channels)
    or norms = nn.Identity(), nn.BatchNorm2d(channels)
    or norms = nn.BatchNorm2d(squeezed), nn.Identity(); bias1 = False
    or norms = nn.BatchNorm2d(squeezed), nn.BatchNorm2d(channels); bias1 = False; bias2 = False
        There is a batch norm between SE's layers or behind them: they have biases, and no batch norm.

    bias1 = False; bias2 = False
        Your two layers have no bias: no batch norm follows them, so they need one.

    bias1 = False
        Your first layer has no bias: no batch norm follows it, so it needs one.

    bias2 = False
        Your second layer has no bias: no batch norm follows it, so it needs one.
    """,
    uses=(SIGMOID,),
    names=GIVEN,
)

COST = recipe(
    """
    def se_cost(channels, size, reduction=4):
        squeezed = «width = round_channels(channels / reduction)»
        weights = «layers = 2 *» channels * squeezed
        return «result = {"params": «params = weights + squeezed + channels», "macs": «macs = weights»}»
    """,
    """
    macs = weights * size**2
        You multiplied the MACs by the picture's positions: the layers work behind the average, at one.

    macs = weights * size
        You multiplied the MACs by the picture's side: the layers work behind the average, at one position.

    macs = weights + 2 * channels * size**2
        You counted the average and the product with the gate: by the course's convention only convolutions, linear
        layers and matrix products have MACs.

    macs = weights + channels * size**2
        You counted the average, or the product with the gate: by the course's convention only convolutions, linear
        layers and matrix products have MACs.

    macs = weights + squeezed + channels
        You counted the biases in the MACs: only products are counted.

    macs = 2 * weights
        You counted FLOPs, a multiplication and an addition: that is one MAC.

    params = weights
        You left out the biases of the two layers: they are learned, so they are parameters.

    params = weights + squeezed
    or params = weights + channels
        You counted the biases of one layer: both have some, one for each of their outputs.

    params = weights + 2 * squeezed
    or params = weights + 2 * channels
        You counted as many biases in both layers: a layer has one for each of its outputs.

    params = weights + squeezed + channels + 2 * (squeezed + channels)
        You counted batch norms: SE has none.

    params = (weights + squeezed + channels) * size**2
        You multiplied the parameters by the picture's positions: a weight is one number wherever it is used.

    layers =
    or params = channels * squeezed + squeezed; macs = channels * squeezed
    or params = (weights + squeezed + channels) // 2; macs = weights // 2
        You priced one layer: SE has two, which narrow and widen.

    width = int(channels // reduction)
    or width = max(1, round(channels / reduction))
    or width = channels / reduction
        The squeezed width is not rounded here: it is round_channels(channels / reduction).

    width = max(8, int(channels / reduction + 4) // 8 * 8)
        The 90 % rule is missing: 18 goes to 24, because 16 is less than 90 % of it. Use round_channels.

    width = math.ceil(channels / reduction / 8) * 8
        You rounded the squeezed width up: round_channels goes to the nearest multiple of 8.

    width = round_channels(channels // reduction)
        You cut the fraction off with //: divide with /, and let round_channels do the rounding.

    width = round_channels(channels / 4)
        You divide by 4 always: use reduction.

    result = {"params": weights, "macs": weights + squeezed + channels}
        The two are the wrong way round: the biases are parameters, and they have no MACs.

    result = (weights + squeezed + channels, weights)
        You gave a list or tuple: asked is a dictionary with the keys "params" and "macs".

    result = {"parameters": weights + squeezed + channels, "macs": weights}
    or result = {"params": weights + squeezed + channels, "MACs": weights}
        The dictionary's keys are not the ones that are asked: "params" and "macs".
    """,
    uses=(SE,),
    names=GIVEN,
)
