"""Recipes of exercise 06: the channel shuffle, and ShuffleNetV2's unit that ends with it."""

from __future__ import annotations

from ..recipes import recipe

SHUFFLE = recipe(
    """
    def channel_shuffle(x, groups):
        n, c, h, w = x.shape
        return «out = x.view(n, «rows = groups, c // groups», h, w).transpose(«axes = 1, 2»).«row = reshape(n, c, h, w)»»
    """,
    """
    out = x.clone()
        No channel has moved: a view there and back changes nothing, transpose the table in between.

    rows = c // groups, groups
        This is the inverse of the shuffle: the table needs a row for each group, so `groups` rows of C / groups
        channels.

    row = view(n, c, h, w)
    or rows = c // groups, groups; row = view(n, c, h, w)
        After a transpose the numbers no longer lie in the order in which view reads them: use reshape, which copies, in
        place of the last view.

    row = contiguous()
        Your table is transposed and still a table: read it row by row into the shape (N, C, H, W).

    rows = 2, c // 2
        You take two groups always: use groups.

    out = torch.cat(x.chunk(groups, 1)[::-1], 1)
    or out = torch.cat(x.chunk(groups, 1)[1:] + x.chunk(groups, 1)[:1], 1)
        You moved whole groups: deal the channels out, one of each group in turn.

    out = x.flip(1)
        You reversed the channels: deal them out, one of each group in turn.

    out = x.roll(1, 1)
    or out = x.roll(groups, 1)
    or out = x.roll(-groups, 1)
        You rolled the channels on: deal them out, one of each group in turn.

    out = torch.stack(x.chunk(groups, 1)[::-1], 2).reshape(n, c, h, w)
        You begin with the last group's channel: first comes that of the first group, then that of the second.

    out = x.reshape(groups, n * c // groups, h, w).transpose(0, 1).reshape(n, c, h, w)
        You dealt the channels of different pictures together: keep the batch's axis in front.

    axes = 0, 1
    or axes = 0, 2
        You exchanged the batch's axis with one of the table's: the batch stays in front, the table's two axes change
        places.

    axes = 2, 3
    or axes = 1, 3
    or axes = 3, 4
    or axes = -1, -2
        You exchanged another pair of axes than the table's two, which stand behind the batch's.

    out = x.reshape(n, groups, -1).transpose(1, 2).reshape(n, c, h, w)
        You tore the channels apart: a channel's H × W numbers stay together, so the table has five axes.
    """,
)

UNIT = recipe(
    """
    class ShuffleNetV2Block(nn.Module):
        def __init__(self, in_channels, out_channels, stride=1):
            super().__init__()
            half, self.stride = «half = out_channels // 2», stride
            early, middle, late = «strides = 1, stride, 1»
            left_stride, left_late = «left_strides = stride, 1»
            bias1 = bias2 = bias3 = bias4 = bias5 = «bias = False»
            «biases = »
            eps, pad, act = «eps = 1e-5», «pad = 1», «act = nn.ReLU»
            reads = «reads = half if stride == 1 else in_channels»
            width, left, right = «width = half», [], []
            if stride == 2:
                left += [nn.Conv2d(«wide = in_channels», «wide», «kernel = 3», left_stride, pad, groups=«groups4 = «wide»», bias=bias4)]
                left += [«norm4 = nn.BatchNorm2d(«wide», eps)»«act4 = »]
                left += «last = [nn.Conv2d(«wide», half, 1, left_late, bias=bias5), «norm5 = nn.BatchNorm2d(half, eps)», «act5 = act()»]»
            right += «first = [nn.Conv2d(reads, width, 1, early, bias=bias1), «norm1 = nn.BatchNorm2d(width, eps)», «act1 = act()»]»
            right += [nn.Conv2d(width, width, «kernel», middle, pad, groups=«groups2 = width», bias=bias2)]
            right += [«norm2 = nn.BatchNorm2d(width, eps)»«act2 = »]
            right += «third = [nn.Conv2d(width, half, 1, late, bias=bias3), «norm3 = nn.BatchNorm2d(half, eps)», «act3 = act()»]»
            «more = »
            self.left, self.right = nn.Sequential(*left), nn.Sequential(*right)

        def forward(self, x):
            «start = »
            if self.stride == 1:
                a, b = «split = x.chunk(2, dim=1)»
                left, right = «sides = a, self.right(b)»
                «turn1 = »
            else:
                «split2 = a = b = x»
                left, right = self.left(a), self.right(b)
                «turn2 = »
            out = «join = torch.cat([left, right], dim=1)»
            return «end = channel_shuffle(out, 2)»
    """,
    """
    end = out
        The shuffle at the unit's end is missing (or moves nothing): the next unit would convolve the same half.

    end = channel_shuffle(out, out.shape[1] // 2)
        The shuffle at the unit's end goes the other way, in C / 2 groups: it must have 2 groups.

    end = channel_shuffle(out, 4)
    or join = torch.stack([left, right], 2).flatten(1, 2)
        Your channels are dealt out in 4 groups, or twice in 2: the unit has one shuffle, in 2 groups.

    end = channel_shuffle(out, 2).relu()
        There is a ReLU over all channels at the unit's end: the half that passed by stays as it is.

    end = x + channel_shuffle(out, 2) if self.stride == 1 else channel_shuffle(out, 2)
    or end = channel_shuffle(x + out, 2) if self.stride == 1 else channel_shuffle(out, 2)
    or end = x + out if self.stride == 1 else channel_shuffle(out, 2)
        You added the input, as a residual block does: this unit puts halves side by side and adds nothing.

    sides = a, b + self.right(b)
        You added the branch's input to its output: this unit has no residual, the other half passes by instead.

    act2 = , act()
    or act4 = , act()
    or act2 = , act(); act4 = , act()
        There is a ReLU after your depthwise convolution: after its batch norm comes nothing.

    act3 = nn.Identity()
    or act5 = nn.Identity()
    or act3 = nn.Identity(); act5 = nn.Identity()
        The ReLU after a branch's last pointwise convolution is missing.

    act1 = nn.Identity()
        The ReLU after the first pointwise convolution is missing.

    act1 = nn.Identity(); act3 = nn.Identity(); act5 = nn.Identity()
        There is no ReLU: one follows the batch norm of each pointwise convolution.

    act1 = nn.Identity(); act2 = , act(); act3 = nn.Identity(); act4 = , act(); act5 = nn.Identity()
        Your ReLUs stand after the depthwise convolutions: they belong after the pointwise ones.

    act = nn.ReLU6
        Values above 6 are cut off: the activation is a plain ReLU.

    act = nn.Hardswish
    or act = nn.SiLU
    or act = nn.GELU
    or act = nn.LeakyReLU
        Your activation is another than ReLU.

    norm2 = nn.Identity(); norm4 = nn.Identity()
    or norm2 = nn.Identity()
    or norm4 = nn.Identity()
        There is no batch norm after a depthwise convolution: each convolution has one.

    norm1 = nn.Identity()
    or norm3 = nn.Identity(); norm5 = nn.Identity()
    or norm1 = nn.Identity(); norm3 = nn.Identity(); norm5 = nn.Identity()
        There is no batch norm after a pointwise convolution: each convolution has one.

    norm1 = nn.Identity(); norm2 = nn.Identity(); norm3 = nn.Identity(); norm4 = nn.Identity(); norm5 = nn.Identity()
        There is no batch norm: each convolution has one.

    norm1 = act(); act1 = nn.BatchNorm2d(width); norm3 = act(); act3 = nn.BatchNorm2d(half); norm5 = act(); act5 = nn.BatchNorm2d(half)
        Your ReLUs come before the batch norms: convolution, batch norm, ReLU is the order.

    eps = 1e-3
        Your batch norms have another eps than nn.BatchNorm2d's default.

    bias = True
    or biases = bias2 = bias4 = True
    or biases = bias1 = bias3 = bias5 = True
    or biases = bias4 = bias5 = True
    or biases = bias1 = bias2 = bias3 = True
        Your convolutions, or some of them, have a bias: a batch norm follows each, so they have none.

    groups2 = 1; groups4 = 1
    or groups2 = 1
    or groups4 = 1
        You left out groups: each 3 × 3 convolution is depthwise.

    groups2 = 2; groups4 = 2
        Your 3 × 3 convolution has 2 groups, which are the shuffle's: it is depthwise, with as many as it has channels.

    pad = 0
        Your 3 × 3 convolutions have no padding: they need 1 on each side.

    kernel = 5; pad = 2
        Your depthwise filter is 5 × 5: it is 3 × 3.

    kernel = 1; pad = 0
        Your depthwise filter is 1 × 1 and sees no neighbours: it is 3 × 3.

    strides = stride, 1, 1
    or strides = stride, 1, 1; left_strides = 1, stride
        Your first pointwise convolution has the stride, and drops three of four positions unseen: it belongs to the
        depthwise one.

    strides = 1, 1, stride
    or left_strides = 1, stride
    or strides = 1, 1, stride; left_strides = 1, stride
        The stride is in a branch's last pointwise convolution, so its filter works on positions that are then thrown
        away: it belongs to the depthwise one.

    strides = 1, 1, 1; left_strides = 1, 1
        The stride is not used: the depthwise convolutions have it.

    strides = 1, 1, 1
    or left_strides = 1, 1
    or strides = stride, stride, 1
    or strides = 1, stride, stride
        At stride 2 your two branches give pictures of different sizes: in each of them the depthwise convolution, and
        it alone, has the stride, with a padding of 1.

    reads = in_channels; split = x, x
        You did not split the channels at stride 1: the convolutions get the second half alone, x.chunk(2, dim=1)[1].

    split = x.chunk(2, dim=1)[::-1]; turn1 = left, right = right, left
        At stride 1 your split's halves are swapped: the first half of the channels passes by, the second is convolved.

    split = x.chunk(2, dim=1)[::-1]
        At stride 1 the second half passes by in your unit, and comes first: it is the first half that passes by.

    split = x[:, ::2], x[:, 1::2]
        You split into even and odd channels: split in the middle.

    split = x.chunk(2)
        You split the batch: without dim=1 chunk cuts along the first axis, and pictures have nothing to do with one
        another.

    split = x.chunk(2, dim=2)
        You split along another axis than the channels, which are dim=1.

    turn1 = left, right = right, left; turn2 = left, right = right, left
        Your halves are put together the wrong way round: first the one that passed by, or the left branch.

    turn1 = left, right = right, left
        At stride 1 your halves are put together the wrong way round: first the one that passed by, then the convolved
        one.

    turn2 = left, right = right, left
        At stride 2 your branches are put together the wrong way round: first the one with two convolutions.

    turn1 = left, right = right, left; end = out if self.stride == 1 else channel_shuffle(out, 2)
        Your halves are put together the wrong way round, and no shuffle follows.

    end = out if self.stride == 1 else channel_shuffle(out, 2)
        At stride 1 the shuffle at the unit's end is missing.

    end = channel_shuffle(out, 2) if self.stride == 1 else out
        At stride 2 the shuffle at the unit's end is missing.

    start = x = channel_shuffle(x, 2); end = out
    or start = x = channel_shuffle(x, 2) if self.stride == 1 else x; end = out if self.stride == 1 else channel_shuffle(out, 2)
        You shuffle at the unit's beginning: split first, and shuffle at the end.

    start = x = channel_shuffle(x, 2)
        You shuffle at the unit's beginning, too: it has one shuffle, at the end.

    join = torch.cat([left, right])
        You put the halves together along the batch: without dim=1 cat joins along the first axis.

    join = torch.cat([left, right], dim=2)
        You put the halves together along another axis than the channels, which are dim=1.

    join = left + right; end = out
        You add the two halves: put them one behind the other along the channels.

    sides = self.right(a), self.right(b)
        At stride 1 you convolve both halves: the first passes by unchanged.

    more = if stride == 1: left = [nn.Conv2d(half, half, 3, 1, 1, groups=half, bias=False), nn.BatchNorm2d(half), nn.Conv2d(half, half, 1, bias=False), nn.BatchNorm2d(half), act()]; sides = self.left(a), self.right(b)
        Your left branch computes at stride 1, too: there the first half passes by unchanged.

    wide = in_channels // 2; reads = half if stride == 1 else in_channels // 2; split2 = a, b = x.chunk(2, dim=1)
        You split the channels at stride 2 as well: there is no split, both branches read all input channels.

    last = []
        Your left branch ends after its depthwise convolution: a pointwise one to out_channels / 2 follows.

    more = if stride == 2: left = [nn.Conv2d(in_channels, half, 1, bias=False), nn.BatchNorm2d(half), act(), nn.Conv2d(half, half, 3, 2, 1, groups=half, bias=False), nn.BatchNorm2d(half), nn.Conv2d(half, half, 1, bias=False), nn.BatchNorm2d(half), act()]
        Your left branch has three convolutions: it has a depthwise and a pointwise one.

    more = if stride == 2: left = [nn.AvgPool2d(3, 2, 1)]
        Your left branch only averages, as in the first ShuffleNet: it has a depthwise and a pointwise convolution.

    third = []
        Your right branch ends after its depthwise convolution: a second pointwise one follows.

    first = []; width = reads
        Your right branch begins with its depthwise convolution: a pointwise one comes before it.

    half = in_channels // 2
        Your half is that of in_channels: it is out_channels / 2.

    half = out_channels if stride == 2 else out_channels // 2
        At stride 2 each of your branches gives all out_channels: each gives half of them.

    width = out_channels
        Inside, your right branch has out_channels: each of its convolutions gives half of that.
    """,
    uses=(SHUFFLE,),
    branches=("left", "right"),
)
