"""Hold a student's work against the right answer, and against the wrong ones that are often given.

A *suspect* is a known mistake written out. It is named as the cause only where it agrees with the work in every case,
the passed ones too, and no suspect with another sentence does: no cause is better than a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from torch import nn

from .cases import Case, case
from .causes import cause_of_values, depends_on_batch, is_random, of_another_kind
from .mistake import Mistake
from .results import (
    Known,
    Result,
    Suspect,
    build,
    call,
    call_of,
    explains,
    model_of,
    results_of,
    unlike,
    value_of,
)
from .values import ATOL, RTOL, alike, close, difference
from .weights import randomize
from .work import Work

_RANDOM = "something in it is random, or is kept from one call to the next (a global name, a list)."

__all__ = [
    "ATOL", "RTOL", "Case", "Suspect", "case", "close", "difference", "explains", "model_of", "randomize",
    "results_of", "same_module", "same_value", "same_values", "sentences",
]  # fmt: skip


def same_values(
    work: Work,
    reference: Callable[..., Any] | Known,
    cases: Iterable[Case],
    suspects: Sequence[Known] = (),
    rtol: float = RTOL,
    evidence: Collection[Case] = (),
) -> None:
    """Raise a :class:`Mistake` unless the function ``work`` gives what ``reference`` gives in each case.

    Inputs of a case come before its arguments, as tensors for the work and for the reference alike. ``evidence`` are
    further cases, which tell suspects apart.
    """
    right = _known(reference)
    cases = list(cases)
    for one in cases:
        result = call(work, one)
        expected = value_of(right, one).value
        if result.mistake or not close(result.value, expected, rtol):
            break
    else:
        return
    if result.mistake and (work.hurry or result.mistake.final):
        raise result.mistake
    differs = f"{call_of(work.name, one)} {difference(result.value, expected)}"
    if result.mistake:
        differs = result.mistake.differs
    if work.hurry:
        raise Mistake(differs)
    results = [call(work, each) for each in _all(cases, evidence)]
    raise_final(results)
    if is_random(result.value, call(work, one).value) and result.mistake is None:
        raise Mistake(differs, f"Called twice with the same arguments, it gives two answers: {_RANDOM}")
    pairs = [(each.value, value_of(right, each.case).value) for each in results if each.mistake is None]
    if len(pairs) == len(results) and all(alike(*pair, rtol) for pair in pairs):
        raise Mistake(differs, of_another_kind(pairs))
    found = sentences(suspects, results)
    if found:
        raise Mistake(differs, found[0] if len(found) == 1 else "")
    if len(pairs) < len(results):
        raise result.mistake or Mistake(differs)
    raise Mistake(differs, cause_of_values(pairs, work.printed))


def same_value(work: Work, expected: Any, suspects: Sequence[tuple[Any, str]] = (), rtol: float = 1e-6) -> None:
    """Raise a :class:`Mistake` unless the value is ``expected``; suspects are pairs of a value and its cause."""
    got = work.value()
    if close(got, expected, rtol):
        return
    found = {cause for value, cause in suspects if alike(got, value, rtol)}
    cause = of_another_kind([(got, expected)]) if alike(got, expected, rtol) else ""
    cause = cause or (found.pop() if len(found) == 1 else "" if found else cause_of_values([(got, expected)]))
    raise Mistake(f"{work.name} {difference(got, expected)}", cause)


def same_module(
    work: Work,
    reference: Callable[..., nn.Module] | Known,
    cases: Iterable[Case],
    suspects: Sequence[Known] = (),
    branches: Sequence[str] = (),
    evidence: Collection[Case] = (),
) -> None:
    """Raise a :class:`Mistake` unless modules that ``work`` builds compute, with the same weights, what the reference
    computes in each case, and with no more work. ``branches`` names submodules of the reference that run side by side:
    a student may run them in any order. ``evidence`` are further cases, which tell suspects apart.
    """
    right = _known(reference)
    cases = list(cases)
    for one in cases:
        result = build(work, one)
        problem = _problem(result, right, branches)
        if problem is not None:
            break
    else:
        return
    if work.hurry or problem.final:
        raise problem
    if result.built is not None and is_random(*(result.built.run(*one.arrays()) for _ in range(2))):
        cause = "Two runs on the same input differ, in eval mode too: something in it is random, such as a dropout "
        raise Mistake(problem.differs, cause + "that is always on, or left over from the run before.")
    results = [build(work, each) for each in _all(cases, evidence)]
    raise_final(results)
    found = sentences(suspects, results, branches, right)
    if len(found) == 1:
        raise Mistake(problem.differs, found[0], problem.where)
    cause = problem.cause
    if not found and result.built is not None and depends_on_batch(result.built, one.arrays()):
        cause = (
            "A picture's output depends on the other pictures in the batch, in eval mode too: a mean over the batch's "
            "axis, or a batch norm that keeps no running statistics or stands in a plain list, where eval() finds none."
        )
    raise Mistake(problem.differs, cause, problem.where)


def _problem(result: Result, right: Known, branches: Sequence[str]) -> Mistake | None:
    if result.built is None:
        return result.mistake
    model = model_of(right, result.case, branches)
    if isinstance(model, Mistake):
        raise TypeError(f"the reference cannot run: {model.differs}")
    return unlike(result, model)


def sentences(
    suspects: Sequence[Known], results: Sequence[Result], branches: Sequence[str] = (), right: Known | None = None
) -> list[str]:
    """The sentences of the suspects that explain every result, each once."""
    return list(dict.fromkeys(one.cause for one in suspects if explains(one, results, branches, right)))


def raise_final(results: Iterable[Result]) -> None:
    """Raise the first mistake about which nothing more is to be found out."""
    for one in results:
        if one.mistake is not None and one.mistake.final:
            raise one.mistake


def _known(reference: Any) -> Known:
    return reference if hasattr(reference, "make") else Suspect(reference, "")


def _all(cases: Collection[Case], evidence: Collection[Case]) -> list[Case]:
    mine = {id(one) for one in cases}
    return [*cases, *(one for one in evidence if id(one) not in mine)]
