"""The closed forms of chapter 1: what one layer costs, from its numbers alone.

Everything is for one image. ``macs`` are multiply-accumulates of convolutions, linear layers and matrix products,
what the papers call "FLOPs" or "Mult-Adds": no bias, no normalisation, no activation. FLOPs are 2 x MACs.
Only Python's standard library is used, so nothing here can hide behind a framework.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from ..common.errors import check_count, check_groups

Size = int | Sequence[int]  # one number for every axis, or one number an axis: (height, width)


@lru_cache(maxsize=4096, typed=True)
def conv_out_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Output length of one axis of a convolution or pooling: floor((n + 2p - d(k - 1) - 1) / s) + 1.

    Raises:
        ValueError: the kernel does not fit into the padded input, or an argument is out of range.

    >>> conv_out_size(224, 3, stride=2, padding=1), conv_out_size(225, 3, stride=2, padding=1)
    (112, 113)
    """
    check_count(size=size, kernel_size=kernel_size, stride=stride, dilation=dilation)
    if padding < 0:
        raise ValueError(f"padding must be at least 0, got {padding!r}")
    reach = dilation * (kernel_size - 1) + 1  # pixels from the kernel's first tap to its last
    if size + 2 * padding < reach:
        raise ValueError(
            f"input of {size} pixels with padding {padding} is smaller than a kernel of {kernel_size} "
            f"(dilation {dilation}), which spans {reach}; use a larger input, or a smaller kernel"
        )
    return (size + 2 * padding - reach) // stride + 1


def conv_out_shape(
    size: Size, kernel_size: Size, stride: Size = 1, padding: Size = 0, dilation: Size = 1, ndim: int = 2
) -> tuple[int, ...]:
    """Output size of every axis, e.g. (height, width)."""
    axes = [per_axis(v, ndim) for v in (size, kernel_size, stride, padding, dilation)]
    return tuple(conv_out_size(*axis) for axis in zip(*axes, strict=True))


def conv_macs(
    in_channels: int,
    out_channels: int,
    size: Size,
    kernel_size: Size = 3,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
    ndim: int = 2,
) -> int:
    """MACs of a convolution: k_h k_w (C_in / groups) C_out H_out W_out.

    Each output number is a sum over the kernel's taps and over the input channels of its group.
    ``ndim`` is the number of spatial axes, ``size`` the input's.

    >>> conv_macs(3, 32, 224, 3, stride=2, padding=1)   # MobileNet's first layer
    10838016
    """
    out = conv_out_shape(size, kernel_size, stride, padding, dilation, ndim)
    return conv_params(in_channels, out_channels, kernel_size, groups, ndim=ndim) * math.prod(out)


def conv_params(
    in_channels: int, out_channels: int, kernel_size: Size = 3, groups: int = 1, bias: bool = False, ndim: int = 2
) -> int:
    """Parameters of a convolution: k_h k_w (C_in / groups) C_out, and C_out more with a bias. Size does not matter.

    >>> conv_params(3, 32, 3), conv_params(32, 32, 3, groups=32)
    (864, 288)
    """
    check_groups(in_channels, out_channels, groups)
    taps = math.prod(per_axis(kernel_size, ndim))
    return taps * (in_channels // groups) * out_channels + (out_channels if bias else 0)


def depthwise_macs(
    channels: int, size: Size, kernel_size: Size = 3, stride: Size = 1, padding: Size = 0, dilation: Size = 1
) -> int:
    """MACs of a depthwise convolution (groups = channels): k_h k_w C H_out W_out."""
    return conv_macs(channels, channels, size, kernel_size, stride, padding, dilation, groups=channels)


def separable_macs(
    in_channels: int, out_channels: int, size: Size, kernel_size: Size = 3, stride: Size = 1, padding: Size = 0
) -> int:
    """MACs of a depthwise convolution followed by a 1x1 convolution. Source: arXiv:1704.04861, Equation 5."""
    out = conv_out_shape(size, kernel_size, stride, padding)
    return depthwise_macs(in_channels, size, kernel_size, stride, padding) + conv_macs(
        in_channels, out_channels, out, 1
    )


def separable_savings(in_channels: int, out_channels: int, kernel_size: int = 3) -> float:
    """How many times fewer MACs a depthwise separable convolution needs than a standard one.

    standard / separable = k² C_in C_out / (k² C_in + C_in C_out) = 1 / (1 / C_out + 1 / k²): independent of C_in, and
    k² only in the limit of many output channels. Source: arXiv:1704.04861, Section 3.1.

    >>> round(separable_savings(256, 16), 2), round(separable_savings(256, 256), 2)
    (5.76, 8.69)
    """
    check_count(in_channels=in_channels, out_channels=out_channels, kernel_size=kernel_size)
    return 1 / (1 / out_channels + 1 / kernel_size**2)


def linear_macs(in_features: int, out_features: int, positions: int = 1) -> int:
    """MACs of a linear layer applied at ``positions`` places (1 for a classifier, the tokens of a transformer)."""
    check_count(in_features=in_features, out_features=out_features, positions=positions)
    return in_features * out_features * positions


def linear_params(in_features: int, out_features: int, bias: bool = True) -> int:
    """Parameters of a linear layer: in x out, and out more with a bias (PyTorch's default)."""
    check_count(in_features=in_features, out_features=out_features)
    return in_features * out_features + (out_features if bias else 0)


def matmul_macs(rows: int, inner: int, columns: int, batch: int = 1) -> int:
    """MACs of ``batch`` matrix products (rows x inner) @ (inner x columns)."""
    check_count(rows=rows, inner=inner, columns=columns, batch=batch)
    return batch * rows * inner * columns


def norm_params(channels: int) -> int:
    """Learned parameters of a batch norm: a scale and a shift a channel. Its running statistics are not learned."""
    check_count(channels=channels)
    return 2 * channels


def activation_bytes(*shape: int, bytes_per_number: int = 4) -> int:
    """Bytes of one tensor; a float32 number takes 4.

    >>> activation_bytes(32, 112, 112)
    1605632
    """
    check_count(**{f"shape[{i}]": n for i, n in enumerate(shape)}, bytes_per_number=bytes_per_number)
    return math.prod(shape) * bytes_per_number


def per_axis(value: Size, ndim: int = 2) -> tuple[int, ...]:
    """One number for every axis: 3 -> (3, 3); (3, 5) stays."""
    values = tuple(value) if isinstance(value, Sequence) else (value,) * ndim
    if len(values) != ndim:
        raise ValueError(f"expected one number or {ndim} (one an axis), got {value!r}")
    return values
