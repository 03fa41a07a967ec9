"""Wrong and unusual answers to exercise 02."""
# ruff: noqa: E501  (an answer stands on one line where it can)

from exercise_bank import Right, Wrong

BLOCK = ("test-block", "hidden-block")
BLOCK_MACS = ("test-block-macs", "hidden-block-macs")
MACS = ("test-separable-macs", "hidden-separable-macs")
SAVING = ("test-saving", "hidden-saving")
FEWEST = ("test-fewest-outputs", "hidden-fewest-outputs")

MACS_DEF = "def separable_macs(in_channels, out_channels, size, kernel_size=3, stride=1):\n    "
SAVING_DEF = "def saving(in_channels, out_channels, kernel_size=3):\n    return "
FEWEST_DEF = "import math\n\ndef fewest_outputs(times, kernel_size=3):\n    k = kernel_size\n    "


def block(
    pointwise="in_channels, out_channels, 1, bias=False",
    depthwise="out_channels, out_channels, kernel_size, stride, kernel_size // 2, groups=out_channels, bias=False",
    forward="F.relu(self.norm2(self.depthwise(F.relu(self.norm1(self.pointwise(x))))))",
):
    """The block with arguments or order to choose."""
    return f"""
class MixThenFilter(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1):
        super().__init__()
        self.stride = stride
        self.pointwise = nn.Conv2d({pointwise})
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.depthwise = nn.Conv2d({depthwise})
        self.norm2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return {forward}
"""


FILTERS = "out_channels, out_channels, kernel_size, {stride}, {pad}{more}"
WRONG = [
    Wrong(
        "forgot groups",
        {"block": block(depthwise=FILTERS.format(stride="stride", pad="kernel_size // 2", more=", bias=False"))},
        BLOCK + BLOCK_MACS,
        "left out groups",
    ),
    Wrong(
        "positions thrown away: right outputs, wasted work",
        {
            "block": block(
                depthwise=FILTERS.format(stride="1", pad="kernel_size // 2", more=", groups=out_channels, bias=False"),
                forward="F.relu(self.norm2(self.depthwise(F.relu(self.norm1(self.pointwise(x))))))"
                "[..., ::self.stride, ::self.stride]",
            )
        },
        BLOCK + BLOCK_MACS,
        "throw most of them away",
    ),
    Wrong(
        "the stride comes with the mixing",
        {
            "block": block(
                "in_channels, out_channels, 1, stride, bias=False",
                FILTERS.format(stride="1", pad="kernel_size // 2", more=", groups=out_channels, bias=False"),
            )
        },
        BLOCK,
        "never see the positions between",
    ),
    Wrong(
        "padding 1 whatever the kernel",
        {"block": block(depthwise=FILTERS.format(stride="stride", pad="1", more=", groups=out_channels, bias=False"))},
        BLOCK,
        "right for 3×3 only",
    ),
    Wrong(
        "no ReLU between the halves",
        {"block": block(forward="F.relu(self.norm2(self.depthwise(self.norm1(self.pointwise(x)))))")},
        BLOCK,
        "no ReLU between",
    ),
    Wrong(
        "a linear end",
        {"block": block(forward="self.norm2(self.depthwise(F.relu(self.norm1(self.pointwise(x)))))")},
        BLOCK,
        "can be negative",
    ),
    Wrong(
        "one batch norm for both halves",
        {"block": block(forward="F.relu(self.norm2(self.depthwise(F.relu(self.pointwise(x)))))")},
        BLOCK,
        "No batch norm runs after the pointwise",
    ),
    Wrong(
        "convolutions with a bias",
        {
            "block": block(
                "in_channels, out_channels, 1",
                FILTERS.format(stride="stride", pad="kernel_size // 2", more=", groups=out_channels"),
            )
        },
        BLOCK,
        "have a bias",
    ),
    Wrong(
        "the chapter's block",
        {
            "block": """
class MixThenFilter(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1):
        super().__init__()
        pad = kernel_size // 2
        self.depthwise = nn.Conv2d(in_channels, in_channels, kernel_size, stride, pad, groups=in_channels, bias=False)
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return F.relu(self.norm2(self.pointwise(F.relu(self.norm1(self.depthwise(x))))))
"""
        },
        (*BLOCK, "hidden-block-macs"),
        "You filter before you mix",
    ),
    Wrong(
        "counted batch norm",
        {
            "separable-macs": MACS_DEF + "inside, outside = size**2, (-(-size // stride)) ** 2\n"
            "    return out_channels * ((in_channels + 2) * inside + (kernel_size**2 + 2) * outside)"
        },
        MACS,
        "counted batch norm",
    ),
    Wrong(
        "counted the bias",
        {
            "separable-macs": MACS_DEF + "inside, outside = size**2, (-(-size // stride)) ** 2\n"
            "    return out_channels * ((in_channels + 1) * inside + (kernel_size**2 + 1) * outside)"
        },
        MACS,
        "counted a bias",
    ),
    Wrong(
        "no groups in the count",
        {
            "separable-macs": MACS_DEF + "inside, outside = size**2, (-(-size // stride)) ** 2\n"
            "    return out_channels * (in_channels * inside + kernel_size**2 * out_channels * outside)"
        },
        MACS,
        "a depthwise filter reads one channel",
    ),
    Wrong(
        "size rounded down",
        {
            "separable-macs": MACS_DEF + "return out_channels * (in_channels * size**2 "
            "+ kernel_size**2 * (size // stride) ** 2)"
        },
        MACS,
        "rounded the size down",
    ),
    Wrong(
        "both halves at the output's size",
        {
            "separable-macs": MACS_DEF + "positions = (-(-size // stride)) ** 2\n"
            "    return out_channels * (in_channels + kernel_size**2) * positions"
        },
        MACS,
        "mixing comes before the stride",
    ),
    Wrong("upside down", {"saving": SAVING_DEF + "1 / in_channels + 1 / kernel_size**2"}, SAVING, "Upside down"),
    Wrong(
        "the chapter's formula",
        {"saving": SAVING_DEF + "1 / (1 / out_channels + 1 / kernel_size**2)"},
        SAVING,
        "chapter's order",
    ),
    Wrong("k² flat", {"saving": SAVING_DEF + "kernel_size**2"}, SAVING, "the limit for many"),
    Wrong(
        "one side of the kernel",
        {"saving": SAVING_DEF + "1 / (1 / in_channels + 1 / kernel_size)"},
        SAVING,
        "one side of the kernel",
    ),
    Wrong(
        "rounded down",
        {"fewest-outputs": FEWEST_DEF + "return int(times * k * k / (k * k - times)) if times < k * k else None"},
        FEWEST,
        "round up, not down",
    ),
    Wrong(
        "the impossible divides by zero",
        {"fewest-outputs": FEWEST_DEF + "return math.ceil(times * k * k / (k * k - times))"},
        FEWEST,
        "divides by zero",
    ),
    Wrong(
        "0 for the impossible",
        {"fewest-outputs": FEWEST_DEF + "return math.ceil(times * k * k / (k * k - times)) if times < k * k else 0"},
        FEWEST,
        "not 0",
    ),
    Wrong(
        "always 3×3",
        {"fewest-outputs": FEWEST_DEF + "return math.ceil(9 * times / (9 - times)) if times < 9 else None"},
        FEWEST,
        "kernel is not used",
    ),
]

WRONG.append(
    Wrong(
        "differences of reciprocals",
        {"fewest-outputs": FEWEST_DEF + "return math.ceil(1 / (1 / times - 1 / (k * k))) if times < k * k else None"},
        FEWEST,
        "one fraction",
    )
)

LAYERS = (
    "nn.Conv2d(c, o, 1, bias=False)", "nn.BatchNorm2d(o)", "nn.ReLU()",
    "nn.Conv2d(o, o, k, s, k // 2, groups=o, bias=False)", "nn.BatchNorm2d(o)", "nn.ReLU()",
)  # fmt: skip


def chain(forward="return self.body(x)", made="nn.Sequential", **layers):
    """A Sequential of six layers, some of them replaced: ``at3="nn.Conv2d(...)"``."""
    parts = [layers.get(f"at{i}", layer) for i, layer in enumerate(LAYERS)]
    return f"""
class MixThenFilter(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1):
        super().__init__()
        c, o, k, s = in_channels, out_channels, kernel_size, stride
        self.body = {made}({", ".join(parts)})

    def forward(self, x):
        {forward}
"""


def fewest_by_loop(stop="saving(c, 64, kernel_size) < times", start=1, end="c"):
    loop = f"c = {start}\n    while {stop}:\n        c += 1\n    return {end}\n"
    return (
        "def fewest_outputs(times, kernel_size=3):\n    if times >= kernel_size**2:\n        return None\n    " + loop
    )


WRONG += [
    Wrong("two channels a group", {"block": chain(at3="nn.Conv2d(o, o, k, s, k // 2, groups=o // 2 or 1, bias=False)")}, BLOCK + BLOCK_MACS),
    Wrong("mixes twice", {"block": chain(at2="nn.ReLU(), nn.Conv2d(o, o, 1, bias=False)")}, BLOCK + BLOCK_MACS),
    Wrong("takes steps by dilation", {"block": chain(at3="nn.Conv2d(o, o, k, 1, s * (k // 2), s, groups=o, bias=False)")}, BLOCK + BLOCK_MACS, "do not shrink"),
    Wrong("loses the axis of one picture", {"block": chain("return self.body(x).squeeze()")}, BLOCK),
    Wrong("layers in a plain list", {"block": chain("for layer in self.body:\n            x = layer(x)\n        return x", "(lambda *layers: list(layers))")}, BLOCK, "plain list"),
    Wrong("asks for more than times, in a loop", {"fewest-outputs": fewest_by_loop("saving(c, 64, kernel_size) <= times")}, FEWEST, "take one more"),
    Wrong("one back from the end", {"fewest-outputs": fewest_by_loop(end="c - 1")}, FEWEST, "last number of channels that is under"),
    Wrong("begins at 2", {"fewest-outputs": fewest_by_loop(start=2)}, FEWEST),
]  # fmt: skip

RIGHT = [
    Right(
        "nn.Sequential, registered backwards",
        {
            "block": """
class MixThenFilter(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1):
        super().__init__()
        pad = (kernel_size - 1) // 2
        self.filter = nn.Sequential(
            nn.ZeroPad2d(pad),
            nn.Conv2d(out_channels, out_channels, kernel_size, stride, groups=out_channels, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(True),
        )
        self.mix = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, (1, 1), bias=False), nn.BatchNorm2d(out_channels), nn.ReLU(True)
        )

    def forward(self, x):
        return self.filter(self.mix(x))
""",
            "fewest-outputs": """
def fewest_outputs(times, kernel_size=3):
    if times >= kernel_size * kernel_size:
        return None
    channels = 1
    while saving(channels, 64, kernel_size) < times:
        channels += 1
    return channels
""",
        },
    ),
    Right(
        "a linear layer with einops for the mixing",
        {
            "block": """
from einops import rearrange

class MixThenFilter(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1):
        super().__init__()
        self.norms = nn.ModuleList([nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels)])
        self.linear = nn.Linear(in_channels, out_channels, bias=False)
        self.depthwise = nn.Conv2d(
            out_channels, out_channels, kernel_size, stride, padding=kernel_size // 2, groups=out_channels, bias=False
        )

    def forward(self, x):
        mixed = self.linear(rearrange(x, "n c h w -> n h w c"))
        x = self.norms[0](rearrange(mixed, "n h w c -> n c h w")).clamp(min=0)
        return self.norms[1](self.depthwise(x)).relu()
"""
        },
    ),
    Right(
        "functional, with bare parameters",
        {
            "block": """
import torch

class MixThenFilter(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1):
        super().__init__()
        self.mixing = nn.Parameter(torch.randn(out_channels, in_channels))
        self.filters = nn.Parameter(torch.randn(out_channels, 1, kernel_size, kernel_size))
        self.stride, self.pad, self.groups = stride, kernel_size // 2, out_channels
        self.norms = nn.Sequential(nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels))

    def forward(self, x):
        x = torch.relu(self.norms[0](torch.einsum("oc,nchw->nohw", self.mixing, x)))
        x = F.conv2d(x, self.filters, stride=self.stride, padding=self.pad, groups=self.groups)
        return torch.relu(self.norms[1](x))
"""
        },
    ),
    Right(
        "the layers themselves, from torch and trace",
        {
            "separable-macs": """
from effcourse import trace

def separable_macs(in_channels, out_channels, size, kernel_size=3, stride=1):
    return trace(MixThenFilter(in_channels, out_channels, kernel_size, stride), (in_channels, size, size)).macs
""",
            "saving": """
def saving(in_channels, out_channels, kernel_size=3):
    standard = in_channels * out_channels * kernel_size**2 * 7 * 7
    return standard / separable_macs(in_channels, out_channels, 7, kernel_size)
""",
        },
    ),
    Right(
        "taps in a loop, and a search by halves",
        {
            "block": """
import torch

class MixThenFilter(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1):
        super().__init__()
        self.taps = nn.Parameter(torch.randn(out_channels, kernel_size, kernel_size))
        self.a, self.b = nn.BatchNorm1d(out_channels), nn.BatchNorm2d(out_channels)
        self.mix = nn.Conv1d(in_channels, out_channels, 1, bias=False)
        self.stride = stride

    def forward(self, x):
        k, (h, w) = self.taps.shape[-1], x.shape[2:]
        mixed = F.relu(self.a(self.mix(x.flatten(2)))).unflatten(2, (h, w))
        padded, y = F.pad(mixed, [k // 2] * 4), 0
        for i in range(k):
            for j in range(k):
                y = y + padded[:, :, i : i + h : self.stride, j : j + w : self.stride] * self.taps[:, i, j, None, None]
        return F.relu(self.b(y))
""",
            "fewest-outputs": """
from fractions import Fraction

def fewest_outputs(times, kernel_size=3):
    k2 = kernel_size ** 2
    match times < k2:
        case False:
            return
        case True:
            low, high = 0, 1
            while Fraction(high * k2, high + k2) < times:
                low, high = high, 2 * high
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if middle * k2 / (middle + k2) >= times else (middle, high)
            return high
""",
        },
    ),
]
