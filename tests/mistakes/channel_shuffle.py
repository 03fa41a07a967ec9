"""Wrong and unusual answers to exercise 06."""

from exercise_bank import Right, Wrong

SHUFFLE = ("test-channel-shuffle", "hidden-channel-shuffle")
UNSHUFFLE = ("test-channel-unshuffle", "hidden-channel-unshuffle")
STRIDE_1 = ("test-unit-stride-1", "hidden-unit-stride-1")
STRIDE_2 = ("test-unit-stride-2", "hidden-unit-stride-2")
UNIT = (*STRIDE_1, *STRIDE_2)
HEARD = ("test-heard-inputs", "hidden-heard-inputs")
FIRST = ("test-first-convolved", "hidden-first-convolved")


def shuffle(rest):
    return f"""
def channel_shuffle(x, groups):
    n, c, h, w = x.shape
    {rest}
"""


def unshuffle(rest):
    return f"""
def channel_unshuffle(x, groups):
    n, c, h, w = x.shape
    {rest}
"""


def unit(
    split="x.chunk(2, dim=1)",
    at_2="x, x",
    together="torch.cat([self.left(a), self.right(b)], dim=1)",
    end="channel_shuffle(out, 2)",
    left="[*conv(c_in, c_in, 3, stride, c_in), *conv(c_in, half), nn.ReLU()]",
    reads="half if stride == 1 else c_in",
    first="1",
    middle="stride",
    after_depthwise="",
    last="nn.ReLU()",
    bias=False,
):
    """A ShuffleNetV2Block as a student may write it, right but for what is given."""
    return f"""
class ShuffleNetV2Block(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        c_in, half = in_channels, out_channels // 2

        def conv(c_in, c_out, k=1, stride=1, groups=1):
            layer = nn.Conv2d(c_in, c_out, k, stride, k // 2, groups=groups, bias={bias})
            return [layer, nn.BatchNorm2d(c_out)]

        self.stride = stride
        self.left = nn.Identity() if stride == 1 else nn.Sequential(*{left})
        self.right = nn.Sequential(
            *conv({reads}, half, stride={first}),
            nn.ReLU(),
            *conv(half, half, 3, {middle}, half),
            {after_depthwise}
            *conv(half, half),
            {last}
        )

    def forward(self, x):
        a, b = {split} if self.stride == 1 else ({at_2})
        out = {together}
        return {end}
"""


def heard(
    now="heard[:half] + [everything] * half",
    order="heard[j % 2 * half + j // 2]",
    start="",
    everything="set().union(*heard[half:])",
    result="[sorted(one) for one in heard]",
    condition="shuffle",
    units="units",
):
    return f"""
def heard_inputs(channels, units, shuffle=True):
    half = channels // 2
    heard = [{{i}} for i in range(channels)]
    for _ in range({units}):
        {start}
        everything = {everything}
        heard = {now}
        if {condition}:
            heard = [{order} for j in range(channels)]
    return {result}
"""


WRONG = [
    Wrong(
        "shuffle without the transpose",
        {"channel-shuffle": shuffle("return x.view(n, groups, c // groups, h, w).reshape(n, c, h, w)")},
        (*SHUFFLE, *UNSHUFFLE, *UNIT),
        "transpose the table",
    ),
    Wrong(
        "a row for each card",
        {"channel-shuffle": shuffle("return x.view(n, c // groups, groups, h, w).transpose(1, 2).reshape(n, c, h, w)")},
        (*SHUFFLE, *UNSHUFFLE, *UNIT),
        "This is the inverse",
    ),
    Wrong(
        "view after transpose",
        {"channel-shuffle": shuffle("return x.view(n, groups, c // groups, h, w).transpose(1, 2).view(n, c, h, w)")},
        (*SHUFFLE, *UNSHUFFLE, *UNIT),
        "use reshape",
    ),
    Wrong(
        "the batch shuffled, too",
        {
            "channel-shuffle": shuffle(
                "return x.view(groups, n * c // groups, h, w).transpose(0, 1).reshape(n, c, h, w)"
            )
        },
        (*SHUFFLE, *UNSHUFFLE, *UNIT),
        "keep the batch",
    ),
    Wrong(
        "whole groups moved",
        {"channel-shuffle": shuffle("return torch.cat(x.chunk(groups, dim=1)[::-1], dim=1)")},
        (*SHUFFLE, *UNSHUFFLE, *UNIT),
        "moved whole groups",
    ),
    Wrong(
        "inverse with the same groups",
        {"channel-unshuffle": unshuffle("return channel_shuffle(x, groups)")},
        UNSHUFFLE,
        "once more with the same groups",
    ),
    Wrong(
        "inverse that turns the channels round",
        {"channel-unshuffle": unshuffle("return x.flip(1)")},
        UNSHUFFLE,
        "reversed the channels",
    ),
    Wrong(
        "split halves swapped",
        {"unit": unit(split="x.chunk(2, dim=1)[::-1]")},
        STRIDE_1,
        "the second half passes by",
    ),
    Wrong(
        "the first half convolved in its place",
        {
            "unit": unit(
                together="torch.cat([self.right(a), b] if self.stride == 1 else [self.left(a), self.right(b)], dim=1)"
            )
        },
        STRIDE_1,
        "first half of the channels passes by",
    ),
    Wrong(
        "put together the wrong way round",
        {"unit": unit(together="torch.cat([self.right(b), self.left(a)], dim=1)")},
        UNIT,
        "put together the wrong way round",
    ),
    Wrong("no split", {"unit": unit(split="(x, x)", at_2="(x, x)")}, STRIDE_1, "did not split"),
    Wrong("shuffle forgotten", {"unit": unit(end="out")}, UNIT, "shuffle at the unit's end is missing"),
    Wrong(
        "shuffled the other way", {"unit": unit(end="channel_shuffle(out, out.shape[1] // 2)")}, UNIT, "the other way"
    ),
    Wrong(
        "shuffled at the beginning",
        {
            "unit": unit(
                split="channel_shuffle(x, 2).chunk(2, dim=1)",
                end="out if self.stride == 1 else channel_shuffle(out, 2)",
            )
        },
        STRIDE_1,
        "at the unit's beginning",
    ),
    Wrong(
        "residual added",
        {"unit": unit(end="channel_shuffle(out, 2) + (x if self.stride == 1 else 0)")},
        STRIDE_1,
        "as a residual block does",
    ),
    Wrong(
        "residual inside the branch",
        {"unit": unit(together="torch.cat([self.left(a), self.right(b) + (b if self.stride == 1 else 0)], dim=1)")},
        STRIDE_1,
        "added the branch's input",
    ),
    Wrong(
        "ReLU after the depthwise convolution",
        {"unit": unit(after_depthwise="nn.ReLU(),")},
        UNIT,
        "after your depthwise",
    ),
    Wrong("no last ReLU", {"unit": unit(last="")}, UNIT, "last pointwise"),
    Wrong("bias in the convolutions", {"unit": unit(bias=True)}, UNIT, "have a bias"),
    Wrong(
        "split with stride 2, too",
        {
            "unit": unit(
                at_2="x.chunk(2, dim=1)",
                left="[*conv(c_in // 2, c_in // 2, 3, stride, c_in // 2), *conv(c_in // 2, half), nn.ReLU()]",
                reads="c_in // 2",
            )
        },
        STRIDE_2,
        "there is no split",
    ),
    Wrong(
        "stride in the pointwise convolution",
        {"unit": unit(first="stride", middle="1")},
        STRIDE_2,
        "belongs to the depthwise",
    ),
    Wrong(
        "left branch without its pointwise convolution",
        {"unit": unit(left="conv(c_in, c_in, 3, stride, c_in)")},
        STRIDE_2,
        "ends after its depthwise",
    ),
    Wrong("never shuffled", {"heard-inputs": heard(condition="False")}, HEARD, "never change places"),
    Wrong("always shuffled", {"heard-inputs": heard(condition="True")}, HEARD, "in either case"),
    Wrong(
        "shuffled backwards",
        {"heard-inputs": heard(order="heard[j // half + j % half * 2]")},
        HEARD,
        "output place 1 comes from",
    ),
    Wrong(
        "first half convolved",
        {"heard-inputs": heard(now="[everything] * half + heard[half:]", everything="set().union(*heard[:half])")},
        HEARD,
        "it passes by",
    ),
    Wrong("all channels convolved", {"heard-inputs": heard("[set().union(*heard)] * channels")}, HEARD, "convolve all"),
    Wrong(
        "places for channels",
        {"heard-inputs": heard(everything="set(range(half, channels))")},
        HEARD,
        "name the places",
    ),
    Wrong("nothing mixes", {"heard-inputs": heard("heard")}, HEARD, "never mix"),
    Wrong("one unit too many", {"heard-inputs": heard(units="units + 1")}, HEARD, "too many"),
    Wrong("counts", {"heard-inputs": heard(result="[len(one) for one in heard]")}, HEARD, "counted them"),
    Wrong(
        "for each input",
        {"heard-inputs": heard(result="[[j for j in range(channels) if i in heard[j]] for i in range(channels)]")},
        HEARD,
        "table is turned",
    ),
    Wrong(
        "units before it",
        {
            "first-convolved": """
def first_convolved(channel, channels):
    units = 0
    while 0 < channel < channels // 2:
        channel, units = 2 * channel, units + 1
    return units if channel else None
"""
        },
        FIRST,
        "a unit off",
    ),
    Wrong(
        "the middle left out",
        {
            "first-convolved": """
def first_convolved(channel, channels):
    unit = 1
    while 0 < channel <= channels // 2:
        channel, unit = 2 * channel, unit + 1
    return unit if channel else None
"""
        },
        FIRST,
        "compare with >=",
    ),
    Wrong(
        "nought for never",
        {
            "first-convolved": """
import math

def first_convolved(channel, channels):
    return 0 if channel == 0 else 1 + max(0, math.ceil(math.log2(channels // 2 / channel)))
"""
        },
        FIRST,
        "the answer is None",
    ),
]

RIGHT = [
    Right(
        "einops",
        {
            "channel-shuffle": """
from einops import rearrange

def channel_shuffle(x, groups):
    return rearrange(x, "n (g c) h w -> n (c g) h w", g=groups)
""",
            "channel-unshuffle": """
def channel_unshuffle(x, groups):
    return rearrange(x, "n (c g) h w -> n (g c) h w", g=groups)
""",
        },
    ),
    Right(
        "by index, in loops",
        {
            "channel-shuffle": """
def channel_shuffle(x, groups):
    each = x.shape[1] // groups
    return x[:, [group * each + card for card in range(each) for group in range(groups)]]
""",
            "channel-unshuffle": """
def channel_unshuffle(x, groups):
    out, each = torch.empty_like(x), x.shape[1] // groups
    for place in range(x.shape[1]):
        out[:, place % groups * each + place // groups] = x[:, place]
    return out
""",
        },
    ),
    Right("stacked", {"channel-shuffle": shuffle("return torch.stack(x.chunk(groups, 1), 2).flatten(1, 2)")}),
    Right("chunks and identity", {"unit": unit()}),
    Right(
        "the right branch first, a layer an attribute, registered backwards",
        {
            "unit": """
class ShuffleNetV2Block(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        half = out_channels // 2
        reads = in_channels if stride == 2 else half
        self.half, self.down = half, stride == 2
        self.n3, self.c3 = nn.BatchNorm2d(half), nn.Conv2d(half, half, 1, bias=False)
        self.n2 = nn.BatchNorm2d(half)
        padding = 1 if self.down else "same"
        self.c2 = nn.Conv2d(half, half, (3, 3), stride=stride, padding=padding, groups=half, bias=False)
        self.n1, self.c1 = nn.BatchNorm2d(half), nn.Conv2d(reads, half, 1, bias=False)
        if self.down:
            self.n5, self.c5 = nn.BatchNorm2d(half), nn.Conv2d(in_channels, half, 1, bias=False)
            self.c4 = nn.Conv2d(in_channels, in_channels, 3, 2, 1, groups=in_channels, bias=False)
            self.n4 = nn.BatchNorm2d(in_channels)

    def forward(self, x):
        y = x if self.down else x[:, self.half :]
        y = self.n1(self.c1(y)).relu()
        y = self.n2(self.c2(y))
        y = self.n3(self.c3(y)).relu()
        z = self.n5(self.c5(self.n4(self.c4(x)))).relu() if self.down else x[:, : self.half]
        return torch.stack([z, y], dim=2).flatten(1, 2)
"""
        },
    ),
    Right(
        "without the shuffle's function, for a table of true and false",
        {
            "heard-inputs": """
def heard_inputs(channels, units, shuffle=True):
    half = channels // 2
    step = torch.zeros(channels, channels)
    for j in range(channels):
        source = j % 2 * half + j // 2 if shuffle else j
        if source < half:
            step[j, source] = 1
        else:
            step[j, half:] = 1
    reach = torch.eye(channels)
    for _ in range(units):
        reach = (step @ reach > 0).float()
    return [row.nonzero().flatten().tolist() for row in reach]
"""
        },
    ),
    Right(
        "by gradients",
        {
            "heard-inputs": """
def heard_inputs(channels, units, shuffle=True):
    def run(x):
        for _ in range(units):
            a, b = x.chunk(2, dim=1)
            x = torch.cat([a, b.mean(1, keepdim=True).expand_as(b)], dim=1)
            x = channel_shuffle(x, 2) if shuffle else x
        return x.flatten()

    x = torch.ones(1, channels, 1, 1, dtype=torch.float64)
    table = torch.autograd.functional.jacobian(run, x).view(channels, channels)
    return [[int(i) for i in row.nonzero()] for row in table]
"""
        },
    ),
    Right(
        "by following it",
        {
            "first-convolved": """
def first_convolved(channel, channels):
    numbers = torch.arange(channels).view(1, channels, 1, 1)
    for unit in range(1, channels + 1):
        place = numbers.flatten().tolist().index(channel)
        if place >= channels / 2:
            return unit
        numbers = channel_shuffle(numbers, 2)
"""
        },
    ),
]
