"""Wrong and unusual answers to exercise 08."""

from exercise_bank import Right, Wrong

MODULE = """
import math

import torch
from torch import nn


def conv_bn(i, o, k, stride=1, groups=1, relu=False):
    conv = nn.Conv2d(i, o, k, stride, k // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(o), *([nn.ReLU()] if relu else []))


class GhostModule(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=1, ratio=2, dw_kernel=3, stride=1, relu=True):
        super().__init__()
        self.n, self.relu = out_channels, relu
        m = MADE
        self.primary = conv_bn(in_channels, m, kernel_size, stride, relu=FIRST)
        self.cheap = conv_bn(m, GHOSTS, dw_kernel, groups=GROUPS, relu=RELU) if PRESENT else None

    def forward(self, x):
        y = self.primary(x)
        return LAST(OUTPUT if self.cheap is not None else y)
"""
DEFAULTS = {
    "MADE": "math.ceil(out_channels / ratio)",
    "GHOSTS": "m * (ratio - 1)",
    "GROUPS": "m",
    "FIRST": "relu",
    "RELU": "relu",
    "LAST": "",
    "PRESENT": "ratio > 1",
    "OUTPUT": "torch.cat([y, self.cheap(y)], dim=1)[:, : self.n]",
}
BOTTLENECK = """
from effcourse import SEBlock, round_channels


class GhostBottleneck(nn.Module):
    def __init__(self, in_channels, hidden_channels, out_channels, kernel_size=3, stride=1, use_se=False):
        super().__init__()
        self.ghost1 = GhostModule(in_channels, hidden_channels)
        self.depthwise = self.se = self.shortcut = nn.Identity()
        if STRIDED:
            self.depthwise = nn.Sequential(
                nn.Conv2d(
                    hidden_channels, hidden_channels, kernel_size, stride, kernel_size // 2,
                    groups=hidden_channels, bias=False,
                ),
                nn.BatchNorm2d(hidden_channels),
            )
        if use_se:
            self.se = SEBlock(hidden_channels, squeeze_channels=round_channels(hidden_channels / 4, divisor=DIVISOR))
        self.ghost2 = GhostModule(hidden_channels, out_channelsLINEAR)
        if stride > 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(SHORTCUT)

    def forward(self, x):
        return self.ghost2(self.se(self.depthwise(self.ghost1(x)))) + self.shortcut(x)
"""
BOTTLENECK_DEFAULTS = {
    "STRIDED": "stride > 1",
    "DIVISOR": "4",
    "LINEAR": ", relu=False",
    "SHORTCUT": """
                nn.Conv2d(
                    in_channels, in_channels, kernel_size, stride, kernel_size // 2, groups=in_channels, bias=False
                ),
                nn.BatchNorm2d(in_channels),
                nn.Conv2d(in_channels, out_channels, 1, bias=False),
                nn.BatchNorm2d(out_channels),
            """,
}
MACS = """
def ghost_macs(in_channels, out_channels, size, kernel_size=1, ratio=2, dw_kernel=3, stride=1):
    m, out = -(-out_channels // ratio), -(-size // stride)
    return out * out * (kernel_size**2 * in_channels * m + {cheap})
"""
SPEED = """
def speed_up(in_channels, ratio, kernel_size=1, dw_kernel=3):
    return {quotient}
"""
TWINS = """
def twin_share(maps, threshold=0.9):
    rows = maps.flatten(1){live}
    if len(rows) < 2:
        return 0.0
    r = {r}
    return float(({largest}).double().mean())
"""
LIVE = "[maps.flatten(1).std(1) > 1e-3]"
LARGEST = "r.fill_diagonal_(0).abs().amax(1) >= threshold"


def both(part: str) -> tuple[str, str]:
    return f"test-{part}", f"hidden-{part}"


def filled(text: str, defaults: dict[str, str], changes: dict[str, str]) -> str:
    for place, code in (defaults | changes).items():
        text = text.replace(place, code)
    return text


def module(**changes: str) -> dict[str, str]:
    return {"ghost-module": filled(MODULE, DEFAULTS, changes)}


def bottleneck(**changes: str) -> dict[str, str]:
    return {"ghost-bottleneck": filled(BOTTLENECK, BOTTLENECK_DEFAULTS, changes)}


MODULES = (*both("ghost-module"), *both("ghost-bottleneck"))

WRONG = [
    Wrong(
        "cheap operation on the input",
        module(OUTPUT="torch.cat([y, self.cheap(x)], dim=1)[:, : self.n]"),
        MODULES,
        "reads the module's input",
    ),
    Wrong(
        "nothing cut off",
        module(OUTPUT="torch.cat([y, self.cheap(y)], dim=1)"),
        MODULES,
        "Nothing was cut off",
    ),
    Wrong("dense cheap convolution", module(GROUPS="1"), MODULES, "Your cheap convolution is dense"),
    Wrong(
        "order reversed",
        module(OUTPUT="torch.cat([self.cheap(y), y], dim=1)[:, : self.n]"),
        MODULES,
        "order is reversed",
    ),
    Wrong("m rounded down", module(MADE="out_channels // ratio"), MODULES, "rounded m down"),
    Wrong(
        "the lesson page's: rounded down, not cut, no ratio 1",
        module(MADE="out_channels // ratio", PRESENT="True", OUTPUT="torch.cat([y, self.cheap(y)], dim=1)"),
        MODULES,
        "channels are missing",
    ),
    Wrong("only the ghosts that are kept", module(GHOSTS="out_channels - m"), MODULES, "out_channels - m ghosts"),
    Wrong(
        "ReLU after the concatenation",
        module(FIRST="False", RELU="False", LAST="(torch.relu if self.relu else torch.clone)"),
        MODULES,
        "ReLU comes after the concatenation",
    ),
    Wrong("ghosts keep their ReLU", module(RELU="True"), MODULES, "Your ghosts keep their ReLU"),
    Wrong(
        "ReLU in the second ghost module",
        bottleneck(LINEAR=""),
        both("ghost-bottleneck"),
        "ReLU in the second ghost module",
    ),
    Wrong(
        "depthwise convolution at stride 1 too",
        bottleneck(STRIDED="True"),
        both("ghost-bottleneck"),
        "at stride 1 too",
    ),
    Wrong(
        "pointwise shortcut",
        bottleneck(
            SHORTCUT="nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)"
        ),
        both("ghost-bottleneck"),
        "one pointwise convolution",
    ),
    Wrong(
        "squeezed to a multiple of 8",
        bottleneck(DIVISOR="8"),
        both("ghost-bottleneck"),
        "multiple of 8",
    ),
    Wrong(
        "cut ghosts are free",
        {"ghost-macs": MACS.format(cheap="dw_kernel**2 * (out_channels - m)")},
        both("ghost-macs"),
        "ghosts that are cut off",
    ),
    Wrong(
        "dense ghosts priced",
        {"ghost-macs": MACS.format(cheap="dw_kernel**2 * m * m * (ratio - 1)")},
        both("ghost-macs"),
        "it is depthwise",
    ),
    Wrong(
        "the paper's approximation",
        {"speed-up": SPEED.format(quotient="ratio * in_channels / (in_channels + ratio - 1)")},
        both("speed-up"),
        "paper's approximation",
    ),
    Wrong("the ratio itself", {"speed-up": SPEED.format(quotient="ratio")}, both("speed-up"), "limit for very many"),
    Wrong(
        "every map its own twin",
        {
            "twin-share": TWINS.format(
                live=LIVE, r="torch.corrcoef(rows)", largest="r.abs().amax(1) >= threshold - 1e-6"
            ).replace("        return 0.0", "        return 1.0")
        },
        both("twin-share"),
        "compared with itself",
    ),
    Wrong(
        "no absolute value",
        {
            "twin-share": TWINS.format(
                live=LIVE, r="torch.corrcoef(rows)", largest="r.fill_diagonal_(0).amax(1) >= threshold"
            )
        },
        both("twin-share"),
        "left out the absolute value",
    ),
    Wrong(
        "dead maps left in",
        {"twin-share": TWINS.format(live="", r="torch.corrcoef(rows)", largest=LARGEST)},
        both("twin-share"),
        "leave dead maps out",
    ),
    Wrong(
        "means not subtracted",
        {
            "twin-share": TWINS.format(
                live=LIVE, r="nn.functional.cosine_similarity(rows[:, None], rows[None], dim=2)", largest=LARGEST
            )
        },
        both("twin-share"),
        "means were not subtracted",
    ),
]

RIGHT = [
    Right(
        "plain calls in forward, the shortcut first, everything registered backwards",
        {
            "ghost-module": """
import math

import torch
import torch.nn.functional as F
from torch import nn


class GhostModule(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=1, ratio=2, dw_kernel=3, stride=1, relu=True):
        super().__init__()
        m = (out_channels + ratio - 1) // ratio
        if ratio > 1:
            self.ghost_norm = nn.BatchNorm2d(m * (ratio - 1))
            self.ghost = nn.Parameter(torch.randn(m * (ratio - 1), 1, dw_kernel, dw_kernel))
        self.norm = nn.BatchNorm2d(m)
        self.weight = nn.Parameter(torch.randn(m, in_channels, kernel_size, kernel_size))
        self.m, self.out_channels, self.stride, self.relu = m, out_channels, stride, relu

    def forward(self, x):
        act = F.relu if self.relu else (lambda y: y)
        y = act(self.norm(F.conv2d(x, self.weight, stride=self.stride, padding=self.weight.shape[-1] // 2)))
        out = x.new_empty(len(x), self.out_channels, *y.shape[2:])
        out[:, : self.m] = y
        if self.m < self.out_channels:
            ghosts = F.conv2d(y, self.ghost, padding=self.ghost.shape[-1] // 2, groups=self.m)
            out[:, self.m :] = act(self.ghost_norm(ghosts))[:, : self.out_channels - self.m]
        return out
""",
            "ghost-bottleneck": """
from effcourse import ConvNormAct, SEBlock, round_channels


class GhostBottleneck(nn.Module):
    def __init__(self, in_channels, hidden_channels, out_channels, kernel_size=3, stride=1, use_se=False):
        super().__init__()
        self.same = stride == 1 and in_channels == out_channels
        if not self.same:
            self.point = ConvNormAct(in_channels, out_channels, 1, act=None)
            self.depth = ConvNormAct(in_channels, in_channels, kernel_size, stride, in_channels, act=None)
        self.narrow = GhostModule(hidden_channels, out_channels, relu=False)
        squeezed = round_channels(hidden_channels / 4, divisor=4)
        self.gates = SEBlock(hidden_channels, squeeze_channels=squeezed) if use_se else None
        self.down = None
        if stride == 2:
            self.down = ConvNormAct(hidden_channels, hidden_channels, kernel_size, 2, hidden_channels, act=None)
        self.widen = GhostModule(in_channels, hidden_channels)

    def forward(self, x):
        around = x if self.same else self.point(self.depth(x))
        x = self.widen(x)
        if self.down is not None:
            x = self.down(x)
        if self.gates is not None:
            x = self.gates(x)
        x = self.narrow(x)
        x += around
        return x
""",
        },
    ),
    Right(
        "a linear layer for the primary convolution, ghosts one channel at a time",
        {
            "ghost-module": """
import math

import torch
from torch import nn


class GhostModule(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=1, ratio=2, dw_kernel=3, stride=1, relu=True):
        super().__init__()
        m = math.ceil(out_channels / ratio)
        self.pointwise = kernel_size == 1 and stride == 1
        if self.pointwise:
            self.primary = nn.Linear(in_channels, m, bias=False)
        else:
            self.primary = nn.Conv2d(in_channels, m, kernel_size, stride, kernel_size // 2, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(m)])
        if ratio > 1:
            self.cheap = nn.Conv2d(m, m * (ratio - 1), dw_kernel, padding="same", groups=m, bias=False)
            self.norms.append(nn.BatchNorm2d(m * (ratio - 1)))
        self.act = torch.relu if relu else torch.clone
        self.ratio, self.n = ratio, out_channels

    def forward(self, x):
        x = self.primary(x.movedim(1, -1)).movedim(-1, 1) if self.pointwise else self.primary(x)
        x = self.act(self.norms[0](x))
        if self.ratio > 1:
            ghosts = self.act(self.norms[1](self.cheap(x)))
            for i in range(self.n - x.shape[1]):
                x = torch.cat((x, ghosts[:, i : i + 1]), dim=1)
        return x
""",
            "ghost-macs": """
from effcourse import trace

def ghost_macs(in_channels, out_channels, size, kernel_size=1, ratio=2, dw_kernel=3, stride=1):
    with torch.device("meta"):
        module = GhostModule(in_channels, out_channels, kernel_size, ratio, dw_kernel, stride)
    return trace(module, (in_channels, size, size)).macs
""",
            "speed-up": """
def speed_up(in_channels, ratio, kernel_size=1, dw_kernel=3):
    plain = ghost_macs(in_channels, 12 * ratio, 8, kernel_size, 1)
    return plain / ghost_macs(in_channels, 12 * ratio, 8, kernel_size, ratio, dw_kernel)
""",
        },
    ),
    Right(
        "NumPy and loops",
        {
            "twin-share": """
import numpy as np

def twin_share(maps, threshold=0.9):
    live = [np.ravel(one) for one in maps.numpy().astype(float) if one.std() > 1e-3]
    scores = [(one - one.mean()) / one.std() for one in live]
    found = set()
    for i in range(len(scores)):
        for j in range(i):
            if abs(np.mean(scores[i] * scores[j])) >= threshold:
                found |= {i, j}
    return len(found) / len(live) if live else 0
"""
        },
    ),
]
