"""A case: the arguments of one call, and the pictures that a module then runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """Arguments of one call; for a class also the shapes of the inputs that it then runs on, with the batch."""

    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[tuple[int, ...], ...] = ()
    seed: int = 0

    def arrays(self) -> list[np.ndarray]:
        """The inputs: standard normal, float32, always the same for the same seed."""
        rng = np.random.default_rng(self.seed)
        return [rng.standard_normal(shape).astype(np.float32) for shape in self.inputs]


def case(
    *arguments: Any, inputs: Sequence[tuple[int, ...]] | tuple[int, ...] = (), seed: int = 0, **keywords: Any
) -> Case:
    """``case(16, 24, stride=2, inputs=(1, 16, 9, 9))``: a :class:`Case` in one line.

    The same values give the same object, so that what the right answer makes of it is worked out once.
    """
    many = tuple(inputs) if inputs and not isinstance(inputs[0], int) else (tuple(inputs),) if inputs else ()
    made = Case(arguments, keywords, many, seed)  # type: ignore[arg-type]
    try:
        hash((arguments, *keywords.values()))
    except TypeError:  # a list or an array may be changed later
        return made
    return _KNOWN.setdefault(repr(made), made)


_KNOWN: dict[str, Case] = {}  # by its text, in which 2 and 2.0 differ; an object's text holds its identity
