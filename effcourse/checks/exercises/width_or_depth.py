"""Checks of exercise 11: equal budgets, and differences that are more than noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from statistics import mean, median, pstdev, stdev, variance

import numpy as np
import torch

from ...cost import trace
from ...models.small_net import SmallNet
from ..agree import Case, Suspect, case, same_values
from ..engine import Assignment
from ..work import Work

assignment = Assignment("11_width_or_depth", allow=("SmallNet", "trace"))

Picture = Sequence[int]
DIGIT = (1, 8, 8)


@cache
def _cost(width: int, depth: int, input_size: tuple[int, ...]) -> tuple[int, int]:
    with torch.device("meta"):
        model = SmallNet(width, depth, input_size=input_size)
    report = trace(model)
    return report.macs, report.params


def macs(width: int, depth: int, input_size: Picture = DIGIT) -> int:
    """MACs of the network that the exercise is about."""
    return _cost(width, depth, tuple(input_size))[0]


def _width(depth: int, budget: float, input_size: Picture = DIGIT, cost: int = 0) -> int:
    """The largest width within the budget, by bisection; ``cost`` 0 for MACs, 1 for parameters."""
    low, high = 1, 2
    while _cost(high, depth, tuple(input_size))[cost] <= budget:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _cost(middle, depth, tuple(input_size))[cost] <= budget else (low, middle)
    return low


def _nearest(depth: int, budget: float, input_size: Picture = DIGIT) -> int:
    width = _width(depth, budget, input_size)
    over, under = macs(width + 1, depth, input_size) - budget, budget - macs(width, depth, input_size)
    return width + (over < under)


def _by_root(depth: int, budget: float, input_size: Picture = DIGIT) -> int:
    return int(16 * math.sqrt(budget / macs(16, depth, input_size)))


@assignment.check(
    "The width that a budget allows",
    "shapes that cost different amounts cannot be compared: the dearer one may win by its price alone",
)
def find_width(
    find_width: Work,
    cases: Sequence[Case] = (
        case(1, 150_000),
        case(2, macs(12, 2)),
        case(4, 150_000),
        case(3, 90_000),
        case(2, 2_000_000, input_size=(3, 32, 32)),
    ),
) -> None:
    same_values(
        find_width,
        _width,
        cases,
        [
            Suspect(
                lambda depth, budget, input_size=DIGIT: _width(depth, budget / 2, input_size),
                "You compared FLOPs with a budget of MACs: trace(...).macs counts a product with its addition once.",
            ),
            Suspect(
                lambda depth, budget, input_size=DIGIT: _width(depth, budget, input_size) + 1,
                "Your width is the first that is too dear: take the one before it.",
            ),
            Suspect(
                lambda depth, budget, input_size=DIGIT: _width(depth, budget - 1, input_size),
                "A network that costs exactly the budget is within it: compare with <=.",
            ),
            Suspect(
                lambda depth, budget, input_size=DIGIT: _width(depth, budget - 1, input_size) + 1,
                "Your width is the first that is not below the budget, mostly too dear: take the last within it.",
            ),
            Suspect(
                _nearest,
                "You took the width whose cost is nearest to the budget: it may be above, and a budget is a limit.",
            ),
            Suspect(
                lambda depth, budget, input_size=DIGIT: _width(depth, budget),
                "You left input_size out: a larger picture costs more, so it allows less width.",
            ),
            Suspect(
                lambda depth, budget, input_size=DIGIT: _width(2, budget, input_size),
                "You left depth out: SmallNet has 2 blocks a stage unless you say otherwise.",
            ),
            Suspect(
                lambda depth, budget, input_size=DIGIT: _width(depth, budget, input_size, cost=1),
                "You compared parameters with a budget of MACs.",
            ),
            Suspect(
                lambda depth, budget, input_size=DIGIT: _width(depth, budget, input_size) // 8 * 8,
                "You rounded to a multiple of 8: any whole number is allowed here, and rounding wastes budget.",
            ),
            Suspect(
                _by_root,
                "You let the MACs grow with the square of the width: the stem and the depthwise layers do not. Trace.",
            ),
        ],
    )


def accuracies(center: float, spread: float, runs: int, seed: int, pictures: int = 450) -> list[float]:
    """Accuracies as a few trainings might give them: whole numbers of pictures, not all the same."""
    rng = np.random.default_rng(seed)
    while True:
        right = np.rint(pictures * np.clip(rng.normal(center, spread, runs), 0.05, 1)).astype(int)
        if len(set(right)) > 1:
            return [int(n) / pictures for n in right]


Summary = dict[str, float]


def _summary(values: Sequence[float], std: Callable[[Sequence[float]], float] = stdev) -> Summary:
    return {"mean": mean(values), "std": std(values), "sem": std(values) / math.sqrt(len(values))}


def _in_float32(values: Sequence[float]) -> Summary:
    numbers = torch.tensor(values)
    std = numbers.std().item()
    return {"mean": numbers.mean().item(), "std": std, "sem": std / math.sqrt(len(values))}


@assignment.check(
    "Mean, spread and standard error of a few seeds",
    "the spread says how much one training is worth, the standard error how well you know the mean of all of them",
)
def summarize_seeds(
    summarize_seeds: Work,
    cases: Sequence[Case] = (
        case([0.96, 0.97, 0.98]),
        case(accuracies(0.93, 0.02, 5, 1)),
        case(accuracies(0.85, 0.03, 2, 2)),
    ),
) -> None:
    same_values(
        summarize_seeds,
        _summary,
        cases,
        [
            Suspect(
                lambda values: _summary(values, pstdev),
                "You divided by n: the mean comes from the same numbers, so a sample's deviation divides by n - 1.",
            ),
            Suspect(
                lambda values: _summary(values) | {"std": pstdev(values)},
                "You divided by n: the mean comes from the same numbers, so a sample's deviation divides by n - 1.",
            ),
            Suspect(
                lambda values: _summary(values) | {"sem": stdev(values)},
                "Your standard error is the deviation itself: the mean of n runs wavers less, by the root of n.",
            ),
            Suspect(
                lambda values: _summary(values) | {"sem": stdev(values) / len(values)},
                "You divided by n for the standard error: it shrinks with the *root* of n.",
            ),
            Suspect(
                lambda values: _summary(values) | {"sem": stdev(values) / math.sqrt(len(values) - 1)},
                "You divided by the root of n - 1: the n - 1 is already in the deviation, here it is the root of n.",
            ),
            Suspect(
                lambda values: _summary(values, variance),
                "You gave variances: take the root.",
            ),
            Suspect(
                lambda values: _summary(values) | {"mean": median(values)},
                "You took the median: for a handful of accuracies the mean is asked.",
            ),
            Suspect(
                lambda values: {key: 100 * value for key, value in _summary(values).items()},
                "You gave per cent: accuracies go from 0 to 1 here.",
            ),
            Suspect(
                _in_float32,
                "You computed in float32, torch's default, which rounds too early for such small spreads: use float64.",
            ),
        ],
    )


def _interval(
    a: Sequence[float],
    b: Sequence[float],
    sd: Callable[[Sequence[float]], float] = stdev,
    error: Callable[[float, float], float] = math.hypot,
    df: Callable[[float, float, int, int], float] | None = None,
    quantile: float = 0.975,
) -> Summary:
    from scipy.stats import t

    sem_a, sem_b = sd(a) / math.sqrt(len(a)), sd(b) / math.sqrt(len(b))
    freedom = (df or _welch)(sem_a, sem_b, len(a), len(b))
    half = float(t.ppf(quantile, freedom)) * error(sem_a, sem_b)
    difference = mean(a) - mean(b)
    return {"difference": difference, "low": difference - half, "high": difference + half}


def _around_zero(a: Sequence[float], b: Sequence[float]) -> Summary:
    right = _interval(a, b)
    half = right["high"] - right["difference"]
    return right | {"low": -half, "high": half}


def _welch(sem_a: float, sem_b: float, n_a: int, n_b: int) -> float:
    return (sem_a**2 + sem_b**2) ** 2 / (sem_a**4 / (n_a - 1) + sem_b**4 / (n_b - 1))


def _pooled(a: Sequence[float], b: Sequence[float]) -> Summary:
    from scipy.stats import t

    n, m = len(a), len(b)
    pooled = ((n - 1) * variance(a) + (m - 1) * variance(b)) / (n + m - 2)
    half = float(t.ppf(0.975, n + m - 2)) * math.sqrt(pooled * (1 / n + 1 / m))
    difference = mean(a) - mean(b)
    return {"difference": difference, "low": difference - half, "high": difference + half}


@assignment.check(
    "An interval for the difference",
    "two means always differ; the interval says which differences the runs leave possible, perhaps none at all",
)
def difference_interval(
    difference_interval: Work,
    cases: Sequence[Case] = (
        case([0.96, 0.97, 0.98], [0.93, 0.96, 0.94]),
        case(accuracies(0.95, 0.02, 5, 3), accuracies(0.94, 0.005, 3, 4)),
        case(accuracies(0.80, 0.01, 2, 5), accuracies(0.86, 0.02, 6, 6)),
    ),
) -> None:
    same_values(
        difference_interval,
        _interval,
        cases,
        [
            Suspect(
                lambda a, b: _interval(a, b, df=lambda *_: math.inf),
                "You took 1.96, which holds for many runs: with a handful, Student's t is larger.",
            ),
            Suspect(
                lambda a, b: {
                    key: mean(a) - mean(b) + sign * 1.96 * math.hypot(_summary(a)["sem"], _summary(b)["sem"])
                    for key, sign in (("difference", 0), ("low", -1), ("high", 1))
                },
                "You took 1.96, which holds for many runs: with a handful, Student's t is larger.",
            ),
            Suspect(
                lambda a, b: _interval(a, b, quantile=0.95),
                "Your t leaves 5 % out on each side: for 95 % inside it is 2.5 % a side, t.ppf(0.975, ...).",
            ),
            Suspect(
                lambda a, b: _interval(a, b, error=lambda x, y: x + y),
                "You added the standard errors: their squares add, because the two wavers are independent.",
            ),
            Suspect(
                lambda a, b: _interval(a, b, error=lambda x, y: x**2 + y**2),
                "The root is missing: the error of the difference is sqrt(sem_a² + sem_b²).",
            ),
            Suspect(
                lambda a, b: _interval(a, b, sd=pstdev),
                "Your deviations divide by n: for a sample they divide by n - 1.",
            ),
            Suspect(
                lambda a, b: _interval(
                    a, b, error=lambda x, y: math.hypot(x * math.sqrt(len(a)), y * math.sqrt(len(b)))
                ),
                "You used deviations in place of standard errors: the *means* of n runs waver less, by the root of n.",
            ),
            Suspect(
                lambda a, b: _interval(a, b, df=lambda x, y, n, m: n + m - 2),
                "Your degrees of freedom are n_a + n_b - 2, which takes both spreads for equal: use Welch's formula.",
            ),
            Suspect(
                _pooled,
                "You pooled the spreads, which takes them for equal: a deep net may vary more. Use Welch's formula.",
            ),
            Suspect(
                lambda a, b: _interval(a, b, df=lambda x, y, n, m: min(n, m) - 1),
                "Your degrees of freedom are those of the shorter list: use Welch's formula.",
            ),
            Suspect(
                lambda a, b: _interval(b, a),
                "The sign is turned round: it is the mean of a minus the mean of b.",
            ),
            Suspect(
                _around_zero,
                "Your interval lies around 0: it belongs around the difference.",
            ),
        ],
    )


Results = Mapping[str, Sequence[float]]


def _leader(results: Results) -> str:
    return max(results, key=lambda name: mean(results[name]))


def _possible(results: Results, apart: Callable[[Sequence[float], Sequence[float]], bool] | None = None) -> list[str]:
    apart = apart or (lambda best, other: _interval(best, other)["low"] > 0)
    best = _leader(results)
    return [name for name, values in results.items() if name == best or not apart(results[best], values)]


def _apart_by(times: str, factor: float = 1.0) -> Callable[[Sequence[float], Sequence[float]], bool]:
    """Whether two intervals of mean ± factor x std or sem lie apart."""

    def apart(best: Sequence[float], other: Sequence[float]) -> bool:
        a, b = _summary(best), _summary(other)
        return a["mean"] - factor * a[times] > b["mean"] + factor * b[times]

    return apart


def _own_intervals_apart(best: Sequence[float], other: Sequence[float]) -> bool:
    from scipy.stats import t

    low = mean(best) - float(t.ppf(0.975, len(best) - 1)) * _summary(best)["sem"]
    return low > mean(other) + float(t.ppf(0.975, len(other) - 1)) * _summary(other)["sem"]


RESULTS: tuple[dict[str, list[float]], ...] = (
    {"wide": [0.95, 0.97, 0.96], "balanced": [0.96, 0.97, 0.98], "deep": [0.88, 0.90, 0.91]},
    {"wide": [0.972, 0.976, 0.974, 0.973], "balanced": [0.940, 0.944, 0.939, 0.945], "deep": [0.93, 0.95, 0.94, 0.92]},
    {"a": [0.90, 0.93, 0.91], "b": [0.92, 0.95, 0.93], "c": [0.91, 0.94, 0.95], "d": [0.86, 0.87, 0.88]},
    {"a": [0.953, 0.962, 0.956, 0.968], "b": [0.971, 0.979, 0.975, 0.981]},
)


@assignment.check(
    "Which shapes may be the best",
    "the highest mean of three seeds is a name, not a finding; what the runs cannot tell apart must be named together",
)
def possible_winners(possible_winners: Work, cases: Sequence[Case] = tuple(map(case, RESULTS))) -> None:
    same_values(
        possible_winners,
        _possible,
        cases,
        [
            Suspect(
                lambda results: [_leader(results)],
                "You declared a winner inside the noise: name every shape whose interval to the best includes 0.",
            ),
            Suspect(_leader, "A list of names is asked, with all that may be the best; yours is one name."),
            Suspect(
                lambda results: _possible(results, _own_intervals_apart),
                "You asked whether two intervals overlap, which they may though the means differ: ask whether the "
                "interval of the *difference* includes 0.",
            ),
            Suspect(
                lambda results: _possible(results, _apart_by("std")),
                "You compared mean ± deviation: ask whether the interval of the difference includes 0.",
            ),
            Suspect(
                lambda results: _possible(results, _apart_by("sem")),
                "You compared mean ± standard error, which is too narrow: ask whether the interval of the difference "
                "includes 0.",
            ),
            Suspect(
                lambda results: [name for name in results if name not in _possible(results)],
                "You named those that are clearly worse: the others are asked.",
            ),
            Suspect(
                lambda results: [name for name in _possible(results) if name != _leader(results)],
                "The best itself is missing: it may of course be the best.",
            ),
            Suspect(
                lambda results: sorted(_possible(results), key=lambda name: -mean(results[name])),
                "The names are right and their order is not: keep the dictionary's.",
            ),
            Suspect(
                lambda results: list(results),
                "You named every shape: leave out those whose interval to the best lies wholly on one side of 0.",
            ),
        ],
    )


def random_results(seed: int) -> dict[str, list[float]]:
    """Results of two to five shapes with three to six seeds each, whose verdict is no close call: a slip in the
    interval's width is part 3's affair.
    """
    rng = np.random.default_rng(seed)
    while True:
        results = {
            name: accuracies(
                rng.uniform(0.9, 0.96), rng.uniform(0.003, 0.015), int(rng.integers(3, 7)), int(rng.integers(2**31))
            )
            for name in "wide balanced deep deeper deepest".split()[: int(rng.integers(2, 6))]
        }
        if _possible(results, _apart_by_interval(0.58)) == _possible(results, _apart_by_interval(1.45)):
            return results


def _apart_by_interval(factor: float) -> Callable[[Sequence[float], Sequence[float]], bool]:
    """Whether the interval of the difference, that many times as wide, lies above 0."""

    def apart(best: Sequence[float], other: Sequence[float]) -> bool:
        interval = _interval(best, other)
        return interval["difference"] > factor * (interval["high"] - interval["difference"])

    return apart
