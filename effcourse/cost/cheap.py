"""The shapes of the commonest free operations, by our own rules: torch's meta device takes ten times longer and more.

A rule takes the operation's arguments and returns the output, a meta tensor; or None where the case is not the common
one, which is then torch's to decide.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from itertools import accumulate
from operator import mul
from typing import Any

import torch
from torch import Tensor

from .formulas import per_axis
from .handlers import broadcast
from .row import Shape

META = torch.device("meta")


def empty(shape: Shape, dtype: torch.dtype) -> Tensor:
    """A tensor that has a shape and no numbers."""
    return torch.empty_strided(shape, _strides(shape), dtype=dtype, device=META)  # in half the time of torch.empty


@lru_cache(maxsize=4096)
def _strides(shape: Shape) -> Shape:
    """Of a tensor of that shape without gaps, its last axis the innermost."""
    steps = accumulate(map(partial(max, 1), reversed(shape[1:])), mul, initial=1)
    return tuple(steps)[::-1] if shape else ()


def on_meta(x: Tensor) -> Tensor:
    """The same tensor without its numbers."""
    return x if x.is_meta else torch.empty_strided(x.shape, x.stride(), dtype=x.dtype, device=META)


def like(x: Tensor) -> Tensor | None:
    """Another tensor of x's shape, dtype and order in memory; None if x has gaps or overlaps."""
    if not x.is_contiguous() and x.untyped_storage().nbytes() != x.nbytes:
        return None
    return x.clone() if x.is_meta else on_meta(x)


def _each_number(input: Tensor, *args: Any, out: Any = None, **kwargs: Any) -> Tensor | None:
    """relu, gelu, sigmoid: an output like the input."""
    return like(input) if input.is_floating_point() and out is None else None


def _softmax(input: Tensor, dim: Any = None, *args: Any, dtype: Any = None, **kwargs: Any) -> Tensor | None:
    ndim = max(input.dim(), 1)
    if isinstance(dim, int) and not -ndim <= dim < ndim:
        raise IndexError(f"there is no dimension {dim} in a tensor of shape {tuple(input.shape)}")
    simple = input.is_floating_point() and dtype is None and dim is not None
    return like(input) if simple else None


def _norm(
    input: Tensor, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    *args: Any, **kwargs: Any
) -> Tensor | None:  # fmt: skip
    if input.dim() < 2:
        return None
    channels = input.size(1)
    for t in (running_mean, running_var, weight, bias):
        if t is not None and t.size(0) != channels:
            raise ValueError(f"expected {t.size(0)} channels, got {channels}")
    return like(input)


def _layer_norm(
    input: Tensor, normalized_shape: Any, weight: Any = None, bias: Any = None, *args: Any, **kwargs: Any
) -> Tensor | None:
    sizes = tuple(normalized_shape)
    if tuple(input.shape[-len(sizes) :]) != sizes:
        raise ValueError(f"expected {sizes} as last dimensions, got {tuple(input.shape)}")
    if any(t is not None and tuple(t.shape) != sizes for t in (weight, bias)):
        return None
    return like(input)


def _arithmetic(input: Any, other: Any, **kwargs: Any) -> Tensor | None:
    """add, sub, mul, div of floating-point tensors of one dtype, or of one and a number."""
    if kwargs:
        return None
    if type(input) is type(other) is Tensor and input.shape == other.shape and input.dtype is other.dtype:
        return like(input) if input.is_floating_point() else None
    if not isinstance(input, Tensor):  # 2 * x
        input, other = other, input
    if not input.is_floating_point():
        return None
    if isinstance(other, Tensor):
        if other.dtype != input.dtype:
            return None
        a, b = input.shape, other.shape
        if a == b:
            return like(input)
        shape = broadcast(a, b)
        if shape == a:
            return like(input)
        return like(other) if shape == b else empty(shape, input.dtype)
    return like(input) if type(other) in (int, float) else None


def _adaptive_pool(input: Tensor, output_size: Any) -> Tensor | None:
    *lead, height, width = input.shape
    h, w = per_axis(output_size)
    if len(lead) not in (1, 2) or not input.is_floating_point():
        return None
    return empty((*lead, height if h is None else h, width if w is None else w), input.dtype)


def _cat(tensors: Any, dim: int = 0, **kwargs: Any) -> Tensor | None:
    if kwargs or not isinstance(dim, int):
        return None
    first, *others = shapes = [tuple(t.shape) for t in tensors]
    if (0,) in shapes or not first or any(t.dtype != tensors[0].dtype for t in tensors):
        return None  # an empty tensor of one dimension fits everywhere
    at = dim % len(first) if -len(first) <= dim < len(first) else None
    if at is None:
        return None
    if any(len(s) != len(first) or s[:at] != first[:at] or s[at + 1 :] != first[at + 1 :] for s in others):
        raise ValueError(f"cannot join {', '.join(map(str, shapes))}: they differ elsewhere than in dimension {at}")
    return empty((*first[:at], sum(s[at] for s in shapes), *first[at + 1 :]), tensors[0].dtype)


def _pad(input: Tensor, pad: Any, mode: str = "constant", value: Any = None) -> Tensor | None:
    """Zeros or another constant on any side, none taken away."""
    sides = tuple(pad)
    if mode != "constant" or not input.is_contiguous() or not all(type(n) is int and n >= 0 for n in sides):
        return None
    if len(sides) % 2 or len(sides) > 2 * input.dim():
        return None
    shape = list(input.shape)
    for axis, both in enumerate(zip(sides[::2], sides[1::2], strict=True), start=1):  # of the last axis first
        shape[-axis] += sum(both)
    return empty(tuple(shape), input.dtype)


CHEAP: dict[str, Callable[..., Tensor | None]] = {
    **dict.fromkeys(
        "relu relu6 hardtanh hardswish hardsigmoid silu gelu sigmoid tanh leaky_relu elu mish softplus exp sqrt rsqrt "
        "neg abs square".split(),
        _each_number,
    ),
    **dict.fromkeys(("softmax", "log_softmax"), _softmax),
    **dict.fromkeys(
        "add radd iadd sub isub rsub mul rmul imul div truediv idiv itruediv rdiv rtruediv pow".split(), _arithmetic
    ),
    **dict.fromkeys(("cat", "concat", "concatenate"), _cat),
    "batch_norm": _norm,
    "layer_norm": _layer_norm,
    "adaptive_avg_pool2d": _adaptive_pool,
    "pad": _pad,
}
