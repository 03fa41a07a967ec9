"""Wrong and unusual answers to exercise 04."""

from exercise_bank import Right, Wrong

BLOCK = ("test-block", "hidden-block")
SHORTCUT = ("test-shortcut", "hidden-shortcut")
NO_EXPANSION = ("test-no-expansion", "hidden-no-expansion")
ALL_BLOCKS = BLOCK + SHORTCUT + NO_EXPANSION
MERGED = ("test-merged-peak", "hidden-merged-peak")
ONE_GO = ("test-one-go-peak", "hidden-one-go-peak")
ONE_GO_DEF = "def one_go_peak(in_channels, out_channels, size, stride=1, expand_ratio=6):\n    return "


def block(
    hidden="in_channels * expand_ratio",
    expands="expand_ratio != 1",
    groups="groups=hidden, ",
    act="nn.ReLU6()",
    bias="False",
    end="",
    shortcut="stride == 1 and in_channels == out_channels",
    result="x + self.branch(x) if self.shortcut else self.branch(x)",
):
    """The block with parts to choose."""
    return f"""
class InvertedResidual(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, expand_ratio=6):
        super().__init__()
        hidden = {hidden}
        self.shortcut = {shortcut}
        layers = []
        if {expands}:
            layers += [nn.Conv2d(in_channels, hidden, 1, bias={bias}), nn.BatchNorm2d(hidden), {act}]
        layers += [nn.Conv2d(hidden, hidden, 3, stride, 1, {groups}bias={bias}), nn.BatchNorm2d(hidden), {act}]
        layers += [nn.Conv2d(hidden, out_channels, 1, bias={bias}), nn.BatchNorm2d(out_channels), {end}]
        self.branch = nn.Sequential(*layers)

    def forward(self, x):
        return {result}
"""


def merged(
    hidden="in_channels * expand_ratio",
    out="-(-size // stride)",
    wide="size",
    expands="expand_ratio != 1",
    waits="stride == 1 and in_channels == out_channels",
    result="4 * max(a + b + waiting * (i > 0) for i, (a, b) in enumerate(pairs))",
):
    """The peak with parts to choose."""
    return f"""
def merged_peak(in_channels, out_channels, size, stride=1, expand_ratio=6):
    hidden, out = {hidden}, {out}
    tensors = [in_channels * size**2]
    if {expands}:
        tensors += [hidden * {wide}**2]
    tensors += [hidden * out**2, out_channels * out**2]
    waiting = tensors[0] * ({waits})
    pairs = list(zip(tensors[:-1], tensors[1:]))
    return {result}
"""


WRONG = [
    Wrong("ReLU6 after the projection", {"block": block(end="nn.ReLU6()")}, ALL_BLOCKS, "projection must be linear"),
    Wrong("forgot groups", {"block": block(groups="")}, ALL_BLOCKS, "left out groups"),
    Wrong(
        "hidden width from output channels",
        {"block": block(hidden="out_channels * expand_ratio")},
        ALL_BLOCKS,
        "comes from out_channels",
    ),
    Wrong("ReLU for ReLU6", {"block": block(act="nn.ReLU()")}, ALL_BLOCKS, "the activation is ReLU6"),
    Wrong("convolutions with a bias", {"block": block(bias="True")}, ALL_BLOCKS, "have a bias"),
    Wrong(
        "residual when the stride is 2",
        {"block": block(shortcut="in_channels == out_channels")},
        (*SHORTCUT, "hidden-no-expansion"),
        "when the stride is 2 as well",
    ),
    Wrong(
        "residual when channels differ",
        {"block": block(shortcut="stride == 1")},
        SHORTCUT + NO_EXPANSION,
        "when the channels differ as well",
    ),
    Wrong("residual always", {"block": block(shortcut="True")}, ALL_BLOCKS, "always add the input"),
    Wrong("no residual", {"block": block(shortcut="False")}, SHORTCUT + NO_EXPANSION, "no shortcut"),
    Wrong(
        "residual added twice",
        {"block": block(result="x + (x + self.branch(x)) if self.shortcut else self.branch(x)")},
        SHORTCUT + NO_EXPANSION,
        "added twice",
    ),
    Wrong(
        "ReLU6 after the sum",
        {"block": block(result="nn.functional.relu6(x + self.branch(x) if self.shortcut else self.branch(x))")},
        ALL_BLOCKS,
        "After the sum comes another activation",
    ),
    Wrong("expansion kept at 1", {"block": block(expands="True")}, NO_EXPANSION, "expands at expand_ratio 1 too"),
    Wrong(
        "stride in the expansion",
        {"block": block().replace("hidden, 1, bias", "hidden, 1, stride, bias").replace("3, stride, 1", "3, 1, 1")},
        BLOCK + SHORTCUT + NO_EXPANSION,
        "three of four positions",
    ),
    Wrong(
        "numbers for bytes",
        {"merged-peak": merged(result="max(a + b + waiting * (i > 0) for i, (a, b) in enumerate(pairs))")},
        MERGED,
        "numbers, not bytes",
    ),
    Wrong("all tensors at once", {"merged-peak": merged(result="4 * sum(tensors)")}, MERGED, "added all tensors up"),
    Wrong("largest tensor", {"merged-peak": merged(result="4 * max(tensors)")}, MERGED, "the largest tensor alone"),
    Wrong("nothing waits", {"merged-peak": merged(waits="False")}, MERGED, "waits in memory until the sum"),
    Wrong(
        "something waits at stride 2",
        {"merged-peak": merged(waits="in_channels == out_channels")},
        MERGED,
        "With stride 2",
    ),
    Wrong("expansion's memory at 1", {"merged-peak": merged(expands="True")}, MERGED, "At expand_ratio 1"),
    Wrong("stride before the expansion", {"merged-peak": merged(wide="out")}, MERGED, "runs before the stride"),
    Wrong("size rounded down", {"merged-peak": merged(out="size // stride")}, MERGED, "rounded the size down"),
    Wrong(
        "wide inside by the output",
        {"merged-peak": merged(hidden="out_channels * expand_ratio")},
        MERGED,
        "comes from out_channels",
    ),
    Wrong(
        "larger of input and output",
        {"one-go-peak": ONE_GO_DEF + "4 * max(in_channels * size**2, out_channels * (-(-size // stride)) ** 2)"},
        ONE_GO,
        "the larger of the two",
    ),
    Wrong(
        "no stride",
        {"one-go-peak": ONE_GO_DEF + "4 * (in_channels + out_channels) * size**2"},
        ONE_GO,
        "stride is not used",
    ),
]

RIGHT = [
    Right("as in the solution, written again", {"block": block(), "merged-peak": merged()}),
    Right(
        "layers one by one, registered backwards, activations in place",
        {
            "block": """
class InvertedResidual(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, expand_ratio=6):
        super().__init__()
        wide = expand_ratio * in_channels
        self.norm3 = nn.BatchNorm2d(out_channels)
        self.project = nn.Conv2d(wide, out_channels, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(wide)
        self.depthwise = nn.Conv2d(wide, wide, 3, stride=(stride, stride), padding="same" if stride == 1 else 1,
                                   groups=wide, bias=False)
        if expand_ratio > 1:
            self.norm1 = nn.BatchNorm2d(wide)
            self.expand = nn.Conv2d(in_channels, wide, 1, bias=False)
        self.act = nn.ReLU6(inplace=True)
        self.expand_ratio, self.same = expand_ratio, (in_channels, 1) == (out_channels, stride)

    def forward(self, x):
        out = self.act(self.norm1(self.expand(x))) if self.expand_ratio > 1 else x
        out = self.norm3(self.project(self.act(self.norm2(self.depthwise(out)))))
        if self.same:
            out += x
        return out
"""
        },
    ),
    Right(
        "functional, with bare parameters",
        {
            "block": """
import torch
import torch.nn.functional as F

class InvertedResidual(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, expand_ratio=6):
        super().__init__()
        wide = expand_ratio * in_channels
        self.stride, self.wide = stride, wide
        self.expand = nn.Parameter(torch.randn(wide, in_channels, 1, 1)) if expand_ratio != 1 else None
        self.depthwise = nn.Parameter(torch.randn(wide, 1, 3, 3))
        self.project = nn.Parameter(torch.randn(out_channels, wide, 1, 1))
        self.norms = nn.ModuleDict({"out": nn.BatchNorm2d(out_channels), "wide": nn.BatchNorm2d(wide)})
        if expand_ratio != 1:
            self.norms["first"] = nn.BatchNorm2d(wide)

    def forward(self, x):
        out = x
        if self.expand is not None:
            out = self.norms["first"](F.conv2d(out, self.expand)).clamp(0, 6)
        out = F.conv2d(out, self.depthwise, stride=self.stride, padding=1, groups=self.wide)
        out = self.norms["out"](F.conv2d(self.norms["wide"](out).clamp(0, 6), self.project))
        return torch.add(x, out) if out.shape == x.shape else out
"""
        },
    ),
    Right(
        "linear layers with einops, one channel after the other",
        {
            "block": """
import torch
from einops import rearrange

class InvertedResidual(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, expand_ratio=6):
        super().__init__()
        wide = expand_ratio * in_channels
        if expand_ratio != 1:
            self.expand, self.norm1 = nn.Linear(in_channels, wide, bias=False), nn.BatchNorm2d(wide)
        self.filters, self.norm2 = nn.Parameter(torch.randn(wide, 3, 3)), nn.BatchNorm2d(wide)
        self.project, self.norm3 = nn.Linear(wide, out_channels, bias=False), nn.BatchNorm2d(out_channels)
        self.stride, self.expands = stride, expand_ratio != 1
        self.adds = stride == 1 and in_channels == out_channels

    def mix(self, layer, x):
        return rearrange(layer(rearrange(x, "n c h w -> n h w c")), "n h w c -> n c h w")

    def filter(self, x):
        height, width = x.shape[2:]
        padded = nn.functional.pad(x, (1, 1, 1, 1))
        out = sum(
            self.filters[None, :, u, v, None, None] * padded[:, :, u : u + height, v : v + width]
            for u in range(3)
            for v in range(3)
        )
        return out[:, :, :: self.stride, :: self.stride]

    def forward(self, x):
        out = self.norm1(self.mix(self.expand, x)).clamp(0, 6) if self.expands else x
        out = self.norm2(self.filter(out)).clamp(0, 6)
        out = self.norm3(self.mix(self.project, out))
        return x + out if self.adds else out
"""
        },
    ),
]
