"""Run an exercise's checks and say what was tested, why it matters, what differs and the likely cause."""

from __future__ import annotations

import inspect
import sys
import textwrap
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..common.errors import unknown_name
from .work import Mistake, NotDone, Work

WIDTH = 96  # of a message: what a notebook shows without breaking lines
Status = Literal["passed", "failed", "not done"]


class CheckFailed(AssertionError):
    """A check that did not pass; a notebook shows its text in place of a traceback."""

    status: Status = "failed"

    def __init__(self, text: str, cause: str = "") -> None:
        super().__init__(text)
        self.cause = cause

    def _render_traceback_(self) -> list[str]:  # IPython asks for this
        return str(self).splitlines()


class NotDoneYet(CheckFailed):
    """The work is still a stub; nothing is wrong with it."""

    status: Status = "not done"


@dataclass(frozen=True)
class Check:
    """One visible test. ``run`` takes a :class:`Work` for each name in ``needs``, and optionally its own cases."""

    name: str
    title: str
    why: str
    needs: tuple[str, ...]
    run: Callable[..., None]


@dataclass(frozen=True)
class Outcome:
    """What came of one check; ``text`` is what the student reads."""

    check: str
    status: Status
    text: str


@dataclass
class Assignment:
    """The checks of one exercise, in their order. ``allow`` names library classes that a solution may use."""

    name: str
    allow: Sequence[str] = ()
    checks: dict[str, Check] = field(default_factory=dict)

    def check(self, title: str, why: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Register a function as a check: its parameters without default are the names that a student writes."""

        def register(run: Callable[..., None]) -> Callable[..., None]:
            parameters = inspect.signature(run).parameters.values()
            needs = tuple(p.name for p in parameters if p.default is inspect.Parameter.empty)
            self.checks[run.__name__] = Check(run.__name__, title, why, needs, run)
            return run

        return register


class Checker:
    """Checks of one exercise, as its notebook uses them.

    ``check("conv_macs", conv_macs)`` runs one and raises :class:`CheckFailed` where it fails; ``check()`` runs all on
    the notebook's own names and prints a summary.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment

    def __repr__(self) -> str:
        return f"checker({self._assignment.name!r}), with {', '.join(self._assignment.checks)}"

    def __call__(self, name: str | None = None, *work: Any) -> None:
        if name is None:
            self.report(sys._getframe(1).f_globals)
            return
        check = self._find(name)
        try:
            self._run(check, work)
        except NotDone:
            raise NotDoneYet(f"○ {check.title}: not done yet") from None
        except Mistake as mistake:
            raise CheckFailed(_text(check, mistake), mistake.cause) from None
        print(f"✓ {check.title}")

    def hidden(self, name: str, *work: Any, hint: str, **cases: Any) -> None:
        """Run a check on cases of the caller's; a failure tells the hint and no expected value."""
        check = self._find(name)
        try:
            self._run(check, work, **cases)
        except NotDone:
            raise NotDoneYet(f"○ {check.title}: not done yet") from None
        except Mistake as mistake:
            raise CheckFailed(f"✗ {check.title}: a hidden test failed. Hint: {hint}", mistake.cause) from None

    def outcomes(self, names: Mapping[str, Any]) -> list[Outcome]:
        """Run every check on what ``names`` holds."""
        return [self._outcome(check, names) for check in self._assignment.checks.values()]

    def report(self, names: Mapping[str, Any]) -> bool:
        """Run every check, print what came of each and a summary; True if all passed."""
        outcomes = self.outcomes(names)
        print("\n\n".join(outcome.text for outcome in outcomes))
        counts = {status: sum(o.status == status for o in outcomes) for status in ("passed", "failed", "not done")}
        parts = [f"{counts['passed']} of {len(outcomes)} passed"]
        parts += [
            f"{counts[key]} {text}" for key, text in (("failed", "failed"), ("not done", "not done yet")) if counts[key]
        ]
        print(f"\n{self._assignment.name}: {', '.join(parts)}")
        return counts["passed"] == len(outcomes)

    def _outcome(self, check: Check, names: Mapping[str, Any]) -> Outcome:
        missing = [name for name in check.needs if name not in names]
        if missing:
            return Outcome(
                check.name, "not done", f"○ {check.title}: not done yet, there is no {' and no '.join(missing)}"
            )
        try:
            self._run(check, [names[name] for name in check.needs])
        except NotDone:
            return Outcome(check.name, "not done", f"○ {check.title}: not done yet")
        except Mistake as mistake:
            return Outcome(check.name, "failed", _text(check, mistake))
        return Outcome(check.name, "passed", f"✓ {check.title}")

    def _run(self, check: Check, made: Sequence[Any], **cases: Any) -> None:
        work = self._as_work(check, made)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # stock nbgrader takes a cell's points for a word on stderr
            check.run(*work, **cases)

    def _find(self, name: str) -> Check:
        try:
            return self._assignment.checks[name]
        except KeyError:
            raise unknown_name("check", name, self._assignment.checks) from None

    def _as_work(self, check: Check, made: Sequence[Any]) -> list[Work]:
        if len(made) != len(check.needs):
            raise ValueError(f"the check {check.name!r} takes {', '.join(check.needs)}; got {len(made)} objects")
        return [
            one if isinstance(one, Work) else Work(name, one, self._assignment.allow)
            for name, one in zip(check.needs, made, strict=True)
        ]


def _text(check: Check, mistake: Mistake) -> str:
    parts = [
        ("Why it matters: ", check.why),
        ("What differs:   ", mistake.differs),
        ("Likely cause:   ", mistake.cause),
    ]
    lines = [
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
    return "\n".join([f"✗ {check.title}", *lines])
