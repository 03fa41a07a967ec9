"""Plain values: what crosses between a check and a student's work, and how two of them are compared."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from .mistake import Mistake, NotDone

RTOL = 1e-4
ATOL = 1e-5
ITEMS = 1_000_000  # a longer answer is no answer
NUMBERS = 50_000_000
LONG = 200  # characters; a longer answer is told by its first difference


def to_torch(value: Any) -> Any:
    """A copy: arrays as tensors of their own memory, lists, tuples and dicts copied inside, anything else as it is."""
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value.copy())
    if type(value) in (list, tuple):
        return type(value)(to_torch(item) for item in value)
    if type(value) is dict:
        return {key: to_torch(item) for key, item in value.items()}
    return value


def plain(value: Any, what: str) -> Any:
    """Tensors as arrays, numbers of numpy, torch and ``fractions`` as Python's; anything else is a mistake."""
    return _Plainer(what).plain(value)


class _Plainer:
    def __init__(self, what: str) -> None:
        self.what = what
        self.left = ITEMS

    def plain(self, value: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            raise Mistake(f"{self.what} gives more than {ITEMS:,} values", "", ("too many",), final=True)
        if value is None or type(value) in (bool, int, float, str):
            return value
        if isinstance(value, (torch.Tensor, np.ndarray, np.generic)):
            return self._array(value)
        if isinstance(value, str):  # subclasses may compare as they like, so their content is taken
            return str.__str__(value) if type(str.__str__(value)) is str else "".join(str.__iter__(value))
        if isinstance(value, int):
            return int.__add__(value, 0)
        if isinstance(value, float):
            return float.__add__(value, 0.0)
        if isinstance(value, (Fraction, Decimal)):
            return int(value) if value == int(value) else float(value)
        if isinstance(value, list):
            return [self.plain(item) for item in list.__iter__(value)]
        if isinstance(value, tuple):
            return [self.plain(item) for item in tuple.__iter__(value)]
        if isinstance(value, dict):
            return {self._key(key): self.plain(item) for key, item in dict.items(value)}
        if value is ...:
            raise NotDone(self.what)
        raise Mistake(
            f"{self.what} gives a {type(value).__name__}, expected numbers, strings, tensors, or lists of these",
            "Put what it yields into a list: list(…)." if hasattr(value, "__next__") else "",
            ("kind", type(value).__name__),
        )

    def _key(self, key: Any) -> Any:
        key = self.plain(key)
        return tuple(self._key(item) for item in key) if isinstance(key, list) else key

    def _array(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            value = self._numbers(value.detach())
        value = np.asarray(value)
        if value.size > NUMBERS:
            raise Mistake(f"{self.what} gives {value.size:,} numbers", "", ("too many",), final=True)
        return value if value.ndim else self.plain(value.item())

    def _numbers(self, tensor: torch.Tensor) -> np.ndarray:
        if tensor.device.type == "meta":
            raise Mistake(
                f"{self.what} gives a tensor on the meta device, which has a shape and no numbers", "", ("meta",)
            )
        if tensor.layout is not torch.strided:
            tensor = tensor.to_dense()
        if tensor.is_quantized:
            tensor = tensor.dequantize()
        if tensor.dtype is torch.bfloat16:
            tensor = tensor.float()
        return tensor.cpu().resolve_conj().resolve_neg().numpy()


def unchanged(value: Any, before: Any) -> bool:
    """Whether what :func:`to_torch` made is still what it was: nothing else is looked into."""
    if isinstance(before, torch.Tensor):
        return isinstance(value, torch.Tensor) and value.shape == before.shape and bool(torch.equal(value, before))
    if isinstance(before, (list, tuple)):
        return len(value) == len(before) and all(map(unchanged, value, before))
    if isinstance(before, dict):
        return list(value) == list(before) and all(unchanged(value[key], before[key]) for key in before)
    if isinstance(before, (bool, int, float, str)):
        return type(value) is type(before) and (value == before or value != value)
    return value is before


def close(got: Any, expected: Any, rtol: float = RTOL, atol: float = ATOL) -> bool:
    """Equal up to rounding, element by element; a list equals a tuple, 2.0 is not the whole number 2, True is not 1."""
    return _equal(got, expected, rtol, atol, strict=True)


def alike(got: Any, other: Any, rtol: float = RTOL, atol: float = ATOL) -> bool:
    """As :func:`close`, but a number is a number, 2.0 is 2; and what is no number is like another."""
    return _equal(got, other, rtol, atol, strict=False)


def _equal(got: Any, expected: Any, rtol: float, atol: float, strict: bool) -> bool:
    if isinstance(expected, bool) or isinstance(got, bool):
        return isinstance(got, bool) and isinstance(expected, bool) and got == expected
    if isinstance(expected, (int, float)) and isinstance(got, (int, float)):
        return _equal_numbers(got, expected, rtol, strict)
    if isinstance(expected, np.ndarray):
        return isinstance(got, np.ndarray) and _equal_arrays(got, expected, rtol, atol, strict)
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(got, (list, tuple))
            and len(got) == len(expected)
            and all(_equal(a, b, rtol, atol, strict) for a, b in zip(got, expected, strict=True))
        )
    if isinstance(expected, dict):
        return (
            isinstance(got, dict)
            and got.keys() == expected.keys()
            and all(_equal(got[k], expected[k], rtol, atol, strict) for k in expected)
        )
    return type(got) is type(expected) and got == expected


def _equal_numbers(got: float, expected: float, rtol: float, strict: bool) -> bool:
    if isinstance(got, int) and isinstance(expected, int):
        return got == expected
    if strict and isinstance(expected, int):
        return False
    if not strict and got != got and expected != expected:
        return True
    try:
        return math.isclose(got, expected, rel_tol=min(rtol, 1e-6), abs_tol=1e-9)
    except OverflowError:  # a whole number too large for a float
        return False


def _equal_arrays(got: np.ndarray, expected: np.ndarray, rtol: float, atol: float, strict: bool) -> bool:
    if got.shape != expected.shape:
        return False
    if got.dtype.kind not in "biufc" or expected.dtype.kind not in "biufc":
        return got.dtype.kind == expected.dtype.kind and got.tolist() == expected.tolist()
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    return bool(np.allclose(got, expected, rtol=rtol, atol=atol * scale, equal_nan=not strict))


def difference(got: Any, expected: Any) -> str:
    """What came against what should have come: shapes, and the first value that differs."""
    if isinstance(expected, np.ndarray) and isinstance(got, np.ndarray):
        return _difference_of_arrays(got, expected)
    if isinstance(got, np.ndarray):
        return f"gives a tensor of shape {tuple(got.shape)}, expected {short(expected)}"
    place, own, right = _first_difference(got, expected)
    if place and isinstance(own, np.ndarray) and isinstance(right, np.ndarray):
        return f"{_difference_of_arrays(own, right)} (at {place} of what it gives)"
    if place and len(repr(expected)) >= LONG:
        return f"gives {short(own)} at {place}, expected {short(right)}"
    return f"gives {short(got)}, expected {short(expected)}"


def _difference_of_arrays(got: np.ndarray, expected: np.ndarray) -> str:
    if got.shape != expected.shape:
        return f"gives shape {tuple(got.shape)}, expected {tuple(expected.shape)}"
    if got.dtype.kind not in "biufc":
        return f"gives an array of {got.dtype}, expected numbers"
    wrong = ~np.isclose(got, expected, rtol=RTOL, atol=ATOL)
    index = tuple(int(i) for i in np.argwhere(wrong)[0]) if wrong.any() else (0,) * got.ndim
    return (
        f"differs from the expected output in {int(wrong.sum())} of {got.size} values, first at "
        f"{list(index)}: {got[index]:.6g}, expected {expected[index]:.6g}"
    )


def _first_difference(got: Any, expected: Any, place: str = "") -> tuple[str, Any, Any]:
    """Where two answers part, as one would index it, and what stands there in each."""
    if isinstance(expected, dict) and isinstance(got, dict) and got.keys() == expected.keys():
        pairs = [(f"{place}[{key!r}]", got[key], expected[key]) for key in expected]
    elif isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)) and len(got) == len(expected):
        pairs = [(f"{place}[{i}]", a, b) for i, (a, b) in enumerate(zip(got, expected, strict=True))]
    else:
        return place, got, expected
    return next((_first_difference(a, b, at) for at, a, b in pairs if not close(a, b)), (place, got, expected))


def short(value: Any) -> str:
    """A value as a sentence shows it."""
    if isinstance(value, np.ndarray):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, float):
        text = f"{value:.8g}"
        return text if any(letter in text for letter in ".en") else f"{text}.0"  # or 2.0 would read as 2
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 400:
        return f"a whole number of about {int(value.bit_length() * 0.30103):,} digits"
    text = repr(value)
    return text if len(text) < LONG else text[:LONG] + " …"
