"""What a forward is called with: tensors that have a shape and no numbers, from whatever the caller gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from .cheap import META
from .row import TraceError


def input_shape(model: nn.Module, input_size: int | Sequence[int] | None) -> tuple[int, ...]:
    """The shape of one input without the batch; ``TraceError`` if there is none, or an impossible one."""
    if input_size is None:
        input_size = getattr(model, "input_size", None)
        if input_size is None:
            raise TraceError(
                f"{type(model).__name__} has no input_size of its own; give one: input_size=224 for a square RGB "
                "image, or a shape without the batch, input_size=(1, 28, 28); or inputs= as its forward takes them"
            )
    shape = (3, input_size, input_size) if _is_whole(input_size) else input_size
    if not isinstance(shape, (tuple, list)) or not shape:
        raise TraceError(f"input_size must be a whole number or a shape without the batch, got {input_size!r}")
    if not all(_is_whole(n) and n >= 1 for n in shape):
        raise TraceError(f"input_size must be made of whole numbers of at least 1, got {input_size!r}")
    return tuple(int(n) for n in shape)


def _is_whole(n: Any) -> bool:
    """Python's whole numbers, numpy's, and an array or tensor of a single one; no bool, no float."""
    if isinstance(n, (bool, str)) or not hasattr(n, "__index__"):
        return False
    try:
        n.__index__()
    except TypeError:
        return False
    return True


class Arguments:
    """The arguments of one forward.

    Attributes:
        args, kwargs: as given, with each shape turned into a tensor.
        numbers: whether every tensor has numbers.
    """

    def __init__(self, inputs: Any, dtype: torch.dtype) -> None:
        self.numbers = True
        self.dtype = dtype
        if isinstance(inputs, dict):
            self.args: tuple = ()
            self.kwargs = {key: self._read(value) for key, value in inputs.items()}
        elif isinstance(inputs, tuple) and not _is_shape(inputs):
            self.args, self.kwargs = tuple(map(self._read, inputs)), {}
        else:
            self.args, self.kwargs = (self._read(inputs),), {}
        if not self.tensors():
            raise TraceError(
                f"inputs must hold a tensor or a shape (with the batch), got {inputs!r}; for example "
                "inputs=torch.rand(1, 3, 224, 224), inputs=(1, 3, 224, 224), inputs=(first, second) or "
                "inputs={'input_ids': torch.zeros(1, 128, dtype=torch.long)}"
            )

    def _read(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            self.numbers = self.numbers and not value.is_meta
            return value.detach()
        if _is_shape(value):
            self.numbers = False
            return torch.empty(tuple(value), dtype=self.dtype, device=META)
        if type(value) in (tuple, list):
            return type(value)(map(self._read, value))
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*map(self._read, value))
        if isinstance(value, dict):
            return {key: self._read(part) for key, part in value.items()}
        return value

    def tensors(self) -> list[Tensor]:
        return leaves((self.args, self.kwargs))

    def mapped(self, change: Callable[[Tensor], Tensor]) -> tuple[tuple, dict]:
        """The arguments with each tensor changed, the same tensor the same way."""
        made: dict[int, Tensor] = {}

        def walk(x: Any) -> Any:
            if isinstance(x, Tensor):
                if id(x) not in made:
                    made[id(x)] = change(x)
                return made[id(x)]
            if isinstance(x, tuple) and hasattr(x, "_fields"):
                return type(x)(*map(walk, x))
            if isinstance(x, (tuple, list)):
                return type(x)(map(walk, x))
            return {key: walk(part) for key, part in x.items()} if isinstance(x, dict) else x

        return walk(self.args), walk(self.kwargs)


def _is_shape(x: Any) -> bool:
    return isinstance(x, torch.Size) or (isinstance(x, tuple) and bool(x) and all(map(_is_whole, x)) and _plain(x))


def _plain(x: tuple) -> bool:
    return not any(isinstance(n, Tensor) for n in x)


def leaves(x: Any, seen: set[int] | None = None) -> list[Tensor]:
    """Every tensor in x: in tuples, lists, dicts, dataclasses and objects with attributes."""
    seen = set() if seen is None else seen
    if isinstance(x, Tensor):
        return [x]
    if id(x) in seen or x is None or isinstance(x, (str, bytes, int, float, type, nn.Module)):
        return []
    seen.add(id(x))
    if isinstance(x, dict):
        parts: Any = x.values()
    elif isinstance(x, (tuple, list, set, frozenset)):
        parts = x
    else:
        parts = getattr(x, "__dict__", {}).values()
    return [t for part in list(parts) for t in leaves(part, seen)]
