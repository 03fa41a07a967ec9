"""torch as it has to be for a moment: models in eval mode, a number of threads, a seed. Afterwards all is as before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.overrides import TorchFunctionMode


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
def in_function_mode(mode: TorchFunctionMode) -> Iterator[None]:
    """``with mode``, and afterwards torch's stack of such modes is what it was before.

    Code that is stopped in its midst may leave a mode there, or take away one too many.
    """
    height = torch._C._len_torch_function_stack  # torch has no other way to ask
    before = [torch._C._get_function_stack_at(i) for i in range(height())]
    mode.__enter__()
    try:
        yield
    finally:
        while height():
            torch._C._pop_torch_function_stack()
        for one in before:
            torch._C._push_on_torch_function_stack(one)


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
