"""Checks of exercise 02: the depthwise separable block, its price and its savings curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from torch import Tensor, nn

from ...cost import formulas
from ...cost import trace
from ...models.mobilenet_v1 import DepthwiseSeparableConv as Reference
from ..agree import Case, Suspect, case, same_module, same_values
from ..engine import Assignment
from ..work import Mistake, Work

assignment = Assignment("02_depthwise_separable")


def _block_with(change: Callable[[Reference], object], bias: bool = False) -> Callable[..., nn.Module]:
    """The library's block with one thing changed."""

    def make(in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1) -> nn.Module:
        block = Reference(in_channels, out_channels, kernel_size, stride, bias=bias)
        change(block)
        return block

    return make


def _dense(block: Reference) -> None:
    conv = block.depthwise.conv
    block.depthwise.conv = nn.Conv2d(
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,  # type: ignore[arg-type]
        conv.stride,  # type: ignore[arg-type]
        conv.padding,  # type: ignore[arg-type]
        bias=False,
    )


def _no_stride(block: Reference) -> None:
    block.depthwise.conv.stride = (1, 1)


def _stride_at_the_end(block: Reference) -> None:
    block.pointwise.conv.stride, block.depthwise.conv.stride = block.depthwise.conv.stride, (1, 1)


def _pad_one(block: Reference) -> None:
    block.depthwise.conv.padding = (1, 1)


def _pad_none(block: Reference) -> None:
    block.depthwise.conv.padding = (0, 0)


def _without(*names: str) -> Callable[[Reference], None]:
    def change(block: Reference) -> None:
        for name in names:
            block.get_submodule(name.rpartition(".")[0]).add_module(name.rpartition(".")[2], nn.Identity())

    return change


class _Unused(nn.Module):
    """A layer that is there and does not run."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return x


def _forget_first_norm(block: Reference) -> None:
    block.depthwise.norm = _Unused(block.depthwise.norm)


def _forget_second_norm(block: Reference) -> None:
    block.pointwise.norm = _Unused(block.pointwise.norm)


def _relu6(block: Reference) -> None:
    block.depthwise.act, block.pointwise.act = nn.ReLU6(), nn.ReLU6()


def _groups_from_out(in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1) -> nn.Module:
    block = Reference(in_channels, out_channels, kernel_size, stride)
    block.depthwise.conv = nn.Conv2d(
        in_channels, in_channels, kernel_size, stride, kernel_size // 2, groups=out_channels, bias=False
    )
    return block


def _pointwise_first(in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
        nn.Conv2d(
            out_channels, out_channels, kernel_size, stride, kernel_size // 2, groups=out_channels, bias=False
        ),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )  # fmt: skip


@assignment.check(
    "The depthwise separable block",
    "MobileNetV1 is this block thirteen times, and every later network of the course has a depthwise step",
)
def block(
    DepthwiseSeparableConv: Work,  # noqa: N803
    cases: Sequence[Case] = (
        case(8, 16, inputs=(2, 8, 9, 9)),
        case(16, 12, stride=2, inputs=(1, 16, 11, 8)),
        case(6, 10, kernel_size=5, inputs=(1, 6, 9, 9)),
        case(12, 12, kernel_size=7, stride=2, inputs=(1, 12, 13, 13)),
    ),
) -> None:
    same_module(
        DepthwiseSeparableConv,
        Reference,
        cases,
        [
            Suspect(
                _block_with(_dense),
                "You left out groups: with groups=in_channels each channel is filtered by itself.",
            ),
            Suspect(
                _block_with(_pad_one),
                "You pad 1 pixel always, which is right for 3×3 only: pad kernel_size // 2.",
            ),
            Suspect(
                _block_with(_pad_none),
                "You do not pad, so the picture shrinks: pad kernel_size // 2 zeros on every side.",
            ),
            Suspect(
                _block_with(_no_stride),
                "The stride is not used: hand it to the depthwise convolution.",
            ),
            Suspect(
                _block_with(_without("depthwise.norm", "depthwise.act")),
                "Nothing stands between the two convolutions: batch norm and ReLU come after each.",
            ),
            Suspect(
                _block_with(_without("depthwise.act")),
                "There is no ReLU between the two halves: it comes after each batch norm.",
            ),
            Suspect(
                _block_with(_without("pointwise.act")),
                "Your output can be negative: a ReLU comes after the pointwise half too.",
            ),
            Suspect(
                _block_with(_without("depthwise.norm")),
                "There is no batch norm after the depthwise convolution: each half has one of its own.",
            ),
            Suspect(
                _block_with(_forget_first_norm),
                "No batch norm runs after the depthwise convolution: each half has one of its own.",
            ),
            Suspect(
                _block_with(_without("pointwise.norm")),
                "There is no batch norm after the pointwise convolution: each half has one of its own.",
            ),
            Suspect(
                _block_with(_forget_second_norm),
                "No batch norm runs after the pointwise convolution: each half has one of its own.",
            ),
            Suspect(
                _block_with(lambda block: None, bias=True),
                "Your convolutions have a bias: batch norm's shift does its job, so bias=False.",
            ),
            Suspect(
                _block_with(_relu6),
                "Your outputs end at 6: this exercise asks for ReLU, not ReLU6.",
            ),
            Suspect(
                _groups_from_out,
                "The depthwise convolution has in_channels channels, and so as many groups, not out_channels.",
            ),
            Suspect(
                _pointwise_first,
                "You mix before you filter: the depthwise step comes first, on in_channels channels.",
            ),
        ],
    )


@assignment.check(
    "What the block takes to run",
    "a block with the right outputs can still waste the work that it was made to save",
)
def block_macs(
    DepthwiseSeparableConv: Work,  # noqa: N803
    cases: Sequence[Case] = (
        case(16, 24, stride=2, inputs=(1, 16, 15, 15)),
        case(8, 8, kernel_size=5, stride=2, inputs=(1, 8, 9, 9)),
    ),
) -> None:
    for one in cases:
        shape = one.inputs[0][1:]
        built = DepthwiseSeparableConv.build(*one.arguments, **one.keywords)
        built.run(*one.arrays())
        try:
            macs = sum(row.macs for row in built.rows(shape))
        except Mistake:  # it runs and cannot be traced (einops, for one): no fault of the block
            continue
        expected, *suspected = (
            trace(make(*one.arguments, **one.keywords), shape).macs
            for make in (Reference, _block_with(_stride_at_the_end), _block_with(_dense))
        )
        if macs <= expected:  # fewer: a step written out in products and sums, which a trace does not count
            continue
        causes = (
            "The stride is in the pointwise half, so the depthwise half computes positions that are then thrown away: "
            "give the stride to the depthwise convolution.",
            "You left out groups: each filter reads all channels, as in a standard convolution.",
        )
        cause = dict(zip(suspected, causes, strict=True)).get(macs, "")
        raise Mistake(f"{built.name} takes {macs:,} MACs on {shape}, expected {expected:,}", cause)


def _macs(in_channels: int, out_channels: int, size: int, kernel_size: int = 3, stride: int = 1) -> int:
    return formulas.separable_macs(in_channels, out_channels, size, kernel_size, stride, kernel_size // 2)


def _out(size: int, stride: int) -> int:
    return math.ceil(size / stride)


@assignment.check(
    "MACs of the two halves",
    "where the work is tells you where to save next: nearly all of it is in the mixing",
)
def separable_macs(
    separable_macs: Work,
    cases: Sequence[Case] = (
        case(32, 64, 112),
        case(64, 128, 112, stride=2),
        case(16, 16, 15, 5, stride=2),
        case(24, 40, 7, 7),
    ),
) -> None:
    same_values(
        separable_macs,
        _macs,
        cases,
        [
            Suspect(
                lambda i, o, n, k=3, stride=1: formulas.conv_macs(i, o, n, k, stride, k // 2),
                "That is the standard convolution: in the depthwise half each filter reads one channel.",
            ),
            Suspect(
                lambda i, o, n, k=3, stride=1: (k * k * i * i + i * o) * _out(n, stride) ** 2,
                "You left out groups: a depthwise filter reads one channel, not all in_channels.",
            ),
            Suspect(
                lambda i, o, n, k=3, stride=1: 2 * _macs(i, o, n, k, stride),
                "You counted FLOPs, a multiplication and an addition: a multiply-accumulate is one MAC.",
            ),
            Suspect(
                lambda i, o, n, k=3, stride=1: _macs(i, o, n, k, stride) + (i + o) * _out(n, stride) ** 2,
                "You counted a bias, or batch norm as one product a number: only the convolutions' products count.",
            ),
            Suspect(
                lambda i, o, n, k=3, stride=1: _macs(i, o, n, k, stride) + 2 * (i + o) * _out(n, stride) ** 2,
                "You counted batch norm: by the papers' convention only the convolutions' products count.",
            ),
            Suspect(
                lambda i, o, n, k=3, stride=1: (k * k * i + i * o) * n**2,
                "You counted the input's positions: with a stride both halves work at the output's.",
            ),
            Suspect(
                lambda i, o, n, k=3, stride=1: k * k * i * _out(n, stride) ** 2 + i * o * n**2,
                "The mixing comes after the stride: it works at the output's positions too.",
            ),
            Suspect(
                lambda i, o, n, k=3, stride=1: k * k * i * n**2 + i * o * _out(n, stride) ** 2,
                "The depthwise half has the stride itself: it computes the output's positions only.",
            ),
            Suspect(
                lambda i, o, n, k=3, stride=1: (k * k * i + i * o) * (n // stride) ** 2,
                "You rounded the size down: with this padding, 15 pixels become 8 at stride 2.",
            ),
            Suspect(
                lambda i, o, n, k=3, stride=1: (k * k * i + i * o) * ((n - k) // stride + 1) ** 2,
                "You left out the padding: kernel_size // 2 zeros stand on every side, so stride 1 keeps the size.",
            ),
            Suspect(
                lambda i, o, n, k=3, stride=1: (k * k * o + i * o) * _out(n, stride) ** 2,
                "You filtered after the mixing: the depthwise half works on in_channels channels.",
            ),
            Suspect(
                lambda i, o, n, k=3, stride=1: k * k * i * i * o * _out(n, stride) ** 2,
                "You multiplied the halves: they run one after the other, so their MACs add up.",
            ),
            Suspect(
                lambda i, o, n, k=3, stride=1: (k * i + i * o) * _out(n, stride) ** 2,
                "You took one side of the kernel: a filter has kernel_size × kernel_size taps.",
            ),
            Suspect(
                lambda i, o, n, k=3, stride=1: (k * k * i + i * o) * _out(n, stride),
                "You multiplied by one side only: the output has height × width positions.",
            ),
        ],
    )


@assignment.check(
    "The saving",
    "the textbooks' 8 to 9 times is this formula for 3×3 and many channels, and no property of the idea",
)
def saving(
    saving: Work,
    cases: Sequence[Case] = (case(64, 16), case(16, 64), case(8, 256), case(32, 32, 5), case(3, 10, 7)),
) -> None:
    same_values(
        saving,
        formulas.separable_savings,
        cases,
        [
            Suspect(
                lambda i, o, k=3: 1 / formulas.separable_savings(i, o, k),
                "Upside down: divide the standard convolution's MACs by the separable one's.",
            ),
            Suspect(
                lambda i, o, k=3: formulas.separable_savings(o, i, k),
                "You took in_channels for out_channels: it is the input's channels that cancel.",
            ),
            Suspect(
                lambda i, o, k=3: k * k,
                "k² is the limit for many output channels: the filters themselves cost 1 / out_channels.",
            ),
            Suspect(
                lambda i, o, k=3: 1 / (1 / o + 1 / k),
                "You took one side of the kernel: the mixing costs 1 / kernel_size² of the standard convolution.",
            ),
            Suspect(
                lambda i, o, k=3: 1 - 1 / formulas.separable_savings(i, o, k),
                "That is the share that is saved: the question is how many times fewer, standard / separable.",
            ),
            Suspect(
                lambda i, o, k=3: k * k * o / (k * k * i + o),
                "You left out groups: the depthwise half takes k² in_channels MACs for each position.",
            ),
        ],
    )


def _fewest(times: float, kernel_size: int = 3) -> int | None:
    ceiling = kernel_size**2
    return None if times >= ceiling else max(1, math.ceil(times * ceiling / (ceiling - times)))


def _fewest_with(change: Callable[[float, int], object]) -> Callable[..., object]:
    """A wrong answer where there is one at all: ``change`` gets the exact number of channels and the right answer."""

    def wrong(times: float, kernel_size: int = 3) -> object:
        right = _fewest(times, kernel_size)
        return None if right is None else change(times * kernel_size**2 / (kernel_size**2 - times), right)

    return wrong


@assignment.check(
    "When is it under 5 times?",
    "whether a layer is worth replacing can be told from its kernel and its output channels alone",
)
def fewest_outputs(
    fewest_outputs: Work,
    cases: Sequence[Case] = (
        case(5),
        case(5, 5),
        case(21, 5),
        case(8.6),
        case(9),
        case(12),
        case(1.2),
        case(30, 7),
        case(24, 5),
    ),
) -> None:
    same_values(
        fewest_outputs,
        _fewest,
        cases,
        [
            Suspect(
                _fewest_with(lambda exact, right: right - 1),
                "With that many channels the saving is still under: round up, not down.",
            ),
            Suspect(
                _fewest_with(lambda exact, right: right + 1),
                "One channel fewer would do. Do you ask for more than `times`, or start counting too late?",
            ),
            Suspect(
                _fewest_with(lambda exact, right: exact),
                "A layer has no fraction of a channel: round up to the next whole number.",
            ),
            Suspect(
                lambda times, k=3: _fewest(times, k) or 0,
                "Return None where no number of channels saves that much, not 0.",
            ),
            Suspect(
                lambda times, k=3: None if times >= k * k else math.ceil(1 / (1 / times - 1 / (k * k))),
                "Where the exact answer is a whole number, rounding errors lift yours above it: bring the formula to "
                "one fraction, times · k² / (k² - times).",
            ),
            Suspect(
                lambda times, k=3: None if times > k * k else math.ceil(times * k * k / (k * k - times)),
                "A saving of exactly k² is never reached: return None for it as well.",
            ),
            Suspect(
                lambda times, k=3: math.ceil(times * k * k / (k * k - times)),
                "At times = k² your formula divides by zero, and above it goes negative: no number of channels saves "
                "that much. Return None.",
            ),
            Suspect(
                lambda times, k=3: _fewest(times, 3),
                "The kernel is not used: its k² is the ceiling that the saving approaches.",
            ),
            Suspect(
                lambda times, k=3: None if times >= k else math.ceil(times * k / (k - times)),
                "You took one side of the kernel: the ceiling is kernel_size².",
            ),
        ],
    )
