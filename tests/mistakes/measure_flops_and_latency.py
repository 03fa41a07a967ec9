"""Wrong and unusual answers to exercise 09."""

from exercise_bank import Right, Wrong

COUNTS = """
def thop_counts(name, input_size=224):
    image = torch.zeros(1, 3, input_size, input_size)
    macs, params = profile(create_model(name), inputs=(image,), verbose=False)
    return """
TERMS = """
def thop_terms(rows):
    norm, pool = ([r for r in rows if r["op"] == op] for op in ("batch_norm", "adaptive_avg_pool2d"))
    return {"macs": sum(r["macs"] for r in rows), "batch_norm": NORM, "pooling": POOL}
"""
NORM = "4 * sum(r['activations'] for r in norm)"
POOL = "sum(r['activations'] * (r['in_shape'][2] * r['in_shape'][3] + 1) for r in pool)"
MEASURE = """
def measure(names, rounds, input_size=224):
    models = {name: create_model(name).eval() for name in names}
    image = torch.randn(1, 3, input_size, input_size)
    log = []
    with torch.inference_mode():
        for _ in range(rounds):
            for name, model in models.items():
                start = time.perf_counter()
                model(image)
                log.append((name, time.perf_counter() - start))
    return log
"""
SUMMARIZE = """
import numpy as np

def summarize(log, warmup):
    summary = {}
    for name in dict(log):
        times = [1000 * seconds for n, seconds in log if n == name][warmup:]
        summary[name] = {"median_ms": np.median(times), "iqr_ms": np.percentile(times, 75) - np.percentile(times, 25)}
    return summary
"""
SPEEDUP = """
import numpy as np

def speedup(log, slow, fast, warmup):
    a, b = (np.array([seconds for n, seconds in log if n == name][warmup:]) for name in (slow, fast))
    return """
BOTH = {
    part: (f"test-{part}", f"hidden-{part}")
    for part in ("thop-counts", "thop-terms", "left-out", "measure", "summarize", "speedup")
}


def terms(norm: str = NORM, pool: str = POOL) -> dict[str, str]:
    return {"thop-terms": TERMS.replace("NORM", norm).replace("POOL", pool)}


def changed(cell: str, source: str, old: str, new: str) -> dict[str, str]:
    assert old in source
    return {cell: source.replace(old, new)}


WRONG = [
    Wrong(
        "FLOPs for thop's MACs",
        {"thop-counts": COUNTS + '{"macs": 2 * macs, "params": params}'},
        BOTH["thop-counts"],
        "twice thop's",
    ),
    Wrong(
        "swapped", {"thop-counts": COUNTS + '{"macs": params, "params": macs}'}, BOTH["thop-counts"], "changed places"
    ),
    Wrong(
        "always 224 pixels",
        changed("thop-counts", COUNTS + '{"macs": macs, "params": params}', "3, input_size, input_size", "3, 224, 224"),
        BOTH["thop-counts"],
        "always 224 pixels",
    ),
    Wrong("batch norm fused to two steps", terms(norm=NORM.replace("4", "2")), BOTH["thop-terms"], "all four steps"),
    Wrong(
        "batch norm's parameters", terms(norm="2 * sum(r['params'] for r in norm)"), BOTH["thop-terms"], "parameters"
    ),
    Wrong("no division", terms(pool=POOL.replace(" + 1", "")), BOTH["thop-terms"], "left out the division"),
    Wrong(
        "square maps only, by the height",
        terms(pool=POOL.replace("r['in_shape'][2] * r['in_shape'][3]", "r['in_shape'][-2] ** 2")),
        BOTH["thop-terms"],
        "for a square",
    ),
    Wrong(
        "square maps only, by the width",
        terms(pool=POOL.replace("r['in_shape'][2] * r['in_shape'][3]", "r['in_shape'][-1] ** 2")),
        BOTH["thop-terms"],
        "for a square",
    ),
    Wrong(
        "convolutions' rows only",
        {
            "thop-terms": TERMS.replace("for r in rows)", "for r in rows if r['op'].startswith('conv'))")
            .replace("NORM", NORM)
            .replace("POOL", POOL)
        },
        BOTH["thop-terms"],
        "convolutions only",
    ),
    Wrong(
        "the last pooling only",
        terms(pool=POOL.replace("in pool", "in pool[-1:]")),
        BOTH["thop-terms"],
        "last pooling only",
    ),
    Wrong(
        "only what thop lists",
        {
            "left-out": """
def left_out(rows, counted):
    missing = {}
    for row in rows:
        if row["macs"] and row["name"] in counted and counted[row["name"]] == 0:
            missing[row["name"]] = missing.get(row["name"], 0) + row["macs"]
    return missing
"""
        },
        BOTH["left-out"],
        "does not list at all",
    ),
    Wrong(
        "KeyError",
        {
            "left-out": "def left_out(rows, counted):\n"
            "    return {r['name']: r['macs'] for r in rows if counted[r['name']] == 0}"
        },
        BOTH["left-out"],
        "Use get",
    ),
    Wrong(
        "overwrites the first of two rows",
        {
            "left-out": "def left_out(rows, counted):\n"
            "    return {r['name']: r['macs'] for r in rows if r['macs'] and not counted.get(r['name'])}"
        },
        BOTH["left-out"],
        "add their MACs",
    ),
    Wrong(
        "one network after the other",
        changed(
            "measure",
            MEASURE,
            "for _ in range(rounds):\n            for name, model in models.items():",
            "for name, model in models.items():\n            for _ in range(rounds):",
        ),
        BOTH["measure"],
        "make the rounds the outer loop",
    ),
    Wrong("training mode", changed("measure", MEASURE, ".eval()", ""), BOTH["measure"], "training mode"),
    Wrong(
        "milliseconds in the log",
        changed(
            "measure", MEASURE, "(name, time.perf_counter() - start)", "(name, 1000 * (time.perf_counter() - start))"
        ),
        BOTH["measure"],
        "These are milliseconds",
    ),
    Wrong(
        "nothing between the readings",
        changed(
            "measure",
            MEASURE,
            "start = time.perf_counter()\n                model(image)",
            "model(image)\n                start = time.perf_counter()",
        ),
        BOTH["measure"],
        "Nothing takes place between",
    ),
    Wrong(
        "warm-up left out of the log",
        changed("measure", MEASURE, "return log", "return log[len(names):]"),
        BOTH["measure"],
        "the warm-up too",
    ),
    Wrong(
        "another rule for quartiles",
        changed(
            "summarize",
            SUMMARIZE,
            "np.percentile(times, 75) - np.percentile(times, 25)",
            "np.subtract(*np.array(__import__('statistics').quantiles(times, n=4))[[2, 0]])",
        ),
        BOTH["summarize"],
        "another rule",
    ),
    Wrong(
        "mean for median", changed("summarize", SUMMARIZE, "np.median", "np.mean"), BOTH["summarize"], "Take the median"
    ),
    Wrong(
        "warm-up not dropped",
        changed("summarize", SUMMARIZE, "[warmup:]", ""),
        BOTH["summarize"],
        "warm-up is still in it",
    ),
    Wrong(
        "warm-up cut off the log",
        changed("summarize", SUMMARIZE, "summary = {}", "summary, log, warmup = {}, log[warmup:], 0"),
        BOTH["summarize"],
        "warm-up runs of its own",
    ),
    Wrong(
        "standard deviation",
        changed("summarize", SUMMARIZE, "np.percentile(times, 75) - np.percentile(times, 25)", "np.std(times)"),
        BOTH["summarize"],
        "standard deviation",
    ),
    Wrong(
        "seconds for milliseconds",
        changed("summarize", SUMMARIZE, "1000 * ", ""),
        BOTH["summarize"],
        "milliseconds are asked",
    ),
    Wrong("upside down", {"speedup": SPEEDUP + "np.median(b / a)"}, BOTH["speedup"], "upside down"),
    Wrong(
        "ratio of medians", {"speedup": SPEEDUP + "np.median(a) / np.median(b)"}, BOTH["speedup"], "divided two medians"
    ),
    Wrong("mean of ratios", {"speedup": SPEEDUP + "(a / b).mean()"}, BOTH["speedup"], "mean of the ratios"),
]

RIGHT = [
    Right(
        "numpy and comprehensions",
        {"measure": MEASURE, "summarize": SUMMARIZE, "speedup": SPEEDUP + "np.median(a / b)", **terms()},
    ),
    Right(
        "torch, in float32",
        {
            "summarize": """
def summarize(log, warmup):
    result = {}
    for name in {name for name, _ in log}:
        times = torch.tensor([1e3 * t for n, t in log if n == name])[warmup:]
        quartiles = times.quantile(torch.tensor([0.25, 0.5, 0.75]))
        result[name] = {"median_ms": quartiles[1], "iqr_ms": quartiles[2] - quartiles[0]}
    return result
""",
            "speedup": """
def speedup(log, slow, fast, warmup):
    times = [torch.tensor([t for n, t in log if n == name], dtype=torch.float64) for name in (slow, fast)]
    return (times[0] / times[1])[warmup:].quantile(0.5)
""",
        },
    ),
    Right(
        "pandas, a counter",
        {
            "summarize": """
import pandas

def summarize(log, warmup):
    frame = pandas.DataFrame(log, columns=["name", "seconds"])
    kept = frame[frame.groupby("name").cumcount() >= warmup]
    quartiles = (1000 * kept.set_index("name").seconds).groupby(level=0).quantile([0.25, 0.5, 0.75]).unstack()
    return {
        name: {"median_ms": row[0.5], "iqr_ms": row[0.75] - row[0.25]} for name, row in quartiles.iterrows()
    }
""",
            "left-out": """
from collections import Counter

def left_out(rows, counted):
    macs = Counter()
    for row in rows:
        macs[row["name"]] += row["macs"]
    return {name: total for name, total in macs.items() if total and not counted.get(name)}
""",
            "thop-counts": """
def thop_counts(name, input_size=224):
    with torch.no_grad():
        image = torch.rand(3, input_size, input_size).unsqueeze(0)
        counts = profile(create_model(name).eval(), (image,), verbose=False)
    return dict(zip(["macs", "params"], map(int, counts)))
""",
        },
    ),
    Right(
        "networks in another order in each round, lists for pairs",
        {
            "measure": """
import random

@torch.inference_mode()
def measure(names, rounds, input_size=224):
    image = torch.rand((1, 3) + 2 * (input_size,))
    models = dict(zip(names, (create_model(name).eval() for name in names)))
    log = []
    for _ in range(rounds):
        for name in random.sample(list(names), len(names)):
            start = time.time_ns()
            models[name](image)
            log.append([name, (time.time_ns() - start) / 1e9])
    return log
"""
        },
    ),
]
