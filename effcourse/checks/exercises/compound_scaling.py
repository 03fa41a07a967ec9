"""Checks of exercise 07: compound scaling, from the search for its bases to the released B1 to B7."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from ...models.layers import ConvNormAct, round_channels
from ...models.efficientnet import ROWS, EfficientNetConfig, MBConv
from ..agree import Case, Suspect, case, difference, same_module, same_values
from ..engine import Assignment
from ..work import Mistake, Work

assignment = Assignment(
    "07_compound_scaling",
    allow=("ConvNormAct", "DropPath", "EfficientNetConfig", "InvertedResidual", "MBConv", "SEBlock", "trace"),
)

Triple = tuple[float, float, float]


def _cost(alpha: float, beta: float, gamma: float) -> float:
    return alpha * beta**2 * gamma**2


def _candidates(
    values: Sequence[float],
    target: float = 2.0,
    tolerance: float = 0.1,
    cost: Callable[[float, float, float], float] = _cost,
) -> list[Triple]:
    return [(a, b, c) for a in values for b in values for c in values if abs(cost(a, b, c) - target) <= tolerance]


def _with_cost(cost: Callable[[float, float, float], float]) -> Callable[..., Any]:
    """Another constraint in the search, for both of its functions."""
    return lambda values, target=2.0, tolerance=0.1: _candidates(values, target, tolerance, cost)


NO_SQUARES = (
    "Your constraint has no squares: width has two sides (input and output channels) and so has the picture, "
    "so the cost is α · β² · γ²."
)
ALL_SQUARES = "You squared α as well: depth only adds layers, so it counts once."


@assignment.check(
    "Triples that keep the budget",
    "the constraint is what makes the search small: one step of φ shall cost twice, whatever it is spent on",
)
def candidates(
    candidates: Work,
    cases: Sequence[Case] = (
        case([1.0, 1.1, 1.2, 1.3]),
        case([1.05, 1.15, 1.25, 1.4, 1.6], target=2.5, tolerance=0.2),
        case([1.0, 2.0], tolerance=0.0),
    ),
) -> None:
    same_values(
        candidates,
        _candidates,
        cases,
        [
            Suspect(_with_cost(lambda a, b, c: a * b * c), NO_SQUARES),
            Suspect(_with_cost(lambda a, b, c: (a * b * c) ** 2), ALL_SQUARES),
            Suspect(
                _with_cost(lambda a, b, c: a**2 * b * c**2),
                "You squared the wrong one: depth (α) counts once, width (β) and resolution (γ) twice.",
            ),
            Suspect(
                _with_cost(lambda a, b, c: a + b**2 + c**2),
                "You added the three: more layers, wider ones and larger pictures multiply each other's cost.",
            ),
            Suspect(
                lambda values, target=2.0, tolerance=0.1: [
                    t for t in _candidates(values, target, math.inf) if _cost(*t) <= target + tolerance
                ],
                "You kept everything that is not too dear: a triple that spends less than the budget is out as well.",
            ),
            Suspect(
                lambda values, target=2.0, tolerance=0.1: [
                    t for t in _candidates(values, target, math.inf) if _cost(*t) - target < tolerance
                ],
                "You kept everything that is not too dear: a triple that spends less than the budget is out as well.",
            ),
            Suspect(
                lambda values, target=2.0, tolerance=0.1: [
                    t for t in _candidates(values, target, tolerance) if abs(_cost(*t) - target) < tolerance
                ],
                "You left out the edge: 'at most tolerance away' is <=, not <.",
            ),
            Suspect(
                lambda values, target=2.0, tolerance=0.1: _candidates(values),
                "Your answer does not depend on target and tolerance: use the arguments.",
            ),
            Suspect(
                lambda values, target=2.0, tolerance=0.1: [
                    (a, b, c)
                    for c in values
                    for b in values
                    for a in values
                    if abs(_cost(a, b, c) - target) <= tolerance
                ],
                "These are the right triples in another order: α varies slowest, γ fastest.",
            ),
        ],
    )


def trial(alpha: float, beta: float, gamma: float, accuracy: float) -> dict[str, float]:
    """One network of the search at φ = 1, trained and tested."""
    return {"alpha": alpha, "beta": beta, "gamma": gamma, "accuracy": accuracy}


def _best(
    trials: Sequence[Mapping[str, float]],
    target: float = 2.0,
    tolerance: float = 0.1,
    cost: Callable[[float, float, float], float] = _cost,
    key: Callable[[Mapping[str, float]], float] = lambda one: one["accuracy"],
) -> Triple | None:
    fit = [t for t in trials if abs(cost(t["alpha"], t["beta"], t["gamma"]) - target) <= tolerance]
    best = max(fit, key=key, default=None)
    return (best["alpha"], best["beta"], best["gamma"]) if best else None


TRIALS = (
    trial(1.3, 1.2, 1.2, 78.9),  # the most accurate, at 2.70
    trial(1.0, 1.0, 1.4, 76.1),
    trial(1.2, 1.1, 1.15, 77.3),
    trial(1.25, 1.3, 1.25, 78.6),  # 2.03 without the squares
    trial(2.0, 1.0, 1.0, 76.8),  # exactly 2
    trial(1.1, 1.1, 1.1, 77.5),  # the most accurate of the cheap, at 1.61
)


@assignment.check(
    "The best of them",
    "a search compares like with like: the most accurate network of all is merely the dearest",
)
def best_coefficients(
    best_coefficients: Work,
    cases: Sequence[Case] = (
        case(list(TRIALS)),
        case(list(TRIALS), target=1.6, tolerance=0.05),
        case(list(TRIALS[:2]), target=3.5),
    ),
) -> None:
    def by(key: Callable[[Mapping[str, float]], float], width: float = 1.0) -> Callable[..., Any]:
        return lambda trials, target=2.0, tolerance=0.1: _best(trials, target, tolerance * width, key=key)

    same_values(
        best_coefficients,
        _best,
        cases,
        [
            Suspect(
                by(lambda one: one["accuracy"], math.inf),
                "You took the most accurate of all trials: only those within the budget compete.",
            ),
            Suspect(
                lambda trials, target=2.0, tolerance=0.1: _best(trials, target, tolerance, lambda a, b, c: a * b * c),
                NO_SQUARES,
            ),
            Suspect(
                lambda trials, target=2.0, tolerance=0.1: _best(
                    trials, target, tolerance, lambda a, b, c: (a * b * c) ** 2
                ),
                ALL_SQUARES,
            ),
            Suspect(by(lambda one: -one["accuracy"]), "You took the least accurate of those within the budget."),
            Suspect(
                lambda trials, target=2.0, tolerance=0.1: _best(
                    [t for t in trials if _cost(t["alpha"], t["beta"], t["gamma"]) <= target + tolerance],
                    target,
                    math.inf,
                ),
                "You let cheaper trials in: those that spend less than the budget do not compete either.",
            ),
            Suspect(
                lambda trials, target=2.0, tolerance=0.1: _best(
                    trials,
                    target,
                    tolerance,
                    key=lambda t: -abs(_cost(t["alpha"], t["beta"], t["gamma"]) - target),
                ),
                "You took the one that is nearest to the target: within the tolerance the accuracy decides.",
            ),
            Suspect(
                lambda trials, target=2.0, tolerance=0.1: (
                    (best := _best(trials, target, tolerance))
                    and next(t for t in trials if (t["alpha"], t["beta"], t["gamma"]) == best)
                ),
                "You returned the whole trial: the answer is the tuple (α, β, γ).",
            ),
        ],
    )


def _compound(
    phi: float, alpha: float = 1.2, beta: float = 1.1, gamma: float = 1.15, base_size: int = 224
) -> dict[str, float]:
    return {"width_mult": beta**phi, "depth_mult": alpha**phi, "input_size": round(base_size * gamma**phi)}


def _compound_at(change: Callable[[float], float]) -> Callable[..., dict[str, float]]:
    return lambda phi, *rest, **keywords: _compound(change(phi), *rest, **keywords)


@assignment.check(
    "One number for all three",
    "φ is the only dial a user of the family turns; depth, width and resolution follow",
)
def compound(
    compound: Work,
    cases: Sequence[Case] = (
        case(0),
        case(1),
        case(2.5),
        case(3, alpha=1.3, beta=1.05, gamma=1.2, base_size=192),
    ),
) -> None:
    def size_by(rule: Callable[[float], float]) -> Callable[..., dict[str, float]]:
        return lambda phi, alpha=1.2, beta=1.1, gamma=1.15, base_size=224: (
            _compound(phi, alpha, beta) | {"input_size": rule(base_size * gamma**phi)}
        )

    same_values(
        compound,
        _compound,
        cases,
        [
            Suspect(
                _compound_at(lambda phi: phi + 1),
                "Your φ is one too high: at φ = 0 nothing is scaled, and you have B0.",
            ),
            Suspect(
                _compound_at(lambda phi: phi - 1),
                "Your φ is one too low: at φ = 0 you have B0, and φ = 1 is the first step.",
            ),
            Suspect(
                lambda phi, alpha=1.2, beta=1.1, gamma=1.15, base_size=224: {
                    "width_mult": beta * phi,
                    "depth_mult": alpha * phi,
                    "input_size": round(base_size * gamma * phi),
                },
                "You multiplied by φ: φ is an exponent, so that each step multiplies once more.",
            ),
            Suspect(
                lambda phi, alpha=1.2, beta=1.1, gamma=1.15, base_size=224: _compound(
                    phi, beta, alpha, gamma, base_size
                ),
                "You took α and β for one another: α belongs to depth, β to width.",
            ),
            Suspect(
                lambda phi, alpha=1.2, beta=1.1, gamma=1.15, base_size=224: _compound(
                    phi, alpha, beta**2, gamma**2, base_size
                ),
                "You squared β and γ: the squares are in the cost, not in the multipliers.",
            ),
            Suspect(size_by(math.floor), "You cut the pixels off: the resolution goes to the nearest whole number."),
            Suspect(size_by(math.ceil), "You rounded the pixels up: the resolution goes to the nearest whole number."),
            Suspect(size_by(lambda size: size), "The resolution is a fraction: it goes to the nearest whole number."),
            Suspect(
                lambda phi, alpha=1.2, beta=1.1, gamma=1.15, base_size=224: (
                    _compound(phi, alpha, beta) | {"input_size": gamma**phi}
                ),
                "You returned the resolution's multiplier: the answer is the picture's side in pixels.",
            ),
            Suspect(
                lambda phi, alpha=1.2, beta=1.1, gamma=1.15, base_size=224: _compound(phi),
                "Your answer knows φ alone: use alpha, beta, gamma and base_size, not their defaults' values.",
            ),
        ],
    )


def _filters(channels: float, width_mult: float, divisor: int = 8) -> int:
    return round_channels(channels * width_mult, divisor)


def _filters_up(channels: float, width_mult: float, divisor: int = 8) -> int:
    return math.ceil(channels * width_mult / divisor) * divisor


def _filters_down(channels: float, width_mult: float, divisor: int = 8) -> int:
    return int(channels * width_mult // divisor) * divisor


def _filters_nearest(channels: float, width_mult: float, divisor: int = 8) -> int:
    return max(divisor, int(channels * width_mult + divisor / 2) // divisor * divisor)


def _filters_by_round(channels: float, width_mult: float, divisor: int = 8) -> int:
    return round(channels * width_mult / divisor) * divisor


def _filters_half_to_even(channels: float, width_mult: float, divisor: int = 8) -> int:
    rounded = max(divisor, round(channels * width_mult / divisor) * divisor)
    return rounded + divisor if rounded < 0.9 * channels * width_mult else rounded


FILTERS = [
    (
        _filters_up,
        "You rounded the channels up: the rule is the nearest multiple, and up only where that is below 90 %.",
    ),
    (
        _filters_nearest,
        "The 90 % rule is missing: where the nearest multiple is below 0.9 times what was asked for, go one up.",
    ),
    (
        _filters_by_round,
        "The 90 % rule is missing, and Python's round() takes half-way cases to the even number (round(6.5) is 6).",
    ),
    (_filters_down, "You rounded the channels down: the rule is the nearest multiple, and never below 90 %."),
    (
        lambda channels, width_mult, divisor=8: int(channels * width_mult),
        "You did not round to multiples of the divisor.",
    ),
    (
        _filters_half_to_even,
        "Half-way cases go up here: Python's round() takes them to the even number (round(6.5) is 6).",
    ),
]


@assignment.check(
    "Channels, scaled and rounded",
    "rounding up alone makes B2 a sixth dearer and leaves B0, B1, B3 and B7 as they were, so that nobody notices",
)
def round_filters(
    round_filters: Work,
    cases: Sequence[Case] = (
        case(32, 1.0),
        case(32, 1.1),
        case(16, 1.1),
        case(24, 1.4),
        case(320, 1.1),
        case(13, 1.4),
        case(4, 0.5),
        case(52, 1.0),
        case(30, 1.2, divisor=4),
        case(13, 1.3, divisor=2),
    ),
) -> None:
    same_values(
        round_filters,
        _filters,
        cases,
        [
            Suspect(
                lambda channels, width_mult, divisor=8: _filters(int(channels * width_mult), 1.0, divisor),
                "You cut the fraction off the product before rounding: round channels × width_mult as it is.",
            ),
            *(Suspect(make, cause) for make, cause in FILTERS),
            Suspect(
                lambda channels, width_mult, divisor=8: (
                    (r := int(channels * width_mult + divisor / 2) // divisor * divisor)
                    + (divisor if r < 0.9 * channels * width_mult else 0)
                ),
                "Too few channels are left of a thin layer: never fewer than the divisor.",
            ),
            Suspect(
                lambda channels, width_mult, divisor=8: (
                    (r := _filters_nearest(channels, width_mult, divisor)) + (divisor if r < 0.9 * channels else 0)
                ),
                "Your 90 % are of B0's channels: they are of what was asked for, channels × width_mult.",
            ),
            Suspect(
                lambda channels, width_mult, divisor=8: round_channels(channels * width_mult),
                "You round to multiples of 8 always: use the divisor.",
            ),
            Suspect(
                lambda channels, width_mult, divisor=8: round_channels(channels, divisor) * width_mult,
                "You rounded first and scaled then: scale, and round the product.",
            ),
        ],
    )


Table = dict[str, Any]
B0: Table = {"stem": 32, "rows": list(ROWS), "head": 1280, "input_size": 224}


def _scaling(
    filters: Callable[[float, float], float] = _filters,
    repeats: Callable[[float], float] = math.ceil,
    change: Callable[[Table, Table, float, float, int], Table] | None = None,
) -> Callable[..., Table]:
    """The scaled table by other rules, and then with what ``change`` returns in place of some entries."""

    def scaled(width_mult: float, depth_mult: float, input_size: int, table: Table = B0) -> Table:
        new = {
            "stem": filters(table["stem"], width_mult),
            "rows": [(t, filters(c, width_mult), repeats(n * depth_mult), k, s) for t, c, n, k, s in table["rows"]],
            "head": filters(table["head"], width_mult),
            "input_size": input_size,
        }
        return new | (change(table, new, width_mult, depth_mult, input_size) if change else {})

    return scaled


def _with_resolution(width_mult: float, depth_mult: float, input_size: int, table: Table = B0) -> Table:
    return _scaling()(width_mult * input_size / table["input_size"], depth_mult, input_size, table)


def _published(name: str, **keywords: Any) -> Case:
    config = EfficientNetConfig.get_config(name)
    return case(config.width_mult, config.depth_mult, config.input_size, **keywords)


OTHER_TABLE: Table = {"stem": 16, "rows": [(1, 12, 2, 3, 2), (4, 52, 5, 5, 1)], "head": 200, "input_size": 160}


@assignment.check(
    "B1 to B3 from the table of B0",
    "one table and three numbers make a family of networks, and each rounding rule in between is a trap",
)
def scale(
    scale: Work,
    cases: Sequence[Case] = (
        _published("b1"),
        _published("b2"),
        _published("b3"),
        case(1.0, 1.0, 192),
        case(1.5, 1.3, 192, table=OTHER_TABLE),
    ),
) -> None:
    once, again = (scale.call(1.0, 2.0, 224) for _ in range(2))
    if once != again:
        raise Mistake(
            f"scale(1.0, 2.0, 224) {difference(again, once)} as on the first call",
            "You changed the table that you were given: make a new one, and run the cell of B0 again.",
        )
    same_values(
        scale,
        _scaling(),
        cases,
        [
            Suspect(
                _with_resolution,
                "You put the resolution into the channels: a larger picture changes no layer, only what is fed.",
            ),
            Suspect(
                _scaling(repeats=lambda n: max(1, int(n))),
                "You rounded the depth down: the number of blocks is rounded up, so that each stage grows.",
            ),
            Suspect(
                _scaling(repeats=int),
                "You rounded the depth down: the number of blocks is rounded up, so that each stage grows.",
            ),
            Suspect(
                _scaling(repeats=round),
                "You rounded the depth to the nearest number: the number of blocks is rounded up.",
            ),
            Suspect(
                _scaling(repeats=lambda n: max(1, round(n))),
                "You rounded the depth to the nearest number: the number of blocks is rounded up.",
            ),
            Suspect(_scaling(repeats=lambda n: n), "Your numbers of blocks are fractions: round them up."),
            Suspect(
                _scaling(
                    change=lambda old, new, w, d, size: {
                        "rows": [(t, _filters(c, d), math.ceil(n * w), k, s) for t, c, n, k, s in old["rows"]],
                    }
                ),
                "You took width and depth for one another: width scales channels, depth scales numbers of blocks.",
            ),
            Suspect(
                _scaling(change=lambda old, new, w, d, size: {"head": old["head"], "stem": old["stem"]}),
                "Stem and head kept their channels: EfficientNet's width scales them too.",
            ),
            Suspect(
                _scaling(change=lambda old, new, w, d, size: {"head": old["head"]}),
                "The head kept its channels: EfficientNet's width scales it too (MobileNetV3's does not).",
            ),
            Suspect(
                _scaling(change=lambda old, new, w, d, size: {"stem": old["stem"]}),
                "The stem kept its channels: EfficientNet's width scales it too.",
            ),
            Suspect(
                _scaling(change=lambda old, new, w, d, size: {"input_size": old["input_size"]}),
                "The table kept B0's resolution: put input_size into it.",
            ),
            Suspect(
                _scaling(
                    change=lambda old, new, w, d, size: {
                        "rows": [
                            (_filters(t, w), *row[1:]) for (t, *_), row in zip(old["rows"], new["rows"], strict=True)
                        ]
                    }
                ),
                "You scaled the expansion t: it stays, because it multiplies channels that are scaled already.",
            ),
            Suspect(
                lambda width_mult, depth_mult, input_size, table=B0: _scaling()(width_mult, depth_mult, input_size),
                "You scale B0 always: use the table that is given.",
            ),
            *(Suspect(_scaling(filters=make), cause) for make, cause in FILTERS),
        ],
    )


STEM: dict[str, Any] = {"stride": 2, "act": nn.SiLU}


def _network(
    table: Table,
    num_classes: int = 1000,
    stride: Callable[[int, int], int] = lambda s, i: s if i == 0 else 1,
    repeats: Callable[[int], int] = lambda n: n,
    stem: dict[str, Any] | None = None,
    head: dict[str, Any] | None = None,
    expand: Callable[[int], int] = lambda t: t,
    late: bool = False,
) -> nn.Module:
    channels = table["stem"]
    layers: list[nn.Module] = [ConvNormAct(3, channels, **(STEM | (stem or {})))]
    for t, c, n, k, s in table["rows"]:
        for i in range(repeats(n)):
            layers.append(MBConv(channels, c, k, stride(s, i), expand(t)))
            channels = c if i + 1 == n or not late else channels
    layers += [
        ConvNormAct(channels, table["head"], 1, **({"act": nn.SiLU} | (head or {}))),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    ]
    return nn.Sequential(*layers, nn.Dropout(0.2), nn.Linear(table["head"], num_classes))


def _network_with(**changes: Any) -> Callable[..., nn.Module]:
    return lambda table, num_classes=1000: _network(table, num_classes, **changes)


SMALL = {"stem": 8, "rows": [(1, 8, 2, 3, 1), (4, 16, 3, 5, 2)], "head": 32, "input_size": 33}
SMALLER = {"stem": 8, "rows": [(6, 12, 1, 3, 2), (3, 12, 2, 5, 1)], "head": 24, "input_size": 20}


@assignment.check(
    "A network from any table",
    "the table is all there is to know: whoever can build from it has all eight networks, and any of their own",
)
def build(
    build: Work,
    cases: Sequence[Case] = (
        case(SMALL, num_classes=5, inputs=(2, 3, 33, 33), seed=1),
        case(SMALLER, num_classes=3, inputs=(1, 3, 20, 20), seed=2),
    ),
) -> None:
    same_module(
        build,
        _network,
        cases,
        [
            Suspect(
                _network_with(stride=lambda s, i: s),
                "Every block of a stage has the stride: only its first one has, or the picture shrinks to nothing.",
            ),
            Suspect(
                _network_with(stride=lambda s, i: 1),
                "No block has the stride: the first of each stage takes the row's s.",
            ),
            Suspect(_network_with(repeats=lambda n: 1), "Each stage has one block only: repeat the block n times."),
            Suspect(_network_with(stem={"stride": 1}), "Your stem has stride 1: it halves the picture, stride 2."),
            Suspect(
                _network_with(stem={"act": nn.ReLU}, head={"act": nn.ReLU}),
                "Stem and head have ReLU: EfficientNet's activation is swish, nn.SiLU.",
            ),
            Suspect(
                _network_with(stem={"act": nn.ReLU}), "Your stem has ReLU: EfficientNet's activation is swish, nn.SiLU."
            ),
            Suspect(
                _network_with(head={"act": nn.ReLU}), "Your head has ReLU: EfficientNet's activation is swish, nn.SiLU."
            ),
            Suspect(
                _network_with(head={"act": None}), "Your head has no activation: swish follows its batch norm as well."
            ),
            Suspect(_network_with(stem={"act": None}), "Your stem has no activation: swish follows its batch norm."),
            Suspect(
                _network_with(stem={"bias": True}, head={"bias": True}),
                "Your convolutions have a bias: batch norm's shift does the same, so bias=False.",
            ),
            Suspect(
                _network_with(stem={"bias": True}),
                "Your stem's convolution has a bias: batch norm's shift does the same, so bias=False.",
            ),
            Suspect(
                _network_with(head={"bias": True}),
                "Your head's convolution has a bias: batch norm's shift does the same, so bias=False.",
            ),
            Suspect(
                _network_with(late=True),
                "From the second block of a stage on, c channels come in: set channels to c after each block.",
            ),
            Suspect(
                _network_with(expand=lambda t: 6),
                "Your blocks expand by 6 always: each row has its own t (the first row's is 1).",
            ),
        ],
    )


def _phis(
    width_mult: float,
    depth_mult: float,
    input_size: int,
    alpha: float = 1.2,
    beta: float = 1.1,
    gamma: float = 1.15,
    base_size: int = 224,
) -> dict[str, float]:
    bases = {"depth": math.log(alpha), "width": math.log(beta), "resolution": math.log(gamma)}
    asked = {
        "depth": math.log(depth_mult),
        "width": math.log(width_mult),
        "resolution": math.log(input_size / base_size),
    }
    best = sum(bases[dial] * asked[dial] for dial in bases) / sum(base**2 for base in bases.values())
    return {dial: asked[dial] / bases[dial] for dial in bases} | {"best": best}


BASES = (("depth", "alpha", 1.2), ("width", "beta", 1.1), ("resolution", "gamma", 1.15))


def _phis_with(change: Callable[[dict[str, float]], dict[str, float]]) -> Callable[..., dict[str, float]]:
    return lambda *arguments, **keywords: (phis := _phis(*arguments, **keywords)) | change(phis)


def _best_of_multipliers(
    width_mult: float,
    depth_mult: float,
    input_size: int,
    alpha: float = 1.2,
    beta: float = 1.1,
    gamma: float = 1.15,
    base_size: int = 224,
) -> dict[str, float]:
    """The best φ as the logarithm of all three together: what costs the same by the formula without squares."""
    phis = _phis(width_mult, depth_mult, input_size, alpha, beta, gamma, base_size)
    asked = math.log(width_mult * depth_mult * input_size / base_size)
    return phis | {"best": asked / math.log(alpha * beta * gamma)}


def _dials(phis: dict[str, float]) -> list[float]:
    return [phis[dial] for dial in ("depth", "width", "resolution")]


@assignment.check(
    "Which φ a released network asks for",
    "only by asking each dial can you say where B1 to B7 leave their own rule",
)
def fitted_phi(
    fitted_phi: Work,
    cases: Sequence[Case] = (
        case(1.0, 1.0, 224),
        _published("b1"),
        _published("b2"),
        _published("b7"),
        case(1.3, 1.7, 256, alpha=1.4, beta=1.2, gamma=1.1, base_size=200),
    ),
) -> None:
    def without_base(width_mult: float, depth_mult: float, input_size: int, **keywords: Any) -> dict[str, float]:
        return _phis(width_mult, depth_mult, input_size, **(keywords | {"base_size": 1}))

    def by_cost(*arguments: Any, **keywords: Any) -> dict[str, float]:
        phis = _phis(*arguments, **keywords)
        logs = {dial: math.log(keywords.get(name, base)) for dial, name, base in BASES}
        weights = {dial: logs[dial] * (1 if dial == "depth" else 2) for dial in logs}
        return phis | {"best": sum(weights[dial] * phis[dial] for dial in logs) / sum(weights.values())}

    def exchanged(
        width_mult: float,
        depth_mult: float,
        input_size: int,
        alpha: float = 1.2,
        beta: float = 1.1,
        gamma: float = 1.15,
        base_size: int = 224,
    ) -> dict[str, float]:
        return _phis(width_mult, depth_mult, input_size, beta, alpha, gamma, base_size)

    same_values(
        fitted_phi,
        _phis,
        cases,
        [
            Suspect(
                _phis_with(lambda phis: {"best": sum(_dials(phis)) / 3}),
                "Your best φ is the mean of the three: the least squares of the logarithms weigh each by its base.",
            ),
            Suspect(
                _phis_with(lambda phis: {"best": sorted(_dials(phis))[1]}),
                "Your best φ is the middle one of the three: it is asked by least squares of the logarithms.",
            ),
            Suspect(
                _best_of_multipliers,
                "Your best φ comes from the product of the three: least squares weigh each difference by itself.",
            ),
            Suspect(
                by_cost,
                "Your best φ comes from the cost α · β² · γ²: asked is the one nearest to the three multipliers.",
            ),
            Suspect(exchanged, "You took α and β for one another: α belongs to depth, β to width."),
            Suspect(
                without_base, "You took the picture's side for its multiplier: divide input_size by base_size first."
            ),
            Suspect(
                _phis_with(lambda phis: {key: phi + 1 for key, phi in phis.items()}),
                "Every φ is one too high: the multipliers of B0 are all 1, and its φ is 0.",
            ),
            Suspect(
                lambda width_mult, depth_mult, input_size, **keywords: _phis(width_mult, depth_mult, input_size),
                "Your answer does not depend on alpha, beta, gamma and base_size: use the arguments.",
            ),
        ],
    )
