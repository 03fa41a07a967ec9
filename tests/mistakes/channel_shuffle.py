"""Wrong and unusual answers to exercise 06."""

import textwrap

from exercise_bank import Right, Wrong

SHUFFLE = ("test-channel-shuffle", "hidden-channel-shuffle")
UNSHUFFLE = ("test-channel-unshuffle", "hidden-channel-unshuffle")
STRIDE_1 = ("test-unit-stride-1", "hidden-unit-stride-1")
STRIDE_2 = ("test-unit-stride-2", "hidden-unit-stride-2")
UNIT = (*STRIDE_1, *STRIDE_2)
HEARD = ("test-heard-inputs", "hidden-heard-inputs")
FIRST = ("test-first-convolved", "hidden-first-convolved")


def body(head, lines):
    return f"def {head}:\n" + textwrap.indent(textwrap.dedent(lines), "    ")


def shuffle(lines):
    return body("channel_shuffle(x, groups)", "n, c, h, w = x.shape\n" + textwrap.dedent(lines))


def unshuffle(lines):
    return body("channel_unshuffle(x, groups)", "n, c, h, w = x.shape\n" + textwrap.dedent(lines))


def first(lines):
    return body("first_convolved(channel, channels)", lines)


def counted(zero="return None", start=1, waits="channel < channels // 2", step="channel *= 2", end="return unit"):
    """A first_convolved that counts, right but for what is given."""
    return first(f"""
    if channel == 0:
        {zero}
    unit = {start}
    while {waits}:
        {step}
        unit += 1
    {end}
    """)


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
        SHUFFLE,
        "transpose the table",
    ),
    Wrong(
        "every so many channels",
        {"channel-shuffle": shuffle("return torch.cat([x[:, i::groups] for i in range(groups)], dim=1)")},
        SHUFFLE,
        "This is the inverse",
    ),
    Wrong(
        "view after permute",
        {"channel-shuffle": shuffle("return x.view(n, groups, -1, h, w).permute(0, 2, 1, 3, 4).view(x.shape)")},
        SHUFFLE,
        "use reshape",
    ),
    Wrong(
        "the batch shuffled, too",
        {
            "channel-shuffle": shuffle(
                "return x.view(groups, n * c // groups, h, w).transpose(0, 1).reshape(n, c, h, w)"
            )
        },
        SHUFFLE,
        "keep the batch",
    ),
    Wrong(
        "whole groups moved",
        {"channel-shuffle": shuffle("return torch.cat(list(x.split(c // groups, dim=1))[::-1], dim=1)")},
        SHUFFLE,
        "moved whole groups",
    ),
    Wrong(
        "two halves always",
        {"channel-shuffle": shuffle("a, b = x.chunk(2, dim=1)\nreturn torch.stack([a, b], dim=2).view(x.shape)")},
        SHUFFLE,
        "two groups always",
    ),
    Wrong(
        "written into x",
        {"channel-shuffle": shuffle("x[:] = x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)\nreturn x")},
        SHUFFLE,
        "operation in place",
    ),
    Wrong(
        "shuffled by chance",
        {"channel-shuffle": shuffle("return x[:, torch.randperm(c)]")},
        SHUFFLE,
        "something in it is random",
    ),
    Wrong(
        "the first picture for all",
        {"channel-shuffle": shuffle("return torch.stack([x[0].unflatten(0, (groups, -1)).mT.flatten(0, 1)] * n)")},
        SHUFFLE,
    ),
    Wrong(
        "shuffle and inverse exchanged",
        {
            "channel-shuffle": shuffle("return x.view(n, -1, groups, h, w).transpose(1, 2).reshape(n, c, h, w)"),
            "channel-unshuffle": unshuffle("return x.view(n, groups, -1, h, w).transpose(1, 2).reshape(n, c, h, w)"),
        },
        (*SHUFFLE, *UNSHUFFLE),
        "deals the channels out once more",
    ),
    Wrong(
        "an inverted shuffle, and a right inverse by it",
        {"channel-shuffle": shuffle("return x.view(n, -1, groups, h, w).transpose(1, 2).reshape(n, c, h, w)")},
        SHUFFLE,
        "This is the inverse",
    ),
    Wrong(
        "inverse with the same groups",
        {"channel-unshuffle": unshuffle("return channel_shuffle(x, groups)")},
        UNSHUFFLE,
        "deals the channels out once more",
    ),
    Wrong(
        "inverse that turns the channels round",
        {"channel-unshuffle": unshuffle("return x.flip(1)")},
        UNSHUFFLE,
        "turned the order",
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
    Wrong("no split", {"unit": unit(split="(x, x)", at_2="(x, x)")}, STRIDE_1),
    Wrong("split along the batch", {"unit": unit(split="x.chunk(2)")}, STRIDE_1, "split the batch"),
    Wrong(
        "put together along the batch",
        {"unit": unit(together="torch.cat([self.left(a), self.right(b)])")},
        UNIT,
        "along the batch",
    ),
    Wrong("shuffled the other way", {"unit": unit(end="channel_unshuffle(out, 2)")}, UNIT, "the other way"),
    Wrong(
        "as many groups as channels", {"unit": unit(end="channel_shuffle(out, out.shape[1])")}, UNIT, "moves nothing"
    ),
    Wrong(
        "stacked and shuffled",
        {"unit": unit(together="torch.stack([self.left(a), self.right(b)], 2).flatten(1, 2)")},
        UNIT,
        "or twice in 2",
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
        "residual inside the branch",
        {"unit": unit(together="torch.cat([self.left(a), self.right(b) + (b if self.stride == 1 else 0)], dim=1)")},
        STRIDE_1,
        "added the branch's input",
    ),
    Wrong(
        "x made positive in place", {"unit": unit(split="x.relu_().chunk(2, dim=1)")}, STRIDE_1, "operation in place"
    ),
    Wrong(
        "dropout at the end",
        {"unit": unit(end="nn.functional.dropout(channel_shuffle(out, 2), 0.2)")},
        UNIT,
        "something in it is random",
    ),
    Wrong(
        "norms that keep no statistics",
        {"unit": unit().replace("nn.BatchNorm2d(c_out)", "nn.BatchNorm2d(c_out, track_running_stats=False)")},
        UNIT,
        "depends on the other pictures",
    ),
    Wrong(
        "no norm after the depthwise convolution",
        {"unit": unit().replace("return [layer, nn.B", "return [layer] if k == 3 else [layer, nn.B")},
        UNIT,
        "no batch norm after a depthwise",
    ),
    Wrong(
        "ReLU6",
        {"unit": unit().replace("nn.ReLU()", "nn.ReLU6()")},
        UNIT,
        "Values above 6 are cut off",
    ),
    Wrong("ends in a sigmoid", {"unit": unit(last="nn.Sigmoid()")}, UNIT),
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
        "stride in the first pointwise convolution",
        {"unit": unit(first="stride", middle="1")},
        STRIDE_2,
        "belongs to the depthwise",
    ),
    Wrong(
        "stride in the left branch's pointwise convolution",
        {"unit": unit(left="[*conv(c_in, c_in, 3, 1, c_in), *conv(c_in, half, 1, stride), nn.ReLU()]")},
        STRIDE_2,
        "then thrown away",
    ),
    Wrong("stride in one branch only", {"unit": unit(middle="1")}, STRIDE_2, "pictures of different sizes"),
    Wrong("eight channels always", {"unit": unit(split="(x[:, :8], x[:, 8:])")}, STRIDE_1),
    Wrong(
        "right branch computed twice",
        {"unit": unit(together="torch.cat([self.left(a), self.right(b) + 0 * self.right(-b)], dim=1)")},
        UNIT,
        "you compute what is thrown away",
    ),
    Wrong("never shuffled", {"heard-inputs": heard(condition="shuffle == 'yes'")}, HEARD, "never change places"),
    Wrong(
        "shuffled backwards",
        {"heard-inputs": heard(order="[*range(0, channels, 2), *range(1, channels, 2)].index(j)")},
        HEARD,
    ),
    Wrong("all channels convolved", {"heard-inputs": heard("[set().union(*heard)] * channels")}, HEARD, "convolve all"),
    Wrong(
        "places for channels",
        {"heard-inputs": heard(everything="set(range(half, channels))")},
        HEARD,
        "name the places",
    ),
    Wrong(
        "hears every channel",
        {"heard-inputs": heard(everything="set(range(channels))")},
        HEARD,
        "second half hears all",
    ),
    Wrong("counts from 1", {"heard-inputs": heard(units="1, units")}, HEARD, "too few"),
    Wrong("sets", {"heard-inputs": heard(result="heard")}, HEARD, "holds sets"),
    Wrong(
        "lists with repeats",
        {
            "heard-inputs": heard(everything="sum(heard[half:], [])", result="[sorted(one) for one in heard]").replace(
                "{i}", "[i]"
            )
        },
        HEARD,
        "stands several times",
    ),
    Wrong(
        "falling numbers",
        {"heard-inputs": heard(result="[sorted(one, reverse=True) for one in heard]")},
        HEARD,
        "unsorted",
    ),
    Wrong(
        "numbers from 1",
        {"heard-inputs": heard().replace("{i} for i in range(channels)", "{i} for i in range(1, channels + 1)")},
        HEARD,
        "from 1",
    ),
    Wrong(
        "floats",
        {"heard-inputs": heard(result="[torch.tensor(sorted(one)).float().tolist() for one in heard]")},
        HEARD,
        "yours are floats",
    ),
    Wrong(
        "no shuffle after the last unit",
        {"heard-inputs": heard(units="units - 1, -1, -1").replace("if shuffle:", "if shuffle and _:")},
        HEARD,
        "last unit's shuffle",
    ),
    Wrong(
        "shuffled within the list itself",
        {"heard-inputs": heard().replace("heard = [heard[j % 2 * half + j // 2]", "heard[:] = [heard.pop(0)")},
        HEARD,
        "never change places",
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
    Wrong("the middle left out", {"first-convolved": counted(waits="channel <= channels // 2")}, FIRST, "a unit late"),
    Wrong("half of the half", {"first-convolved": counted(step="channels //= 2")}, FIRST, "a unit early"),
    Wrong("endless for channel 0", {"first-convolved": counted(zero="pass")}, FIRST, "A loop that does not end"),
    Wrong(
        "divided by channel 0",
        {
            "first-convolved": first("""
            import math

            return 1 + max(0, math.ceil(math.log2(channels // 2 / channel)))
            """)
        },
        FIRST,
        "raises an error",
    ),
    Wrong("nought for never", {"first-convolved": counted(zero="return 0")}, FIRST, "the answer is None"),
    Wrong(
        "never for the last channel, too",
        {"first-convolved": counted().replace("channel == 0", "channel in (0, channels - 1)")},
        FIRST,
        "The last channel stays",
    ),
    Wrong(
        "eight units at most",
        {
            "first-convolved": first("""
            for unit in range(1, 9):
                if channel >= channels // 2:
                    return unit
                channel *= 2
            """)
        },
        FIRST,
    ),
    Wrong("printed", {"first-convolved": counted(end="print(unit)")}, FIRST, "returns nothing"),
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
    Right(
        "every channel's place looked up, and the places turned round",
        {
            "channel-shuffle": shuffle("""
            places = torch.zeros(c, c)
            for j in range(c):
                places[j, j % groups * (c // groups) + j // groups] = 1
            return torch.einsum("ij,njhw->nihw", places, x)
            """),
            "channel-unshuffle": unshuffle("""
            order = channel_shuffle(torch.arange(c).view(1, c, 1, 1), groups).flatten()
            return x[:, order.argsort()]
            """),
        },
    ),
    Right(
        "shuffled on until it comes back",
        {
            "channel-shuffle": shuffle("return nn.ChannelShuffle(groups)(x)"),
            "channel-unshuffle": unshuffle("""
            last, now = x, channel_shuffle(x, groups)
            while not torch.equal(now, x):
                last, now = now, channel_shuffle(now, groups)
            return last
            """),
        },
    ),
    Right(
        "numpy",
        {
            "channel-shuffle": shuffle("""
            table = x.numpy().reshape(n, groups, -1, h, w).swapaxes(1, 2)
            return torch.from_numpy(table.reshape(n, c, h, w).copy())
            """),
            "channel-unshuffle": unshuffle("return torch.cat([x[:, g::groups] for g in range(groups)], dim=1)"),
        },
    ),
    Right(
        "own parameters, einsum and unfold",
        {
            "unit": """
class ShuffleNetV2Block(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        half = out_channels // 2
        shapes = [(half if stride == 1 else in_channels, half), (half, 9), (half, half)]
        if stride == 2:
            shapes += [(in_channels, 9), (in_channels, half)]
        self.stride = stride
        self.weights = nn.ParameterList(torch.randn(shape) for shape in shapes)
        norms = [half, half, half, in_channels, half][: len(shapes)]
        self.norms = nn.ModuleList(map(nn.BatchNorm2d, norms))

    def pointwise(self, x, i):
        return self.norms[i](torch.einsum("nchw,cd->ndhw", x, self.weights[i])).relu()

    def depthwise(self, x, i):
        n, c, h, w = x.shape
        windows = nn.functional.unfold(x, 3, padding=1, stride=self.stride).view(n, c, 9, -1)
        sums = (windows * self.weights[i][None, :, :, None]).sum(2)
        return self.norms[i](sums.view(n, c, -(-h // self.stride), -(-w // self.stride)))

    def forward(self, x):
        a, b = x.tensor_split(2, dim=1) if self.stride == 1 else (x, x)
        b = self.pointwise(self.depthwise(self.pointwise(b, 0), 1), 2)
        if self.stride == 2:
            a = self.pointwise(self.depthwise(a, 3), 4)
        return channel_shuffle(torch.cat([a, b], dim=1), 2)
"""
        },
    ),
    Right(
        "lazy layers, written into every second channel",
        {
            "unit": """
class ShuffleNetV2Block(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        half, self.stride = out_channels // 2, stride

        def layers(depthwise, channels):
            filters = nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False)
            last = [nn.LazyConv2d(half, 1, bias=False), nn.LazyBatchNorm2d(), nn.ReLU(inplace=True)]
            return nn.Sequential(*depthwise, filters, nn.BatchNorm2d(channels), *last)

        self.right = layers([nn.LazyConv2d(half, 1, bias=False), nn.LazyBatchNorm2d(), nn.ReLU()], half)
        self.left = layers([], in_channels) if stride > 1 else nn.Identity()

    def forward(self, x):
        a, b = (x, x) if self.stride > 1 else x.split(x.shape[1] // 2, dim=1)
        b = self.right(b)
        out = b.new_empty(b.shape[0], 2 * b.shape[1], *b.shape[2:])
        out[:, 1::2], out[:, ::2] = b, self.left(a)
        return out
"""
        },
    ),
    Right(
        "bits, in tuples",
        {
            "heard-inputs": """
def heard_inputs(channels, units, shuffle=True):
    half = channels // 2
    bits = [1 << i for i in range(channels)]
    for _ in range(units):
        everything = 0
        for own in bits[half:]:
            everything |= own
        bits[half:] = [everything] * half
        if shuffle:
            bits = [own for pair in zip(bits[:half], bits[half:]) for own in pair]
    return tuple(tuple(i for i in range(channels) if own >> i & 1) for own in bits)
"""
        },
    ),
    Right(
        "repeats that go at the end",
        {
            "heard-inputs": heard(
                everything="sum(heard[half:], [])", result="[sorted(set(one)) for one in heard]"
            ).replace("{i}", "[i]")
        },
    ),
    Right(
        "unit by unit, by itself",
        {
            "heard-inputs": """
def heard_inputs(channels, units, shuffle=True):
    if not units:
        return [[i] for i in range(channels)]
    before, half = heard_inputs(channels, units - 1, shuffle), channels // 2
    after = before[:half] + [sorted({i for own in before[half:] for i in own})] * half
    return [after[j // 2 + (half if j % 2 else 0)] for j in range(channels)] if shuffle else after
""",
            "first-convolved": first("""
            if not channel or channel >= channels // 2:
                return 1 if channel else None
            return 1 + first_convolved(channel + channel, channels)
            """),
        },
    ),
    Right(
        "a fraction's bits",
        {
            "first-convolved": first("""
            from fractions import Fraction

            if channel == 0:
                return None
            share = Fraction(channels // 2, channel)
            return 1 + (-(-share.numerator // share.denominator) - 1).bit_length()
            """)
        },
    ),
]
