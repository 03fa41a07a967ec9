"""A tensor that has a shape and no numbers, and what each operation on it costs.

``torch`` hands an operation to any argument that has ``__torch_function__``, so when ``nn.Conv2d`` calls
``F.conv2d(x, weight, ...)`` with a ``ShapeTensor`` x, the call arrives in ``Ledger.apply``. There are three cases:

1. The operation has a handler (``HANDLERS``), which gives the output shape and the MACs.
2. It is known to have no MACs (``NO_MACS``): torch itself says the output shape, on its "meta" device, where tensors
   have no numbers either. If the output shares the input's memory it is a view, and costs nothing.
3. It is unknown: an error. Never a silent zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .formulas import conv_out_size, per_axis

Shape = tuple[int, ...]


class TraceError(ValueError):
    """The model cannot be priced; the message names the operation, the module and what to do."""


class Row(NamedTuple):
    """One operation's cost, for one image."""

    name: str  # path of the module that ran it, "stages.1.0.expand.conv"; "" is the model itself
    op: str  # torch's name, "conv2d"
    in_shape: Shape | None  # of its first tensor, the batch of 1 included
    out_shape: Shape | None
    params: int  # learned numbers it read and no row above had read
    macs: int
    activations: int  # numbers it wrote
    bytes_moved: int  # tensors read (weights too) and written, each once
    live_bytes: int  # activations in memory while it ran, as eager PyTorch holds them


class ShapeTensor:
    """Stands for a ``torch.Tensor`` in a model's forward. Made by ``trace``; it has a shape, a dtype and no numbers.

    Its bytes count as live as long as Python keeps it, or a view of it, which is when torch frees memory too.
    """

    __slots__ = ("_base", "_meta", "dtype", "ledger", "nbytes", "shape")

    def __init__(
        self,
        ledger: Ledger,
        shape: Shape,
        dtype: torch.dtype,
        base: ShapeTensor | None = None,
        meta: Tensor | None = None,
    ) -> None:
        self.ledger = ledger
        self.shape = torch.Size(shape)
        self.dtype = dtype
        self.nbytes = math.prod(shape) * dtype.itemsize
        self._meta = meta
        self._base = base  # whose memory this is, for a view
        if base is None:
            ledger.live_bytes += self.nbytes

    def __del__(self) -> None:
        if self._base is None:
            self.ledger.live_bytes -= self.nbytes

    @property
    def meta(self) -> Tensor:
        """The same tensor on torch's meta device (contiguous, unless a view made it)."""
        if self._meta is None:
            self._meta = torch.empty(self.shape, dtype=self.dtype, device="meta")
        return self._meta

    @property
    def device(self) -> torch.device:
        return self.ledger.device

    @classmethod
    def __torch_function__(cls, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        first = next(t for t in _tensors(args, kwargs or {}) if type(t) is ShapeTensor)
        return first.ledger.apply(func, args, kwargs or {})

    def size(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        return len(self.shape)

    def numel(self) -> int:
        return math.prod(self.shape)

    ndim = property(dim)
    ndimension, nelement = dim, numel

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a tensor of no dimensions has no len()")
        return self.shape[0]

    def __iter__(self) -> Iterator[ShapeTensor]:
        return iter(self.unbind(0))

    def __getattr__(self, name: str) -> Any:
        """Every other method and attribute of a tensor."""
        if name in _NUMBERS:
            self._no_numbers(name)
        attribute = getattr(torch.Tensor, name)  # AttributeError for what no tensor has
        if callable(attribute):
            return lambda *args, **kwargs: self.ledger.apply(attribute, (self, *args), kwargs)
        value = getattr(self.meta, name)  # T, mT, is_cuda, itemsize, ...
        return self._view(value) if isinstance(value, Tensor) else value

    def _view(self, meta: Tensor) -> ShapeTensor:
        return ShapeTensor(self.ledger, meta.shape, meta.dtype, self if self._base is None else self._base, meta)

    def _no_numbers(self, what: str) -> NoReturn:
        raise TraceError(
            f"{self.ledger.where()}: {what} needs the numbers in a tensor, and a trace has only its shape "
            f"{tuple(self.shape)}; a cost that depends on the numbers cannot be traced"
        )

    def __rmatmul__(self, other: Any) -> Any:
        return self.ledger.apply(torch.matmul, (other, self), {})

    def __bool__(self) -> bool:
        self._no_numbers("a decision (if, while, and, or)")

    def __float__(self) -> float:
        self._no_numbers("float()")

    def __int__(self) -> int:
        self._no_numbers("int()")

    __index__ = __int__
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"ShapeTensor{tuple(self.shape)}"


_NUMBERS = {"item", "tolist", "numpy", "__array__", "data_ptr"}


def _operator(name: str) -> Callable:
    func = getattr(torch.Tensor, name)
    return lambda self, *args: self.ledger.apply(func, (self, *args), {})


for _operation in (
    "add radd iadd sub rsub isub mul rmul imul truediv rtruediv itruediv floordiv rfloordiv mod pow rpow matmul "
    "neg abs invert and or xor eq ne lt le gt ge getitem setitem"
).split():
    setattr(ShapeTensor, f"__{_operation}__", _operator(f"__{_operation}__"))


# --- 1. operations with a handler: the operation's own arguments -> (output shape or shapes, MACs) --------------------

HANDLERS: dict[str, Callable[..., tuple[Any, int]]] = {}


def register_op(*names: str) -> Callable[[Callable], Callable]:
    """Teach ``trace`` an operation: decorate a function that returns its output shape and its MACs.

    ``names`` are torch's, such as ``"conv2d"`` for ``F.conv2d``; an in-place or operator form (``mul_``,
    ``__mul__``) goes by the plain name (``mul``). The function gets the operation's own arguments, of which it may
    use the shapes.

    >>> @register_op("inner")
    ... def inner(input, other):  # (N, P, M), (R, M) -> (N, P, R)
    ...     shape = (*input.shape[:-1], *other.shape[:-1])
    ...     return shape, math.prod(shape) * input.shape[-1]
    """

    def register(handler: Callable) -> Callable:
        HANDLERS.update(dict.fromkeys(names, handler))
        return handler

    return register


def _conv(ndim: int) -> Callable:
    def conv(
        input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
    ) -> Any:
        size, filters = tuple(input.shape), tuple(weight.shape)  # (N, C, *axes), (C', C / groups, *kernel)
        _check_channels(size, filters[1] * groups, ndim)
        if padding == "same":  # torch allows it at stride 1 only
            out = size[-ndim:]
        else:
            padding = 0 if padding == "valid" else padding
            axes = [v if type(v) is tuple else per_axis(v, ndim) for v in (stride, padding, dilation)]
            out = tuple(map(conv_out_size, size[-ndim:], filters[2:], *axes))
        shape = (*size[: -ndim - 1], filters[0], *out)
        return shape, math.prod(shape) * math.prod(filters[1:])

    return conv


def _conv_transpose(ndim: int) -> Callable:
    def conv_transpose(
        input: Any,
        weight: Any,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Any:
        size, (in_channels, group_channels, *kernel) = input.shape, weight.shape
        _check_channels(size, in_channels, ndim)
        axes = (per_axis(v, ndim) for v in (size[-ndim:], kernel, stride, padding, output_padding, dilation))
        out = tuple((n - 1) * s - 2 * p + d * (k - 1) + extra + 1 for n, k, s, p, extra, d in zip(*axes, strict=True))
        if min(out) < 1:
            raise ValueError(f"an input of {tuple(size)} leaves an output of {out}; use a larger input")
        batch = size[: -ndim - 1]
        # every input number is multiplied with the whole kernel of its group's output channels
        macs = math.prod(size) * group_channels * math.prod(kernel)
        return (*batch, group_channels * groups, *out), macs

    return conv_transpose


def _check_channels(size: Shape, channels: int, ndim: int) -> None:
    if len(size) <= ndim or size[-ndim - 1] != channels:
        got = f"{size[-ndim - 1]}" if len(size) > ndim else f"an input of shape {tuple(size)}"
        raise ValueError(f"expected {channels} input channels, got {got}")


for _n in (1, 2, 3):
    register_op(f"conv{_n}d")(_conv(_n))
    register_op(f"conv_transpose{_n}d")(_conv_transpose(_n))


@register_op("linear")
def _linear(input: Any, weight: Any, bias: Any = None) -> Any:
    if input.shape[-1] != weight.shape[-1]:
        raise ValueError(f"expected {weight.shape[-1]} input features, got {input.shape[-1]}")
    out = (*input.shape[:-1], *weight.shape[:-1])
    return out, math.prod(out) * weight.shape[-1]


@register_op("bilinear")
def _bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    out = (*input1.shape[:-1], weight.shape[0])
    # for each output feature x1ᵀ W x2: the product with W, then the one with x1
    return out, math.prod(out) * (weight.shape[1] * weight.shape[2] + weight.shape[1])


def _broadcast(a: Shape, b: Shape) -> Shape:
    """torch.broadcast_shapes, which takes 50 µs."""
    if len(a) != len(b):
        a, b = tuple(a), tuple(b)
        a, b = (1,) * (len(b) - len(a)) + a, (1,) * (len(a) - len(b)) + b
    if any(m != n and m != 1 and n != 1 for m, n in zip(a, b, strict=True)):
        raise ValueError(f"shapes {tuple(a)} and {tuple(b)} do not fit together")
    return tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))


@register_op("matmul", "mm", "bmm", "mv")
def _matmul(input: Any, other: Any, out: Any = None) -> Any:
    a, b = tuple(input.shape), tuple(other.shape)
    if not a or not b:
        raise ValueError("a matrix product needs tensors of at least one dimension")
    rows, inner = a[-2:] if len(a) > 1 else (1, a[0])
    inner_b, columns = b[-2:] if len(b) > 1 else (b[0], 1)
    if inner != inner_b:
        raise ValueError(f"cannot multiply {a} by {b}: the inner sizes {inner} and {inner_b} differ")
    batch = _broadcast(a[:-2], b[:-2])
    shape = (*batch, *((rows,) if len(a) > 1 else ()), *((columns,) if len(b) > 1 else ()))
    return shape, math.prod(batch) * rows * inner * columns


@register_op("addmm", "baddbmm", "addmv")
def _addmm(input: Any, a: Any, b: Any, beta: float = 1, alpha: float = 1) -> Any:
    return _matmul(a, b)


@register_op("einsum")
def _einsum(equation: str, *operands: Any) -> Any:
    """Counted as torch does it: operands are contracted pairwise from left to right."""
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    metas = [_on_meta(o) for o in operands]
    out_shape = tuple(torch.einsum(equation, *metas).shape)
    inputs, _, output = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if "..." in equation:
        raise ValueError(f"einsum equation {equation!r} has an ellipsis; name its axes")
    if "->" not in equation:
        letters = "".join(terms)
        output = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    sizes = {c: n for term, m in zip(terms, metas, strict=True) for c, n in zip(term, m.shape, strict=True)}
    macs, left = 0, set(terms[0])
    for i, term in enumerate(terms[1:], start=1):
        needed = set(output).union(*terms[i + 1 :])
        contracted = (left & set(term)) - needed
        if contracted:
            macs += math.prod(sizes[c] for c in left | set(term))
        left = (left | set(term)) & needed
    return out_shape, macs


@register_op("scaled_dot_product_attention")
def _attention(query: Any, key: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
    *batch, length, width = query.shape
    source, value_width = value.shape[-2:]
    macs = math.prod(batch) * length * source * (width + value_width)  # q kᵀ, then weights @ v
    return (*batch, length, value_width), macs


@register_op("multi_head_attention_forward")
def _multi_head_attention(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    *args: Any,
    need_weights: bool = True,
    average_attn_weights: bool = True,
    **kwargs: Any,
) -> Any:
    """``nn.MultiheadAttention``: (L, N, E) queries, (S, N, E_k) keys, (S, N, E_v) values."""
    length, source, width = query.shape[0], key.shape[0], query.shape[-1]
    batch = query.shape[1:-1]
    macs = 2 * length * width * width + source * width * (key.shape[-1] + value.shape[-1])  # projections: q, out; k, v
    attended = source + (bias_k is not None) + add_zero_attn
    macs += 2 * length * attended * width  # q kᵀ, then weights @ v
    heads = () if average_attn_weights else (num_heads,)
    weights = (*batch, *heads, length, attended) if need_weights else None
    return (tuple(query.shape), weights), math.prod(batch) * macs


@register_op("dot", "vdot")
def _dot(input: Any, other: Any) -> Any:
    return (), input.shape[0]


@register_op("batch_norm")
def _batch_norm(input: Any, running_mean: Any, running_var: Any, weight: Any = None, *args: Any, **kwargs: Any) -> Any:
    known = running_mean if running_mean is not None else weight
    if known is not None and input.shape[1] != known.shape[0]:
        raise ValueError(f"expected {known.shape[0]} channels, got {input.shape[1]}")
    return input.shape, 0


@register_op(
    *"relu relu6 hardtanh hardswish hardsigmoid silu gelu sigmoid tanh leaky_relu elu prelu softmax log_softmax".split()
)
def _same_shape(input: Any, *args: Any, **kwargs: Any) -> Any:
    return input.shape, 0


@register_op(*"add radd iadd sub rsub isub mul rmul imul div truediv rtruediv itruediv true_divide".split())
def _arithmetic(input: Any, other: Any, *args: Any, **kwargs: Any) -> Any:
    a, b = getattr(input, "shape", ()), getattr(other, "shape", ())
    return (a if a == b else _broadcast(a, b)), 0


@register_op("adaptive_avg_pool2d")
def _adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    *lead, height, width = input.shape
    h, w = per_axis(output_size)
    return (*lead, height if h is None else h, width if w is None else w), 0


@register_op("cat", "concat", "concatenate")
def _cat(tensors: Any, dim: int = 0, **kwargs: Any) -> Any:
    first, *others = shapes = [tuple(t.shape) for t in tensors]
    at = kwargs.get("axis", dim) % len(first)
    if any(s[:at] != first[:at] or s[at + 1 :] != first[at + 1 :] for s in others):
        raise ValueError(f"cannot join {', '.join(map(str, shapes))}: they differ elsewhere than in dimension {at}")
    return (*first[:at], sum(s[at] for s in shapes), *first[at + 1 :]), 0


# --- 2. operations without a multiply-accumulate, whose shapes torch's meta device knows ------------------------------

NO_MACS = set(
    # functions of each number
    "celu selu mish rrelu softplus softsign tanhshrink hardshrink softshrink threshold logsigmoid glu exp log log1p "
    "expm1 sqrt rsqrt square reciprocal abs neg negative sign floor ceil round trunc sin cos erf clamp clamp_min "
    "clamp_max clip softmin normalize cumsum invert "
    # normalisation
    "layer_norm group_norm instance_norm rms_norm local_response_norm "
    # two tensors, number by number
    "subtract multiply divide floordiv rfloordiv floor_divide mod remainder pow rpow maximum minimum addcmul addcdiv "
    "lerp where masked_fill "
    "eq ne lt le gt ge and or xor logical_and logical_or logical_not "
    # reductions
    "mean sum prod max min amax amin var std var_mean norm logsumexp argmax argmin all any "
    # pooling, padding, resizing
    "max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d "
    "adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d lp_pool1d lp_pool2d pad "
    "interpolate upsample unfold fold pixel_shuffle pixel_unshuffle channel_shuffle "
    # shape and selection
    "view view_as reshape reshape_as flatten unflatten squeeze unsqueeze transpose swapaxes swapdims permute movedim t "
    "chunk split split_with_sizes tensor_split unbind select narrow getitem setitem index_select gather expand "
    "expand_as broadcast_to contiguous clone detach type float half double bfloat16 type_as stack "
    " hstack vstack roll flip repeat repeat_interleave tile tril triu embedding "
    "zeros_like ones_like empty_like full_like rand_like randn_like new_zeros new_ones new_empty new_full".split()
)
# at inference these hand their input on
NOTHING = set("dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout cpu".split())
# answered from the meta tensor, without a row
QUESTIONS = set("is_contiguous is_floating_point is_complex stride element_size get_device".split())


class Ledger(TorchFunctionMode):
    """Prices each operation of one forward and writes its row.

    As a ``TorchFunctionMode`` it also sees operations on plain tensors, so that a product of two parameters is
    counted like any other.
    """

    def __init__(self, device: torch.device, unread: dict[int, int]) -> None:
        super().__init__()
        self.device = device
        self.rows: list[Row] = []
        self.path: list[str] = [""]  # names of the modules that are running, the innermost last
        self.live_bytes = 0
        self.unread = unread  # size of each parameter by id; the operation that reads one takes it out

    def where(self) -> str:
        """The running module, for messages."""
        return self.path[-1] or "the model"

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        if ShapeTensor in types or op_name(func)[0] in HANDLERS:
            return self.apply(func, args, kwargs or {})
        return func(*args, **(kwargs or {}))  # on plain tensors only, and no MACs in it: just do it

    def apply(self, func: Callable, args: tuple, kwargs: dict) -> Any:
        """Do ``func`` on shapes, and write its row."""
        name, in_place = op_name(func)
        in_place = in_place or ("inplace" in kwargs and kwargs["inplace"])
        try:
            if name in HANDLERS:
                shape, macs = HANDLERS[name](*args, **kwargs)
                return self._write(name, in_place, args, kwargs, shape, macs)
            if name in NO_MACS:
                return self._apply_on_meta(func, name, in_place, args, kwargs)
            if name in NOTHING:
                return args[0]
            if name in QUESTIONS:
                return func(*map(_on_meta, args), **kwargs)
            if name == "to":
                return self._to(args, kwargs)
        except TraceError:
            raise
        except (ValueError, TypeError, RuntimeError, IndexError) as error:
            raise TraceError(f"{self.where()}: {name}: {error}") from error
        raise TraceError(
            f"{self.where()}: the cost of the operation {name!r} is not known; teach it with "
            f"@effcourse.cost.register_op({name!r}) above a function of its arguments that returns "
            "(output shape, MACs)"
        )

    def _apply_on_meta(self, func: Callable, name: str, in_place: bool, args: tuple, kwargs: dict) -> Any:
        with torch._C.DisableTorchFunction():
            out = func(*_map(_on_meta, args), **_map(_on_meta, kwargs))
            if out is None:  # x[...] = y
                return self._write(name, True, args, kwargs, args[0].shape, 0)
            parts = out if isinstance(out, (tuple, list)) else (out,)
            if not in_place:
                memory = _storage(parts[0])
                for t in _tensors(args, kwargs):
                    if type(t) is ShapeTensor and _storage(t.meta) == memory:
                        views = [t._view(part) for part in parts]
                        return type(out)(views) if parts is out else views[0]
        if parts is out:
            shapes = tuple(tuple(part.shape) for part in parts)
            return type(out)(self._write(name, False, args, kwargs, shapes, 0, parts[0].dtype))
        return self._write(name, in_place, args, kwargs, tuple(out.shape), 0, out.dtype)

    def _to(self, args: tuple, kwargs: dict) -> Any:
        """``x.to(...)``: a copy if the dtype changes; devices are all one here."""
        wanted = [getattr(a, "dtype", a) for a in (*args[1:], *kwargs.values())]
        dtype = next((a for a in wanted if isinstance(a, torch.dtype)), args[0].dtype)
        return args[0] if dtype == args[0].dtype else self._write("to", False, args[:1], {}, args[0].shape, 0, dtype)

    def _write(
        self, op: str, in_place: bool, args: tuple, kwargs: dict, shape: Any, macs: int, dtype: Any = None
    ) -> Any:
        """The row of one operation -> its output: one ``ShapeTensor``, or a tuple if ``shape`` is one of shapes."""
        source, params, read = None, 0, 0
        for t in _tensors(args, kwargs):
            read += t.nbytes
            if type(t) is ShapeTensor:
                if source is None:
                    source = t
            else:
                owner = t if t._base is None else t._base  # for a parameter that was transposed or reshaped
                params += self.unread.pop(id(owner), 0)
        if dtype is None:
            dtype = torch.get_default_dtype() if source is None else source.dtype

        made: Any
        if shape and not isinstance(shape[0], int):  # several outputs
            made = tuple(None if s is None else ShapeTensor(self, s, dtype) for s in shape)
            written, shape = sum(t.numel() for t in made if t is not None), shape[0]
        else:
            made = source if in_place and source is not None else ShapeTensor(self, shape, dtype)
            written = math.prod(shape)
        self.rows.append(
            Row(
                self.path[-1],
                op,
                None if source is None else tuple(source.shape),
                tuple(shape),
                params,
                macs,
                written,
                read + written * dtype.itemsize,
                self.live_bytes,
            )
        )
        return made


@lru_cache(maxsize=1024)
def op_name(func: Callable) -> tuple[str, bool]:
    """torch's name without the underscores of an operator or an in-place form, and whether it is one in place."""
    name = func.__name__
    if name.startswith("__"):
        return name.strip("_"), name in {"__iadd__", "__isub__", "__imul__", "__itruediv__", "__setitem__"}
    return name.strip("_"), name.endswith("_")


def _storage(meta: Tensor) -> int:
    return meta.untyped_storage()._cdata


def _on_meta(x: Any) -> Any:
    if type(x) is ShapeTensor:
        return x.meta
    return torch.empty_like(x, device="meta") if isinstance(x, Tensor) else x


def _map(change: Callable, x: Any) -> Any:
    """``change`` applied to each leaf of nested tuples, lists and dicts."""
    if type(x) in (tuple, list):
        return type(x)(_map(change, y) for y in x)
    return {k: _map(change, y) for k, y in x.items()} if type(x) is dict else change(x)


_PLAIN = {int, float, bool, str, type(None)}


def _tensors(args: Iterable[Any], kwargs: dict) -> list[Any]:
    """Every tensor among an operation's arguments, in lists of tensors too."""
    found = []
    for x in (*args, *kwargs.values()) if kwargs else args:
        kind = type(x)
        if kind is ShapeTensor or kind is nn.Parameter:
            found.append(x)
        elif kind is tuple or kind is list:
            if x and type(x[0]) not in _PLAIN:
                found += _tensors(x, {})
        elif kind not in _PLAIN and isinstance(x, Tensor):
            found.append(x)
    return found
