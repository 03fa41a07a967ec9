"""Every place where a trace leans on something of torch that its documentation does not promise, in one file.

Each has a test in ``tests/cost/test_private.py`` that says what is missing on a torch that lacks it.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from itertools import islice
from typing import Any

import torch
import torch.nn.functional as F
import torch.utils.hooks
from torch import nn
from torch.overrides import TorchFunctionMode

# where nn.Module keeps what it registers
CONTAINERS = ("_parameters", "_buffers", "_modules", "_non_persistent_buffers_set")
_MUTABLE = {dict, list, set, OrderedDict, deque}
_OWN_ATTRIBUTES = list(nn.Module().__dict__)  # of every module, in this order
_FIRST, _HOW_MANY = _OWN_ATTRIBUTES[0], len(_OWN_ATTRIBUTES)


@lru_cache(maxsize=4096)
def _is_torchs(kind: Any) -> bool:
    """Whether a class of modules is torch's own, whose forward changes none of its lists."""
    return kind.__module__.startswith("torch.nn.modules.")


def during_trace(module: nn.Module, contents: list[tuple[Any, Any]]) -> dict[str, Any]:
    """The attributes that a module has during a trace: in eval mode, and with what a forward may change as copies.

    Lists, dicts and sets of the module's own may be known to others too, so they stay the same objects; they and what
    is in them are added to ``contents``.
    """
    attributes = module.__dict__.copy()
    for name in CONTAINERS:
        attributes[name] = attributes[name].copy()
    kind: Any = type(module)
    if not _is_torchs(kind):
        values = iter(attributes.values())
        if next(iter(attributes)) == _FIRST:
            values = islice(values, _HOW_MANY, None)
        contents += [(value, value.copy()) for value in values if type(value) in _MUTABLE]
    attributes["training"] = False
    if attributes.get("_compiled_call_impl") is not None:
        attributes["_compiled_call_impl"] = None
    # found here, they need not be searched by nn.Module.__getattr__, which takes longer than pricing them
    attributes.update(attributes["_parameters"])
    attributes.update(attributes["_modules"])
    return attributes


def changeable(attributes: dict[str, Any]) -> list[tuple[Any, Any]]:
    """The attributes of one of torch's layers and what it has registered, each with a copy to be restored."""
    found = [(attributes, attributes.copy())]
    for name in CONTAINERS:
        container = attributes[name]
        found.append((container, container.copy()))
    return found


def set_attributes(module: nn.Module, attributes: dict[str, Any]) -> None:
    """Exchange all attributes of a module at once, without asking its ``__setattr__``."""
    object.__setattr__(module, "__dict__", attributes)


def next_hook_id() -> int:
    """The number that the next hook to be registered will have."""
    return torch.utils.hooks.RemovableHandle.next_id


def unwrapped(module: nn.Module) -> nn.Module:
    """The module inside of what ``torch.compile`` returns; another module as it is."""
    return getattr(module, "_orig_mod", module)


def may_be_lazy(module: nn.Module) -> bool:
    """Whether modules of this class begin without knowing their weights' shapes."""
    return isinstance(module, nn.modules.lazy.LazyModuleMixin)


def is_lazy(module: nn.Module) -> bool:
    """Whether a module waits for its first input to know its weights' shapes."""
    return isinstance(module, nn.modules.lazy.LazyModuleMixin) and module.has_uninitialized_params()


def eager() -> Any:
    """A context in which functions that ``torch.compile`` has wrapped run as they were written."""
    if "torch._dynamo" in sys.modules and hasattr(torch.compiler, "set_stance"):
        return torch.compiler.set_stance("force_eager")
    return nullcontext()


def innermost(mode: TorchFunctionMode) -> bool:
    """Whether torch shows every function to ``mode`` first."""
    height = torch._C._len_torch_function_stack()
    return height > 0 and torch._C._get_function_stack_at(height - 1) is mode


def outside(mode: TorchFunctionMode, function: Any, *args: Any) -> Any:
    """Call a function as if ``mode``, the innermost one, had not been entered."""
    torch._C._pop_torch_function_stack()
    try:
        return function(*args)
    finally:
        torch._C._push_on_torch_function_stack(mode)


@contextmanager
def short_way(mode: TorchFunctionMode) -> Iterator[None]:
    """``F.relu`` and its like hand themselves to the mode at once.

    They all call ``handle_torch_function``, which takes some microseconds to find out who is to be asked.
    """
    functional: Any = F
    usual = functional.handle_torch_function

    def handle(function: Any, relevant: Any, *args: Any, **kwargs: Any) -> Any:
        if not innermost(mode):  # another one was entered in forward
            return usual(function, relevant, *args, **kwargs)
        return outside(mode, mode.__torch_function__, function, (), args, kwargs)

    functional.handle_torch_function = handle
    try:
        yield
    finally:
        functional.handle_torch_function = usual


@contextmanager
def script_functions_refused(refuse: Any) -> Iterator[None]:
    """Calls of TorchScript functions, which no mode sees, go to ``refuse(function, ...)``."""
    script: Any = torch._C.ScriptFunction
    call = script.__call__
    script.__call__ = refuse
    try:
        yield
    finally:
        script.__call__ = call
