"""Parts 4 to 7 of exercise 07: channels rounded, a table scaled, a network made from it, and its φ."""

from __future__ import annotations

from typing import Any

from ...models.efficientnet import ROWS, EfficientNetConfig, MBConv
from ..cases import Case, case
from ..engine import Assignment
from ..recipes import recipe

FILTERS = recipe(
    """
    def round_filters(channels, width_mult, divisor=8):
        «before = »
        scaled = «scaled = channels * width_mult»
        rounded = «nearest = max(«least = divisor», int(scaled + «half = divisor / 2») // divisor * divisor)»
        if «rule = rounded < «share = 0.9 * scaled»»:
            rounded += «step = divisor»
        return «out = rounded»
    """,
    """
    nearest = math.ceil(scaled / divisor) * divisor
    or share = scaled
        You rounded the channels up: the rule is the nearest multiple, and up only where that is below 90 %.

    nearest = max(divisor, int(scaled // divisor) * divisor); rule = False
    or nearest = int(scaled // divisor) * divisor; rule = False
        You rounded the channels down: the rule is the nearest multiple, and never below 90 %.

    nearest = max(divisor, int(scaled // divisor) * divisor)
        You cut to the multiple below, where the rule takes the nearest one: add half of the divisor first.

    rule = False
        The 90 % rule is missing: where the nearest multiple is below 0.9 times what was asked for, go one up.

    nearest = round(scaled / divisor) * divisor; rule = False
        The 90 % rule is missing, Python's round() takes half-way cases to the even number (round(6.5) is 6), and
        a thin layer may lose all its channels.

    nearest = max(divisor, round(scaled / divisor) * divisor); rule = False
        The 90 % rule is missing, and Python's round() takes half-way cases to the even number (round(6.5) is 6).

    nearest = max(divisor, round(scaled / divisor) * divisor)
        Half-way cases go up here: Python's round() takes them to the even number (round(6.5) is 6).

    nearest = max(divisor, math.ceil(scaled / divisor - 0.5) * divisor)
        Half-way cases go up here: yours go down.

    nearest = int(scaled); rule = False
    or nearest = round(scaled); rule = False
    or nearest = math.ceil(scaled); rule = False
    or nearest = scaled; rule = False
        You did not round to multiples of the divisor.

    scaled = int(channels * width_mult)
        You cut the fraction off the product before rounding: round channels × width_mult as it is.

    share = 0.9 * channels
        Your 90 % are of the channels before scaling: they are of what was asked for, channels × width_mult.

    share = 0.8 * scaled
        Your limit is not 90 % of the product: some multiples below it stay.

    rule = rounded <= 0.9 * scaled
        At exactly 90 % the multiple stays: the rule says *below* 90 %.

    rule = scaled > 1.1 * rounded
        You hold the product against 110 % of the multiple: that is another limit than 90 % of the product.

    rule = scaled < 0.9 * rounded
        Your 90 % rule is the wrong way round: it asks whether the multiple is below 0.9 times the product.

    before = divisor = 8
        You have an 8 where divisor should stand.

    half = 4
        You add 4, which is half of 8: half of the divisor is asked.

    half = divisor // 2
        Half of an odd divisor is no whole number: divide it with /.

    least = 8
        Your least number of channels is 8: it is the divisor.

    step = 8
        You go up by 8: one multiple is the divisor.

    scaled = channels; out = rounded * width_mult
    or scaled = channels; out = int(rounded * width_mult)
        You rounded first and scaled then: scale, and round the product.
    """,
)


Table = dict[str, Any]
B0: Table = {"stem": 32, "rows": list(ROWS), "head": 1280, "input_size": 224}
OTHER_TABLE: Table = {"stem": 16, "rows": [(1, 12, 2, 3, 2), (4, 52, 5, 5, 1)], "head": 200, "input_size": 160}

SCALE = recipe(
    """
    def scale(width_mult, depth_mult, input_size, table=B0):
        «before = »
        rows = []
        for t, c, n, k, s in table["rows"]:
            rows.append((«t = t», «c = round_filters(c, width_mult)», «n = math.ceil(n * depth_mult)», k, s))
        return {
            "stem": «stem = round_filters(table["stem"], width_mult)»,
            "rows": rows,
            "head": «head = round_filters(table["head"], width_mult)»,
            "input_size": «size = input_size»,
        }
    """,
    """
    before = width_mult = width_mult * input_size / table["input_size"]
        You put the resolution into the channels: a larger picture changes no layer, only what is fed.

    n = int(n * depth_mult)
    or n = max(1, int(n * depth_mult))
        You rounded the depth down: the number of blocks is rounded up, so that each stage grows.

    n = round(n * depth_mult)
    or n = max(1, round(n * depth_mult))
        You rounded the depth to the nearest number: the number of blocks is rounded up.

    n = n * math.ceil(depth_mult)
        You rounded depth_mult up: round the product up, the number of blocks.

    n = n * depth_mult
        Your numbers of blocks are fractions: round them up.

    n = n
        The numbers of blocks stay what they were: depth scales them.

    c = round_filters(c, depth_mult); n = math.ceil(n * width_mult)
        You took width and depth for one another: width scales channels, depth scales numbers of blocks.

    c = int(c * width_mult); stem = int(table["stem"] * width_mult); head = int(table["head"] * width_mult)
        Your channels are not rounded: use part 4's round_filters.

    c = c
        The rows kept their channels: width scales them, too.

    stem = table["stem"]; head = table["head"]
        Stem and head kept their channels: EfficientNet's width scales them too.

    head = table["head"]
        The head kept its channels: EfficientNet's width scales it too (MobileNetV3's does not).

    stem = table["stem"]
        The stem kept its channels: EfficientNet's width scales it too.

    size = table["input_size"]
        The table kept the old resolution: put input_size into it.

    t = round_filters(t, width_mult)
        You scaled the expansion t: it stays, because it multiplies channels that are scaled already.

    before = table = B0
        You scale B0 always: use the table that is given.
    """,
    uses=(FILTERS,),
    names={"B0": B0},
)


BUILD = recipe(
    """
    class build(nn.Module):
        def __init__(self, table, num_classes=1000):
            super().__init__()
            channels, head = table["stem"], table["head"]
            layers = [nn.Conv2d(3, channels, 3, «stem_stride = 2», 1, bias=«stem_bias = False»)]
            layers += [«stem_norm = nn.BatchNorm2d(channels)», «stem_act = nn.SiLU()»]
            for t, c, n, k, s in table["rows"]:
                for i in range(«repeats = n»):
                    layers.append(MBConv(channels, c, «kernel = k», «stride = s if i == 0 else 1», «expand = t»))
                    «next = channels = c»
            layers += [nn.Conv2d(channels, head, 1, bias=«head_bias = False»)]
            layers += [«head_norm = nn.BatchNorm2d(head)», «head_act = nn.SiLU()»]
            layers += [«pool = nn.AdaptiveAvgPool2d(1)», nn.Flatten()]
            self.layers = nn.Sequential(*layers, nn.Linear(head, num_classes, bias=«bias = True»))

        def forward(self, x):
            return self.layers(x)
    """,
    """
    stride = s
        Every block of a stage has the stride: only its first one has, or the picture shrinks to nothing.

    stride = 1
        No block has the stride: the first of each stage takes the row's s.

    stride = s if i == n - 1 else 1
        The last block of each stage has the stride: it belongs to the first.

    repeats = 1
        Each stage has one block only: repeat the block n times.

    kernel = 3
        Your blocks have 3×3 kernels always: each row has its own k.

    expand = 6
        Your blocks expand by 6 always: each row has its own t (the first row's is 1).

    next = channels = c if i + 1 == n else channels
        From the second block of a stage on, c channels come in: set channels to c after each block.

    stem_stride = 1
        Your stem has stride 1: it halves the picture, stride 2.

    stem_act = nn.ReLU(); head_act = nn.ReLU()
        Stem and head have ReLU: EfficientNet's activation is swish, nn.SiLU.

    stem_act = nn.ReLU()
        Your stem has ReLU: EfficientNet's activation is swish, nn.SiLU.

    head_act = nn.ReLU()
        Your head has ReLU: EfficientNet's activation is swish, nn.SiLU.

    stem_act = nn.Hardswish(); head_act = nn.Hardswish()
        Stem and head have hard swish, MobileNetV3's: EfficientNet's activation is swish, nn.SiLU.

    stem_act = nn.Identity()
        Your stem has no activation: swish follows its batch norm.

    head_act = nn.Identity()
        Your head has no activation: swish follows its batch norm as well.

    stem_norm = nn.Identity()
        Your stem has no batch norm.

    head_norm = nn.Identity()
        Your head has no batch norm.

    stem_bias = True; head_bias = True
        Your convolutions have a bias: batch norm's shift does the same, so bias=False.

    stem_bias = True
        Your stem's convolution has a bias: batch norm's shift does the same, so bias=False.

    head_bias = True
        Your head's convolution has a bias: batch norm's shift does the same, so bias=False.

    pool = nn.AdaptiveMaxPool2d(1)
        You took the largest number of each channel: the average over all positions is asked.

    bias = False
        Your last layer has no bias: there no batch norm follows, and it has one.
    """,
    names={"MBConv": MBConv},
)

PHI = recipe(
    """
    def fitted_phi(width_mult, depth_mult, input_size, alpha=1.2, beta=1.1, gamma=1.15, base_size=224):
        «before = »
        bases = [«a = alpha», «b = beta», gamma]
        multipliers = [«d = depth_mult», «w = width_mult», «size = input_size / base_size»]
        logs = [math.log(base) for base in bases]
        asked = [math.log(multiplier) for multiplier in multipliers]
        phis = [«one = t / a» for a, t in zip(logs, asked)]
        best = «best = sum(a * t for a, t in zip(logs, asked)) / sum(a * a for a in logs)»
        «after = »
        return {"depth": phis[0], "width": phis[1], "resolution": phis[2], "best": best}
    """,
    """
    best = sum(phis) / 3
        Your best φ is the mean of the three: the least squares of the logarithms weigh each by its base.

    best = sorted(phis)[1]
        Your best φ is the middle one of the three: it is asked by least squares of the logarithms.

    best = sum(asked) / sum(logs)
        Your best φ comes from the product of the three: least squares weigh each difference by itself.

    best = (asked[0] + 2 * asked[1] + 2 * asked[2]) / (logs[0] + 2 * logs[1] + 2 * logs[2])
        Your best φ comes from the cost α · β² · γ²: asked is the one nearest to the three multipliers.

    best = sum(t * t for t in asked) / sum(a * t for a, t in zip(logs, asked)) if any(asked) else 0.0
        Your best φ fits the other way round, bases to multipliers: its denominator is the sum of a².

    best = sum(a * t for a, t in zip(bases, multipliers)) / sum(a * a for a in bases)
        You put the bases and multipliers themselves into the closed form: it takes their logarithms.

    best = sum(a * t for a, t in zip(logs, asked)) / sum(logs) ** 2
        Your denominator is the square of the sum: it is the sum of the squares.

    a = beta; b = alpha
    or d = width_mult; w = depth_mult
        You took depth and width for one another: α belongs to depth, β to width.

    size = input_size
        You took the picture's side for its multiplier: divide input_size by base_size first.

    size = base_size / input_size
        The resolution's multiplier is upside down: it is input_size / base_size.

    one = multipliers[logs.index(a)] / bases[logs.index(a)]
        You divided the multipliers by the bases: φ is the exponent, so divide their logarithms.

    one = a / t if t else 0.0
        Your φ are upside down: log(multiplier) / log(base).

    one = t - a
        You subtracted the logarithms: φ is log(multiplier) divided by log(base).

    after = phis, best = [phi + 1 for phi in phis], best + 1
        Every φ is one too high: the multipliers of B0 are all 1, and its φ is 0.

    after = phis, best = [round(phi) for phi in phis], round(best)
    or after = phis, best = [round(phi, 2) for phi in phis], round(best, 2)
    or after = phis, best = [round(phi, 1) for phi in phis], round(best, 1)
        You rounded the φ: give them as they are.

    after = phis, best = [abs(phi) for phi in phis], abs(best)
        Your φ are never below 0: a multiplier below 1 asks for a negative one.

    before = alpha, beta, gamma, base_size = 1.2, 1.1, 1.15, 224
        Your answer does not depend on alpha, beta, gamma and base_size: use the arguments.

    before = base_size = 224
        You have a 224 where base_size should stand.
    """,
)

SMALL = {"stem": 8, "rows": [(1, 8, 2, 3, 1), (4, 16, 3, 5, 2)], "head": 32, "input_size": 33}
SMALLER = {"stem": 8, "rows": [(6, 12, 1, 3, 2), (3, 12, 2, 5, 1)], "head": 24, "input_size": 20}


def published(name: str, **keywords: Any) -> Case:
    """The three numbers of a released network."""
    config = EfficientNetConfig.get_config(name)
    return case(config.width_mult, config.depth_mult, config.input_size, **keywords)


def add_parts(assignment: Assignment) -> None:
    """Register the four checks."""
    assignment.part(
        "round_filters",
        "Channels, scaled and rounded",
        "rounding up alone makes B2 a sixth dearer and leaves B0, B1, B3 and B7 as they were, so that nobody notices",
        FILTERS,
        [
            *(case(32, width) for width in (1.0, 1.1)),
            *(case(channels, 1.1) for channels in (16, 320, 10)),
            *(case(channels, 1.0) for channels in (52, 53, 44)),
            *(case(24, 1.4), case(13, 1.4), case(4, 0.5), case(40, 0.5), case(12, 1.49), case(59, 0.3), case(33, 0.75)),
            *(case(80, 1.125, divisor=16), case(10, 1.0, divisor=16), case(50, 1.12, divisor=16)),
            *(case(3, 0.5, divisor=4), case(30, 1.2, divisor=4), case(5, 1.1, divisor=4), case(13, 1.3, divisor=2)),
            *(case(20, 1.0, divisor=9), case(99, 0.5, divisor=9), case(80, 0.25, divisor=18)),
        ],
    )
    assignment.part(
        "scale",
        "B1 to B3 from the table of B0",
        "one table and three numbers make a family of networks, and each rounding rule in between is a trap",
        SCALE,
        [
            case(
                1.5, 1.3, 192, table=OTHER_TABLE
            ),  # first: who writes into the table leaves the notebook's B0 as it is
            published("b1"),
            published("b2"),
            published("b3"),
            case(1.0, 1.0, 192),
        ],
    )
    assignment.part(
        "build",
        "A network from any table",
        "the table is all there is to know: whoever can build from it has all eight networks, and any of their own",
        BUILD,
        [
            case(SMALL, num_classes=5, inputs=(2, 3, 33, 33), seed=1),
            case(SMALLER, num_classes=3, inputs=(1, 3, 20, 26), seed=2),
        ],
    )
    assignment.part(
        "fitted_phi",
        "Which φ a released network asks for",
        "only by asking each dial can you say where B1 to B7 leave their own rule",
        PHI,
        [
            case(1.0, 1.0, 224),
            published("b1"),
            published("b2"),
            published("b7"),
            case(0.8, 1.5, 192),
            case(1.3, 1.7, 256, alpha=1.4, beta=1.2, gamma=1.1, base_size=200),
        ],
    )
