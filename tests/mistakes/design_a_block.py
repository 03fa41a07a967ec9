"""Wrong and unusual answers to exercise 10."""

from exercise_bank import Right, Wrong

BUDGET = """
def budget(in_channels, out_channels, stride, size):
    hidden, out = 6 * in_channels, -(-size // stride)
    weights = [in_channels * hidden, 9 * hidden, hidden * out_channels]
    macs = weights[0] * size**2 + (weights[1] + weights[2]) * out**2
    norms = 2 * (2 * hidden + out_channels)
    return """
BLOCK = """
class EfficientBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        hidden = 4 * in_channels
        self.expand = nn.Sequential(nn.Conv2d(in_channels, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6())
        self.depthwise = nn.Sequential(
            nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6()
        )
        squeezed = max(1, in_channels // 4)
        self.down, self.up = nn.Conv2d(hidden, squeezed, 1), nn.Conv2d(squeezed, hidden, 1)
        self.project = nn.Sequential(nn.Conv2d(hidden, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels))
        self.residual = stride == 1 and in_channels == out_channels

    def gate(self, x):
        means = x.mean(dim=(2, 3), keepdim=True)
        return torch.sigmoid(self.up(torch.relu(self.down(means))))

    def forward(self, x):
        out = self.depthwise(self.expand(x))
        out = self.project(out * self.gate(out))
        return x + out if self.residual else out
"""


def parts(*names: str) -> tuple[str, ...]:
    return tuple(f"{kind}-{name}" for name in names for kind in ("test", "hidden"))


def changed(*changes: tuple[str, str]) -> dict[str, str]:
    source = BLOCK
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return {"block": source}


WRONG = [
    Wrong(
        "FLOPs in the budget",
        {"budget": BUDGET + '{"macs": 2 * macs, "params": sum(weights) + norms}'},
        parts("budget"),
        "counted FLOPs",
    ),
    Wrong(
        "batch norm left out",
        {"budget": BUDGET + '{"macs": macs, "params": sum(weights)}'},
        parts("budget"),
        "left out batch norm's parameters",
    ),
    Wrong(
        "hidden biases counted",
        {"budget": BUDGET + '{"macs": macs, "params": sum(weights) + norms + 2 * hidden + out_channels}'},
        parts("budget"),
        "biases as well",
    ),
    Wrong(
        "hidden width from the output's channels",
        {"budget": (BUDGET + '{"macs": macs, "params": sum(weights) + norms}').replace("6 * in_", "6 * out_")},
        parts("budget"),
        "*input's* channels",
    ),
    Wrong(
        "expansion at the output's size",
        {"budget": (BUDGET + '{"macs": macs, "params": sum(weights) + norms}').replace("* size**2", "* out**2")},
        parts("budget"),
        "comes after it",
    ),
    Wrong(
        "residual whatever the shapes",
        changed(("self.residual = stride == 1 and in_channels == out_channels", "self.residual = True")),
        parts("shapes", "residual", "within-budget"),
        "only where the stride is 1",
    ),
    Wrong(
        "residual also at stride 2",
        changed(("self.residual = stride == 1 and in_channels", "self.residual = in_channels")),
        parts("shapes", "residual", "within-budget"),
        "and in_channels equals out_channels",
    ),
    Wrong(
        "the stride forgotten",
        changed(("3, stride, 1", "3, 1, 1")),
        parts("shapes", "within-budget"),
        "stride has no effect",
    ),
    Wrong(
        "no padding",
        changed(("3, stride, 1", "3, stride, 0"), ("self.residual = stride == 1 and", "self.residual = False and")),
        parts("shapes", "residual"),
        "needs padding",
    ),
    Wrong(
        "a gate that is not multiplied on",
        changed(("out = self.project(out * self.gate(out))", "self.gate(out)\n        out = self.project(out)")),
        parts("shapes", "squeeze-excite"),
        "never multiplied on",
    ),
    Wrong(
        "squeeze over the batch too",
        changed(("dim=(2, 3)", "dim=(0, 2, 3)")),
        parts("shapes"),
        "dim=(2, 3)",
    ),
    Wrong(
        "dense in place of depthwise",
        changed(("groups=hidden", "groups=1")),
        parts("depthwise", "within-budget"),
        "A dense convolution larger than 1×1",
    ),
    Wrong(
        "a few groups",
        changed(("groups=hidden", "groups=4")),
        parts("depthwise", "within-budget"),
        "a group for each channel",
    ),
    Wrong(
        "SE without the squeeze",
        changed(("means = x.mean(dim=(2, 3), keepdim=True)", "means = x")),
        parts("squeeze-excite"),
        "squeeze first",
    ),
    Wrong(
        "no SE",
        changed(
            ("out * self.gate(out)", "out"),
            ("self.down, self.up = nn.Conv2d(hidden, squeezed, 1), nn.Conv2d(squeezed, hidden, 1)", ""),
        ),
        parts("squeeze-excite"),
        "Nothing in the block sees the whole picture",
    ),
    Wrong("no residual", changed(("x + out if self.residual else out", "out")), parts("residual"), "add the input"),
    Wrong("residual added twice", changed(("x + out if", "x + x + out if")), parts("residual"), "added twice"),
    Wrong(
        "activation after the sum",
        changed(("x + out if", "torch.relu(x + out) if")),
        parts("residual"),
        "activation stands after",
    ),
    Wrong(
        "the sum gated",
        changed(
            ("out = self.project(out * self.gate(out))", "out = self.project(out)"),
            (
                "return x + out if self.residual else out",
                "out = x + out if self.residual else out\n        return out * self.gate(out)",
            ),
            (
                "nn.Conv2d(hidden, squeezed, 1), nn.Conv2d(squeezed, hidden, 1)",
                "nn.Conv2d(out_channels, squeezed, 1), nn.Conv2d(squeezed, out_channels, 1)",
            ),
        ),
        parts("residual"),
        "gate stands after the addition",
    ),
    Wrong(
        "expansion 6 with the usual SE",
        changed(("hidden = 4 * in_channels", "hidden = 6 * in_channels"), ("max(1, in_channels // 4)", "hidden // 4")),
        parts("within-budget"),
        "squeeze to fewer channels",
    ),
    Wrong(
        "a wider expansion",
        changed(("hidden = 4 * in_channels", "hidden = 8 * in_channels")),
        parts("within-budget"),
        "a smaller expansion makes it cheaper",
    ),
    Wrong(
        "the library's own",
        {
            "block": "from effcourse.models.mobilenet_v3 import MobileNetV3Block\n\n"
            "def EfficientBlock(c, d, stride=1):\n    return MobileNetV3Block(c, d, 3, stride, 4, True, True)"
        },
        parts("shapes", "depthwise", "squeeze-excite", "residual", "within-budget"),
        "write your own",
    ),
    Wrong(
        "gates added",
        changed(("out * self.gate(out)", "out + self.gate(out)")),
        parts("squeeze-excite"),
        "gates are added",
    ),
    Wrong(
        "one gate for all channels",
        changed(("nn.Conv2d(squeezed, hidden, 1)", "nn.Conv2d(squeezed, 1, 1)")),
        parts("squeeze-excite"),
        "one gate for all",
    ),
    Wrong(
        "one gate, as the mean of all gates",
        changed(
            (
                "torch.sigmoid(self.up(torch.relu(self.down(means))))",
                "torch.sigmoid(self.up(torch.relu(self.down(means)))).mean(1, keepdim=True)",
            )
        ),
        parts("squeeze-excite"),
        "each has its own",
    ),
    Wrong(
        "max in place of mean",
        changed(("means = x.mean(dim=(2, 3), keepdim=True)", "means = x.amax(dim=(2, 3), keepdim=True)")),
        parts("squeeze-excite"),
        "largest number",
    ),
    Wrong(
        "adaptive max pooling",
        changed(("means = x.mean(dim=(2, 3), keepdim=True)", "means = nn.functional.adaptive_max_pool2d(x, 1)")),
        parts("squeeze-excite"),
        "the mean is asked",
    ),
    Wrong(
        "5x5 with padding 1",
        changed(("hidden, 3, stride, 1", "hidden, 5, stride, 1")),
        parts("shapes", "depthwise", "squeeze-excite", "residual", "within-budget"),
        "padding=kernel_size // 2",
    ),
    Wrong(
        "an activation in place on the input",
        changed(("out = self.depthwise(self.expand(x))", "out = self.depthwise(self.expand(torch.relu_(x)))")),
        parts("shapes", "squeeze-excite", "residual"),
        "in place",
    ),
    Wrong(
        "x += out",
        changed(
            (
                "return x + out if self.residual else out",
                "if self.residual:\n            x += out\n            return x\n        return out",
            )
        ),
        parts("shapes", "squeeze-excite"),
        "in place",
    ),
    Wrong(
        "stride in the expansion, too",
        changed(("nn.Conv2d(in_channels, hidden, 1, bias", "nn.Conv2d(in_channels, hidden, 1, stride, bias")),
        parts("shapes"),
        "applied twice",
    ),
    Wrong(
        "SEBlock at expansion 4 with reduction 8",
        {
            "block": """
class EfficientBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        h = 4 * in_channels
        self.branch = nn.Sequential(
            ConvNormAct(in_channels, h, 1),
            ConvNormAct(h, h, 3, stride, groups=h),
            SEBlock(h, reduction=8),
            ConvNormAct(h, out_channels, 1, act=None),
        )
        self.add = stride == 1 and in_channels == out_channels

    def forward(self, x):
        return x + self.branch(x) if self.add else self.branch(x)
"""
        },
        parts("within-budget"),
        "squeeze to fewer channels",
    ),
    Wrong(
        "size rounded down",
        {
            "budget": (BUDGET + '{"macs": macs, "params": sum(weights) + norms}').replace(
                "-(-size // stride)", "size // stride"
            )
        },
        parts("budget"),
        "rounded an odd size down",
    ),
    Wrong(
        "floats",
        {
            "budget": (BUDGET + '{"macs": macs, "params": sum(weights) + norms}').replace(
                "-(-size // stride)", "float(-(-size // stride))"
            )
        },
        parts("budget"),
        "yours are floats",
    ),
    Wrong(
        "running statistics counted",
        {"budget": BUDGET + '{"macs": macs, "params": sum(weights) + 2 * norms}'},
        parts("budget"),
        "not learned",
    ),
    Wrong(
        "a mean of the first row",
        changed(("x.mean(dim=(2, 3), keepdim=True)", "x[:, :, :1].mean(dim=(2, 3), keepdim=True)")),
        parts("squeeze-excite"),
        "something else than the mean",
    ),
    Wrong(
        "a mean of every second pixel",
        changed(("x.mean(dim=(2, 3), keepdim=True)", "x[..., ::2, ::2].mean(dim=(2, 3), keepdim=True)")),
        parts("squeeze-excite"),
        "something else than the mean",
    ),
    Wrong(
        "a sum over 14 × 14, whatever the size",
        changed(("x.mean(dim=(2, 3), keepdim=True)", "x.sum(dim=(2, 3), keepdim=True) / 196")),
        parts("squeeze-excite"),
        "something else than the mean",
    ),
    Wrong(
        "mean and largest number",
        changed(("x.mean(dim=(2, 3), keepdim=True)", "x.mean((2, 3), True) + x.amax((2, 3), True)")),
        parts("squeeze-excite"),
        "hears more of the picture",
    ),
    Wrong(
        "a residual in thin blocks only",
        changed(("stride == 1 and in_channels == out_channels", "stride == 1 and in_channels == out_channels < 64")),
        parts("residual"),
        "Nothing comes through",
    ),
    Wrong(
        "a dropout that is always on",
        changed(("return x + out", "out = nn.functional.dropout(out, 0.1)\n        return x + out")),
        parts("shapes", "squeeze-excite"),
        "is random",
    ),
    Wrong(
        "stride under another name",
        changed(("stride=1)", "step=1)"), ("super().__init__()", "super().__init__()\n        stride = step")),
        parts("shapes"),
    ),
]

RIGHT = [
    Right(
        "a depthwise convolution with a multiplier in place of the expansion",
        {
            "block": """
class EfficientBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        hidden = 3 * in_channels
        self.filter = nn.Conv2d(in_channels, hidden, 3, stride, 1, groups=in_channels, bias=False)
        self.norm = nn.BatchNorm2d(hidden)
        self.gate = nn.Sequential(nn.Linear(hidden, 8), nn.ReLU(), nn.Linear(8, hidden), nn.Sigmoid())
        self.project = ConvNormAct(hidden, out_channels, 1, act=None)
        self.add = stride == 1 and in_channels == out_channels

    def forward(self, x):
        y = torch.relu(self.norm(self.filter(x)))
        y = self.project(y * self.gate(y.mean((2, 3)))[..., None, None])
        return x + y if self.add else y
"""
        },
    ),
    Right(
        "gate on the input's channels, sums for means, ghost-like branches",
        {
            "block": """
class EfficientBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        c = in_channels
        self.down, self.up = nn.Linear(c, c // 4), nn.Linear(c // 4, c)
        self.left = nn.Conv2d(c, c, 3, stride, 1, groups=c, bias=False)
        self.right = nn.Conv2d(c, c, 7, stride, 3, groups=c, bias=False)
        self.norm = nn.BatchNorm2d(2 * c)
        self.mix = nn.Conv2d(2 * c, out_channels, 1)
        self.stride = stride

    def forward(self, x):
        n, c, h, w = x.shape
        gates = torch.tanh(self.up(torch.relu(self.down(x.sum(3).sum(2) / (h * w)))))
        y = x * gates.view(n, c, 1, 1)
        y = torch.cat([self.left(y), self.right(y)], 1)
        y = self.mix(nn.functional.gelu(self.norm(y)))
        return y + x if y.shape[1] == c and self.stride == 1 else y
"""
        },
    ),
    Right("plain layers", {"block": BLOCK, "budget": BUDGET + '{"macs": macs, "params": sum(weights) + norms}'}),
    Right(
        "no expansion, gate on the thin end, 5×5, layers registered in another order",
        {
            "block": """
class EfficientBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.shortcut = nn.Identity() if stride == 1 and in_channels == out_channels else None
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.excite = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(in_channels, 8), nn.SiLU(), nn.Linear(8, in_channels)
        )
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.depthwise = nn.Conv2d(in_channels, in_channels, 5, stride=stride, padding=2, groups=in_channels)

    def forward(self, x):
        out = nn.functional.silu(self.norm1(self.depthwise(x)))
        out = out * nn.functional.hardsigmoid(self.excite(out))[:, :, None, None]
        out = self.norm2(self.pointwise(out))
        return out if self.shortcut is None else self.shortcut(x) + out
"""
        },
    ),
    Right(
        "functional, gate after the projection, depthwise first",
        {
            "block": """
import torch.nn.functional as F

class EfficientBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        c, h, d = in_channels, 3 * in_channels, out_channels
        self.stride, self.keep = stride, (stride, in_channels) == (1, out_channels)
        self.dw = nn.Parameter(0.1 * torch.randn(c, 1, 7, 7))
        self.norm = nn.GroupNorm(1, c)
        self.w1, self.b1 = nn.Parameter(0.1 * torch.randn(h, c, 1, 1)), nn.Parameter(torch.zeros(h))
        self.w2, self.b2 = nn.Parameter(0.1 * torch.randn(d, h, 1, 1)), nn.Parameter(torch.zeros(d))
        self.squeeze, self.excite = nn.Linear(d, 4), nn.Linear(4, d)

    def forward(self, x):
        y = self.norm(F.conv2d(x, self.dw, stride=self.stride, padding=3, groups=len(self.dw)))
        y = F.conv2d(F.gelu(F.conv2d(y, self.w1, self.b1)), self.w2, self.b2)
        means = y.flatten(2).mean(-1)
        gate = self.excite(F.relu(self.squeeze(means))).sigmoid()
        y = torch.einsum("nchw,nc->nchw", y, gate)
        return x + y if self.keep else y
"""
        },
    ),
    Right(
        "two depthwise convolutions, 3×1 and 1×3, drop path, the package's pieces",
        {
            "block": """
from effcourse import DropPath

class EfficientBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        hidden = 2 * in_channels
        self.branch = nn.Sequential(
            ConvNormAct(in_channels, hidden, 1, act=nn.SiLU),
            nn.Conv2d(hidden, hidden, (3, 1), (stride, 1), (1, 0), groups=hidden),
            nn.Conv2d(hidden, hidden, (1, 3), (1, stride), (0, 1), groups=hidden),
            nn.BatchNorm2d(hidden),
            SEBlock(hidden, reduction=8, act=nn.SiLU, gate=nn.Sigmoid),
            ConvNormAct(hidden, out_channels, 1, act=None),
            DropPath(0.1),
        )
        self.shapes = stride, in_channels, out_channels

    def forward(self, x):
        out = self.branch(x)
        return out.add(x) if out.shape == x.shape else out
"""
        },
    ),
    Right(
        "layers that learn their channels in the first run",
        {
            "block": """
class EfficientBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        h = 4 * in_channels
        self.body = nn.Sequential(
            nn.LazyConv2d(h, 1, bias=False), nn.LazyBatchNorm2d(), nn.Hardswish(),
            nn.Conv2d(h, h, 3, stride, 1, groups=h, bias=False), nn.LazyBatchNorm2d(), nn.Hardswish(),
        )
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.LazyConv2d(in_channels // 4, 1), nn.ReLU(), nn.LazyConv2d(h, 1), nn.Sigmoid()
        )
        self.last = nn.Sequential(nn.LazyConv2d(out_channels, 1, bias=False), nn.LazyBatchNorm2d())
        self.adds = stride == 1 and in_channels == out_channels

    def forward(self, x):
        y = self.body(x)
        y = self.last(self.gate(y) * y)
        return x + y if self.adds else y
"""
        },
    ),
    Right(
        "a mean by a product of matrices, zeros put around by hand",
        {
            "block": """
import torch.nn.functional as F

class EfficientBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        h = 4 * in_channels
        self.expand, self.project = nn.Conv2d(in_channels, h, 1), nn.Conv2d(h, out_channels, 1)
        self.depthwise = nn.Conv2d(h, h, 3, stride, groups=h)
        self.squeeze, self.excite = nn.Conv2d(h, in_channels // 4, 1), nn.Conv2d(in_channels // 4, h, 1)
        self.adds = stride == 1 and in_channels == out_channels

    def forward(self, x):
        y = F.relu6(self.depthwise(F.pad(F.relu6(self.expand(x)), [1, 1, 1, 1])))
        n, c, h, w = y.size()
        means = torch.bmm(y.reshape(n, c, h * w), torch.ones(n, h * w, 1)) / (h * w)
        y = self.project(y * torch.sigmoid(self.excite(F.relu(self.squeeze(means.unsqueeze(-1))))))
        return x.add(y) if self.adds else y
"""
        },
    ),
]
