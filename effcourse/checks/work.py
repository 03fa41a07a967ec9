"""The narrow interface: all that a check may do with a student's work.

A check calls a function on plain values and arrays, constructs a class, loads weights, runs it on arrays, and asks for
its weights' shapes or its traced rows. It never looks at attributes or source text. So the work can as well live in
another process: whatever offers the methods of :class:`Work` and :class:`Built` can be checked.

Whatever the work does there, a check meets a value, :class:`NotDone` or :class:`Mistake`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from types import CodeType, FunctionType
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy

from ..cost import Row, trace
from .guard import REFERENCES, SECONDS, Guard, is_endless, library_used
from .mistake import Mistake, NotDone
from .squeezes import by_other_means
from .values import plain, to_torch, unchanged
from .weights import Shape, weights_in_order

__all__ = ["Built", "Mistake", "NotDone", "Work", "call_text", "plain"]

TRACE_SECONDS = 8.0  # for a trace: torch may first have to import what it needs for tensors without numbers
LONG = 400  # characters; a longer list is told by its first entry


class Work:
    """A function, class or value that a student wrote under the name ``name``.

    Args:
        allow: names of the library's functions and classes that the exercise lets a student use; None allows all.
        seconds: how long one call may take.
        hurry: stop at the first wrong case, and look for no cause: nobody will read it.
    """

    def __init__(
        self,
        name: str,
        made: Any,
        allow: Collection[str] | None = (),
        seconds: float = SECONDS,
        hurry: bool = False,
    ) -> None:
        self.name = name
        self.hurry = hurry
        self._made = made
        self._allow = None if allow is None else frozenset(allow)
        self._guard = Guard(name, self._allow, seconds, made)

    @property
    def printed(self) -> str:
        """What the work has printed so far."""
        return self._guard.printed

    def value(self) -> Any:
        """The work as a plain value: numbers, strings, arrays, and lists, tuples and dicts of these."""
        return self._guard.run(self.name, plain, self._made, self.name)

    def call(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the function; arrays reach it as tensors, and its tensors come back as arrays."""
        what = call_text(self.name, arguments, keywords)
        self._must_be_callable()
        call = _untouched(what, self._made, arguments, keywords)
        return self._guard.run(what, lambda: plain(call(), what))

    def build(self, *arguments: Any, **keywords: Any) -> Built:
        """Construct the class, which must be an ``nn.Module``."""
        what = call_text(self.name, arguments, keywords)
        self._must_be_callable()
        module = self._guard.run(what, _untouched(what, self._made, arguments, keywords))
        if not isinstance(module, nn.Module):
            raise Mistake(f"{what} gives a {type(module).__name__}, expected an nn.Module")
        if self._allow is not None:
            for part in module.modules():
                self._must_be_the_students(type(part))
        return Built(what, module, self._guard)

    def endless(self, names: Collection[str]) -> list[str]:
        """Those of its notebook's ``names`` that it may call and whose calls have been stopped before."""
        return [name for name, own in self._may_call(names).items() if is_endless(own)]

    @contextmanager
    def rebound(self, right: Mapping[str, Any]) -> Iterator[list[str]]:
        """Let the work find ``right``'s functions where it calls its notebook's by these names.

        Yields the names under which the notebook has something else; afterwards they are what they were.
        """
        names = _globals_of(self._made)
        before = {name: own for name, own in self._may_call(right).items() if own is not right[name]}
        try:
            names.update({name: right[name] for name in before})
            yield list(before)
        finally:
            names.update(before)

    def _may_call(self, names: Collection[str]) -> dict[str, Any]:
        """What its notebook has under ``names``, as far as its code or code that it calls says them."""
        there = _globals_of(self._made)
        said: set[str] = set()
        unread = [self._made]
        while unread:
            new = {name for code in _codes(unread.pop()) for name in code.co_names} - said
            said |= new
            unread += [there[name] for name in new if name in there]
        return {name: there[name] for name in names if name in said & there.keys() and there[name] is not self._made}

    def _must_be_callable(self) -> None:
        if not callable(self._made):
            kind = type(self._made).__name__
            raise Mistake(f"{self.name} is of type {kind}, expected something to call: a function or a class")
        if self._allow is not None:
            self._must_be_the_students(self._made)

    def _must_be_the_students(self, made: Any) -> None:
        for origin in type.mro(made) if isinstance(made, type) else (made,):
            package = str(getattr(origin, "__module__", "")).partition(".")[0]
            name = str(getattr(origin, "__name__", "code"))
            if package in REFERENCES and name not in (self._allow or ()):
                raise library_used(self.name, package, name)


def _untouched(what: str, made: Callable[..., Any], arguments: Any, keywords: Any) -> Callable[[], Any]:
    """The call, on copies of its arguments: a mistake where it writes into them."""
    given, kept = (to_torch((tuple(arguments), keywords)) for _ in range(2))

    def call() -> Any:
        result = made(*given[0], **given[1])
        if not unchanged(given, kept):
            raise Mistake(f"{what} changes what it is given", _IN_PLACE, ("in place",), final=True)
        return result

    return call


_IN_PLACE = (
    "An operation in place (x += …, x[…] = …, inplace=True, list.sort(), pop()) writes into what the caller still "
    "needs: make a new tensor or list (x = x + …)."
)


class Built:
    """A module that a student's class made; it runs in eval mode and without gradients."""

    def __init__(self, name: str, module: nn.Module, guard: Guard | None = None) -> None:
        self.name = name
        self._guard = guard or Guard(name, None)
        self._module = module.eval()
        self._orders: dict[tuple[Shape, ...], list[torch.Tensor]] = {}

    def shapes(self, *inputs: np.ndarray) -> list[Shape]:
        """Shapes of the parameters and buffers, in the order in which a run on ``inputs`` first uses them."""
        return [tuple(tensor.shape) for tensor in self._order(inputs)]

    def load(self, weights: Sequence[np.ndarray], *inputs: np.ndarray) -> None:
        """Put ``weights`` where a run on ``inputs`` uses them, one after the other. A linear layer takes the weights of
        a 1 x 1 convolution and the other way round. Sizes must agree: ask for :meth:`shapes` first.
        """
        for own, given in zip(self._order(inputs), weights, strict=True):
            own.data.copy_(torch.from_numpy(given).reshape(own.shape))

    def run(self, *inputs: np.ndarray) -> Any:
        """The output on ``inputs``, as an array."""
        what = _run_text(self.name, inputs)
        self._must_have_forward()
        given, kept = to_torch(tuple(inputs)), to_torch(tuple(inputs))

        def run() -> Any:
            with torch.no_grad():
                result = self._module(*given)
            if not unchanged(given, kept):
                raise Mistake(f"{what} changes its input", _IN_PLACE, ("in place",), final=True)
            return plain(result, what)

        return self._guard.run(what, run)

    def by_other_means(self, image: np.ndarray, other: np.ndarray) -> Any:
        """The output on ``other`` with the channels' means that a run on ``image`` takes; None if it takes none."""
        what = _run_text(self.name, [other])
        given = to_torch((image, other))
        return self._slower_guard().run(what, lambda: plain(by_other_means(self._module, *given), what))

    def rows(self, input_shape: int | Sequence[int]) -> tuple[Row, ...]:
        """The rows of :func:`effcourse.trace` for one input of ``input_shape``, without the batch."""
        what = f"trace({self.name}, {input_shape})"
        self._make_lazy_ones(
            torch.zeros(1, *((3, input_shape, input_shape) if isinstance(input_shape, int) else input_shape))
        )
        return tuple(self._slower_guard().run(what, trace, self._module, input_shape).rows)

    def macs(self, input_shape: int | Sequence[int]) -> int | None:
        """Multiply-accumulates of one run; None where it cannot be traced."""
        try:
            return sum(row.macs for row in self.rows(input_shape))
        except (Mistake, NotDone):
            return None

    def _order(self, inputs: Sequence[np.ndarray]) -> list[torch.Tensor]:
        shapes = tuple(array.shape for array in inputs)
        if shapes not in self._orders:
            what = _run_text(self.name, inputs)
            self._make_lazy_ones(*to_torch(tuple(inputs)))
            self._orders[shapes] = self._guard.run(what, weights_in_order, self._module, inputs)
        return self._orders[shapes]

    def _slower_guard(self) -> Guard:
        """For what torch may first have to import something for."""
        return Guard(self.name, None, TRACE_SECONDS, self._guard.made)

    def _make_lazy_ones(self, *inputs: torch.Tensor) -> None:
        """Lazy layers get their weights in a first run."""
        if any(map(is_lazy, self._module.parameters())):
            with torch.no_grad():
                self._guard.run(f"{self.name} at its first run", lambda: plain(self._module(*inputs), self.name))

    def _must_have_forward(self) -> None:
        own = type(self._module)
        if own.forward is not nn.Module.forward:
            return
        written = [name for origin in type.mro(own) if origin not in nn.Module.__mro__ for name in vars(origin)]
        likely = next(iter(get_close_matches("forward", written, 1, 0.6)), "")
        raise Mistake(
            f"{self.name} has no forward",
            f"You have `{likely}`: its name must be forward."
            if likely
            else "Write def forward(self, x) inside the class.",
            ("no forward",),
            final=True,
        )


def functions_of(made: Any) -> Iterator[FunctionType]:
    """A function, or those of a class: methods, properties, whatever is wrapped."""
    for one in (made, *(vars(made).values() if isinstance(made, type) else ())):
        with suppress(Exception):  # it may be anything
            one = getattr(one, "fget", one)
            one = getattr(one, "__wrapped__", one)
            if isinstance(one, FunctionType):
                yield one


def _globals_of(made: Any) -> dict[str, Any]:
    """The names that a function, or a class's methods, find outside of themselves."""
    return next((function.__globals__ for function in functions_of(made)), {})


def _codes(made: Any) -> Iterator[CodeType]:
    """The code of a function or of a class's methods, and of the functions inside of it."""
    for function in functions_of(made):
        yield from _nested(function.__code__)


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def call_text(name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> str:
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
