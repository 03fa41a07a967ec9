"""What torch calls an operation, and what kind it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from torch import Tensor, nn

from .cheap import CHEAP
from .free import NUMBERS, QUESTIONS, RANDOM, RESHAPES


@dataclass(frozen=True)
class Operation:
    """One of torch's functions."""

    name: str  # without the underscores of an operator or an in-place form: "add" for add_ and __add__
    raw: str  # as torch has it
    in_place: bool
    operator: bool  # written as one in Python, such as x + y
    question: bool  # answered without a row
    needs_numbers: bool
    random: bool
    reshapes: bool  # in place, and without touching a number
    cheap: Callable[..., Tensor | None] | None  # our own rule for the output's shape


@lru_cache(maxsize=4096)
def operation(func: Callable) -> Operation:
    """Everything that is known of a function from its name."""
    raw = getattr(func, "__name__", type(func).__name__).split(".")[0]  # torch.ops has "add.Tensor"
    name = raw.strip("_")
    owner: Any = getattr(func, "__self__", None)
    attribute = raw == "__get__"
    if owner is not None and (attribute or raw == "__set__"):  # x.device, x.data = ...
        name = getattr(owner, "__name__", None) or owner.fget.__name__
        raw = name if attribute else raw
    operator = raw.startswith("__")
    in_place = raw == "__setitem__" or (raw.startswith("__i") if operator else raw.endswith("_"))
    in_place = in_place and raw not in QUESTIONS | NUMBERS | {"__invert__"}
    return Operation(
        name,
        raw,
        in_place,
        operator,
        attribute or raw in QUESTIONS,
        raw in NUMBERS,
        name in RANDOM,
        in_place and name in RESHAPES,
        CHEAP.get(name),
    )


_NO_TENSOR = {int, float, bool, str, type(None)}


def tensors_in(values: Iterable[Any]) -> list[Tensor]:
    """Every tensor among ``values``, in their tuples, lists and dicts too."""
    found: list[Tensor] = []
    for x in values:
        kind = type(x)
        if kind is Tensor or kind is nn.Parameter:
            found.append(x)
        elif kind in _NO_TENSOR:
            continue
        elif isinstance(x, Tensor):
            found.append(x)
        elif isinstance(x, (tuple, list)):
            if x and type(x[0]) is not int:
                found += tensors_in(x)
        elif isinstance(x, dict):
            found += tensors_in(x.values())
    return found


def map_tensors(change: Callable[[Tensor], Any], x: Any) -> Any:
    """``change`` applied to each tensor in nested tuples, lists and dicts."""
    if isinstance(x, Tensor):
        return change(x)
    if type(x) in (tuple, list):
        return type(x)(map_tensors(change, y) for y in x)
    return {k: map_tensors(change, y) for k, y in x.items()} if type(x) is dict else x
