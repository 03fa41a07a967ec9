"""Numbers as a reader sees them (standard library only)."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

NOTHING = "–"  # where there is no number


def exact(value: Any, digits: int = 2) -> str:
    """A table's cell: 300,774,272; 71.88; yes; – for None and NaN; any other text as it is."""
    if value is None or (isinstance(value, Real) and math.isnan(value)):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{int(value):,}"
    return f"{float(value):,.{digits}f}" if isinstance(value, Real) else str(value)


def with_prefix(value: float) -> str:
    """1200000 -> 1.2 M."""
    for size, prefix in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:g}{prefix}"
    return f"{value:g}"


def with_unit(value: float, unit: str) -> str:
    """14.6 %; 300,774,272 MACs: whole and large numbers in full, others with three digits that matter."""
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{round(value):,} {unit}".strip()
    return f"{value:.3g} {unit}".strip()


def four_digits(value: float) -> float:
    """Rounded to four digits that matter: 1.0, 0.125, 1.331."""
    return float(f"{value:.4g}")


def plural(count: int, noun: str) -> str:
    """1 thread, 2 threads."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
