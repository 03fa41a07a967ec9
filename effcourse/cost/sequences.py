"""Attention and recurrent layers: what runs along a sequence."""

from __future__ import annotations

import math
from typing import Any

from .handlers import broadcast, register_op
from .row import Layer

ATTENTION, RECURRENT = Layer(kind="attention"), Layer(kind="recurrent")


@register_op("scaled_dot_product_attention")
def _attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> tuple:
    """(..., L, E), (..., S, E), (..., S, V) -> (..., L, V), every pair of positions counted, masked or not."""
    q, k, v = (tuple(t.shape) for t in (query, key, value))
    if min(len(q), len(k), len(v)) < 2:
        raise ValueError(f"it takes tensors of at least 2 dimensions, got {q}, {k} and {v}")
    if len({query.dtype, key.dtype, value.dtype}) > 1:
        raise ValueError(f"its tensors must be of one dtype, got {query.dtype}, {key.dtype} and {value.dtype}")
    if q[-1] != k[-1]:
        raise ValueError(f"queries of width {q[-1]} do not fit keys of width {k[-1]}")
    if k[-2] != v[-2]:
        raise ValueError(f"there are {k[-2]} keys and {v[-2]} values")
    lead_k, lead_v = k[:-2], v[:-2]
    if enable_gqa:  # each head of keys serves several heads of queries
        if q[-3] % k[-3] or q[-3] % v[-3]:
            raise ValueError(f"{q[-3]} heads of queries cannot share {k[-3]} heads of keys and {v[-3]} of values")
        lead_k, lead_v = (*lead_k[:-1], q[-3]), (*lead_v[:-1], q[-3])
    scores = broadcast(q[:-2], lead_k)
    if attn_mask is not None:
        mask = tuple(attn_mask.shape)
        if broadcast((*scores, q[-2], k[-2]), mask) != (*scores, q[-2], k[-2]):
            raise ValueError(f"a mask of {mask} does not fit scores of {(*scores, q[-2], k[-2])}")
    lead = broadcast(scores, lead_v)
    # q kᵀ, then weights @ v
    macs = q[-2] * k[-2] * (math.prod(scores) * q[-1] + math.prod(lead) * v[-1])
    return (*lead, q[-2], v[-1]), macs, ATTENTION


@register_op("rnn_tanh", "rnn_relu", "gru", "lstm")
def _recurrent(input: Any, *arguments: Any) -> tuple:
    """``nn.RNN``, ``nn.GRU`` (one state) and ``nn.LSTM`` (two: hidden and cell)."""
    # (states, weights, has_biases, layers, dropout, train, bidirectional, batch_first); a packed sequence has its
    # batch sizes before them, and no batch_first
    packed = not isinstance(arguments[1], (tuple, list))
    states, weights, _, layers, _, _, bidirectional = arguments[packed : packed + 7]
    states = states if isinstance(states, (tuple, list)) else (states,)
    size, hidden, directions = tuple(input.shape), tuple(states[0].shape), 1 + bool(bidirectional)
    matrices = [tuple(w.shape) for w in weights if w.dim() == 2]
    if size[-1] != matrices[0][1]:
        raise ValueError(f"expected {matrices[0][1]} input features, got {size[-1]}")
    if any(w.dtype != input.dtype for w in weights):
        raise ValueError(f"its tensors must be of one dtype, got {input.dtype} and {weights[0].dtype}")
    batch = hidden[1] if packed else size[0 if arguments[7] else 1]
    if hidden[:2] != (layers * directions, batch):
        raise ValueError(f"a state of {hidden} does not fit {layers} layers and a batch of {batch}")
    # at each step of each sequence every weight matrix is multiplied with one vector
    macs = math.prod(size[:-1]) * sum(rows * columns for rows, columns in matrices)
    return ((*size[:-1], hidden[-1] * directions), *(tuple(s.shape) for s in states)), macs, RECURRENT


@register_op("rnn_tanh_cell", "rnn_relu_cell", "gru_cell", "lstm_cell")
def _cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, *biases: Any) -> tuple:
    states = hx if isinstance(hx, (tuple, list)) else (hx,)
    for name, t, w in (("input", input, w_ih), ("hidden", states[0], w_hh)):
        if t.shape[-1] != w.shape[1]:
            raise ValueError(f"expected {w.shape[1]} {name} features, got {t.shape[-1]}")
    macs = math.prod(input.shape[:-1]) * (math.prod(w_ih.shape) + math.prod(w_hh.shape))
    shapes = tuple(tuple(s.shape) for s in states)
    return (shapes if len(shapes) > 1 else shapes[0]), macs, RECURRENT
