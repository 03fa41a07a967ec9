"""The gaps of chapter 1: the loop over MACs, the places of a window, the price of a convolution, a whole network."""

from __future__ import annotations

from ..cases import case
from ..engine import Assignment
from ..recipes import recipe

assignment = Assignment("01_flops_math")

LOOP = recipe(
    """
    def conv_by_hand(x, weight, stride, padding):
        x = F.pad(x, (padding,) * 4)
        in_channels, height, width = x.shape
        out_channels, _, k, _ = weight.shape
        tops, lefts = range(0, height - k + 1, stride), range(0, width - k + 1, stride)
        out = torch.zeros(out_channels, len(tops), len(lefts))
        macs = 0
        for o in range(out_channels):
            for i, top in enumerate(tops):
                for j, left in enumerate(lefts):
                    for c in range(in_channels):
                        for u in range(k):
                            for v in range(k):
                                out[o, i, j] «add = +=» «weight = weight[o, c, u, v]» * «seen = x[c, top + u, left + v]»
                                «count = macs += 1»
        return out, macs
    """,
    """
    add = =
        Each product overwrites the one before: an output number is the sum of all of them, so +=.

    weight = weight[o, c, v, u]
        Your kernel is turned over: u counts its rows and v its columns, weight[o, c, u, v].

    weight = weight[o, c, k - 1 - u, k - 1 - v]
        Your kernel runs backwards. That is a convolution as mathematicians have it; networks do not flip.

    weight = weight[o, 0, u, v]
        All channels meet the kernel's first channel: channel c meets weight[o, c].

    seen = x[0, top + u, left + v]
        You read the first channel only: channel c of the kernel meets channel c of x.

    seen = x[c, i + u, j + v]
        Your window moves one pixel at a time: i and j count places, top and left say where the window lies.

    seen = x[c, u, v]
        Your window never moves: it lies at top, left.

    seen = x[c, top, left]
        You read the window's corner only: its rows begin at top, its columns at left, and u and v go on from there.

    count = macs += 2
        You counted a multiplication and an addition: one multiply-accumulate is one MAC.

    count = macs += k * k
    or count = macs += in_channels * k * k
        You counted the whole window at each of its multiplications: here, inside all loops, there is one.

    count = macs = out.numel()
        You counted output numbers: each of them is a sum of many multiplications.

    count = macs += int(x[c, top + u, left + v] != 0)
        You left out the products with a padding zero. Some counters do; by the papers' convention they count.
    """,
)

assignment.part(
    "loop",
    "The loop over MACs",
    "every count in this course is the number of times that a loop like this one multiplies",
    LOOP,
    [
        case(2, 1, inputs=((2, 5, 5), (2, 2, 3, 3))),
        case(1, 0, inputs=((2, 4, 6), (3, 2, 3, 3))),
        case(1, 1, inputs=((1, 4, 3), (2, 1, 2, 2))),
        case(2, 0, inputs=((3, 5, 3), (1, 3, 1, 1))),
    ],
)

PLACES = recipe(
    """
    def out_size(size, k, stride, padding):
        return «all = «steps = (size + «pad = 2 * padding» - «kernel = k») // stride» «place = + 1»»
    """,
    """
    place =
        You counted the steps, not the places: before its first step the window lies somewhere already.

    pad = padding
        You padded one end only: an axis has two, so it grows by 2 × padding.

    pad = 0
        padding is not used: it lengthens the axis at both ends.

    steps = math.ceil((size + 2 * padding - k) / stride)
        You rounded up: a window that would hang over the edge is not placed, so the division rounds down.

    steps = size + 2 * padding - k
        The stride is not used: the window walks in steps of stride.

    kernel = 0
        The kernel is not taken off: in its first place the window covers k pixels already.

    kernel = k + 1
        You are a pixel short: size + 2 × padding - k pixels are left to walk.

    all = (size + 2 * padding - k + 1) // stride
        You added the first place before you divided: it is no pixel to walk, so it comes after the division.

    all = math.ceil(size / stride)
        That is right only where padding is half the kernel; here any padding may come.

    all = size // stride
        You divided by the stride alone: kernel and padding have a say, too.

    all = (size + 2 * padding - k) / stride + 1
        You have a fraction of a place: use the division that rounds down, //.
    """,
)

assignment.part(
    "places",
    "How many places a window has",
    "one place too many or too few here is a wrong number in everything that follows",
    PLACES,
    [
        case(224, 3, 2, 1),
        case(225, 3, 2, 1),
        case(7, 3, 1, 0),
        case(9, 3, 1, 1),
        case(15, 5, 2, 2),
        case(14, 1, 2, 0),
        case(16, 4, 3, 1),
        case(20, 3, 3, 2),
    ],
)

PRICE = recipe(
    """
    def conv(in_channels, out_channels, out, k=3, groups=1):
        weights = «kernel = k * k» * «inputs = (in_channels // groups)» * «outputs = out_channels»
        return {
            "params": weights«bias = »,
            "macs": «two = »weights * «pixels = out * out»,
            "activations": «channels = out_channels» * «written = out * out»,
        }
    """,
    """
    inputs = in_channels
        You left out groups: each output channel sees in_channels / groups channels.

    inputs = in_channels * groups
        You multiplied by groups: with more of them an output channel sees fewer channels, in_channels / groups.

    inputs = 1
        You let every output channel see one channel: that is so only if there are as many groups as channels.

    outputs = (out_channels // groups)
        You divided by groups twice: all out_channels are computed, each from its own part of the input.

    kernel = k
        You took one side of the kernel: a window has k × k numbers per channel.

    bias = + out_channels
        You counted a bias: this convolution has none.

    two = 2 *
        You counted FLOPs, a multiplication and an addition: one of each is one MAC.

    pixels = out
        You took one side of the output: its kernel is applied at out × out places.

    pixels = 1
        You counted the multiplications of one place: there are out × out.

    channels = in_channels
        Your activations have the input's channels: written are out_channels numbers at each place.

    channels = 1
        You counted one channel of what is written: there are out_channels.

    written = out
        You wrote along one side only: each channel has out × out numbers.
    """,
)

assignment.part(
    "price",
    "The price of a convolution",
    "efficient networks are made by making one factor of this product small",
    PRICE,
    [
        case(3, 32, 112),
        case(32, 64, 56, 1),
        case(32, 32, 15, 3, 32),
        case(16, 24, 8, 5, 8),
    ],
)

V1_ROWS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]

NETWORK = recipe(
    """
    def mobilenet_v1_macs(size):
        size, channels = math.ceil(size / 2), 32
        macs = 3 * 3 * 3 * 32 * size**2
        for c, stride in V1_ROWS:
            «next = size = math.ceil(size / stride)»
            macs «add = +=» «depthwise = 9 * channels * size**2» + «pointwise = channels * c * size**2»
            «late = »
            «channels = channels = c»
        return macs + «classifier = 1024 * 1000»
    """,
    """
    next = size = size // stride
        Your size rounds down. With this padding a convolution of stride 2 rounds an odd size up.

    next =
        The size never changes after the stem: each stride makes it smaller for all that follows.

    next =; late = size = math.ceil(size / stride)
        You priced both halves at the size before the stride: the depthwise half has the stride, so take it first.

    depthwise = 9 * channels * before**2; next = before = size
    | size = math.ceil(size / stride)
        You priced the depthwise half at its input's size: MACs are counted at the output's.

    depthwise = 9 * channels * channels * size**2
        Your depthwise half mixes channels: each filter sees one channel, so channels stands once.

    depthwise = channels * size**2
        Your depthwise half has one weight per channel: its filters are 3×3.

    depthwise = 9 * c * size**2
        Your depthwise half has the output's channels: it comes first, and works on those that come in.

    depthwise = 0
        The depthwise half is missing.

    pointwise = 9 * channels * c * size**2
        Your pointwise half is 3×3: it looks at one position, 1×1.

    pointwise = 0
        The pointwise half is missing.

    channels =
        Your channels stay at 32: what a row puts out is what the next one takes in.

    add = =
        Only the last row is left: add each row to the total.

    classifier = 0
        The linear layer at the end is missing: 1024 features to 1000 classes.

    classifier = 1024 * 1000 + 1000
        You counted the classifier's bias: additions alone are no MACs.

    classifier = 1024 * 1000 * size**2
        You ran the classifier at each position: it comes after the average, once.
    """,
    names={"V1_ROWS": V1_ROWS},
)

assignment.part(
    "network",
    "MobileNetV1, row by row",
    "who has added up one network by hand believes a counter for good reasons",
    NETWORK,
    [case(224), case(225), case(97)],
)
