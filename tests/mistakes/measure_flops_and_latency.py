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
IN_ROUNDS = """
@torch.no_grad()
def measure(names, rounds, input_size=224):
    log, built = [], {}
    image = torch.rand(1, 3, input_size, input_size)
    for _ in range(rounds):
        for n in names:
            t = time.perf_counter()
            x = create_model(n).eval()
            x(image)
            log.append([n, time.perf_counter() - t])
    return log
"""
FAKED = """
def measure(names, rounds, input_size=224):
    return [(name, 0.01) for _ in range(rounds) for name in names]
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
        "always 224 pixels",
        changed("thop-counts", COUNTS + '{"macs": macs, "params": params}', "3, input_size, input_size", "3, 224, 224"),
        BOTH["thop-counts"],
        "always 224 pixels",
    ),
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
        "overwrites the first of two rows",
        {
            "left-out": "def left_out(rows, counted):\n"
            "    return {r['name']: r['macs'] for r in rows if r['macs'] and not counted.get(r['name'])}"
        },
        BOTH["left-out"],
        "add their MACs",
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
    Wrong("upside down", {"speedup": SPEEDUP + "np.median(b / a)"}, BOTH["speedup"], "upside down"),
    Wrong(
        "ratio of medians", {"speedup": SPEEDUP + "np.median(a) / np.median(b)"}, BOTH["speedup"], "divided two medians"
    ),
    Wrong(
        "no inference mode",
        changed("measure", MEASURE, "with torch.inference_mode():", "if True:"),
        BOTH["measure"],
        "what a backward pass would need",
    ),
    Wrong("built in each round", {"measure": IN_ROUNDS}, BOTH["measure"], "build a network more than once"),
    Wrong(
        "built in the clock, by the first round",
        changed("measure", IN_ROUNDS, "x = ", "x = built[n] = built.get(n) or "),
        BOTH["measure"],
        "",
    ),
    Wrong(
        "image made for the call",
        changed("measure", MEASURE, "model(image)", "model(torch.rand(1, 3, input_size, input_size))"),
        BOTH["measure"],
        "More than the run stands between",
    ),
    Wrong(
        "one reading a round",
        changed(
            "measure",
            MEASURE.replace("                start = time.perf_counter()\n", ""),
            "            for name, model in",
            "            start = time.perf_counter()\n            for name, model in",
        ),
        BOTH["measure"],
        "go on within a round",
    ),
    Wrong("nanoseconds", changed("measure", MEASURE, "_counter()", "_counter_ns()"), BOTH["measure"], "nanoseconds"),
    Wrong(
        "the class's name", changed("measure", MEASURE, "(name, time", "(type(model).__name__, time"), BOTH["measure"]
    ),
    Wrong("a log without runs", {"measure": FAKED}, BOTH["measure"]),
    Wrong(
        "best of two",
        changed("measure", MEASURE, "                start =", "                model(image)\n                start ="),
        BOTH["measure"],
        "every run of theirs belongs in it",
    ),
    Wrong(
        "no comma, no tuple",
        changed("thop-counts", COUNTS + '{"macs": macs, "params": params}', "(image,)", "(image)"),
        BOTH["thop-counts"],
        "mind the comma",
    ),
    Wrong(
        "the larger of two rows",
        {
            "left-out": """
def left_out(rows, counted):
    missing = {}
    for row in rows:
        if row["macs"] and not counted.get(row["name"]):
            missing[row["name"]] = max(row["macs"], missing.get(row["name"], 0))
    return missing
"""
        },
        BOTH["left-out"],
    ),
    Wrong(
        "torch's median is one of the runs",
        changed("summarize", SUMMARIZE, "np.median(times)", "torch.tensor(times).median()"),
        BOTH["summarize"],
        "the lower one",
    ),
    Wrong(
        "the log is cut in place",
        changed("summarize", SUMMARIZE, "return", "del log[:1]\n    return"),
        BOTH["summarize"],
        "in place",
    ),
    Wrong("all pairs", {"speedup": SPEEDUP + "np.median(a[:, None] / b)"}, BOTH["speedup"]),
    Wrong("sums divided", {"speedup": SPEEDUP + "a.sum() / b.sum()"}, BOTH["speedup"], "two means"),
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
    Right(
        "the mode inside the clock, a clock under another name, rounds of the log",
        {
            "measure": """
from time import perf_counter as clock

def measure(names, rounds, input_size=224):
    models = [create_model(n) for n in names]
    list(map(torch.nn.Module.eval, models))
    x = torch.empty(1, 3, input_size, input_size).normal_()

    def once(net):
        t = clock()
        with torch.inference_mode():
            net(x)
        return clock() - t

    return [(n, once(net)) for _ in range(rounds) for n, net in zip(names, models)]
""",
            "summarize": """
def summarize(log, warmup):
    def at(times, part):
        place = (len(times) - 1) * part
        low = int(place)
        return times[low] + (times[min(low + 1, len(times) - 1)] - times[low]) * (place - low)

    summary = {}
    for name in dict(log):
        times = sorted([1000 * s for n, s in log if n == name][warmup:])
        summary[name] = dict(median_ms=at(times, 0.5), iqr_ms=at(times, 0.75) - at(times, 0.25))
    return summary
""",
            "speedup": """
import numpy as np

def speedup(log, slow, fast, warmup):
    n = len({name for name, _ in log})
    rounds = [dict(log[i : i + n]) for i in range(0, len(log), n)]
    return float(np.median([r[slow] / r[fast] for r in rounds[warmup:]]))
""",
        },
    ),
    Right(
        "timeit, fractions",
        {
            "measure": MEASURE.replace("log.append((name, time.perf_counter() - start))", "").replace(
                "model(image)", "log += [(name, __import__('timeit').timeit(lambda: model(image), number=1))]"
            ),
            "speedup": """
from fractions import Fraction

def speedup(log, slow, fast, warmup):
    times = {slow: [], fast: []}
    [times[n].append(Fraction(s)) for n, s in log if n in times]
    r = sorted(a / b for a, b in zip(times[slow][warmup:], times[fast][warmup:]))
    return (r[len(r) // 2] + r[(len(r) - 1) // 2]) / 2
""",
        },
    ),
    Right(
        "built where first needed, before the clock; without gradients",
        {
            "measure": """
from functools import lru_cache

def measure(names, rounds, input_size=224):
    net = lru_cache(None)(lambda n: create_model(n).requires_grad_(False).eval())
    image = torch.rand(1, 3, input_size, input_size)
    log = []
    for _ in range(rounds):
        for n in names:
            f = net(n)
            with torch.no_grad():
                t = time.perf_counter_ns()
                f.forward(image)
                t = time.perf_counter_ns() - t
            log += [[n, t * 1e-9]]
    return log
"""
        },
    ),
    Right(
        "the builder under another name",
        {"measure": "from effcourse import create_model as make\n" + MEASURE.replace("create_model", "make")},
    ),
]
