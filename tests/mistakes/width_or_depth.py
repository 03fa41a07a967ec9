"""Wrong and unusual answers to exercise 11."""

from exercise_bank import Right, Wrong

WIDTH = """
def find_width(depth, budget, input_size=(1, 8, 8)):
    def cost(width):
        return trace(SmallNet(width, depth, input_size=input_size)).macs

    width = 1
    while cost(width + 1) <= budget:
        width += 1
    return width
"""
SEEDS = """
def summarize_seeds(accuracies):
    n = len(accuracies)
    mean = sum(accuracies) / n
    std = (sum((x - mean) ** 2 for x in accuracies) / (n - 1)) ** 0.5
    return {"mean": mean, "std": std, "sem": std / n**0.5}
"""
INTERVAL = """
def difference_interval(a, b):
    (ea, na), (eb, nb) = ((summarize_seeds(x)["sem"], len(x)) for x in (a, b))
    error = (ea**2 + eb**2) ** 0.5
    freedom = error**4 / (ea**4 / (na - 1) + eb**4 / (nb - 1))
    half = stats.t.ppf(0.975, freedom) * error
    difference = summarize_seeds(a)["mean"] - summarize_seeds(b)["mean"]
    return {"difference": difference, "low": difference - half, "high": difference + half}
"""
WINNERS = """
def possible_winners(results):
    means = {name: sum(x) / len(x) for name, x in results.items()}
    best = max(means, key=means.get)
    return [n for n in results if n == best or not CLEARLY_WORSE]
"""
LOW = "difference_interval(results[best], results[n])['low'] > 0"


def parts(*names: str) -> tuple[str, ...]:
    return tuple(f"{kind}-{name}" for name in names for kind in ("test", "hidden"))


def width(old: str, new: str) -> dict[str, str]:
    assert old in WIDTH
    return {"find-width": WIDTH.replace(old, new)}


def interval(old: str, new: str) -> dict[str, str]:
    assert old in INTERVAL
    return {"difference-interval": INTERVAL.replace(old, new)}


def winners(clearly_worse: str) -> dict[str, str]:
    return {"possible-winners": WINNERS.replace("CLEARLY_WORSE", clearly_worse)}


WRONG = [
    Wrong("FLOPs for MACs", width(".macs", ".flops"), parts("find-width"), "compared FLOPs"),
    Wrong("one too wide", width("return width", "return width + 1"), parts("find-width"), "first that is too dear"),
    Wrong("strictly below", width("<= budget", "< budget"), parts("find-width"), "compare with <="),
    Wrong("always digits", width(", input_size=input_size))", "))"), parts("find-width"), "left input_size out"),
    Wrong("parameters", width(".macs", ".params"), parts("find-width"), "compared parameters"),
    Wrong(
        "square root of the budget",
        {
            "find-width": """
def find_width(depth, budget, input_size=(1, 8, 8)):
    return int(16 * (budget / trace(SmallNet(16, depth, input_size=input_size)).macs) ** 0.5)
"""
        },
        parts("find-width"),
        "square of the width",
    ),
    Wrong(
        "population deviation",
        {"summarize-seeds": SEEDS.replace("(n - 1)", "n")},
        parts("summarize-seeds"),
        "You divided by n: the mean",
    ),
    Wrong(
        "standard error without the root",
        {"summarize-seeds": SEEDS.replace("n**0.5", "n")},
        parts("summarize-seeds"),
        "*root* of n",
    ),
    Wrong(
        "deviation for standard error",
        {"summarize-seeds": SEEDS.replace("std / n**0.5", "std")},
        parts("summarize-seeds"),
        "wavers less",
    ),
    Wrong(
        "float32",
        {
            "summarize-seeds": """
def summarize_seeds(accuracies):
    x = torch.tensor(accuracies)
    return {"mean": x.mean(), "std": x.std(), "sem": x.std() / len(x) ** 0.5}
"""
        },
        parts("summarize-seeds"),
        "float32",
    ),
    Wrong(
        "1.96 for three seeds",
        interval("stats.t.ppf(0.975, freedom)", "1.96"),
        parts("difference-interval"),
        "1.96",
    ),
    Wrong(
        "5 % on each side",
        interval("0.975", "0.95"),
        parts("difference-interval"),
        "2.5 % a side",
    ),
    Wrong(
        "errors added",
        interval("* error\n", "* (ea + eb)\n"),
        parts("difference-interval"),
        "squares add",
    ),
    Wrong(
        "equal spreads assumed",
        interval("error**4 / (ea**4 / (na - 1) + eb**4 / (nb - 1))", "na + nb - 2"),
        parts("difference-interval"),
        "n_a + n_b - 2",
    ),
    Wrong(
        "turned round",
        interval('summarize_seeds(a)["mean"] - summarize_seeds(b)["mean"]', "sum(b) / len(b) - sum(a) / len(a)"),
        parts("difference-interval"),
        "sign is turned round",
    ),
    Wrong(
        "capped at 64",
        width("cost(width + 1) <=", "width < 64 and cost(width + 1) <="),
        parts("find-width"),
        "wider networks",
    ),
    Wrong(
        "ranges that overlap",
        winners("min(results[best]) > max(results[n])"),
        parts("possible-winners"),
        "lists' ranges",
    ),
    Wrong(
        "the greatest list leads",
        {
            "possible-winners": WINNERS.replace("max(means, key=means.get)", "max(results, key=results.get)").replace(
                "CLEARLY_WORSE", LOW
            )
        },
        parts("possible-winners"),
        "compares lists",
    ),
    Wrong(
        "one t for all",
        interval("stats.t.ppf(0.975, freedom)", "2"),
        parts("difference-interval"),
        "which holds for many runs",
    ),
    Wrong("a winner inside the noise", winners("True"), parts("possible-winners"), "winner inside the noise"),
    Wrong(
        "overlap of mean and standard error",
        {
            "possible-winners": """
def possible_winners(results):
    about = {name: summarize_seeds(x) for name, x in results.items()}
    best = max(about.values(), key=lambda x: x["mean"])
    return [name for name, x in about.items() if x["mean"] + x["sem"] >= best["mean"] - best["sem"]]
"""
        },
        parts("possible-winners"),
        "mean ± standard error",
    ),
    Wrong(
        "overlap of two intervals",
        {
            "possible-winners": """
def possible_winners(results):
    ends = {}
    for name, x in results.items():
        about = summarize_seeds(x)
        half = stats.t.ppf(0.975, len(x) - 1) * about["sem"]
        ends[name] = about["mean"] - half, about["mean"], about["mean"] + half
    best = max(ends.values(), key=lambda end: end[1])
    return [name for name, end in ends.items() if end[2] >= best[0]]
"""
        },
        parts("possible-winners"),
        "interval of the *difference*",
    ),
    Wrong(
        "the leader's name alone",
        {"possible-winners": WINNERS.replace("return", "return best\n    return").replace("CLEARLY_WORSE", LOW)},
        parts("possible-winners"),
        "yours is one name",
    ),
]

RIGHT = [
    Right(
        "longhand",
        {"find-width": WIDTH, "summarize-seeds": SEEDS, "difference-interval": INTERVAL, **winners(LOW)},
    ),
    Right(
        "bisection on the meta device, NumPy, SciPy's own Welch",
        {
            "find-width": """
import bisect

def find_width(depth, budget, input_size=(1, 8, 8)):
    def cost(width):
        with torch.device("meta"):
            return trace(SmallNet(width, depth, input_size=input_size)).macs

    return bisect.bisect_right(range(1, 500), budget, key=cost)
""",
            "summarize-seeds": """
import numpy as np

def summarize_seeds(accuracies):
    x = np.asarray(accuracies)
    return {"mean": x.mean(), "std": x.std(ddof=1), "sem": stats.sem(x)}
""",
            "difference-interval": """
def difference_interval(a, b):
    test = stats.ttest_ind(a, b, equal_var=False)
    ends = test.confidence_interval(0.95)
    return {"difference": np.mean(a) - np.mean(b), "low": ends.low, "high": ends.high}
""",
        },
    ),
    Right(
        "a p-value, pandas, float64 tensors",
        {
            "possible-winners": """
import pandas

def possible_winners(results):
    best = pandas.Series({name: pandas.Series(x).mean() for name, x in results.items()}).idxmax()
    worse = [
        name for name, x in results.items()
        if name != best and stats.ttest_ind(results[best], x, equal_var=False).pvalue < 0.05
    ]
    return [name for name in results if name not in worse]
""",
            "summarize-seeds": """
def summarize_seeds(accuracies):
    x = torch.tensor(accuracies, dtype=torch.float64)
    return {"mean": x.mean(), "std": x.std(), "sem": x.std() / len(x) ** 0.5}
""",
        },
    ),
]
