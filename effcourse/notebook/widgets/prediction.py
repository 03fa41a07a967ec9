"""A question that the student answers before the chapter does."""

from __future__ import annotations

import html
from typing import Any

import traitlets

from ...common.numbers import with_unit
from .. import show
from . import ledger
from .instrument import Instrument, joined
from .questions import Guess, Question, question as question_of

WORDS = {  # what the page says, with gaps for what was typed
    "button": "This is my prediction",
    "choose": "Choose one first.",
    "type": "Type a number first.",
    "no_number": "“{typed}” is no number. Type one, such as 12.5.",
    "choice": "“{value}”",
    "noted": "Noted: {answer}. Now run the next cell. {note}",
}
WAITING = "Answer above first, then run this cell again. (Who does not want to guess adds show=True to the call.)"
TOLD = "You have seen the truth before, so this answer is not kept in the ledger."


class NotAnAnswerError(traitlets.TraitError, ValueError):
    """A guess that is no number, or none of the choices."""


class Prediction(Instrument):
    """A question with an input: a number, or one of some choices. It notes the answer and does not know the truth.

    Question, unit, choices and replies stand in the package's ``predictions.toml``. The truth is handed over in a later
    cell, where the chapter has it: ``guess = Prediction("03-half-width")``, then ``guess.reply(full.macs / half.macs)``
    for the number or the choice that it has computed.

    Args:
        key: the entry's name, chapter and subject, or a :class:`Question` itself.

    Attributes:
        guess: the answer, None until there is one. Settable; only an answer given in the page goes to the ledger.

    Raises:
        ValueError: there is no such entry.
    """

    _esm, _css = joined("prediction")

    question = traitlets.Unicode(read_only=True).tag(sync=True)
    unit = traitlets.Unicode(read_only=True).tag(sync=True)
    choices = traitlets.List(traitlets.Unicode(), read_only=True).tag(sync=True)
    guess = traitlets.Any(None).tag(sync=True)
    commits = traitlets.Int(0).tag(sync=True)  # how often the page's button was pressed
    note = traitlets.Unicode("").tag(sync=True)  # what the ledger has to say, usually nothing

    _asked: Question
    _told = False  # whether the truth was shown to somebody who had not answered

    def __init__(self, key: str | Question) -> None:
        self._asked = key if isinstance(key, Question) else question_of(key)
        super().__init__()
        self.set_trait("question", self._asked.question)
        self.set_trait("unit", self._asked.unit)
        self.set_trait("choices", list(self._asked.choices))
        self.observe(self._committed, "commits")

    def reply(self, truth: Any, show: bool = False) -> show.Shown:
        """What the chapter says to the answer, and the truth; without an answer, that it waits for one.

        Args:
            truth: the number, or the right one of the choices.
            show: tell the truth also to somebody who has not answered.

        Raises:
            ValueError: a truth that is no number, or none of the choices.
        """
        true = self._asked.as_answer("truth", truth)
        lines = [f"It is {self._words(true)}."]
        if self.guess is not None:
            right = "Right!" if self._asked.is_right(self.guess, true) else ""
            said = self._asked.reply_to(self.guess, true)
            lines.insert(0, " ".join(filter(None, (f"You said {self._words(self.guess)}.", right, said))))
            if self.commits:
                lines.append(ledger.judge(self._asked.key, true, self._asked.is_right))
        elif show:
            self._told = True
        else:
            lines = [WAITING]
        return _shown([line for line in lines if line])

    twin = (
        "Here is an input for your answer. It needs a program that shows Jupyter widgets: run this cell in\nJupyterLab."
    )

    def as_data(self) -> dict[str, Any]:
        return {"words": WORDS}

    def in_text(self) -> str:
        ask = " / ".join(self._asked.choices)
        ask = ask or f"a number{f' in {self._asked.unit}' if self._asked.unit else ''}"
        return f"{self._asked.question}\n[{ask}]"

    def _words(self, value: Guess) -> str:
        return f"“{value}”" if isinstance(value, str) else with_unit(value, self._asked.unit)

    @traitlets.validate("guess")
    def _an_answer(self, proposal: Any) -> Any:
        value = proposal["value"]
        if value is None:
            return None
        try:
            return self._asked.as_answer("guess", value)
        except ValueError as error:
            raise NotAnAnswerError(str(error)) from None

    def _committed(self, _change: Any) -> None:
        if self.guess is None:
            return
        if self._told:
            self.note = TOLD
        else:
            asked = self._asked
            self.note = ledger.record(asked.key, question=asked.question, guess=self.guess, unit=asked.unit)


def _shown(lines: list[str]) -> show.Shown:
    return show.Shown("".join(f"<p>{html.escape(line)}</p>" for line in lines), "\n".join(lines))
