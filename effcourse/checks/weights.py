"""A module's weights: in which order a run uses them, how others are drawn, and in which layouts they may lie."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from .values import to_torch

Shape = tuple[int, ...]


class _OrderOfUse(TorchFunctionMode):
    """Notes each of ``tensors`` when a torch function first computes a tensor from it. Asking for its shape or its
    dtype, which gives none, is no use.
    """

    def __init__(self, tensors: Sequence[torch.Tensor]) -> None:
        super().__init__()
        self.left = {id(tensor): tensor for tensor in tensors}
        self.used: list[torch.Tensor] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        taken = [item for value in (*args, *kwargs.values()) for item in _items(value) if id(item) in self.left]
        result = func(*args, **kwargs)
        if taken and any(isinstance(item, torch.Tensor) for item in _items(result)):
            self.used += [self.left.pop(id(item)) for item in taken if id(item) in self.left]
        return result


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else (value,)


def weights_in_order(module: nn.Module, inputs: Sequence[np.ndarray]) -> list[torch.Tensor]:
    """A module's parameters and floating buffers in the order in which a run on ``inputs`` first uses them; what the
    run does not use comes last, in the order of registration. So it does not matter in which order the layers were
    registered, or whether they are layers at all.
    """
    tensors: list[torch.Tensor] = [*module.parameters()]
    tensors += [buffer for buffer in module.buffers() if buffer.is_floating_point() and buffer.dim() == 1]
    order = _OrderOfUse(tensors)
    module.eval()
    with torch.no_grad(), order:
        module(*to_torch(tuple(inputs)))
    return order.used + list(order.left.values())


def in_all_orders(module: nn.Module, inputs: Sequence[np.ndarray], branches: Sequence[str]) -> list[list[np.ndarray]]:
    """The module's weights in their order of use, then with its branches run in every other order."""
    tensors = weights_in_order(module, inputs)
    names = {id(t): n for n, t in itertools.chain(module.named_parameters(), module.named_buffers())}

    def branch(tensor: torch.Tensor) -> str | None:
        return next((b for b in branches if names[id(tensor)].startswith(b + ".")), None)

    places = [i for i, tensor in enumerate(tensors) if branch(tensor)]
    present = list(dict.fromkeys(branch(tensors[i]) for i in places))
    orders = []
    for order in itertools.permutations(present):
        moved = [tensors[i] for name in order for i in places if branch(tensors[i]) == name]
        reordered = list(tensors)
        for place, tensor in zip(places, moved, strict=True):
            reordered[place] = tensor
        orders.append([tensor.detach().numpy().copy() for tensor in reordered])
    return orders


def randomize(module: nn.Module, seed: int) -> None:
    """Draw every weight and every running statistic, so that no layer is a mere identity; variances stay positive."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in itertools.chain(module.named_parameters(), module.named_buffers()):
            if not tensor.is_floating_point():
                continue
            if tensor.dim() > 1:
                fan_in = max(1, tensor[0].numel())
                tensor.normal_(0.0, (2 / fan_in) ** 0.5, generator=rng)
            elif "var" in name or name.endswith("weight"):
                tensor.uniform_(0.5, 1.5, generator=rng)
            else:
                tensor.normal_(0.0, 0.5, generator=rng)
    module.eval()


def layouts(weights: Sequence[np.ndarray], shapes: Sequence[Shape]) -> Iterator[list[np.ndarray]]:
    """``weights`` laid out as ``shapes``: as a linear layer or a 1 x 1 convolution has them, as a matrix for ``x @ w``,
    as a table of (channels, 9) for unfold. Nothing comes where the sizes do not allow it. Where a weight fits both
    ways, first all of them are taken as they are, and then all turned; a convolution's weight fits one way only.
    """
    if [weight.size for weight in weights] != [math.prod(shape) for shape in shapes]:
        return
    for turned in (False, True):
        laid = [_laid_out(weight, shape, turned) for weight, shape in zip(weights, shapes, strict=True)]
        if all(one is not None for one in laid):
            yield laid  # type: ignore[misc]
        if not any(w.squeeze().ndim > 1 and (w.shape != s or w.ndim < 3) for w, s in zip(weights, shapes, strict=True)):
            return


def _laid_out(weight: np.ndarray, shape: Shape, turned: bool) -> np.ndarray | None:
    core = weight.squeeze()
    axes = list(itertools.permutations(range(core.ndim)))
    if turned:  # (out, in) as (in, out), (c, 3, 3) as (3, 3, c): the first axis last
        axes.sort(key=lambda order: order != (*range(1, core.ndim), 0))
    for order in axes:
        if _merges(tuple(core.shape[i] for i in order), core_shape(shape)):
            return np.ascontiguousarray(core.transpose(order)).reshape(shape)
    return None


def _merges(fine: Shape, coarse: Shape) -> bool:
    """Whether joining neighbouring axes of ``fine`` gives ``coarse``."""
    ends = set(itertools.accumulate(fine, int.__mul__))
    starts = list(itertools.accumulate(coarse, int.__mul__))
    return int(np.prod(fine)) == int(np.prod(coarse)) and len(fine) >= len(coarse) and set(starts) <= ends


def core_shape(shape: Sequence[int]) -> Shape:
    """A shape without its ones: what a linear layer and a 1 x 1 convolution have in common, or a depthwise
    convolution's weight and one filter a channel.
    """
    return tuple(n for n in shape if n != 1)


def shapes_text(own: Sequence[Shape], expected: Sequence[Shape]) -> str:
    """Where two lists of weights' shapes part."""
    for i, (a, b) in enumerate(itertools.zip_longest(own, expected)):
        if a is None:
            return f"yours end after {len(own)}, where {b} is expected next ({len(expected)} in all)"
        if b is None:
            return f"yours go on with {a} after the {len(expected)} expected ones"
        if next(layouts([np.empty(b)], [a]), None) is None:
            return f"in the order in which they are used, number {i + 1} has shape {a}, expected {b}"
    return "their shapes cannot be told apart"
