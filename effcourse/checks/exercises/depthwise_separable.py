"""Checks of exercise 02: the halves turned around, their price and saving, and the chapter's curve turned around."""

from __future__ import annotations

from collections.abc import Sequence

from ..cases import Case, case
from ..engine import Assignment
from ..mistake import Mistake
from ..recipes import Answer, recipe
from ..results import Model, Result, model_of, unlike
from ..work import Work, call_text

assignment = Assignment("02_depthwise_separable", allow=("trace",))

BLOCK = recipe(
    """
    class MixThenFilter(nn.Module):
        def __init__(self, in_channels, out_channels, kernel_size=3, stride=1):
            super().__init__()
            early, late = «strides = 1, stride»
            kernel, pad = «kernel = kernel_size», «pad = kernel_size // 2»
            wide = «wide = out_channels»
            self.pointwise = nn.Conv2d(in_channels, out_channels, «mix = 1, early», bias=«bias1 = False»)
            self.norm1 = «make1 = nn.BatchNorm2d(out_channels)»
            self.depthwise = nn.Conv2d(wide, wide, kernel, late, pad, «groups = groups=wide», bias=«bias2 = False»)
            self.norm2 = «make2 = nn.BatchNorm2d(wide)»
            «more = »

        def forward(self, x):
            «body = «given = »
            x = «act1 = F.relu»(«norm1 = self.norm1(self.pointwise(x))»)
            «between = »
            return «act2 = F.relu»(«norm2 = self.norm2(self.depthwise(x))»)«after = »»
    """,
    """
    groups = groups=1
        You left out groups: with groups=out_channels each channel is filtered by itself.

    groups = groups=in_channels
        The mixing has made out_channels channels, and the depthwise convolution has as many groups, not in_channels.

    pad = 1
        You pad 1 pixel always, which is right for 3×3 only: pad kernel_size // 2.

    pad = 0
        You do not pad, so the picture shrinks: pad kernel_size // 2 zeros on every side.

    pad = kernel_size // 2 + 1
    or pad = (kernel_size + 1) // 2
        You pad one pixel too many on every side: half a kernel, rounded down, is kernel_size // 2.

    kernel = 3; pad = 1
        kernel_size is not used: your filters are 3×3 always.

    strides = 1, 1
        Your pictures do not shrink: hand the stride to the depthwise convolution.

    strides = 1, 1; more = self.stride = stride; after = [:, :, :: self.stride, :: self.stride]
        You filter every position and throw most of them away: give the stride to the depthwise convolution.

    strides = stride, 1
        The stride comes with the mixing, so the filters never see the positions between: give the stride to the
        depthwise convolution.

    strides = stride, stride
        Both convolutions have the stride, so the picture shrinks twice: only the depthwise one has it.

    mix = kernel_size, early, kernel_size // 2
    or mix = 3, early, 1
        Your first convolution looks at neighbours: the mixing is pointwise, 1×1.

    act1 =; norm1 = self.pointwise(x)
    or make1 = None; act1 =; norm1 = self.pointwise(x)
        Nothing stands between the two convolutions: batch norm and ReLU come after each.

    act1 =
        There is no ReLU between the two halves: it comes after each batch norm.

    act2 =
        Your output can be negative: a ReLU comes after the depthwise half too.

    act1 =; act2 =
        There is no ReLU: it comes after each of the two batch norms.

    norm1 = self.pointwise(x)
    or make1 = None; norm1 = self.pointwise(x)
        No batch norm runs after the pointwise convolution: each half has one of its own.

    norm2 = self.depthwise(x)
    or make2 = None; norm2 = self.depthwise(x)
        No batch norm runs after the depthwise convolution: each half has one of its own.

    norm1 = self.pointwise(x); norm2 = self.depthwise(x)
    or make1 = None; make2 = None; norm1 = self.pointwise(x); norm2 = self.depthwise(x)
        There is no batch norm: it comes after each of the two convolutions.

    act1 =; norm1 = self.norm1(F.relu(self.pointwise(x))); act2 =; norm2 = self.norm2(F.relu(self.depthwise(x)))
        Your ReLUs come before the batch norms: convolution, batch norm, ReLU is the order.

    act1 = F.relu6; act2 = F.relu6
        Your outputs end at 6: this exercise asks for ReLU, not ReLU6.

    act1 = F.hardswish; act2 = F.hardswish
    or act1 = F.silu; act2 = F.silu
        Your activations let negative numbers through: this exercise asks for ReLU.

    bias1 = True; bias2 = True
        Your convolutions have a bias: batch norm's shift does its job, so bias=False.

    bias1 = True
        Your pointwise convolution has a bias: batch norm's shift does its job, so bias=False.

    bias2 = True
        Your depthwise convolution has a bias: batch norm's shift does its job, so bias=False.

    wide = in_channels; make1 = nn.BatchNorm2d(in_channels); make2 = nn.BatchNorm2d(out_channels); body =
    | x = F.relu(self.norm1(self.depthwise(x)))
    | return F.relu(self.norm2(self.pointwise(x)))
        You filter before you mix, the chapter's order: here the mixing comes first.

    given = given = x; after = + (given if given.shape[1] == self.norm2.num_features else 0)
    or given = given = x; after = + given
        You add the block's input: this block has no shortcut.

    body = return F.relu(self.norm1(self.pointwise(x)))
        You return the mixing: the filters, one for each of the out_channels, come after it.

    body = return F.relu(self.norm2(self.depthwise(x)))
        Your block filters only: the mixing comes before that.
    """,
)

assignment.part(
    "block",
    "The block that mixes first",
    "the order decides where the work is done, and which kernels can be said",
    BLOCK,
    [
        case(8, 16, inputs=(2, 8, 9, 9)),
        case(16, 12, stride=2, inputs=(1, 16, 11, 8)),
        case(6, 10, kernel_size=5, inputs=(1, 6, 9, 9)),
        case(12, 12, kernel_size=7, stride=2, inputs=(1, 12, 13, 13)),
        case(5, 5, inputs=(2, 5, 7, 10)),
        case(4, 9, 3, 3, inputs=(1, 4, 10, 11)),
    ],
)


@assignment.check(
    "What the block takes to run",
    "a block with the right outputs can still waste the work that it was made to save",
)
def block_macs(
    MixThenFilter: Work,  # noqa: N803
    cases: Sequence[Case] = (
        case(16, 24, stride=2, inputs=(1, 16, 15, 15)),
        case(8, 8, kernel_size=5, stride=2, inputs=(1, 8, 9, 9)),
    ),
) -> None:
    runs = []
    for one in cases:
        built = MixThenFilter.build(*one.arguments, **one.keywords)
        runs.append(Result(one, True, built.run(*one.arrays()), built))
    told = [(one.case, one.macs, getattr(one.value, "shape", None)) for one in runs]
    for run, (one, macs, _) in zip(runs, told, strict=True):
        right = model_of(BLOCK.answer, one, ())
        assert isinstance(right, Model)
        expected = right.macs or 0
        if macs is not None and macs > expected:  # fewer: products and sums written out, which a trace does not count
            causes = {known.cause for known in BLOCK.mistakes if all(_run_of(known, o) == (m, s) for o, m, s in told)}
            other = None if causes else unlike(run, right)  # more work for the right output has a cause of its own
            cause = causes.pop() if len(causes) == 1 else other.cause if other else ""
            call = call_text(MixThenFilter.name, one.arguments, one.keywords)
            raise Mistake(f"{call} takes {macs:,} MACs on {one.inputs[0][1:]}, expected {expected:,}", cause)


def _run_of(known: Answer, one: Case) -> tuple[int, object]:
    """MACs and the output's shape."""
    model = model_of(known, one, ())
    return (model.macs or 0, model.output.shape) if isinstance(model, Model) else (0, None)


MACS = recipe(
    """
    def separable_macs(in_channels, out_channels, size, kernel_size=3, stride=1):
        out = «out = (size - 1) // stride + 1»
        mixing = «mixing = in_channels * out_channels» * «first = size * size»
        depthwise = «taps = kernel_size * kernel_size» * «reads = out_channels» * «second = out * out»
        return «two = »(«sum = mixing + depthwise»)«more = »
    """,
    """
    reads = in_channels * out_channels; mixing = 0
        That is the standard convolution: in the depthwise half each filter reads one channel.

    reads = out_channels * out_channels
        You left out groups: a depthwise filter reads one channel, not all out_channels.

    two = 2 *
        You counted FLOPs, a multiplication and an addition: a multiply-accumulate is one MAC.

    more = + out_channels * (size * size + out * out)
        You counted a bias, or batch norm as one product a number: only the convolutions' products count.

    more = + 2 * out_channels * (size * size + out * out)
    or more = + 4 * out_channels * (size * size + out * out)
        You counted batch norm: by the papers' convention only the convolutions' products count.

    first = out * out
        The mixing comes before the stride: it works at the input's positions.

    second = size * size
    or out = size
        The filters have the stride: they work at the output's positions only.

    first = out * out; second = size * size
        You exchanged the positions: the mixing works at the input's, the filters at the output's.

    out = size // stride
        You rounded the size down: with this padding, 15 pixels become 8 at stride 2.

    out = round(size / stride)
        You rounded half a pixel to the even number: with this padding 13 pixels become 7 at stride 2. Round up.

    out = (size - kernel_size) // stride + 1
        You left out the padding: kernel_size // 2 zeros stand on every side, so stride 1 keeps the size.

    out = (size + 2 - kernel_size) // stride + 1
        You padded 1 pixel always, which is right for 3×3 only: the padding is kernel_size // 2.

    reads = in_channels
        You filtered before the mixing: here the depthwise half works on out_channels channels.

    first = out * out; reads = in_channels
        That is the chapter's order, filters first: here the mixing comes first.

    sum = mixing * depthwise
        You multiplied the halves: they run one after the other, so their MACs add up.

    sum = depthwise
        You left out the mixing, where nearly all of the work is.

    sum = mixing
        You left out the filters: kernel_size × kernel_size products for each output channel and position.

    taps = kernel_size
        You took one side of the kernel: a filter has kernel_size × kernel_size taps.

    taps = 9
        kernel_size is not used: you count 9 taps always.

    first = size; second = out
        You multiplied by one side only: there are height × width positions.
    """,
)

assignment.part(
    "separable_macs",
    "MACs when the mixing comes first",
    "with a stride the order matters: what runs before it runs at the large size",
    MACS,
    [
        case(32, 64, 112),
        case(64, 128, 112, stride=2),
        case(16, 16, 15, 5, stride=2),
        case(12, 20, 13, stride=2),
        case(24, 40, 7, 7),
        case(5, 3, 11, stride=3),
        case(6, 9, 9, 1),
    ],
)

SAVING = recipe(
    """
    def saving(in_channels, out_channels, kernel_size=3):
        return «all = 1 / («mix = 1 / in_channels» + «filters = 1 / kernel_size**2»)»
    """,
    """
    all = 1 / in_channels + 1 / kernel_size**2
        Upside down: divide the standard convolution's MACs by the separable one's.

    mix = 1 / out_channels
        That is the chapter's order, filters first: with the mixing first it is the output's channels that cancel.

    all = kernel_size**2
        k² is the limit for many input channels: the filters themselves cost 1 / in_channels.

    filters = 1 / kernel_size
        You took one side of the kernel: the mixing costs 1 / kernel_size² of the standard convolution.

    filters = 1 / 9
        kernel_size is not used: you have the 9 of 3×3 where its square should stand.

    all = 1 - 1 / in_channels - 1 / kernel_size**2
    or all = 100 * (1 - 1 / in_channels - 1 / kernel_size**2)
        That is the share that is saved: the question is how many times fewer, standard / separable.

    all = kernel_size**2 * in_channels / (kernel_size**2 * out_channels + in_channels)
        You left out groups: the depthwise half takes k² out_channels MACs for each position.

    all = round(1 / (1 / in_channels + 1 / kernel_size**2), 2)
    or all = round(1 / (1 / in_channels + 1 / kernel_size**2), 1)
        You rounded: return the number as it is.

    all = round(1 / (1 / in_channels + 1 / kernel_size**2))
    or all = int(1 / (1 / in_channels + 1 / kernel_size**2))
    or all = kernel_size**2 * in_channels // (kernel_size**2 + in_channels)
        You made a whole number of it: the saving is a fraction, such as 5.76.

    all = kernel_size**2 * in_channels - kernel_size**2 - in_channels
    or all = out_channels * (kernel_size**2 * in_channels - kernel_size**2 - in_channels)
        You took the difference: divide the two.
    """,
)

assignment.part(
    "saving",
    "The saving",
    "which order saves more depends on the layer: on its input channels here, on its output channels in the chapter",
    SAVING,
    [case(16, 64), case(64, 16), case(256, 8), case(32, 32, 5), case(10, 3, 7), case(4, 6, 1)],
)

FEWEST = recipe(
    """
    def fewest_outputs(times, kernel_size=3):
        ceiling = «ceiling = kernel_size**2»
        «guard = if «hopeless = times >= ceiling»:
            return «none = None»»
        channels = «exact = times * ceiling / (ceiling - times)»
        return «up = math.ceil(channels)»
    """,
    """
    up = int(channels)
    or up = max(1, int(channels))
        With that many channels the saving is still under: round up, not down.

    up = round(channels)
    or up = max(1, round(channels))
        You rounded to the nearest: where that is down, the saving is still under. Round up.

    up = int(channels) + 1
        Where a whole number of channels saves exactly `times`, you take one more: "at least" means that it is enough.

    up = math.ceil(channels) + 1
        One channel fewer would do. Do you ask for more than `times`, or start counting too late?

    up = math.ceil(channels) - 1
        You return the last number of channels that is under: the next one is asked.

    up = channels
        A layer has no fraction of a channel: round up to the next whole number.

    up = math.ceil(channels / 8) * 8
        You rounded up to a multiple of 8: any whole number of channels is allowed here.

    none = 0
        Return None where no number of channels saves that much, not 0.

    none = -1
        Return None where no number of channels saves that much, not -1.

    exact = 1 / (1 / times - 1 / ceiling)
        Where the exact answer is a whole number, rounding errors lift yours above it: bring the formula to one
        fraction, times · k² / (k² - times).

    hopeless = times > ceiling; exact = math.inf if times == ceiling else times * ceiling / (ceiling - times)
    or hopeless = times > ceiling
        A saving of exactly k² is never reached: return None for it as well.

    guard =
        At times = k² your formula divides by zero, and above it goes negative: no number of channels saves that much.
        Return None.

    ceiling = 9
        The kernel is not used: its k² is the ceiling that the saving approaches.

    ceiling = kernel_size
        You took one side of the kernel: the ceiling is kernel_size².

    hopeless = times >= ceiling - 0.02
        Your search ends too early: a hope just below k² takes thousands of channels.

    up = math.ceil(times)
        You left out the mixing: it costs 1 / kernel_size² of the standard convolution, so more channels are needed.
    """,
)

assignment.part(
    "fewest_outputs",
    "When is it under 5 times?",
    "whether a layer is worth replacing can be told from its kernel and its output channels alone",
    FEWEST,
    [
        *(case(times) for times in (5, 8.6, 9, 12, 1.2, 4.5, 0.5, 8.9871, 7.9)),
        *(case(times, 5) for times in (5, 21, 24, 24.6)),
        case(30, 7),
    ],
)
