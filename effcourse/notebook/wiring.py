"""Which operation reads what which other one has written: what the rows of a trace do not say."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ..cost import Row, trace
from ..cost.inputs import leaves
from ..cost.operation import operation, tensors_in
from ..cost.private import unwrapped

INPUT = -1  # stands for the block's input where a row's number is meant


def wiring(module: nn.Module, input_shape: Sequence[int], rows: Sequence[Row]) -> list[tuple[int, ...]]:
    """For each row of ``trace(module, input_shape)`` the numbers of the rows it reads, ``INPUT`` for the input.

    A second trace, in which a mode of our own sees each operation before the trace does. Tensors are told by their
    memory, so a view (a split, a transposition) stands for what it looks at, and a change in place is a new writer.
    """
    wires = _Wires(rows)
    trace(_Watched(unwrapped(module), wires), tuple(input_shape))
    return wires.reads


class _Watched(nn.Module):
    """A module whose operations ``wires`` sees."""

    def __init__(self, module: nn.Module, wires: _Wires) -> None:
        super().__init__()
        self.module = module
        self.wires = wires

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        for t in leaves((args, kwargs)):
            self.wires.wrote(t, INPUT)
        with self.wires:
            return self.module(*args, **kwargs)


class _Wires(TorchFunctionMode):
    """Notes for each row whose results it reads.

    Attributes:
        reads: as ``wiring`` returns them.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__()
        self.rows = rows
        self.next = 0  # the row that the next operation of its name and shape has written
        # a row that is not found again is taken to read the one before it
        self.reads: list[tuple[int, ...]] = [() if r.op == "parameters" else (i - 1,) for i, r in enumerate(rows)]
        self.writers: dict[int, tuple[int, Any]] = {}  # who wrote a memory last, by its id

    def wrote(self, t: Tensor, row: int) -> None:
        storage = t.untyped_storage()
        key = id(storage)  # torch keeps this object as long as the memory; then the number may be another's
        self.writers[key] = row, weakref.ref(storage, lambda _: self.writers.pop(key, None))

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        kwargs = kwargs or {}
        op = operation(func)
        given = [self._writer(t) for t in tensors_in((args, kwargs))]
        read = tuple(sorted({row for row in given if row is not None}))
        out = func(*args, **kwargs)
        if op.question:
            return out
        if (op.in_place and not op.reshapes) or kwargs.get("inplace") is True:
            made = tensors_in(args[:1])
        else:
            made = [t for t in tensors_in((out,)) if self._writer(t) is None]
        if made and self._is_next(op.name, tuple(made[0].shape)):
            self.reads[self.next] = read
            for t in made:
                self.wrote(t, self.next)
            self.next += 1
        return out

    def _writer(self, t: Tensor) -> int | None:
        return self.writers.get(id(t.untyped_storage()), (None,))[0]

    def _is_next(self, name: str, shape: tuple[int, ...]) -> bool:
        return self.next < len(self.rows) and (self.rows[self.next].op, self.rows[self.next].out_shape) == (name, shape)
