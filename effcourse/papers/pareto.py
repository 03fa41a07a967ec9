"""Nobody is better for less: the Pareto front of any rows, and the best within a budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isnan
from typing import Any, TypeVar

T = TypeVar("T")


def pareto_front(rows: Iterable[T], cost: str = "macs", value: str = "top1") -> list[T]:
    """The rows that no other row beats: none has as much ``value`` for less ``cost``, or more for as little.

    Args:
        rows: objects or dicts; those without ``cost`` or ``value`` (None or NaN) are left out.
        cost: less is better.
        value: more is better.

    Returns:
        From cheap to dear. Equal rows stay together.

    Raises:
        ValueError: a row without such a name.
    """
    priced = [(_number(row, cost), _number(row, value), row) for row in rows]
    known = [(c, v, row) for c, v, row in priced if c is not None and v is not None]
    front: list[tuple[float, float, T]] = []
    for c, v, row in sorted(known, key=lambda priced: (priced[0], -priced[1])):
        if not front or v > front[-1][1] or (c, v) == front[-1][:2]:
            front.append((c, v, row))
    return [row for _, _, row in front]


def best_within(rows: Iterable[T], limits: Mapping[str, float | None], value: str = "top1") -> T | None:
    """The row with the most ``value`` among those within all ``limits``, the one with fewest MACs of equals.

    Args:
        rows: objects or dicts.
        limits: ``{"macs": 300e6, "params": None}``: at most 300 million MACs, any number of parameters. A row that
            lacks a limited number is not within.
        value: more is better.

    Returns:
        None where nothing fits.
    """
    fit = [row for row in rows if within(row, limits)]
    return max(fit, key=lambda row: (_number(row, value) or 0.0, -(_number(row, "macs") or 0.0)), default=None)


def within(row: Any, limits: Mapping[str, float | None]) -> bool:
    """Whether ``row`` has every limited number, and none above its limit."""
    for name, limit in limits.items():
        number = _number(row, name)
        if limit is not None and (number is None or number > limit):
            return False
    return True


def _number(row: Any, name: str) -> float | None:
    try:
        value = row[name] if isinstance(row, Mapping) else getattr(row, name)
    except (KeyError, AttributeError) as error:
        raise ValueError(f"a row has no value {name!r}: {row!r}") from error
    return None if value is None or isnan(value) else float(value)
