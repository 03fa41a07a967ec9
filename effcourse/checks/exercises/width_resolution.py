"""Checks of exercise 03: channel rounding, MobileNetV1 at any width and resolution, and what a budget buys."""

from __future__ import annotations

from typing import Any

from ...papers.figures import published
from ..cases import case
from ..engine import Assignment
from ..recipes import recipe
from .spending import BEST, KEPT, SIDE

assignment = Assignment("03_width_resolution", allow=("trace",))

PAGE = "mobilenet_v1_checkpoints"

ROUND = recipe(
    """
    def round_channels(channels, divisor=8):
        «before = »
        rounded = max(«least = divisor», «nearest = math.floor(channels / divisor + 0.5) * divisor»)
        «rule = if «little = rounded < 0.9 * channels»:
            rounded += divisor»
        return «result = rounded»
    """,
    """
    nearest = math.ceil(channels / divisor) * divisor; rule =
    or little = rounded < channels
        You always round up: take the nearest multiple, and the next one up only below 90 %.

    nearest = int(channels // divisor + 1) * divisor; rule =
        You always go up, even from 64: take the nearest multiple, and the next one only below 90 %.

    nearest = int(channels // divisor) * divisor; rule =
        You round down: take the nearest multiple, and the next one up below 90 %.

    nearest = int(channels // divisor) * divisor
        You round down, and up below 90 % only: take the nearest multiple first.

    rule =
        The 90 % rule is missing: 18 has 16 as its nearest multiple, and 16 is 89 % of it, so it becomes 24.

    result = math.floor(channels / divisor + 0.5) * divisor
        The 90 % rule and the least value are missing: a few channels come out as none.

    nearest = round(channels / divisor) * divisor
        Halfway between two multiples you take the even one, as Python's round does: take the upper.

    nearest = math.ceil(channels / divisor - 0.5) * divisor
        Halfway between two multiples you take the lower one: take the upper.

    nearest = round(channels / divisor) * divisor; rule =
        The 90 % rule is missing, and halfway between two multiples Python's round takes the even one.

    before = divisor = 8
        The divisor is not used: you have an 8 where it should stand.

    least = 8
        Your least value is 8 always: it is the divisor.

    little = rounded <= 0.9 * channels
        At exactly 90 % you go up: only *less* than 90 % takes the next multiple.

    little = rounded < 0.95 * channels
        Your limit is 95 %: the next multiple comes only below 90 %.

    little = rounded < 0.8 * channels
    or little = rounded < 0.85 * channels
        Your limit is too low: below 90 % of what was asked for comes the next multiple.

    little = rounded > 0.9 * channels
    or little = 0.9 * rounded > channels
    or little = channels < 0.9 * rounded
        Your comparison is turned round: the next multiple comes if the result is less than 0.9 × channels.

    rule =
    | if rounded < 0.9 * channels:
    |     rounded = channels
        Below 90 % you return what was asked for: the next multiple up belongs there.

    rule =
    | if rounded < 0.9 * channels:
    |     rounded -= divisor
        Below 90 % you go down: the next multiple up belongs there.

    rule =
    | if rounded < 0.9 * channels:
    |     rounded += 1
    or rule =
    | if rounded < 0.9 * channels:
    |     rounded += 8
        Below 90 % you add a fixed number: the next multiple is divisor more.

    before = channels = int(channels)
        You cut off the fraction before you round: ask for the multiple, and for 90 %, of channels as they are.

    before = channels = round(channels)
        You round to a whole number first, which can lift channels over a half: round once, to the multiple.

    nearest = int(channels + divisor // 2) // divisor * divisor
        Half of an odd divisor is no whole number, and you cut the half off: round once, at the end.

    result = max(divisor, int(channels))
    or result = int(channels)
    or result = round(channels)
        You cut off or rounded the fraction: the result must be a multiple of the divisor.

    result = rounded // divisor
        You return how many divisors it is: multiply by divisor.
    """,
)

assignment.part(
    "round_channels",
    "Channels as the authors round them",
    "a network whose channels are rounded otherwise is another network: no published weights and no figure fit it",
    ROUND,
    [
        *map(case, (22.4, 11.2, 64, 18, 33.6, 3, 52, 60, 35, 17.9, 51.9, 0.7, 79)),
        *(case(*one) for one in ((100, 16), (22, 16), (10, 4), (70, 32), (79, 32), (3, 4), (10, 9), (58.5, 9))),
    ],
)

MACS = recipe(
    """
    def mobilenet_v1_macs(width_mult=1.0, input_size=224):
        «knobs = »
        def scaled(c):
            return «scaled = max(«cut = int(c * width_mult)», «least = 8»)»

        def after(size, stride):
            return «after = -(-size // stride)»

        channels, before = «stem = scaled(32)», input_size
        size = after(before, «first = 2»)
        total = «stem_macs = 27 * channels * «stem_at = size**2»»
        for c, n, s in TABLE_1:
            for i in range(«blocks = n»):
                before, out_channels = size, scaled(c)
                size = after(size, «stride = s if i == 0 else 1»)
                total «add = +=» «depthwise = 9 * channels * «depthwise_at = size**2»»«norm1 = »
                total += «pointwise = channels * out_channels * «pointwise_at = size**2»»«norm2 = »
                «next = channels = out_channels»
        return «times = »(total + «classifier = 1000 * channels»)
    """,
    """
    stem = 32
        Your stem keeps its 32 channels: α scales those too.

    scaled = round_channels(c * width_mult)
    or scaled = max(8, math.floor(c * width_mult / 8 + 0.5) * 8)
    or scaled = math.ceil(c * width_mult / 8) * 8
        Your channels are multiples of 8: that rule came with MobileNetV2. V1's authors cut the fraction off.

    cut = round(c * width_mult)
        Your channels are rounded to the nearest whole number: V1's authors cut the fraction off.

    cut = math.ceil(c * width_mult)
        Your channels are rounded up: V1's authors cut the fraction off.

    least = 1
    or least = 0
        With a small α your layers get fewer than 8 channels: 8 is the least.

    cut = c * width_mult
        You did not cut the fraction off: a layer has no fraction of a channel.

    after = size // stride
        Your sizes are rounded down: with one pixel of padding, 225 becomes 113 at stride 2.

    after = size / stride
        Your MACs go exactly with the area, as if sizes had fractions of a pixel: round each up after its stride.

    after = (size - 3) // stride + 1
        You left out the padding: with one pixel on each side, stride 1 keeps the size.

    after = round(size / stride)
        You rounded half a pixel to the even number: 225 becomes 113 at stride 2. Round up.

    stride = s
        The stride belongs to the first block of a row only.

    stride = 1
        The rows' strides are not used: the first block of a row has stride s.

    stride = s if i == n - 1 else 1
        The last block of a row has your stride: it belongs to the first.

    first = 1
        The stem has stride 2: the first block already works on half the size.

    blocks = 1
        You counted one block a row: a row stands for n of them.

    depthwise = 9 * channels * channels * size**2
        You left out groups: a depthwise filter reads one channel, so 9 products a number.

    depthwise = 9 * out_channels * size**2
        Your depthwise half has the new channels: it comes before the pointwise one and works on the old.

    depthwise = channels * size**2
    or depthwise = 3 * channels * size**2
        Your depthwise filters are too small: 3×3 is 9 products a number.

    depthwise = 9 * channels * out_channels * size**2; pointwise = 0
        You counted standard convolutions: each block is a depthwise and a pointwise one.

    pointwise = out_channels * out_channels * size**2
    or pointwise = channels * channels * size**2
        Your pointwise half has the same channels on both sides: it goes from the old ones to the new.

    next =
        The channels stay those of the stem: each block starts from what the one before it gave.

    depthwise_at = before**2
        The depthwise half has the stride: it works at the new size.

    pointwise_at = before**2
        The pointwise half comes after the stride: it works at the new size.

    stem_at = input_size**2
        Your stem is counted at the picture's size: it has stride 2 and works once for each position that it writes.

    stem_at = input_size**2; depthwise_at = before**2; pointwise_at = before**2
        You counted the positions that a layer reads: it works once for each position that it writes.

    stem_at = input_size**2; depthwise_at = before**2
        You counted the positions that a layer with stride reads: it works once for each position that it writes.

    stem_at = size; depthwise_at = size; pointwise_at = size
        You multiplied by one side: the picture has height × width positions.

    classifier = 1000 * channels * size**2
        The linear layer comes after the average: it works once, not once for each position.

    classifier = 0
        The linear layer to 1000 classes is missing.

    classifier = 1000 * 1024
        Your linear layer reads 1024 channels always: α scales them.

    classifier = scaled(1000) * channels
        You scaled the 1000 classes: there are as many at any width.

    classifier = 1000 * channels + 1000
        You counted the linear layer's bias: only products count.

    stem_macs = 0
        The first convolution is missing.

    stem_macs = 9 * channels * size**2
        Your stem reads one colour: each of its filters reads all 3.

    stem_macs = 27 * scaled(3) * channels // 3 * size**2
    or stem_macs = 9 * scaled(3) * channels * size**2
        You scaled the 3 colours: the picture has as many at any width.

    depthwise = 0
        The depthwise halves are missing.

    pointwise = 0
        The pointwise halves are missing, where nearly all of the work is.

    add = =
        Only the last block is there: add each to the total.

    stem_macs = 29 * channels * size**2; norm1 = + 2 * channels * size**2; norm2 = + 2 * out_channels * size**2
        You counted batch norm: only the products of convolutions and of the linear layer count.

    stem_macs = 28 * channels * size**2; norm1 = + channels * size**2; norm2 = + out_channels * size**2
        You counted a bias in the layers: only products count.

    times = 2 *
        You counted FLOPs, a multiplication and an addition: a multiply-accumulate is one MAC.

    knobs = rho, input_size = input_size / 224, 224; times = rho *
        The MACs go with the picture's area, not with its side, and exactly only layer by layer.

    knobs = rho, input_size = input_size / 224, 224; times = rho**2 *
        ρ² is a rule of thumb: odd sizes round up, and the linear layer does not care. Carry the size along.

    knobs = alpha, width_mult = width_mult, 1; times = alpha**2 *
        α² is a rule of thumb: depthwise layers, the stem and the classifier have α once. Scale each layer.

    knobs = alpha, width_mult = width_mult, 1; times = alpha *
        A pointwise layer has α on both sides, in and out: scale each layer's channels.

    knobs = alpha, rho, width_mult, input_size = width_mult, input_size / 224, 1, 224; times = alpha**2 * rho**2 *
        α²ρ² is a rule of thumb: scale each layer's channels, and carry the size along.

    knobs = input_size = 224
        input_size is not used: the stem's output is half of it.

    knobs = width_mult = 1
        width_mult is not used: it scales the channels.
    """,
    names={"round_channels": ROUND.right, "TABLE_1": [(64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2)]},
)

assignment.part(
    "mobilenet_v1_macs",
    "MobileNetV1 at any width and resolution",
    "a budget is kept by the network that runs, rounded channels and odd sizes included, not by α²ρ²",
    MACS,
    [case(), case(0.5, 224), case(1.0, 160), case(0.3, 225), case(1.3, 97), case(0.75, 131), case(0.35, 200), case(0.11, 96)],
)

assignment.part(
    "largest_size",
    "The resolution that a budget allows",
    "half the side is a quarter of the work: who reckons with the side overspends, or gives away accuracy",
    SIDE,
    [
        case(569e6, 224, 300e6),
        case(149e6, 224, 400e6),
        case(569e6, 224, 50e6),
        case(325e6, 224, 150e6, 16),
        case(41e6, 128, 1e6),
        case(400_000_000, 224, 100_000_000, 16),
        case(41e6, 96, 120e6, 8),
    ],
)


def _checkpoints() -> list[dict[str, Any]]:
    """The authors' sixteen float checkpoints: published accuracies beside exact MACs."""
    page = published(source=PAGE, model="MobileNet_v1 checkpoint (float)")
    return [
        {
            "width": float(p.width),
            "input_size": int(p.resolution),
            "macs": MACS.right(p.width, int(p.resolution)),
            "top1": float(p.top1),
        }
        for p in page.itertuples()
    ]


def _made_up(*rows: tuple[float, ...]) -> list[dict[str, Any]]:
    """Rows of MACs, top-1 and, where it is not 1, a width."""
    return [{"width": [*row, 1.0][2], "input_size": 224, "macs": row[0], "top1": row[1]} for row in rows]


TABLE = _checkpoints()
TIES = _made_up((250, 70.0), (200, 70.0), (300, 70.0), (260, 70.0), (100, 60.0), (150, 50.0), (90, 30.0), (95, 20.0))
WIDTHS = _made_up((250, 65.0, 0.5), (200, 70.0), (300, 70.0, 0.75), (260, 60.0, 1.4))

assignment.part(
    "best_within",
    "The most accurate within a budget",
    "a table of published figures answers a question only if the question says what may be spent",
    BEST,
    [
        *(case(TABLE, millions * 1e6) for millions in (600, 300, 240, 120, 60)),
        case(TABLE, TABLE[7]["macs"]),  # to the last MAC
        *(case(TIES, budget) for budget in (1000, 160, 89, 0)),
        case(WIDTHS, 1000),
    ],
)

assignment.part(
    "not_beaten",
    "The rows worth having",
    "who knows which rows are beaten can answer every budget at once, and never buys twice for the same accuracy",
    KEPT,
    [
        case(TABLE),
        case(_made_up((300, 70.0), (200, 70.0), (100, 60.0), (100, 55.0), (250, 65.0), (50, 40.0))),
        case(_made_up((10, 50.0))),
        case(_made_up((40, 60.0), (20, 50.0), (20, 50.0), (30, 45.0), (40, 60.0))),
        case(_made_up((100, 70.0), (200, 75.0), (200, 60.0))),
        case(_made_up((200, 75.0), (300, 75.0), (100, 70.0))),
        case(_made_up((100, 70.0), (200, 70.0), (300, 60.0))),
    ],
)
