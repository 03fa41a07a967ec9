"""A model during a trace: in eval mode and announcing its modules; afterwards exactly as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from .layers import RULES
from .private import changeable, during_trace, is_lazy, may_be_lazy, next_hook_id, set_attributes
from .row import Row, TraceError

if TYPE_CHECKING:
    from .ledger import Ledger
    from .operation import Operation


class State:
    """The parameters, buffers and modules of one model.

    Attributes:
        names: every module with all its names; a shared one has several.
        unread: parameters that no operation has read yet, by their id.
        buffers: every buffer by its id.
    """

    def __init__(self, model: nn.Module) -> None:
        self.names: dict[nn.Module, list[str]] = {}
        self.unread: dict[int, Tensor] = {}
        self.buffers: dict[int, Tensor] = {}
        self._known: dict[int, Tensor] = {}  # every parameter by its id, also those that are built in forward
        self._owners: dict[int, list[int]] = {}  # parameters by their memory
        self._memory: set[int] = set()
        self._checked: set[type] = set()
        self._undo: list[Callable[[], Any]] = []
        self._random = False
        self._collect(model, "")
        self.unread.update(self._known)

    def _collect(self, module: nn.Module, name: str) -> None:
        if module in self.names:
            self.names[module].append(name)
        else:
            if type(module) not in self._checked:
                self._check(module, name)
            self.names[module] = [name]
            for parameter in module._parameters.values():
                if parameter is not None:
                    self._known[id(parameter)] = parameter
            for buffer in module._buffers.values():
                if buffer is not None:
                    self.buffers[id(buffer)] = buffer
        prefix = name and name + "."
        for key, child in module._modules.items():
            if child is not None:
                self._collect(
                    child, name if key == "_orig_mod" else prefix + key
                )  # torch.compile's wrapper has no name

    def _check(self, module: nn.Module, name: str) -> None:
        if is_lazy(module):
            raise TraceError(f"{name or 'the model'} has no weights yet; run the model on a real input once first")
        if isinstance(module, torch.jit.ScriptModule):
            raise TraceError(
                f"{name or 'the model'}: a TorchScript module hides its operations; "
                "trace the Python module it was made from"
            )
        if not may_be_lazy(module):
            self._checked.add(type(module))

    def read(self, t: Tensor, memory: int) -> int:
        """How many learned numbers an operation reads for the first time with t, whose memory has that id."""
        if type(t) is nn.Parameter:
            if id(t) in self._known:
                return 0
            self._known[id(t)] = t  # of a layer that was built in forward
            return t.numel()
        if not self._owners:
            for key, parameter in self._known.items():
                self._owners.setdefault(id(parameter.untyped_storage()), []).append(key)
        return sum(map(self._take, self._owners.get(memory, ())))  # of a parameter that was transposed or reshaped

    def _take(self, key: int) -> int:
        parameter = self.unread.pop(key, None)
        return 0 if parameter is None else parameter.numel()

    def unread_rows(self) -> list[Row]:
        """A row for each module whose parameters no operation read, so that the rows add up to all of them."""
        rows = []
        for module, (name, *_) in self.names.items() if self.unread else ():
            left = sum(self._take(id(parameter)) for parameter in module._parameters.values())
            if left:
                rows.append(Row(name, "parameters", None, None, left, 0, 0, 0, 0, kind="parameters"))
        return rows

    def memory(self) -> set[int]:
        """Ids of the memory of every parameter, buffer and tensor attribute of the model."""
        if not self._memory:
            for module in self.names:
                for values in (module._parameters, module._buffers, module.__dict__):
                    self._memory |= {id(t.untyped_storage()) for t in values.values() if isinstance(t, Tensor)}
        return self._memory

    # --- what a forward changes --------------------------------------------------------------------------------------

    def before(self, op: Operation, args: tuple, kwargs: dict) -> None:
        """Remember what an operation on plain tensors is about to change."""
        if op.random and not self._random:
            self._random = True
            self._undo.append(partial(torch.set_rng_state, torch.get_rng_state()))
        if op.in_place or op.name in ("batch_norm", "instance_norm"):
            for t in (*args, *kwargs.values()) if not op.operator else args[:1]:
                if isinstance(t, Tensor):
                    self.before_change(t)
        if isinstance(kwargs.get("out"), Tensor):
            self.before_change(kwargs["out"])
        if op.raw == "__set__":  # t.data = ...
            self._undo.append(partial(setattr, args[0], op.name, getattr(args[0], op.name)))

    def before_change(self, t: Tensor) -> None:
        """Remember a tensor's numbers, if it is the model's."""
        if not t.is_meta and id(t.untyped_storage()) in self.memory():
            self._undo.append(partial(t.copy_, t.clone()))

    @contextmanager
    def watched(self, ledger: Ledger) -> Iterator[None]:
        """Every module in eval mode, and writing its name into the ledger's path while it runs.

        Those of torch's layers that have a rule offer themselves to the ledger first. Afterwards all is as it was.
        """
        first_hook = next_hook_id()
        exchanged: list[tuple[nn.Module, dict[str, Any]]] = []
        contents: list[tuple[Any, Any]] = []
        is_shared = any(len(paths) > 1 for paths in self.names.values())
        try:
            for module, paths in self.names.items():
                attributes, kind, path = module.__dict__, type(module), paths[0]
                if len(paths) == 1 and "forward" not in attributes:
                    rule = RULES.get(kind)
                    # these run no operation of their own, and no module needs their names to find its own
                    silent = kind is nn.Identity or (kind is nn.Sequential and not is_shared)
                    if rule or silent:
                        contents += changeable(attributes)
                        attributes["training"] = False
                        if rule:
                            attributes["forward"] = partial(ledger.price, path, module.forward, rule, module)
                        continue
                forward: Any = attributes["_modules"].get("_orig_mod", module.forward)
                exchanged.append((module, attributes))
                attributes = during_trace(module, contents)
                attributes["forward"] = partial(announce, ledger.path, path if len(paths) == 1 else paths, forward)
                set_attributes(module, attributes)
            yield
        finally:
            for module, attributes in exchanged:
                set_attributes(module, attributes)
            for container, content in contents:
                _refill(container, content)
            self._forget_hooks(first_hook)
            for undo in reversed(self._undo):
                undo()

    def _forget_hooks(self, first: int) -> None:
        """Take away the hooks that were registered in forward."""
        if next_hook_id() != first:
            for module in self.names:
                for name, hooks in module.__dict__.items():
                    if name.endswith("_hooks") and isinstance(hooks, dict):
                        for key in [key for key in hooks if isinstance(key, int) and key >= first]:
                            del hooks[key]


def _refill(container: Any, content: Any) -> None:
    container.clear()
    if isinstance(container, (dict, set)):
        container.update(content)
    else:
        container.extend(content)


def announce(running: list[str], path: str | list[str], forward: Callable, *args: Any, **kwargs: Any) -> Any:
    """Stands for a module's forward."""
    if isinstance(path, list):  # a shared module goes by the name that the running parent has for it
        path = next((p for p in path if p.startswith(running[-1])), path[0])
    running.append(path)
    try:
        return forward(*args, **kwargs)
    finally:
        running.pop()


def running_module(variables: dict[str, Any]) -> str:
    """The name of the module that a call of ``announce`` with these variables stands for."""
    path = variables["path"]
    return path[0] if isinstance(path, list) else path
