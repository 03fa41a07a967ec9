"""One operation's cost, and the errors of a trace."""

from __future__ import annotations

from typing import NamedTuple

Shape = tuple[int, ...]


class TraceError(ValueError):
    """The model cannot be priced; the message names the operation, the module and what to do."""


class NumbersNeeded(TraceError):
    """The forward asks for the numbers in a tensor that has only a shape."""


class Layer(NamedTuple):
    """What a row's operation is, as a reader of papers would say it."""

    kernel: tuple[int, ...] | None = None  # one number a spatial axis; None if it is no convolution
    stride: tuple[int, ...] | None = None
    groups: int | None = None
    kind: str = ""  # see ``Row``


class Row(NamedTuple):
    """One operation's cost, for one image."""

    name: str  # path of the module that ran it, "stages.1.0.expand.conv"; "" is the model itself
    op: str  # torch's name, "conv2d"
    in_shape: Shape | None  # of its first tensor, the batch of 1 included
    out_shape: Shape | None
    params: int  # learned numbers it read and no row above had read
    macs: int
    activations: int  # numbers it wrote
    bytes_moved: int  # tensors read (weights too) and written, each once
    live_bytes: int  # activations in memory while it ran, as eager PyTorch holds them
    kernel: tuple[int, ...] | None = None  # of a convolution, as are stride and groups
    stride: tuple[int, ...] | None = None
    groups: int | None = None
    kind: str = ""  # "dense", "depthwise", "pointwise" or "grouped" convolution, "linear", "attention", "recurrent",
    # "product" of matrices; else the operation's name


def convolution(kernel: tuple[int, ...], stride: tuple[int, ...], groups: int, in_channels: int) -> Layer:
    """The ``Layer`` of a convolution. In a depthwise one each filter sees a single channel."""
    if groups == 1:
        kind = "pointwise" if max(kernel) == 1 else "dense"
    else:
        kind = "depthwise" if groups == in_channels else "grouped"
    return Layer(kernel, stride, groups, kind)
