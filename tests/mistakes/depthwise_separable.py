"""Wrong and unusual answers to exercise 02."""

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
]
