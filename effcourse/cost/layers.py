"""torch's own layers, priced as they are called: most of what a convolutional network consists of.

Their forwards only hand weights and settings on to a function. To let torch do that and show the function to the
ledger takes longer than pricing it; so a rule looks at the layer itself. It says what the function would have said, and
``tests/cost/test_torch_layers.py`` compares the two. It gives None where a layer is not in its plain state; then the
function is waited for. A subclass is never priced by its parent's rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor, nn

from .cheap import CHEAP, empty
from .handlers import HANDLERS
from .row import Layer


class Priced(NamedTuple):
    """What a layer's function would have been, given and made."""

    op: str
    weights: tuple[Tensor, ...]
    out: Tensor
    macs: int = 0
    layer: Layer | None = None


Rule = Callable[[Any, Tensor], Priced | None]


def _parameters(layer: Any) -> tuple[Any, Any]:
    """Weight and bias, not found by way of ``nn.Module.__getattr__``, which takes longer than all else."""
    parameters = layer._parameters
    return parameters["weight"], parameters["bias"]


def _convolution(op: str) -> Rule:
    def rule(conv: Any, x: Tensor) -> Priced | None:
        if conv.padding_mode != "zeros":
            return None
        weight, bias = weights = _parameters(conv)
        shape, macs, layer = HANDLERS[op](x, weight, bias, conv.stride, conv.padding, conv.dilation, conv.groups)
        return Priced(op, weights if bias is not None else (weight,), empty(shape, x.dtype), macs, layer)

    return rule


def _linear(linear: Any, x: Tensor) -> Priced | None:
    weight, bias = weights = _parameters(linear)
    shape, macs, layer = HANDLERS["linear"](x, weight, bias)
    return Priced("linear", weights if bias is not None else (weight,), empty(shape, x.dtype), macs, layer)


def _batch_norm(ndim: int) -> Rule:
    def rule(norm: Any, x: Tensor) -> Priced | None:
        if norm.training or x.dim() != ndim:
            return None
        buffers = norm._buffers
        weights = (buffers["running_mean"], buffers["running_var"], *_parameters(norm))
        out = CHEAP["batch_norm"](x, *weights)
        return None if out is None else Priced("batch_norm", tuple(t for t in weights if t is not None), out)

    return rule


def _activation(op: str) -> Rule:
    cheap = CHEAP[op]

    def rule(activation: Any, x: Tensor) -> Priced | None:
        if not x.is_floating_point():
            return None
        out = x if activation.__dict__.get("inplace") else cheap(x)
        return None if out is None else Priced(op, (), out)

    return rule


RULES: dict[type, Rule] = {
    nn.Conv1d: _convolution("conv1d"),
    nn.Conv2d: _convolution("conv2d"),
    nn.Conv3d: _convolution("conv3d"),
    nn.Linear: _linear,
    nn.BatchNorm1d: _batch_norm(3),
    nn.BatchNorm2d: _batch_norm(4),
    nn.BatchNorm3d: _batch_norm(5),
    nn.ReLU: _activation("relu"),
    nn.ReLU6: _activation("hardtanh"),
    nn.Hardtanh: _activation("hardtanh"),
    nn.Hardswish: _activation("hardswish"),
    nn.Hardsigmoid: _activation("hardsigmoid"),
    nn.SiLU: _activation("silu"),
    nn.GELU: _activation("gelu"),
    nn.Sigmoid: _activation("sigmoid"),
}
