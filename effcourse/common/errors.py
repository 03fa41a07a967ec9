"""Checks of arguments whose message names the value, what was expected and what to do (standard library only)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Integral, Real


def check_count(**values: int) -> None:
    """Raise ValueError naming the first of ``values`` that is not a whole number of at least 1."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, (int, Integral)) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")


def check_positive(**values: float) -> None:
    """Raise ValueError naming the first of ``values`` that is not a finite number above 0."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value) or value <= 0:
            raise ValueError(f"{name} must be a number above 0, got {value!r}")


def check_probability(**values: float) -> None:
    """Raise ValueError naming the first of ``values`` that is not at least 0 and below 1."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value < 1:
            raise ValueError(f"{name} must be at least 0 and below 1, got {value!r}")


def check_groups(in_channels: int, out_channels: int, groups: int) -> None:
    """Raise ValueError unless ``groups`` divides both channel counts."""
    check_count(in_channels=in_channels, out_channels=out_channels, groups=groups)
    if in_channels % groups or out_channels % groups:
        raise ValueError(
            f"groups={groups} must divide in_channels={in_channels} and out_channels={out_channels}: "
            "every group takes an equal share of both"
        )


def unknown_name(what: str, name: object, known: Iterable[str]) -> ValueError:
    """The error for a name that is not among ``known``, with the likely meaning first."""
    known = list(known)
    close = get_close_matches(str(name), known, n=2, cutoff=0.6)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return ValueError(f"unknown {what} {name!r}; {hint}valid: {', '.join(known)}")
