"""What this machine can do at best, and which of its two limits each layer meets first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..common.errors import check_count, check_positive
from ..common.machine import processor
from ..common.torch_state import torch_threads
from ..cost.report import CostReport
from ..cost.row import Row
from .layers import LayerTime
from .timing import stopwatch

MATRIX = 1024  # rows and columns: large enough that arithmetic dwarfs memory, small enough to take milliseconds
COPY_BYTES = 2**26  # source and destination of this size exceed most caches together; larger where the cache is
MOST_COPY_BYTES = 2**28
IN_CACHE_BYTES = 2**18  # source and destination fit in a core's own cache (L2) of 1 MiB


@dataclass(frozen=True)
class MachineLimits:
    """The two ceilings of the roofline (S. Williams, A. Waterman, D. Patterson, CACM 52(4), 2009).

    Attributes:
        peak_gflops: billions of float32 operations a second (a multiply-accumulate is 2) in the best run of a product
            of two matrices.
        bandwidth_gb_s: billions of bytes read plus bytes written a second in the best run of a copy in main memory.
            (Memory may move half as much again: most processors fetch what they are about to overwrite.)
        cache_gb_s: the same for a copy that stays in the processor's cache.
    """

    peak_gflops: float
    bandwidth_gb_s: float
    cache_gb_s: float
    threads: int
    processor: str
    copy_bytes: int  # of the large copy, source and destination together

    @property
    def ridge(self) -> float:
        """FLOP a byte at which the slope of the memory meets the ceiling of the arithmetic."""
        return self.peak_gflops / self.bandwidth_gb_s

    def attainable_gflops(self, intensity: float) -> float:
        """The roof above an arithmetic intensity (FLOP a byte) when all numbers come from main memory."""
        return min(self.peak_gflops, intensity * self.bandwidth_gb_s)

    def __str__(self) -> str:
        return (
            f"{self.processor}, {self.threads} thread{'s' * (self.threads > 1)}: {self.peak_gflops:.0f} GFLOP/s, "
            f"{self.bandwidth_gb_s:.1f} GB/s from memory, {self.cache_gb_s:.0f} GB/s within the cache, "
            f"ridge at {self.ridge:.1f} FLOP a byte"
        )


@dataclass(frozen=True)
class RooflineRow:
    """One operation below the roof."""

    name: str
    op: str
    kind: str  # "dense", "depthwise", "linear" and so on, as ``Row`` has it
    macs: int  # of the whole batch, as are the bytes
    bytes_moved: int
    intensity: float  # FLOP (2 a MAC) for each byte moved
    attainable_gflops: float
    bound: str  # "compute" or "memory"
    floor_ms: float  # no run can be faster if the numbers come from main memory
    ms: float | None = None  # measured
    gflops: float | None = None  # achieved


def machine_limits(threads: int = 1, runs: int = 20) -> MachineLimits:
    """Measure the processor's peak and its bandwidth, in a few seconds; the best of ``runs`` each.

    Other programs, heat and a virtual machine's neighbours lower both.

    Raises:
        ValueError: ``threads`` or ``runs`` below 1.
    """
    check_count(threads=threads, runs=runs)
    a, b = torch.ones(MATRIX, MATRIX), torch.ones(MATRIX, MATRIX)
    product = torch.empty(MATRIX, MATRIX)
    nbytes = min(max(COPY_BYTES, _last_level_cache_bytes()), MOST_COPY_BYTES)
    with torch_threads(threads), torch.inference_mode():
        matrix_s = _best(lambda: torch.mm(a, b, out=product), threads, runs)
        memory_s = _best(_copy(nbytes), threads, runs)
        cache_s = _best(_copy(IN_CACHE_BYTES), threads, 100 * runs)
    return MachineLimits(
        peak_gflops=2 * MATRIX**3 / matrix_s / 1e9,
        bandwidth_gb_s=2 * nbytes / memory_s / 1e9,
        cache_gb_s=2 * IN_CACHE_BYTES / cache_s / 1e9,
        threads=threads,
        processor=processor(),
        copy_bytes=2 * nbytes,
    )


def roofline(
    report: CostReport, limits: MachineLimits, times: Sequence[LayerTime] | None = None, batch: int = 1
) -> list[RooflineRow]:
    """A row for each operation of ``report``: its arithmetic intensity, and which of the machine's limits binds it.

    Operations without MACs (batch norm, activations, additions) have intensity 0: nothing but memory bounds them.
    A layer reads its weights once for the whole batch, so that the intensity grows with the batch.

    Args:
        report: ``trace(model)``.
        limits: ``machine_limits()``.
        times: ``measure_layers(model)`` of the same network at the same input size, to see what was achieved.
        batch: images a forward; 1 if there are ``times``.

    Raises:
        ValueError: ``times`` belong to other operations than ``report``, or to another batch.
    """
    check_count(batch=batch)
    check_positive(peak_gflops=limits.peak_gflops, bandwidth_gb_s=limits.bandwidth_gb_s)
    rows = [row for row in report.rows if row.in_shape is not None]
    if times is not None and [time.row for time in times] != rows:
        raise ValueError(
            f"the {len(times)} times belong to other operations than the {len(rows)} of {report.name} at input "
            f"{report.input_shape}; measure the same model at the same input_size"
        )
    if times is not None and batch != 1:
        raise ValueError(f"layers are timed with one image, so times go with batch=1, got batch={batch}")
    lines = []
    for i, row in enumerate(rows):
        weights = _weight_bytes(row)
        macs, nbytes = batch * row.macs, batch * (row.bytes_moved - weights) + weights
        intensity = 2 * macs / nbytes
        compute_s = 2 * macs / limits.peak_gflops / 1e9
        memory_s = nbytes / limits.bandwidth_gb_s / 1e9
        lines.append(
            RooflineRow(
                name=row.name,
                op=row.op,
                kind=row.kind,
                macs=macs,
                bytes_moved=nbytes,
                intensity=intensity,
                attainable_gflops=limits.attainable_gflops(intensity),
                bound="compute" if intensity >= limits.ridge else "memory",
                floor_ms=1e3 * max(compute_s, memory_s),
                ms=times[i].ms if times else None,
                gflops=times[i].gflops if times else None,
            )
        )
    return lines


def _weight_bytes(row: Row) -> int:
    """Bytes of the weights that a convolution or linear layer reads, its bias included."""
    if not row.macs or not row.params or row.in_shape is None:
        return 0
    return row.bytes_moved * row.params // (math.prod(row.in_shape) + row.params + row.activations)


def _best(run: Callable[[], Any], threads: int, runs: int) -> float:
    turn = stopwatch(run, threads)
    return min(turn() for _ in range(runs))


def _copy(nbytes: int) -> Callable[[], Any]:
    source = torch.ones(nbytes // 4)
    target = torch.zeros(nbytes // 4)
    return lambda: target.copy_(source)


def _last_level_cache_bytes() -> int:
    """Where Linux says it; 0 elsewhere."""
    units = {"K": 2**10, "M": 2**20, "G": 2**30}
    sizes = [0]
    for file in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = file.read_text().strip()
        sizes.append(int(text[:-1]) * units[text[-1]] if text[-1] in units else int(text))
    return max(sizes)
