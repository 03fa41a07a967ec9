"""Checks of exercise 03: channel rounding, MobileNetV1 at any width and resolution, and what a budget buys."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from ...models.layers import round_channels as rule
from ...models.mobilenet_v1 import ROWS
from ...papers.figures import published
from ..agree import Case, Suspect, case, same_values
from ..engine import Assignment
from ..work import Work

assignment = Assignment("03_width_resolution")

PAGE = "mobilenet_v1_checkpoints"


def _up(channels: float, divisor: int = 8) -> int:
    return math.ceil(channels / divisor) * divisor


def _nearest(channels: float, divisor: int = 8) -> int:
    return max(divisor, math.floor(channels / divisor + 0.5) * divisor)


def _half_to_even(channels: float, divisor: int = 8) -> int:
    rounded = max(divisor, round(channels / divisor) * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


@assignment.check(
    "Channels as the authors round them",
    "a network whose channels are rounded otherwise is another network: no published weights and no figure fit it",
)
def round_channels(
    round_channels: Work,
    cases: Sequence[Case] = (
        case(22.4),
        case(11.2),
        case(64),
        case(18),
        case(33.6),
        case(3),
        case(52),
        case(100, 16),
        case(10, 4),
        case(70, 32),
    ),
) -> None:
    same_values(
        round_channels,
        rule,
        cases,
        [
            Suspect(
                _up,
                "You always round up: take the nearest multiple, and the next one up only below 90 %.",
            ),
            Suspect(
                lambda channels, divisor=8: (channels // divisor + 1) * divisor,
                "You always go up, even from 64: take the nearest multiple, and the next one only below 90 %.",
            ),
            Suspect(
                lambda channels, divisor=8: max(divisor, channels // divisor * divisor),
                "You round down: take the nearest multiple.",
            ),
            Suspect(
                _nearest,
                "The 90 % rule is missing: 18 has 16 as its nearest multiple, and 16 is 89 % of it, so it becomes 24.",
            ),
            Suspect(
                lambda channels, divisor=8: math.floor(channels / divisor + 0.5) * divisor,
                "The 90 % rule and the least value are missing: a few channels come out as none.",
            ),
            Suspect(
                _half_to_even,
                "Halfway between two multiples you take the even one, as Python's round does: take the upper.",
            ),
            Suspect(
                lambda channels, divisor=8: max(divisor, round(channels / divisor) * divisor),
                "The 90 % rule is missing, and halfway between two multiples Python's round takes the even one.",
            ),
            Suspect(
                lambda channels, divisor=8: rule(channels),
                "The divisor is not used: you have an 8 where it should stand.",
            ),
            Suspect(
                lambda channels, divisor=8: max(divisor, int(channels)),
                "You cut off the fraction: the result must be a multiple of the divisor.",
            ),
        ],
    )


class _Layer(NamedTuple):
    kind: str
    in_channels: int
    out_channels: int
    taps: int
    before: int  # pixels a side that it reads
    after: int  # and writes


def _layers(
    width_mult: float = 1.0,
    input_size: int = 224,
    scale: Callable[[float], int] = rule,
    half: Callable[[int, int], int] = lambda size, stride: -(-size // stride),
    every_block: bool = False,
    one_block: bool = False,
    stem_stride: int = 2,
    thin_stem: bool = True,
) -> list[_Layer]:
    """MobileNetV1 as rows; the last four arguments are for misreadings of the table."""
    size, channels = half(input_size, stem_stride), scale(32 * (width_mult if thin_stem else 1))
    layers = [_Layer("stem", 3, channels, 9, input_size, size)]
    for c, n, s in ROWS:
        for i in range(1 if one_block else n):
            before, out_channels = size, scale(c * width_mult)
            size = half(size, s) if i == 0 or every_block else size
            layers.append(_Layer("depthwise", channels, channels, 9, before, size))
            layers.append(_Layer("pointwise", channels, out_channels, 1, before, size))
            channels = out_channels
    return [*layers, _Layer("classifier", channels, 1000, 1, size, 1)]


def _product(layer: _Layer) -> int:
    reads = 1 if layer.kind == "depthwise" else layer.in_channels
    return layer.taps * reads * layer.out_channels * layer.after**2


def _macs(width_mult: float = 1.0, input_size: int = 224, **misread: Any) -> int:
    return sum(map(_product, _layers(width_mult, input_size, **misread)))


def _macs_with(change: Callable[[_Layer], float]) -> Callable[..., float]:
    """A wrong count: ``change`` gives what is counted for a layer."""
    return lambda width_mult=1.0, input_size=224: sum(map(change, _layers(width_mult, input_size)))


def _without(kind: str) -> Callable[..., float]:
    return _macs_with(lambda layer: 0 if layer.kind == kind else _product(layer))


@assignment.check(
    "MobileNetV1 at any width and resolution",
    "a budget is kept by the network that runs, rounded channels and odd sizes included, not by α²ρ²",
)
def mobilenet_v1_macs(
    mobilenet_v1_macs: Work,
    cases: Sequence[Case] = (case(), case(0.5, 224), case(1.0, 160), case(0.3, 225), case(1.3, 97), case(0.75, 131)),
) -> None:
    same_values(
        mobilenet_v1_macs,
        _macs,
        cases,
        [
            Suspect(
                lambda w=1.0, n=224: _macs(w, n, thin_stem=False),
                "Your stem keeps its 32 channels: α scales those too.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(w, n, scale=_up),
                "Your channels are rounded up always: the nearest multiple of 8 is asked for, by part 1's rule.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(w, n, scale=_nearest),
                "Your channels leave out the 90 % rule of part 1.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(w, n, scale=int),
                "Your channels are cut off with int(): round them by part 1's rule.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(w, n, scale=round),
                "Your channels are whole numbers but no multiples of 8: round them by part 1's rule.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(w, n, scale=float),
                "You did not round the channels: a layer has no fraction of one.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(w, n, half=lambda size, stride: size // stride),
                "Your sizes are rounded down: with one pixel of padding, 225 becomes 113 at stride 2.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(w, n, half=lambda size, stride: size / stride),
                "Your sizes have fractions of a pixel: round them up after each stride.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(w, n, every_block=True),
                "The stride belongs to the first block of a row only.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(w, n, stem_stride=1),
                "The stem has stride 2: the first block already works on half the size.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(w, n, one_block=True),
                "You counted one block a row: a row stands for n of them.",
            ),
            Suspect(
                _macs_with(lambda layer: layer.taps * layer.in_channels * layer.out_channels * layer.after**2),
                "You left out groups: a depthwise filter reads one channel, so 9 products a number.",
            ),
            Suspect(
                _macs_with(
                    lambda layer: (
                        _product(layer)
                        / (layer.after**2 if layer.kind == "pointwise" else 1)
                        * (layer.before**2 if layer.kind == "pointwise" else 1)
                    )
                ),
                "The pointwise half comes after the stride: it works at the new size.",
            ),
            Suspect(
                _macs_with(lambda layer: _product(layer) / layer.after**2 * layer.before**2),
                "You counted the positions that a layer reads: it works once for each position that it writes.",
            ),
            Suspect(
                _macs_with(lambda layer: _product(layer) * (layer.before**2 if layer.kind == "classifier" else 1)),
                "The linear layer comes after the average: it works once, not once for each position.",
            ),
            Suspect(_without("classifier"), "The linear layer to 1000 classes is missing."),
            Suspect(_without("stem"), "The first convolution is missing, as on the authors' page for α = 0.75."),
            Suspect(_without("depthwise"), "The depthwise halves are missing."),
            Suspect(
                _macs_with(
                    lambda layer: (
                        _product(layer) + (layer.kind != "classifier") * 2 * layer.out_channels * layer.after**2
                    )
                ),
                "You counted batch norm: only the products of convolutions and of the linear layer count.",
            ),
            Suspect(
                _macs_with(lambda layer: _product(layer) + layer.out_channels * layer.after**2),
                "You counted a bias in each layer: only products count.",
            ),
            Suspect(
                _macs_with(lambda layer: _product(layer) + 1000 * (layer.kind == "classifier")),
                "You counted the linear layer's bias: only products count.",
            ),
            Suspect(
                lambda w=1.0, n=224: 2 * _macs(w, n),
                "You counted FLOPs, a multiplication and an addition: a multiply-accumulate is one MAC.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(w) * n / 224,
                "The MACs go with the picture's area, not with its side, and exactly only layer by layer.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(w) * (n / 224) ** 2,
                "ρ² is a rule of thumb: odd sizes round up, and the linear layer does not care. Carry the size along.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(1.0, n) * w**2,
                "α² is a rule of thumb: depthwise layers, the stem and the classifier have α once. Scale each layer.",
            ),
            Suspect(
                lambda w=1.0, n=224: _macs(1.0, n) * w,
                "A pointwise layer has α on both sides, in and out: scale each layer's channels.",
            ),
            Suspect(lambda w=1.0, n=224: _macs(w), "input_size is not used: the stem's output is half of it."),
            Suspect(lambda w=1.0, n=224: _macs(1.0, n), "width_mult is not used: it scales the channels."),
        ],
    )


def _side(macs: float, input_size: int, budget: float) -> float:
    return input_size * math.sqrt(budget / macs)


@assignment.check(
    "The resolution that a budget allows",
    "half the side is a quarter of the work: who reckons with the side overspends, or gives away accuracy",
)
def largest_size(
    largest_size: Work,
    cases: Sequence[Case] = (
        case(569e6, 224, 300e6),
        case(149e6, 224, 400e6),
        case(569e6, 224, 50e6),
        case(325e6, 224, 150e6, 16),
        case(41e6, 128, 1e6),
    ),
) -> None:
    same_values(
        largest_size,
        lambda macs, n, budget, step=32: math.floor(_side(macs, n, budget) / step) * step,
        cases,
        [
            Suspect(
                lambda macs, n, budget, step=32: math.floor(n * budget / macs / step) * step,
                "You let the MACs go with the side: they go with its square, the area.",
            ),
            Suspect(
                lambda macs, n, budget, step=32: math.floor(n * (budget / macs) ** 2 / step) * step,
                "You squared where the square root belongs: MACs / side² stays the same.",
            ),
            Suspect(
                lambda macs, n, budget, step=32: math.floor(_side(budget, n, macs) / step) * step,
                "Upside down: a smaller budget must give a smaller picture.",
            ),
            Suspect(
                lambda macs, n, budget, step=32: round(_side(macs, n, budget) / step) * step,
                "You took the nearest multiple, which may overspend: round down.",
            ),
            Suspect(
                lambda macs, n, budget, step=32: math.ceil(_side(macs, n, budget) / step) * step,
                "You rounded up, which overspends: round down.",
            ),
            Suspect(
                lambda macs, n, budget, step=32: math.floor(_side(macs, n, budget)),
                "The side must be a multiple of step.",
            ),
            Suspect(
                lambda macs, n, budget, step=32: _side(macs, n, budget),
                "The side must be a whole number, and a multiple of step.",
            ),
            Suspect(
                lambda macs, n, budget, step=32: math.floor(_side(macs, n, budget) / 32) * 32,
                "step is not used: you have 32 where it should stand.",
            ),
            Suspect(
                lambda macs, n, budget, step=32: min(n, math.floor(_side(macs, n, budget) / step) * step),
                "A larger budget allows a larger picture than the one given.",
            ),
            Suspect(
                lambda macs, n, budget, step=32: max(step, math.floor(_side(macs, n, budget) / step) * step),
                "With too small a budget not even one step is paid: then the answer is 0.",
            ),
        ],
    )


Table = Sequence[dict[str, Any]]


@cache
def _checkpoints() -> tuple[dict[str, Any], ...]:
    """The authors' sixteen float checkpoints: published accuracies beside exact MACs."""
    page = published(source=PAGE, model="MobileNet_v1 checkpoint (float)")
    return tuple(
        {
            "width": float(p.width),
            "input_size": int(p.resolution),
            "macs": _macs(p.width, int(p.resolution)),
            "top1": float(p.top1),
        }
        for p in page.itertuples()
    )


def _made_up(*rows: tuple[int, float]) -> list[dict[str, Any]]:
    return [{"width": 1.0, "input_size": 224, "macs": macs, "top1": top1} for macs, top1 in rows]


def _best(rows: Table, budget: float) -> dict[str, Any] | None:
    fitting = [row for row in rows if row["macs"] <= budget]
    return min(fitting, key=lambda row: (-row["top1"], row["macs"]), default=None)


@assignment.check(
    "The most accurate within a budget",
    "a table of published figures answers a question only if the question says what may be spent",
)
def best_within(best_within: Work, cases: Sequence[Case] | None = None) -> None:
    table = list(_checkpoints())
    ties = _made_up((300, 70.0), (200, 70.0), (250, 70.0), (100, 60.0), (150, 50.0))
    same_values(
        best_within,
        _best,
        cases
        or [
            *(case(table, millions * 1e6) for millions in (600, 300, 240, 120, 60)),
            case(table, table[7]["macs"]),  # to the last MAC
            case(ties, 1000),
            case(ties, 160),
            case(ties, 99),
        ],
        [
            Suspect(
                lambda rows, budget: _best(rows, math.inf),
                "The budget is not kept: look only at rows that take at most so many MACs.",
            ),
            Suspect(
                lambda rows, budget: max(rows, key=lambda row: row["top1"]),
                "The budget is not kept: look only at rows that take at most so many MACs.",
            ),
            Suspect(
                lambda rows, budget: _best(rows, budget * 1e6),
                "You took the budget for millions: it is a number of MACs, as in the rows.",
            ),
            Suspect(
                lambda rows, budget: _best([row for row in rows if row["macs"] < budget], budget),
                "A row that takes exactly the budget fits: at most, not less than.",
            ),
            Suspect(
                lambda rows, budget: max(
                    (r for r in rows if r["macs"] <= budget), key=lambda r: r["macs"], default=None
                ),
                "You took the dearest that fits: it need not be the most accurate; two of the sixteen are beaten.",
            ),
            Suspect(
                lambda rows, budget: max((r for r in rows if r["macs"] <= budget), key=lambda r: r["top1"]),
                "When no row fits, max has nothing to choose from: return None.",
            ),
            Suspect(
                lambda rows, budget: max(
                    (r for r in rows if r["macs"] <= budget), key=lambda r: r["top1"], default=None
                ),
                "Of two equally accurate rows you return the one that comes first: return the one with fewer MACs.",
            ),
            Suspect(
                lambda rows, budget: [row for row in rows if row["macs"] <= budget],
                "Those are all rows that fit: return the most accurate of them, one dictionary.",
            ),
            Suspect(
                lambda rows, budget: (_best(rows, budget) or {"top1": None})["top1"],
                "Return the whole row, not its accuracy.",
            ),
            Suspect(
                lambda rows, budget: min(
                    (r for r in rows if r["macs"] <= budget), key=lambda r: r["top1"], default=None
                ),
                "That is the least accurate one that fits.",
            ),
        ],
    )


def _beats(one: dict[str, Any], other: dict[str, Any]) -> bool:
    at_least = one["macs"] <= other["macs"] and one["top1"] >= other["top1"]
    return at_least and (one["macs"] < other["macs"] or one["top1"] > other["top1"])


def _kept(rows: Table, beats: Callable[[dict[str, Any], dict[str, Any]], bool] = _beats) -> list[dict[str, Any]]:
    kept = [row for row in rows if not any(beats(other, row) for other in rows)]
    return sorted(kept, key=lambda row: row["macs"])


@assignment.check(
    "The rows worth having",
    "who knows which rows are beaten can answer every budget at once, and never buys twice for the same accuracy",
)
def not_beaten(not_beaten: Work, cases: Sequence[Case] | None = None) -> None:
    same_values(
        not_beaten,
        _kept,
        cases
        or [
            case(list(_checkpoints())),
            case(_made_up((300, 70.0), (200, 70.0), (100, 60.0), (100, 55.0), (250, 65.0), (50, 40.0))),
            case(_made_up((10, 50.0))),
        ],
        [
            Suspect(
                lambda rows: _kept(rows, lambda a, b: a["macs"] <= b["macs"] and a["top1"] > b["top1"]),
                "Of two equally accurate rows the dearer one is beaten too.",
            ),
            Suspect(
                lambda rows: _kept(rows, lambda a, b: a["macs"] < b["macs"] and a["top1"] >= b["top1"]),
                "Of two rows with the same MACs the less accurate one is beaten too.",
            ),
            Suspect(
                lambda rows: _kept(rows, lambda a, b: a["macs"] < b["macs"] and a["top1"] > b["top1"]),
                "Being as good in one and better in the other is enough to beat a row.",
            ),
            Suspect(
                lambda rows: _kept(rows, lambda a, b: a["macs"] <= b["macs"] and a["top1"] >= b["top1"]),
                "Each of your rows beats itself: a row must be better in at least one of the two.",
            ),
            Suspect(
                lambda rows: [row for row in rows if not any(_beats(other, row) for other in rows)],
                "The rows are right and not in order: the one with the fewest MACs comes first.",
            ),
            Suspect(
                lambda rows: _kept(rows)[::-1],
                "The rows are right and the order is reversed: the one with the fewest MACs comes first.",
            ),
            Suspect(
                lambda rows: [
                    r for r in sorted(rows, key=lambda r: r["macs"]) if any(_beats(other, r) for other in rows)
                ],
                "Those are the rows that are beaten: return the others.",
            ),
            Suspect(
                lambda rows: sorted(rows, key=lambda row: row["macs"]),
                "These are all rows, in order: leave out those that are beaten.",
            ),
        ],
    )
