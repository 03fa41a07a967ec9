"""Checks of exercise 05: hard activations, squeeze-and-excitation, MobileNetV3's block, and what SE costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...cost import trace
from ...models.layers import SEBlock, round_channels
from ...models.mobilenet_v3 import MobileNetV3Block
from ..agree import Case, Suspect, case, same_module, same_values
from ..engine import Assignment
from ..work import Work

assignment = Assignment("05_squeeze_excite", allow=("round_channels", "trace"))

AROUND_THE_KNEES = case(np.array([-5, -3, -2, -0.5, 0, 0.5, 2, 3, 5, 8], dtype=np.float32))
FEATURE_MAP = case(inputs=(2, 4, 3, 5), seed=1)


@assignment.check(
    "Hard sigmoid",
    "it is every gate of MobileNetV3; straight lines need no exponential, and 8-bit arithmetic can draw them",
)
def hard_sigmoid(hard_sigmoid: Work, cases: Sequence[Case] = (AROUND_THE_KNEES, FEATURE_MAP)) -> None:
    same_values(
        hard_sigmoid,
        F.hardsigmoid,
        cases,
        [
            Suspect(torch.sigmoid, "This is the smooth sigmoid: the hard one is made of three straight lines."),
            Suspect(
                lambda x: F.relu6(x) / 6,
                "Your ramp begins at 0: shift x by 3 first, so that h-sigmoid(0) is one half.",
            ),
            Suspect(lambda x: F.relu6(x + 3), "Your values go up to 6: divide by 6, so that a gate ends at 1."),
            Suspect(lambda x: (x + 3) / 6, "Your line never bends: a gate must stay between 0 and 1."),
            Suspect(
                lambda x: F.relu(x + 3) / 6,
                "Your line has no upper bend: above x = 3 a gate is 1 and not more, so take ReLU6 for ReLU.",
            ),
            Suspect(
                lambda x: (0.2 * x + 0.5).clamp(0, 1),
                "This is Keras' older hard sigmoid with slope 0.2: MobileNetV3's has slope 1/6.",
            ),
            Suspect(F.hardswish, "This is h-swish: the hard sigmoid alone is not multiplied by x."),
        ],
    )


@assignment.check(
    "h-swish",
    "it is the activation of MobileNetV3's deeper half, and a soft knee that lets small negative numbers through",
)
def hard_swish(hard_swish: Work, cases: Sequence[Case] = (AROUND_THE_KNEES, FEATURE_MAP)) -> None:
    same_values(
        hard_swish,
        F.hardswish,
        cases,
        [
            Suspect(
                F.hardsigmoid,
                "This is the hard sigmoid alone: h-swish multiplies it by x, and so is near x for large x.",
            ),
            Suspect(F.silu, "This is swish with the smooth sigmoid: h-swish takes the hard one."),
            Suspect(lambda x: x * F.relu6(x + 3), "Your values are six times too large: divide by 6."),
            Suspect(lambda x: x * F.relu6(x) / 6, "The shift by 3 is missing: h-sigmoid is ReLU6(x + 3) / 6."),
            Suspect(lambda x: x + F.hardsigmoid(x), "You added the hard sigmoid to x: h-swish is their product."),
            Suspect(F.relu, "This is ReLU: h-swish is slightly negative between -3 and 0."),
        ],
    )


NO_90_PERCENT = "The 90 % rule is missing: 18 goes to 24, because 16 is less than 90 % of it. Use round_channels."
CUT_OFF = "You cut the fraction off with //: divide with /, and let round_channels do the rounding."


def _nearest(channels: float) -> int:
    return max(8, int(channels + 4) // 8 * 8)


class _SE(SEBlock):
    """Squeeze-and-excitation with one thing wrong."""

    def __init__(
        self,
        channels: int,
        reduction: float = 4,
        *,
        width: Callable[[int, float], int] = lambda channels, reduction: round_channels(channels / reduction),
        squeeze: Callable[[Tensor], Tensor] = lambda x: x.mean((2, 3), keepdim=True),
        act: type[nn.Module] = nn.ReLU,
        gate: type[nn.Module] = nn.Hardsigmoid,
        join: Callable[[Tensor, Tensor], Tensor] = torch.mul,
        bias: bool = True,
        norms: int = 0,
    ) -> None:
        squeezed = width(channels, reduction)
        super().__init__(channels, squeeze_channels=squeezed, act=act, gate=gate)
        self.squeeze, self.join = squeeze, join
        if not bias:
            self.reduce.bias = self.expand.bias = None
        if norms > 0:
            self.act = nn.Sequential(nn.BatchNorm2d(squeezed), self.act)
        if norms > 1:
            self.gate = nn.Sequential(nn.BatchNorm2d(channels), self.gate)

    def forward(self, x: Tensor) -> Tensor:
        return self.join(x, self.gate(self.expand(self.act(self.reduce(self.squeeze(x))))))


SE_SUSPECTS = [
    Suspect(
        partial(_SE, squeeze=lambda x: x),
        "SE without the squeeze: average each channel over all positions first, so that each has one gate and not "
        "one at every position.",
    ),
    Suspect(
        partial(_SE, squeeze=lambda x: x.amax((2, 3), keepdim=True)),
        "You squeeze by the maximum: SE takes the average over all positions.",
    ),
    Suspect(
        partial(_SE, squeeze=lambda x: x.mean((0, 2, 3), keepdim=True)),
        "You averaged over the batch as well: each picture has gates of its own.",
    ),
    Suspect(
        partial(_SE, squeeze=lambda x: x.sum((2, 3), keepdim=True)),
        "You squeeze by the sum: SE takes the average, so that a larger picture gives no larger numbers.",
    ),
    Suspect(
        partial(_SE, gate=nn.Sigmoid),
        "Your gate is the smooth sigmoid: MobileNetV3's is the hard one, of part 1.",
    ),
    Suspect(
        partial(_SE, gate=nn.Identity),
        "Your gates have no bounds: a hard sigmoid after the second layer holds them between 0 and 1.",
    ),
    Suspect(
        partial(_SE, gate=nn.Hardswish),
        "Your gate ends in h-swish, which has no upper bound: a gate needs the hard sigmoid.",
    ),
    Suspect(
        partial(_SE, join=torch.add),
        "You added the gate to its channel: a gate multiplies, so that 0 closes the channel and 1 leaves it.",
    ),
    Suspect(
        partial(_SE, join=lambda x, gate: x + x * gate),
        "You added the input once more: SE gives the gated channels and nothing else.",
    ),
    Suspect(
        partial(_SE, join=lambda x, gate: gate.expand_as(x)),
        "You return the gates themselves: multiply the input by them.",
    ),
    Suspect(
        partial(_SE, act=nn.Identity),
        "There is nothing between your two layers: without the ReLU they are one linear layer in two parts.",
    ),
    Suspect(
        partial(_SE, act=nn.Hardswish),
        "You put h-swish between SE's two layers: there stands a ReLU, whatever the rest of the block uses.",
    ),
    Suspect(
        partial(_SE, width=lambda channels, reduction: max(1, int(channels // reduction))),
        "The squeezed width is channels / reduction, but not rounded: use round_channels on it.",
    ),
    Suspect(
        partial(_SE, width=lambda channels, reduction: -(-channels // int(8 * reduction)) * 8),
        "You rounded the squeezed width up: round_channels goes to the nearest multiple of 8.",
    ),
    Suspect(partial(_SE, width=lambda channels, reduction: _nearest(channels / reduction)), NO_90_PERCENT),
    Suspect(partial(_SE, width=lambda channels, reduction: round_channels(channels // reduction)), CUT_OFF),
    Suspect(
        partial(_SE, width=lambda channels, reduction: round_channels(channels / 4)),
        "You divide by 4 always: use reduction.",
    ),
    Suspect(
        partial(_SE, width=lambda channels, reduction: channels),
        "Your first layer does not narrow: it goes to round_channels(channels / reduction).",
    ),
    *(
        Suspect(
            partial(_SE, norms=norms, bias=bias),
            "There is a batch norm between SE's layers: they have biases, and no batch norm.",
        )
        for norms in (1, 2)
        for bias in (True, False)
    ),
    *(
        Suspect(
            partial(_SE, join=join),
            "Your gates have the shape (N, C), and the input has (N, C, H, W): give them two axes more, of length 1.",
        )
        for join in (lambda x, gate: x * gate.flatten(1), lambda x, gate: gate.flatten(1) * x)
    ),
    Suspect(
        partial(_SE, bias=False),
        "Your two layers have no bias: no batch norm follows them, so they need one.",
    ),
]


@assignment.check(
    "Squeeze-and-excitation",
    "a convolution sees a window; this is the one part of the block that knows the whole picture",
)
def se_block(
    SEBlock: Work,  # noqa: N803 - the name that the student writes
    cases: Sequence[Case] = (
        case(72, inputs=(2, 72, 5, 7)),
        case(16, inputs=(3, 16, 4, 4), seed=1),
        case(96, 8, inputs=(2, 96, 3, 3), seed=2),
        case(120, reduction=2, inputs=(1, 120, 6, 5), seed=3),
        case(89, reduction=10, inputs=(1, 89, 4, 5), seed=4),
    ),
) -> None:
    same_module(SEBlock, _library_se, cases, SE_SUSPECTS)


def _library_se(channels: int, reduction: float = 4) -> nn.Module:
    return SEBlock(channels, reduction)  # type: ignore[arg-type]


def _width_inside(in_channels: int, expand_ratio: float) -> int:
    return round_channels(in_channels * expand_ratio) if expand_ratio != 1 else in_channels


def _residual(in_channels: int, out_channels: int, stride: int) -> bool:
    return stride == 1 and in_channels == out_channels


RIGHT_ORDER = ("expand", "depthwise", "act", "se", "project")


class _Block(nn.Module):
    """MobileNetV3's block with one thing wrong. ``order`` is that of its parts, ``se_channels`` what SE works on."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        expand_ratio: float,
        use_se: bool,
        use_hs: bool,
        *,
        order: Sequence[str] = RIGHT_ORDER,
        se: Callable[[int], nn.Module] = SEBlock,
        se_channels: str = "inside",
        width: Callable[[int, float], int] = _width_inside,
        residual: Callable[[int, int, int], bool] = _residual,
        add: Callable[[Tensor, Tensor], Tensor] = torch.add,
        acts: tuple[type[nn.Module], type[nn.Module]] = (nn.ReLU, nn.Hardswish),
        acts_after_filter: tuple[type[nn.Module], type[nn.Module]] | None = None,
        after_projection: bool = False,
        stride_in_expand: bool = False,
        depthwise: bool = True,
        kernel: int | None = None,
        padding: int | None = None,
        always_expand: bool = False,
        bias: bool = False,
        eps: float = 1e-3,
    ) -> None:
        super().__init__()
        inside = width(in_channels, expand_ratio)
        k = kernel or kernel_size
        pad = k // 2 if padding is None else padding
        act = acts[bool(use_hs)]
        act_after_filter = (acts_after_filter or acts)[bool(use_hs)]
        early, late = (stride, 1) if stride_in_expand else (1, stride)

        def norm(channels: int) -> nn.Module:
            return nn.BatchNorm2d(channels, eps=eps)

        expands = inside != in_channels or always_expand
        parts: dict[str, list[nn.Module]] = {
            "expand": [nn.Conv2d(in_channels, inside, 1, early, bias=bias), norm(inside), act()] if expands else [],
            "depthwise": [
                nn.Conv2d(inside, inside, k, late, pad, groups=inside if depthwise else 1, bias=bias),
                norm(inside),
            ],
            "act": [act_after_filter()],
            "se": [se({"in": in_channels, "inside": inside, "out": out_channels}[se_channels])] if use_se else [],
            "project": [nn.Conv2d(inside, out_channels, 1, bias=bias), norm(out_channels)],
        }
        layers = [layer for name in order for layer in parts[name]]
        self.layers = nn.Sequential(*layers, *([act()] if after_projection else []))
        self.residual = residual(in_channels, out_channels, stride)
        self.add = add

    def forward(self, x: Tensor) -> Tensor:
        return self.add(x, self.layers(x)) if self.residual else self.layers(x)


class _SqueezedByInput(_Block):
    """SE squeezes to a quarter of the block's input, as EfficientNet's does."""

    def __init__(
        self,
        in_channels: int,
        *arguments: Any,
        rule: Callable[[int], int] = lambda channels: round_channels(channels / 4),
        **keywords: Any,
    ) -> None:
        squeezed = rule(in_channels)
        super().__init__(in_channels, *arguments, se=partial(SEBlock, squeeze_channels=squeezed), **keywords)


def _same_channels(in_channels: int, out_channels: int, stride: int) -> bool:
    return in_channels == out_channels


def _stride_1(in_channels: int, out_channels: int, stride: int) -> bool:
    return stride == 1


def _out_plus_x(x: Tensor, out: Tensor) -> Tensor:
    return out + x


_FROM_INPUT = (
    "SE's squeezed width comes from the block's input channels, as in EfficientNet: in MobileNetV3 it is a quarter of "
    "the width inside."
)
_SE_AFTER = "Your SE comes after the projection: it gates the wide inside, between filter and projection."
_RESIDUAL_STRIDE = "You add the input whenever the channels agree: with stride 2 the picture is smaller too."
_RESIDUAL_CHANNELS = "You add the input whenever the stride is 1: in_channels and out_channels must agree too."

BLOCK_SUSPECTS = [
    *(
        Suspect(partial(_SqueezedByInput, rule=rule), _FROM_INPUT)
        for rule in (
            lambda channels: round_channels(channels / 4),
            lambda channels: max(1, channels // 4),
        )
    ),
    Suspect(partial(_Block, order=("expand", "depthwise", "act", "project", "se"), se_channels="out"), _SE_AFTER),
    Suspect(partial(_Block, order=("expand", "depthwise", "act", "project", "se")), _SE_AFTER),
    Suspect(
        partial(_Block, order=("expand", "se", "depthwise", "act", "project")),
        "Your SE comes before the depthwise filter: it gates what the filter found, after its activation.",
    ),
    Suspect(
        partial(_Block, order=("expand", "depthwise", "se", "act", "project")),
        "Your SE comes before the filter's activation: it averages what the activation has let through.",
    ),
    Suspect(
        partial(_Block, order=("se", "expand", "depthwise", "act", "project"), se_channels="in"),
        "Your SE gates the block's input: it belongs into the wide inside, after the filter's activation.",
    ),
    Suspect(
        partial(_Block, after_projection=True),
        "There is an activation after your projection: the block's thin end is linear.",
    ),
    Suspect(
        partial(_Block, residual=lambda *_: False), "The input is never added: do so at stride 1 with equal channels."
    ),
    Suspect(partial(_Block, residual=_same_channels), _RESIDUAL_STRIDE),
    Suspect(partial(_Block, residual=_same_channels, add=_out_plus_x), _RESIDUAL_STRIDE),
    Suspect(partial(_Block, residual=_stride_1), _RESIDUAL_CHANNELS),
    Suspect(partial(_Block, residual=_stride_1, add=_out_plus_x), _RESIDUAL_CHANNELS),
    Suspect(
        partial(_Block, residual=_residual, add=lambda x, out: x + x + out),
        "The input is added twice.",
    ),
    Suspect(
        partial(_Block, order=("expand", "depthwise", "se", "project")),
        "There is no activation after your depthwise filter's batch norm.",
    ),
    Suspect(
        partial(_Block, acts_after_filter=(nn.ReLU, nn.ReLU)),
        "After the filter your block uses ReLU always: with use_hs=True both activations are h-swish.",
    ),
    Suspect(
        partial(_Block, stride_in_expand=True),
        "Your expanding layer has the stride, and drops three of four positions unseen: it belongs to the filter.",
    ),
    Suspect(
        partial(_Block, acts=(nn.ReLU, nn.ReLU)),
        "Your block uses ReLU always: with use_hs=True both activations are h-swish.",
    ),
    Suspect(
        partial(_Block, acts=(nn.Hardswish, nn.Hardswish)),
        "Your block uses h-swish always: with use_hs=False both activations are ReLU.",
    ),
    Suspect(
        partial(_Block, acts=(nn.Hardswish, nn.ReLU)),
        "Your activations are the wrong way round: use_hs=True means h-swish, False means ReLU.",
    ),
    Suspect(
        partial(_Block, acts=(nn.ReLU6, nn.Hardswish)), "You kept MobileNetV2's ReLU6: MobileNetV3 has a plain ReLU."
    ),
    Suspect(
        partial(_Block, width=lambda channels, expand: int(channels * expand)),
        "Your width inside is not rounded: use round_channels on in_channels × expand_ratio.",
    ),
    Suspect(
        partial(_Block, width=lambda channels, expand: round(channels * expand)),
        "Your width inside is rounded to a whole number: round_channels makes it a multiple of 8.",
    ),
    Suspect(
        partial(_Block, width=lambda channels, expand: round_channels(channels * expand)),
        "You rounded the width where expand_ratio is 1: there the width inside is in_channels itself.",
    ),
    Suspect(
        partial(_Block, always_expand=True),
        "You expand always: where the width inside is in_channels there is no expanding layer.",
    ),
    Suspect(
        partial(_Block, depthwise=False),
        "You left out groups: the filter is depthwise, so its groups are the width inside.",
    ),
    Suspect(partial(_Block, kernel=3), "Your filter is 3 × 3 always: use kernel_size."),
    Suspect(partial(_Block, padding=1), "You pad by 1 always: kernel_size // 2 keeps a larger kernel's picture whole."),
    Suspect(partial(_Block, padding=0), "Your filter has no padding: it needs kernel_size // 2 on each side."),
    Suspect(partial(_Block, bias=True), "Your convolutions have a bias: a batch norm follows each, so they have none."),
    Suspect(partial(_Block, eps=1e-5), "Your batch norms have PyTorch's eps of 1e-5: the authors' value is eps=1e-3."),
    *(Suspect(partial(_Block, se=one.make), f"In SE: {one.cause}") for one in SE_SUSPECTS),
]


@assignment.check(
    "MobileNetV3's block",
    "the whole network is this block in a table of rows: one part in the wrong place, and no published weights fit",
)
def v3_block(
    MobileNetV3Block: Work,  # noqa: N803 - the name that the student writes
    cases: Sequence[Case] = (
        case(24, 40, 5, 2, 3, True, False, inputs=(2, 24, 15, 11)),
        case(40, 40, 5, 1, 3, True, True, inputs=(2, 40, 7, 7), seed=1),
        case(40, 40, 3, 1, 2.3, False, True, inputs=(1, 40, 6, 6), seed=2),
        case(16, 16, 3, 2, 1, True, False, inputs=(2, 16, 9, 9), seed=3),
        case(20, 24, 3, 1, 1, False, False, inputs=(1, 20, 8, 5), seed=4),
    ),
) -> None:
    same_module(MobileNetV3Block, _library_block, cases, BLOCK_SUSPECTS)


def _library_block(*arguments: Any) -> nn.Module:
    return MobileNetV3Block(*arguments)


def _cost(channels: int, size: int, reduction: float = 4) -> dict[str, int]:
    squeezed = round_channels(channels / reduction)
    weights = 2 * channels * squeezed
    return {"params": weights + squeezed + channels, "macs": weights}


def _cost_with(change: Callable[[dict[str, int]], dict[str, int]]) -> Callable[..., dict[str, int]]:
    """A wrong cost: ``change`` gets the right one with the shapes, and gives what differs."""

    def wrong(channels: int, size: int, reduction: float = 4) -> dict[str, int]:
        right = _cost(channels, size, reduction)
        squeezed = round_channels(channels / reduction)
        return right | change(right | {"c": channels, "n": size, "s": squeezed})

    return wrong


def _cost_at_width(width: Callable[[int, float], int]) -> Callable[..., dict[str, int]]:
    def wrong(channels: int, size: int, reduction: float = 4) -> dict[str, int]:
        squeezed = width(channels, reduction)
        weights = 2 * channels * squeezed
        return {"params": weights + squeezed + channels, "macs": weights}

    return wrong


@assignment.check(
    "What a gate costs",
    "SE is where parameters and MACs part ways: whoever prices it by one of them is wrong about the other",
)
def se_cost(
    se_cost: Work,
    cases: Sequence[Case] = (
        case(72, 28),
        case(72, 7),
        case(960, 7),
        case(100, 15, reduction=8),
        case(89, 14, reduction=10),
    ),
) -> None:
    same_values(
        se_cost,
        _cost,
        cases,
        [
            Suspect(
                _cost_with(lambda f: {"macs": f["macs"] * f["n"] ** 2}),
                "You multiplied the MACs by the picture's positions: the layers work behind the average, at one.",
            ),
            Suspect(
                _cost_with(lambda f: {"macs": f["macs"] + 2 * f["c"] * f["n"] ** 2}),
                "You counted the average and the product with the gate: by the course's convention only convolutions, "
                "linear layers and matrix products have MACs.",
            ),
            Suspect(
                _cost_with(lambda f: {"macs": f["macs"] + f["c"] * f["n"] ** 2}),
                "You counted the average, or the product with the gate: by the course's convention only convolutions, "
                "linear layers and matrix products have MACs.",
            ),
            Suspect(
                _cost_with(lambda f: {"macs": f["params"]}),
                "You counted the biases in the MACs: only products are counted.",
            ),
            Suspect(
                _cost_with(lambda f: {"params": f["macs"]}),
                "You left out the biases of the two layers: they are learned, so they are parameters.",
            ),
            Suspect(
                _cost_with(lambda f: {"macs": 2 * f["macs"]}),
                "You counted FLOPs, a multiplication and an addition: that is one MAC.",
            ),
            Suspect(
                _cost_with(lambda f: {"params": f["params"] // 2, "macs": f["macs"] // 2}),
                "You priced one layer: SE has two, which narrow and widen.",
            ),
            Suspect(
                _cost_with(lambda f: {"params": f["c"] * f["s"] + f["s"], "macs": f["c"] * f["s"]}),
                "You priced one layer: SE has two, which narrow and widen.",
            ),
            Suspect(
                _cost_at_width(lambda channels, reduction: int(channels // reduction)),
                "The squeezed width is not rounded here: it is round_channels(channels / reduction).",
            ),
            Suspect(_cost_at_width(lambda channels, reduction: _nearest(channels / reduction)), NO_90_PERCENT),
            Suspect(_cost_at_width(lambda channels, reduction: round_channels(channels // reduction)), CUT_OFF),
            Suspect(
                _cost_at_width(lambda channels, reduction: round_channels(channels / 4)),
                "You divide by 4 always: use reduction.",
            ),
        ],
    )


def _share(*arguments: Any) -> dict[str, float]:
    """By counting the library's block with and without SE."""
    in_channels, out_channels, kernel_size, stride, expand_ratio, size = arguments
    shape = (in_channels, out_channels, kernel_size, stride, expand_ratio)
    with torch.device("meta"):
        gated, plain = (
            trace(MobileNetV3Block(*shape, use_se, False), (in_channels, size, size)) for use_se in (True, False)
        )
    return {"params": 1 - plain.params / gated.params, "macs": 1 - plain.macs / gated.macs}


def _wrong_share(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    stride: int,
    expand_ratio: float,
    size: int,
    *,
    of_the_rest: bool = False,
    factor: int = 1,
    everywhere: bool = False,
    strided: bool = True,
    floor: bool = False,
    norms: bool = True,
    gated: str = "inside",
) -> dict[str, float]:
    inside = _width_inside(in_channels, expand_ratio)
    out = size if not strided else size // stride if floor else -(-size // stride)
    expand = in_channels * inside if inside != in_channels else 0
    rest = kernel_size**2 * inside + inside * out_channels
    bn = 2 * ((inside if expand else 0) + inside + out_channels) if norms else 0
    se = _cost({"in": in_channels, "inside": inside, "out": out_channels}[gated], size)
    se_macs = se["macs"] * out**2 if everywhere else se["macs"]
    pairs = {
        "params": (se["params"], expand + rest + bn),
        "macs": (se_macs, expand * size**2 + rest * out**2),
    }
    return {key: factor * a / (b if of_the_rest else a + b) for key, (a, b) in pairs.items()}


@assignment.check(
    "SE's share of the block",
    "one part of a block can be a third of its download and a hundredth of its work, and only both numbers say so",
)
def se_share(
    se_share: Work,
    cases: Sequence[Case] = (
        case(40, 40, 5, 1, 3, 28),
        case(24, 40, 5, 2, 3, 56),
        case(160, 160, 5, 1, 6, 7),
        case(16, 16, 3, 2, 1, 15),
        case(24, 24, 3, 1, 3.67, 9),
    ),
) -> None:
    same_values(
        se_share,
        _share,
        cases,
        [
            Suspect(
                partial(_wrong_share, of_the_rest=True),
                "You divided by the block without SE: a share is a part of the whole, with SE.",
            ),
            Suspect(partial(_wrong_share, factor=100), "You gave per cent: a share of one half is 0.5."),
            Suspect(
                partial(_wrong_share, factor=100, of_the_rest=True),
                "You gave per cent of the block without SE: give a share of the whole, where one half is 0.5.",
            ),
            Suspect(
                partial(_wrong_share, everywhere=True),
                "You counted SE's layers at every position: they work behind the average, at one.",
            ),
            Suspect(
                partial(_wrong_share, strided=False),
                "You left the stride out: filter and projection work at ceil(size / stride) pixels a side.",
            ),
            Suspect(
                partial(_wrong_share, floor=True),
                "You rounded the output's side down: with this padding an odd side gives half of it rounded up.",
            ),
            Suspect(
                partial(_wrong_share, norms=False),
                "You left out the batch norms: each has a scale and a shift for every channel.",
            ),
            Suspect(partial(_wrong_share, gated="in"), "You priced SE on the block's input: it gates the wide inside."),
            Suspect(
                partial(_wrong_share, gated="out"), "You priced SE on the block's output: it gates the wide inside."
            ),
        ],
    )
