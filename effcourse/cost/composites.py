"""Operations that torch itself takes apart into products, such as ``einsum``: counted part by part.

torch runs them on its meta device, where nothing is computed, and ``CountProducts`` watches which products of
matrices and which convolutions they become.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from .row import Layer

COMPOSITES = {
    **dict.fromkeys(
        "einsum tensordot inner chain_matmul linalg_multi_dot linalg_vecdot matrix_power linalg_matrix_power "
        "addmm addbmm baddbmm addmv affine_grid affine_grid_generator cov corrcoef".split(),
        Layer(kind="product"),
    ),
    "multi_head_attention_forward": Layer(kind="attention"),
}

_aten: Any = torch.ops.aten


def _matrices(a: Any, b: Any, *args: Any, **kwargs: Any) -> int:  # (..., rows, inner), (..., inner, columns)
    return math.prod(a.shape) * b.shape[-1]


def _vector(a: Any, v: Any, *args: Any, **kwargs: Any) -> int:  # (..., inner), (inner)
    return math.prod(a.shape)


# the product's arguments -> its MACs
_PRODUCTS: dict[Any, Callable[..., int]] = {
    _aten.mm: _matrices,
    _aten.bmm: _matrices,
    _aten.addmm: lambda bias, *args, **kwargs: _matrices(*args),
    _aten.baddbmm: lambda bias, *args, **kwargs: _matrices(*args),
    _aten.addbmm: lambda bias, *args, **kwargs: _matrices(*args),
    _aten.mv: _vector,
    _aten.dot: _vector,
    _aten.vdot: _vector,
    _aten.addmv: lambda bias, *args, **kwargs: _vector(*args),
}


class CountProducts(TorchDispatchMode):
    """Adds up the MACs of what reaches torch's kernels while it is on."""

    def __init__(self) -> None:
        super().__init__()
        self.macs = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        count = _PRODUCTS.get(func.overloadpacket)
        if count:
            self.macs += count(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))
