"""Checks of exercise 05: hard activations, squeeze-and-excitation, MobileNetV3's block, and what SE costs."""

from __future__ import annotations

from ..cases import case
from ..engine import Assignment
from ..recipes import recipe
from .squeeze_excite_gate import AROUND_THE_KNEES, COST, FEATURE_MAP, GIVEN, SE, SIGMOID, SWISH, bright

assignment = Assignment("05_squeeze_excite", allow=("round_channels", "trace"))

assignment.part(
    "hard_sigmoid",
    "Hard sigmoid",
    "it is every gate of MobileNetV3; straight lines need no exponential, and 8-bit arithmetic can draw them",
    SIGMOID,
    [AROUND_THE_KNEES, FEATURE_MAP],
)

assignment.part(
    "hard_swish",
    "h-swish",
    "it is the activation of MobileNetV3's deeper half, and a soft knee that lets small negative numbers through",
    SWISH,
    [AROUND_THE_KNEES, FEATURE_MAP],
)

assignment.part(
    "se_block",
    "Squeeze-and-excitation",
    "a convolution sees a window; this is the one part of the block that knows the whole picture",
    SE,
    [
        case(72, inputs=(2, 72, 5, 7)),
        case(16, inputs=(3, 16, 4, 4), seed=1),
        case(96, 8, inputs=(2, 96, 3, 3), seed=2),
        case(120, reduction=2, inputs=(1, 120, 6, 5), seed=3),
        case(89, reduction=10, inputs=(1, 89, 4, 5), seed=4),
        case(68, inputs=(1, 68, 3, 2), seed=5),
        case(200, 10, inputs=(1, 200, 1, 2), seed=7),
        bright(40, inputs=(2, 40, 2, 3), seed=6),
    ],
)

BLOCK = recipe(
    """
    class MobileNetV3Block(nn.Module):
        def __init__(self, in_channels, out_channels, kernel_size, stride, expand_ratio, use_se, use_hs):
            super().__init__()
            wide = round_channels(in_channels * expand_ratio)
            inside = «inside = wide if expand_ratio != 1 else in_channels»
            early, late, last = «strides = 1, stride, 1»
            act1 = act2 = act3 = «act = nn.Hardswish if use_hs else nn.ReLU»
            «acts = »
            layers = «first = []»
            if «expands = inside != in_channels»:
                layers += [nn.Conv2d(in_channels, inside, 1, early, bias=«bias1 = False»)]
                layers += [«norm1 = nn.BatchNorm2d(inside, eps=«eps1 = 1e-3»)», act1()]
            layers += «second = []»
            k, padding, groups = «kernel = kernel_size», «padding = kernel_size // 2», «groups = inside»
            layers += [nn.Conv2d(inside, inside, k, late, padding, groups=groups, bias=«bias2 = False»)]
            layers += [«norm2 = nn.BatchNorm2d(inside, eps=«eps2 = 1e-3»)»]
            layers += «third = [act2()]»
            layers += «gate = [SEBlock(inside)] if use_se else []»
            layers += [nn.Conv2d(inside, out_channels, 1, last, bias=«bias3 = False»)]
            layers += [«norm3 = nn.BatchNorm2d(out_channels, eps=«eps3 = 1e-3»)»]
            layers += «end = []»
            self.layers = nn.Sequential(*layers)
            self.residual = «residual = stride == 1 and in_channels == out_channels»

        def forward(self, x):
            return «after = »(«sum = x + self.layers(x)» if self.residual else self.layers(x))
    """,
    """
    gate = [SEBlock(inside, reduction=4 * inside / in_channels)] if use_se else []
        SE's squeezed width comes from the block's input channels, as in EfficientNet: in MobileNetV3 it is a quarter of
        the width inside.

    gate = []; end = [SEBlock(out_channels)] if use_se else []
    or gate = []; end = [SEBlock(inside)] if use_se else []
        Your SE comes after the projection: it gates the wide inside, between filter and projection.

    gate = []; second = [SEBlock(inside)] if use_se else []
        Your SE comes before the depthwise filter: it gates what the filter found, after its activation.

    gate = [act2()]; third = [SEBlock(inside)] if use_se else []
        Your SE comes before the filter's activation: it averages what the activation has let through.

    gate = []; first = [SEBlock(in_channels)] if use_se else []
        Your SE gates the block's input: it belongs into the wide inside, after the filter's activation.

    gate = [SEBlock(in_channels)] if use_se else []
        Your SE is made for in_channels: behind the filter there are as many channels as the width inside.

    gate = [SEBlock(inside)]
        Your SE is there with use_se=False, too.

    gate = []
        There is no SE with use_se=True.

    gate = [] if use_se else [SEBlock(inside)]
        use_se is the wrong way round: SE is there where it is true.

    end = [act3()]
        There is an activation after your projection: the block's thin end is linear.

    after = F.relu
    or sum = F.relu(x + self.layers(x))
        There is an activation after the sum: the block ends with it.

    residual = False
        The input is never added: do so at stride 1 with equal channels.

    residual = in_channels == out_channels
        You add the input whenever the channels agree: with stride 2 the picture is smaller too.

    residual = stride == 1
        You add the input whenever the stride is 1: in_channels and out_channels must agree too.

    residual = stride == 1 or in_channels == out_channels
        You add the input where one of the conditions holds: both must, stride 1 *and* equal channels.

    residual = True
        You add the input always: do so only at stride 1 with equal channels.

    residual = stride == 1 and in_channels == out_channels and expand_ratio != 1
        You leave the residual out where expand_ratio is 1: its two conditions do not ask for the expansion.

    sum = x + x + self.layers(x)
        The input is added twice.

    sum = x * self.layers(x)
        You multiply by the input: the residual adds it.

    sum = x
        You return the input itself: the residual adds it to what comes out.

    acts = act1 = nn.Identity
        There is no activation after the expansion's batch norm.

    third = []
        There is no activation after your depthwise filter's batch norm.

    acts = act1 = nn.Identity; third = []
        There are no activations: one follows the expansion's batch norm, one the filter's.

    acts = act1 = nn.ReLU
        After the expansion your block uses ReLU always: with use_hs=True both activations are h-swish.

    acts = act2 = nn.ReLU
        After the filter your block uses ReLU always: with use_hs=True both activations are h-swish.

    acts = act2 = nn.Hardswish
        After the filter your block uses h-swish always: with use_hs=False both activations are ReLU.

    act = nn.ReLU
        Your block uses ReLU always: with use_hs=True both activations are h-swish.

    act = nn.Hardswish
        Your block uses h-swish always: with use_hs=False both activations are ReLU.

    act = nn.ReLU if use_hs else nn.Hardswish
        Your activations are the wrong way round: use_hs=True means h-swish, False means ReLU.

    act = nn.Hardswish if use_hs else nn.ReLU6
        You kept MobileNetV2's ReLU6: MobileNetV3 has a plain ReLU.

    act = nn.SiLU if use_hs else nn.ReLU
        Your activation is the smooth swish: h-swish is made of the hard sigmoid.

    act = nn.Hardsigmoid if use_hs else nn.ReLU
        Your activation is the hard sigmoid alone: with use_hs=True it is h-swish.

    inside = int(in_channels * expand_ratio)
    or inside = round(in_channels * expand_ratio)
    or inside = math.ceil(in_channels * expand_ratio)
        Your width inside is a whole number and no multiple of 8: use round_channels on in_channels × expand_ratio.

    inside = round_channels(int(in_channels * expand_ratio)) if expand_ratio != 1 else in_channels
        You cut the width's fraction off before round_channels: give it in_channels × expand_ratio as it is.

    inside = max(8, int(in_channels * expand_ratio + 4) // 8 * 8) if expand_ratio != 1 else in_channels
        The 90 % rule is missing in the width inside: 18 goes to 24, because 16 is less than 90 % of it.

    inside = math.ceil(in_channels * expand_ratio / 8) * 8 if expand_ratio != 1 else in_channels
        You rounded the width inside up: round_channels goes to the nearest multiple of 8.

    inside = int(in_channels * expand_ratio) // 8 * 8 if expand_ratio != 1 else in_channels
        You rounded the width inside down: round_channels goes to the nearest multiple of 8.

    inside = round_channels(in_channels * expand_ratio)
        You rounded the width where expand_ratio is 1: there the width inside is in_channels itself.

    inside = round_channels(out_channels * expand_ratio) if expand_ratio != 1 else in_channels
        Your width inside comes from out_channels: it is in_channels × expand_ratio, rounded.

    expands = True
        You expand always: where the width inside is in_channels there is no expanding layer.

    expands = expand_ratio != 1
        You expand wherever expand_ratio is not 1: the width inside may round to in_channels, and then nothing expands.

    expands = inside != out_channels
        You leave the expansion out where the width inside is out_channels: it is in_channels that counts.

    groups = 1
        You left out groups: the filter is depthwise, so its groups are the width inside.

    groups = in_channels
        Your filter has in_channels groups: it works on the wide inside, so it has as many groups as that.

    kernel = 3; padding = 1
    or kernel = 3
        Your filter is 3 × 3 always: use kernel_size.

    padding = 1
        You pad by 1 always: kernel_size // 2 keeps a larger kernel's picture whole.

    padding = 0
        Your filter has no padding: it needs kernel_size // 2 on each side.

    strides = stride, 1, 1
        Your expanding layer has the stride, and drops three of four positions unseen: it belongs to the filter. Where
        nothing expands, it has no place at all.

    strides = 1, 1, stride
        The stride comes after the filter, which then works on positions that are thrown away: it belongs to the filter.

    strides = stride, stride, 1
        The stride is in the expansion and in the filter: only the filter has it.

    strides = 1, stride, stride
        The stride is in the filter and in the projection: only the filter has it.

    strides = 1, 1, 1
        The stride is not used: the filter has it.

    norm1 = nn.Identity()
        There is no batch norm after the expansion: each of the three convolutions has one.

    norm2 = nn.Identity()
        There is no batch norm after the filter: each of the three convolutions has one.

    norm3 = nn.Identity()
        There is no batch norm after the projection: each of the three convolutions has one.

    norm1 = nn.Identity(); norm2 = nn.Identity(); norm3 = nn.Identity()
        There is no batch norm: each of the three convolutions has one.

    bias1 = True; bias2 = True; bias3 = True
    or bias1 = True
    or bias2 = True
    or bias3 = True
        Your convolutions, or one of them, have a bias: a batch norm follows each, so they have none.

    eps1 = 1e-5; eps2 = 1e-5; eps3 = 1e-5
    or eps1 = 1e-5
    or eps2 = 1e-5
    or eps3 = 1e-5
    or eps1 = 1e-5; eps2 = 1e-5
    or eps2 = 1e-5; eps3 = 1e-5
        Your batch norms, or some of them, have PyTorch's eps of 1e-5: the authors' value is eps=1e-3.
    """,
    uses=(SE,),
    names=GIVEN,
)

assignment.part(
    "v3_block",
    "MobileNetV3's block",
    "the whole network is this block in a table of rows: one part in the wrong place, and no published weights fit",
    BLOCK,
    [
        case(24, 40, 5, 2, 3, True, False, inputs=(2, 24, 15, 11)),
        case(40, 40, 5, 1, 2.65, True, True, inputs=(2, 40, 7, 7), seed=1),
        case(40, 40, 3, 1, 2.3, False, True, inputs=(1, 40, 6, 6), seed=2),
        case(16, 16, 3, 2, 1, True, False, inputs=(2, 16, 9, 9), seed=3),
        case(20, 24, 3, 1, 1, False, False, inputs=(1, 20, 8, 5), seed=4),
        case(12, 16, 3, 1, 1.5, True, False, inputs=(1, 12, 5, 5), seed=5),
        case(7, 24, 3, 2, 2.55, False, True, inputs=(1, 7, 6, 5), seed=6),
        case(16, 16, 3, 1, 1, False, True, inputs=(1, 16, 4, 5), seed=7),
        case(16, 24, 3, 1, 1.1, False, False, inputs=(1, 16, 5, 4), seed=8),
    ],
)

assignment.part(
    "se_cost",
    "What a gate costs",
    "SE is where parameters and MACs part ways: whoever prices it by one of them is wrong about the other",
    COST,
    [case(72, 28), case(72, 7), case(960, 7), case(100, 15, reduction=8), case(89, 14, reduction=10), case(68, 1)],
)

SHARE = recipe(
    """
    def se_share(in_channels, out_channels, kernel_size, stride, expand_ratio, size):
        wide = round_channels(in_channels * expand_ratio)
        inside = «inside = wide if expand_ratio != 1 else in_channels»
        expands, out = «expands = inside != in_channels», «out = math.ceil(size / stride)»
        expand, filters, project = in_channels * inside * expands, kernel_size**2 * inside, inside * out_channels
        «change = »
        params = expand + filters + project + «norms = 2 * (inside * expands + inside + out_channels)»
        macs = expand * «early = size»**2 + (filters + project) * «late = out**2»
        gate = se_cost(«gated = inside», out)
        «everywhere = »
        whole = {"params": params, "macs": macs}
        return {key: «per = »gate[key] / (whole[key] + «gate = gate[key]») for key in gate}
    """,
    """
    gate = 0
        You divided by the block without SE: a share is a part of the whole, with SE.

    per = 100 *
        You gave per cent: a share of one half is 0.5.

    per = 100 *; gate = 0
        You gave per cent of the block without SE: give a share of the whole, where one half is 0.5.

    per = 1 -
        You gave the share of the rest: asked is that of SE.

    everywhere = gate["macs"] *= out**2
        You counted SE's layers at every position: they work behind the average, at one.

    out = size
        You left the stride out: filter and projection work at ceil(size / stride) pixels a side.

    out = size // stride
        You rounded the output's side down: with this padding an odd side gives half of it rounded up.

    early = out
        Your expanding layer works at the output's positions: it comes before the stride, so it has size × size.

    late = out
        You multiplied by one side only: filter and projection work at out × out positions.

    change = filters *= inside
        Your filter is priced as a dense one: it is depthwise, kernel_size² weights a channel.

    change = filters = kernel_size * inside
        You took one side of the kernel: it has kernel_size × kernel_size weights a channel.

    change = filters = 9 * inside
        You priced a 3 × 3 filter always: use kernel_size.

    change = expand = 0
        You left out the expanding layer.

    change = filters = 0
        You left out the depthwise filter.

    norms = 0
        You left out the batch norms: each has a scale and a shift for every channel.

    norms = inside * expands + inside + out_channels
        You counted one number a channel for the batch norms: each has a scale and a shift.

    norms = 4 * (inside * expands + inside + out_channels)
        You counted the batch norms' running statistics: they are not learned, so they are no parameters.

    norms = 2 * (inside * expands + inside)
        The batch norm after the projection is missing.

    norms = 2 * (2 * inside + out_channels)
        You counted a batch norm for the expansion where there is none.

    expands = expand_ratio != 1
        You priced an expansion wherever expand_ratio is not 1: the width may round to in_channels, and nothing expands.

    expands = True
        You priced an expanding layer always: where the width inside is in_channels there is none.

    inside = in_channels * expand_ratio
    or inside = int(in_channels * expand_ratio)
        The width inside is not rounded: it is round_channels(in_channels * expand_ratio).

    inside = wide
        You rounded the width where expand_ratio is 1: there the width inside is in_channels itself.

    gated = in_channels
        You priced SE on the block's input: it gates the wide inside.

    gated = out_channels
        You priced SE on the block's output: it gates the wide inside.
    """,
    uses=(SE, BLOCK, COST),
    names=GIVEN,
)

assignment.part(
    "se_share",
    "SE's share of the block",
    "one part of a block can be a third of its download and a hundredth of its work, and only both numbers say so",
    SHARE,
    [
        *(case(*row, 28) for row in ((40, 40, 5, 1, 3), (24, 40, 5, 2, 3), (16, 24, 3, 1, 1.1))),
        *(case(*row, 9) for row in ((36, 24, 3, 1, 2.3), (20, 24, 3, 1, 1), (16, 16, 3, 2, 1))),
        *(case(*row, 5) for row in ((160, 120, 5, 1, 6), (16, 24, 7, 2, 4))),
    ],
)
