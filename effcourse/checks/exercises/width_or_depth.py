"""Checks of exercise 11: equal budgets, and differences that are more than noise."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ..cases import case
from ..engine import Assignment
from ..recipes import recipe
from .equal_budgets import BUDGETS, WIDTH, macs

__all__ = ["accuracies", "assignment", "macs", "random_results"]

assignment = Assignment("11_width_or_depth", allow=("SmallNet", "trace"))

assignment.part(
    "find_width",
    "The width that a budget allows",
    "shapes that cost different amounts cannot be compared: the dearer one may win by its price alone",
    WIDTH,
    BUDGETS,
    seconds=8,
)


def accuracies(center: float, spread: float, runs: int, seed: int, pictures: int = 450) -> list[float]:
    """Accuracies as a few trainings might give them: whole numbers of pictures, not all the same."""
    rng = np.random.default_rng(seed)
    while True:
        right = np.rint(pictures * np.clip(rng.normal(center, spread, runs), 0.05, 1)).astype(int)
        if len(set(right)) > 1:
            return [int(n) / pictures for n in right]


SUMMARY = recipe(
    """
    def summarize_seeds(accuracies):
        n = len(accuracies)
        numbers = «numbers = accuracies»
        mean = «mean = sum(numbers) / n»
        variance = sum((x - mean)**2 for x in numbers) / «n = (n - 1)»
        std = «std = math.sqrt(variance)»
        sem = «sem = std / math.sqrt(n)»
        return «result = {"mean": mean, "std": std, "sem": sem}»
    """,
    """
    n = n
    or sem = math.sqrt(variance / n); std = math.sqrt(variance * (n - 1) / n)
        You divided by n: the mean comes from the same numbers, so a sample's deviation divides by n - 1.

    sem = math.sqrt(variance * (n - 1) / n / n)
        Your standard error divides by n twice: take std, with its n - 1, over the root of n.

    sem = std
        Your standard error is the deviation itself: the mean of n runs wavers less, by the root of n.

    sem = std / n
        You divided by n for the standard error: it shrinks with the *root* of n.

    sem = std / math.sqrt(n - 1)
        You divided by the root of n - 1: the n - 1 is already in the deviation, here it is the root of n.

    sem = math.sqrt(std) / n
    or sem = math.sqrt(std / n)
    or sem = math.sqrt(std) / math.sqrt(n)
        You took the root of the deviation: it is std over the root of n.

    sem = std * math.sqrt(n)
        You multiplied by the root of n: the mean of n runs wavers less than one.

    sem = 1.96 * std / math.sqrt(n)
    or sem = 2 * std / math.sqrt(n)
        You gave half an interval's width: the standard error alone is asked.

    sem = variance / n
        Your standard error is squared: take the root.

    std = variance
        You gave the variance: take its root, and the standard error from it.

    result = {"mean": mean, "std": variance, "sem": sem}
        You gave the variance for the deviation: take its root.

    std = std = sum(abs(x - mean) for x in numbers) / n
    or std = sum(abs(x - mean) for x in numbers) / (n - 1)
        You averaged distances from the mean: the deviation is the root of their averaged squares.

    std = max(numbers) - min(numbers)
    or std = (max(numbers) - min(numbers)) / 2
        You took the range: the deviation is the root of the averaged squares.

    result = {"mean": sorted(accuracies)[n // 2], "std": std, "sem": sem}
        You took the median: for a handful of accuracies the mean is asked.

    numbers = [100 * x for x in accuracies]
        You gave per cent: accuracies go from 0 to 1 here.

    numbers = [float(np.float32(x)) for x in accuracies]
    or numbers = torch.tensor(accuracies)
        You computed in float32, torch's default, which rounds too early for such small spreads: use float64.

    result = {"mean": mean, "std": sem, "sem": std}
        Deviation and standard error have changed places.

    result = {"mean": mean, "std": round(std, 4), "sem": round(sem, 4)}
    or result = {"mean": round(mean, 4), "std": round(std, 4), "sem": round(sem, 4)}
    or result = {"mean": round(mean, 3), "std": round(std, 3), "sem": round(sem, 3)}
        You rounded: the next parts need the numbers as they are.

    result = (mean, std, sem)
        You gave a list or tuple: asked is a dictionary with the keys "mean", "std" and "sem".

    result = {"mean": mean, "std": std}
    or result = {"mean": mean, "stdev": std, "sem": sem}
    or result = {"mean": mean, "std": std, "se": sem}
        Your dictionary has other keys than "mean", "std" and "sem".
    """,
)

assignment.part(
    "summarize_seeds",
    "Mean, spread and standard error of a few seeds",
    "the spread says how much one training is worth, the standard error how well you know the mean of all of them",
    SUMMARY,
    [
        case([0.96, 0.97, 0.98]),
        case(accuracies(0.93, 0.02, 5, 1)),
        case(accuracies(0.85, 0.03, 2, 2)),
        case([0.5, 0.9, 0.8, 0.6]),
        case([0.91, 0.94, 0.97, 0.97, 0.99, 0.95]),
    ],
)

INTERVAL = recipe(
    """
    def difference_interval(a, b):
        one, other = summarize_seeds(a), summarize_seeds(b)
        n, m = len(a), len(b)
        ea, eb = «errors = one["sem"], other["sem"]»
        error = «error = math.sqrt(ea**2 + eb**2)»
        freedom = «freedom = (ea**2 + eb**2)**2 / («part = ea**4 / (n - 1) + eb**4 / (m - 1)»)»
        half = «half = «t = stats.t.ppf(«p = 0.975», freedom)» * error»
        difference = «difference = one["mean"] - other["mean"]»
        «ends = low, high = difference - half, difference + half»
        return «result = {"difference": difference, "low": low, "high": high}»
    """,
    """
    t = 1.96
    or t = stats.norm.ppf(0.975)
    or t = 2
        You took 1.96 or 2, which holds for many runs: with a handful, Student's t is larger.

    p = 0.95
        Your t leaves 5 % out on each side: for 95 % inside it is 2.5 % a side, t.ppf(0.975, ...).

    p = 0.025
    or ends = low, high = difference + half, difference - half
        low and high have changed places: low is the smaller one.

    error = ea + eb
        You added the standard errors: their squares add, because the two wavers are independent.

    error = ea**2 + eb**2
        The root is missing: the error of the difference is the root of the sum of squares.

    error = math.sqrt(ea + eb)
        You took the root of the errors' sum: it is the squares that add.

    error = math.sqrt(abs(ea**2 - eb**2))
        You subtracted the squares: the means are subtracted, but what makes them uncertain adds.

    error = math.sqrt((ea**2 + eb**2) / 2)
    or error = (ea + eb) / 2
    or error = max(ea, eb)
        You averaged the errors, or took one of them: the difference wavers more than either mean.

    errors = one["std"], other["std"]
        You used deviations in place of standard errors: the *means* of n runs waver less, by the root of n.

    errors = one["sem"] * math.sqrt((n - 1) / n), other["sem"] * math.sqrt((m - 1) / m)
        Your deviations divide by n: for a sample they divide by n - 1.

    freedom = n + m - 2
        Your degrees of freedom are n_a + n_b - 2, which takes both spreads for equal: use Welch's formula.

    freedom = n + m - 2; error =
    | math.sqrt(
    |     ((n - 1) * one["std"]**2 + (m - 1) * other["std"]**2) / (n + m - 2) * (1 / n + 1 / m)
    | )
        You pooled the spreads, which takes them for equal: a deep net may vary more. Use Welch's formula.

    freedom = min(n, m) - 1
        Your degrees of freedom are those of the shorter list: use Welch's formula.

    freedom = n - 1
    or freedom = m - 1
    or freedom = n + m
    or freedom = n + m - 1
        Your degrees of freedom do not come from both lists' spreads: use Welch's formula.

    freedom = int((ea**2 + eb**2)**2 / (ea**4 / (n - 1) + eb**4 / (m - 1)))
    or freedom = round((ea**2 + eb**2)**2 / (ea**4 / (n - 1) + eb**4 / (m - 1)))
        You made a whole number of the degrees of freedom: t.ppf takes a fraction.

    part = ea**4 / n + eb**4 / m
        In Welch's formula you divide by n: each part is divided by its n - 1.

    part = (ea**4 + eb**4) / (n + m - 2)
        In Welch's formula each part is divided by its own n - 1.

    part = ea**4 / (m - 1) + eb**4 / (n - 1)
        In Welch's formula the two numbers of seeds have changed places.

    part = ea**2 / (n - 1) + eb**2 / (m - 1)
        In Welch's formula the denominator has fourth powers of the standard errors.

    difference = other["mean"] - one["mean"]
        The sign is turned round: it is the mean of a minus the mean of b.

    difference = abs(one["mean"] - other["mean"])
        You dropped the sign: the difference is negative where b has the higher mean.

    ends = low, high = -half, half
        Your interval lies around 0: it belongs around the difference.

    ends = low, high = difference - half / 2, difference + half / 2
        Your interval is half as wide as it should be: t times the error goes to each side.

    ends = low, high = difference - 2 * half, difference + 2 * half
        Your interval is twice as wide as it should be: t times the error goes to each side once.

    ends = low, high = one["mean"] - half, one["mean"] + half
        Your interval lies around the mean of a: it belongs around the difference.

    result = (difference, low, high)
    or result = (low, high)
        You gave a list or tuple: asked is a dictionary with the keys "difference", "low" and "high".

    result = {"low": low, "high": high}
    or result = {"diff": difference, "low": low, "high": high}
    or result = {"difference": difference, "lower": low, "upper": high}
        Your dictionary has other keys than "difference", "low" and "high".
    """,
    uses=(SUMMARY,),
    names={"stats": stats},
)

assignment.part(
    "difference_interval",
    "An interval for the difference",
    "two means always differ; the interval says which differences the runs leave possible, perhaps none at all",
    INTERVAL,
    [
        case([0.96, 0.97, 0.98], [0.93, 0.96, 0.94]),
        case(accuracies(0.95, 0.02, 5, 3), accuracies(0.94, 0.005, 3, 4)),
        case(accuracies(0.80, 0.01, 2, 5), accuracies(0.86, 0.02, 6, 6)),
        case([0.9, 0.9, 0.9], [0.86, 0.88, 0.87, 0.91]),
    ],
)

WINNERS = recipe(
    """
    def possible_winners(results):
        means = {name: sum(x) / len(x) for name, x in results.items()}
        about = {name: summarize_seeds(x) for name, x in results.items()}
        best = «best = max(means, key=means.get)»
        names = []
        for name in «order = results»:
            «own = interval = difference_interval(results[best], results[name])
            apart = «apart = interval["low"] > 0»»
            if «keep = name == best or not apart»:
                names.append(name)
        return «result = names»
    """,
    """
    keep = name == best
    or apart = interval["high"] > 0
        You declared a winner inside the noise: name everyone whose interval of leader minus other reaches down to 0.

    result = best
        A list of names is asked, with all that may be the best; yours is one name.

    own =
    | half = {n: stats.t.ppf(0.975, len(results[n]) - 1) * about[n]["sem"] for n in (best, name)}
    | apart = means[best] - half[best] > means[name] + half[name]
        You asked whether two intervals overlap, which they may though the means differ: ask whether the interval of the
        *difference* includes 0.

    own = apart = means[best] - about[best]["std"] > means[name] + about[name]["std"]
        You compared mean ± deviation: ask whether the interval of the difference includes 0.

    own = apart = means[best] - about[best]["sem"] > means[name] + about[name]["sem"]
        You compared mean ± standard error, which is too narrow: ask whether the interval of the difference includes 0.

    own = apart = min(results[best]) > max(results[name])
        You compared the lists' ranges, which says little with few seeds: ask whether the interval of the difference
        includes 0.

    own = apart = means[name] < about[best]["mean"] - about[best]["std"]
    or own = apart = means[name] < about[best]["mean"] - about[best]["sem"]
        You asked whether the other's mean lies inside the leader's own spread: both lists waver. Take the interval of
        the difference.

    best = max(results, key=results.get)
        Your leader is not the one with the highest mean: `key=results.get` compares lists, by their first entries.

    best = max(results, key=lambda name: max(results[name]))
        Your leader is the one with the best single training: the highest *mean* leads.

    best = max(results)
        Your leader is the last name in the alphabet: `max(results)` compares names. Give it a key.

    best = next(iter(results))
        Your leader is the first of the dictionary: the highest mean leads.

    keep = apart
    or keep = name != best and apart
        You named those that are clearly worse: the others are asked.

    keep = name != best and not apart
        The best itself is missing: it may of course be the best.

    order = sorted(results, key=means.get, reverse=True)
        The names are right and their order is not, best first: keep the dictionary's.

    order = sorted(results)
        The names are right and in the order of the alphabet: keep the dictionary's.

    order = [best, *(n for n in results if n != best)]
        The names are right, with the leader first: keep the dictionary's order.

    apart = False
    or best = min(means, key=means.get)
    or apart = difference_interval(results[name], results[best])["low"] > 0
        You named every network: leave out those for which the interval of *leader minus other* lies wholly above 0; the
        leader has the highest mean.

    result = {name: means[name] for name in names}
        You gave a dictionary: asked is a list of names.

    result = [means[name] for name in names]
        You gave accuracies: asked are the names.
    """,
    uses=(SUMMARY, INTERVAL),
    names={"stats": stats},
)

RESULTS: tuple[dict[str, list[float]], ...] = (
    {"wide": [0.95, 0.97, 0.96], "balanced": [0.96, 0.97, 0.98], "deep": [0.88, 0.90, 0.91]},
    {"wide": [0.972, 0.976, 0.974, 0.973], "balanced": [0.940, 0.944, 0.939, 0.945], "deep": [0.93, 0.95, 0.94, 0.92]},
    {"a": [0.90, 0.93, 0.91], "b": [0.92, 0.95, 0.93], "c": [0.91, 0.94, 0.95], "d": [0.86, 0.87, 0.88]},
    {"a": [0.953, 0.962, 0.956, 0.968], "b": [0.971, 0.979, 0.975, 0.981]},
    {"slow": [0.96, 0.80, 0.81, 0.80, 0.82, 0.80, 0.81], "quick": [0.93, 0.94, 0.93, 0.95], "even": [0.92, 0.95, 0.93]},
    {"b": [0.89, 0.95, 0.89, 0.88, 0.89, 0.88], "a": [0.94, 0.93, 0.935, 0.94, 0.945]},
    {"p": [0.931, 0.920, 0.921, 0.919, 0.922, 0.920], "q": [0.950, 0.951, 0.952, 0.949, 0.953, 0.930]},
    {"m": [0.935, 0.945, 0.925, 0.945, 0.925, 0.935], "n": [0.95, 0.96, 0.94, 0.96, 0.94, 0.95]},
    {"l": [0.960, 0.964, 0.962], "o": [0.950, 0.960, 0.955]},
    {"v": [0.94, 0.90, 0.949], "u": [0.95, 0.99, 0.97], "t": [0.70, 0.71, 0.70]},
)

assignment.part(
    "possible_winners",
    "Which shapes may be the best",
    "the highest mean of three seeds is a name, not a finding; what the runs cannot tell apart must be named together",
    WINNERS,
    [case(one) for one in RESULTS],
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
        if not any(_is_close(results[best], x) for best in [_leader(results)] for x in results.values()):
            return results


def _leader(results: dict[str, list[float]]) -> str:
    return max(results, key=lambda name: float(np.mean(results[name])))


def _is_close(best: list[float], other: list[float]) -> bool:
    """Whether an interval 0.58 or 1.45 times as wide would tell another story."""
    interval = INTERVAL.right(best, other)
    half = interval["high"] - interval["difference"]
    return best is not other and bool(0.58 * half < interval["difference"] <= 1.45 * half)
