"""Operations whose multiply-accumulates are counted from the shapes of their arguments.

A handler takes the operation's own arguments and returns the output's shape (a tuple of shapes for several outputs)
and the MACs; ours add a ``Layer``. Nothing is computed, so a handler also checks what torch would have checked.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .formulas import conv_out_size, per_axis
from .row import Layer, Shape, convolution

HANDLERS: dict[str, Callable[..., tuple]] = {}


def register_op(*names: str) -> Callable[[Callable], Callable]:
    """Teach ``trace`` an operation: decorate a function that returns its output shape and its MACs.

    ``names`` are torch's, such as ``"conv2d"`` for ``F.conv2d``; an in-place or operator form (``mul_``,
    ``__mul__``) goes by the plain name (``mul``). The function gets the operation's own arguments, of which it may
    use the shapes; the first tensor's dtype is the output's.

    >>> @register_op("cdist")
    ... def cdist(x1, x2, p=2.0, **kwargs):  # (N, P, M), (N, R, M) -> (N, P, R)
    ...     shape = (*x1.shape[:-1], x2.shape[-2])
    ...     return shape, math.prod(shape) * x1.shape[-1]
    """

    def register(handler: Callable) -> Callable:
        HANDLERS.update(dict.fromkeys(names, handler))
        return handler

    return register


# --- convolutions ----------------------------------------------------------------------------------------------------


def _conv(ndim: int) -> Callable:
    def conv(
        input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
    ) -> tuple:
        _check_bias_and_dtype(input, weight, bias, weight.shape[0])
        axes = (_hashable(stride), _hashable(padding), _hashable(dilation))
        return _conv_cost(ndim, tuple(input.shape), tuple(weight.shape), *axes, groups)

    return conv


@lru_cache(maxsize=2**14)  # a slider prices the same layers again and again
def _conv_cost(
    ndim: int, size: Shape, filters: Shape, stride: Any, padding: Any, dilation: Any, groups: int
) -> tuple[Shape, int, Layer]:
    out_channels, group_channels, *kernel = filters  # (C', C / groups, *kernel)
    _check_channels(size, group_channels * groups, ndim)
    if groups < 1 or out_channels % groups:
        raise ValueError(f"groups={groups} must divide the {out_channels} output channels")
    stride = per_axis(stride, ndim)
    if padding == "same":
        if max(stride) > 1:
            raise ValueError("padding='same' needs a stride of 1")
        out = size[-ndim:]
    else:
        padding = 0 if padding == "valid" else padding
        axes = (per_axis(v, ndim) for v in (size[-ndim:], kernel, stride, padding, dilation))
        out = tuple(conv_out_size(*axis) for axis in zip(*axes, strict=True))
    shape = (*size[: -ndim - 1], out_channels, *out)
    macs = math.prod(shape) * math.prod(filters[1:])
    return shape, macs, convolution(tuple(kernel), stride, groups, group_channels * groups)


def _conv_transpose(ndim: int) -> Callable:
    def conv_transpose(
        input: Any,
        weight: Any,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> tuple:
        size, (in_channels, group_channels, *kernel) = tuple(input.shape), weight.shape
        _check_channels(size, in_channels, ndim)
        _check_bias_and_dtype(input, weight, bias, group_channels * groups)
        if groups < 1 or in_channels % groups:
            raise ValueError(f"groups={groups} must divide the {in_channels} input channels")
        axes = [per_axis(v, ndim) for v in (size[-ndim:], kernel, stride, padding, output_padding, dilation)]
        for extra, s, d in zip(axes[4], axes[2], axes[5], strict=True):
            if extra >= max(s, d):
                raise ValueError(f"output_padding {extra} must be smaller than stride {s} or dilation {d}")
        out = tuple((n - 1) * s - 2 * p + d * (k - 1) + extra + 1 for n, k, s, p, extra, d in zip(*axes, strict=True))
        if min(out) < 1:
            raise ValueError(f"an input of {size} leaves an output of {out}; use a larger input")
        # every input number is multiplied with the whole kernel of its group's output channels
        macs = math.prod(size) * group_channels * math.prod(kernel)
        shape = (*size[: -ndim - 1], group_channels * groups, *out)
        return shape, macs, convolution(tuple(kernel), axes[2], groups, in_channels)

    return conv_transpose


def _check_channels(size: Shape, channels: int, ndim: int) -> None:
    if len(size) > ndim and size[-ndim - 1] != channels:
        raise ValueError(f"expected {channels} input channels, got {size[-ndim - 1]}")
    if len(size) not in (ndim + 1, ndim + 2):
        raise ValueError(
            f"expected {channels} input channels, got an input of shape {size}; it must have {ndim + 2} dimensions "
            "(input_size is given without the batch)"
        )


def _check_bias_and_dtype(input: Any, weight: Any, bias: Any, out_channels: int) -> None:
    if bias is not None and tuple(bias.shape) != (out_channels,):
        raise ValueError(f"expected a bias of shape ({out_channels},), got {tuple(bias.shape)}")
    _check_dtypes(input, weight)


def _check_dtypes(a: Any, b: Any) -> None:
    if a.dtype != b.dtype:
        raise ValueError(f"its tensors must be of one dtype, got {a.dtype} and {b.dtype}")


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, tuple)) else value


for _n in (1, 2, 3):
    register_op(f"conv{_n}d")(_conv(_n))
    register_op(f"conv_transpose{_n}d")(_conv_transpose(_n))


@register_op("deform_conv2d")  # torchvision's; FlopCounterMode does not know it
def _deform_conv2d(input: Any, weight: Any, offset: Any, mask: Any, bias: Any, *geometry: Any) -> tuple:
    stride, groups = geometry[:2], geometry[6]
    _check_channels(tuple(input.shape), weight.shape[1] * groups, 2)
    shape = (input.shape[0], weight.shape[0], *offset.shape[-2:])
    macs = math.prod(shape) * math.prod(weight.shape[1:])
    return shape, macs, convolution(tuple(weight.shape[2:]), stride, groups, input.shape[1])


# --- products of matrices --------------------------------------------------------------------------------------------

LINEAR, PRODUCT = Layer(kind="linear"), Layer(kind="product")


@register_op("linear")
def _linear(input: Any, weight: Any, bias: Any = None) -> tuple:
    shape, features = input.shape, weight.shape
    if len(features) not in (1, 2):
        raise ValueError(f"expected a weight of 1 or 2 dimensions, got {tuple(features)}")
    if not shape or shape[-1] != features[-1]:
        raise ValueError(f"expected {features[-1]} input features, got {shape[-1] if shape else 'a scalar'}")
    if bias is not None and tuple(bias.shape) != tuple(features[:-1]) and bias.dim() > 0:
        raise ValueError(f"expected a bias of shape {tuple(features[:-1])}, got {tuple(bias.shape)}")
    _check_dtypes(input, weight)
    out = (*shape[:-1], *features[:-1])
    return out, math.prod(out) * features[-1], LINEAR


@register_op("bilinear")
def _bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> tuple:
    a, b, w = tuple(input1.shape), tuple(input2.shape), tuple(weight.shape)
    if a[:-1] != b[:-1] or (a[-1], b[-1]) != w[1:]:
        raise ValueError(f"inputs {a} and {b} do not fit a weight of {w}: (out, in1, in2)")
    if bias is not None and tuple(bias.shape) != w[:1]:
        raise ValueError(f"expected a bias of shape {w[:1]}, got {tuple(bias.shape)}")
    out = (*a[:-1], w[0])
    # for each output feature x1ᵀ W x2: the product with W, then the one with x1
    return out, math.prod(out) * (w[1] * w[2] + w[1]), PRODUCT


def broadcast(a: Shape, b: Shape) -> Shape:
    """torch.broadcast_shapes, which takes 50 µs."""
    if len(a) != len(b):
        a, b = tuple(a), tuple(b)
        a, b = (1,) * (len(b) - len(a)) + a, (1,) * (len(a) - len(b)) + b
    if any(m != n and m != 1 and n != 1 for m, n in zip(a, b, strict=True)):
        raise ValueError(f"shapes {tuple(a)} and {tuple(b)} do not fit together")
    return tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))


# how many dimensions each product wants of its two factors; matmul takes any
_RANKS = {"mm": (2, 2), "bmm": (3, 3), "mv": (2, 1), "dot": (1, 1), "vdot": (1, 1)}


def _product(name: str) -> Callable:
    ranks = _RANKS.get(name)

    # torch's own names for the second factor, one an operation
    def product(
        input: Any, other: Any = None, *, mat2: Any = None, vec: Any = None, tensor: Any = None, out: Any = None
    ) -> tuple:
        other = next(t for t in (other, mat2, vec, tensor) if t is not None)
        a, b = tuple(input.shape), tuple(other.shape)
        if not a or not b:
            raise ValueError("a matrix product needs tensors of at least one dimension")
        if ranks and ranks != (len(a), len(b)):
            raise ValueError(f"it takes tensors of {ranks[0]} and {ranks[1]} dimensions, got {a} and {b}")
        _check_dtypes(input, other)
        rows, inner = a[-2:] if len(a) > 1 else (1, a[0])
        inner_b, columns = b[-2:] if len(b) > 1 else (b[0], 1)
        if inner != inner_b:
            raise ValueError(f"cannot multiply {a} by {b}: the inner sizes {inner} and {inner_b} differ")
        if name == "bmm" and a[0] != b[0]:
            raise ValueError(f"cannot multiply {a} by {b}: the batches {a[0]} and {b[0]} differ")
        batch = broadcast(a[:-2], b[:-2])
        shape = (*batch, *((rows,) if len(a) > 1 else ()), *((columns,) if len(b) > 1 else ()))
        return shape, math.prod(batch) * rows * inner * columns, PRODUCT

    return product


for _name in ("matmul", "linalg_matmul", "mm", "bmm", "mv", "dot", "vdot"):
    register_op(_name)(_product(_name))


@register_op("rmatmul")  # x @ y where x is the one that Python asks second
def _rmatmul(input: Any, other: Any) -> tuple:
    return HANDLERS["matmul"](other, input)
