"""Causes that need no suspect: what can be seen in the answers themselves, and is said only where it is true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .mistake import Mistake
from .values import alike
from .work import Built

Pairs = Sequence[tuple[Any, Any]]  # answer and expected answer, of each case


def cause_of_values(pairs: Pairs, printed: str = "") -> str:
    """What is wrong with all the answers alike, or nothing."""
    return next(filter(None, (look(pairs) for look in (_nothing_returned(printed), _text, _wrapped, *LOOKS))), "")


def _nothing_returned(printed: str) -> Any:
    def look(pairs: Pairs) -> str:
        if any(got is not None for got, _ in pairs) or all(right is None for _, right in pairs):
            return ""
        if printed:
            return "Your function prints its answer and returns nothing: return it."
        return "Your function returns nothing, in any case: is a return missing?"

    return look


def of_another_kind(pairs: Pairs) -> str:
    """The numbers are right, and are not of the kind that was asked."""
    if any(_has_float(got, right) for got, right in pairs):
        return (
            "The numbers are right, but whole numbers are asked and yours are floats (2.0 in place of 2): "
            "divide with //, or make an int of it at the end."
        )
    return ""


def _has_float(got: Any, right: Any) -> bool:
    if isinstance(right, dict):
        return any(_has_float(got[key], right[key]) for key in right)
    if isinstance(right, (list, tuple)):
        return any(map(_has_float, got, right))
    return isinstance(got, float) and isinstance(right, int)


def _text(pairs: Pairs) -> str:
    if all(isinstance(got, str) and isinstance(right, (int, float)) for got, right in pairs):
        return "Your answer is text: give the number itself."
    if all(isinstance(got, bool) and not isinstance(right, bool) for got, right in pairs):
        return "Your answer is a truth value, True or False: a number is asked."
    return ""


def _wrapped(pairs: Pairs) -> str:
    wrapped = [isinstance(got, list) and len(got) == 1 and alike(got[0], right) for got, right in pairs]
    return "Your answer stands in a list or tuple of its own: is there a comma too many?" if all(wrapped) else ""


def _factor(pairs: Pairs) -> str:
    """One factor between all answers and all expected ones."""
    numbers = [(a, b) for a, b in pairs if _is_number(a) and _is_number(b) and a and b]
    try:
        ratios = {round(a / b, 9) for a, b in numbers}
    except OverflowError:
        return ""
    if len(numbers) == len(pairs) and len(ratios) == 1 and 0 not in ratios:
        return f"Your answer is the expected one times {ratios.pop():g}" + (", in every case." if pairs[1:] else ".")
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _order(pairs: Pairs) -> str:
    for got, right in pairs:
        if not isinstance(got, list) or not isinstance(right, list) or len(got) != len(right):
            return ""
        left = list(got)
        for item in right:
            found = next((i for i, own in enumerate(left) if alike(own, item)), None)
            if found is None:
                return ""
            left.pop(found)
    return "Your list holds the right entries, in another order."


def _turned(pairs: Pairs) -> str:
    arrays = [isinstance(got, np.ndarray) and isinstance(right, np.ndarray) for got, right in pairs]
    if all(arrays) and all(got.ndim > 1 and alike(np.swapaxes(got, -1, -2), right) for got, right in pairs):
        return "Your answer is transposed: its last two axes have changed places."
    return ""


LOOKS = (_factor, _order, _turned)


def is_random(first: Any, second: Any) -> bool:
    """Whether two answers to the same question differ."""
    return not alike(first, second) and not _has_nan(first)


def _has_nan(value: Any) -> bool:
    try:
        return bool(np.isnan(np.asarray(value, dtype=float)).any())
    except (TypeError, ValueError):
        return False


def depends_on_batch(built: Built, inputs: Sequence[np.ndarray]) -> bool:
    """Whether a picture's output changes with the other pictures in the batch."""
    try:
        alone = built.run(*(array[:1] for array in inputs))
        beside = built.run(*(np.concatenate([array[:1], 3 * array[:1] + 1]) for array in inputs))
    except (Mistake, IndexError):
        return False
    if not isinstance(alone, np.ndarray) or getattr(beside, "shape", ())[1:] != alone.shape[1:]:
        return False
    return not alike(beside[:1], alone) and not _has_nan(alone) and not _has_nan(beside)
