"""Checks of exercise 06: the channel shuffle, its inverse, ShuffleNetV2's unit, and which channels have met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from ...models import shufflenet_v2 as library
from ..agree import Case, Suspect, case, same_module, same_values
from ..engine import Assignment
from ..work import Work

assignment = Assignment("06_channel_shuffle")


def _shuffle(x: Tensor, groups: int) -> Tensor:
    return library.channel_shuffle(x.contiguous(), groups)


def _unshuffle(x: Tensor, groups: int) -> Tensor:
    return _shuffle(x, x.shape[1] // groups)


def _table(x: Tensor, rows: int) -> Tensor:
    """(N, rows, C/rows, H, W)"""
    return x.reshape(x.shape[0], rows, x.shape[1] // rows, *x.shape[2:])


def _view_of_transposed(x: Tensor, rows: int) -> Tensor:
    """What raises PyTorch's error: a transposed table cannot be viewed as one row."""
    return _table(x, rows).transpose(1, 2).view(x.shape)


TENSORS = (
    case(2, inputs=(1, 12, 1, 1)),
    case(3, inputs=(2, 12, 3, 5), seed=1),
    case(5, inputs=(2, 20, 4, 2), seed=2),
    case(2, inputs=(1, 14, 3, 3), seed=3),
)


@assignment.check(
    "Channel shuffle",
    "without it the halves of a ShuffleNet are two networks side by side, and one of them does nothing",
)
def channel_shuffle(channel_shuffle: Work, cases: Sequence[Case] = TENSORS) -> None:
    same_values(
        channel_shuffle,
        _shuffle,
        cases,
        [
            Suspect(
                lambda x, groups: x,
                "No channel has moved: a view there and back changes nothing, transpose the table in between.",
            ),
            Suspect(
                _unshuffle,
                "This is the inverse: the table needs a row for each group, so `groups` rows of C / groups channels.",
            ),
            Suspect(
                lambda x, groups: _view_of_transposed(x, groups),
                "After a transpose the numbers no longer lie in the order in which view reads them: use reshape, "
                "which copies, in place of the last view.",
            ),
            Suspect(
                lambda x, groups: _view_of_transposed(x, x.shape[1] // groups),
                "After a transpose the numbers no longer lie in the order in which view reads them: use reshape, "
                "which copies, in place of the last view.",
            ),
            Suspect(
                lambda x, groups: _table(x, groups).transpose(1, 2),
                "Your table is transposed and still a table: read it row by row into the shape (N, C, H, W).",
            ),
            Suspect(
                lambda x, groups: _shuffle(x, 2),
                "You take two groups always: use groups.",
            ),
            Suspect(
                lambda x, groups: _table(x, groups).flip(1).reshape(x.shape),
                "You moved whole groups: deal the channels out, one of each group in turn.",
            ),
            Suspect(
                lambda x, groups: x.flip(1),
                "You reversed the channels: deal them out, one of each group in turn.",
            ),
            Suspect(
                lambda x, groups: _shuffle(x.flatten(0, 1)[None], groups).reshape(x.shape),
                "You dealt the channels of different pictures together: keep the batch's axis in front.",
            ),
            Suspect(
                lambda x, groups: x.reshape(x.shape[0], groups, -1).transpose(1, 2).reshape(x.shape),
                "You tore the channels apart: a channel's H × W numbers stay together, so the table has five axes.",
            ),
        ],
    )


@assignment.check(
    "Its inverse",
    "a permutation computes nothing and loses nothing: who can undo it has understood where each channel went",
)
def channel_unshuffle(channel_unshuffle: Work, cases: Sequence[Case] = TENSORS) -> None:
    same_values(
        channel_unshuffle,
        _unshuffle,
        cases,
        [
            Suspect(
                _shuffle,
                "You shuffle once more with the same groups: the transposed table has C / groups rows, so its "
                "transpose takes that many groups.",
            ),
            Suspect(lambda x, groups: x, "No channel has moved back."),
            Suspect(
                lambda x, groups: _view_of_transposed(x, x.shape[1] // groups),
                "After a transpose the numbers no longer lie in the order in which view reads them: use reshape, "
                "which copies, in place of the last view.",
            ),
            Suspect(lambda x, groups: _unshuffle(x, 2), "You undo a shuffle of two groups always: use groups."),
            Suspect(lambda x, groups: x.flip(1), "You reversed the channels: undo the shuffle, channel by channel."),
        ],
    )


class _Unit(nn.Module):
    """ShuffleNetV2's unit with one thing wrong. The branches have the library's names, so that they may swap too.

    Args:
        start, shuffle: what stands at the beginning and at the end.
        swapped: which ends of the split stand the wrong way round: "in", "out" or both.
        whole: at stride 1 nothing is split.
        both: at stride 1 the first half is convolved as well.
        add: at stride 1, in place of the shuffle, what becomes of the input and the two halves.
        add_half: the second branch's input is added to its output.
        halves: at stride 2 each branch reads half of the channels.
        stride_at: the convolution of the second branch that has the stride.
        depthwise_acts, last_acts: the branches, "left" and "right", that have a ReLU there.
        short_branch, long_branch: the first branch at stride 2 has a convolution less, or more.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        *,
        start: Callable[[Tensor], Tensor] = lambda x: x,
        shuffle: Callable[[Tensor], Tensor] = lambda x: _shuffle(x, 2),
        swapped: Sequence[str] = (),
        whole: bool = False,
        both: bool = False,
        add: Callable[[Tensor, Tensor], Tensor] | None = None,
        add_half: bool = False,
        halves: bool = False,
        stride_at: str = "depthwise",
        depthwise_acts: Sequence[str] = (),
        last_acts: Sequence[str] = ("left", "right"),
        first_act: bool = True,
        short_branch: bool = False,
        long_branch: bool = False,
        depthwise: bool = True,
        bias: bool = False,
        padding: int = 1,
    ) -> None:
        super().__init__()
        self.stride, self.start, self.shuffle, self.swapped = stride, start, shuffle, swapped
        self.add, self.add_half = add, add_half
        self.splits = halves or (stride == 1 and not whole)
        half = out_channels // 2
        reads = in_channels // 2 if stride == 1 or halves else in_channels

        def conv(c_in: int, c_out: int, kernel_size: int, step: int, act: bool) -> list[nn.Module]:
            groups = c_in if kernel_size == 3 and depthwise else 1
            pad = padding if kernel_size == 3 else 0
            layers = [nn.Conv2d(c_in, c_out, kernel_size, step, pad, groups=groups, bias=bias), nn.BatchNorm2d(c_out)]
            return [*layers, nn.ReLU()] if act else layers

        def long(side: str, c_in: int, stride: int) -> nn.Module:
            first, middle = (stride, 1) if stride_at == "first" else (1, stride)
            return nn.Sequential(
                *conv(c_in, half, 1, first, first_act),
                *conv(half, half, 3, middle, side in depthwise_acts),
                *conv(half, half, 1, 1, side in last_acts),
            )

        if stride == 1:
            self.branch1 = long("left", reads, 1) if both else nn.Identity()
        elif long_branch:
            self.branch1 = long("left", reads, stride)
        else:
            layers = conv(reads, reads, 3, stride, "left" in depthwise_acts)
            layers += [] if short_branch else conv(reads, half, 1, 1, "left" in last_acts)
            self.branch1 = nn.Sequential(*layers)
        self.branch2 = long("right", reads, stride)

    def forward(self, x: Tensor) -> Tensor:
        x = self.start(x)
        a, b = x.chunk(2, 1) if self.splits else (x, x)
        if "in" in self.swapped:
            a, b = b, a
        left, right = self.branch1(a), self.branch2(b)
        if self.add_half and self.stride == 1:
            right = right + b
        out = torch.cat([right, left] if "out" in self.swapped else [left, right], 1)
        if self.add is None or self.stride != 1:
            return self.shuffle(out)
        return self.add(x, out)


_SWAPPED_IN = "Your split's halves are swapped: the first half of the channels passes by, the second is convolved."
_NO_SHUFFLE = "The shuffle at the unit's end is missing (or moves nothing): the next unit would convolve the same half."
_RESIDUAL = "You added the input, as a residual block does: this unit puts halves side by side and adds nothing."

ANY_STRIDE = [
    Suspect(partial(_Unit, shuffle=lambda x: x), _NO_SHUFFLE),
    Suspect(
        partial(_Unit, shuffle=lambda x: _unshuffle(x, 2)),
        "The shuffle goes the other way, in C / 2 groups: the unit ends with one in 2 groups. If yours does, it is "
        "channel_shuffle that goes the other way: run the check of part 1.",
    ),
    Suspect(partial(_Unit, shuffle=lambda x: _shuffle(x, 4)), "The unit's shuffle has 2 groups, one for each branch."),
    *(
        Suspect(
            partial(_Unit, depthwise_acts=sides),
            "There is a ReLU after your depthwise convolution: after its batch norm comes nothing.",
        )
        for sides in (("left", "right"), ("right",), ("left",))
    ),
    *(
        Suspect(partial(_Unit, last_acts=sides), "The ReLU after a branch's last pointwise convolution is missing.")
        for sides in ((), ("left",), ("right",))
    ),
    Suspect(
        partial(_Unit, first_act=False),
        "The ReLU after the first pointwise convolution is missing.",
    ),
    Suspect(
        partial(_Unit, depthwise=False),
        "You left out groups: the 3 × 3 convolution is depthwise.",
    ),
    Suspect(partial(_Unit, bias=True), "Your convolutions have a bias: a batch norm follows each, so they have none."),
    Suspect(partial(_Unit, padding=0), "Your 3 × 3 convolution has no padding: it needs 1 on each side."),
]

STRIDE_1 = [
    *ANY_STRIDE,
    Suspect(partial(_Unit, swapped=("in", "out")), _SWAPPED_IN),
    Suspect(
        partial(_Unit, swapped=("in",)),
        "Your split's halves are swapped: the second half passes by in your unit, and it should be the first.",
    ),
    Suspect(
        partial(_Unit, swapped=("out",)),
        "Your halves are put together the wrong way round: first the one that passed by, then the convolved one.",
    ),
    Suspect(
        partial(_Unit, swapped=("out",), shuffle=lambda x: x),
        "Your halves are put together the wrong way round, and no shuffle follows.",
    ),
    Suspect(partial(_Unit, add=lambda x, out: x + _shuffle(out, 2)), _RESIDUAL),
    Suspect(partial(_Unit, add=lambda x, out: _shuffle(x + out, 2)), _RESIDUAL),
    Suspect(partial(_Unit, add=lambda x, out: x + out), _RESIDUAL),
    Suspect(
        partial(_Unit, add_half=True),
        "You added the branch's input to its output: this unit has no residual, the other half passes by instead.",
    ),
    Suspect(
        partial(_Unit, whole=True),
        "You did not split the channels: the convolutions get the second half alone, x.chunk(2, dim=1)[1].",
    ),
    Suspect(
        partial(_Unit, both=True),
        "You convolve both halves: at stride 1 the first passes by unchanged.",
    ),
    Suspect(
        partial(_Unit, start=lambda x: _shuffle(x, 2), shuffle=lambda x: x),
        "You shuffle at the unit's beginning: split first, and shuffle at the end.",
    ),
]

STRIDE_2 = [
    *ANY_STRIDE,
    Suspect(
        partial(_Unit, halves=True),
        "You split the channels at stride 2 as well: there is no split, both branches read all input channels.",
    ),
    Suspect(
        partial(_Unit, swapped=("out",)),
        "Your branches are put together the wrong way round: first the one with two convolutions.",
    ),
    Suspect(
        partial(_Unit, stride_at="first"),
        "Your first pointwise convolution has the stride, and drops three of four positions unseen: it belongs to the "
        "depthwise one.",
    ),
    Suspect(
        partial(_Unit, short_branch=True),
        "Your left branch ends after its depthwise convolution: a pointwise one to out_channels / 2 follows.",
    ),
    Suspect(
        partial(_Unit, long_branch=True),
        "Your left branch has three convolutions: it has a depthwise and a pointwise one.",
    ),
]


@assignment.check(
    "The unit with stride 1",
    "thirteen of the network's sixteen units are this one, and half of their channels cost nothing",
)
def unit_stride_1(
    ShuffleNetV2Block: Work,  # noqa: N803 - the name that the student writes
    cases: Sequence[Case] = (
        case(16, 16, inputs=(2, 16, 5, 7)),
        case(12, 12, stride=1, inputs=(1, 12, 6, 6), seed=1),
    ),
) -> None:
    same_module(ShuffleNetV2Block, _library_unit, cases, STRIDE_1, branches=("branch1", "branch2"))


@assignment.check(
    "The unit with stride 2",
    "it opens each stage: the picture halves, the channels grow, and everybody hears everybody once",
)
def unit_stride_2(
    ShuffleNetV2Block: Work,  # noqa: N803 - the name that the student writes
    cases: Sequence[Case] = (
        case(12, 32, stride=2, inputs=(2, 12, 9, 7)),
        case(16, 16, stride=2, inputs=(1, 16, 8, 8), seed=1),
        case(24, 20, stride=2, inputs=(1, 24, 6, 5), seed=2),
    ),
) -> None:
    same_module(ShuffleNetV2Block, _library_unit, cases, STRIDE_2, branches=("branch1", "branch2"))


def _library_unit(in_channels: int, out_channels: int, stride: int = 1) -> nn.Module:
    return library.ShuffleNetV2Block(in_channels, out_channels, stride)


def _dealt(channels: int, groups: int) -> list[int]:
    """Which place each output place of a shuffle comes from."""
    return [place % groups * (channels // groups) + place // groups for place in range(channels)]


def _heard(
    channels: int,
    units: int,
    shuffle: bool = True,
    *,
    order: Callable[[int], list[int]] = lambda channels: _dealt(channels, 2),
    order_first: bool = False,
    convolved: slice | None = None,
    mixes: bool = True,
    places: bool = False,
    more: int = 0,
) -> list[list[int]]:
    half = channels // 2
    part = range(channels)[convolved or slice(half, None)]
    heard = [{place} for place in range(channels)]
    for _ in range(units + more):
        if shuffle and order_first:
            heard = [heard[source] for source in order(channels)]
        everything = set(part) if places else set().union(*(heard[place] for place in part))
        heard = [everything if mixes and place in part else own for place, own in enumerate(heard)]
        if shuffle and not order_first:
            heard = [heard[source] for source in order(channels)]
    return [sorted(own) for own in heard]


def _turned(heard: list[list[int]]) -> list[list[int]]:
    """For each input the outputs that hear it."""
    return [[place for place, own in enumerate(heard) if source in own] for source in range(len(heard))]


@assignment.check(
    "Who has met whom",
    "a network can only relate what meets: this is what the shuffle is for, and no count of MACs shows it",
)
def heard_inputs(
    heard_inputs: Work,
    cases: Sequence[Case] = (
        case(8, 1),
        case(8, 2),
        case(12, 3),
        case(8, 0),
        case(8, 3, shuffle=False),
        case(12, 1, shuffle=False),
    ),
) -> None:
    same_values(
        heard_inputs,
        _heard,
        cases,
        [
            Suspect(
                lambda channels, units, shuffle=True: _heard(channels, units, False),
                "The channels never change places: with shuffle=True each unit ends with a shuffle in 2 groups.",
            ),
            Suspect(
                lambda channels, units, shuffle=True: _heard(channels, units, True),
                "You shuffle in either case: with shuffle=False the channels keep their places.",
            ),
            Suspect(
                partial(_heard, order=lambda channels: _dealt(channels, channels // 2)),
                "You shuffled the other way: output place 1 comes from the first channel of the second half.",
            ),
            Suspect(
                partial(_heard, order_first=True),
                "You shuffle at a unit's beginning: it splits and convolves first, and shuffles at its end.",
            ),
            Suspect(
                lambda channels, units, shuffle=True: _heard(
                    channels, units, shuffle, convolved=slice(0, channels // 2)
                ),
                "You convolve the first half: it passes by, and the second half is convolved.",
            ),
            Suspect(
                partial(_heard, convolved=slice(0, None)),
                "You convolve all channels: the first half passes by.",
            ),
            Suspect(
                partial(_heard, mixes=False),
                "Your channels move and never mix: in the convolved half each output depends on all of that half.",
            ),
            Suspect(
                partial(_heard, places=True),
                "You name the places of the convolved half: after the first unit other channels stand there, so unite "
                "what those places have heard.",
            ),
            Suspect(partial(_heard, more=1), "You ran one unit too many."),
            Suspect(
                lambda channels, units, shuffle=True: _heard(channels, max(0, units - 1), shuffle),
                "You ran one unit too few.",
            ),
            Suspect(
                lambda *arguments, **keywords: _turned(_heard(*arguments, **keywords)),
                "Your table is turned: give for each output the inputs, not for each input the outputs.",
            ),
            Suspect(
                lambda *arguments, **keywords: [len(own) for own in _heard(*arguments, **keywords)],
                "You counted them: give the numbers of the input channels themselves, as a list.",
            ),
        ],
    )


def _first_convolved(
    channel: int, channels: int, *, first: int = 1, late: int = 0, of_zero: int | None = None
) -> int | None:
    if channel == 0:
        return of_zero
    unit = first
    while channel < channels // 2 + late:
        channel, unit = 2 * channel, unit + 1
    return unit


def _by_inverse(channel: int, channels: int) -> int | None:
    """Where a shuffle the other way would take it."""
    places, unit = _dealt(channels, 2), 1
    while channel < channels // 2:
        channel, unit = places[channel], unit + 1
        if unit > channels:
            return None
    return unit


@assignment.check(
    "Its first convolution",
    "most channels wait a unit or two, a few pass a whole stage untouched, and one would wait for ever",
)
def first_convolved(
    first_convolved: Work,
    cases: Sequence[Case] = (
        case(9, 12),
        case(6, 12),
        case(5, 12),
        case(1, 12),
        case(3, 12),
        case(1, 232),
        case(0, 12),
    ),
) -> None:
    same_values(
        first_convolved,
        _first_convolved,
        cases,
        [
            Suspect(
                partial(_first_convolved, first=0),
                "You are a unit off. The answer is the number of the unit that convolves it, from 1; and a shuffle in "
                "2 groups deals place p of the first half to place 2 · p, of the second half to 2 · p + 1.",
            ),
            Suspect(
                partial(_first_convolved, late=1),
                "Place channels / 2 is the first of the second half, which is convolved: compare with >=.",
            ),
            Suspect(
                partial(_first_convolved, of_zero=0),
                "Channel 0 stays at place 0 and is never convolved: the answer is None.",
            ),
            Suspect(
                partial(_first_convolved, of_zero=1),
                "Channel 0 stays at place 0 and is never convolved: the answer is None.",
            ),
            Suspect(
                _by_inverse,
                "You followed the channel backwards: the shuffle takes a channel of the first half from place p to 2p.",
            ),
        ],
    )
