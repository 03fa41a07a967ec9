"""The course's predictions as they stand in ``predictions.toml``: what is asked, and what is said to which answer.

Nothing of it stands in a notebook, so nobody reads the replies before answering. ``predictions.toml`` says on top how
an entry is written.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from ...common.errors import unknown_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = Path(__file__).with_name("predictions.toml")
FIELDS = ("question", "unit", "tolerance", "choices", "relative", "replies")
Guess = float | str


class QuestionError(ValueError):
    """An entry that cannot be read; the message names it and what was expected."""


@dataclass(frozen=True)
class Reply:
    """What is said to a ``choice``, or to a number from ``low`` (included) to ``high`` (not included)."""

    say: str
    choice: str | None = None
    low: float = -math.inf
    high: float = math.inf

    def fits(self, guess: Guess) -> bool:
        if self.choice is not None or isinstance(guess, str):
            return guess == self.choice
        return self.low <= guess < self.high


@dataclass(frozen=True)
class Question:
    """One entry.

    Attributes:
        key: chapter and subject, ``"04-memory-peak"``; the ledger keeps answers under it.
        tolerance: a number is right if it is off by at most this part of the truth (at a truth of 0: by this much).
        choices: what there is to choose from; empty where a number is asked for.
        relative: the ends of the replies' ranges are multiples of the truth.
    """

    key: str
    question: str
    unit: str = ""
    tolerance: float = 0.1
    choices: tuple[str, ...] = ()
    relative: bool = False
    replies: tuple[Reply, ...] = ()

    def is_right(self, guess: Guess, truth: Guess) -> bool:
        """Whether ``guess`` is the truth, within the tolerance if it is a number."""
        if isinstance(truth, str) or isinstance(guess, str):
            return guess == truth
        return abs(guess - truth) <= self.tolerance * (abs(truth) or 1) * (1 + 1e-9)

    def reply_to(self, guess: Guess, truth: Guess) -> str:
        """The first reply that fits; to a wrong number without one, on which side it lies."""
        place: Guess = guess
        if self.relative and not isinstance(guess, str) and not isinstance(truth, str):
            place = guess / truth if truth else math.copysign(sys.float_info.max, guess) if guess else 1.0
        for one in self.replies:
            if one.fits(place):
                return one.say
        if self.is_right(guess, truth) or isinstance(guess, str) or isinstance(truth, str):
            return ""
        return "That is too low." if guess < truth else "That is too high."

    def as_answer(self, name: str, value: Any) -> Guess:
        """A guess or a truth as a plain number, or as one of the choices.

        Raises:
            ValueError: it is neither; the message names the prediction.
        """
        if not self.choices:
            return as_number(f"{name} of prediction {self.key!r}", value)
        if value not in self.choices:
            raise unknown_name(f"{name} of prediction {self.key!r}", value, self.choices)
        return str(value)


def question(key: str) -> Question:
    """The entry ``key`` of the course's file.

    Raises:
        ValueError: there is no such entry.
    """
    known = questions()
    if key not in known:
        raise unknown_name("prediction", key, known)
    return known[key]


@cache
def questions() -> Mapping[str, Question]:
    """All entries, read and checked once."""
    return read(FILE.read_text(encoding="utf-8"))


def read(text: str) -> dict[str, Question]:
    """Entries from TOML.

    Raises:
        QuestionError: an entry that is none; the message names it.
    """
    return {key: _checked(key, entry) for key, entry in tomllib.loads(text).items()}


def as_number(name: str, value: Any) -> float:
    """A finite number as Python's own int or float."""
    if not isinstance(value, (bool, str, bytes)):
        if isinstance(value, Integral):
            return int(value)
        if (isinstance(value, Real) or hasattr(value, "__float__")) and math.isfinite(float(value)):
            return float(value)
    raise ValueError(f"{name} must be a number, got {value!r}")


def _checked(key: str, entry: Any) -> Question:
    if not isinstance(entry, dict):
        raise QuestionError(f"prediction {key!r} must be a table, got {entry!r}")
    try:
        return _entry(key, **entry)
    except TypeError:
        wrong = next((name for name in entry if name not in FIELDS), "")
        problem = str(unknown_name("field", wrong, FIELDS)) if wrong else "it lacks its question"
        raise QuestionError(f"prediction {key!r}: {problem}") from None
    except ValueError as error:
        raise QuestionError(f"prediction {key!r}: {error}") from None


def _entry(
    key: str,
    *,
    question: Any,
    unit: Any = "",
    tolerance: Any = 0.1,
    choices: Any = None,
    relative: Any = False,
    replies: Any = (),
) -> Question:
    if not isinstance(question, str) or not question.strip():
        raise ValueError(f"question must be a text, got {question!r}")
    if not isinstance(unit, str):
        raise ValueError(f"unit must be a text, got {unit!r}")
    if isinstance(tolerance, bool) or not isinstance(tolerance, (int, float)) or not 0 <= tolerance < math.inf:
        raise ValueError(f"tolerance must be a number of at least 0, got {tolerance!r}")
    chosen = _choices(choices)
    if not isinstance(relative, bool) or (relative and chosen):
        raise ValueError(f"relative must be true or false, and choices have no ranges, got {relative!r}")
    said = tuple(_reply(one, chosen) for one in replies)
    for i, one in enumerate(said):
        if not any(next((r for r in said if r.fits(place)), None) is one for place in _places(said, chosen)):
            raise ValueError(f"reply {i + 1} can never be given, an earlier one takes its place: {one.say!r}")
    return Question(key, question, unit, float(tolerance), chosen, relative, said)


def _choices(choices: Any) -> tuple[str, ...]:
    if choices is None:
        return ()
    if not isinstance(choices, list) or not all(isinstance(one, str) and one.strip() for one in choices):
        raise ValueError(f"choices must be a list of texts, got {choices!r}")
    if len(choices) < 2 or len(set(choices)) < len(choices):
        raise ValueError(f"choices must be at least two, all different, got {choices!r}")
    return tuple(choices)


def _reply(reply: Any, choices: tuple[str, ...]) -> Reply:
    expected = '{ choice = "...", say = "..." }' if choices else '{ from = 1, to = 2, say = "..." } with from < to'
    fields = {"choice", "say"} if choices else {"from", "to", "say"}
    if not isinstance(reply, dict) or not set(reply) <= fields or not isinstance(reply.get("say"), str):
        raise ValueError(f"a reply must be {expected}, got {reply!r}")
    if choices:
        if reply.get("choice") not in choices:
            raise unknown_name("choice in replies", reply.get("choice"), choices)
        return Reply(reply["say"], choice=reply["choice"])
    low, high = (as_number("an end of a range", reply[end]) if end in reply else None for end in ("from", "to"))
    if low is not None and high is not None and low >= high:
        raise ValueError(f"a reply must be {expected}, got {reply!r}")
    return Reply(reply["say"], low=-math.inf if low is None else low, high=math.inf if high is None else high)


def _places(replies: tuple[Reply, ...], choices: tuple[str, ...]) -> Iterator[Guess]:
    """One guess for each way in which ``replies`` can be told apart."""
    yield from choices
    ends = sorted({end for one in replies for end in (one.low, one.high) if math.isfinite(end)}) or [0.0]
    yield ends[0] - 1
    for here, there in zip(ends, [*ends[1:], ends[-1] + 2], strict=True):
        yield here
        yield (here + there) / 2
