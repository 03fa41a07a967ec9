"""torch as it has to be for a moment: models in eval mode, a number of threads, a seed. Afterwards all is as before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def evaluating(*models: nn.Module) -> Iterator[None]:
    """Every model in eval mode; afterwards each of its modules is in the mode it was in.

    ``training`` is set module by module: a model's own ``eval`` may do more than that.
    """
    modes = [(module, module.training) for model in models for module in model.modules()]
    try:
        for module, _ in modes:
            module.training = False
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def torch_modes_restored() -> Iterator[None]:
    """torch's stack of function modes is as high afterwards as before: code that is stopped in the midst may leave one.

    The stack is not part of torch's documented interface; where a torch has none, nothing is restored.
    """
    height = getattr(torch._C, "_len_torch_function_stack", lambda: 0)
    before = height()
    try:
        yield
    finally:
        while height() > before:
            torch._C._pop_torch_function_stack()


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """torch's number of threads for one operation set to ``count``."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """torch's random numbers begin at ``seed``; afterwards they go on where they were."""
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        yield
