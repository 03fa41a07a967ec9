"""What a model costs, operation by operation, in about a millisecond: no number of the network is computed."""

from __future__ import annotations

import gc
import inspect
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .cheap import META
from .inputs import Arguments, input_shape, leaves
from .ledger import Ledger
from .private import eager, script_functions_refused, short_way, unwrapped
from .report import CostReport
from .row import NumbersNeeded, TraceError
from .state import State, announce, running_module


def trace(model: nn.Module, input_size: int | Sequence[int] | None = None, *, inputs: Any = None) -> CostReport:
    """Send tensors that have a shape and no numbers through ``model`` and price each operation they meet.

    The model is priced at inference, for one image or the ``inputs`` given. It is exactly as before afterwards, also
    when its forward raises: training mode, buffers, hooks, ``state_dict``, attributes, modules. Its own hooks run.

    Args:
        model: any ``nn.Module``, on any device.
        input_size: pixels of a square RGB image, or a whole shape without the batch such as ``(1, 28, 28)``;
            by default the model's own ``input_size``.
        inputs: for any other forward, what it is called with: a tensor, a tuple of arguments, or a dict of keyword
            arguments, in which each tensor may be a real one, one on the meta device, or a shape with the batch. A
            forward that decides by the numbers (a detector, by its boxes) is computed with real ones.

    Raises:
        TraceError: (a ValueError) an impossible size, wrong channels, an operation whose cost is not known, a
            decision that depends on numbers, or an output without a tensor.

    >>> from effcourse import create_model
    >>> trace(create_model("mobilenet_v2")).macs
    300774272
    >>> trace(nn.Bilinear(3, 4, 5), inputs=((1, 3), (1, 4))).params
    65
    """
    model = unwrapped(model)
    if not isinstance(model, nn.Module):
        hint = "create one first: trace(MyModel())" if isinstance(model, type) else "wrap functions in an nn.Module"
        raise TraceError(f"trace takes an nn.Module, got {model!r}; {hint}")
    first = next(model.parameters(), None)
    dtype = first.dtype if first is not None and first.is_floating_point() else torch.get_default_dtype()
    if inputs is None:
        inputs = (1, *input_shape(model, input_size))
    elif input_size is not None:
        raise TraceError(f"give either input_size or inputs, got input_size={input_size!r} and inputs too")
    arguments = Arguments(inputs, dtype)
    device = first.device if first is not None and not first.is_meta else torch.device("cpu")
    try:
        ledger, state = _run(model, arguments, device, numbers=False)
    except NumbersNeeded:
        if not arguments.numbers or (first is not None and first.is_meta):
            raise
        ledger, state = _run(model, arguments, device, numbers=True)
    shape = tuple(arguments.tensors()[0].shape)
    return CostReport(type(model).__name__, shape, (*ledger.rows, *state.unread_rows()))


def _run(model: nn.Module, arguments: Arguments, device: torch.device, numbers: bool) -> tuple[Ledger, State]:
    """One forward under a ledger."""
    state = State(model)
    ledger = Ledger(device, state, numbers)

    def start(t: Tensor) -> Tensor:
        x = t.clone() if numbers else torch.empty(t.shape, dtype=t.dtype, device=META)
        ledger.own(x)
        return x

    def refuse(function: Any, *args: Any, **kwargs: Any) -> None:
        raise TraceError(
            f"{ledger.where()}: the TorchScript function {function.name!r} hides its operations; call the Python "
            "function it was made from"
        )

    args, kwargs = arguments.mapped(start)
    with torch.no_grad(), no_garbage_collection(), eager(), script_functions_refused(refuse), short_way(ledger), \
            state.watched(ledger), ledger:  # fmt: skip
        try:
            output = model(*args, **kwargs)
        except TraceError:
            raise
        except (ValueError, TypeError, RuntimeError, IndexError, AssertionError) as error:
            _explain(model, args, kwargs, error)
            raise
        del args, kwargs
    _check_output(output, ledger)
    return ledger, state


def _explain(model: nn.Module, args: tuple, kwargs: dict, error: Exception) -> None:
    """A ``TraceError`` if the forward does not take these arguments, or if one of torch's modules complains."""
    where, code = "the model", None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if code is announce.__code__:
            where = running_module(frame.f_locals) or where
    if isinstance(error, TypeError):
        signature = inspect.signature(type(model).forward)
        signature = signature.replace(parameters=list(signature.parameters.values())[1:])
        try:
            signature.bind(*args, **kwargs)
        except TypeError as misfit:
            given = ", ".join([*["a tensor" if isinstance(a, Tensor) else repr(a) for a in args], *kwargs])
            raise TraceError(
                f"the forward of {type(model).__name__} takes {signature}, and is given ({given}): {misfit}; "
                "inputs= takes a tuple of its arguments, or a dict of them by name"
            ) from error
    if code is not None and Path(code.co_filename).is_relative_to(Path(torch.__file__).parent):
        raise TraceError(f"{where}: {error}") from error


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


def _check_output(output: Any, ledger: Ledger) -> None:
    if not any(map(ledger.is_shape, leaves(output))):
        raise TraceError(
            "the model's forward must return a tensor, or a structure of them, computed from its input; it returned "
            f"a {type(output).__name__}. Wrap it in a module that returns the part to be priced"
        )
