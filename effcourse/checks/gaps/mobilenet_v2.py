"""The gaps of chapter 4: the block's linear end and its shortcut, the rule for channels, a block in parts, a design."""

from __future__ import annotations

from ..cases import case
from ..engine import Assignment
from ..recipes import recipe

assignment = Assignment("04_mobilenet_v2")

BLOCK = recipe(
    """
    class Block(nn.Module):
        def __init__(self, in_channels, out_channels, stride=1, t=6):
            super().__init__()
            hidden = t * in_channels
            layers = []
            if t != 1:
                layers += [nn.Conv2d(in_channels, hidden, 1, bias=False)]
                layers += [nn.BatchNorm2d(hidden), nn.ReLU6()]
            layers += [nn.Conv2d(hidden, hidden, 3, stride, padding=1, «groups = groups=hidden», bias=False)]
            layers += [nn.BatchNorm2d(hidden), nn.ReLU6()]
            layers += [nn.Conv2d(hidden, out_channels, «project = 1», bias=«bias = False»)]
            layers += [«norm = nn.BatchNorm2d(out_channels)», «act = nn.Identity()»]
            self.branch = nn.Sequential(*layers)
            self.adds = «adds = «same_size = stride == 1» and «same_channels = in_channels == out_channels»»

        def forward(self, x):
            out = self.branch(x)
            return «after = »(«sum = x + out» if self.adds else out)
    """,
    """
    act = nn.ReLU6()
    or act = nn.ReLU()
        There is an activation after your projection: the bottleneck is linear, so thin tensors keep negative numbers.

    norm = nn.Identity()
        There is no batch norm after your projection: each of the three convolutions has one.

    bias = True
        Your projection has a bias: batch norm's shift does its job, so bias=False.

    project = 3, padding=1
        Your projection looks at neighbours again: it is pointwise, 1×1.

    groups = groups=1
        Your filter has one group, so each of its filters sees all channels: depthwise has as many groups as channels.

    groups = groups=in_channels
        Your filter has in_channels groups: it works in the wide space, so it has as many groups as that has channels.

    adds = False
        Your block has no shortcut: with stride 1 and equal channels the input is added.

    adds = True
        You always add the input: that goes only where size and channels stay, with stride 1 and equal channels.

    same_size = True
        You ask for equal channels only: with stride 2 the sizes differ.

    same_channels = True
        You ask for stride 1 only: with other channels out than in the shapes differ.

    adds = stride == 1 or in_channels == out_channels
        You add the input where one of the conditions holds: both must.

    adds = stride == 1 and in_channels == out_channels and t != 1
        Your shortcut also asks for an expansion: stride 1 and equal channels are all that it needs.

    sum = x
        You return the input in place of the sum.

    after = F.relu6
    or after = F.relu
        After the sum comes another activation: what goes on to the next block is thin, so it stays linear.
    """,
)

assignment.part(
    "block",
    "The inverted residual",
    "a linear end and a shortcut between the thin ends: these two are the paper's title",
    BLOCK,
    [
        case(8, 12, 2, 6, inputs=(2, 8, 9, 9)),
        case(6, 10, 1, 3, inputs=(1, 6, 7, 8)),
        case(6, 6, inputs=(2, 6, 9, 9)),
        case(5, 5, 2, 4, inputs=(1, 5, 9, 9)),
        case(6, 6, 1, 1, inputs=(1, 6, 7, 7)),
        case(6, 9, 1, 1, inputs=(1, 6, 7, 7)),
    ],
)

ROUNDING = recipe(
    """
    def round8(channels):
        rounded = max(8, «nearest = int(channels / 8 + 0.5) * 8»)
        if «low = rounded < 0.9 * channels»:
            rounded += 8
        return rounded
    """,
    """
    low = False
        That is the nearest multiple of 8. What about the 90 %? Try 18: 16 would be less than that.

    nearest = int(channels / 8) * 8
        You cut off in place of rounding: 52 lies halfway between 48 and 56, and the upper one is taken.

    nearest = round(channels / 8) * 8
        Your round takes the even neighbour where two are equally near: 52 / 8 is 6.5 and becomes 6. Take the upper one.

    nearest = math.ceil(channels / 8) * 8
    or low = rounded < channels
        You always round up. Chapter 7 meets networks that became dearer that way.

    low = 0.9 * rounded < channels
        Your 90 % are of the rounded number: it must not fall below 90 % of what was asked for.

    low = rounded < 0.8 * channels
        Your limit is lower than 90 %: 18 must become 24, for 16 is 89 % of it.

    low = rounded > 0.9 * channels
        You take the next one where it is not needed: only if the rounded number falls *below* 90 %.
    """,
)

assignment.part(
    "rounding",
    "Channels by the authors' rule",
    "every published figure of a narrow MobileNetV2 belongs to a network rounded like this",
    ROUNDING,
    [case(c) for c in (24, 22.4, 11.2, 18, 52, 20, 62, 12, 33.6, 2.8, 100, 1280.0)],
)

PARTS = recipe(
    """
    def in_parts(x, expand, depthwise, project, parts):
        expand, depthwise = expand.chunk(parts), depthwise.chunk(parts)
        out = 0
        for e, d, p in zip(expand, depthwise, «split = project.chunk(parts, dim=1)»):
            inside = F.relu6(F.conv2d(x, e), inplace=True)
            inside = F.relu6(F.conv2d(inside, d, stride=2, padding=1, groups=len(d)), inplace=True)
            inside = «adds = F.conv2d(inside, p)»
            out = «sum = «before = out +» inside»
        return out
    """,
    """
    split = project.chunk(parts)
        You split the projection's outputs: each part has some of the *inner* channels, which project reads, dim=1.

    split = [project] * parts
        Each part needs its own inner channels' columns of the projection; you hand it the whole.

    before =
        Each part overwrites the one before: the output is their sum.

    adds = F.relu6(F.conv2d(inside, p))
        There is an activation on what each part adds: the projection is linear, or it would not be a sum.

    sum = F.relu6(out + inside)
        There is an activation after your sum: the bottleneck is linear.

    adds = F.conv2d(inside, p) / parts
        You took the mean of the parts: their sum is the output.

    split = project.flip(1).chunk(parts, dim=1)
        Your parts of the projection are in another order than those of expansion and filter.
    """,
)

assignment.part(
    "parts",
    "A block in parts",
    "what adds up can be taken in parts, and only one part's inside must be in memory",
    PARTS,
    [
        case(2, inputs=((1, 3, 8, 8), (6, 3, 1, 1), (6, 1, 3, 3), (4, 6, 1, 1))),
        case(3, inputs=((2, 4, 7, 9), (9, 4, 1, 1), (9, 1, 3, 3), (6, 9, 1, 1))),
        case(1, inputs=((1, 2, 5, 5), (4, 2, 1, 1), (4, 1, 3, 3), (3, 4, 1, 1))),
    ],
)

EXPANSION = recipe(
    "largest_t = «largest_t = 4»",
    """
    largest_t = 5
        With 5 the filter reads 80 channels at 112 × 112 positions: its input and output together are above V1's peak.

    largest_t = 3
        With 3 the peak is below V1's, and with one more it still is.

    largest_t = 6
        That is Table 2 as it stands, with the peak above V1's.

    largest_t = 2
    or largest_t = 1
        That fits, with room to spare: asked is the largest.
    """,
)

assignment.part(
    "expansion",
    "The expansion that V1's memory allows",
    "the peak is where the picture is still large, so one row of the table decides",
    EXPANSION,
)
