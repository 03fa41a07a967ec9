"""Checks of exercise 04: the inverted residual with its linear bottleneck, and the memory that it needs."""

from __future__ import annotations

from ..cases import case
from ..engine import Assignment
from ..recipes import recipe

assignment = Assignment("04_inverted_residual")

BLOCK = recipe(
    """
    class InvertedResidual(nn.Module):
        def __init__(self, in_channels, out_channels, stride=1, expand_ratio=6):
            super().__init__()
            hidden = «hidden = in_channels * expand_ratio»
            self.adds = «adds = «same_size = stride == 1» and «same_channels = in_channels == out_channels»»
            early, late, last = «strides = 1, stride, 1»
            layers = []
            if «expands = expand_ratio != 1»:
                layers += [nn.Conv2d(in_channels, hidden, 1, early, bias=«bias = False»)]
                layers += [«norm1 = nn.BatchNorm2d(hidden)», «act1 = nn.ReLU6()»]
            «idle = »
            layers += [nn.Conv2d(hidden, hidden, «kernel = 3», late, «padding = 1», «groups = groups=hidden», bias=«bias»)]
            layers += [«norm2 = nn.BatchNorm2d(hidden)», «act2 = nn.ReLU6()»]
            layers += [nn.Conv2d(hidden, out_channels, 1, last, bias=«bias»)]
            layers += [«norm3 = nn.BatchNorm2d(out_channels)», «act3 = nn.Identity()»]
            self.branch = nn.Sequential(*layers)

        def forward(self, x):
            out = self.branch(x)
            return «after = »(«sum = x + out» if self.adds else out)
    """,
    """
    act3 = nn.ReLU6()
    or act3 = nn.ReLU()
        There is an activation after the projection: it must be linear, so that thin tensors keep their negative numbers.

    groups = groups=1
        You left out groups: the 3×3 filter is depthwise, with as many groups as it has channels.

    groups = groups=in_channels
        Your filter has in_channels groups: it works on the wide tensor, so it has as many groups as that has channels.

    hidden = out_channels * expand_ratio
        The width inside comes from out_channels: it is expand_ratio times in_channels.

    hidden = in_channels + expand_ratio
        The width inside is expand_ratio added to in_channels: it is expand_ratio times in_channels.

    hidden = 6 * in_channels
        expand_ratio is not used: you have a 6 where it should stand.

    act1 = nn.ReLU(); act2 = nn.ReLU()
        Inside, values above 6 come through: the activation is ReLU6.

    act1 = nn.ReLU()
        After the expansion, values above 6 come through: the activation is ReLU6 there, too.

    act2 = nn.ReLU()
        After the depthwise filter, values above 6 come through: the activation is ReLU6 there, too.

    act1 = nn.Hardswish(); act2 = nn.Hardswish()
    or act1 = nn.SiLU(); act2 = nn.SiLU()
        Your activations are MobileNetV3's or EfficientNet's: MobileNetV2 has ReLU6.

    act1 = nn.Identity()
        There is no activation after the expansion: the nonlinear part of the block is where it is wide.

    act2 = nn.Identity()
        There is no activation after the depthwise filter: only the projection is linear.

    act1 = nn.Identity(); act2 = nn.Identity()
        There is no activation inside: expansion and filter each have a ReLU6, only the projection is linear.

    norm1 = nn.Identity()
        There is no batch norm after the expansion: each of the convolutions has one.

    norm2 = nn.Identity()
        There is no batch norm after the depthwise filter: each of the convolutions has one.

    norm3 = nn.Identity()
        There is no batch norm after the projection: each of the convolutions has one.

    norm1 = nn.Identity(); norm2 = nn.Identity(); norm3 = nn.Identity()
        There is no batch norm: each of the convolutions has one.

    norm1 = nn.ReLU6(); act1 = nn.BatchNorm2d(hidden); norm2 = nn.ReLU6(); act2 = nn.BatchNorm2d(hidden)
        Your activations come before the batch norms: convolution, batch norm, activation is the order.

    bias = True
        Your convolutions have a bias: batch norm's shift does its job, so bias=False.

    padding = 0
        The depthwise filter does not pad: give it one pixel on every side.

    padding = 2
        The depthwise filter pads too much: it needs one pixel on every side.

    kernel = 5; padding = 2
        Your filter is 5×5: MobileNetV2's is 3×3.

    kernel = 1; padding = 0
        Your filter is 1×1 and sees no neighbours: it is 3×3.

    strides = 1, 1, 1
        The stride is not used: hand it to the depthwise convolution.

    strides = stride, 1, 1
        The stride is in the expansion, which then skips three of four positions: it belongs to the depthwise filter.
        Where there is nothing to expand, it has no place at all.

    strides = 1, 1, stride
        The stride comes after the filter, which then works on pixels that are thrown away: it belongs to the depthwise
        filter.

    strides = stride, stride, 1
        The stride is in the expansion and in the filter: only the filter has it.

    strides = 1, stride, stride
        The stride is in the filter and in the projection: only the filter has it.

    sum = x + x + out
        The input is added twice: one x too many.

    sum = out + out
        You add the output to itself: the shortcut adds the block's input.

    sum = x * out
        You multiply by the input: the shortcut adds it.

    sum = out - x
        You subtract the input: the shortcut adds it.

    sum = x
        You return the input in place of the sum: the shortcut adds it to what comes out.

    sum = (x + out) / 2
        You take the mean of input and output: the shortcut is their sum.

    adds = False
        There is no shortcut: with stride 1 and equal channels the input is added to the output.

    same_channels = in_channels != out_channels
        Your condition is the wrong way round: the input is added where the channels are *equal* (and the stride is 1).

    after = F.relu6
    or after = F.relu
        After the sum comes another activation: the block ends with the sum.

    sum = F.relu6(x + out)
    or sum = F.relu(x + out)
        After the shortcut's sum comes another activation: the block ends with the sum.

    same_size = True
        You add the input when the stride is 2 as well: then the sizes differ. Both conditions must hold, stride 1 and
        equal channels.

    same_channels = True
        You add the input when the channels differ as well: both conditions must hold, stride 1 and equal channels.

    adds = True
        You always add the input: only with stride 1 and equal channels do size and channels stay the same.

    adds = stride == 1 or in_channels == out_channels
        You add the input where one of the conditions holds: both must, stride 1 *and* equal channels.

    adds = stride == 1 and in_channels == out_channels and expand_ratio != 1
        At expand_ratio 1 you leave the shortcut out: its two conditions do not ask for the expansion.

    expands = True
        Your block expands at expand_ratio 1 too: there is nothing to expand, so that convolution is left out.

    expands = hidden != out_channels
        You leave the expansion out where the width inside is that of the output: it depends on expand_ratio alone.

    idle = self.idle = nn.Conv2d(in_channels, hidden, 1, bias=False) if expand_ratio == 1 else None
    or idle = self.idle = nn.Sequential(nn.Conv2d(in_channels, hidden, 1, bias=False), nn.BatchNorm2d(hidden)) if expand_ratio == 1 else None
        Your expansion is built at expand_ratio 1 and does not run: leave its layers out, they hold weights.
    """,
)

assignment.part(
    "block",
    "Expand, filter, project",
    "MobileNetV2, V3 and EfficientNet are made of this block, and each step of it pays for another",
    BLOCK,
    [
        case(8, 12, 2, 6, inputs=(2, 8, 9, 9)),
        case(12, 20, 2, 3, inputs=(1, 12, 11, 8)),
        case(16, 10, 2, 4, inputs=(1, 16, 7, 7)),
        case(4, 8, 2, 2, inputs=(1, 4, 6, 7)),
    ],
)
assignment.part(
    "shortcut",
    "The shortcut, and where it is",
    "it lets gradients through a deep network, and it can join only what has the same shape",
    BLOCK,
    [
        case(12, 12, inputs=(2, 12, 9, 9)),
        case(10, 10, 2, 4, inputs=(1, 10, 9, 9)),
        case(10, 14, 1, 4, inputs=(1, 10, 7, 9)),
    ],
)
assignment.part(
    "no_expansion",
    "Nothing to expand",
    "the network's first block has expand_ratio 1, on its largest picture: an idle 1×1 there is dear",
    BLOCK,
    [
        case(12, 8, 1, 1, inputs=(2, 12, 9, 9)),
        case(10, 14, 2, 1, inputs=(1, 10, 9, 8)),
        case(6, 6, 1, 1, inputs=(1, 6, 9, 9)),
    ],
)

MERGED = recipe(
    """
    def merged_peak(in_channels, out_channels, size, stride=1, expand_ratio=6):
        wide, out = «wide = in_channels * expand_ratio», «out = math.ceil(size / stride)»
        tensors = [in_channels * size**2]
        if «expands = expand_ratio != 1»:
            tensors += [wide * «first = size»**2]
        tensors += [wide * out**2, out_channels * out**2]
        adds = «same_size = stride == 1» «both = and» «same_channels = in_channels == out_channels»
        waiting = «waiting = tensors[0] if adds else 0»
        needs = [a + b + (waiting «after = if i else 0») for i, (a, b) in enumerate(zip(tensors, tensors[1:]))]
        return «bytes = 4 *» «peak = max(needs)»
    """,
    """
    bytes =
        You counted numbers, not bytes: a float32 number takes 4.

    bytes = 32 *
        You counted bits: a float32 number takes 4 bytes.

    peak = sum(tensors)
    or peak = (sum(tensors) + waiting)
        You added all tensors up: a tensor is freed when nobody needs it any more. Take the most at one time.

    peak = sum(needs)
        You added up what each convolution needs: they run one after the other, so take the largest.

    peak = min(needs)
        You took the smallest need: the peak is the largest.

    peak = needs[-1]
        You looked at the projection only: the peak may be while another convolution runs.

    peak = needs[0]
        You looked at the first convolution only: the peak may be while another one runs.

    peak = max(tensors)
    or peak = (max(tensors) + waiting)
        You took the largest tensor alone: while a convolution runs, its input and its output are there.

    peak = max(tensors[1:])
        You took the largest output: while a convolution runs, its input is there, too.

    waiting = 0
        The shortcut is forgotten: its input waits in memory until the sum.

    after = if i == len(tensors) - 2 else 0
        The block's input waits while every convolution behind the first runs, not only while the projection does.

    same_size = True
        With stride 2 there is no shortcut, so nothing waits.

    same_channels = True
        With other channels out than in there is no shortcut, so nothing waits.

    same_size = True; same_channels = True
        The block's input waits only for a shortcut: with stride 1 and equal channels.

    both = or
        Something waits only where both hold, stride 1 and equal channels: you ask for one of them.

    expands = True
        At expand_ratio 1 there is no expansion, and so no tensor that it writes.

    first = out
        The expansion runs before the stride: its output has the input's size.

    out = size // stride
        You rounded the size down: 15 pixels become 8 at stride 2.

    out = round(size / stride)
        You rounded half a pixel to the even number: at stride 2, 15 pixels become 8 and 57 become 29. Round up.

    out = size
        The stride is not used: the filter's output is smaller.

    wide = out_channels * expand_ratio
        The width inside comes from out_channels: it is expand_ratio times in_channels.

    wide = 6 * in_channels
        expand_ratio is not used: you have a 6 where it should stand.

    peak = (tensors[0] + tensors[-1])
        That is the block in one go: here the inside is in memory too.
    """,
)

assignment.part(
    "merged_peak",
    "The peak, layer by layer",
    "this is what most runtimes do, and where the thin bottleneck's promise about memory is broken",
    MERGED,
    [
        case(16, 24, 112, 2),
        case(24, 24, 56),
        case(32, 16, 112, 1, 1),
        case(24, 32, 57, 2),
        case(16, 16, 15, 1, 1),
        case(16, 24, 15, 2, 1),
        case(8, 64, 14, 1, 2),
        case(24, 24, 28, 2, 3),
        case(10, 80, 9, 2, 4),
    ],
)

ONE_GO = recipe(
    """
    def one_go_peak(in_channels, out_channels, size, stride=1, expand_ratio=6):
        out = «out = math.ceil(size / stride)»
        before, after = «before = in_channels * size**2», «after = out_channels * out**2»
        return «bytes = 4 *» «both = (before + after)»
    """,
    """
    bytes =
        You counted numbers, not bytes: a float32 number takes 4.

    bytes = 32 *
        You counted bits: a float32 number takes 4 bytes.

    out = size
        The stride is not used: the output is smaller than the input.

    before = in_channels * size; after = out_channels * out
        You took one side of the picture: a tensor has height × width positions.

    out = size // stride
        You rounded the size down: 57 pixels become 29 at stride 2.

    out = round(size / stride)
        You rounded half a pixel to the even number: at stride 2, 55 pixels become 28 and 57 become 29. Round up.

    out = size / stride
        You let half a pixel stand: 57 pixels become 29 at stride 2.

    both = max(before, after)
        You took the larger of the two: input and output are there at the same time.

    both = before
        You counted the input alone: the output is made while it is there.

    both = after
        You counted the output alone: its input is there while it is made.

    both = (before + after + (before if stride == 1 and in_channels == out_channels else 0))
        You counted the block's input twice: it is there already, the shortcut needs no copy.

    before = in_channels * expand_ratio * size**2
        You counted the expanded tensor: it is never written to memory here, the block's input is.

    both = merged_peak(in_channels, out_channels, size, stride, expand_ratio) // 4
        That is the peak layer by layer: here the inside is never written to memory.
    """,
    uses=(MERGED,),
)

assignment.part(
    "one_go_peak",
    "The peak, a block in one go",
    "this is the way for which the paper makes its claim, and where thin ends pay",
    ONE_GO,
    [
        case(16, 24, 112, 2),
        case(24, 24, 56),
        case(32, 16, 112, 1, 1),
        case(24, 32, 57, 2),
        case(64, 96, 14),
        case(5, 9, 55, 2),
    ],
)
