"""Wrong and unusual answers to exercise 07."""

from exercise_bank import Right, Wrong

CANDIDATES = """
def candidates(values, target=2.0, tolerance=0.1):
    return [
        (a, b, c) for a in values for b in values for c in values if {keep}
    ]
"""
BEST = """
def best_coefficients(trials, target=2.0, tolerance=0.1):
    fit = [t for t in trials if {keep}]
    best = max(fit, key=lambda t: t["accuracy"], default=None)
    return best and (best["alpha"], best["beta"], best["gamma"])
"""
COMPOUND = """
def compound(phi, alpha=1.2, beta=1.1, gamma=1.15, base_size=224):
    return {{"width_mult": {width}, "depth_mult": {depth}, "input_size": {size}}}
"""
FILTERS = "import math\n\ndef round_filters(channels, width_mult, divisor=8):\n    return "
SCALE = """
import math

def scale(width_mult, depth_mult, input_size, table=B0):
    rows = [(t, round_filters(c, {width}), {repeats}, k, s) for t, c, n, k, s in table["rows"]]
    stem, head = (round_filters(table[part], {width}) for part in ("stem", "head"))
    return {{"stem": stem, "rows": rows, "head": {head}, "input_size": input_size}}
"""
BUILD = """
from effcourse import ConvNormAct, MBConv
from torch import nn

def build(table, num_classes=1000):
    channels = table["stem"]
    layers = [ConvNormAct(3, channels, 3, stride=2, act=nn.SiLU)]
    for t, c, n, k, s in table["rows"]:
        for i in range(n):
            layers.append(MBConv(channels, c, k, {stride}, t))
            channels = c
    layers.append(ConvNormAct(channels, table["head"], 1{head}))
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(table["head"], num_classes)
    )
"""
PHIS = """
import math

def fitted_phi(width_mult, depth_mult, input_size, alpha=1.2, beta=1.1, gamma=1.15, base_size=224):
    depth = math.log(depth_mult) / math.log(alpha)
    width = math.log(width_mult) / math.log(beta)
    resolution = math.log({size}) / math.log(gamma)
    a, b, c = math.log(alpha), math.log(beta), math.log(gamma)
    return {{"depth": depth, "width": width, "resolution": resolution, "best": {best}}}
"""
LEAST_SQUARES = "(a * a * depth + b * b * width + c * c * resolution) / (a * a + b * b + c * c)"


def both(part: str) -> tuple[str, str]:
    return f"test-{part}", f"hidden-{part}"


WRONG = [
    Wrong(
        "constraint without squares",
        {"candidates": CANDIDATES.format(keep="abs(a * b * c - target) <= tolerance")},
        both("candidates"),
        "has no squares",
    ),
    Wrong(
        "depth squared too",
        {"candidates": CANDIDATES.format(keep="abs((a * b * c) ** 2 - target) <= tolerance")},
        both("candidates"),
        "depth only adds layers",
    ),
    Wrong(
        "cheaper ones kept",
        {"candidates": CANDIDATES.format(keep="a * b**2 * c**2 <= target + tolerance")},
        both("candidates"),
        "spends less than the budget",
    ),
    Wrong(
        "the most accurate of all",
        {"best-coefficients": BEST.format(keep="True")},
        both("best-coefficients"),
        "only those within the budget",
    ),
    Wrong(
        "search without squares",
        {"best-coefficients": BEST.format(keep='abs(t["alpha"] * t["beta"] * t["gamma"] - target) <= tolerance')},
        both("best-coefficients"),
        "has no squares",
    ),
    Wrong(
        "phi off by one",
        {
            "compound": COMPOUND.format(
                width="beta ** (phi - 1)",
                depth="alpha ** (phi - 1)",
                size="round(base_size * gamma ** (phi - 1))",
            )
        },
        both("compound"),
        "one too low",
    ),
    Wrong(
        "phi as a factor",
        {"compound": COMPOUND.format(width="beta * phi", depth="alpha * phi", size="round(base_size * gamma * phi)")},
        both("compound"),
        "φ is an exponent",
    ),
    Wrong(
        "pixels cut off",
        {"compound": COMPOUND.format(width="beta**phi", depth="alpha**phi", size="int(base_size * gamma**phi)")},
        both("compound"),
        "cut the pixels off",
    ),
    Wrong(
        "channels rounded up",
        {"round-filters": FILTERS + "int(math.ceil(channels * width_mult / divisor) * divisor)"},
        both("round-filters"),
        "rounded the channels up",
    ),
    Wrong(
        "without the 90 % rule",
        {"round-filters": FILTERS + "max(divisor, int(channels * width_mult + divisor / 2) // divisor * divisor)"},
        both("round-filters"),
        "The 90 % rule is missing: where",
    ),
    Wrong(
        "Python's round",
        {"round-filters": FILTERS + "round(channels * width_mult / divisor) * divisor"},
        both("round-filters"),
        "half-way cases to the even number",
    ),
    Wrong(
        "depth rounded down",
        {"scale": SCALE.format(width="width_mult", repeats="int(n * depth_mult)", head="head")},
        both("scale"),
        "rounded the depth down",
    ),
    Wrong(
        "depth rounded to nearest",
        {"scale": SCALE.format(width="width_mult", repeats="round(n * depth_mult)", head="head")},
        both("scale"),
        "depth to the nearest",
    ),
    Wrong(
        "resolution in the channels",
        {
            "scale": SCALE.format(
                width='width_mult * input_size / table["input_size"]',
                repeats="math.ceil(n * depth_mult)",
                head="head",
            )
        },
        both("scale"),
        "put the resolution into the channels",
    ),
    Wrong(
        "head not scaled",
        {"scale": SCALE.format(width="width_mult", repeats="math.ceil(n * depth_mult)", head='table["head"]')},
        both("scale"),
        "head kept its channels",
    ),
    Wrong(
        "the given table changed",
        {
            "scale": """
import math

def scale(width_mult, depth_mult, input_size, table=B0):
    for i, (t, c, n, k, s) in enumerate(table["rows"]):
        table["rows"][i] = (t, round_filters(c, width_mult), math.ceil(n * depth_mult), k, s)
    for part in ("stem", "head"):
        table[part] = round_filters(table[part], width_mult)
    table["input_size"] = input_size
    return table
"""
        },
        both("scale"),
        "in place",
    ),
    Wrong(
        "every block with the stride",
        {"build": BUILD.format(stride="s", head=", act=nn.SiLU")},
        both("build"),
        "Every block of a stage has the stride",
    ),
    Wrong(
        "ReLU in the head",
        {"build": BUILD.format(stride="s if i == 0 else 1", head="")},
        both("build"),
        "Your head has ReLU",
    ),
    Wrong(
        "mean for least squares",
        {"fitted-phi": PHIS.format(size="input_size / base_size", best="(depth + width + resolution) / 3")},
        both("fitted-phi"),
        "mean of the three",
    ),
    Wrong(
        "side for multiplier",
        {"fitted-phi": PHIS.format(size="input_size", best=LEAST_SQUARES)},
        both("fitted-phi"),
        "divide input_size by base_size",
    ),
    Wrong(
        "right channels, as floats",
        {
            "round-filters": """
def round_filters(channels, width_mult, divisor=8):
    asked = channels * width_mult
    near = max(divisor, (asked + divisor / 2) // divisor * divisor)
    return near + divisor if near < 0.9 * asked else near
"""
        },
        both("round-filters"),
        "yours are floats",
    ),
    Wrong(
        "90 % of the channels before scaling",
        {
            "round-filters": """
def round_filters(channels, width_mult, divisor=8):
    near = int(channels * width_mult / divisor + 0.5) * divisor
    near = max(near, divisor)
    while near < 0.9 * channels:
        near += divisor
        break
    return near
"""
        },
        both("round-filters"),
        "channels before scaling",
    ),
    Wrong(
        "8 for the divisor",
        {
            "round-filters": """
def round_filters(channels, width_mult, divisor=8):
    new = max(8, int(channels * width_mult + 4) // 8 * 8)
    return new + 8 * (new < 0.9 * channels * width_mult)
"""
        },
        both("round-filters"),
        "an 8 where divisor",
    ),
    Wrong(
        "a loop without end",
        {
            "round-filters": """
def round_filters(channels, width_mult, divisor=8):
    new = divisor
    while abs(new - channels * width_mult) > divisor / 2:
        pass
    return new
"""
        },
        both("round-filters"),
        "does not end",
    ),
    Wrong(
        "nobody passes the filter",
        {"best-coefficients": BEST.format(keep="False")},
        both("best-coefficients"),
        "no trial gets through",
    ),
    Wrong(
        "no trial, no default",
        {
            "best-coefficients": """
def best_coefficients(trials, target=2.0, tolerance=0.1):
    cost = lambda t: t["alpha"] * t["beta"] ** 2 * t["gamma"] ** 2
    t = max((t for t in trials if abs(cost(t) - target) <= tolerance), key=lambda t: t["accuracy"])
    return t["alpha"], t["beta"], t["gamma"]
"""
        },
        both("best-coefficients"),
        "there the answer is None",
    ),
    Wrong(
        "the trials sorted in place",
        {
            "best-coefficients": """
def best_coefficients(trials, target=2.0, tolerance=0.1):
    trials.sort(key=lambda t: -t["accuracy"])
    for t in trials:
        if abs(t["alpha"] * t["beta"] ** 2 * t["gamma"] ** 2 - target) <= tolerance:
            return t["alpha"], t["beta"], t["gamma"]
"""
        },
        both("best-coefficients"),
        "in place",
    ),
    Wrong(
        "the last one that fits",
        {
            "best-coefficients": """
def best_coefficients(trials, target=2.0, tolerance=0.1):
    best, top = None, 0
    for t in trials:
        if abs(t["alpha"] * t["beta"] ** 2 * t["gamma"] ** 2 - target) <= tolerance and t["accuracy"] > top:
            best = (t["alpha"], t["beta"], t["gamma"])
    return best
"""
        },
        both("best-coefficients"),
        "last one within the budget",
    ),
    Wrong(
        "pixels as a float",
        {
            "compound": COMPOUND.format(
                width="beta**phi", depth="alpha**phi", size="float(round(base_size * gamma**phi))"
            )
        },
        both("compound"),
        "yours are floats",
    ),
    Wrong(
        "base 224",
        {"compound": COMPOUND.format(width="beta**phi", depth="alpha**phi", size="round(224 * gamma**phi)")},
        both("compound"),
        "a 224 where base_size",
    ),
    Wrong(
        "each value once",
        {
            "candidates": """
def candidates(values, target=2.0, tolerance=0.1):
    return [
        (a, b, c)
        for i, a in enumerate(values) for j, b in enumerate(values) for k, c in enumerate(values)
        if len({i, j, k}) == 3 and abs(a * b * b * c * c - target) <= tolerance
    ]
"""
        },
        both("candidates"),
        "more than one base",
    ),
    Wrong(
        "a relative tolerance",
        {"candidates": CANDIDATES.format(keep="abs(a * b**2 * c**2 - target) / target <= tolerance")},
        both("candidates"),
        "a share of target",
    ),
    Wrong(
        "denominator squared as a whole",
        {
            "fitted-phi": PHIS.format(
                size="input_size / base_size",
                best="(a * a * depth + b * b * width + c * c * resolution) / (a + b + c) ** 2",
            )
        },
        both("fitted-phi"),
        "sum of the squares",
    ),
    Wrong(
        "whole per cents",
        {
            "best-coefficients": """
def best_coefficients(trials, target=2.0, tolerance=0.1):
    best, top = None, 0
    for t in trials:
        if abs(t["alpha"] * t["beta"] ** 2 * t["gamma"] ** 2 - target) <= tolerance and int(t["accuracy"]) > top:
            best, top = (t["alpha"], t["beta"], t["gamma"]), int(t["accuracy"])
    return best
"""
        },
        both("best-coefficients"),
    ),
    Wrong(
        "best so far begins at 75",
        {
            "best-coefficients": """
def best_coefficients(trials, target=2.0, tolerance=0.1):
    best, top = None, 75
    for t in trials:
        if abs(t["alpha"] * t["beta"] ** 2 * t["gamma"] ** 2 - target) <= tolerance and t["accuracy"] > top:
            best, top = (t["alpha"], t["beta"], t["gamma"]), t["accuracy"]
    return best
"""
        },
        both("best-coefficients"),
    ),
    Wrong(
        "the tolerance of the paper",
        {"best-coefficients": BEST.format(keep='-0.1 <= t["alpha"] * (t["beta"] * t["gamma"]) ** 2 - target <= 0.1')},
        both("best-coefficients"),
        "a 0.1 where tolerance",
    ),
    Wrong(
        "a list that grows from call to call",
        {
            "candidates": """
found = []
def candidates(values, target=2.0, tolerance=0.1):
    for a in values:
        for b in values:
            found.extend((a, b, c) for c in values if abs(a * b * b * c * c - target) <= tolerance)
    return found
"""
        },
        both("candidates"),
        "kept from one call to the next",
    ),
    Wrong(
        "half of 9 is 4",
        {
            "round-filters": """
def round_filters(channels, width_mult, divisor=8):
    asked = channels * width_mult
    new = max(int(asked + divisor // 2) // divisor, 1) * divisor
    return new if new >= 0.9 * asked else new + divisor
"""
        },
        both("round-filters"),
        "no whole number",
    ),
    Wrong(
        "the table's rows popped",
        {
            "build": BUILD.format(stride="s if i == 0 else 1", head=", act=nn.SiLU").replace(
                'for t, c, n, k, s in table["rows"]:',
                'while table["rows"]:\n        t, c, n, k, s = table["rows"].pop(0)',
            )
        },
        both("build"),
        "in place",
    ),
    Wrong(
        "an average for square pictures only",
        {
            "build": BUILD.format(stride="s if i == 0 else 1", head=", act=nn.SiLU").replace(
                "nn.AdaptiveAvgPool2d(1)", "Average()"
            )
            + """
class Average(nn.Module):
    def forward(self, x):
        return x.sum((2, 3)) / x.shape[-1] ** 2
"""
        },
        both("build"),
    ),
    Wrong(
        "no phi below 0",
        {
            "fitted-phi": PHIS.format(size="input_size / base_size", best=LEAST_SQUARES)
            .replace("    return {", "    phis = {")
            .rstrip()
            + "\n    return {dial: abs(phi) for dial, phi in phis.items()}\n"
        },
        both("fitted-phi"),
        "never below 0",
    ),
]

RIGHT = [
    Right(
        "fractions, recursion, a dataclass, a generator",
        {
            "candidates": """
def candidates(values, target=2.0, tolerance=0.1):
    def triples(chosen):
        if len(chosen) == 3:
            a, b, c = chosen
            if -tolerance <= a * b**2 * c**2 - target <= tolerance:
                yield chosen
            return
        for value in values:
            yield from triples((*chosen, value))
    return list(triples(()))
""",
            "best-coefficients": """
from dataclasses import dataclass

@dataclass(order=True)
class Trial:
    accuracy: float
    alpha: float
    beta: float
    gamma: float

    def cost(self):
        return self.alpha * self.beta**2 * self.gamma**2

def best_coefficients(trials, target=2.0, tolerance=0.1):
    fit = sorted(t for t in (Trial(**t) for t in trials) if abs(t.cost() - target) <= tolerance)
    if not fit:
        return None
    return tuple(getattr(fit[-1], base) for base in ("alpha", "beta", "gamma"))
""",
            "round-filters": """
from fractions import Fraction

def round_filters(channels, width_mult, divisor=8):
    asked = Fraction(channels * width_mult)
    low = asked // divisor * divisor
    near = min((low + divisor, low), key=lambda multiple: abs(multiple - asked))
    near = max(near, divisor)
    return near if near >= Fraction(9, 10) * asked else near + divisor
""",
        },
    ),
    Right(
        "NumPy throughout",
        {
            "candidates": """
import numpy as np

def candidates(values, target=2.0, tolerance=0.1):
    alpha, beta, gamma = np.meshgrid(values, values, values, indexing="ij")
    keep = np.abs(alpha * beta**2 * gamma**2 - target) <= tolerance
    return [tuple(t) for t in np.stack([alpha[keep], beta[keep], gamma[keep]], axis=1)]
""",
            "round-filters": """
import numpy as np

def round_filters(channels, width_mult, divisor=8):
    asked = channels * width_mult
    multiples = divisor * np.arange(1, 2 + int(asked // divisor) + 1)
    nearest = multiples[::-1][np.abs(multiples[::-1] - asked).argmin()]
    return nearest + divisor * (nearest < 0.9 * asked)
""",
            "fitted-phi": """
import numpy as np

def fitted_phi(width_mult, depth_mult, input_size, alpha=1.2, beta=1.1, gamma=1.15, base_size=224):
    a = np.log([[alpha], [beta], [gamma]])
    t = np.log([depth_mult, width_mult, input_size / base_size])
    best = np.linalg.lstsq(a, t, rcond=None)[0][0]
    return dict(zip(("depth", "width", "resolution", "best"), (*(t / a[:, 0]), best), strict=True))
""",
        },
    ),
    Right(
        "a class, its layers registered backwards, blocks given as lists",
        {
            "scale": """
import math
from copy import deepcopy

def scale(width_mult, depth_mult, input_size, table=B0):
    table = deepcopy(table)
    table["rows"] = [
        [t, round_filters(c, width_mult), -int(-n * depth_mult // 1), k, s] for t, c, n, k, s in table["rows"]
    ]
    for part in ("stem", "head"):
        table[part] = round_filters(table[part], width_mult)
    return table | {"input_size": input_size}
""",
            "build": """
import torch
from effcourse import MBConv
from torch import nn

class Swish(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x)

class build(nn.Module):
    def __init__(self, table, num_classes=1000):
        super().__init__()
        self.classifier = nn.Conv2d(table["head"], num_classes, 1)
        self.swish = Swish()
        self.head_norm = nn.BatchNorm2d(table["head"])
        self.blocks = nn.ModuleList()
        channels = table["stem"]
        for t, c, n, k, s in table["rows"]:
            self.blocks.append(MBConv(channels, c, k, s, t))
            self.blocks.extend(MBConv(c, c, k, 1, t) for _ in range(n - 1))
            channels = c
        self.head = nn.Linear(channels, table["head"], bias=False)
        self.stem_norm = nn.BatchNorm2d(table["stem"])
        self.stem = nn.Conv2d(3, table["stem"], 3, 2, 1, bias=False)

    def forward(self, x):
        x = self.swish(self.stem_norm(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        x = self.head(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        x = self.swish(self.head_norm(x)).mean(dim=(2, 3), keepdim=True)
        return self.classifier(x)[:, :, 0, 0]
""",
        },
    ),
    Right(
        "itertools, sorting, and one stage after another",
        {
            "candidates": """
from itertools import product

def candidates(values, target=2.0, tolerance=0.1):
    low, high = target - tolerance, target + tolerance
    return [abc for abc in product(values, repeat=3) if low <= abc[0] * (abc[1] * abc[2]) ** 2 <= high]
""",
            "best-coefficients": """
def best_coefficients(trials, target=2.0, tolerance=0.1):
    for t in sorted(trials, key=lambda t: t["accuracy"], reverse=True):
        if abs(t["alpha"] * t["beta"] ** 2 * t["gamma"] ** 2 - target) <= tolerance:
            return [t["alpha"], t["beta"], t["gamma"]]
""",
            "compound": COMPOUND.format(
                width="math.exp(phi * math.log(beta))", depth="alpha**phi", size="int(base_size * gamma**phi + 0.5)"
            ).replace("def compound", "import math\n\ndef compound"),
            "build": """
from effcourse import ConvNormAct, MBConv
from torch import nn

def build(table, num_classes=1000):
    net = nn.Sequential()
    net.add_module("stem", ConvNormAct(3, table["stem"], 3, 2, act=nn.SiLU))
    channels = table["stem"]
    for number, (t, c, n, k, s) in enumerate(table["rows"]):
        strides, inputs = [s] + [1] * (n - 1), [channels] + [c] * (n - 1)
        blocks = [MBConv(i, c, k, stride, t, drop_connect_rate=0.1) for i, stride in zip(inputs, strides)]
        net.add_module(f"stage{number}", nn.Sequential(*blocks))
        channels = c
    net.add_module("head", ConvNormAct(channels, table["head"], 1, act=nn.SiLU))
    net.add_module("pool", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    net.add_module("classifier", nn.Linear(table["head"], num_classes))
    return net
""",
        },
    ),
    Right(
        "einops, a linear layer as the head, what is called one after the other",
        {
            "build": """
import einops
from effcourse import MBConv
from torch import nn

class build(nn.Module):
    def __init__(self, table, num_classes=1000):
        super().__init__()
        channels, head = table["stem"], table["head"]
        self.classifier = nn.Linear(head, num_classes)
        self.head, self.head_norm = nn.Linear(table["rows"][-1][1], head, bias=False), nn.BatchNorm1d(head)
        self.blocks = []
        for t, c, n, k, s in table["rows"]:
            for i in range(n):
                self.add_module(f"block{len(self.blocks)}", MBConv(channels, c, k, 1 if i else s, t))
                self.blocks.append(f"block{len(self.blocks)}")
                channels = c
        self.stem_norm = nn.BatchNorm2d(table["stem"])
        self.stem = nn.Conv2d(3, table["stem"], (3, 3), (2, 2), (1, 1), bias=False)

    def forward(self, x):
        swish = lambda x: x * x.sigmoid()
        x = swish(self.stem_norm(self.stem(x)))
        for name in self.blocks:
            x = getattr(self, name)(x)
        n, _, h, w = x.shape
        x = swish(self.head_norm(self.head(einops.rearrange(x, "n c h w -> (n h w) c"))))
        return self.classifier(einops.reduce(x, "(n h w) c -> n c", "mean", n=n, h=h, w=w))
""",
            "round-filters": """
from decimal import ROUND_HALF_UP, Decimal

def round_filters(channels, width_mult, divisor=8):
    asked = channels * width_mult
    steps = int((Decimal(asked) / divisor).quantize(Decimal(1), ROUND_HALF_UP)) or 1
    return (steps + (steps * divisor < 0.9 * asked)) * divisor
""",
            "fitted-phi": """
import numpy as np

def fitted_phi(width_mult, depth_mult, input_size, alpha=1.2, beta=1.1, gamma=1.15, base_size=224):
    a, t = np.log10([alpha, beta, gamma]), np.log10([depth_mult, width_mult, input_size / base_size])
    best, *_ = np.linalg.lstsq(a[:, None], t, rcond=None)
    return dict(zip(("depth", "width", "resolution"), t / a), best=best.item())
""",
        },
    ),
]
