"""A question that the student answers before the chapter does."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

import traitlets

from ...common.errors import unknown_name
from ...common.numbers import with_unit
from .. import show
from . import ledger
from .instrument import Instrument, joined

Reply = tuple[tuple[float | None, float | None], str] | tuple[str, str]  # a range of guesses or a choice, and the text
WORDS = {  # what the page says, with gaps for what was typed
    "button": "This is my prediction",
    "choose": "Choose one first.",
    "type": "Type a number first.",
    "no_number": "“{typed}” is no number. Type one, such as 12.5.",
    "choice": "“{value}”",
    "noted": "Noted: {answer}. Now run the next cell. {note}",
}


class NotAnAnswerError(traitlets.TraitError, ValueError):
    """A guess that is no number, or none of the choices."""


class Prediction(Instrument):
    """A question with an input: a number, or one of some choices. It notes the answer and does not say the truth.

    Args:
        key: names the prediction in the ledger: chapter and subject, ``"04-memory-peak"``.
        question: plain text.
        answer: the truth, a number or one of ``choices``. It never reaches the page.
        unit: of the number.
        tolerance: a number is right if it is off by at most this part of the truth (at a truth of 0: by this much).
        choices: what there is to choose from; without them a number is asked for.
        replies: what to say to which answer, the first that fits: ``((low, high), text)`` for low <= guess < high,
            None for an open end, or ``(choice, text)``.

    Attributes:
        guess: the answer, None until there is one. Settable; only an answer given in the page goes to the ledger.

    Raises:
        ValueError: an empty question, an answer that is no number or no choice, a reply that can never be given.
    """

    _esm, _css = joined("prediction")

    question = traitlets.Unicode(read_only=True).tag(sync=True)
    unit = traitlets.Unicode(read_only=True).tag(sync=True)
    choices = traitlets.List(traitlets.Unicode(), read_only=True).tag(sync=True)
    guess = traitlets.Any(None).tag(sync=True)
    commits = traitlets.Int(0).tag(sync=True)  # how often the page's button was pressed
    note = traitlets.Unicode("").tag(sync=True)  # what the ledger has to say, usually nothing

    _key: str
    _answer: float | str
    _tolerance: float
    _choices: list[str]
    _replies: list[tuple[Any, str]]

    def __init__(
        self,
        key: str,
        question: str,
        *,
        answer: float | str,
        unit: str = "",
        tolerance: float = 0.1,
        choices: Sequence[str] | None = None,
        replies: Iterable[Reply] = (),
    ) -> None:
        for name, text in (("key", key), ("question", question)):
            if not isinstance(text, str) or not text.strip():
                raise ValueError(f"{name} must be a text, got {text!r}")
        if isinstance(tolerance, bool) or not isinstance(tolerance, Real) or not 0 <= tolerance < math.inf:
            raise ValueError(f"tolerance must be a number of at least 0, got {tolerance!r}")
        self._choices = _checked_choices(choices)
        self._key, self._tolerance = key, float(tolerance)
        if self._choices:
            if answer not in self._choices:
                raise unknown_name("answer", answer, self._choices)
            self._answer = answer
        else:
            self._answer = _number("answer", answer)
        self._replies = [_checked_reply(reply, self._choices) for reply in replies]
        super().__init__()
        self.set_trait("question", question)
        self.set_trait("unit", unit)
        self.set_trait("choices", self._choices)
        self.observe(self._committed, "commits")

    def is_right(self, guess: float | str) -> bool:
        """Whether ``guess`` is the answer, within the tolerance if it is a number."""
        if isinstance(self._answer, str) or isinstance(guess, str):
            return guess == self._answer
        allowed = self._tolerance * (abs(self._answer) or 1)
        return abs(guess - self._answer) <= allowed * (1 + 1e-9)

    def reply(self) -> show.Shown:
        """What the chapter says to the answer, and the truth. Without an answer: an example, and the truth folded."""
        truth = f"It is {self._words(self._answer)}."
        if self.guess is None:
            how = "choose" if self._choices else "type"
            lines = [f"No answer yet: {how} one above, then run this cell again.", *self._example(), truth]
        else:
            said = self._reply_to(self.guess)
            right = "Right!" if self.is_right(self.guess) else ""
            lines = [" ".join(filter(None, (f"You said {self._words(self.guess)}.", right, said))), truth]
            if self.commits:
                lines.append(ledger.replied(self._key))
        lines = [line for line in lines if line]
        paragraphs = [f"<p>{html.escape(line)}</p>" for line in lines]
        if self.guess is None:  # a stored notebook must not tell before the student has said something
            paragraphs[-1] = f"<details><summary>Show me without a prediction</summary>{paragraphs[-1]}</details>"
        return show.Shown("".join(paragraphs), "\n".join(lines))

    twin = (
        "Here is an input for your answer. It needs a program that shows Jupyter widgets: run this cell in\nJupyterLab."
    )

    def as_data(self) -> dict[str, Any]:
        return {"words": WORDS}

    def in_text(self) -> str:
        ask = " / ".join(self._choices) if self._choices else f"a number{f' in {self.unit}' if self.unit else ''}"
        return f"{self.question}\n[{ask}]"

    def _words(self, value: float | str) -> str:
        return f"“{value}”" if isinstance(value, str) else with_unit(value, self.unit)

    def _reply_to(self, guess: float | str) -> str:
        for condition, text in self._replies:
            if _fits(guess, condition):
                return text
        if self.is_right(guess) or isinstance(guess, str) or isinstance(self._answer, str):
            return ""
        return "That is too low." if guess < self._answer else "That is too high."

    def _example(self) -> list[str]:
        """The first reply to a wrong answer."""
        for condition, text in self._replies:
            if _fits(self._answer, condition):
                continue
            if isinstance(condition, str):
                return [f"Who said “{condition}” would have read: {text}"]
            low, high = condition
            if low is None:
                span = "any number" if high is None else f"less than {with_unit(high, self.unit)}"
            elif high is None:
                span = f"{with_unit(low, self.unit)} or more"
            else:
                span = f"a number from {with_unit(low, '')} to {with_unit(high, self.unit)}"
            return [f"Who said {span} would have read: {text}"]
        return []

    @traitlets.validate("guess")
    def _an_answer(self, proposal: Any) -> Any:
        value = proposal["value"]
        if value is None:
            return None
        if self._choices:
            if value not in self._choices:
                raise NotAnAnswerError(str(unknown_name("choice", value, self._choices)))
            return value
        try:
            return _number("guess", value)
        except ValueError as error:
            raise NotAnAnswerError(str(error)) from None

    def _committed(self, _change: Any) -> None:
        if self.guess is not None:
            self.note = ledger.record(
                self._key,
                question=self.question,
                guess=self.guess,
                truth=self._answer,
                unit=self.unit,
                right=self.is_right(self.guess),
            )


def _number(name: str, value: Any) -> float:
    """A finite number as Python's own int or float."""
    if not isinstance(value, (bool, str, bytes)):
        if isinstance(value, Integral):
            return int(value)
        if (isinstance(value, Real) or hasattr(value, "__float__")) and math.isfinite(float(value)):
            return float(value)
    raise ValueError(f"{name} must be a number, got {value!r}")


def _checked_choices(choices: Sequence[str] | None) -> list[str]:
    if choices is None:
        return []
    if isinstance(choices, str) or not all(isinstance(c, str) and c.strip() for c in choices):
        raise ValueError(f"choices must be a list of texts, got {choices!r}")
    if len(choices) < 2 or len(set(choices)) < len(choices):
        raise ValueError(f"choices must be at least two, all different, got {list(choices)!r}")
    return list(choices)


def _checked_reply(reply: Any, choices: list[str]) -> tuple[Any, str]:
    if _is_pair(reply) and isinstance(reply[1], str):
        condition, text = reply
        if choices:
            if condition not in choices:
                raise unknown_name("choice in replies", condition, choices)
            return condition, text
        if _is_pair(condition):
            low, high = (None if end is None else _number("an end of a range", end) for end in condition)
            if low is None or high is None or low < high:
                return (low, high), text
    expected = "(choice, text)" if choices else "((low, high), text) with low < high"
    raise ValueError(f"a reply must be {expected}, got {reply!r}")


def _is_pair(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2


def _fits(guess: float | str, condition: Any) -> bool:
    if isinstance(condition, str) or isinstance(guess, str):
        return guess == condition
    low, high = condition
    return (low is None or low <= guess) and (high is None or guess < high)
