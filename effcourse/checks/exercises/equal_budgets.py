"""Exercise 11's first part: the width with which a network keeps to a budget."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch

from ...cost import trace
from ...models.small_net import SmallNet
from ..cases import case
from ..recipes import recipe


@cache
def _costs(depth: int, input_size: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """MACs and parameters at widths 0 (by extrapolation), 1 and 2: both are quadratic in the width."""
    with torch.device("meta"):
        reports = [trace(SmallNet(width, depth, input_size=input_size)) for width in (1, 2, 3)]
    one, two, three = ((report.macs, report.params) for report in reports)
    return [(3 * a - 3 * b + c, a, b) for a, b, c in zip(one, two, three, strict=True)]


def _at(width: int, values: tuple[int, int, int]) -> int:
    zero, one, two = values
    return zero + width * (one - zero) + width * (width - 1) // 2 * (two - 2 * one + zero)


def macs(width: int, depth: int = 2, input_size: Sequence[int] = (1, 8, 8)) -> int:
    """MACs of the network that the exercise is about."""
    return _at(width, _costs(depth, tuple(input_size))[0])


def params(width: int, depth: int = 2, input_size: Sequence[int] = (1, 8, 8)) -> int:
    """Its parameters."""
    return _at(width, _costs(depth, tuple(input_size))[1])


WIDTH = recipe(
    """
    def find_width(depth, budget, input_size=(1, 8, 8)):
        «before = »
        width = 1
        shape = «depth = depth», «picture = input_size»
        while «goes = «times = »«cost = macs»(«next = width + 1», *shape) «within = <= budget»»:
            width += «step = 1»
        return «width = width»
    """,
    """
    times = 2 *
        You compared FLOPs with a budget of MACs: trace(...).macs counts a product with its addition once.

    next = width
        Your width is the first that is too dear: take the one before it.

    next = width; within = < budget
        Your width is the first that is not below the budget, mostly too dear: take the last within it.

    within = < budget
        A network that costs exactly the budget is within it: compare with <=.

    width = width - 1
        Your width is one too small: the next one is within the budget too.

    width = min(width, width + 1, key=lambda w: abs(macs(w, depth, input_size) - budget))
        You took the width whose cost is nearest to the budget: it may be above, and a budget is a limit.

    picture = (1, 8, 8)
        You left input_size out: a larger picture costs more, so it allows less width.

    picture = (input_size[0], 8, 8)
        You left rows and columns out: a larger picture costs more, so it allows less width.

    picture = (1, *input_size[1:])
        You left the picture's channels out: the stem reads all of them.

    picture = (input_size[0], input_size[1], input_size[1])
        You took the picture for a square: its columns may be other than its rows.

    depth = 2
        You left depth out: SmallNet has 2 blocks a stage unless you say otherwise.

    depth = depth + 1
        You built a block too many a stage: hand on depth as it is.

    cost = params
        You compared parameters with a budget of MACs.

    width = max(1, width // 8 * 8)
    or width = width // 8 * 8
        You rounded to a multiple of 8: any whole number is allowed here, and rounding wastes budget.

    width = width // 4 * 4
        You rounded to a multiple of 4: any whole number is allowed here, and rounding wastes budget.

    width = 2 ** int(math.log2(width))
        You tried powers of 2 only: any whole number is allowed here.

    width = 1 + (width - 1) // 2 * 2
        You tried odd widths only: any whole number is allowed here.

    width = width // 2 * 2
        You gave even widths only: any whole number is allowed here.

    goes = width < 64 and macs(width + 1, depth, input_size) <= budget
    or goes = width < 63 and macs(width + 1, depth, input_size) <= budget
        Your search ends before the budget does: a large budget allows wider networks.

    width = int(16 * math.sqrt(budget / macs(16, depth, input_size)))
    or width = int(8 * math.sqrt(budget / macs(8, depth, input_size)))
    or width = int(math.sqrt(budget / macs(1, depth, input_size)))
        You let the MACs grow with the square of the width: the stem and the depthwise layers do not. Trace.

    width = max(1, budget // macs(1, depth, input_size))
        You let the MACs grow with the width: a pointwise layer has it on both sides. Trace.

    width = macs(width, depth, input_size)
        You returned the MACs: the width is asked.
    """,
    names={"macs": macs, "params": params},
)

BUDGETS = [
    case(1, 60_000),
    case(2, macs(12, 2)),
    case(4, 150_000),
    case(3, 90_000),
    case(2, 300_000, input_size=(3, 20, 20)),
    case(1, macs(7, 1, (3, 8, 12)) + 5, input_size=(3, 8, 12)),
    case(1, macs(66, 1)),
    case(5, macs(2, 5) - 1),
]
