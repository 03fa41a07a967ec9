"""Many trainings side by side, on this machine's cores or on a Dask cluster; what is finished stays finished."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, astuple, dataclass, field, fields
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from ..common.errors import check_count, check_positive, unknown_name
from ..common.files import data_folder, write_whole
from ..common.machine import usable_cores
from ..common.torch_state import seeded, torch_threads
from ..models.small_net import SmallNet
from ..notebook.progress import progress_bar
from .data import NAMES, Dataset, load_dataset
from .loop import Epoch, TrainResult, train

VERSION = 1  # of the recipe and of the files; raise it when a config would no longer give the result it gave
TIMEOUT = 30  # seconds to wait for a scheduler, and for its first worker


class SweepError(RuntimeError):
    """Some runs of a sweep failed, or the cluster cannot be used; every finished run is on disk."""


@dataclass(frozen=True)
class Config:
    """One training: a ``SmallNet``, a data set, a seed. Two configs that differ only in ``name`` are the same run.

    Attributes:
        width, depth, residual: of the ``SmallNet``.
        seed: of the start weights, of the order of the pictures.
        epochs, batch_size, lr: as ``train`` takes them.
        dataset, max_train, max_test: as ``load_dataset`` takes them; the split is the same in every run.
        name: what to call the shape, e.g. ``"wide"``.
    """

    width: int
    depth: int
    seed: int = 0
    epochs: int = 12
    dataset: str = "digits"
    residual: bool = True
    batch_size: int = 64
    lr: float = 0.01
    max_train: int | None = None
    max_test: int | None = None
    name: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        check_count(width=self.width, depth=self.depth, epochs=self.epochs, batch_size=self.batch_size)
        check_positive(lr=self.lr)
        if isinstance(self.seed, bool) or not isinstance(self.seed, int):
            raise ValueError(f"seed must be a whole number, got {self.seed!r}")
        if self.dataset not in NAMES:
            raise unknown_name("data set", self.dataset, NAMES)

    @property
    def file_name(self) -> str:
        """Where the result is kept: readable, and different for different contents."""
        digest = sha256(json.dumps(_content(self), sort_keys=True).encode()).hexdigest()[:16]
        return f"{self.dataset}-width{self.width}-depth{self.depth}-seed{self.seed}-{digest}.json"


@dataclass(frozen=True)
class Run:
    """A finished training and how it was made."""

    config: Config
    result: TrainResult

    @property
    def test_accuracy(self) -> float:
        """Accuracy on the pictures held out, after the last epoch (0 to 1)."""
        return self.result.test_accuracy


def sweep(
    configs: Iterable[Config | Mapping[str, Any]],
    scheduler: str | None = None,
    out: str | Path | None = None,
    jobs: int | None = None,
    progress: bool = True,
) -> list[Run]:
    """Train every config, several at a time, and return the runs in the order of ``configs``.

    Each run has a torch thread and a random state of its own, so that where it runs changes nothing. As soon as
    one is finished, its result is written into ``out``, a file a run; a run whose file is there is not trained again.
    So a sweep that was interrupted goes on where it stood when it is started again.

    Args:
        configs: ``Config`` objects, or mappings with their values.
        scheduler: address of a Dask scheduler, such as ``"tcp://10.0.0.5:8786"``, whose workers then do the work;
            they need effcourse and torch in the same versions. None: processes on this machine.
        out: folder of the results; by default ``sweeps`` in the course's data folder.
        jobs: processes on this machine at a time; by default one for each core at hand. 1: in this process.
        progress: a progress bar.

    Raises:
        ValueError: no configs, two of the same content, a value that makes no sense, or ``out`` is a file.
        DatasetError: a data set cannot be had.
        ImportError: ``scheduler`` is given and dask.distributed is not installed.
        SweepError: no scheduler or no worker at the address, or runs failed. The others were finished first.

    Warns:
        UserWarning: a result's file cannot be used, and its run is done again.
    """
    wanted = [_as_config(config) for config in configs]
    _check_different(wanted)
    if jobs is not None:
        check_count(jobs=jobs)
    folder = Path(out) if out is not None else data_folder() / "sweeps"
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"out must be a folder, {folder} is a file")
    folder.mkdir(parents=True, exist_ok=True)
    runs: dict[Config, Run] = {}
    for config in wanted:
        if run := _read(folder, config):
            runs[config] = run
    todo = [config for config in wanted if config not in runs]
    for name in [] if scheduler else {config.dataset for config in todo}:
        load_dataset(name, progress=progress)  # downloaded once if at all, and an error before any process starts
    failures: list[tuple[Config, Exception]] = []
    with ExitStack() as stack:
        bar = stack.enter_context(progress_bar(len(wanted), "sweep", "run", len(runs), progress))
        if todo:
            finished = stack.enter_context(_on_cluster(todo, scheduler) if scheduler else _on_this_machine(todo, jobs))
            for config, outcome in finished:
                if isinstance(outcome, Exception):
                    failures.append((config, outcome))
                    continue
                runs[config] = Run(config, outcome)
                _write(folder, runs[config])
                bar.update()
    if failures:
        config, error = failures[0]
        raise SweepError(
            f"{len(failures)} of {len(wanted)} runs failed, the first at {config}: {type(error).__name__}: {error}. "
            f"The other {len(runs)} are kept in {folder}; mend the cause and start the same sweep again to go on"
        ) from error
    return [Run(config, runs[config].result) for config in wanted]


_one_at_a_time = threading.Lock()  # torch's random state belongs to the process, and a Dask worker may have threads


def run_one(config: Config) -> TrainResult:
    """Train one config, here and now, with one torch thread."""
    with _one_at_a_time, torch_threads(1):
        dataset = _dataset(config.dataset, config.max_train, config.max_test)
        with seeded(config.seed):
            model = SmallNet(config.width, config.depth, dataset.num_classes, dataset.input_size, config.residual)
            return train(model, dataset, config.epochs, config.batch_size, config.lr, seed=config.seed, progress=False)


Finished = Iterator[tuple[Config, "TrainResult | Exception"]]


def _outcome(config: Config) -> tuple[Config, TrainResult | Exception]:
    """A failed run must not stop the others."""
    try:
        return config, run_one(config)
    except Exception as error:
        return config, error


@contextmanager
def _on_this_machine(configs: Sequence[Config], jobs: int | None) -> Iterator[Finished]:
    jobs = min(jobs or usable_cores(), len(configs))
    if jobs == 1:
        yield map(_outcome, configs)
        return
    context = multiprocessing.get_context("spawn")  # a fork would inherit locks of torch's threads
    reader, writer = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(jobs, context, initializer=_leave_with, initargs=(reader,))
    try:
        yield _each_as_it_ends(pool, configs)
    except BaseException:
        writer.close()  # the processes are in the middle of a run that nobody waits for
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()
    writer.close()


def _each_as_it_ends(pool: ProcessPoolExecutor, configs: Sequence[Config]) -> Finished:
    try:
        for future in as_completed([pool.submit(_outcome, config) for config in configs]):
            yield future.result()
    except BrokenProcessPool as error:
        raise SweepError(
            "the processes of the sweep were killed, perhaps for want of memory, or could not start: a script must "
            'call sweep under `if __name__ == "__main__":`. What was finished is kept; start the sweep again to go on'
        ) from error


def _leave_with(reader: Any) -> None:
    """In a process of the sweep: end as soon as the other end of the pipe is closed, or its owner was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Jupyter interrupts the whole group; the owner decides

    def wait() -> None:
        with suppress(EOFError, OSError):
            reader.recv()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def _on_cluster(configs: Sequence[Config], scheduler: str) -> Iterator[Finished]:
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError(
            "a sweep on a cluster needs dask.distributed: pip install dask distributed "
            "(without scheduler= the sweep runs on this machine)"
        ) from error
    try:
        client = Client(scheduler, timeout=TIMEOUT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise SweepError(
            f"no Dask scheduler answers at {scheduler!r} ({error}). Start one with `dask scheduler`, which prints its "
            "address, such as tcp://10.0.0.5:8786, and workers with `dask worker ADDRESS --nthreads 1`"
        ) from error
    with client:
        _check_workers(client, scheduler)
        yield _as_completed(client, configs)


def _check_workers(client: Any, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=TIMEOUT)
        theirs = client.run(versions)
    except (TimeoutError, asyncio.TimeoutError) as error:  # two classes before Python 3.11
        raise SweepError(
            f"the scheduler {scheduler} has no workers; start some with `dask worker {scheduler} --nthreads 1`"
        ) from error
    except Exception as error:  # whatever a worker raises when it cannot import this module
        raise SweepError(
            f"a worker cannot run effcourse ({type(error).__name__}: {error}); install the same version everywhere"
        ) from error
    for worker, found in theirs.items():
        if found != versions():
            raise SweepError(
                f"worker {worker} has {found} and this computer {versions()}; results would not be comparable. "
                "Install the same versions everywhere"
            )


def versions() -> dict[str, str]:
    """What must be the same wherever runs are to be compared: torch with or without CUDA is the same on a CPU."""
    from .. import __version__

    return {"effcourse": __version__, "torch": torch.__version__.split("+")[0], "recipe": str(VERSION)}


def _as_completed(client: Any, configs: Sequence[Config]) -> Finished:
    from distributed import as_completed as completed

    futures = dict(zip(client.map(_outcome, configs, pure=False, retries=2), configs, strict=True))
    for future in completed(futures, loop=client.loop):
        error = future.exception()  # a worker was lost again and again
        yield (futures[future], error) if error else future.result()


def _as_config(config: Config | Mapping[str, Any]) -> Config:
    if isinstance(config, Config):
        return config
    if not isinstance(config, Mapping):
        raise ValueError(f"a config must be a Config or a mapping such as {{'width': 16, 'depth': 2}}, got {config!r}")
    known = [f.name for f in fields(Config)]
    for key in config:
        if key not in known:
            raise unknown_name("value of a config", key, known)
    for key in ("width", "depth"):
        if key not in config:
            raise ValueError(f"a config needs {key}, got {dict(config)!r}")
    return Config(**config)


def _check_different(configs: Sequence[Config]) -> None:
    if not configs:
        raise ValueError("a sweep needs at least one config, got none")
    seen: set[Config] = set()
    for config in configs:
        if config in seen:
            raise ValueError(f"two configs are the same run: {config}; give them different seeds, or leave one out")
        seen.add(config)


def _content(config: Config) -> dict[str, Any]:
    return {key: value for key, value in asdict(config).items() if key != "name"}


def _write(folder: Path, run: Run) -> None:
    """Whole or not at all: the file gets its name when it is complete."""
    content = {
        **versions(),
        "config": _content(run.config),
        "test_images": run.result.test_images,
        "rows": [asdict(row) for row in run.result.rows],
    }
    write_whole(folder / run.config.file_name, json.dumps(content, indent=1))


def _read(folder: Path, config: Config) -> Run | None:
    path = folder / config.file_name
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Run(config, _check(content, config))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        warnings.warn(f"{path} cannot be used ({error}); that run is done again", stacklevel=3)
        return None


def _check(content: dict[str, Any], config: Config) -> TrainResult:
    for key, value in versions().items():
        if content[key] != value:
            raise ValueError(f"out of date: {key} was {content[key]} and is {value}")
    if content["config"] != _content(config):
        raise ValueError("it is of another config")
    rows = tuple(Epoch(**row) for row in content["rows"])
    if [row.epoch for row in rows] != list(range(1, config.epochs + 1)):
        raise ValueError(f"it has not the {config.epochs} epochs of its config")
    numbers = [content["test_images"], *(value for row in rows for value in astuple(row))]
    if not all(isinstance(n, (int, float)) for n in numbers):
        raise ValueError("not all of its values are numbers")
    return TrainResult(rows, content["test_images"])


@lru_cache(maxsize=4)
def _dataset(name: str, max_train: int | None, max_test: int | None) -> Dataset:
    return load_dataset(name, max_train=max_train, max_test=max_test, progress=False)
