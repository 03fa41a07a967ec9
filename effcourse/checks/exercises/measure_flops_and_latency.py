"""Checks of exercise 09: what thop counts, and a latency that means something."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from statistics import mean, median
from typing import Any

import numpy as np
import torch

from ...cost import trace
from ...models import create_model
from ..agree import Case, Suspect, case, same_values
from ..engine import Assignment
from ..work import Work
from .timed_runs import MEASURE, check_runs

assignment = Assignment("09_measure_flops_and_latency", allow=("create_model", "list_models", "trace"))

Rows = Sequence[Mapping[str, Any]]
Log = Sequence[tuple[str, float]]


@cache
def _thop(name: str, input_size: int = 224, batch: int = 1) -> dict[str, float]:
    from thop import profile

    image = torch.zeros(batch, 3, input_size, input_size)
    macs, params = profile(create_model(name).eval(), inputs=(image,), verbose=False)
    return {"macs": macs, "params": params}


def _trace(name: str, input_size: int = 224) -> dict[str, float]:
    report = trace(create_model(name), input_size)
    return {"macs": report.macs, "params": report.params}


@assignment.check(
    "thop's two numbers for a network",
    "scripts everywhere print these two; which is which, and for which input, must be certain before you explain them",
)
def thop_counts(
    thop_counts: Work,
    cases: Sequence[Case] = (
        case("mobilenet_v2", 97),
        case("shufflenet_v2", 64),
        case("efficientnet_lite0", input_size=64),
        case("mobilenet_v3_small"),
    ),
) -> None:
    same_values(
        thop_counts,
        _thop,
        cases,
        [
            Suspect(
                lambda name, input_size=224: {k: v * (1 + (k == "macs")) for k, v in _thop(name, input_size).items()},
                "Your first number is twice thop's for one image: give it a batch of one, and hand its number on.",
            ),
            Suspect(
                lambda name, input_size=224: dict(
                    zip(("params", "macs"), _thop(name, input_size).values(), strict=True)
                ),
                "The two numbers have changed places: profile returns the operations first, then the parameters.",
            ),
            Suspect(
                lambda name, input_size=224: _thop(name),
                "The input is always 224 pixels: make the image input_size × input_size.",
            ),
            Suspect(_trace, "These are trace's numbers: here thop's are asked, right or wrong."),
            Suspect(
                lambda name, input_size=224: _thop(name, input_size, batch=8),
                "You gave thop a batch of eight images, and it counts for the whole batch: give it one image.",
            ),
            Suspect(
                lambda name, input_size=224: {k: v / 1e6 for k, v in _thop(name, input_size).items()},
                "You divided by a million: the whole numbers are asked, rounding is for the printout.",
            ),
            Suspect(
                lambda name, input_size=224: {
                    k: v / (1e9 if k == "macs" else 1e6) for k, v in _thop(name, input_size).items()
                },
                "You divided by 1e9 and 1e6: the whole numbers are asked, rounding is for the printout.",
            ),
        ],
    )


@cache
def rows_of(name: str, input_size: int | tuple[int, ...]) -> list[dict[str, Any]]:
    """A network's rows as dictionaries, as the exercise hands them out."""
    with torch.device("meta"):
        model = create_model(name)
    return [row._asdict() for row in trace(model, input_size).rows]


def _terms(rows: Rows, norm: int = 4, pool: Callable[[Mapping[str, Any]], float] | None = None) -> dict[str, float]:
    pool = pool or (lambda row: row["activations"] * (math.prod(row["in_shape"][2:]) + 1))
    return {
        "macs": sum(row["macs"] for row in rows),
        "batch_norm": norm * sum(row["activations"] for row in rows if row["op"] == "batch_norm"),
        "pooling": sum(pool(row) for row in rows if row["op"] == "adaptive_avg_pool2d"),
    }


@assignment.check(
    "What thop adds to the MACs",
    "a number that you can take apart until nothing is left is a number that you can compare with another one",
)
def thop_terms(
    thop_terms: Work,
    cases: Sequence[Case] = (
        case(rows_of("mobilenet_v2", 97)),
        case(rows_of("mobilenet_v3_small", 64)),
        case(rows_of("shufflenet_v2", 64)),
        case(rows_of("mobilenet_v3_small", (3, 64, 96))),
    ),
) -> None:
    same_values(
        thop_terms,
        _terms,
        cases,
        [
            Suspect(
                lambda rows: _terms(rows) | {"macs": 2 * _terms(rows)["macs"]},
                "You counted FLOPs for the convolutions: thop counts a multiplication with its addition as one.",
            ),
            Suspect(
                lambda rows: _terms(rows) | {"macs": sum(r["macs"] for r in rows if r["op"] == "conv2d")},
                "You added up the convolutions only: linear layers have MACs too, so take those of every row.",
            ),
            Suspect(
                lambda rows: _terms(rows, pool=lambda row: row["activations"] * (row["in_shape"][2] ** 2 + 1)),
                "You took the feature map for a square: a mean goes over height × width positions.",
            ),
            Suspect(
                lambda rows: _terms(rows, pool=lambda row: row["activations"] * (row["in_shape"][3] ** 2 + 1)),
                "You took the feature map for a square: a mean goes over height × width positions.",
            ),
            Suspect(
                lambda rows: _terms(rows, norm=2),
                "You counted 2 operations for a number that batch norm writes: thop counts all four steps.",
            ),
            Suspect(
                lambda rows: _terms(rows, norm=1),
                "You counted 1 operation for a number that batch norm writes: thop counts four steps.",
            ),
            Suspect(
                lambda rows: (
                    _terms(rows, norm=0) | {"batch_norm": 2 * sum(r["params"] for r in rows if "norm" in r["op"])}
                ),
                "You took batch norm's parameters: its work is done at every number that it writes.",
            ),
            Suspect(
                lambda rows: _terms(rows, pool=lambda row: row["activations"] * math.prod(row["in_shape"][2:])),
                "You left out the division: the mean of n numbers takes n additions, by thop's count, and 1 division.",
            ),
            Suspect(
                lambda rows: _terms(rows, pool=lambda row: row["activations"]),
                "You counted only what the pooling writes: each mean first adds up all positions of its channel.",
            ),
            Suspect(
                lambda rows: _terms(rows, pool=lambda row: row["activations"] * 50),
                "You took 7 × 7 positions for every pooling: in_shape says how many there are.",
            ),
            Suspect(
                lambda rows: _terms(rows, pool=lambda row: row["activations"] * (row["in_shape"][2] + 1)),
                "You took one side of the feature map: a mean goes over height × width positions.",
            ),
            Suspect(
                lambda rows: _terms(rows) | {"pooling": _terms([r for r in rows if "pool" in r["op"]][-1:])["pooling"]},
                "You counted the last pooling only: squeeze-and-excitation has one in each of its blocks.",
            ),
        ],
    )


def row(name: str, op: str, macs: int = 0, activations: int = 64) -> dict[str, Any]:
    """A row of an imagined network, with the keys that the exercise names."""
    shape = (1, activations // 16, 4, 4)
    return {
        "name": name, "op": op, "in_shape": shape, "out_shape": shape,
        "params": 0, "macs": macs, "activations": activations,
    }  # fmt: skip


IMAGINED_ROWS = [
    row("stem", "conv2d", 1728),
    row("norm", "batch_norm"),
    row("act", "relu"),
    row("attention.qkv", "linear", 3072),
    row("attention", "matmul", 512),
    row("attention", "softmax"),
    row("attention", "matmul", 480),
    row("same", "conv2d", 2304),
    row("shared", "conv2d", 288),
    row("", "conv2d", 576),
    row("pool", "adaptive_avg_pool2d", 0, 16),
]
IMAGINED_COUNTS = {
    "stem": 1728.0,
    "norm": 256.0,
    "act": 0.0,
    "attention.qkv": 3072.0,
    "same": 0.0,
    "shared": 1152.0,
    "pool": 20.0,
}


def _left_out(rows: Rows, counted: Mapping[str, float]) -> dict[str, int]:
    left: dict[str, int] = {}
    for one in rows:
        if one["macs"] and not counted.get(one["name"]):
            left[one["name"]] = left.get(one["name"], 0) + one["macs"]
    return left


def _left_out_once(rows: Rows, counted: Mapping[str, float]) -> dict[str, int]:
    return {one["name"]: one["macs"] for one in rows if one["macs"] and not counted.get(one["name"])}


@assignment.check(
    "What thop leaves out",
    "a counter that goes by the kind of module says nothing when it meets a kind it does not know: the zero is silent",
)
def left_out(left_out: Work, cases: Sequence[Case] = (case(IMAGINED_ROWS, IMAGINED_COUNTS),)) -> None:
    same_values(
        left_out,
        _left_out,
        cases,
        [
            Suspect(
                lambda rows, counted: [r["name"] for r in rows if r["macs"] and not counted.get(r["name"])],
                "You gave a list of names: asked is a dictionary from name to MACs, those of one name added up.",
            ),
            Suspect(
                lambda rows, counted: list(_left_out(rows, counted)),
                "You gave a list of names: asked is a dictionary from name to MACs, those of one name added up.",
            ),
            Suspect(
                lambda rows, counted: {
                    name: macs for name, macs in _left_out(rows, counted).items() if name in counted
                },
                "You looked only at layers that thop lists: what it does not list at all, it left out as well.",
            ),
            Suspect(
                lambda rows, counted: {one["name"]: one["macs"] for one in rows if not counted[one["name"]]},
                "A name is missing in counted: thop lists no such layer, which is as good as a count of 0. Use get.",
            ),
            Suspect(
                lambda rows, counted: {
                    one["name"]: one["macs"] for one in rows if one["macs"] and not counted[one["name"]]
                },
                "A name is missing in counted: thop lists no such layer, which is as good as a count of 0. Use get.",
            ),
            Suspect(
                _left_out_once,
                "A name can have several rows, here two matrix products: add their MACs, do not overwrite.",
            ),
            Suspect(
                lambda rows, counted: (
                    _left_out_once(rows, counted)
                    | {one["name"]: 0 for one in rows if not one["macs"] and not counted.get(one["name"])}
                ),
                "Rows without MACs have overwritten others of the same name: take only rows that have some.",
            ),
            Suspect(
                lambda rows, counted: (
                    {one["name"]: 0 for one in rows if not counted.get(one["name"])} | _left_out(rows, counted)
                ),
                "You listed operations that have no MACs: where there is nothing to count, nothing was left out.",
            ),
            Suspect(
                lambda rows, counted: {
                    name: macs for name, macs in _by_name(rows).items() if macs and macs != counted.get(name)
                },
                "You compared the two numbers: asked are the layers for which thop counts nothing.",
            ),
        ],
    )


def _by_name(rows: Rows) -> dict[str, int]:
    return {
        name: sum(one["macs"] for one in rows if one["name"] == name) for name in dict.fromkeys(r["name"] for r in rows)
    }


@assignment.check(
    "A log of timed runs",
    "a machine has slow spells; only runs that take turns share them fairly, and only the run itself may be timed",
)
def measure(
    measure: Work,
    cases: Sequence[Case] = (
        case(["mobilenet_v2", "mobilenet_v3_small"], 3, 32),
        case(["mobilenet_v3_small", "shufflenet_v2", "mobilenet_v2"], 2, input_size=33),
    ),
) -> None:
    check_runs(measure, cases)


assignment.checks["measure"] = replace(assignment.checks["measure"], recipe=MEASURE)


def samples(names: Sequence[str], rounds: int, seed: int, slow: int = 3) -> list[tuple[str, float]]:
    """A log as a machine might write it: slow first runs, a slow spell, an outlier.

    Times are multiples of 2^-16 s, and so exact in float32 too.
    """
    rng = np.random.default_rng(seed)
    base = rng.uniform(0.004, 0.03, len(names))
    spell = int(rng.integers(slow, rounds - 2))
    log = []
    for i in range(rounds):
        drift = 1.7 if spell <= i < spell + 2 + rounds // 6 else 1.0
        for j, name in enumerate(names):
            one = base[j] * drift * rng.uniform(1, 1.15) * (6.0 / (i + 1) if i < slow else 1.0)
            if rng.random() < 0.08:
                one *= 4
            log.append((name, round(one * 65536) / 65536))
    return log


def _by_network(log: Log) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}
    for name, seconds in log:
        times.setdefault(name, []).append(seconds)
    return times


def _summary(
    log: Log,
    warmup: int,
    middle: Callable[[Any], Any] = median,
    spread: Callable[[Any], Any] = lambda times: float(np.subtract(*np.percentile(times, [75, 25]))),
    keep: Callable[[list[float], int], list[float]] = lambda times, warmup: times[warmup:],
    unit: float = 1000,
) -> dict[str, dict[str, float]]:
    return {
        name: {"median_ms": unit * float(middle(kept)), "iqr_ms": unit * float(spread(kept))}
        for name, kept in ((name, keep(times, warmup)) for name, times in _by_network(log).items())
    }


@assignment.check(
    "Median and spread, without the warm-up",
    "one slow run moves a mean as far as it likes; a median stays, and the spread says what a difference is worth",
)
def summarize(
    summarize: Work,
    cases: Sequence[Case] = (
        case(samples(["mobilenet_v2", "ghostnet"], 12, 1), 3),
        case(samples(["a", "b", "c"], 23, 2), warmup=2),
        case(samples(["a"], 9, 3), warmup=0),
    ),
) -> None:
    same_values(
        summarize,
        _summary,
        cases,
        [
            Suspect(
                lambda log, warmup: _summary(log, warmup, middle=mean),
                "You took the mean: the few runs that something else interrupted pull it up. Take the median.",
            ),
            Suspect(
                lambda log, warmup: _summary(log, 0),
                "The warm-up is still in it: leave out the first runs of each network.",
            ),
            Suspect(
                lambda log, warmup: _summary(log[warmup:], 0),
                "You cut the log's first entries: each network has warm-up runs of its own, so cut that many of each.",
            ),
            Suspect(
                lambda log, warmup: _summary(log, warmup, keep=lambda times, n: sorted(times)[n:]),
                "You sorted before you cut: that drops the fastest runs, not the first ones.",
            ),
            Suspect(
                lambda log, warmup: _summary(log, warmup, keep=lambda times, n: times[: len(times) - n]),
                "You left out the last runs: the warm-up is at the beginning.",
            ),
            Suspect(
                lambda log, warmup: _summary(log, warmup, spread=lambda times: np.std(times, ddof=1)),
                "Your spread is a standard deviation, which an outlier blows up: take the interquartile range.",
            ),
            Suspect(
                lambda log, warmup: _summary(
                    log, warmup, spread=lambda times: np.subtract(*np.percentile(times, [75, 25], method="weibull"))
                ),
                "Your quartiles are interpolated by another rule, that of statistics.quantiles: give it "
                'method="inclusive", or take numpy.percentile.',
            ),
            Suspect(
                lambda log, warmup: _summary(log, warmup, spread=np.std),
                "Your spread is a standard deviation, which an outlier blows up: take the interquartile range.",
            ),
            Suspect(
                lambda log, warmup: _summary(log, warmup, spread=np.ptp),
                "Your spread goes from the fastest run to the slowest: take the middle half only.",
            ),
            Suspect(
                lambda log, warmup: _summary(
                    log, warmup, spread=lambda times: np.subtract(*np.percentile(times, [75, 25])) / 2
                ),
                "You halved the spread: it is the whole way from the first quartile to the third.",
            ),
            Suspect(
                lambda log, warmup: _summary(log, warmup, middle=min),
                "You took the fastest run: that is what the machine can do at best, not what it does.",
            ),
            Suspect(
                lambda log, warmup: _summary(log, warmup, unit=1),
                "The log is in seconds, and milliseconds are asked: times 1000.",
            ),
        ],
    )


def _ratios(log: Log, one: str, other: str, warmup: int) -> list[float]:
    times = _by_network(log)
    return [a / b for a, b in zip(times[one][warmup:], times[other][warmup:], strict=True)]


def _speedup(log: Log, slow: str, fast: str, warmup: int) -> float:
    return median(_ratios(log, slow, fast, warmup))


def _ratio_of(middle: Callable[[Any], Any]) -> Callable[..., float]:
    def wrong(log: Log, slow: str, fast: str, warmup: int) -> float:
        times = _by_network(log)
        return float(middle(times[slow][warmup:]) / middle(times[fast][warmup:]))

    return wrong


@assignment.check(
    "How many times as fast",
    "runs of one round saw the same machine; only their ratio cancels what the machine did meanwhile",
)
def speedup(
    speedup: Work,
    cases: Sequence[Case] = (
        case(samples(["v2", "ghost"], 14, 4), "v2", "ghost", 3),
        case(samples(["a", "b", "c"], 21, 5), "c", "a", warmup=2),
        case(samples(["a", "b"], 11, 8), "b", "a", warmup=3),
    ),
) -> None:
    same_values(
        speedup,
        _speedup,
        cases,
        [
            Suspect(
                lambda log, slow, fast, warmup: _speedup(log, fast, slow, warmup),
                "The ratio is upside down: how many times as long does slow take as fast?",
            ),
            Suspect(
                lambda log, slow, fast, warmup: 1 / _speedup(log, slow, fast, warmup),
                "The ratio is upside down: how many times as long does slow take as fast?",
            ),
            Suspect(
                _ratio_of(median),
                "You divided two medians, perhaps of different rounds: divide round by round, then take the median.",
            ),
            Suspect(
                _ratio_of(mean),
                "You divided two means, which an outlier moves: divide round by round, then take the median.",
            ),
            Suspect(
                lambda log, slow, fast, warmup: mean(_ratios(log, slow, fast, warmup)),
                "You took the mean of the ratios: one interrupted run moves it. Take their median.",
            ),
            Suspect(
                lambda log, slow, fast, warmup: _speedup(log, slow, fast, 0),
                "The warm-up is still in it: leave out the first rounds.",
            ),
            Suspect(
                lambda log, slow, fast, warmup: 100 * (_speedup(log, slow, fast, warmup) - 1),
                "You gave per cent: asked is how many times as long slow takes as fast.",
            ),
            Suspect(
                lambda log, slow, fast, warmup: _speedup(log, slow, fast, warmup) - 1,
                "You took 1 off: twice as long is 2, not 1.",
            ),
        ],
    )
