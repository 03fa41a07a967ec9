"""How tests run side by side: one torch thread each, a file on one worker, long files of exercises spread."""

import os
import re
from typing import Any

import pytest

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported, here and in the kernels of notebooks


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """`pytest -n 2` must not split a notebook between two kernels, as xdist would by default."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "loadfile"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file is a worker's unit; in a file whose tests go through the exercises, each exercise is one."""
    if config.option.dist != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByFileOrExercise(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            exercise = re.match(r"\w+\[(\d\d_\w+)", test)
            return f"{file}[{exercise[1]}]" if exercise else file

    return ByFileOrExercise(config, log)
