"""The clock: torch's own, ``torch.utils.benchmark``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import Any


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
