"""The gaps of chapter 2: the depthwise half by hand, the block, and what several filters per channel save."""

from __future__ import annotations

from ..cases import case
from ..engine import Assignment
from ..recipes import recipe

assignment = Assignment("02_depthwise_separable")

BY_HAND = recipe(
    """
    def depthwise_by_hand(x, filters):
        channels, height, width = x.shape
        _, k, _ = filters.shape
        padded = F.pad(x, (k // 2,) * 4)
        out = torch.zeros_like(x)
        for u in range(k):
            for v in range(k):
                shifted = padded[:, u : u + height, v : v + width]
                out «add = +=» «product = «weight = filters[:, u, v, None, None]» * «seen = shifted»»
        return out, «macs = k * k * channels * height * width»
    """,
    """
    add = =
        Each shift overwrites the one before: the sum over u and v needs +=.

    seen = x
        You multiply x where it stands: at (u, v) the filter meets its neighbour, which is shifted.

    weight = filters[:, v, u, None, None]
        Your filters are turned over: u counts rows and v columns, filters[:, u, v].

    weight = filters.flip(1, 2)[:, u, v, None, None]
        Your filters run backwards. That is a convolution as mathematicians have it; networks do not flip.

    weight = filters[0, u, v]
    or weight = filters[:1, u, v, None, None]
        All channels meet the first filter: channel c meets filter c.

    weight = filters[:, u, v]
        Your numbers, one per channel, meet the columns of the picture: give them two more dimensions, (C, 1, 1).

    product = (filters[:, u, v, None, None] * shifted).sum(0)
    or product = (filters[:, u, v, None, None] * shifted).sum(0, keepdim=True)
        You add up the channels. That is the pointwise half's job: here each stays by itself.

    macs = k * k * channels * channels * height * width
        You count a convolution that mixes: here each channel meets one filter, so channels stands once.

    macs = k * k * channels
    or macs = filters.numel()
        You counted one position's multiplications: there are height × width positions.

    macs = k * channels * height * width
        A filter has k × k numbers, and you counted k.

    macs = k * k * height * width
        You counted one channel's multiplications: there are as many again for each channel.

    macs = 2 * k * k * channels * height * width
        A multiply-accumulate counts once, not as a multiplication and an addition.
    """,
)

assignment.part(
    "depthwise",
    "The depthwise half, by hand",
    "that each channel meets its own filter and no other is all that makes this cheap",
    BY_HAND,
    [
        case(inputs=((3, 6, 5), (3, 3, 3))),
        case(inputs=((4, 7, 7), (4, 5, 5))),
        case(inputs=((2, 4, 6), (2, 1, 1))),
        case(inputs=((1, 5, 5), (1, 3, 3))),
    ],
)

BLOCK = recipe(
    """
    class MySeparable(nn.Module):
        def __init__(self, in_channels, out_channels, kernel_size=3, stride=1):
            super().__init__()
            self.depthwise = nn.Conv2d(
                in_channels, in_channels, kernel_size, stride, padding=kernel_size // 2,
                «groups = groups=in_channels», bias=False,
            )
            self.norm1 = nn.BatchNorm2d(in_channels)
            self.pointwise = nn.Conv2d(in_channels, out_channels, «mix = 1, 1», bias=«bias = False»)
            self.norm2 = nn.BatchNorm2d(out_channels)

        def forward(self, x):
            x = F.relu(self.norm1(self.depthwise(x)))
            return F.relu(self.norm2(self.pointwise(x)))
    """,
    """
    groups = groups=1
        With one group every filter sees all channels, an ordinary convolution: as many groups as channels.

    groups = groups=in_channels // 2
        Your groups hold two channels each: as many groups as channels, so that each sees only itself.

    mix = kernel_size, 1, kernel_size // 2
    or mix = 3, 1, 1
        Your second convolution looks at neighbours again: mixing is 1×1.

    mix = 1, stride
        The picture shrinks twice: the depthwise half has had the stride.

    bias = True
        Your mixing has a bias: batch norm's shift does its job.
    """,
)

assignment.part(
    "block",
    "The block",
    "MobileNetV1 is this block thirteen times",
    BLOCK,
    [
        case(8, 16, inputs=(2, 8, 9, 9)),
        case(6, 10, kernel_size=5, stride=2, inputs=(1, 6, 11, 8)),
        case(4, 4, inputs=(2, 4, 7, 7)),
    ],
)

SAVING = recipe(
    """
    def saving_with(m, out_channels, k):
        return «all = 1 / («first = m» * («depthwise = 1 / out_channels» + «pointwise = 1 / k**2»))»
    """,
    """
    first = 1
        Your formula has no m in it: that is the saving with one filter.

    all = m * (1 / out_channels + 1 / k**2)
        Upside down: the saving is standard divided by separable.

    all = 1 / (m / out_channels + 1 / k**2)
        Only your depthwise half pays for m; the pointwise half then mixes m times as many channels.

    all = 1 / (1 / out_channels + m / k**2)
        Only your pointwise half pays for m; the depthwise half has m filters for each channel, too.

    all = m / (1 / out_channels + 1 / k**2)
        With more filters you save more? Both halves cost m times as much, so m divides.

    pointwise = 1 / k
        You divided by k: a filter has k × k numbers.
    """,
)

assignment.part(
    "saving",
    "The saving with m filters per channel",
    "a formula is the fastest way to know what you can afford",
    SAVING,
    [case(1, 64, 3), case(2, 64, 3), case(4, 256, 5), case(3, 10, 7)],
)

MOST = recipe(
    "most_filters = «most = 8»",
    """
    most = 9
        Nine is the limit of one filter's saving; with 9 filters the depthwise half makes it dearer than standard.

    most = 1 / (1 / 256 + 1 / 9)
        That is what one filter saves, and m of them save that divided by m: the last whole m with more than 1 is asked.

    most = 7
        With 7 you save something, and with one more you still do.

    most = 1
        One filter saves the most; asked is how many you can afford before nothing is saved.
    """,
)

assignment.part(
    "filters",
    "How many filters per channel still save something",
    "between 1 and this number lies the whole trade of rank against cost",
    MOST,
)
