"""Free operations that torch's meta device would get wrong here, because some of their tensors have numbers.

Each function takes the ledger, the operation and its arguments, and returns the output, or ``NotImplemented`` for the
cases that are as any other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .cheap import on_meta
from .operation import map_tensors, tensors_in

if TYPE_CHECKING:
    from .ledger import Ledger


def _to(ledger: Ledger, func: Callable, args: tuple, kwargs: dict) -> Any:
    """``x.to(...)``: a copy if the dtype changes; devices are all one here."""
    x, *wanted = args
    wanted = [a.dtype if isinstance(a, Tensor) else a for a in (*wanted, *kwargs.values())]
    dtype = next((a for a in wanted if isinstance(a, torch.dtype)), x.dtype)
    copied = kwargs.get("copy") or any(a is True for a in args[3:4])
    return x if dtype == x.dtype and not copied else on_meta(x).to(dtype, copy=bool(copied))


def _type(ledger: Ledger, func: Callable, args: tuple, kwargs: dict) -> Any:
    x, wanted = args[0], (*args[1:], kwargs.get("dtype"))[0]
    if wanted is None:
        return torch.empty(0, dtype=x.dtype).type()
    if not isinstance(wanted, torch.dtype):
        wanted = torch.empty(0).type(wanted).dtype
    return _to(ledger, func, (x, wanted), {})


def _same(ledger: Ledger, func: Callable, args: tuple, kwargs: dict) -> Any:
    return args[0]


def _dropout(ledger: Ledger, func: Callable, args: tuple, kwargs: dict) -> Any:
    training = kwargs.get("training", args[2] if len(args) > 2 else func is not torch.dropout)
    return NotImplemented if training and kwargs.get("train", True) else args[0]


def _constant(ledger: Ledger, func: Callable, args: tuple, kwargs: dict) -> Any:
    """``zeros_like(x)``, ``x.new_ones(...)``: made from x's shape and dtype, so it has numbers."""
    x, *rest = args
    like = torch.empty(0, dtype=x.dtype, device=ledger.device)
    if func.__name__.endswith("_like"):
        like = like.new_empty(()).expand(x.shape)
    kwargs = {**kwargs, "device": ledger.device} if "device" in kwargs else kwargs
    return func(like, *rest, **kwargs)


def _getitem(ledger: Ledger, func: Callable, args: tuple, kwargs: dict) -> Any:
    x, index = args
    if type(index) in (int, slice) or not _masks(index):
        return NotImplemented
    return func(on_meta(x), map_tensors(on_meta, _positions(ledger, index)))


def _setitem(ledger: Ledger, func: Callable, args: tuple, kwargs: dict) -> Any:
    x, index, value = args
    if not _masks(index):
        return NotImplemented
    if any(map(ledger.is_shape, _masks(index))):
        return None  # how many numbers are written cannot be known; that none is computed can
    return func(on_meta(x), map_tensors(on_meta, _positions(ledger, index)), map_tensors(on_meta, value))


def _masks(index: Any) -> list[Tensor]:
    return [t for t in tensors_in((index,)) if t.dtype in (torch.bool, torch.uint8)]


def _positions(ledger: Ledger, index: Any) -> Any:
    """An index in which masks have become the positions at which they are true."""
    parts = index if isinstance(index, tuple) else (index,)
    positions: list[Any] = []
    for part in parts:
        if isinstance(part, Tensor) and part.dtype in (torch.bool, torch.uint8):
            if ledger.is_shape(part) or part.is_meta:
                raise NotImplementedError
            positions += part.nonzero(as_tuple=True)
        else:
            positions.append(part)
    return tuple(positions)


def _broadcast_tensors(ledger: Ledger, func: Callable, args: tuple, kwargs: dict) -> Any:
    tensors = args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args
    shape = torch.broadcast_shapes(*(t.shape for t in tensors))
    return tuple(t.expand(shape) for t in tensors)


def _repeat_interleave(ledger: Ledger, func: Callable, args: tuple, kwargs: dict) -> Any:
    repeats = kwargs.get("repeats", args[1] if len(args) > 1 else args[0])
    if not isinstance(repeats, Tensor) or ledger.is_shape(repeats) or repeats.is_meta or "output_size" in kwargs:
        return NotImplemented
    x, dim = args[0], kwargs.get("dim", args[2] if len(args) > 2 else None)
    length = x.numel() if dim is None else x.shape[dim]
    size = int(repeats.expand(length).sum())
    return func(on_meta(x), on_meta(repeats), dim=dim, output_size=size)


def _on_zeros(ledger: Ledger, func: Callable, args: tuple, kwargs: dict) -> Any:
    """Packed sequences: lengths have numbers, the sequences get zeros as theirs."""
    out = func(*map_tensors(lambda t: torch.zeros(t.shape, dtype=t.dtype) if t.is_meta else t, args), **kwargs)
    return tuple(on_meta(t) if t.is_floating_point() else t for t in out)


SPECIAL: dict[str, Callable[..., Any]] = {
    "to": _to,
    "type": _type,
    "type_as": _to,
    **dict.fromkeys(("cpu", "cuda"), _same),
    **dict.fromkeys(
        "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout feature_dropout".split(), _dropout
    ),
    **dict.fromkeys(
        "zeros_like ones_like full_like empty_like rand_like randn_like randint_like new_zeros new_ones new_full "
        "new_empty new_tensor new_empty_strided".split(),
        _constant,
    ),
    "getitem": _getitem,
    "setitem": _setitem,
    "broadcast_tensors": _broadcast_tensors,
    "repeat_interleave": _repeat_interleave,
    "pack_padded_sequence": _on_zeros,
    "pad_packed_sequence": _on_zeros,
}
