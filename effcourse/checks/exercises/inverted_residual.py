"""Checks of exercise 04: the inverted residual with its linear bottleneck, and the memory that it needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from ...models.layers import ConvNormAct
from ...models.mobilenet_v2 import InvertedResidual as Reference
from ..agree import Case, Suspect, case, same_module, same_values
from ..engine import Assignment
from ..work import Work

assignment = Assignment("04_inverted_residual")


def _changed(change: Callable[[Reference], object]) -> Callable[..., nn.Module]:
    """The library's block with one thing changed."""

    def make(in_channels: int, out_channels: int, stride: int = 1, expand_ratio: int = 6) -> nn.Module:
        block = Reference(in_channels, out_channels, stride, expand_ratio)
        change(block)
        return block

    return make


def _each(block: Reference) -> list[ConvNormAct]:
    return [part for part in (block.expand, block.depthwise, block.project) if isinstance(part, ConvNormAct)]


def _dense(block: Reference) -> None:
    hidden, stride = block.depthwise.conv.in_channels, block.depthwise.conv.stride[0]
    block.depthwise.conv = nn.Conv2d(hidden, hidden, 3, stride, 1, bias=False)


def _biased(block: Reference) -> None:
    for part in _each(block):
        part.conv.bias = nn.Parameter(torch.zeros(part.conv.out_channels))


def _plain_relu(block: Reference) -> None:
    for part in _each(block)[:-1]:
        part.act = nn.ReLU()


def _stride_in_expand(block: Reference) -> None:
    first = _each(block)[0].conv
    first.stride, block.depthwise.conv.stride = block.depthwise.conv.stride, first.stride


def _no_stride(block: Reference) -> None:
    block.depthwise.conv.stride = (1, 1)


def _no_padding(block: Reference) -> None:
    block.depthwise.conv.padding = (0, 0)


def _no_act(name: str) -> Callable[[Reference], None]:
    def change(block: Reference) -> None:
        part = getattr(block, name)
        if isinstance(part, ConvNormAct):
            part.act = nn.Identity()

    return change


def _last_act(act: type[nn.Module]) -> Callable[[Reference], None]:
    def change(block: Reference) -> None:
        block.project.act = act()

    return change


def _no_norm(block: Reference) -> None:
    block.project.norm = nn.Identity()


class _Adds(nn.Module):
    """The block with another rule for its shortcut: ``x + out`` or, where an error names the sizes, ``out + x``."""

    def __init__(self, block: Reference, adds: bool, flipped: bool = False, act: nn.Module | None = None) -> None:
        super().__init__()
        block.use_residual = False
        self.block, self.adds, self.flipped, self.act = block, adds, flipped, act or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out = self.block(x)
        if self.adds:
            out = out + x if self.flipped else x + out
        return self.act(out)


def _adding(
    rule: Callable[[int, int, int], bool], flipped: bool = False, act: type[nn.Module] | None = None
) -> Callable[..., nn.Module]:
    """Blocks that add their input where ``rule(in_channels, out_channels, stride)`` says so."""

    def make(in_channels: int, out_channels: int, stride: int = 1, expand_ratio: int = 6) -> nn.Module:
        block = Reference(in_channels, out_channels, stride, expand_ratio)
        return _Adds(block, rule(in_channels, out_channels, stride), flipped, act() if act else None)

    return make


def _right_rule(in_channels: int, out_channels: int, stride: int) -> bool:
    return stride == 1 and in_channels == out_channels


def _twice(in_channels: int, out_channels: int, stride: int = 1, expand_ratio: int = 6) -> nn.Module:
    block = Reference(in_channels, out_channels, stride, expand_ratio)
    once = _Adds(block, _right_rule(in_channels, out_channels, stride))
    return _Adds(once, _right_rule(in_channels, out_channels, stride))  # type: ignore[arg-type]


def _doubled(in_channels: int, out_channels: int, stride: int = 1, expand_ratio: int = 6) -> nn.Module:
    block = Reference(in_channels, out_channels, stride, expand_ratio)
    block.use_residual = False
    return _Doubles(block, _right_rule(in_channels, out_channels, stride))


class _Doubles(nn.Module):
    """Adds the output where the input belongs."""

    def __init__(self, block: Reference, doubles: bool) -> None:
        super().__init__()
        self.block, self.doubles = block, doubles

    def forward(self, x: Tensor) -> Tensor:
        out = self.block(x)
        return out + out if self.doubles else out


def _wide(hidden: Callable[[int, int, int], int]) -> Callable[..., nn.Module]:
    """Blocks whose width inside is ``hidden(in_channels, out_channels, expand_ratio)``, by mistake."""

    def make(in_channels: int, out_channels: int, stride: int = 1, expand_ratio: int = 6) -> nn.Module:
        width = hidden(in_channels, out_channels, expand_ratio)
        block = Reference(in_channels, out_channels, stride, expand_ratio, hidden_channels=width)
        if expand_ratio == 1:
            block.expand = nn.Identity()
        elif isinstance(block.expand, nn.Identity):  # as wide as the input by chance, and expanded all the same
            block.expand = ConvNormAct(in_channels, in_channels, 1, act=nn.ReLU6)
        return block

    return make


def _kept_expansion(in_channels: int, out_channels: int, stride: int = 1, expand_ratio: int = 6) -> nn.Module:
    block = Reference(in_channels, out_channels, stride, expand_ratio)
    if expand_ratio == 1:
        block.expand = ConvNormAct(in_channels, in_channels, 1, act=nn.ReLU6)
    return block


def _idle_expansion(in_channels: int, out_channels: int, stride: int = 1, expand_ratio: int = 6) -> nn.Module:
    block = Reference(in_channels, out_channels, stride, expand_ratio)
    if expand_ratio == 1:
        block.add_module("idle", ConvNormAct(in_channels, in_channels, 1))
    return block


def _only_equal_channels(in_channels: int, out_channels: int, stride: int) -> bool:
    return in_channels == out_channels


def _only_stride(in_channels: int, out_channels: int, stride: int) -> bool:
    return stride == 1


def _always(in_channels: int, out_channels: int, stride: int) -> bool:
    return True


INSIDE = [
    Suspect(
        _changed(_last_act(nn.ReLU6)),
        "Your output is never negative (before a shortcut adds to it): the projection must be linear, without an "
        "activation.",
    ),
    Suspect(
        _changed(_last_act(nn.ReLU)),
        "Your output is never negative (before a shortcut adds to it): the projection must be linear, without an "
        "activation.",
    ),
    Suspect(
        _changed(_dense),
        "You left out groups: the 3×3 filter is depthwise, with as many groups as it has channels.",
    ),
    Suspect(
        _wide(lambda i, o, t: o * t),
        "The width inside comes from out_channels: it is expand_ratio times in_channels.",
    ),
    Suspect(
        _wide(lambda i, o, t: i + t),
        "The width inside is expand_ratio added to in_channels: it is expand_ratio times in_channels.",
    ),
    Suspect(
        _wide(lambda i, o, t: 6 * i),
        "expand_ratio is not used: you have a 6 where it should stand.",
    ),
    Suspect(
        _changed(_plain_relu),
        "Inside, values above 6 come through: the activation is ReLU6.",
    ),
    Suspect(
        _changed(_no_act("expand")),
        "There is no activation after the expansion: the nonlinear part of the block is where it is wide.",
    ),
    Suspect(
        _changed(_no_act("depthwise")),
        "There is no activation after the depthwise filter: only the projection is linear.",
    ),
    Suspect(
        _changed(_no_norm),
        "There is no batch norm after the projection: each of the convolutions has one.",
    ),
    Suspect(
        _changed(_biased),
        "Your convolutions have a bias: batch norm's shift does its job, so bias=False.",
    ),
    Suspect(
        _changed(_no_padding),
        "The depthwise filter does not pad: give it one pixel on every side.",
    ),
    Suspect(
        _changed(_no_stride),
        "The stride is not used: hand it to the depthwise convolution.",
    ),
    Suspect(
        _changed(_stride_in_expand),
        "The stride is in the expansion, which then skips three of four positions: it belongs to the depthwise filter.",
    ),
]
SHORTCUT = [
    Suspect(_twice, "The input is added twice: one x too many."),
    Suspect(_doubled, "You add the output to itself: the shortcut adds the block's input."),
    Suspect(
        _adding(lambda i, o, s: False),
        "There is no shortcut: with stride 1 and equal channels the input is added to the output.",
    ),
    Suspect(
        _adding(_right_rule, act=nn.ReLU6),
        "After the sum comes another activation: the block ends with the sum.",
    ),
    Suspect(
        _adding(_right_rule, act=nn.ReLU),
        "After the sum comes another activation: the block ends with the sum.",
    ),
    *(
        Suspect(
            _adding(rule, flipped),
            cause,
        )
        for rule, cause in (
            (
                _only_equal_channels,
                "You add the input when the stride is 2 as well: then the sizes differ. Both conditions must hold, "
                "stride 1 and equal channels.",
            ),
            (
                _only_stride,
                "You add the input when the channels differ as well: both conditions must hold, stride 1 and equal "
                "channels.",
            ),
            (
                _always,
                "You always add the input: only with stride 1 and equal channels do size and channels stay the same.",
            ),
        )
        for flipped in (False, True)
    ),
]
NO_EXPANSION = [
    Suspect(
        _kept_expansion,
        "Your block expands at expand_ratio 1 too: there is nothing to expand, so that convolution is left out.",
    ),
    Suspect(
        _idle_expansion,
        "Your expansion is built at expand_ratio 1 and does not run: leave its layers out, they hold weights.",
    ),
]
EVERYTHING = [*INSIDE, *SHORTCUT, *NO_EXPANSION]


@assignment.check(
    "Expand, filter, project",
    "MobileNetV2, V3 and EfficientNet are made of this block, and each step of it pays for another",
)
def block(
    InvertedResidual: Work,  # noqa: N803
    cases: Sequence[Case] = (
        case(8, 12, 2, 6, inputs=(2, 8, 9, 9)),
        case(12, 20, 2, 3, inputs=(1, 12, 11, 8)),
        case(16, 10, 2, 4, inputs=(1, 16, 7, 7)),
    ),
) -> None:
    same_module(InvertedResidual, Reference, cases, EVERYTHING)


@assignment.check(
    "The shortcut, and where it is",
    "it lets gradients through a deep network, and it can join only what has the same shape",
)
def shortcut(
    InvertedResidual: Work,  # noqa: N803
    cases: Sequence[Case] = (
        case(12, 12, inputs=(2, 12, 9, 9)),
        case(10, 10, 2, 4, inputs=(1, 10, 9, 9)),
        case(10, 14, 1, 4, inputs=(1, 10, 7, 9)),
    ),
) -> None:
    same_module(InvertedResidual, Reference, cases, [*SHORTCUT, *INSIDE, *NO_EXPANSION])


@assignment.check(
    "Nothing to expand",
    "the network's first block has expand_ratio 1, on its largest picture: an idle 1×1 there is dear",
)
def no_expansion(
    InvertedResidual: Work,  # noqa: N803
    cases: Sequence[Case] = (
        case(12, 8, 1, 1, inputs=(2, 12, 9, 9)),
        case(10, 14, 2, 1, inputs=(1, 10, 9, 8)),
        case(6, 6, 1, 1, inputs=(1, 6, 9, 9)),
    ),
) -> None:
    same_module(InvertedResidual, Reference, cases, [*NO_EXPANSION, *INSIDE, *SHORTCUT])


def _tensors(
    in_channels: int, out_channels: int, size: int, stride: int = 1, expand_ratio: int = 6, expands: bool = False
) -> list[int]:
    """Numbers in the block's input and in each convolution's output; ``expands`` even where there is no need."""
    hidden, out_size = in_channels * expand_ratio, -(-size // stride)
    inside = [hidden * size**2] if expand_ratio != 1 or expands else []
    return [in_channels * size**2, *inside, hidden * out_size**2, out_channels * out_size**2]


def _peak(tensors: Sequence[int], waits: bool) -> int:
    """Bytes: a convolution holds what it reads and writes, and all but the first one what waits for the sum."""
    return 4 * max(a + b + (tensors[0] if waits and i else 0) for i, (a, b) in enumerate(pairwise(tensors)))


def _merged(in_channels: int, out_channels: int, size: int, stride: int = 1, expand_ratio: int = 6) -> int:
    waits = _right_rule(in_channels, out_channels, stride)
    return _peak(_tensors(in_channels, out_channels, size, stride, expand_ratio), waits)


def _one_go(in_channels: int, out_channels: int, size: int, stride: int = 1, expand_ratio: int = 6) -> int:
    return 4 * (in_channels * size**2 + out_channels * (-(-size // stride)) ** 2)


def _merged_if(rule: Callable[[int, int, int], bool]) -> Callable[..., int]:
    return lambda i, o, n, s=1, t=6: _peak(_tensors(i, o, n, s, t), rule(i, o, s))


def _wide_at_once(i: int, o: int, n: int, s: int = 1, t: int = 6) -> int:
    """The expanded tensor at the size that comes out."""
    tensors = _tensors(i, o, n, s, t)
    if t != 1:
        tensors[1] = tensors[2]
    return _peak(tensors, _right_rule(i, o, s))


def _floored(i: int, o: int, n: int, s: int = 1, t: int = 6) -> int:
    hidden, out = i * t, n // s
    inside = [hidden * n**2] if t != 1 else []
    return _peak([i * n**2, *inside, hidden * out**2, o * out**2], _right_rule(i, o, s))


def _from_out(i: int, o: int, n: int, s: int = 1, t: int = 6) -> int:
    hidden, out = o * t, -(-n // s)
    inside = [hidden * n**2] if t != 1 else []
    return _peak([i * n**2, *inside, hidden * out**2, o * out**2], _right_rule(i, o, s))


@assignment.check(
    "The peak, layer by layer",
    "this is what most runtimes do, and where the thin bottleneck's promise about memory is broken",
)
def merged_peak(
    merged_peak: Work,
    cases: Sequence[Case] = (
        case(16, 24, 112, 2),
        case(24, 24, 56),
        case(32, 16, 112, 1, 1),
        case(24, 32, 57, 2),
        case(16, 16, 15, 1, 1),
        case(16, 24, 15, 2, 1),
        case(8, 64, 14, 1, 2),
        case(24, 24, 28, 2, 3),
        case(10, 80, 9, 2, 4),
    ),
) -> None:
    same_values(
        merged_peak,
        _merged,
        cases,
        [
            Suspect(
                lambda i, o, n, s=1, t=6: _merged(i, o, n, s, t) // 4,
                "You counted numbers, not bytes: a float32 number takes 4.",
            ),
            Suspect(
                lambda i, o, n, s=1, t=6: 4 * sum(_tensors(i, o, n, s, t)),
                "You added all tensors up: a tensor is freed when nobody needs it any more. Take the most at one time.",
            ),
            Suspect(
                lambda i, o, n, s=1, t=6: 4 * max(_tensors(i, o, n, s, t)),
                "You took the largest tensor alone: while a convolution runs, its input and its output are there.",
            ),
            Suspect(
                _merged_if(lambda i, o, s: False),
                "The shortcut is forgotten: its input waits in memory until the sum.",
            ),
            Suspect(
                _merged_if(_only_equal_channels),
                "With stride 2 there is no shortcut, so nothing waits.",
            ),
            Suspect(
                _merged_if(_only_stride),
                "With other channels out than in there is no shortcut, so nothing waits.",
            ),
            Suspect(
                _merged_if(_always),
                "The block's input waits only for a shortcut: with stride 1 and equal channels.",
            ),
            Suspect(
                lambda i, o, n, s=1, t=6: _peak(_tensors(i, o, n, s, t, expands=True), _right_rule(i, o, s)),
                "At expand_ratio 1 there is no expansion, and so no tensor that it writes.",
            ),
            Suspect(
                _wide_at_once,
                "The expansion runs before the stride: its output has the input's size.",
            ),
            Suspect(
                _floored,
                "You rounded the size down: 15 pixels become 8 at stride 2.",
            ),
            Suspect(
                lambda i, o, n, s=1, t=6: _merged(i, o, n, 1, t),
                "The stride is not used: the filter's output is smaller.",
            ),
            Suspect(
                _from_out,
                "The width inside comes from out_channels: it is expand_ratio times in_channels.",
            ),
            Suspect(
                lambda i, o, n, s=1, t=6: 4 * sum(_tensors(i, o, n, s, t)[:2]),
                "You looked at the first convolution only: the peak may be while another one runs.",
            ),
            Suspect(
                _one_go,
                "That is the block in one go: here the inside is in memory too.",
            ),
        ],
    )


@assignment.check(
    "The peak, a block in one go",
    "this is the way for which the paper makes its claim, and where thin ends pay",
)
def one_go_peak(
    one_go_peak: Work,
    cases: Sequence[Case] = (
        case(16, 24, 112, 2),
        case(24, 24, 56),
        case(32, 16, 112, 1, 1),
        case(24, 32, 57, 2),
        case(64, 96, 14),
    ),
) -> None:
    same_values(
        one_go_peak,
        _one_go,
        cases,
        [
            Suspect(
                lambda i, o, n, s=1, t=6: _one_go(i, o, n, s) // 4,
                "You counted numbers, not bytes: a float32 number takes 4.",
            ),
            Suspect(
                lambda i, o, n, s=1, t=6: _one_go(i, o, n, 1),
                "The stride is not used: the output is smaller than the input.",
            ),
            Suspect(
                lambda i, o, n, s=1, t=6: 4 * (i * n + o * (-(-n // s))),
                "You took one side of the picture: a tensor has height × width positions.",
            ),
            Suspect(
                lambda i, o, n, s=1, t=6: 4 * (i * n**2 + o * (n // s) ** 2),
                "You rounded the size down: 57 pixels become 29 at stride 2.",
            ),
            Suspect(
                lambda i, o, n, s=1, t=6: 4 * max(i * n**2, o * math.ceil(n / s) ** 2),
                "You took the larger of the two: input and output are there at the same time.",
            ),
            Suspect(
                lambda i, o, n, s=1, t=6: _one_go(i, o, n, s) + 4 * i * n**2 * _right_rule(i, o, s),
                "You counted the block's input twice: it is there already, the shortcut needs no copy.",
            ),
            Suspect(
                _merged,
                "That is the peak layer by layer: here the inside is never written to memory.",
            ),
        ],
    )
