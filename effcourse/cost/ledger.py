"""The recorder: prices each operation of one forward and writes its row.

torch shows every operation to a ``TorchFunctionMode`` before it runs. What the input has become are *shapes*: tensors
on torch's meta device, which have a shape, a dtype and no numbers. Weights, constants and indices are *plain*: they
keep their numbers, and what is made from them alone is computed as torch would. Five cases:

1. The operation has a handler (``HANDLERS``): it gives the output's shape and the MACs.
2. torch takes it apart into products (``COMPOSITES``): they are counted.
3. It is known to have no MACs (``FREE``): our own rule (``CHEAP``) or torch's meta device says the output's shape. If
   the output shares the input's memory it is a view, and costs nothing.
4. It asks for a shape or the like (``QUESTIONS``): answered.
5. It is unknown, or asks for numbers: an error.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode

from . import sequences  # noqa: F401, whose handlers register themselves
from .cheap import empty, on_meta
from .composites import COMPOSITES, CountProducts
from .free import FREE, LIKE_ANOTHER
from .handlers import HANDLERS
from .layers import Rule
from .operation import Operation, map_tensors, operation, tensors_in
from .private import innermost, outside
from .row import Layer, NumbersNeeded, Row, TraceError
from .special import SPECIAL
from .state import State, announce


class Ledger(TorchFunctionMode):
    """Sees the operations of one forward, in the order in which they run, and writes a row for each.

    Args:
        device: where the model believes its input to be.
        state: the model's parameters and buffers.
        numbers: compute with the input's numbers too, for a forward that decides by them.
    """

    def __init__(self, device: torch.device, state: State, numbers: bool = False) -> None:
        super().__init__()
        self.device = device
        self.state = state
        self.numbers = numbers
        self.rows: list[Row] = []
        self.path: list[str] = [""]  # names of the modules that are running, the innermost last
        self.live_bytes = 0
        self.live: dict[int, _Memory] = {}  # memory of what the input has become, by its id
        self.plain_meta: dict[int, Any] = {}  # of plain tensors without numbers, which a model on meta makes
        self.claimed = False  # whether a plain tensor has been written into
        self.when_freed = self._freed

    # --- memory ------------------------------------------------------------------------------------------------------

    def own(self, tensor: Tensor) -> None:
        """Count a tensor's memory as live until torch frees it."""
        storage = tensor.untyped_storage()
        key = id(storage)  # torch keeps this object as long as the memory
        if key not in self.live:
            self.live[key] = memory = _Memory(storage, self.when_freed)
            memory.key = key
            memory.nbytes = nbytes = storage.nbytes()
            self.live_bytes += nbytes

    def _freed(self, memory: _Memory) -> None:
        del self.live[memory.key]
        self.live_bytes -= memory.nbytes

    def is_shape(self, x: Any) -> bool:
        """Whether x is a tensor that came from the input."""
        return isinstance(x, Tensor) and id(x.untyped_storage()) in self.live

    # --- operations --------------------------------------------------------------------------------------------------

    def price(self, path: str, forward: Callable, rule: Rule, layer: nn.Module, *args: Any, **kwargs: Any) -> Any:
        """Stands for the forward of one of torch's layers: its output, by its rule where that can tell."""
        out = None
        if len(args) == 1 and not kwargs and not (self.claimed or self.numbers) and innermost(self):
            out = outside(self, self._price, path, rule, layer, args[0])
        return announce(self.path, path, forward, *args, **kwargs) if out is None else out

    def _price(self, path: str, rule: Rule, layer: nn.Module, x: Any) -> Tensor | None:
        if type(x) is not Tensor or id(x.untyped_storage()) not in self.live:
            return None
        try:
            priced = rule(layer, x)
        except (
            ValueError,
            TypeError,
            RuntimeError,
            LookupError,
            AttributeError,
        ):  # the function will say what is wrong
            return None
        if priced is None:
            return None
        name, weights, out, macs, known = priced
        buffers, plain, nbytes = self.state.buffers, [], x.nbytes
        for t in weights:
            if type(t) is not nn.Parameter and id(t) not in buffers:
                return None
            plain.append((t, 0))
            nbytes += t.nbytes
        shape = tuple(x.shape)
        if out is not x:
            self.own(out)
        self.path.append(path)
        self._write(name, shape, (out,), plain, macs, nbytes, known)
        self.path.pop()
        return out

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        op = operation(func)
        if op.question:
            return self._answer(op, func, args, kwargs or {})
        try:
            return self._apply(op, func, args, kwargs or {})
        except TraceError:
            raise
        except NotImplementedError as error:  # from meta: the numbers decide about the output's shape
            raise self._numbers_needed(op) from error
        except (ValueError, TypeError, RuntimeError, IndexError) as error:
            if op.operator and isinstance(error, TypeError):
                return NotImplemented  # x != None: Python then asks the other side
            raise TraceError(f"{self.where()}: {op.name}: {error}") from error

    def _answer(self, op: Operation, func: Callable, args: tuple, kwargs: dict) -> Any:
        if args and op.name in ("device", "is_cuda", "is_cpu") and args[0].is_meta:
            return self.device if op.name == "device" else self.device.type == op.name[3:]
        return func(*args, **kwargs)

    def _apply(self, op: Operation, func: Callable, args: tuple, kwargs: dict) -> Any:
        live, source = self.live, None
        # weights are known by themselves, as long as nothing was written into any
        buffers = {} if self.claimed else self.state.buffers
        plain: list[tuple[Tensor, int]] = []  # with their memory's id
        nbytes = 0
        for t in tensors_in((*args, *kwargs.values()) if kwargs else args):
            nbytes += t.nbytes
            if (type(t) is nn.Parameter and not self.claimed) or id(t) in buffers:
                plain.append((t, 0))
                continue
            key = id(t.untyped_storage())
            if key not in live:
                plain.append((t, key))
                if t.is_meta:
                    self._check_origin(key)
            elif source is None:
                source = t
        if source is None:
            return self._on_plain(op, func, args, kwargs, plain, nbytes)
        shape = tuple(source.shape)  # now, for it may change in place
        name, in_place, macs, layer = op.name, op.in_place, 0, None
        if kwargs:
            in_place = in_place or kwargs.get("inplace") is True
            if kwargs.get("out") is not None:
                return self._into(func, args, kwargs)
        target = (args[0] if args else next(iter(kwargs.values()))) if in_place else None
        if target is not None:
            if op.reshapes:
                return func(*args, **kwargs)
            self._claim(target)
        handler, out = HANDLERS.get(name), None
        if handler is not None:
            out_shape, macs, *known = handler(*args, **kwargs)
            if known:
                layer = known[0]
            out = func(*args, **kwargs) if self.numbers else _empties(out_shape, source.dtype)
        elif op.cheap is not None and not self.numbers:
            out = op.cheap(*args, **kwargs)
            if out is not None and target is None:  # the commonest case
                self.own(out)
                self._write(name, shape, (out,), plain, 0, nbytes, None)
                return out
        if out is None:
            if op.needs_numbers:
                if self.numbers:
                    return func(*args, **kwargs)
                raise self._numbers_needed(op)
            if name in LIKE_ANOTHER and not self.is_shape(args[0]):
                return func(*args, **kwargs)
            out, macs, layer = self._torch(name, func, args, kwargs)
        if target is not None:
            if isinstance(out, Tensor) and out.shape != target.shape:
                raise ValueError(f"a result of {tuple(out.shape)} does not fit into {tuple(target.shape)}")
            self._write(name, shape, [target], plain, macs, nbytes, layer)
            return target if out is not None else None
        made = [t for t in ([out] if type(out) is Tensor else tensors_in((out,))) if self._is_new(t)]
        if made or macs:  # what shares the input's memory is a view, and costs nothing
            for t in made:
                self.own(t)
            self._write(name, shape, made, plain, macs, nbytes, layer)
        return out

    def _torch(self, name: str, func: Callable, args: tuple, kwargs: dict) -> tuple[Any, int, Layer | None]:
        """Output, MACs and kind of an operation by torch's own account of it."""
        if name in SPECIAL and not self.numbers:
            out = SPECIAL[name](self, func, args, kwargs)
            if out is not NotImplemented:
                return out, 0, None
        if name in COMPOSITES:
            with sdpa_kernel(SDPBackend.MATH), CountProducts() as products:  # fused kernels hide their products
                return self._run(func, args, kwargs), products.macs, COMPOSITES[name]
        if name in FREE:
            return self._run(func, args, kwargs), 0, None
        raise self._unknown(name)

    def _is_new(self, t: Tensor) -> bool:
        return id(t.untyped_storage()) not in self.live and (self.numbers or t.is_meta)

    def _run(self, func: Callable, args: tuple, kwargs: dict) -> Any:
        """The operation itself, on torch's meta device."""
        if self.numbers:
            return func(*args, **kwargs)
        return func(*map_tensors(on_meta, args), **map_tensors(on_meta, kwargs))

    def _on_plain(
        self, op: Operation, func: Callable, args: tuple, kwargs: dict, plain: list[tuple[Tensor, int]], nbytes: int
    ) -> Any:
        """An operation on weights and constants only: done, and written down if it has MACs."""
        macs, layer, out = None, None, NotImplemented
        if any(t.is_meta for t, _ in plain):  # a model on the meta device
            if op.needs_numbers:
                raise self._numbers_needed(op)
            if op.name in SPECIAL:
                out = SPECIAL[op.name](self, func, args, kwargs)
            args, kwargs = map_tensors(on_meta, args), map_tensors(on_meta, kwargs)
        self.state.before(op, args, kwargs)
        if op.name in HANDLERS:
            _, macs, *known = HANDLERS[op.name](*args, **kwargs)
            layer = known[0] if known else None
        elif op.name in COMPOSITES:
            with sdpa_kernel(SDPBackend.MATH), CountProducts() as products:
                out = func(*args, **kwargs)
            macs, layer = products.macs, COMPOSITES[op.name]
        elif not (op.name in FREE or op.needs_numbers or op.raw == "__set__" or not plain):
            raise self._unknown(op.name)
        if out is NotImplemented:
            out = func(*args, **kwargs)
        made = tensors_in((out,))
        for t in made:
            if t.is_meta:
                storage = t.untyped_storage()
                self.plain_meta[id(storage)] = storage
        if macs is not None:
            self._write(op.name, tuple(plain[0][0].shape), made, plain, macs, nbytes, layer)
        return out

    def _claim(self, target: Tensor) -> None:
        """A plain tensor into which something from the input is written: its numbers are known no more."""
        if not self.is_shape(target):
            self.claimed = True
            if self.numbers:
                self.state.before_change(target)
            self.own(target)

    def _into(self, func: Callable, args: tuple, kwargs: dict) -> Any:
        """``torch.add(x, y, out=z)``: as without ``out``, and then into it."""
        target = kwargs.pop("out")
        result = self.__torch_function__(func, (), args, kwargs)
        if not isinstance(target, Tensor) or not isinstance(result, Tensor):
            raise ValueError("out= is understood for one tensor only; leave it away")
        if target.shape != result.shape:
            raise ValueError(f"a result of {tuple(result.shape)} does not fit into out= of {tuple(target.shape)}")
        self._claim(target)
        if self.numbers:
            target.copy_(result)
        return target

    # --- rows --------------------------------------------------------------------------------------------------------

    def _write(
        self,
        name: str,
        in_shape: tuple[int, ...],
        made: Sequence[Tensor],
        plain: list[tuple[Tensor, int]],
        macs: int,
        nbytes: int,
        layer: Layer | None,
    ) -> None:
        params = written = 0
        unread = self.state.unread
        for t, key in plain:
            if id(t) in unread:
                params += unread.pop(id(t)).numel()
            elif key or type(t) is nn.Parameter:
                params += self.state.read(t, key)
        for t in made:
            written += t.numel()
            nbytes += t.nbytes
        out_shape = tuple(made[0].shape) if made else None
        kernel, stride, groups, kind = layer or (None, None, None, name)
        self.rows.append(
            Row(
                self.path[-1], name, in_shape, out_shape, params, macs, written, nbytes, self.live_bytes,
                kernel, stride, groups, kind,
            )
        )  # fmt: skip

    # --- errors ------------------------------------------------------------------------------------------------------

    def where(self) -> str:
        """The running module, for messages."""
        return self.path[-1] or "the model"

    def _numbers_needed(self, op: Operation) -> NumbersNeeded:
        what = _ASKING.get(op.raw, op.raw.strip("_"))
        return NumbersNeeded(
            f"{self.where()}: {what} needs the numbers in a tensor, and a trace has only its shape; if they decide "
            "about the cost, give an example that has some: trace(model, inputs=torch.rand(1, 3, 224, 224)), with the "
            "model on the CPU"
        )

    def _unknown(self, name: str) -> TraceError:
        return TraceError(
            f"{self.where()}: the cost of the operation {name!r} is not known; teach it with "
            f"@effcourse.cost.register_op({name!r}) above a function of its arguments that returns "
            "(output shape, MACs)"
        )

    def _check_origin(self, key: int) -> None:
        if key not in self.plain_meta and key not in self.state.memory():
            raise TraceError(
                f"{self.where()}: a tensor comes from code that a trace does not see, such as a C++ extension; write "
                "that step in Python with torch's operations"
            )


# --- helpers ---------------------------------------------------------------------------------------------------------

_ASKING = {
    "__bool__": "a decision (if, while, and, or)",
    "__float__": "float()",
    "__int__": "int()",
    "__index__": "int()",
    "__contains__": "in",
    "__array__": "numpy",
}


class _Memory(weakref.ref):
    """Watches one block of memory of what the input has become."""

    __slots__ = ("key", "nbytes")
    key: int
    nbytes: int


def _empties(shape: Any, dtype: torch.dtype) -> Any:
    """The output of a handler: one tensor, or a tuple of them if ``shape`` is one of shapes."""
    if shape and not isinstance(shape[0], int):
        return tuple(None if s is None else empty(tuple(s), dtype) for s in shape)
    return empty(tuple(shape), dtype)
