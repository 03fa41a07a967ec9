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
LOOPS = """
def twin_share(maps, threshold=0.9):
    x = maps.reshape(len(maps), -1)
    x = x[x.std(1) > 1e-3]
    if len(x) < 2:
        return 0.0
    x = x - x.mean(1, keepdim=True)
    x = x / x.norm(dim=1, keepdim=True)
    r = (x @ x.T).abs()
    found = {i for i in range(len(x)) if any(bool(r[i, j] >= threshold) for j in range(len(x)) if j != i)}
    return len(found) / len(x)
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


MODULES = both("ghost-module")

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
        "channels are not cut",
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
        "every live map has a twin",
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
    Wrong("joined in the batch", module(OUTPUT="torch.cat([y, self.cheap(y)])[:, : self.n]"), MODULES),
    Wrong(
        "cut along the rows",
        module(OUTPUT="torch.cat([y, self.cheap(y)], dim=1)[:, :, : self.n]"),
        MODULES,
        "channels are not cut",
    ),
    Wrong(
        "every ghost of a map by the same filter",
        module(OUTPUT="torch.cat([y, *[self.cheap(y)[:, : y.shape[1]]] * 4], dim=1)[:, : self.n]"),
        MODULES,
    ),
    Wrong("always dropout", module(LAST="nn.functional.dropout"), MODULES, "something in it is random"),
    Wrong(
        "input changed in place",
        module(OUTPUT="torch.cat([y, self.cheap(y)], dim=1)[:, : self.n] + 0 * x.relu_().sum()"),
        MODULES,
        "in place",
    ),
    Wrong(
        "quarter rounded down before it is rounded",
        {
            "ghost-bottleneck": filled(BOTTLENECK, BOTTLENECK_DEFAULTS, {}).replace(
                "hidden_channels / 4", "hidden_channels // 4"
            )
        },
        both("ghost-bottleneck"),
    ),
    Wrong(
        "shortcut asks for the stride alone",
        {
            "ghost-bottleneck": filled(BOTTLENECK, BOTTLENECK_DEFAULTS, {}).replace(
                "if stride > 1 or in_channels != out_channels", "if stride > 1"
            )
        },
        both("ghost-bottleneck"),
        "asks for the stride alone",
    ),
    Wrong(
        "stride in the first ghost module",
        {
            "ghost-bottleneck": filled(BOTTLENECK, BOTTLENECK_DEFAULTS, {})
            .replace(
                "GhostModule(in_channels, hidden_channels)",
                "GhostModule(in_channels, hidden_channels, 1, 2, 3, stride)",
            )
            .replace(
                "hidden_channels, hidden_channels, kernel_size, stride,",
                "hidden_channels, hidden_channels, kernel_size, 1,",
            )
        },
        both("ghost-bottleneck"),
        "in the first ghost module",
    ),
    Wrong(
        "a float",
        {"ghost-macs": MACS.format(cheap="dw_kernel**2 * m * (ratio - 1) * 1.0")},
        both("ghost-macs"),
        "yours are floats",
    ),
    Wrong(
        "for as many maps as channels come in",
        {
            "speed-up": SPEED.format(
                quotient="ghost_macs(in_channels, in_channels, 1, kernel_size, 1)"
                " / ghost_macs(in_channels, in_channels, 1, kernel_size, ratio, dw_kernel)"
            )
        },
        both("speed-up"),
    ),
    Wrong(
        "mean over the maps",
        {"twin-share": LOOPS.replace("x.mean(1, keepdim=True)", "x.mean(0)")},
        both("twin-share"),
        "averaged over the maps",
    ),
    Wrong(
        "one mean for all maps",
        {"twin-share": LOOPS.replace("x.mean(1, keepdim=True)", "x.mean()")},
        both("twin-share"),
        "one mean of all maps",
    ),
    Wrong(
        "constant maps alone are dead",
        {"twin-share": LOOPS.replace("x.std(1) > 1e-3", "x.amax(1) > x.amin(1)")},
        both("twin-share"),
        "hardly vary count as live",
    ),
    Wrong(
        "variance for deviation",
        {"twin-share": LOOPS.replace("x.std(1) > 1e-3", "x.std(1) ** 2 > 1e-3")},
        both("twin-share"),
        "for dead what is only faint",
    ),
    Wrong(
        "fewer than three",
        {"twin-share": LOOPS.replace("len(x) < 2", "len(x) <= 2")},
        both("twin-share"),
    ),
    Wrong(
        "divided by the deviation, not the length",
        {"twin-share": LOOPS.replace("x.norm(dim=1, keepdim=True)", "x.std(1, keepdim=True)")},
        both("twin-share"),
        "no |r| is above 1",
    ),
    Wrong(
        "every map must be a twin",
        {"twin-share": LOOPS.replace("any(", "all(")},
        both("twin-share"),
    ),
    Wrong(
        "a set of the first of each pair",
        {"twin-share": LOOPS.replace("range(len(x)) if j != i", "range(i)")},
        both("twin-share"),
        "earlier or at later maps only",
    ),
    Wrong(
        "threshold written as a number",
        {"twin-share": LOOPS.replace(">= threshold", ">= 0.9")},
        both("twin-share"),
        "does not depend on the threshold",
    ),
    Wrong(
        "maps centred in place",
        {"twin-share": LOOPS.replace("    x = x[", "    x -= x.mean(1, keepdim=True)\n    x = x[", 1)},
        both("twin-share"),
        "in place",
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
    Right(
        "sets and loops",
        {"twin-share": LOOPS},
    ),
    Right(
        "counted pixel by pixel",
        {
            "ghost-macs": """
def ghost_macs(in_channels, out_channels, size, kernel_size=1, ratio=2, dw_kernel=3, stride=1):
    m = 0
    while m * ratio < out_channels:
        m += 1
    total = 0
    for row in range(0, size, stride):
        for column in range(0, size, stride):
            total += kernel_size * kernel_size * in_channels * m
            for ghost in range(ratio - 1):
                total += dw_kernel * dw_kernel * m
    return total
"""
        },
    ),
    Right(
        "cosine_similarity pair by pair",
        {
            "twin-share": """
def twin_share(maps, threshold=0.9):
    alive = [m for m in maps if m.std() > 1e-3]
    n = len(alive)
    found = 0
    for i, a in enumerate(alive):
        for j, b in enumerate(alive):
            r = torch.cosine_similarity((a - a.mean()).flatten(), (b - b.mean()).flatten(), dim=0)
            if i != j and abs(r) >= threshold:
                found += 1
                break
    return found / n if n > 1 else 0.0
"""
        },
    ),
    Right(
        "plain Python and a Fraction",
        {
            "twin-share": """
def twin_share(maps, threshold=0.9):
    from fractions import Fraction
    rows = [m.double().flatten().tolist() for m in maps]
    def centre(r):
        mu = sum(r) / len(r)
        return [v - mu for v in r]
    rows = [centre(r) for r in rows]
    rows = [r for r in rows if (sum(v * v for v in r) / (len(r) - 1)) ** 0.5 > 1e-3]
    if len(rows) <= 1: return Fraction(0)
    def cos(a, b):
        return sum(map(lambda p: p[0] * p[1], zip(a, b))) / math.sqrt(sum(v * v for v in a) * sum(v * v for v in b))
    n = sum(any(abs(cos(a, b)) >= threshold for j, b in enumerate(rows) if j != i) for i, a in enumerate(rows))
    return Fraction(n, len(rows))
"""
        },
    ),
    Right(
        "z-scores and a mask, a tensor returned",
        {
            "twin-share": """
def twin_share(maps, threshold=0.9):
    c = maps.shape[0]
    flat = maps.double().view(c, -1)
    sd, mu = torch.std_mean(flat, dim=-1, keepdim=True, correction=0)
    keep = (sd.squeeze(-1) > 1e-3).nonzero().squeeze(-1)
    if keep.numel() < 2:
        return torch.zeros(())
    z = ((flat - mu) / sd).index_select(0, keep)
    r = torch.mm(z, z.T) / z.size(1)
    mask = ~torch.eye(len(keep), dtype=torch.bool)
    return ((r.abs() * mask).max(dim=1).values >= threshold).to(torch.float64).mean()
"""
        },
    ),
    Right(
        "unfold and einsum with parameters and norms of its own",
        {
            "ghost-module": """
import math
import torch
import torch.nn.functional as F
from torch import nn

class Norm(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(c)); self.bias = nn.Parameter(torch.zeros(c))
        self.register_buffer("running_mean", torch.zeros(c)); self.register_buffer("running_var", torch.ones(c))
    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, self.training)

class GhostModule(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=1, ratio=2, dw_kernel=3, stride=1, relu=True):
        super().__init__()
        self.m = -(-out_channels // ratio)
        self.k, self.s, self.d, self.n, self.on = kernel_size, stride, dw_kernel, out_channels, relu
        self.g = self.m * (ratio - 1)
        self.w = nn.Parameter(torch.randn(self.m, in_channels * kernel_size**2))
        self.bn = Norm(self.m)
        if self.g:
            self.v = nn.Parameter(torch.randn(self.g, dw_kernel**2))
            self.bn2 = Norm(self.g)

    def forward(self, x):
        b, _, h, w = x.shape
        oh, ow = -(-h // self.s), -(-w // self.s)
        cols = F.unfold(x, self.k, padding=self.k // 2, stride=self.s)
        y = self.bn(torch.einsum("oc,bcp->bop", self.w, cols).reshape(b, self.m, oh, ow))
        y = y.clamp(min=0) if self.on else y
        if not self.g:
            return y
        cols = F.unfold(y, self.d, padding=self.d // 2).reshape(b, self.m, 1, self.d**2, oh * ow)
        cols = cols.expand(-1, -1, self.g // self.m, -1, -1)
        z = torch.einsum("bmztp,mzt->bmzp", cols, self.v.reshape(self.m, -1, self.d**2))
        z = self.bn2(z.reshape(b, self.g, oh, ow))
        z = z.clamp(min=0) if self.on else z
        return torch.cat((y, z), 1).narrow(1, 0, self.n)
"""
        },
    ),
    Right(
        "lazy layers",
        {
            "ghost-module": """
import math
import torch
from torch import nn
class GhostModule(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=1, ratio=2, dw_kernel=3, stride=1, relu=True):
        super().__init__()
        m = math.ceil(out_channels / ratio)
        act = nn.ReLU if relu else nn.Identity
        primary = nn.LazyConv2d(m, kernel_size, stride, kernel_size // 2, bias=False)
        self.a = nn.Sequential(primary, nn.LazyBatchNorm2d(), act())
        self.b = lambda y: y[:, :0]
        if ratio > 1:
            cheap = nn.LazyConv2d(m * (ratio - 1), dw_kernel, 1, dw_kernel // 2, groups=m, bias=False)
            self.b = nn.Sequential(cheap, nn.LazyBatchNorm2d(), act())
        self.n = out_channels
    def forward(self, x):
        y = self.a(x)
        return torch.concat([y, self.b(y)], 1)[:, :self.n]
"""
        },
    ),
    Right(
        "a Sequential that joins what its parts made",
        {
            "ghost-module": """
import math
import torch
from torch import nn
from effcourse import ConvNormAct
class GhostModule(nn.Sequential):
    def __init__(self, in_channels, out_channels, kernel_size=1, ratio=2, dw_kernel=3, stride=1, relu=True):
        m = math.ceil(out_channels / ratio)
        act = nn.ReLU if relu else None
        parts = [ConvNormAct(in_channels, m, kernel_size, stride, act=act)]
        if ratio > 1:
            n = m * (ratio - 1)
            cheap = nn.Conv2d(m, n, dw_kernel, 1, dw_kernel // 2, groups=m, bias=False)
            parts.append(nn.Sequential(cheap, nn.BatchNorm2d(n), act() if act else nn.Identity()))
        super().__init__(*parts)
        self.keep = out_channels
    def forward(self, x):
        made = [x]
        for part in self:
            made.append(part(made[-1]))
        return torch.cat(made[1:], dim=1)[:, :self.keep]
"""
        },
    ),
    Right(
        "ghosts tap by tap",
        {
            "ghost-module": """
import math
import torch
import torch.nn.functional as F
from torch import nn
class GhostModule(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=1, ratio=2, dw_kernel=3, stride=1, relu=True):
        super().__init__()
        m = math.ceil(out_channels / ratio)
        self.conv = nn.Conv2d(in_channels, m, kernel_size, stride, kernel_size // 2, bias=False)
        self.bn = nn.BatchNorm2d(m)
        self.s, self.d, self.n = ratio, dw_kernel, out_channels
        self.f = F.relu if relu else nn.Identity()
        if ratio > 1:
            self.taps = nn.Parameter(torch.randn(m * (ratio - 1), dw_kernel, dw_kernel))
            self.bn2 = nn.BatchNorm2d(m * (ratio - 1))
    def forward(self, x):
        y = self.f(self.bn(self.conv(x)))
        if self.s == 1:
            return y
        p = F.pad(y, [self.d // 2] * 4).repeat_interleave(self.s - 1, dim=1)
        h, w = y.shape[-2:]
        places = [(i, j) for i in range(self.d) for j in range(self.d)]
        z = sum(self.taps[:, i, j, None, None] * p[:, :, i : i + h, j : j + w] for i, j in places)
        return torch.cat([y, self.f(self.bn2(z))], 1)[:, :self.n]
"""
        },
    ),
]
