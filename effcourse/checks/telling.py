"""What a student reads: an outcome's text, and errors that show no line of the check's own."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Literal

from .mistake import Mistake

WIDTH = 96  # of a message: what a notebook shows without breaking lines
PRINTED = 160  # characters shown of what a student's code printed
Status = Literal["passed", "failed", "not done"]


class Told:
    """An exception that a notebook shows by its text, in place of a traceback."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for this
        return str(self).splitlines() or [type(self).__name__]


class CheckFailed(Told, AssertionError):
    """A check that did not pass."""

    status: Status = "failed"

    def __init__(self, text: str, cause: str = "") -> None:
        super().__init__(text)
        self.cause = cause


class NotDoneYet(CheckFailed):
    """The work is still a stub; nothing is wrong with it."""

    status: Status = "not done"


class CheckMisused(Told, ValueError):
    """A check that is called by a wrong name, or on the wrong number of objects."""


class Interrupted(Told, KeyboardInterrupt):
    """A student's interrupt, while a check ran."""


@dataclass(frozen=True)
class Outcome:
    """What came of one check; ``text`` is what the student reads."""

    check: str
    status: Status
    text: str


def passed(title: str, note: str = "", printed: str = "") -> str:
    """The text of a check that passed."""
    return "\n".join([f"✓ {title}", *_lines([("", note), _printed(printed)])])


def not_done(title: str, why: str = "") -> str:
    """The text of a part that is still to be written."""
    return f"○ {title}: not done yet{why}"


def failed(title: str, why: str, mistake: Mistake, note: str = "", printed: str = "") -> str:
    """The text of a check that failed: what was tested, why it matters, what differs, and the likely cause."""
    parts = [
        ("Why it matters: ", why),
        ("What differs:   ", mistake.differs),
        ("Likely cause:   ", mistake.cause),
        ("But first:      ", note),
        _printed(printed),
    ]
    return "\n".join([f"✗ {title}", *_lines(parts)])


def _printed(text: str) -> tuple[str, str]:
    text = " ".join(text.split())
    return "Your code wrote: ", text if len(text) <= PRINTED else f"{text[:PRINTED]} …"


def _lines(parts: list[tuple[str, str]]) -> list[str]:
    return [
        textwrap.fill(
            text,
            WIDTH,
            initial_indent=f"  {heading}",
            subsequent_indent=" " * (2 + len(heading)),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for heading, text in parts
        if text
    ]
