"""The exercises' visible tests and diagnoses.

In a notebook ``checker("04_inverted_residual")("block", InvertedResidual)`` runs one check, and ``check()`` with
``check = checker("04_inverted_residual")`` all. Every test cell asks for its own checker, so that no other cell's
``check`` decides about points. From a shell: ``effcourse check exercises/04_inverted_residual``.

A chapter's gaps are checked by ``lesson("02_depthwise_separable")``, see ``filling.py``. How a check is written stands
at the top of ``recipes.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from ..common.errors import unknown_name
from .cases import Case, case
from .engine import Checker, CheckFailed, NotDoneYet
from .filling import Gaps
from .mistake import Mistake, NotDone
from .work import Built, Work

ASSIGNMENTS = (
    "01_flops_math",
    "02_depthwise_separable",
    "03_width_resolution",
    "04_inverted_residual",
    "05_squeeze_excite",
    "06_channel_shuffle",
    "07_compound_scaling",
    "08_ghost_module",
    "09_measure_flops_and_latency",
    "10_design_a_block",
    "11_width_or_depth",
)

WITH_GAPS = (  # the chapters that have gaps
    "00_start_here",
    "01_flops_math",
    "02_depthwise_separable",
    "03_mobilenet_v1",
    "04_mobilenet_v2",
)

__all__ = [
    "ASSIGNMENTS",
    "WITH_GAPS",
    "Built",
    "Case",
    "CheckFailed",
    "Checker",
    "Gaps",
    "Mistake",
    "NotDone",
    "NotDoneYet",
    "Work",
    "case",
    "checker",
    "lesson",
    "when_done",
]


def checker(assignment: str) -> Checker:
    """The checks of an exercise, by the name of its folder."""
    if assignment not in ASSIGNMENTS:
        raise unknown_name("assignment", assignment, ASSIGNMENTS)
    module = import_module(f".exercises.{assignment.partition('_')[2]}", __name__)
    return Checker(module.assignment)


def lesson(chapter: str) -> Gaps:
    """The checks of a chapter's gaps, by the chapter's name."""
    if chapter not in WITH_GAPS:
        raise unknown_name("chapter with gaps", chapter, WITH_GAPS)
    module = import_module(f".gaps.{chapter.partition('_')[2]}", __name__)
    return Gaps(module.assignment)


def when_done(show: Callable[[], Any]) -> Any:
    """Call ``show``, unless what it needs is still a stub: then say so, where an error would stop a notebook's run."""
    try:
        return show()
    except NotImplementedError:
        print("○ not done yet: run this cell again when the parts above pass")
        return None
