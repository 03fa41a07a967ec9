"""The gaps of a chapter: a student's few lines, and the course's where these are still missing.

A chapter says ``check = lesson("02_depthwise_separable")`` once, and under each gap ``name = check("name", name)``. It
prints what came of the check and gives the student's work back where it passed; until then the course's own answer, so
that what follows runs. It raises no error: *Run All* goes through an unsolved chapter.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from . import telling
from .engine import Check, Checker
from .mistake import Mistake
from .telling import CheckMisused, Outcome
from .unfinished import is_unfinished, may_be_unfinished


class Gaps(Checker):
    """The checks of one chapter's gaps, each a part of its assignment with a recipe."""

    def __repr__(self) -> str:
        return f"lesson({self._assignment.name!r}), with {', '.join(self._assignment.checks)}"

    def __call__(self, name: str | None = None, *work: Any) -> Any:
        """Check one gap's work, or without a name all, on the notebook's own names; print what came of it.

        Returns:
            The work where it passed, the course's until then.
        """
        if name is None:
            self.report(sys._getframe(1).f_globals)
            return None
        try:
            check = self._find(name, work)
        except CheckMisused as misuse:  # a slip of the chapter's, which must run all the same
            print(misuse)
            return work[0] if work else None
        with _dice_as_they_were():
            try:
                outcome, _ = self._outcome(check, work)
            except Exception as error:  # an object that cannot even be looked at
                differs = f"the check itself stumbled over your answer ({type(error).__name__})"
                outcome = Outcome(name, "failed", telling.failed(check.title, check.why, Mistake(differs)))
        print(outcome.text)
        assert check.recipe is not None
        return work[0] if outcome.status == "passed" else check.recipe.right

    def _outcome(self, check: Check, made: Sequence[Any], hurry: bool = False, **cases: Any) -> tuple[Outcome, str]:
        [work] = made
        recipe = check.recipe
        assert recipe is not None
        course = f"what follows uses the course's {recipe.name}"
        not_done = Outcome(check.name, "not done", telling.not_done(check.title, f"; {course}"))
        if work is recipe.right and recipe.kind != "value":  # the check was run again without the cell above it
            again = f": the cell with your {recipe.name} must run before this one; {course}"
            return Outcome(check.name, "not done", telling.not_done(check.title, again)), ""
        if is_unfinished(work):
            return not_done, ""
        outcome, cause = super()._outcome(check, made, hurry, **cases)
        if outcome.status == "failed" and not may_be_unfinished(work):
            until = f"  Until it passes, {course}."
            return Outcome(check.name, "failed", f"{outcome.text}\n{until}"), cause
        return (outcome, cause) if outcome.status == "passed" else (not_done, "")


@contextmanager
def _dice_as_they_were() -> Iterator[None]:
    """A chapter's random numbers are the same with a check that runs and with one that has nothing to run."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
