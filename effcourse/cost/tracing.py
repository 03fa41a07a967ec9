"""What a model costs, operation by operation, in about a millisecond: no number of the network is computed."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import nn

from .report import CostReport
from .shape_tensor import Ledger, Row, ShapeTensor, TraceError


def trace(model: nn.Module, input_size: int | Sequence[int] | None = None) -> CostReport:
    """Send a tensor that has a shape and no numbers through ``model`` and price each operation it meets.

    The model is priced at inference, for one image. It is exactly as before afterwards, also when its forward
    raises: training mode, batch norm's statistics, hooks, ``state_dict``. Its own hooks run, and are handed the
    ``ShapeTensor``.

    Args:
        model: any ``nn.Module`` whose forward takes one tensor, on any device.
        input_size: pixels of a square RGB image, or a whole shape without the batch such as ``(1, 28, 28)``;
            by default the model's own ``input_size``.

    Raises:
        TraceError: (a ValueError) an impossible size, wrong channels, an operation whose cost is not known, a
            decision that depends on numbers, or an output that is no tensor.

    >>> from effcourse import create_model
    >>> trace(create_model("mobilenet_v2")).macs
    300774272
    """
    model = getattr(model, "_orig_mod", model)  # what torch.compile wraps
    if not isinstance(model, nn.Module):
        hint = "create one first: trace(MyModel())" if isinstance(model, type) else "wrap functions in an nn.Module"
        raise TraceError(f"trace takes an nn.Module, got {model!r}; {hint}")
    if isinstance(model, torch.jit.ScriptModule):
        raise TraceError("a TorchScript module hides its operations; trace the Python module it was made from")
    shape = input_shape(model, input_size)
    first = next(model.parameters(), None)
    dtype = first.dtype if first is not None and first.is_floating_point() else torch.get_default_dtype()
    names: dict[nn.Module, list[str]] = {}
    unread: dict[int, int] = {}
    _collect(model, "", names, unread)
    ledger = Ledger(first.device if first is not None else torch.device("cpu"), unread)
    with torch.no_grad(), no_garbage_collection(), _watched(names, ledger), ledger:
        output = model(ShapeTensor(ledger, (1, *shape), dtype))
    _check_output(output)
    return CostReport(type(model).__name__, (1, *shape), (*ledger.rows, *_unread_rows(names, unread)))


def input_shape(model: nn.Module, input_size: int | Sequence[int] | None) -> tuple[int, ...]:
    """The shape of one input without the batch; ``TraceError`` if there is none, or an impossible one."""
    if input_size is None:
        input_size = getattr(model, "input_size", None)
        if input_size is None:
            raise TraceError(
                f"{type(model).__name__} has no input_size of its own; give one: input_size=224 for a square RGB "
                "image, or a shape without the batch, input_size=(1, 28, 28)"
            )
    square = isinstance(input_size, int) and not isinstance(input_size, bool)
    shape = (3, input_size, input_size) if square else input_size
    if not isinstance(shape, (tuple, list, torch.Size)) or not shape:
        raise TraceError(f"input_size must be a whole number or a shape without the batch, got {input_size!r}")
    if any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in shape):
        raise TraceError(f"input_size must be made of whole numbers of at least 1, got {input_size!r}")
    return tuple(shape)


def _collect(module: nn.Module, name: str, names: dict[nn.Module, list[str]], sizes: dict[int, int]) -> None:
    """Every module with all its names (a shared one has several), and the size of every parameter by its id."""
    if isinstance(module, nn.modules.lazy.LazyModuleMixin):
        raise TraceError(f"{name or 'the model'} has no weights yet; run the model on a real input once first")
    if module in names:
        names[module].append(name)
    else:
        names[module] = [name]
    for parameter in module._parameters.values():
        if parameter is not None:
            sizes[id(parameter)] = parameter.numel()
    for key, child in module._modules.items():
        if child is not None:
            _collect(child, f"{name}.{key}" if name else key, names, sizes)


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """A trace makes thousands of small objects and no cycles; looking for some takes a third of its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def _watched(names: dict[nn.Module, list[str]], ledger: Ledger) -> Iterator[None]:
    """Every module in eval mode and announcing itself to the ledger while it runs; afterwards all is as it was."""
    before = [(m.__dict__, m.__dict__.copy(), m._buffers and m._buffers.copy()) for m in names]
    try:
        for (attributes, _, _), (module, paths) in zip(before, names.items(), strict=True):
            path = paths[0] if len(paths) == 1 else paths
            attributes["forward"] = partial(_announce, ledger.path, path, module.forward)
            attributes["training"] = False
            # found here, they need not be searched by nn.Module.__getattr__, which takes longer than pricing them
            attributes.update(attributes["_parameters"])
            attributes.update(attributes["_modules"])
        yield
    finally:
        for attributes, saved, buffers in before:
            attributes.clear()
            attributes.update(saved)
            if buffers:
                attributes["_buffers"].update(buffers)


def _announce(running: list[str], path: str | list[str], forward: Callable, *args: Any, **kwargs: Any) -> Any:
    if isinstance(path, list):  # a shared module goes by the name that the running parent has for it
        path = next((p for p in path if p.startswith(running[-1])), path[0])
    running.append(path)
    try:
        return forward(*args, **kwargs)
    finally:
        running.pop()


def _check_output(output: Any) -> None:
    parts = output if isinstance(output, (tuple, list)) else [output]
    if not any(isinstance(part, ShapeTensor) for part in parts):
        what = f"a {type(output).__name__}"
        if isinstance(output, dict):
            what += f" with the keys {', '.join(map(repr, output))}"
        raise TraceError(
            f"the model's forward must return a tensor, or a tuple of tensors, computed from its input; it returned "
            f"{what}. Wrap it in a module that returns the part to be priced"
        )


def _unread_rows(names: dict[nn.Module, list[str]], unread: dict[int, int]) -> list[Row]:
    """A row for each module whose parameters no operation read, so that the rows add up to all of them."""
    rows = []
    for module, (name, *_) in names.items() if unread else ():
        left = sum(unread.pop(id(parameter), 0) for parameter in module._parameters.values())
        if left:
            rows.append(Row(name, "parameters", None, None, left, 0, 0, 0, 0))
    return rows
