"""How long each operation of one forward takes, on the same rows as ``trace``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ..common.errors import check_count
from ..common.torch_state import evaluating, torch_threads
from ..cost.operation import operation
from ..cost.row import Row
from ..cost.tracing import trace
from .latency import example_input
from .timing import benchmark


class LayerTime(NamedTuple):
    """One operation and its time."""

    row: Row  # what it costs, for one image
    ms: float  # median of the runs

    @property
    def gflops(self) -> float:
        """Billions of floating-point operations (2 a MAC) that it did a second, for a batch of 1."""
        return 2 * self.row.macs / self.ms / 1e6


def measure_layers(
    model: nn.Module, input_size: int | Sequence[int] | None = None, threads: int = 1, runs: int = 20
) -> list[LayerTime]:
    """The milliseconds of each operation that ``trace(model, input_size)`` prices, in eager mode and for one image.

    The clock stands where ``trace`` writes its rows: around each operation of the forward. What Python does between
    the operations is in no row, so the sum is a little below the network's latency. Reading a clock takes about a
    tenth of a microsecond; a row of a few microseconds is mostly the start of the operation.

    Raises:
        ValueError: as ``trace`` and ``measure_latency``.
    """
    check_count(threads=threads, runs=runs)
    rows = [row for row in trace(model, input_size).rows if row.in_shape is not None]
    x = example_input(model, input_size, 1)
    clock = benchmark().timer  # waits for a GPU
    times: list[list[float]] = [[] for _ in rows]
    with evaluating(model), torch_threads(threads), torch.inference_mode():
        for i in range(runs + 2):
            watch = _Watch(clock)
            with watch:
                model(x)
            if i >= 2:  # the first two warm up
                for milliseconds, seconds in zip(times, _match(rows, watch.calls), strict=True):
                    milliseconds.append(1e3 * seconds)
    return [LayerTime(row, median(milliseconds)) for row, milliseconds in zip(rows, times, strict=True)]


class _Watch(TorchFunctionMode):
    """Notes name, output shape and seconds of every call to torch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self.clock = clock
        self.calls: list[tuple[str, tuple[int, ...] | None, float]] = []

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        start = self.clock()
        out = func(*args, **(kwargs or {}))
        seconds = self.clock() - start
        first = out[0] if isinstance(out, (tuple, list)) and out else out
        shape = tuple(first.shape) if isinstance(first, Tensor) else None
        self.calls.append((operation(func).name, shape, seconds))
        return out


def _match(rows: Sequence[Row], calls: Sequence[tuple[str, tuple[int, ...] | None, float]]) -> list[float]:
    """Seconds of the call behind each row. The calls include views and questions about shapes, which have no row."""
    seconds, left = [], iter(calls)
    for row in rows:
        for name, shape, took in left:
            if name == row.op and shape == row.out_shape:
                seconds.append(took)
                break
        else:
            raise ValueError(
                f"{row.name or 'the model'}: no call of {row.op} with an output of shape {row.out_shape} came when the "
                "model ran; its forward must do the same each time"
            )
    return seconds
