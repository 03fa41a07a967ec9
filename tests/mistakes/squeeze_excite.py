"""Wrong and unusual answers to exercise 05."""

from exercise_bank import Right, Wrong

SE = ("test-se-block", "hidden-se-block")
BLOCK = ("test-v3-block", "hidden-v3-block")
COST = ("test-se-cost", "hidden-se-cost")
SHARE = ("test-se-share", "hidden-se-share")


def se(
    squeezed="round_channels(channels / reduction)",
    squeeze="x.mean((2, 3), keepdim=True)",
    act="F.relu",
    gate="F.hardsigmoid",
    joined="x * s",
    bias=True,
):
    """An SEBlock as a student may write it, right but for what is given."""
    return f"""
class SEBlock(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        squeezed = {squeezed}
        self.fc1 = nn.Conv2d(channels, squeezed, 1, bias={bias})
        self.fc2 = nn.Conv2d(squeezed, channels, 1, bias={bias})

    def forward(self, x):
        s = {squeeze}
        s = {act}(self.fc1(s))
        s = {gate}(self.fc2(s))
        return {joined}
"""


def block(
    inside="round_channels(in_channels * expand_ratio) if expand_ratio != 1 else in_channels",
    act="nn.Hardswish if use_hs else nn.ReLU",
    order="expand + filtered + [act()] + gate + project",
    gate="[SEBlock(inside)]",
    groups="inside",
    padding="kernel_size // 2",
    eps="1e-3",
    residual="stride == 1 and in_channels == out_channels",
    forward="x + self.layers(x) if self.residual else self.layers(x)",
):
    """A MobileNetV3Block as a student may write it, right but for what is given."""
    return f"""
class MobileNetV3Block(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride, expand_ratio, use_se, use_hs):
        super().__init__()
        inside = {inside}
        act = {act}
        expand = []
        if inside != in_channels:
            expand = [nn.Conv2d(in_channels, inside, 1, bias=False), nn.BatchNorm2d(inside, eps={eps}), act()]
        filtered = [
            nn.Conv2d(inside, inside, kernel_size, stride, {padding}, groups={groups}, bias=False),
            nn.BatchNorm2d(inside, eps={eps}),
        ]
        gate = {gate} if use_se else []
        project = [nn.Conv2d(inside, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels, eps={eps})]
        self.layers = nn.Sequential(*({order}))
        self.residual = {residual}

    def forward(self, x):
        return {forward}
"""


def cost(params="weights + squeezed + channels", macs="weights", squeezed="round_channels(channels / reduction)"):
    return f"""
def se_cost(channels, size, reduction=4):
    squeezed = {squeezed}
    weights = 2 * channels * squeezed
    return {{"params": {params}, "macs": {macs}}}
"""


def share(each="with_se / (rest + with_se)", norms="2 * (inside * (1 + (inside != in_channels)) + out_channels)"):
    return f"""
def se_share(in_channels, out_channels, kernel_size, stride, expand_ratio, size):
    inside = round_channels(in_channels * expand_ratio) if expand_ratio != 1 else in_channels
    expand = in_channels * inside if inside != in_channels else 0
    later = kernel_size**2 * inside + inside * out_channels
    out = (size + stride - 1) // stride
    rests = {{"params": expand + later + {norms}, "macs": expand * size**2 + later * out**2}}
    shares = {{}}
    for key, rest in rests.items():
        with_se = se_cost(inside, out)[key]
        shares[key] = {each}
    return shares
"""


WRONG = [
    Wrong(
        "the smooth sigmoid",
        {"hard-sigmoid": "def hard_sigmoid(x):\n    return torch.sigmoid(x)"},
        ("test-hard-sigmoid", "hidden-hard-sigmoid"),
        "smooth sigmoid",
    ),
    Wrong(
        "hard sigmoid without the shift",
        {"hard-sigmoid": "def hard_sigmoid(x):\n    return F.relu6(x) / 6"},
        ("test-hard-sigmoid", "hidden-hard-sigmoid"),
        "begins at 0",
    ),
    Wrong(
        "a line that never bends",
        {"hard-sigmoid": "def hard_sigmoid(x):\n    return (x + 3) / 6"},
        ("test-hard-sigmoid", "hidden-hard-sigmoid"),
        "never bends",
    ),
    Wrong(
        "h-swish without the x",
        {"hard-swish": "def hard_swish(x):\n    return F.relu6(x + 3) / 6"},
        ("test-hard-swish", "hidden-hard-swish"),
        "multiplies it by x",
    ),
    Wrong(
        "swish for h-swish",
        {"hard-swish": "def hard_swish(x):\n    return x * torch.sigmoid(x)"},
        ("test-hard-swish", "hidden-hard-swish"),
        "takes the hard one",
    ),
    Wrong("SE without the squeeze", {"se-block": se(squeeze="x")}, SE, "without the squeeze"),
    Wrong("maximum for average", {"se-block": se(squeeze="F.adaptive_max_pool2d(x, 1)")}, SE, "maximum"),
    Wrong(
        "one average for the whole batch",
        {"se-block": se(squeeze="x.mean((0, 2, 3), keepdim=True)")},
        SE,
        "over the batch",
    ),
    Wrong("sigmoid for hard sigmoid", {"se-block": se(gate="torch.sigmoid")}, SE, "gate is the smooth"),
    Wrong("no gate function", {"se-block": se(gate="")}, SE, "no bounds"),
    Wrong(
        "nearest multiple without the 90 % rule",
        {"se-block": se(squeezed="max(8, int(channels / reduction + 4) // 8 * 8)")},
        SE,
        "90 % rule",
    ),
    Wrong("gate added", {"se-block": se(joined="x + s")}, SE, "a gate multiplies"),
    Wrong("no ReLU between the layers", {"se-block": se(act="")}, SE, "nothing between"),
    Wrong(
        "squeezed width not rounded",
        {"se-block": se(squeezed="max(1, channels // reduction)")},
        SE,
        "use round_channels on it",
    ),
    Wrong("reduction ignored", {"se-block": se(squeezed="round_channels(channels / 4)")}, SE, "use reduction"),
    Wrong("no bias in SE", {"se-block": se(bias=False)}, SE, "have no bias"),
    Wrong(
        "squeezed width from the block's input",
        {"v3-block": block(gate="[SEBlock(inside, reduction=4 * inside / in_channels)]")},
        BLOCK,
        "comes from the block's input channels",
    ),
    Wrong(
        "SE after the projection",
        {"v3-block": block(gate="[SEBlock(out_channels)]", order="expand + filtered + [act()] + project + gate")},
        BLOCK,
        "after the projection",
    ),
    Wrong(
        "SE of the width inside after the projection",
        {"v3-block": block(order="expand + filtered + [act()] + project + gate")},
        BLOCK,
        "SE comes after the projection",
    ),
    Wrong(
        "SE before the filter",
        {"v3-block": block(order="expand + gate + filtered + [act()] + project")},
        BLOCK,
        "before the depthwise filter",
    ),
    Wrong(
        "SE before the filter's activation",
        {"v3-block": block(order="expand + filtered + gate + [act()] + project")},
        BLOCK,
        "before the filter's activation",
    ),
    Wrong(
        "activation after the projection",
        {"v3-block": block(order="expand + filtered + [act()] + gate + project + [act()]")},
        BLOCK,
        "thin end is linear",
    ),
    Wrong("ReLU6 for ReLU", {"v3-block": block(act="nn.Hardswish if use_hs else nn.ReLU6")}, BLOCK, "ReLU6"),
    Wrong("no h-swish", {"v3-block": block(act="nn.ReLU")}, BLOCK, "uses ReLU always"),
    Wrong(
        "h-swish inside SE, too",
        {"se-block": se(act="F.hardswish")},
        SE,
        "there stands a ReLU",
    ),
    Wrong(
        "width inside not rounded",
        {"v3-block": block(inside="int(in_channels * expand_ratio)")},
        BLOCK,
        "no multiple of 8",
    ),
    Wrong(
        "width inside rounded without expansion",
        {"v3-block": block(inside="round_channels(in_channels * expand_ratio)")},
        BLOCK,
        "where expand_ratio is 1",
    ),
    Wrong("forgot groups", {"v3-block": block(groups="1")}, BLOCK, "left out groups"),
    Wrong("padding of 1", {"v3-block": block(padding="1")}, BLOCK, "pad by 1 always"),
    Wrong("PyTorch's eps", {"v3-block": block(eps="1e-5")}, BLOCK, "eps=1e-3"),
    Wrong(
        "residual when stride is 2",
        {"v3-block": block(residual="in_channels == out_channels")},
        BLOCK,
        "the picture is smaller too",
    ),
    Wrong(
        "residual between different channels",
        {"v3-block": block(residual="stride == 1", forward="self.layers(x) + x if self.residual else self.layers(x)")},
        BLOCK,
        "must agree too",
    ),
    Wrong(
        "residual added twice",
        {"v3-block": block(forward="x + x + self.layers(x) if self.residual else self.layers(x)")},
        BLOCK,
        "added twice",
    ),
    Wrong("no residual", {"v3-block": block(residual="False")}, BLOCK, "never added"),
    Wrong("gate at every position", {"se-cost": cost(macs="weights * size**2")}, COST, "positions"),
    Wrong("biases counted as MACs", {"se-cost": cost(macs="weights + squeezed + channels")}, COST, "biases in"),
    Wrong("biases forgotten", {"se-cost": cost(params="weights")}, COST, "left out the biases"),
    Wrong(
        "average and product counted",
        {"se-cost": cost(macs="weights + 2 * channels * size**2")},
        COST,
        "counted the average and the product",
    ),
    Wrong("of the block without SE", {"se-share": share(each="with_se / rest")}, SHARE, "part of the whole"),
    Wrong("per cent", {"se-share": share(each="100 * with_se / (rest + with_se)")}, SHARE, "gave per cent"),
    Wrong("without batch norms", {"se-share": share(norms="0")}, SHARE, "left out the batch norms"),
    Wrong(
        "hard sigmoid in place",
        {"hard-sigmoid": "def hard_sigmoid(x):\n    x += 3\n    return x.clamp(0, 6) / 6"},
        ("test-hard-sigmoid", "hidden-hard-sigmoid"),
        "in place",
    ),
    Wrong(
        "gates returned",
        {"se-block": se(joined="s.repeat(1, 1, *x.shape[2:])")},
        SE,
        "You return the gates themselves",
    ),
    Wrong("squeezed to 8 always", {"se-block": se(squeezed="8")}, SE, "is 8 always"),
    Wrong("costs as floats", {"se-cost": cost(macs="weights / 1")}, COST, "whole numbers are asked"),
]

UNLESS_ONE = block().replace("if inside != in_channels:", "if expand_ratio != 1:")
assert block() != UNLESS_ONE

WRONG += [
    Wrong(
        "ReLU6 behind the division",
        {"hard-sigmoid": "def hard_sigmoid(x):\n    return F.relu6((x + 3) / 6)"},
        ("test-hard-sigmoid", "hidden-hard-sigmoid"),
        "goes on above x = 3",
    ),
    Wrong("expands unless expand_ratio is 1", {"v3-block": UNLESS_ONE}, BLOCK, "may round to in_channels"),
    Wrong(
        "slices at the end, so that the gate hears more",
        {
            "v3-block": block(forward="self.layers(x)", residual="stride")
            .replace("kernel_size, stride, kernel_size // 2,", "kernel_size, 1, kernel_size // 2,")
            .replace("return self.layers(x)", "y = self.layers(x)[..., :: self.residual, :: self.residual]\n"
                     "        return x + y if y.shape == x.shape else y")
        },
        BLOCK,
    ),
    Wrong("loses the batch of one", {"se-block": se(joined="(x * s).squeeze()")}, SE),
    Wrong("one picture's gates for another", {"se-block": se(joined="x * s.roll(1, 0)")}, SE, "depends on the other"),
]  # fmt: skip

RIGHT = [
    Right("convolutions, and a list for each part", {"se-block": se(), "v3-block": block()}),
    Right(
        "clamped by hand",
        {
            "hard-sigmoid": """
def hard_sigmoid(x):
    return torch.minimum(torch.maximum(x / 6 + 0.5, torch.zeros_like(x)), torch.ones_like(x))
""",
            "hard-swish": """
def hard_swish(x):
    x = x.clone()
    middle = (x > -3) & (x < 3)
    x[x <= -3] = 0
    x[middle] = x[middle] * (x[middle] + 3) / 6
    return x
""",
        },
    ),
    Right(
        "linear layers, their own hard sigmoid, registered the other way round",
        {
            "se-block": """
class SEBlock(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        squeezed = round_channels(channels / reduction)
        self.widen = nn.Linear(squeezed, channels)
        self.narrow = nn.Linear(channels, squeezed)

    def forward(self, x):
        n, c, h, w = x.shape
        gates = hard_sigmoid(self.widen(self.narrow(x.flatten(2).mean(2)).clamp(min=0)))
        return gates.view(n, c, 1, 1) * x
"""
        },
    ),
    Right(
        "bare parameters and einops",
        {
            "se-block": """
from einops import rearrange, reduce

class SEBlock(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        squeezed = round_channels(channels / reduction)
        self.w1 = nn.Parameter(torch.randn(squeezed, channels))
        self.b1 = nn.Parameter(torch.zeros(squeezed))
        self.w2 = nn.Parameter(torch.randn(channels, squeezed))
        self.b2 = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        s = reduce(x, "n c h w -> n c", "mean")
        s = F.linear(F.relu(F.linear(s, self.w1, self.b1)), self.w2, self.b2)
        return torch.einsum("nchw,nc->nchw", x, F.hardsigmoid(s))
"""
        },
    ),
    Right(
        "a layer an attribute, registered in no order, with gates inline",
        {
            "v3-block": """
class MobileNetV3Block(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride, expand_ratio, use_se, use_hs):
        super().__init__()
        hidden = in_channels if expand_ratio == 1 else round_channels(expand_ratio * in_channels)
        self.norm3 = nn.BatchNorm2d(out_channels, eps=1e-3, momentum=0.01)
        self.project = nn.Conv2d(hidden, out_channels, 1, bias=False)
        self.use_se, self.use_hs = use_se, use_hs
        if use_se:
            squeezed = round_channels(hidden / 4)
            self.up, self.down = nn.Linear(squeezed, hidden), nn.Linear(hidden, squeezed)
        pad = (kernel_size - 1) // 2
        self.filter = nn.Conv2d(hidden, hidden, kernel_size, stride, pad, groups=hidden, bias=False)
        self.norm2 = nn.BatchNorm2d(hidden, eps=1e-3)
        self.expands = hidden != in_channels
        if self.expands:
            self.norm1 = nn.BatchNorm2d(hidden, eps=1e-3)
            self.expand = nn.Conv2d(in_channels, hidden, 1, bias=False)
        self.adds = in_channels == out_channels and stride == 1

    def act(self, x):
        return hard_swish(x) if self.use_hs else torch.relu(x)

    def forward(self, x):
        y = self.act(self.norm1(self.expand(x))) if self.expands else x
        y = self.act(self.norm2(self.filter(y)))
        if self.use_se:
            s = self.up(torch.relu(self.down(y.mean((2, 3)))))
            y = y * F.hardsigmoid(s)[:, :, None, None]
        y = self.norm3(self.project(y))
        if self.adds:
            y = y + x
        return y
"""
        },
    ),
    Right(
        "counted by trace",
        {
            "se-cost": """
def se_cost(channels, size, reduction=4):
    report = trace(SEBlock(channels, reduction), (channels, size, size))
    return {"params": report.params, "macs": report.macs}
""",
            "se-share": """
def se_share(in_channels, out_channels, kernel_size, stride, expand_ratio, size):
    row = (in_channels, out_channels, kernel_size, stride, expand_ratio)
    without, full = (
        trace(MobileNetV3Block(*row, use_se, True), (in_channels, size, size)) for use_se in (False, True)
    )
    return {key: 1 - getattr(without, key) / getattr(full, key) for key in ("params", "macs")}
""",
        },
    ),
    Right(
        "matrices for @, the other way round",
        {
            "se-block": """
class SEBlock(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        squeezed = round_channels(channels / reduction)
        self.b2, self.w2 = nn.Parameter(torch.zeros(channels)), nn.Parameter(torch.randn(squeezed, channels))
        self.b1, self.w1 = nn.Parameter(torch.zeros(squeezed)), nn.Parameter(torch.randn(channels, squeezed))

    def forward(self, x):
        s = (x.mean((-1, -2)) @ self.w1 + self.b1).relu()
        return x * F.hardsigmoid(s @ self.w2 + self.b2)[..., None, None]
"""
        },
    ),
    Right(
        "a Sequential of lazy layers",
        {
            "se-block": """
class SEBlock(nn.Sequential):
    def __init__(self, channels, reduction=4):
        narrow, widen = nn.LazyConv2d(round_channels(channels / reduction), 1), nn.LazyConv2d(channels, 1)
        super().__init__(nn.AdaptiveAvgPool2d(1), narrow, nn.ReLU(), widen, nn.Hardsigmoid())

    def forward(self, x):
        return x * super().forward(x)
"""
        },
    ),
    Right("by formulas, otherwise", {"se-cost": cost(), "se-share": share()}),
    Right(
        "two ReLUs, an Einstein sum, a generator of layers",
        {
            "hard-sigmoid": "hard_sigmoid = lambda x: (F.relu(x + 3) - F.relu(x - 3)) / 6",
            "se-block": """
class SEBlock(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        n = round_channels(channels / reduction)
        layers = nn.Linear(channels, n), nn.ReLU(True), nn.Linear(n, channels), nn.Hardsigmoid()
        self.gates = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), *layers)

    def forward(self, x):
        return torch.einsum("nchw,nc->nchw", x, self.gates(x))
""",
            "v3-block": """
class MobileNetV3Block(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride, expand_ratio, use_se, use_hs):
        super().__init__()
        match expand_ratio:
            case 1:
                wide = in_channels
            case _:
                wide = round_channels(in_channels * expand_ratio)

        def unit(i, o, k=1, s=1, g=1, act=True):
            yield nn.Conv2d(i, o, k, s, (k - 1) // 2, groups=g, bias=False)
            yield nn.BatchNorm2d(o, 1e-3)
            if act:
                yield nn.Hardswish(inplace=True) if use_hs else nn.ReLU(inplace=True)

        def layers():
            if wide != in_channels:
                yield from unit(in_channels, wide)
            yield from unit(wide, wide, kernel_size, stride, wide)
            if use_se:
                yield SEBlock(wide)
            yield from unit(wide, out_channels, act=False)

        self.body = nn.Sequential(*layers())
        self.adds = (stride, out_channels) == (1, in_channels)

    def forward(self, x):
        return sum([self.body(x)] + [x] * self.adds)
""",
            "se-cost": """
from dataclasses import asdict, dataclass

@dataclass
class Cost:
    params: int
    macs: int

def se_cost(channels, size, reduction=4):
    n = round_channels(channels / reduction)
    layers = [(channels, n), (n, channels)]
    return asdict(Cost(sum((i + 1) * o for i, o in layers), sum(i * o for i, o in layers)))
""",
        },
    ),
]
