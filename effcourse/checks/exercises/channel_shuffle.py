"""Checks of exercise 06: the channel shuffle, its inverse, ShuffleNetV2's unit, and which channels have met."""

from __future__ import annotations

from ..cases import case
from ..engine import Assignment
from ..recipes import recipe
from .shuffle_unit import SHUFFLE, UNIT

assignment = Assignment("06_channel_shuffle")
SECONDS = 1.5  # for a call: the cases are small, and a shuffle that never ends is waited for in each part

TENSORS = [
    case(2, inputs=(1, 12, 1, 1)),
    case(3, inputs=(2, 12, 3, 5), seed=1),
    case(5, inputs=(2, 20, 4, 2), seed=2),
    case(2, inputs=(1, 14, 3, 3), seed=3),
    case(4, inputs=(3, 8, 2, 3), seed=4),
    case(1, inputs=(2, 6, 2, 2), seed=5),
]

assignment.part(
    "channel_shuffle",
    "Channel shuffle",
    "without it the halves of a ShuffleNet are two networks side by side, and one of them does nothing",
    SHUFFLE,
    TENSORS,
    SECONDS,
)

UNSHUFFLE = recipe(
    """
    def channel_unshuffle(x, groups):
        n, c, h, w = x.shape
        table = x.reshape(n, «rows = c // groups, groups», h, w)
        return «out = table.transpose(«axes = 1, 2»).«row = reshape(n, c, h, w)»»
    """,
    """
    rows = groups, c // groups
        This deals the channels out once more, as the shuffle itself does with the same groups: the shuffled table has
        C / groups rows, so it is that table which must be transposed.

    out = x.clone()
    or out = channel_shuffle(channel_shuffle(x, groups), c // groups)
        No channel has moved back.

    row = view(n, c, h, w)
    or rows = groups, c // groups; row = view(n, c, h, w)
        After a transpose the numbers no longer lie in the order in which view reads them: use reshape, which copies, in
        place of the last view.

    row = contiguous()
        Your table is transposed and still a table: read it row by row into the shape (N, C, H, W).

    rows = c // 2, 2
        You undo a shuffle of two groups always: use groups.

    out = x.flip(1)
    or out = channel_shuffle(x, groups).flip(1)
        You turned the order of the channels round: undo the shuffle, channel by channel.

    out = channel_shuffle(channel_shuffle(x, groups), groups)
        You shuffle twice more: that seldom leads back.

    axes = 0, 1
    or axes = 0, 2
        You exchanged the batch's axis with one of the table's: the batch stays in front, the table's two axes change
        places.

    out = x.reshape(n, -1, groups).transpose(1, 2).reshape(n, c, h, w)
    or out = x.reshape(n, c // groups, -1).transpose(1, 2).reshape(n, c, h, w)
        You tore the channels apart: a channel's H × W numbers stay together, so the table has five axes.
    """,
    uses=(SHUFFLE,),
)

assignment.part(
    "channel_unshuffle",
    "Its inverse",
    "a permutation computes nothing and loses nothing: who can undo it has understood where each channel went",
    UNSHUFFLE,
    TENSORS,
    SECONDS,
)

assignment.part(
    "unit_stride_1",
    "The unit with stride 1",
    "thirteen of the network's sixteen units are this one, and half of their channels cost nothing",
    UNIT,
    [
        case(16, 16, inputs=(2, 16, 5, 7)),
        case(12, 12, stride=1, inputs=(1, 12, 6, 6), seed=1),
    ],
    SECONDS,
)

assignment.part(
    "unit_stride_2",
    "The unit with stride 2",
    "it opens each stage: the picture halves, the channels grow, and everybody hears everybody once",
    UNIT,
    [
        case(12, 32, stride=2, inputs=(2, 12, 9, 7)),
        case(16, 16, stride=2, inputs=(1, 16, 8, 8), seed=1),
        case(24, 20, stride=2, inputs=(1, 24, 6, 5), seed=2),
    ],
    SECONDS,
)

HEARD = recipe(
    """
    def heard_inputs(channels, units, shuffle=True):
        half = channels // 2
        heard = [[place] for place in range(channels)]
        «before = »
        for unit in range(«units = units»):
            «start = »
            everything = «all = sorted(set().union(*«who = heard[half:]»))»
            heard = «now = heard[:half] + [everything] * half»
            if «if = shuffle»:
                heard = [heard[«order = place % 2 * half + place // 2»] for place in range(channels)]
            «end = »
        return «result = heard»
    """,
    """
    if = False
        The channels never change places: with shuffle=True each unit ends with a shuffle in 2 groups.

    if = True
        You shuffle in either case: with shuffle=False the channels keep their places.

    if = not shuffle
        Your shuffle is the wrong way round: with shuffle=True the channels change places, with False they stay.

    if = False; result = [heard[p % 2 * half + p // 2] for p in range(channels)] if shuffle else heard
        You shuffle once: each unit ends with a shuffle.

    if = shuffle and unit < units - 1
        The last unit's shuffle is missing: each unit ends with one.

    order = place // half + place % half * 2
        You shuffled the other way: output place 1 comes from the first channel of the second half.

    order = (place + half) % channels
        You exchanged the halves: a shuffle deals out one channel of each in turn.

    order = (1 - place % 2) * half + place // 2
        Your shuffle begins with the second half: place 0 comes from the first channel of the first half.

    order = -1 - place
        You turned the order of the channels round: a shuffle deals out one channel of each half in turn.

    start = if shuffle: heard = [heard[place % 2 * half + place // 2] for place in range(channels)]; if = False
        You shuffle at a unit's beginning: it splits and convolves first, and shuffles at its end.

    who = heard[:half]; now = [everything] * half + heard[half:]
        You convolve the first half: it passes by, and the second half is convolved.

    who = heard[:half]
        Your second half hears the first: each of its outputs depends on what the second half itself had heard.

    who = heard; now = [everything] * channels
        You convolve all channels: the first half passes by.

    who = heard
        Your second half hears all channels: its convolutions read the second half alone.

    now = heard
    or who = []; now = heard[:half] + heard[half:]
        Your channels move and never mix: in the convolved half each output depends on all of that half.

    all = list(range(half, channels))
        You name the places of the convolved half: after the first unit other channels stand there, so unite what those
        places have heard.

    units = units + 1
        You ran one unit too many.

    units = max(0, units - 1)
    or units = units - 1
        You ran one unit too few.

    units = max(1, units)
        With units=0 nothing has happened: each channel depends on itself alone.

    units = min(units, 1)
    or units = 1
        You ran one unit always: use units.

    before = if units == 0: return []
        With units=0 your list is empty: nothing has happened, so output channel i depends on [i].

    result = [[place for place, own in enumerate(heard) if source in own] for source in range(channels)]
        Your table is turned: give for each output the inputs, not for each input the outputs.

    result = [len(own) for own in heard]
        You counted them: give the numbers of the input channels themselves, as a list.

    result = [[source in own for source in range(channels)] for own in heard]
    or result = [[int(source in own) for source in range(channels)] for own in heard]
        You give a table of yes and no: give the numbers of the input channels themselves.

    result = [[source + 1 for source in own] for own in heard]
        You number the channels from 1: the first is 0.

    result = [set(own) for own in heard]
    or result = [frozenset(own) for own in heard]
    or result = {place: set(own) for place, own in enumerate(heard)}
        Your answer holds sets: sorted(…) makes a sorted list of each.

    result = dict(enumerate(heard))
        Your answer is a dictionary: give a list, in the order of the outputs.

    all = [source for own in heard[half:] for source in own]
    or all = sorted(source for own in heard[half:] for source in own)
        An input channel stands several times in a list: name it once. With every unit such lists would multiply.

    all = list(dict.fromkeys(source for own in heard[half:] for source in own))
    or result = [own[::-1] for own in heard]
        Your lists hold the right numbers, unsorted: sorted(…) puts the smallest first.
    """,
    uses=(SHUFFLE,),
)

assignment.part(
    "heard_inputs",
    "Who has met whom",
    "a network can only relate what meets: this is what the shuffle is for, and no count of MACs shows it",
    HEARD,
    [
        case(8, 1),
        case(8, 2),
        case(12, 3),
        case(8, 0),
        case(8, 3, shuffle=False),
        case(12, 1, shuffle=False),
    ],
    SECONDS,
)

FIRST = recipe(
    """
    def first_convolved(channel, channels):
        half, place, unit = channels // 2, channel, «first = 1»
        if «zero = channel == 0»:
            «never = return None»
        while «waits = place < half»:
            place, unit = «next = 2 * place», unit + 1
            «stuck = »
        return «unit = unit»
    """,
    """
    first = 0
        You are a unit off. The answer is the number of the unit that convolves it, from 1.

    first = 2
        You are a unit late: the first unit convolves what stands in the second half, from place channels // 2 on, when
        it comes in.

    first = 0; never = return 0
        You count the units before it, and nought for never: give the number of the unit that convolves it, from 1, and
        None for channel 0.

    waits = place <= half
    or unit = 1 + max(0, half // channel).bit_length()
        You are a unit late where the channel comes to place channels / 2: that is the first of the second half, which
        is convolved.

    waits = place < half // 2
        You let a unit convolve more than the second half: it begins at place channels / 2.

    next = 2 * place + 1
    or next = place; stuck = half //= 2
        You are a unit early for some channels: the shuffle takes place p of the first half to 2 · p, and not to
        2 · p + 1; and halving half of the channels with // instead loses remainders.

    next = place % 2 * half + place // 2
        You followed the channel backwards: the shuffle takes a channel of the first half from place p to 2 · p.

    next = place + half
        You answer 2 for each channel of the first half: the shuffle takes place p to 2 · p, which may lie in the first
        half again.

    waits = place >= half; next = 2 * (place - half) + 1; stuck = if place == channel: return None
        You convolve the first half: it passes by, and the second half is convolved.

    unit = 1 + max(0, math.floor(math.log2(half / channel)))
        You rounded the number of doublings down: it takes so many that the channel has come *into* the second half.

    unit = 1 + max(0, round(math.log2(half / channel)))
        You rounded the number of doublings to the nearest whole number: it takes so many that the channel has come
        *into* the second half, so round it up.

    zero = channel in (0, channels - 1)
        The last channel stays at its place, too, but that is in the second half: the first unit convolves it.

    never = return 0
    or never = return 1
    or never = return -1
    or never = return math.inf
    or never = return False
    or never = return "None"
    or never = return []
    or never = return channels
    or never = return channels // 2
        Channel 0 stays at place 0 and is never convolved: the answer is None.

    never = raise ZeroDivisionError
    or never = raise ValueError("never")
    or never = raise OverflowError
        For channel 0 your function raises an error: it is never convolved, and the answer to that is None.
    """,
    uses=(SHUFFLE, HEARD),
)

assignment.part(
    "first_convolved",
    "Its first convolution",
    "most channels wait a unit or two, a few pass a whole stage untouched, and one would wait for ever",
    FIRST,
    [
        case(11, 12),
        case(6, 12),
        case(5, 12),
        case(4, 12),
        case(1, 12),
        case(3, 12),
        case(1, 976),
        case(0, 12),
    ],
    SECONDS,
)
