"""Wrong and unusual answers to exercise 04, none of them spelled as in its recipes."""
# ruff: noqa: E501  (an answer stands on one line where it can)

from exercise_bank import Right, Wrong

BLOCK = ("test-block", "hidden-block")
SHORTCUT = ("test-shortcut", "hidden-shortcut")
NO_EXPANSION = ("test-no-expansion", "hidden-no-expansion")
ALL_BLOCKS = BLOCK + SHORTCUT + NO_EXPANSION
MERGED = ("test-merged-peak", "hidden-merged-peak")
ONE_GO = ("test-one-go-peak", "hidden-one-go-peak")
ARGUMENTS = "(in_channels, out_channels, size, stride=1, expand_ratio=6):\n    "
MERGED_DEF, ONE_GO_DEF = f"def merged_peak{ARGUMENTS}", f"def one_go_peak{ARGUMENTS}"


def block(init: str, forward: str, before: str = "") -> dict[str, str]:
    """A class around what its two methods do."""

    def method(code: str) -> str:
        return "\n".join(" " * 8 + line for line in code.strip().splitlines())

    return {
        "block": f"""
import torch
import torch.nn.functional as F
{before}

class InvertedResidual(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, expand_ratio=6):
        super().__init__()
{method(init)}

    def forward(self, x):
{method(forward)}
"""
    }


LAYERS = """
wide = in_channels * expand_ratio
self.expand = nn.Conv2d(in_channels, wide, 1, bias=False) if expand_ratio > 1 else None
self.norm1 = nn.BatchNorm2d(wide) if expand_ratio > 1 else None
self.filter = nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False)
self.norm2 = nn.BatchNorm2d(wide)
self.project = nn.Conv2d(wide, out_channels, 1, bias=False)
self.norm3 = nn.BatchNorm2d(out_channels)
self.adds = (stride, in_channels) == (1, out_channels)
"""
RUN = """
out = x
if self.expand is not None:
    out = F.relu6(self.norm1(self.expand(out)))
out = F.relu6(self.norm2(self.filter(out)))
out = self.norm3(self.project(out))
if self.adds:
    out = out + x
return out
"""


def changed(*changes: tuple[str, str], before: str = "") -> dict[str, str]:
    """The functional block with some of its code replaced."""
    init, run = LAYERS, RUN
    for old, new in changes:
        assert old in init + run, old
        init, run = init.replace(old, new), run.replace(old, new)
    return block(init, run, before)


def wrong(name: str, cells: dict[str, str], loses: tuple[str, ...], diagnosis: str = "") -> Wrong:
    return Wrong(name, cells, loses, diagnosis)


def peak(name: str, part: str, source: str, diagnosis: str = "") -> Wrong:
    return Wrong(name, {part: source}, (f"test-{part}", f"hidden-{part}"), diagnosis)


MERGED_BODY = """first, t, out = in_channels * size * size, expand_ratio * in_channels, (size + stride - 1) // stride
    waits = first * (stride == 1 and in_channels == out_channels)
    expansion = first + t * size**2 if expand_ratio != 1 else 0
    filtering = t * size**2 + t * out**2 + waits * (expand_ratio != 1)
    projection = (t + out_channels) * out**2 + waits
    return max(expansion, filtering, projection) * 4
"""

WRONG = [
    wrong("clamped at the end", changed(("self.norm3(self.project(out))", "self.norm3(self.project(out)).clamp(0, 6)")),
          ALL_BLOCKS, "activation after the projection"),
    wrong("dense filter", changed((", groups=wide", "")), ALL_BLOCKS, "left out groups"),
    wrong("half as many groups", changed(("groups=wide", "groups=max(1, wide // 2)")), ALL_BLOCKS),
    wrong("width from the output", changed(("wide = in_channels", "wide = out_channels")), ALL_BLOCKS, "comes from out_channels"),
    wrong("ReLU by clamp", changed(("F.relu6(self", "torch.clamp_min(self"), ("(out)))", "(out)), 0)")), ALL_BLOCKS,
          "the activation is ReLU6"),
    wrong("leaky", changed(("F.relu6", "F.leaky_relu")), ALL_BLOCKS),
    wrong("biased", changed((", bias=False", "")), ALL_BLOCKS, "have a bias"),
    wrong("a biased projection", changed(("out_channels, 1, bias=False", "out_channels, 1")), ALL_BLOCKS),
    wrong("one norm used twice", changed(("self.norm2(self.filter", "(self.norm1 or self.norm2)(self.filter")), BLOCK + SHORTCUT),
    wrong("norm of another epsilon", changed(("nn.BatchNorm2d(wide)", "nn.BatchNorm2d(wide, eps=0.1)")), ALL_BLOCKS),
    wrong("no padding", changed(("3, stride, 1,", "3, stride,")), ALL_BLOCKS, "does not pad"),
    wrong("reflected edges", changed(("3, stride, 1,", '3, stride, 1, padding_mode="reflect",')), ALL_BLOCKS),
    wrong("stride in the last layer", changed(("3, stride, 1,", "3, 1, 1,"), ("out_channels, 1, bias", "out_channels, 1, stride, bias")),
          ALL_BLOCKS, "stride comes after the filter"),
    wrong("sliced at the end", changed(("3, stride, 1,", "3, 1, 1,"), ("if self.adds:", "out = out[:, :, ::self.step, ::self.step]\nif self.adds:"),
                                      ("self.adds = (", "self.step = stride\nself.adds = (")),
          ALL_BLOCKS, "stands in a later layer"),
    wrong("pooled", changed(("3, stride, 1,", "3, 1, 1,"), ("if self.adds:", "out = F.avg_pool2d(out, self.step)\nif self.adds:"),
                            ("self.adds = (", "self.step = stride\nself.adds = (")), ALL_BLOCKS),
    wrong("shortcut by shape of channels", changed(("(stride, in_channels) == (1, out_channels)", "in_channels == out_channels")),
          (*SHORTCUT, "hidden-no-expansion"), "when the stride is 2 as well"),
    wrong("shortcut by size", changed(("(stride, in_channels) == (1, out_channels)", "stride == 1")), SHORTCUT + NO_EXPANSION,
          "when the channels differ as well"),
    wrong("shortcut always", changed(("if self.adds:", "if True:")), ALL_BLOCKS, "always add the input"),
    wrong("shortcut never", changed(("    out = out + x", "    pass")), SHORTCUT + NO_EXPANSION, "There is no shortcut"),
    wrong("shortcut put beside", changed(("out = out + x", "out = torch.cat([out, x], 1)")), SHORTCUT + NO_EXPANSION),
    wrong("shortcut scaled", changed(("out = out + x", "out = out + 0.5 * x")), SHORTCUT + NO_EXPANSION),
    wrong("shortcut of the expanded", changed(("    out = out + x", "    out = out + F.relu6(x)")), SHORTCUT + NO_EXPANSION),
    wrong("shortcut projected", changed(
        ("self.adds = (", "self.short = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)\nself.adds = ("),
        ("if self.adds:\n    out = out + x", "out = out + self.short(x)")), ALL_BLOCKS),
    wrong("into the caller's tensor", changed(("out = out + x", "x += out\n    out = x")), SHORTCUT + NO_EXPANSION, "make a new tensor"),
    wrong("dropout that is always on", changed(("if self.adds:", "out = F.dropout(out, 0.1)\nif self.adds:")), ALL_BLOCKS, "random"),
    wrong("norms without statistics", changed(("nn.BatchNorm2d(wide)", "nn.BatchNorm2d(wide, track_running_stats=False)"),
                                              ("nn.BatchNorm2d(out_channels)", "nn.BatchNorm2d(out_channels, track_running_stats=False)")),
          ALL_BLOCKS, "depends on the other pictures"),
    wrong("expands by 1", changed(("if expand_ratio > 1 else None", "if expand_ratio >= 1 else None")), NO_EXPANSION,
          "expands at expand_ratio 1 too"),
    wrong("misspelt forward", {"block": changed()["block"].replace("def forward", "def foward")}, ALL_BLOCKS, "its name must be forward"),
    wrong("the library's", {"block": "from effcourse import InvertedResidual"}, ALL_BLOCKS, "library's own"),
    wrong("torchvision's inside", block("from torchvision.models.mobilenetv2 import InvertedResidual as Other\n"
                                        "self.block = Other(in_channels, out_channels, stride, expand_ratio)", "return self.block(x)"),
          ALL_BLOCKS, "library's own"),
    wrong("an error of torch's", changed(("F.relu6(self.norm2", "F.pad(self.norm2"), ("self.filter(out)))", "self.filter(out)), (9,) * 8, mode='reflect')")),
          ALL_BLOCKS),
    wrong("an argument misspelt", changed(("groups=wide", "group=wide")), ALL_BLOCKS),
    wrong("a loop without end", changed(("out = x\nif", "out = x\nwhile True:\n    pass\nif")), ALL_BLOCKS, "does not end"),
    wrong("slices what the filter gives", changed(("3, stride, 1,", "3, 1, 1,"), ("self.adds = (", "self.stride = stride\nself.adds = ("),
                                                  ("self.project(out)", "self.project(out[..., :: self.stride, :: self.stride])")),
          ALL_BLOCKS, "stride comes after the filter"),
    wrong("a projection in a plain list", changed(("self.project = nn.Conv2d(wide, out_channels, 1, bias=False)", "self.last = [nn.Conv2d(wide, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)]"),
                                                  ("self.norm3 = nn.BatchNorm2d(out_channels)", ""),
                                                  ("self.norm3(self.project(out))", "self.last[1](self.last[0](out))")),
          ALL_BLOCKS, "plain list"),
    wrong("counts its runs", changed(("out = x\nif", "self.runs = getattr(self, 'runs', 0) + 1\nout = x * self.runs\nif")), ALL_BLOCKS, "left over from the run before"),
    peak("numbers", "merged-peak", MERGED_DEF + MERGED_BODY.replace(" * 4\n", "\n"), "numbers, not bytes"),
    peak("kilobytes", "merged-peak", MERGED_DEF + MERGED_BODY.replace(" * 4\n", " * 4 // 1024\n")),
    peak("floats", "merged-peak", MERGED_DEF + MERGED_BODY.replace(" * 4\n", " * 4.0\n"), "whole numbers"),
    peak("waits never", "merged-peak", MERGED_DEF + MERGED_BODY.replace("    expansion =", "    waits = 0\n    expansion ="), "waits in memory until the sum"),
    peak("waits always", "merged-peak", MERGED_DEF + MERGED_BODY.replace(" * (stride == 1 and in_channels == out_channels)", ""),
         "waits only for a shortcut"),
    peak("waits for the projection alone", "merged-peak", MERGED_DEF + MERGED_BODY.replace(" + waits * (expand_ratio != 1)", ""),
         "not only while the projection does"),
    peak("all at once", "merged-peak",
         MERGED_DEF + MERGED_BODY.replace("return max(expansion, filtering, projection) * 4",
                                          "return 4 * (first + (t + out_channels) * out**2 + t * size**2 * (expand_ratio > 1))"),
         "added all tensors up"),
    peak("rounded down", "merged-peak", MERGED_DEF + MERGED_BODY.replace("(size + stride - 1)", "size"), "rounded the size down"),
    peak("without the stride", "merged-peak", MERGED_DEF + MERGED_BODY.replace("(size + stride - 1) // stride", "size"), "stride is not used"),
    peak("weights counted", "merged-peak", MERGED_DEF + MERGED_BODY.replace(" * 4\n", " * 4 + 4 * 9 * t\n")),
    peak("the larger", "one-go-peak",
         ONE_GO_DEF + "return 4 * max(in_channels * size * size, out_channels * ((size + stride - 1) // stride) ** 2)", "the larger of the two"),
    peak("no stride", "one-go-peak", ONE_GO_DEF + "return 4 * size**2 * (in_channels + out_channels)", "stride is not used"),
    peak("sides, not areas", "one-go-peak",
         ONE_GO_DEF + "return 4 * (in_channels * size + out_channels * -(-size // stride))", "one side of the picture"),
    peak("rounded down, in one go", "one-go-peak",
         ONE_GO_DEF + "return sum(4 * c * n * n for c, n in ((in_channels, size), (out_channels, int(size / stride))))", "rounded the size down"),
    peak("by the channels alone", "one-go-peak", ONE_GO_DEF + "return 4 * (in_channels + out_channels)"),
    peak("layer by layer", "one-go-peak", ONE_GO_DEF + "return merged_peak(in_channels, out_channels, size, stride, expand_ratio)",
         "peak layer by layer"),
]  # fmt: skip

EINSUM = """
out = x
if self.expands:
    out = self.norm1(torch.einsum("oi,nihw->nohw", self.w1, out)).clamp(0, 6)
n, c, h, w = out.shape
patches = F.unfold(out, 3, padding=1, stride=self.stride).view(n, c, 9, -1)
out = torch.einsum("ck,nckp->ncp", self.w2, patches).view(n, c, -(-h // self.stride), -(-w // self.stride))
out = self.norm2(out).clamp(0, 6)
out = self.norm3((out.permute(0, 2, 3, 1) @ self.w3).permute(0, 3, 1, 2))
return x + out if self.adds else out
"""

RIGHT = [
    Right("functional", {**changed(), "merged-peak": MERGED_DEF + MERGED_BODY}),
    Right("asks a weight for its dtype first", changed(("out = x\nif", "out = x.to(self.project.weight.dtype)\nif"))),
    Right("its own exact activation", changed(("F.relu6(", "relu_six("), before="def relu_six(x):\n    return x.clamp(min=0).clamp(max=6)")),
    Right("activations in place", changed(("F.relu6(self.norm2(self.filter(out)))",
                                          "F.relu6(self.norm2(self.filter(out)), inplace=True)"))),
    Right("lazy layers", changed(("nn.Conv2d(in_channels, wide, 1", "nn.LazyConv2d(wide, 1"), ("nn.Conv2d(wide, out_channels", "nn.LazyConv2d(out_channels"),
                                 ("nn.BatchNorm2d(out_channels)", "nn.LazyBatchNorm2d()"))),
    Right("padded by hand", changed(("3, stride, 1,", "3, stride, 0,"), ("self.filter(out)", "self.filter(F.pad(out, (1, 1, 1, 1)))"))),
    Right("a shortcut module", changed(("self.adds = (", "self.nothing = nn.Identity()\nself.adds = ("), ("out = out + x", "out = self.nothing(x) + out"))),
    Right("shortcut by the shapes", changed(("if self.adds:", "if out.shape == x.shape:"))),
    Right("three blocks in a list", block("""
wide = expand_ratio * in_channels
plan = [(in_channels, wide, 1, 1, 1)] * (expand_ratio != 1) + [(wide, wide, 3, stride, wide), (wide, out_channels, 1, 1, 1)]
self.convs = nn.ModuleList(nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=False) for i, o, k, s, g in plan)
self.norms = nn.ModuleList(nn.BatchNorm2d(o) for _, o, *_ in plan)
self.adds = stride == 1 and in_channels == out_channels
""", """
out = x
for i, (conv, norm) in enumerate(zip(self.convs, self.norms)):
    out = norm(conv(out))
    if i < len(self.convs) - 1:
        out = out.clamp(0, 6)
return out + x if self.adds else out
""")),
    Right("prints and warns", changed(("out = x\nif", "print(x.shape)\nimport warnings\nwarnings.warn('look')\nout = x\nif"))),
    Right("a method behind forward", {"block": changed()["block"].replace(
        "    def forward(self, x):", "    def forward(self, x):\n        return self.run(x)\n\n    def run(self, x):")}),
    Right("doubles for a while", changed(("out = self.norm3(self.project(out))", "out = self.norm3(self.project(out)).double().float()"))),
    Right("own parameters, unfold and matrix products", block("""
wide = expand_ratio * in_channels
if expand_ratio != 1:
    self.w1, self.norm1 = nn.Parameter(torch.randn(wide, in_channels)), nn.BatchNorm2d(wide)
self.w2, self.norm2 = nn.Parameter(torch.randn(wide, 9)), nn.BatchNorm2d(wide)
self.w3, self.norm3 = nn.Parameter(torch.randn(wide, out_channels)), nn.BatchNorm2d(out_channels)
self.stride, self.expands = stride, expand_ratio != 1
self.adds = stride == 1 and in_channels == out_channels
""", EINSUM)),
    Right(
        "layers one by one, registered backwards",
        block("""
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
""", """
out = self.act(self.norm1(self.expand(x))) if self.expand_ratio > 1 else x
out = self.norm3(self.project(self.act(self.norm2(self.depthwise(out)))))
if self.same:
    out += x
return out
"""),
    ),
    Right(
        "functional, with bare parameters",
        block("""
wide = expand_ratio * in_channels
self.stride, self.wide = stride, wide
self.expand = nn.Parameter(torch.randn(wide, in_channels, 1, 1)) if expand_ratio != 1 else None
self.depthwise = nn.Parameter(torch.randn(wide, 1, 3, 3))
self.project = nn.Parameter(torch.randn(out_channels, wide, 1, 1))
self.norms = nn.ModuleDict({"out": nn.BatchNorm2d(out_channels), "wide": nn.BatchNorm2d(wide)})
if expand_ratio != 1:
    self.norms["first"] = nn.BatchNorm2d(wide)
""", """
out = x
if self.expand is not None:
    out = self.norms["first"](F.conv2d(out, self.expand)).clamp(0, 6)
out = F.conv2d(out, self.depthwise, stride=self.stride, padding=1, groups=self.wide)
out = self.norms["out"](F.conv2d(self.norms["wide"](out).clamp(0, 6), self.project))
return torch.add(x, out) if out.shape == x.shape else out
"""),
    ),
    Right(
        "linear layers with einops, one channel after the other",
        block("""
wide = expand_ratio * in_channels
if expand_ratio != 1:
    self.expand, self.norm1 = nn.Linear(in_channels, wide, bias=False), nn.BatchNorm2d(wide)
self.filters, self.norm2 = nn.Parameter(torch.randn(wide, 3, 3)), nn.BatchNorm2d(wide)
self.project, self.norm3 = nn.Linear(wide, out_channels, bias=False), nn.BatchNorm2d(out_channels)
self.stride, self.expands = stride, expand_ratio != 1
self.adds = stride == 1 and in_channels == out_channels
""", """
mix = lambda layer, x: rearrange(layer(rearrange(x, "n c h w -> n h w c")), "n h w c -> n c h w")
out = self.norm1(mix(self.expand, x)).clamp(0, 6) if self.expands else x
height, width = out.shape[2:]
padded = F.pad(out, (1, 1, 1, 1))
out = sum(
    self.filters[None, :, u, v, None, None] * padded[:, :, u : u + height, v : v + width]
    for u in range(3)
    for v in range(3)
)
out = self.norm2(out[:, :, :: self.stride, :: self.stride]).clamp(0, 6)
out = self.norm3(mix(self.project, out))
return x + out if self.adds else out
""", "from einops import rearrange"),
    ),
    Right("sizes by counting", {
        "merged-peak": MERGED_DEF + MERGED_BODY.replace("(size + stride - 1) // stride", "len(range(0, size, stride))"),
        "one-go-peak": ONE_GO_DEF + "out = len(range(size)[::stride])\n    return 4 * in_channels * size**2 + 4 * out_channels * out**2",
    }),
    Right("numpy's ceil", {
        "one-go-peak": "import numpy as np\n" + ONE_GO_DEF
        + "shapes = np.array([[in_channels, size, size], [out_channels] + 2 * [int(np.ceil(size / stride))]])\n    return 4 * shapes.prod(1).sum()",
    }),
    Right("tensors of no numbers", {
        "one-go-peak": "import torch\n" + ONE_GO_DEF + "x = torch.empty(in_channels, size, size, device='meta')\n"
        "    return x.nbytes + 4 * out_channels * x[0, ::stride, ::stride].numel()",
    }),
    Right("walks from tensor to tensor", {"merged-peak": MERGED_DEF + """
    shape, most, held = in_channels * size**2, 0, 0
    plan = [(in_channels * expand_ratio, size)] if expand_ratio > 1 else []
    out = math.ceil(size / stride)
    plan += [(in_channels * expand_ratio, out), (out_channels, out)]
    now = shape
    for channels, side in plan:
        most = max(most, now + channels * side**2 + held)
        now = channels * side**2
        held = shape if (stride, in_channels) == (1, out_channels) else 0
    return most * 4
"""}),
    Right("a wrapper for the shortcut, a loop over three convolutions", {"block": """
class Residual(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x) + x

class InvertedResidual(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1, expand_ratio=6):
        super().__init__()
        sizes = [in_channels, in_channels * expand_ratio, in_channels * expand_ratio, out_channels]
        parts = []
        for n, (i, o) in enumerate(zip(sizes, sizes[1:])):
            if n == 0 and expand_ratio == 1:
                continue
            k, s, g = (3, stride, i) if n == 1 else (1, 1, 1)
            parts += [nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=False), nn.BatchNorm2d(o)]
            if n < 2:
                parts.append(nn.Hardtanh(0, 6))
        body = nn.Sequential(*parts)
        self.body = Residual(body) if stride == 1 and in_channels == out_channels else body

    def forward(self, x):
        return self.body(x)
"""}),
    Right("one-dimensional ends", block("""
wide = in_channels * expand_ratio
self.up = nn.Sequential(nn.Conv1d(in_channels, wide, 1, bias=False), nn.BatchNorm1d(wide), nn.ReLU6()) if expand_ratio != 1 else nn.Sequential()
self.middle = nn.Sequential(nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False), nn.BatchNorm2d(wide), nn.ReLU6())
self.down = nn.Sequential(nn.Conv1d(wide, out_channels, 1, bias=False), nn.BatchNorm1d(out_channels))
self.skip = stride == 1 and in_channels == out_channels
""", """
y = self.middle(self.up(x.flatten(2)).unflatten(2, x.shape[2:]))
y = self.down(y.flatten(2)).unflatten(2, y.shape[2:])
return torch.add(x, y) if self.skip else y
""")),
]  # fmt: skip
