"""How long networks take on this machine, in turns, so that a slow moment hits all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..common.errors import check_count, check_positive
from ..common.machine import processor
from ..common.numbers import plural
from ..common.torch_state import evaluating, torch_threads
from ..cost.inputs import input_shape
from .runtimes import RUNTIMES, Prepared, check_runtime, prepare
from .timing import stopwatch

RUNS = 30
MIN_RUNS = 5  # within a time budget too: below that, a median says little
WARM_UP = 2  # unmeasured rounds, besides the unmeasured run before each measured one


@dataclass(frozen=True)
class Conditions:
    """Under which a latency holds; another machine, layout or version gives another one."""

    device: str  # "cpu", "cuda:0"
    processor: str  # model name of the CPU, or of the GPU if the network ran there
    threads: int
    layout: str  # order in which the weights' numbers lie in memory
    software: str  # torch or the runtime, with its version
    torch: str

    def __str__(self) -> str:
        return f"{self.processor}, {plural(self.threads, 'thread')}, {self.layout}, {self.software}"


class Ratio(NamedTuple):
    """One latency divided by another: lower quartile, median and upper quartile of the rounds."""

    low: float
    median: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True)
class Latency:
    """Milliseconds that a forward took, run by run. Made by ``measure_latency`` and ``compare_latency``.

    Attributes:
        model: the name under which it was measured.
        runtime: one of ``RUNTIMES``.
        input_shape: with the batch.
        times_ms: one number a measured run, in the order in which they ran.
        conditions: what the numbers depend on.
    """

    model: str
    runtime: str
    batch: int
    threads: int
    input_shape: tuple[int, ...]
    times_ms: tuple[float, ...] = field(repr=False)
    conditions: Conditions

    @property
    def runs(self) -> int:
        """Measured runs."""
        return len(self.times_ms)

    @property
    def median_ms(self) -> float:
        """Half of the runs took less. A few slow runs do not move it, as they would the mean."""
        return median(self.times_ms)

    @property
    def iqr_ms(self) -> float:
        """Width of the middle half of the runs."""
        return self._quantile(0.75) - self._quantile(0.25)

    @property
    def low_ms(self) -> float:
        """5 % of the runs took less: the lower end of the stated spread."""
        return self._quantile(0.05)

    @property
    def high_ms(self) -> float:
        """5 % of the runs took more: the upper end of the stated spread."""
        return self._quantile(0.95)

    def agrees_with(self, other: Latency) -> bool:
        """Whether one of the two medians lies within the stated spread (``low_ms`` to ``high_ms``) of the other."""
        return other.low_ms <= self.median_ms <= other.high_ms or self.low_ms <= other.median_ms <= self.high_ms

    def relative_to(self, other: Latency) -> Ratio:
        """How many times ``other``'s latency it is, round by round: both were measured in the same comparison.

        Raises:
            ValueError: they were not; other conditions would pass for a difference between networks.
        """
        if self.runs != other.runs or self.conditions.processor != other.conditions.processor:
            raise ValueError(
                f"{self.model} ({self.runs} runs) and {other.model} ({other.runs} runs) were not measured in turns; "
                "measure both in one compare_latency"
            )
        ratios = torch.tensor(self.times_ms, dtype=torch.float64) / torch.tensor(other.times_ms, dtype=torch.float64)
        low, middle, high = ratios.quantile(torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)).tolist()
        return Ratio(low, middle, high)

    def __str__(self) -> str:
        return (
            f"{self.model}, {self.runtime}: {self.median_ms:.2f} ms ({self.low_ms:.2f} to {self.high_ms:.2f} in 90 % "
            f"of {self.runs} runs), batch {self.batch}, {self.conditions}"
        )

    def _quantile(self, q: float) -> float:
        return float(torch.tensor(self.times_ms, dtype=torch.float64).quantile(q))


def measure_latency(
    model: nn.Module,
    input_size: int | Sequence[int] | None = None,
    batch: int = 1,
    threads: int = 1,
    runtime: str = "eager",
    runs: int | None = None,
    seconds: float | None = None,
    progress: bool = False,
) -> Latency:
    """How long one forward of ``model`` takes at inference, on the device where it is.

    The wall clock is ``torch.utils.benchmark``'s, which waits for a GPU to finish. Each measured run follows an
    unmeasured one. The model is as before afterwards: its mode, its memory layout, and torch's number of threads.

    Args:
        model: takes one tensor and returns one, or a tuple of them.
        input_size: pixels of a square RGB image, or a whole shape without the batch; by default the model's own.
        batch: images a forward.
        threads: threads that one operation may use.
        runtime: "eager"; "channels_last" (a copy in the other memory layout); "bn_folded" (a copy whose batch norms
            are folded into the convolutions); "onnxruntime" (exported; on the CPU; extra ``deploy``).
        runs: measured runs, 30 by default.
        seconds: instead of ``runs``, a time budget: as many runs as fit, and at least 5.
        progress: show a bar.

    Raises:
        ValueError: an unknown runtime, a number below 1, an input the model cannot take, or a runtime whose outputs
            differ from eager's by more than 1e-4 of the largest.
        ImportError: onnxruntime is not installed.
    """
    name = type(model).__name__
    return compare_latency({name: model}, input_size, batch, threads, runtime, runs, seconds, progress)[0]


def compare_latency(
    models: Mapping[str, nn.Module],
    input_size: int | Sequence[int] | None = None,
    batch: int = 1,
    threads: int = 1,
    runtimes: str | Iterable[str] = ("eager",),
    runs: int | None = None,
    seconds: float | None = None,
    progress: bool = False,
) -> list[Latency]:
    """Several networks, each in each runtime, measured in turns: one run of everything, then the next round.

    A machine slows down and speeds up, by heat and by its other work; in turns, that hits all alike.

    Args:
        models: name -> network.
        input_size: one for all; by default each network's own.
        batch: images a forward.
        threads: threads that one operation may use.
        runtimes: one or several of ``RUNTIMES``.
        runs: measured runs of each network in each runtime, 30 by default.
        seconds: instead of ``runs``, a time budget for each network in each runtime.
        progress: show a bar.

    Returns:
        A ``Latency`` for each network and runtime, the runtimes of the first network first. ``a.relative_to(b)``
        compares two of them round by round.

    Raises:
        ValueError, ImportError: as ``measure_latency``.
    """
    if not isinstance(runtimes, Iterable):
        raise ValueError(f"runtimes must be a name or several of {', '.join(RUNTIMES)}, got {runtimes!r}")
    names = [runtimes] if isinstance(runtimes, str) else list(runtimes)
    _check(models, names, batch, threads, runs, seconds)
    tasks = [(name, model, runtime) for name, model in models.items() for runtime in names]
    inputs = {name: example_input(model, input_size, batch) for name, model in models.items()}
    most = (runs or RUNS) if seconds is None else None
    with ExitStack() as stack:
        stack.enter_context(evaluating(*models.values()))
        stack.enter_context(torch_threads(threads))
        bar = stack.enter_context(_bar(progress, len(tasks), most))
        prepared = []
        for name, model, runtime in tasks:
            bar.set_description(f"preparing {name}, {runtime}")
            prepared.append(prepare(runtime, model, inputs[name], threads))
            bar.update()
        bar.set_description("measuring")
        budget = None if seconds is None else seconds * len(tasks)
        times = _in_turns([p.run for p in prepared], threads, most, budget, bar.update)
    return [
        Latency(
            name,
            runtime,
            batch,
            threads,
            tuple(inputs[name].shape),
            tuple(milliseconds),
            _conditions(inputs[name].device, threads, ready),
        )
        for (name, _, runtime), ready, milliseconds in zip(tasks, prepared, times, strict=True)
    ]


def _in_turns(
    tasks: Sequence[Callable[[], Any]],
    threads: int,
    runs: int | None,
    budget: float | None,
    after_round: Callable[[], Any],
) -> list[list[float]]:
    """Milliseconds of each task: ``runs`` rounds, or as many as ``budget`` seconds allow."""
    turns = [stopwatch(task, threads) for task in tasks]
    times: list[list[float]] = [[] for _ in tasks]
    with torch.inference_mode():
        for _ in range(WARM_UP):
            for turn in turns:
                turn()
        start = time.perf_counter()
        while len(times[0]) != runs:
            for turn, milliseconds in zip(turns, times, strict=True):
                milliseconds.append(1e3 * turn())
            after_round()
            if budget is not None and len(times[0]) >= MIN_RUNS and time.perf_counter() - start >= budget:
                break
    return times


def _check(
    models: Mapping[str, nn.Module],
    runtimes: Sequence[str],
    batch: int,
    threads: int,
    runs: int | None,
    seconds: float | None,
) -> None:
    if not isinstance(models, Mapping) or not models:
        raise ValueError(f'models must be a dict of at least one name and network, {{"mine": model}}, got {models!r}')
    for name, model in models.items():
        if not isinstance(model, nn.Module):
            hint = "create one first: MyModel()" if isinstance(model, type) else "wrap functions in an nn.Module"
            raise ValueError(f"{name}: a latency is measured of an nn.Module, got {model!r}; {hint}")
    check_count(batch=batch, threads=threads)
    if runs is not None and seconds is not None:
        raise ValueError(f"give runs or a time budget, not both; got runs={runs} and seconds={seconds}")
    if runs is not None:
        check_count(runs=runs)
    if seconds is not None:
        check_positive(seconds=seconds)
    if not runtimes:
        raise ValueError("runtimes must name at least one runtime, got none")
    for runtime in runtimes:
        check_runtime(runtime)
    if len(set(runtimes)) < len(runtimes):
        raise ValueError(f"runtimes must differ, got {list(runtimes)}")


def example_input(model: nn.Module, input_size: int | Sequence[int] | None, batch: int) -> Tensor:
    """Numbers from a generator of its own: the global one stays where it was."""
    first = next(model.parameters(), torch.empty(0))
    shape = (batch, *input_shape(model, input_size))
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    return x.to(first.device, first.dtype if first.is_floating_point() else None)


def _conditions(device: torch.device, threads: int, ready: Prepared) -> Conditions:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else processor()
    return Conditions(str(device), name, threads, ready.layout, ready.software, str(torch.__version__))


def _bar(progress: bool, tasks: int, runs: int | None) -> Any:
    from tqdm.auto import tqdm

    return tqdm(total=None if runs is None else tasks + runs, disable=not progress, leave=False)
