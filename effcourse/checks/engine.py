"""An exercise's checks, and how they run on a student's work: alone, on hidden cases, or all at once."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from ..common.errors import unknown_name
from . import telling
from .agree import same_module, same_value, same_values
from .cases import Case
from .guard import SECONDS, too_long
from .mistake import Mistake, NotDone
from .recipes import Recipe
from .telling import CheckFailed, CheckMisused, Interrupted, NotDoneYet, Outcome
from .work import Work

__all__ = ["Assignment", "Check", "CheckFailed", "Checker", "NotDoneYet", "Outcome"]


@dataclass(frozen=True)
class Check:
    """One visible test. ``run`` takes a :class:`Work` for each name in ``needs``, and optionally its own cases.

    ``uses`` are the recipes of the earlier parts that the work may call; ``recipe`` and ``cases`` are there where the
    check is nothing but a recipe.
    """

    name: str
    title: str
    why: str
    needs: tuple[str, ...]
    run: Callable[..., None]
    seconds: float = SECONDS
    uses: tuple[Recipe, ...] = ()
    recipe: Recipe | None = None
    cases: tuple[Case, ...] = ()


@dataclass
class Assignment:
    """The checks of one exercise, in their order.

    Args:
        allow: names of the library's functions and classes that a solution may use.
    """

    name: str
    allow: Sequence[str] = ()
    checks: dict[str, Check] = field(default_factory=dict)

    def part(
        self, name: str, title: str, why: str, recipe: Recipe, cases: Iterable[Case] = (), seconds: float = SECONDS
    ) -> None:
        """A check that holds the work against a recipe: its function in each case, its class with given weights.

        Checks of one recipe share their visible cases when they look for a cause.
        """
        given = tuple(cases)

        def run(work: Work, cases: Collection[Case] = given) -> None:
            evidence = () if work.hurry else self.cases_of(recipe)
            if recipe.kind == "class":
                same_module(work, recipe.answer, cases, recipe.mistakes, recipe.branches, evidence)
            elif recipe.kind == "function":
                same_values(work, recipe.answer, cases, recipe.mistakes, evidence=evidence)
            else:
                same_value(work, recipe.right, [(one.make, one.cause) for one in recipe.mistakes])

        self.checks[name] = Check(name, title, why, (recipe.name,), run, seconds, recipe.uses, recipe, given)

    def check(
        self, title: str, why: str, seconds: float = SECONDS, uses: Sequence[Recipe] = ()
    ) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Register a function as a check: its parameters without default are the names that a student writes."""

        def register(run: Callable[..., None]) -> Callable[..., None]:
            parameters = inspect.signature(run).parameters.values()
            needs = tuple(p.name for p in parameters if p.default is inspect.Parameter.empty)
            self.checks[run.__name__] = Check(run.__name__, title, why, needs, run, seconds, tuple(uses))
            return run

        return register

    def cases_of(self, recipe: Recipe) -> list[Case]:
        """The visible cases of all checks of a recipe."""
        return [one for check in self.checks.values() if check.recipe is recipe for one in check.cases]


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
        outcome, cause = self._outcome(self._find(name, work), work)
        if outcome.status == "passed":
            print(outcome.text)
        else:
            raise (CheckFailed if outcome.status == "failed" else NotDoneYet)(outcome.text, cause)

    def hidden(self, name: str, *work: Any, hint: str, **cases: Any) -> None:
        """Run a check on cases of the caller's; a failure tells the hint and no expected value."""
        check = self._find(name, work)
        outcome, cause = self._outcome(check, work, hurry=True, **cases)
        if outcome.status == "not done":
            raise NotDoneYet(outcome.text)
        if outcome.status == "failed":
            raise CheckFailed(f"✗ {check.title}: a hidden test failed. Hint: {hint}", cause)

    def outcomes(self, names: Mapping[str, Any], only: str | None = None) -> list[Outcome]:
        """Run every check, or one, on what ``names`` holds."""
        checks = self._assignment.checks.values() if only is None else [self._find(only)]
        return [self._outcome_in(check, names) for check in checks]

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

    def _outcome_in(self, check: Check, names: Mapping[str, Any]) -> Outcome:
        missing = [name for name in check.needs if name not in names]
        if missing:
            why = f", there is no {' and no '.join(missing)}"
            return Outcome(check.name, "not done", telling.not_done(check.title, why))
        return self._outcome(check, [names[name] for name in check.needs])[0]

    def _outcome(self, check: Check, made: Sequence[Any], hurry: bool = False, **cases: Any) -> tuple[Outcome, str]:
        """What came of a check, and the cause of a failure. Whatever the work does, this gives an outcome."""
        works = self._as_works(check, made, hurry)
        try:
            note = _run(check, works, cases)
            return Outcome(check.name, "passed", telling.passed(check.title, note, _printed(works))), ""
        except NotDone:
            return Outcome(check.name, "not done", telling.not_done(check.title)), ""
        except _Failed as failure:
            text = telling.failed(check.title, check.why, failure.mistake, failure.note, _printed(works))
            return Outcome(check.name, "failed", text), failure.mistake.cause
        except KeyboardInterrupt:
            raise Interrupted(f"You interrupted the check “{check.title}”.") from None
        except Exception as error:
            differs = f"the check itself stumbled over your answer ({type(error).__name__})"
            mistake = Mistake(differs, "Give plain numbers, lists or tensors; if you do, please report this.")
            return Outcome(check.name, "failed", telling.failed(check.title, check.why, mistake)), mistake.cause

    def _find(self, name: str, work: Sequence[Any] | None = None) -> Check:
        checks = self._assignment.checks
        if not isinstance(name, str) or name not in checks:
            raise CheckMisused(str(unknown_name("check", name, checks)))
        needs = checks[name].needs
        if work is not None and len(work) != len(needs):
            raise CheckMisused(f"the check {name!r} takes {', '.join(needs)}; got {len(work)} objects")
        return checks[name]

    def _as_works(self, check: Check, made: Sequence[Any], hurry: bool) -> list[Work]:
        allow = self._assignment.allow
        works = [
            one if isinstance(one, Work) else Work(name, one, allow, check.seconds)
            for name, one in zip(check.needs, made, strict=True)
        ]
        for work in works:
            work.hurry = hurry
        return works


class _Failed(Exception):
    def __init__(self, mistake: Mistake, note: str = "") -> None:
        super().__init__()
        self.mistake = mistake
        self.note = note


def _run(check: Check, works: Sequence[Work], cases: Mapping[str, Any]) -> str:
    """Run a check; where it fails, once more with the right answers in place of the student's earlier parts.

    Returns:
        What to say beside a pass.

    Raises:
        NotDone, _Failed: it did not pass.
    """
    right = {one.name: one.right for one in check.uses}
    endless = next(filter(None, (work.endless(right) for work in works)), None)
    first = too_long(f"{endless[0]}, an earlier part,", SECONDS) if endless else _problem(check, works, cases)
    if first is None:
        return ""
    trials = [list(right)] if right else []
    if not getattr(first, "final", False):  # or a loop without end would be waited for once a name
        trials = [[name] for name in right if len(right) > 1] + trials
    for names in trials:
        with ExitStack() as stack:
            lent = {name for work in works for name in stack.enter_context(work.rebound({n: right[n] for n in names}))}
            second = _problem(check, works, cases) if lent else first
        if second is None:
            theirs = " and ".join(name for name in names if name in lent)
            return f"(with the course's {theirs} in place of yours, of which another check says what is wrong)"
    if right and lent and isinstance(second, Mistake) and not _alike(first, second):
        raise _Failed(second, "an earlier part is wrong, too: this was found with the course's in place of yours.")
    if isinstance(first, Mistake):
        raise _Failed(first)
    raise first


def _alike(first: Mistake | NotDone, second: Mistake) -> bool:
    """Whether two mistakes are one: of a loop that was stopped, the seconds may differ."""
    if not isinstance(first, Mistake):
        return False
    return first.differs == second.differs or (first.where != () and first.where == second.where)


def _problem(check: Check, works: Sequence[Work], cases: Mapping[str, Any]) -> Mistake | NotDone | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # stock nbgrader takes a cell's points for a word on stderr
        try:
            check.run(*works, **cases)
        except (Mistake, NotDone) as problem:
            return problem
    return None


def _printed(works: Sequence[Work]) -> str:
    return " ".join(work.printed for work in works)
