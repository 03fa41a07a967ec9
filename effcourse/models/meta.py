"""Networks without numbers: built in no time, to be priced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

FILL = ("normal_", "uniform_", "constant_", "trunc_normal_", "kaiming_normal_", "kaiming_uniform_", "fill_", "zero_")


@contextmanager
def weightless() -> Iterator[None]:
    """Modules made inside have weights with a shape and no numbers (torch's meta device); ``trace`` takes them."""
    with torch.device("meta"), _NoInit():
        yield


class _NoInit(TorchFunctionMode):
    """Filling weights that have no numbers takes two thirds of building a network, and imports torch's compiler."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__name__", "") in FILL:
            tensor = kwargs["tensor"] if "tensor" in kwargs else args[0]  # nn.init names it
            if tensor.is_meta:
                return tensor
        return func(*args, **kwargs)
