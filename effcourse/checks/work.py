"""The narrow interface: all that a check may do with a student's work.

A check calls a function on plain values and arrays, constructs a class, loads weights, runs it on arrays, and asks for
its parameters' shapes or its traced rows. It never looks at attributes or source text. So the work can as well live in
another process: whatever offers the methods of :class:`Work` and :class:`Built` can be checked.
"""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ..cost import Row, trace

LONG = 400  # characters; a longer list is told by its first entry
REFERENCES = ("effcourse", "torchvision", "timm")


class NotDone(Exception):
    """The work is still a stub that raises NotImplementedError."""


class Mistake(Exception):
    """What differs from the right answer, and the likely cause, empty where none is known; ``error`` is what the
    student's code raised, if it did.
    """

    def __init__(self, differs: str, cause: str = "", error: str = "") -> None:
        super().__init__(differs, cause)
        self.differs = differs
        self.cause = cause
        self.error = error


class Work:
    """A function, class or value that a student wrote under the name ``name``.

    Args:
        allow: names of the library's classes that the exercise lets a student use.
    """

    def __init__(self, name: str, made: Any, allow: Sequence[str] = ()) -> None:
        self.name = name
        self._made = made
        self._allow = frozenset(allow)

    def value(self) -> Any:
        """The work as a plain value: numbers, strings, arrays, and lists, tuples and dicts of these."""
        return plain(self._made, self.name)

    def call(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the function; arrays reach it as tensors, and its tensors come back as arrays."""
        what = call_text(self.name, arguments, keywords)
        self._must_be_callable()
        with students_errors(what):
            result = self._made(*to_torch(arguments), **to_torch(keywords))
        return plain(result, what)

    def build(self, *arguments: Any, **keywords: Any) -> Built:
        """Construct the class, which must be an ``nn.Module``."""
        what = call_text(self.name, arguments, keywords)
        self._must_be_callable()
        with students_errors(what):
            module = self._made(*to_torch(arguments), **to_torch(keywords))
        if not isinstance(module, nn.Module):
            raise Mistake(f"{what} gives a {type(module).__name__}, expected an nn.Module")
        for part in module.modules():
            self._must_be_the_students(type(part))
        return Built(what, module)

    def _must_be_callable(self) -> None:
        if not callable(self._made):
            raise Mistake(f"{self.name} is {self._made!r}, expected something to call: a function or a class")
        self._must_be_the_students(self._made)

    def _must_be_the_students(self, made: Any) -> None:
        for origin in made.__mro__ if isinstance(made, type) else (made,):
            package = str(getattr(origin, "__module__", "")).partition(".")[0]
            if package in REFERENCES and getattr(origin, "__name__", "") not in self._allow:
                raise Mistake(
                    f"{self.name} uses {package}'s {getattr(origin, '__name__', 'code')}",
                    f"This is the library's own, from {package}: write your own.",
                )


class Built:
    """A module that a student's class made; it runs in eval mode and without gradients."""

    def __init__(self, name: str, module: nn.Module) -> None:
        self.name = name
        self._module = module.eval()

    def shapes(self, *inputs: np.ndarray) -> list[tuple[int, ...]]:
        """Shapes of the parameters and buffers, in the order in which a run on ``inputs`` first uses them."""
        with students_errors(_run_text(self.name, inputs)):
            return [tuple(tensor.shape) for tensor in weights_in_order(self._module, inputs)]

    def load(self, weights: Sequence[np.ndarray], *inputs: np.ndarray) -> None:
        """Put ``weights`` where a run on ``inputs`` uses them, one after the other. A linear layer takes the weights of
        a 1 x 1 convolution and the other way round. Sizes must agree: ask for :meth:`shapes` first.
        """
        for own, given in zip(weights_in_order(self._module, inputs), weights, strict=True):
            own.data.copy_(torch.from_numpy(given).reshape(own.shape))

    def run(self, *inputs: np.ndarray) -> Any:
        """The output on ``inputs``, as an array."""
        what = _run_text(self.name, inputs)
        with students_errors(what), torch.no_grad():
            result = self._module(*to_torch(inputs))
        return plain(result, what)

    def rows(self, input_shape: int | Sequence[int]) -> tuple[Row, ...]:
        """The rows of :func:`effcourse.trace` for one input of ``input_shape``, without the batch."""
        with students_errors(f"trace({self.name}, {input_shape})"):
            return tuple(trace(self._module, input_shape).rows)


class _OrderOfUse(TorchFunctionMode):
    """Notes each of ``tensors`` when a torch function first takes it."""

    def __init__(self, tensors: Sequence[torch.Tensor]) -> None:
        super().__init__()
        self.left = {id(tensor): tensor for tensor in tensors}
        self.used: list[torch.Tensor] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        for value in (*args, *kwargs.values()):
            for item in value if isinstance(value, (list, tuple)) else (value,):
                if id(item) in self.left:
                    self.used.append(self.left.pop(id(item)))
        return func(*args, **kwargs)


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
        module(*to_torch(inputs))
    return order.used + list(order.left.values())


def to_torch(value: Any) -> Any:
    """Arrays as tensors of their own memory, anything else as it is."""
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value.copy())
    if isinstance(value, (list, tuple)):
        return type(value)(to_torch(item) for item in value)
    if isinstance(value, dict):
        return {key: to_torch(item) for key, item in value.items()}
    return value


def plain(value: Any, what: str) -> Any:
    """Tensors as arrays, numpy's numbers as Python's; anything that is no plain value is a mistake."""
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().numpy() if value.dim() else value.item()
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str, np.ndarray)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item, what) for item in value]
    if isinstance(value, dict):
        return {plain(key, what): plain(item, what) for key, item in value.items()}
    raise Mistake(f"{what} gives a {type(value).__name__}, expected numbers, strings, tensors, or lists of these")


@contextmanager
def students_errors(what: str) -> Iterator[None]:
    """Turn an exception of the student's code into NotDone or a Mistake that quotes the line."""
    try:
        yield
    except NotImplementedError as error:
        raise NotDone(what) from error
    except (NotDone, Mistake):
        raise
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        raise Mistake(f"{what} raises {text}{_students_line(error)}", error=text) from error


def _students_line(error: Exception) -> str:
    """The last line of the student's own that the error passed through, where its source is at hand."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if "ipykernel" in frame.filename or frame.filename.startswith("<"):
            line = linecache.getline(frame.filename, frame.lineno or 0).strip()
            return f", at your line: {line}" if line else ""
    return ""


def call_text(name: str, arguments: Sequence[Any], keywords: dict[str, Any]) -> str:
    """A call as it would be typed, arrays by their shape: ``conv_macs(8, 16, kernel_size=3)``."""
    parts = [_value_text(value) for value in arguments]
    parts += [f"{key}={_value_text(value)}" for key, value in keywords.items()]
    return f"{name}({', '.join(parts)})"


def _run_text(name: str, inputs: Sequence[np.ndarray]) -> str:
    return f"{name} on {' and '.join(_value_text(value) for value in inputs)}"


def _value_text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"a tensor of shape {tuple(value.shape)}"
    text = repr(value)
    if isinstance(value, (list, tuple)) and len(text) > LONG:
        return f"[{value[0]!r}, … {len(value)} in all]"
    return text
