"""The clock, torch's own (``torch.utils.benchmark``), and what it needs: a model at rest and the machine's name."""

from __future__ import annotations

import logging
import platform
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn


@lru_cache(maxsize=1)
def benchmark() -> ModuleType:
    """``torch.utils.benchmark``. Its import looks for a CUDA compiler and warns where it finds one without a GPU."""
    logger = logging.getLogger("torch.utils.cpp_extension")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        import torch.utils.benchmark as module
    finally:
        logger.setLevel(level)
    return module


def stopwatch(run: Callable[[], Any], threads: int) -> Callable[[], float]:
    """A function that runs ``run`` once unmeasured, once measured, and returns the seconds.

    The unmeasured run comes first each time: whoever ran before left its own data in the caches.
    """
    timer = benchmark().Timer("run()", globals={"run": run}, num_threads=threads)
    return lambda: timer.blocked_autorange(min_run_time=1e-9).median  # so short: one warm-up and one run


@contextmanager
def evaluating(models: Iterable[nn.Module]) -> Iterator[None]:
    """Every model in eval mode; afterwards each of its modules is in the mode it was in."""
    modes = [(module, module.training) for model in models for module in model.modules()]
    try:
        for module, _ in modes:
            module.training = False
        yield
    finally:
        for module, training in modes:
            module.training = training


@lru_cache(maxsize=1)
def processor() -> str:
    """The CPU's model name."""
    try:
        if platform.system() == "Darwin":
            command = ["sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.lower().startswith("model name"):
                return line.split(":", 1)[1].strip()
    except (OSError, subprocess.CalledProcessError):
        pass  # Windows
    return platform.processor() or platform.machine()
