"""Exercise 09's last parts: what a log of timed runs says."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np

from ..recipes import recipe


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


SUMMARIZE = recipe(
    """
    def summarize(log, warmup):
        «log = »
        times = {}
        for name, seconds in log:
            times.setdefault(name, []).append(«unit = 1000» * seconds)
        summary = {}
        for name, runs in times.items():
            kept = «kept = runs[warmup:]»
            first, third = np.percentile(kept, [25, 75]«rule = »)
            «entry = summary[name] = {"median_ms": «middle = np.median(kept)», "iqr_ms": «spread = third - first»}»
            «after = »
        return «all = summary»
    """,
    """
    middle = np.mean(kept)
        You took the mean: the few runs that something else interrupted pull it up. Take the median.

    middle = min(kept)
        You took the fastest run: that is what the machine can do at best, not what it does.

    middle = sorted(kept)[len(kept) // 2]
    or middle = statistics.median_high(kept)
        You took the upper one of the two runs in the middle: of an even number the median is the mean of both.

    middle = statistics.median_low(kept)
    or middle = sorted(kept)[(len(kept) - 1) // 2]
        You took the lower one of the two runs in the middle: of an even number the median is the mean of both.

    middle = kept[len(kept) // 2]
        You took the run in the middle of the log: a median is in the middle of the sorted times.

    middle = first
    or middle = third
        You gave a quartile for the median, at which half of the runs are faster.

    kept = runs
        The warm-up is still in it: leave out the first runs of each network.

    log = log, warmup = log[warmup:], 0
        You cut the log's first entries: each network has warm-up runs of its own, so cut that many of each.

    log = log = log[warmup:]
        You cut the log's first entries, and then more of each network's runs: cut each network's only.

    kept = runs[warmup + 1:]
        You left out a run too many: runs[warmup:] begins behind the warm-up.

    kept = runs[max(warmup - 1, 0):]
        You left out a run too few: runs[warmup:] begins behind the warm-up.

    kept = sorted(runs)[warmup:]
        You sorted before you cut: that drops the fastest runs, not the first ones.

    kept = runs[:len(runs) - warmup]
        You left out the last runs: the warm-up is at the beginning.

    kept = runs[warmup:len(runs) - warmup]
        You cut at both ends: the warm-up is at the beginning only.

    kept = runs[:warmup] or runs
        You kept the warm-up and left the others out.

    spread = np.std(kept)
    or spread = np.std(kept, ddof=1)
        Your spread is a standard deviation, which an outlier blows up: take the interquartile range.

    spread = np.var(kept)
        Your spread is a variance: take the interquartile range.

    spread = np.ptp(kept)
        Your spread goes from the fastest run to the slowest: take the middle half only.

    spread = (third - first) / 2
        You halved the spread: it is the whole way from the first quartile to the third.

    spread = first - third
        Your spread is negative: the third quartile minus the first is asked.

    spread = third
    or spread = first
        You gave one quartile for the spread: it is the third minus the first.

    spread = np.subtract(*np.percentile(kept, [90, 10]))
        Your spread goes from the 10th to the 90th per cent: quartiles are at 25 and 75.

    spread = np.subtract(*np.percentile(runs, [75, 25]))
        The warm-up is still in your spread: leave it out there too.

    spread = (third - first) / 1000
        Your spread is in seconds, your median in milliseconds: both are asked in milliseconds.

    rule = , method="weibull"
        Your quartiles are interpolated by another rule, that of statistics.quantiles: give it method="inclusive", or
        take numpy.percentile.

    rule = , method="lower"
    or rule = , method="higher"
    or rule = , method="nearest"
        Your quartiles are runs of the log: where they fall between two runs, interpolate, as numpy.percentile does.

    unit = 1
        The log is in seconds, and milliseconds are asked: times 1000.

    unit = 1e6
        These are microseconds: milliseconds are asked, so times 1000.

    entry = summary[name] = (np.median(kept), third - first)
        You gave two numbers a network: asked is a dictionary of both, {"median_ms": …, "iqr_ms": …}.

    entry = summary[name] = {"median": np.median(kept), "iqr": third - first}
        Your dictionaries have other keys than "median_ms" and "iqr_ms".

    entry = summary = {"median_ms": np.median(kept), "iqr_ms": third - first}
        You gave the numbers of the last network only: asked is a dictionary for each network, under its name.

    after = return summary
        You summed up the first network only: is a return indented too far?

    all = {name: {key: round(value, 1) for key, value in one.items()} for name, one in summary.items()}
    or all = {name: {key: round(value, 2) for key, value in one.items()} for name, one in summary.items()}
    or all = {name: {key: round(value, 3) for key, value in one.items()} for name, one in summary.items()}
        You rounded: give the numbers as they are, rounding is for the printout.
    """,
    names={"statistics": statistics},
)

SPEEDUP = recipe(
    """
    def speedup(log, slow, fast, warmup):
        «log = »
        times = {}
        for name, seconds in log:
            times.setdefault(name, []).append(seconds)
        a, b = «pair = times[slow], times[fast]»
        «a = »
        ratios = [«ratio = x / y» for x, y in zip(a, b)]«cut = [warmup:]»
        return «all = «middle = statistics.median»(ratios)»
    """,
    """
    ratio = y / x
    or pair = times[fast], times[slow]
    or all = 1 / statistics.median(ratios)
        The ratio is upside down: how many times as long does slow take as fast?

    all = statistics.median(a[warmup:]) / statistics.median(b[warmup:])
        You divided two medians, perhaps of different rounds: divide round by round, then take the median.

    all = statistics.mean(a[warmup:]) / statistics.mean(b[warmup:])
        You divided two means, which an outlier moves: divide round by round, then take the median.

    all = min(a[warmup:]) / min(b[warmup:])
        You divided the fastest runs, perhaps of different rounds: divide round by round, then take the median.

    all = statistics.median(a) / statistics.median(b)
        You divided two medians, and the warm-up is still in it: divide round by round, leave out the first rounds,
        and take the median.

    middle = statistics.mean
        You took the mean of the ratios: one interrupted run moves it. Take their median.

    middle = statistics.geometric_mean
        You took the geometric mean of the ratios: one interrupted run moves it. Take their median.

    middle = statistics.median_low
    or middle = statistics.median_high
    or all = sorted(ratios)[len(ratios) // 2]
        You took one of the two ratios in the middle: of an even number the median is the mean of both.

    middle = max
    or middle = min
        You took one extreme of the ratios: an interrupted run makes it. Take their median.

    middle =
        You gave all ratios: take their median.

    cut =
        The warm-up is still in it: leave out the first rounds.

    cut = [warmup + 1:]
        You left out a round too many: [warmup:] begins behind the warm-up.

    cut = [warmup - 1:]
        You left out a round too few: [warmup:] begins behind the warm-up.

    cut = [:-warmup]
        You left out the last rounds: the warm-up is at the beginning.

    cut = [:warmup]
        You kept the warm-up and left the others out.

    log = log = log[warmup:]; cut =
        You cut the log's first entries: a round has one of each network, so cut that many of each.

    a = a, b = sorted(a[warmup:]), sorted(b[warmup:]); cut =
    or a = a, b = sorted(a), sorted(b)
        You sorted the times: then those of different rounds are divided. Keep them in their order.

    all = 100 * (statistics.median(ratios) - 1)
        You gave per cent: asked is how many times as long slow takes as fast.

    all = 100 * statistics.median(ratios)
        You gave per cent: 2, not 200, means twice as long.

    all = statistics.median(ratios) - 1
    or ratio = (x - y) / y
        You took 1 off: twice as long is 2, not 1.

    ratio = x - y
        You took differences: asked is how many times as long slow takes as fast.

    ratio = (x - y) / x
        You gave the share that is saved: asked is how many times as long slow takes as fast.

    all = round(statistics.median(ratios), 2)
    or all = round(statistics.median(ratios), 1)
    or all = round(statistics.median(ratios), 3)
        You rounded: give the number as it is, rounding is for the printout.
    """,
    names={"statistics": statistics},
)
