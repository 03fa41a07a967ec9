"""Wrong and unusual answers to exercise 03."""
# ruff: noqa: E501  (an answer stands on one line where it can)

from exercise_bank import Right, Wrong

ROUND = ("test-round-channels", "hidden-round-channels")
MACS = ("test-mobilenet-v1-macs", "hidden-mobilenet-v1-macs")
SIZE = ("test-largest-size", "hidden-largest-size")
BEST = ("test-best-within", "hidden-best-within")
KEPT = ("test-not-beaten", "hidden-not-beaten")

ROUND_DEF = "def round_channels(channels, divisor=8):\n    return "
SIZE_DEF = "def largest_size(macs, input_size, budget, step=32):\n    return "
BEST_DEF = "def best_within(rows, budget):\n    fitting = [row for row in rows if row['macs'] <= budget]\n    return "
KEPT_DEF = """
def beats(one, other):
    return {beats}

def not_beaten(rows):
    return sorted([r for r in rows if not any(beats(other, r) for other in rows)], key=lambda r: {key})
"""


def macs(
    channels="max(int({} * width_mult), 8)",
    out="-(-size // {})",
    depthwise="9 * channels * size**2",
    pointwise="channels * out_channels * size**2",
    classifier="1000 * channels",
    stem=None,
    stride="s if i == 0 else 1",
):
    """The loop over Table 1 with parts to choose."""
    return f"""
TABLE_1 = [(64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2)]

def mobilenet_v1_macs(width_mult=1.0, input_size=224):
    size = input_size
    channels = {stem or channels.format(32)}
    size = {out.format(2)}
    total = 27 * channels * size**2
    for c, n, s in TABLE_1:
        for i in range(n):
            stride = {stride}
            out_channels = {channels.format("c")}
            before = size
            size = {out.format("stride")}
            total += {depthwise}
            total += {pointwise}
            channels = out_channels
    return total + {classifier}
"""


WRONG = [
    Wrong(
        "always up",
        {"round-channels": ROUND_DEF + "math.ceil(channels / divisor) * divisor"},
        ROUND,
        "always round up",
    ),
    Wrong(
        "forgot the 90 % rule",
        {"round-channels": ROUND_DEF + "max(divisor, int(channels / divisor + 0.5) * divisor)"},
        ROUND,
        "16 is 89 %",
    ),
    Wrong(
        "down",
        {"round-channels": ROUND_DEF + "max(divisor, int(channels // divisor) * divisor)"},
        ROUND,
        "round down",
    ),
    Wrong(
        "Python's round",
        {
            "round-channels": "def round_channels(channels, divisor=8):\n"
            "    rounded = max(divisor, round(channels / divisor) * divisor)\n"
            "    return rounded + divisor if rounded < 0.9 * channels else rounded"
        },
        ROUND,
        "Halfway",
    ),
    Wrong(
        "8 for the divisor",
        {
            "round-channels": "def round_channels(channels, divisor=8):\n"
            "    rounded = max(8, int(channels + 4) // 8 * 8)\n"
            "    return rounded + 8 if rounded < 0.9 * channels else rounded"
        },
        ROUND,
        "divisor is not used",
    ),
    Wrong(
        "a lesson page's int()",
        {"mobilenet-v1-macs": macs(channels="int({} * width_mult)")},
        MACS,
        "8 is the least",
    ),
    Wrong(
        "channels as MobileNetV2 has them",
        {"mobilenet-v1-macs": macs(channels="round_channels({} * width_mult)")},
        MACS,
        "came with MobileNetV2",
    ),
    Wrong("stem as wide as ever", {"mobilenet-v1-macs": macs(stem=32)}, MACS, "stem keeps its 32"),
    Wrong("sizes rounded down", {"mobilenet-v1-macs": macs(out="size // {}")}, MACS, "rounded down"),
    Wrong("forgot groups", {"mobilenet-v1-macs": macs(depthwise="9 * channels**2 * size**2")}, MACS, "left out groups"),
    Wrong("each block has the stride", {"mobilenet-v1-macs": macs(stride="s")}, MACS, "first block of a row only"),
    Wrong(
        "mixing before the stride",
        {"mobilenet-v1-macs": macs(pointwise="channels * out_channels * before**2")},
        MACS,
        "comes after the stride",
    ),
    Wrong(
        "classifier at each position",
        {"mobilenet-v1-macs": macs(classifier="1000 * channels * size**2")},
        MACS,
        "comes after the average",
    ),
    Wrong(
        "counted batch norm",
        {
            "mobilenet-v1-macs": macs(
                depthwise="9 * channels * size**2 + 2 * channels * size**2",
                pointwise="channels * out_channels * size**2 + 2 * out_channels * size**2",
            ).replace("27 * channels", "29 * channels")
        },
        MACS,
        "counted batch norm",
    ),
    Wrong(
        "counted the bias of the linear layer",
        {"mobilenet-v1-macs": macs(classifier="1000 * channels + 1000")},
        MACS,
        "linear layer's bias",
    ),
    Wrong(
        "resolution linear",
        {
            "mobilenet-v1-macs": macs().replace("def mobilenet_v1_macs", "def full")
            + "\ndef mobilenet_v1_macs(width_mult=1.0, input_size=224):\n"
            "    return full(width_mult) * input_size / 224"
        },
        MACS,
        "area, not with its side",
    ),
    Wrong(
        "resolution by the rule of thumb",
        {
            "mobilenet-v1-macs": macs().replace("def mobilenet_v1_macs", "def full")
            + "\ndef mobilenet_v1_macs(width_mult=1.0, input_size=224):\n"
            "    return full(width_mult) * (input_size / 224) ** 2"
        },
        MACS,
        "ρ² is a rule of thumb",
    ),
    Wrong(
        "side for area",
        {"largest-size": SIZE_DEF + "int(input_size * budget / macs / step) * step"},
        SIZE,
        "they go with its square",
    ),
    Wrong(
        "nearest side overspends",
        {"largest-size": SIZE_DEF + "round(input_size * (budget / macs) ** 0.5 / step) * step"},
        SIZE,
        "may overspend",
    ),
    Wrong("no budget", {"best-within": BEST_DEF + "max(rows, key=lambda r: r['top1'])"}, BEST, "not kept"),
    Wrong(
        "the dearest that fits",
        {"best-within": BEST_DEF + "max(fitting, key=lambda r: r['macs'], default=None)"},
        BEST,
        "the dearest that fits",
    ),
    Wrong(
        "nothing fits",
        {"best-within": BEST_DEF + "max(fitting, key=lambda r: (r['top1'], -r['macs']))"},
        BEST,
        "nothing to choose from",
    ),
    Wrong(
        "less than the budget",
        {
            "best-within": BEST_DEF.replace("<=", "<")
            + "max(fitting, key=lambda r: (r['top1'], -r['macs']), default=None)"
        },
        BEST,
        "exactly the budget",
    ),
    Wrong(
        "first of the equally accurate",
        {"best-within": BEST_DEF + "max(fitting, key=lambda r: r['top1'], default=None)"},
        BEST,
        "one that comes first",
    ),
    Wrong(
        "beaten only by the more accurate",
        {
            "not-beaten": KEPT_DEF.format(
                beats="one['macs'] <= other['macs'] and one['top1'] > other['top1']", key="r['macs']"
            )
        },
        KEPT,
        "dearer one is beaten too",
    ),
    Wrong(
        "each row beats itself",
        {
            "not-beaten": KEPT_DEF.format(
                beats="one['macs'] <= other['macs'] and one['top1'] >= other['top1']", key="r['macs']"
            )
        },
        KEPT,
        "beats itself",
    ),
    Wrong(
        "most accurate first",
        {
            "not-beaten": KEPT_DEF.format(
                beats="one != other and one['macs'] <= other['macs'] and one['top1'] >= other['top1']", key="-r['top1']"
            )
        },
        KEPT,
        "order is reversed",
    ),
]

FITTING = "def best_within(rows, budget):\n    fitting = [row for row in rows if row['macs'] <= budget]\n    "

WRONG += [
    Wrong(
        "cut off, and half a step added to it",
        {
            "round-channels": "def round_channels(channels, divisor=8):\n"
            "    r = max(divisor, int(int(channels) + divisor / 2) // divisor * divisor)\n"
            "    return r + divisor if r < 0.9 * channels else r"
        },
        ROUND,
        "you cut the half off",
    ),
    Wrong(
        "no 90 % for wide layers",
        {
            "round-channels": "def round_channels(channels, divisor=8):\n"
            "    r = max(divisor, int(channels + divisor / 2) // divisor * divisor)\n"
            "    return r + divisor if channels < 64 and r < 0.9 * channels else r"
        },
        ROUND,
    ),
    Wrong(
        "counted at 224, times the area",
        {"mobilenet-v1-macs": macs(out="(-(-size // {}))").replace("input_size=224):", "input_size=224):\n    side, input_size = input_size, 224")
         .replace("return total + 1000 * channels", "return total * (side / 224) ** 2 + 1000 * channels")},
        MACS,
        "exactly with the area",
    ),
    Wrong(
        "the first that fits",
        {"best-within": "def best_within(rows, budget):\n    for row in rows:\n        if row['macs'] <= budget:\n            return row"},
        BEST,
        "the first that fits",
    ),
    Wrong(
        "the narrower one of two",
        {"best-within": FITTING + "return max(fitting, key=lambda row: (row['top1'], -row['width']), default=None)"},
        BEST,
    ),
    Wrong(
        "who beats all the others",
        {
            "not-beaten": "def not_beaten(rows):\n    return [a for a in rows if all("
            "a is b or (a['macs'] <= b['macs'] and a['top1'] > b['top1']) for b in rows)]"
        },
        KEPT,
    ),
]  # fmt: skip

RIGHT = [
    Right(
        "the authors' own words",
        {
            "round-channels": """
def round_channels(v, divisor=8, min_value=None):
    if min_value is None:
        min_value = divisor
    new_v = max(min_value, int(v + divisor / 2) // divisor * divisor)
    if new_v < 0.9 * v:
        new_v += divisor
    return new_v
"""
        },
    ),
    Right(
        "the layers themselves, from torch and trace",
        {
            "mobilenet-v1-macs": """
import torch
from effcourse import trace
from torch import nn

TABLE_1 = [(64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2)]

def mobilenet_v1_macs(width_mult=1.0, input_size=224):
    with torch.device("meta"):
        channels = max(8, math.floor(32 * width_mult))
        layers = [nn.Conv2d(3, channels, 3, 2, 1)]
        for c, n, s in TABLE_1:
            out_channels = max(8, math.floor(c * width_mult))
            for i in range(n):
                layers.append(nn.Conv2d(channels, channels, 3, s if i == 0 else 1, 1, groups=channels))
                layers.append(nn.Conv2d(channels, out_channels, 1))
                channels = out_channels
        model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))
    return trace(model, input_size).macs
"""
        },
    ),
    Right(
        "step by step, and numpy",
        {
            "largest-size": """
def largest_size(macs, input_size, budget, step=32):
    side = 0
    while macs * ((side + step) / input_size) ** 2 <= budget:
        side += step
    return side
""",
            "best-within": """
def best_within(rows, budget):
    best = None
    for row in rows:
        if row["macs"] > budget:
            continue
        if best is None or row["top1"] > best["top1"]:
            best = row
        elif row["top1"] == best["top1"] and row["macs"] < best["macs"]:
            best = dict(row)
    return best
""",
            "not-beaten": """
import numpy as np

def not_beaten(rows):
    macs, top1 = (np.array([row[key] for row in rows]) for key in ("macs", "top1"))
    keep = []
    for i in np.argsort(macs, kind="stable"):
        no_worse = (macs <= macs[i]) & (top1 >= top1[i])
        better = (macs < macs[i]) | (top1 > top1[i])
        if not (no_worse & better).any():
            keep.append(rows[i])
    return tuple(keep)
""",
        },
    ),
    Right(
        "pandas",
        {
            "best-within": """
import pandas as pd

def best_within(rows, budget):
    table = pd.DataFrame(rows)
    table = table[table.macs <= budget].sort_values(["top1", "macs"], ascending=[False, True])
    return None if table.empty else rows[table.index[0]]
"""
        },
    ),
    Right(
        "a pattern for the blocks, groups of equal MACs, halves in whole numbers",
        {
            "round-channels": """
def round_channels(channels, divisor=8):
    whole, rest = divmod(channels, divisor)
    steps = max(int(whole) + (2 * rest >= divisor), 1)
    return divisor * (steps + (steps * divisor < 0.9 * channels))
""",
            "mobilenet-v1-macs": """
from math import ceil

TABLE_1 = [(64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2)]

def mobilenet_v1_macs(width_mult=1.0, input_size=224):
    def rest(blocks, c, size):
        match blocks:
            case []:
                return 1000 * c
            case [(o, s), *others]:
                o, size = max(8, o * width_mult // 1), ceil(size / s)
                return (9 + o) * c * size**2 + rest(others, o, size)

    first, size = max(8, 32 * width_mult // 1), ceil(input_size / 2)
    blocks = [(c, 1 if i else s) for c, n, s in TABLE_1 for i in range(n)]
    return int(27 * first * size**2 + rest(blocks, first, size))
""",
            "largest-size": """
import math
from fractions import Fraction

def largest_size(macs, input_size, budget, step=32):
    return step * math.isqrt(math.floor(Fraction(budget) * input_size**2 / Fraction(macs) / step**2))
""",
            "not-beaten": """
from itertools import groupby

def not_beaten(rows):
    kept, best = [], float("-inf")
    for _, group in groupby(sorted(rows, key=lambda row: row["macs"]), key=lambda row: row["macs"]):
        group = list(group)
        top = max(row["top1"] for row in group)
        if top > best:
            kept += [row for row in group if row["top1"] == top]
            best = top
    return kept
""",
        },
    ),
]
