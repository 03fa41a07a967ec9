"""Modules on which ``trace`` once gave a wrong number, or an error that did not help: each with the right value.

The second opinion is torch's FlopCounterMode; where that counts nothing (products of vectors), the value is by hand.
"""

import copy
import dataclasses
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from references import count_params, torchvision
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from effcourse import TraceError, trace


def p(*shape):
    return nn.Parameter(torch.randn(*shape))


def net(function, **parts):
    """A module from its forward, ``function(self, *inputs)``."""
    module = type("Net", (nn.Module,), {"forward": function})()
    for name, part in parts.items():
        setattr(module, name, part)
    return module


def flop_counter(model, *args, **kwargs):
    """torch's own count on the CPU, with numbers."""
    counter = FlopCounterMode(display=False)
    model = copy.deepcopy(model).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about hardware that is not here
        # fused kernels hide their products: of attention, and of an LSTM
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), torch.backends.mkldnn.flags(enabled=False), counter:
            model(*args, **kwargs)
    return counter.get_total_flops() // 2


class Twice(nn.Module):
    """The same part under two names."""

    def __init__(self, part):
        super().__init__()
        self.one, self.two = part, part

    def forward(self, x):
        self.one(x)
        return self.two(x)


def check(model, *shape, macs=None, by_hand=False):
    """Right alone, as one of several, and shared twice."""
    model = model.eval()
    x = torch.randn(1, *shape)
    truth = macs if by_hand else flop_counter(model, x)
    assert macs in (None, truth)
    assert trace(model, shape).macs == truth
    assert trace(model, shape).params == count_params(model)
    assert trace(nn.Sequential(nn.Identity(), nn.Sequential(model)), shape).macs == truth
    assert trace(Twice(model), shape).macs == 2 * truth
    assert trace(copy.deepcopy(model).to("meta"), shape).rows == trace(model, shape).rows


# --- 1. in-place changes of shape -----------------------------------------------------------------------------------


def attended(y):
    return F.scaled_dot_product_attention(y, y, y)


def transposed_in_place(s, x):
    y = s.c(x).flatten(2)
    y.transpose_(1, 2)
    return attended(y)


IN_PLACE = {
    "transpose_": transposed_in_place,
    "swapaxes_": lambda s, x: attended(s.c(x).flatten(2).swapaxes_(1, 2)),
    "t_": lambda s, x: s.c(x).flatten(2)[0].t_() @ s.c(x).flatten(2)[0],
    "unsqueeze_": lambda s, x: attended(s.c(x).flatten(2).mT.unsqueeze_(1)),
    "squeeze_": lambda s, x: attended(s.c(x).flatten(2).mT.unsqueeze(1).squeeze_(1)),
    "of a view": lambda s, x: attended(s.c(x).flatten(2)[:, :, 3:].transpose_(-1, -2)),
    "resize by add_": lambda s, x: attended(s.c(x).flatten(2).mT.add_(1)),
}


@pytest.mark.parametrize("size", [8, 5])
@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_changes_of_shape(name, size):
    check(net(IN_PLACE[name], c=nn.Conv2d(3, 4, 1)), 3, size, size)


def test_in_place_change_of_shape_of_the_issue():
    check(net(transposed_in_place, c=nn.Conv2d(3, 4, 1)), 3, 8, 8, macs=33_536)


def test_an_in_place_result_must_fit():
    with pytest.raises(TraceError, match=r"add: a result of \(1, 3, 4, 4\) does not fit into \(1, 1, 4, 4\)"):
        trace(net(lambda s, x: x[:, :1].add_(x)), 4)


# --- 2. products of weights -----------------------------------------------------------------------------------------

WEIGHTS_ONLY = {
    "gru": (net(lambda s, x: s.r(s.q)[0] @ x.mT, r=nn.GRU(8, 8, batch_first=True), q=p(1, 3, 8)), (7, 8)),
    "lstm": (net(lambda s, x: s.r(s.q)[0] @ x.mT, r=nn.LSTM(8, 8, batch_first=True), q=p(1, 3, 8)), (7, 8)),
    "rnn": (net(lambda s, x: s.r(s.q)[0] @ x.mT, r=nn.RNN(8, 8, 2, batch_first=True), q=p(1, 3, 8)), (7, 8)),
    "tensordot": (net(lambda s, x: F.linear(x, torch.tensordot(s.a, s.b, 1)), a=p(5, 2), b=p(2, 8)), (7, 8)),
    "inner": (net(lambda s, x: F.linear(x, torch.inner(s.a, s.b)), a=p(5, 2), b=p(8, 2)), (7, 8)),
    "linalg.matmul": (net(lambda s, x: F.linear(x, torch.linalg.matmul(s.a, s.b)), a=p(5, 2), b=p(2, 8)), (7, 8)),
    "multi_dot": (net(lambda s, x: F.linear(x, torch.linalg.multi_dot([s.a, s.b, s.c])), a=p(5, 2), b=p(2, 4),
                      c=p(4, 8)), (7, 8)),
    "addbmm": (net(lambda s, x: F.linear(x, torch.addbmm(s.c, s.a, s.b)), a=p(3, 5, 2), b=p(3, 2, 8), c=p(5, 8)),
               (7, 8)),
    "einsum": (net(lambda s, x: F.linear(x, torch.einsum("ar,rb->ab", s.a, s.b)), a=p(5, 2), b=p(2, 8)), (7, 8)),
    "conv2d": (net(lambda s, x: F.conv2d(x, F.conv2d(s.a, s.b)), a=p(4, 3, 3, 3), b=p(3, 3, 1, 1)), (3, 8, 8)),
    "attention": (net(lambda s, x: attended(s.a) @ x.mT, a=p(1, 5, 8)), (7, 8)),
    "multihead": (net(lambda s, x: s.m(s.q, s.q, s.q)[0] @ x.mT, m=nn.MultiheadAttention(8, 2, batch_first=True),
                      q=p(1, 5, 8)), (7, 8)),
    "bmm by a view": (net(lambda s, x: torch.bmm(s.a.mT, s.a).view(8, 8) @ x.mT, a=p(1, 5, 8)), (7, 8)),
}  # fmt: skip


@pytest.mark.parametrize("name", WEIGHTS_ONLY)
def test_products_of_weights_are_counted(name):
    model, shape = WEIGHTS_ONLY[name]
    if name == "multihead":  # its fast path at inference hides the products

        class Always(nn.MultiheadAttention):
            def forward(self, *args, **kwargs):
                return F.multi_head_attention_forward(
                    *[a.transpose(0, 1) for a in args], 8, 2, self.in_proj_weight, self.in_proj_bias, None, None, False,
                    0.0, self.out_proj.weight, self.out_proj.bias, training=False, need_weights=False,
                )  # fmt: skip

        model.m = Always(8, 2, batch_first=True)
    by_hand = name == "addbmm"  # unknown to FlopCounterMode
    check(model, *shape, macs=3 * 5 * 2 * 8 + 7 * 8 * 5 if by_hand else None, by_hand=by_hand)


def test_products_of_weights_of_the_issue():
    check(*WEIGHTS_ONLY["gru"][:1], 7, 8, macs=1_320)
    check(*WEIGHTS_ONLY["tensordot"][:1], 7, 8, macs=360)


def test_unknown_operations_on_weights_are_refused():
    model = net(lambda s, x: F.linear(x, torch.linalg.inv(s.w)), w=p(8, 8))
    with pytest.raises(
        TraceError, match=r"the model: the cost of the operation 'linalg_inv' is not known.*register_op"
    ):
        trace(model, (7, 8))


# --- recurrent layers ------------------------------------------------------------------------------------------------

RECURRENT = {
    "rnn": nn.RNN(6, 5, batch_first=True),
    "rnn relu": nn.RNN(6, 5, nonlinearity="relu", batch_first=True),
    "gru": nn.GRU(6, 5, 2, batch_first=True, bidirectional=True),
    "lstm": nn.LSTM(6, 5, batch_first=True),
    "lstm, deep, both ways": nn.LSTM(6, 5, 3, batch_first=True, bidirectional=True),
    "lstm with a projection": nn.LSTM(6, 5, 2, proj_size=3, batch_first=True),
    "lstm without bias": nn.LSTM(6, 5, bias=False, batch_first=True),
}


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_layers(name):
    model = net(lambda s, x: s.r(x)[0], r=RECURRENT[name])
    by_hand = 7 * sum(w.numel() for w in model.parameters() if w.dim() == 2)
    check(model, 7, 6, macs=by_hand)
    x = torch.randn(1, 7, 6)
    assert trace(model, (7, 6)).rows[0].out_shape == tuple(model(x).shape)
    assert trace(model, (7, 6)).rows[0].kind == "recurrent"
    with pytest.raises(TraceError, match=r"^r: .*"):
        trace(model, (7, 4))


def test_recurrent_layers_with_states_and_without_a_batch():
    lstm = nn.LSTM(6, 5)
    state = torch.randn(1, 2, 5), torch.randn(1, 2, 5)
    assert trace(lstm, inputs=((7, 2, 6), state)).macs == 14 * (20 * 6 + 20 * 5)
    assert trace(nn.GRU(6, 5), inputs=(torch.randn(7, 6),)).macs == 7 * (15 * 6 + 15 * 5)
    with pytest.raises(TraceError):
        trace(lstm, inputs=((7, 3, 6), state))


def test_recurrent_cells():
    x = torch.randn(2, 6)
    for cell, gates in ((nn.LSTMCell(6, 5), 4), (nn.GRUCell(6, 5), 3), (nn.RNNCell(6, 5), 1)):
        assert trace(cell, inputs=x).macs == 2 * gates * 5 * (6 + 5) == flop_counter(cell, x)
        assert trace(cell, inputs=x).params == count_params(cell)


def test_packed_sequences():
    def forward(s, x):
        packed = nn.utils.rnn.pack_padded_sequence(x, [4, 2], batch_first=True)
        out, _ = s.r(packed)
        return nn.utils.rnn.pad_packed_sequence(out, batch_first=True)[0]

    model = net(forward, r=nn.GRU(6, 5, batch_first=True))
    report = trace(model, inputs=(2, 4, 6))
    assert report.macs == (4 + 2) * 15 * (6 + 5)
    assert report.rows[-1].out_shape == (2, 4, 5)


# --- 3. attention ----------------------------------------------------------------------------------------------------


def attention_of(q, k, v, **kwargs):
    return net(
        lambda s, x: F.scaled_dot_product_attention(s.q + x.mean(), s.k, s.v, **kwargs), q=p(*q), k=p(*k), v=p(*v)
    )


ATTENTION = {
    "batch from the keys": (((1, 3, 8), (6, 49, 8), (6, 49, 8)), {}),
    "heads from the keys": (((2, 1, 3, 8), (1, 4, 5, 8), (1, 4, 5, 8)), {}),
    "batch from the values": (((1, 3, 8), (1, 5, 8), (4, 5, 6)), {}),
    "no batch": (((3, 8), (5, 8), (5, 2)), {}),
    "causal": (((2, 4, 7, 8), (2, 4, 7, 8), (2, 4, 7, 8)), {"is_causal": True}),
    "grouped queries": (((2, 8, 7, 4), (2, 2, 9, 4), (2, 2, 9, 4)), {"enable_gqa": True}),
    "a mask": (((2, 4, 7, 8), (2, 4, 5, 8), (2, 4, 5, 8)), {"attn_mask": torch.zeros(7, 5)}),
}


@pytest.mark.parametrize("name", ATTENTION)
def test_attention(name):
    shapes, kwargs = ATTENTION[name]
    check(attention_of(*shapes, **kwargs), 2)


def test_attention_of_the_issue():
    def forward(s, x):
        k = x[0].expand(6, 49, 8)
        return F.scaled_dot_product_attention(s.q, k, k)

    check(net(forward, q=p(1, 3, 8)), 49, 8, macs=14_112)


@pytest.mark.parametrize(
    "shapes",
    [
        ((1, 3, 8), (1, 5, 6), (1, 5, 8)),
        ((1, 3, 8), (1, 5, 8), (1, 4, 8)),
        ((2, 3, 8), (3, 5, 8), (3, 5, 8)),
        ((8,), (5, 8), (5, 8)),
    ],
)
def test_attention_whose_shapes_do_not_fit(shapes):
    with pytest.raises(TraceError, match="scaled_dot_product_attention: "):
        trace(attention_of(*shapes), 4)


# --- 4. einsum -------------------------------------------------------------------------------------------------------

EINSUMS = {
    "a size of 1 in a later operand": ("bij,bjk->bik", (4, 7, 8), (1, 8, 5)),
    "a size of 1 in an earlier operand": ("bij,bjk->bik", (1, 7, 8), (4, 8, 5)),
    "an index that is summed first": ("bij,jk->bk", (1, 7, 8), (8, 5)),
    "an index of the second that is summed first": ("ij,jkl->il", (7, 8), (8, 5, 3)),
    "ellipsis": ("...ij,jk->...ik", (2, 3, 7, 8), (8, 5)),
    "ellipsis in both": ("...ij,...jk", (2, 3, 7, 8), (3, 8, 5)),
    "a diagonal": ("ii,ij->ij", (4, 4), (4, 5)),
    "three": ("ab,bc,cd->ad", (3, 4), (4, 5), (5, 6)),
    "spaces, capitals": ("b i J , b J k -> b i k", (2, 7, 8), (2, 8, 5)),
    "outer": ("i,j->ij", (4,), (5,)),
    "number by number": ("ij,ij->ij", (4, 5), (4, 5)),
    "one operand": ("ij->ji", (4, 5)),
}


@pytest.mark.parametrize("name", EINSUMS)
def test_einsum(name):
    equation, first, *others = EINSUMS[name]
    parts = {f"w{i}": p(*shape) for i, shape in enumerate(others)}

    def forward(s, x):
        return torch.einsum(equation, s.first * x.mean(), *[getattr(s, key) for key in parts])

    def in_a_list(s, x):
        return torch.einsum(equation, [s.first * x.mean(), *[getattr(s, key) for key in parts]])

    check(net(forward, first=p(*first), **parts), 2)
    check(net(in_a_list, first=p(*first), **parts), 2)


def test_einsum_of_the_issue():
    check(net(lambda s, x: torch.einsum("bij,bjk->bik", x.expand(4, 7, 8), s.w), w=p(1, 8, 5)), 7, 8, macs=1_120)
    check(net(lambda s, x: torch.einsum("bij,jk->bk", x, s.w), w=p(8, 5)), 7, 8, macs=40)
    check(net(lambda s, x: torch.einsum(x, [0, 1, 2], s.w, [2, 3], [0, 1, 3]), w=p(8, 5)), 7, 8, macs=280)


def test_einsum_that_does_not_fit():
    with pytest.raises(TraceError, match="einsum: "):
        trace(net(lambda s, x: torch.einsum("bij,jk->bik", x, s.w), w=p(7, 5)), (7, 8))


# --- 5, 11. operations without a multiply-accumulate -----------------------------------------------------------------

FREE = {
    "1 / x": lambda x: 1 / x,
    "x /= 2": lambda x: x.__itruediv__(2),
    "in-place operators": lambda x: x.__iadd__(1).__isub__(2).__imul__(3).__ipow__(2),
    "logsigmoid": F.logsigmoid,
    "operators": lambda x: ((2 - x) // 3 % 2 + 2**x) * (-x) + abs(x),
    "bits": lambda x: (~(x > 0) & (x < 1) | (x == 2) ^ (x != 3)).long() << 1,
    "long, int, bool": lambda x: x.long() + x.int() + x.bool() + x.short() + x.char() + x.byte(),
    "copy_, fill_": lambda x: torch.empty_like(x).copy_(x).fill_(2).zero_().add_(x),
    "meshgrid": lambda x: torch.meshgrid(x[0, 0, 0], x[0, 0, 1], indexing="ij")[0],
    "topk": lambda x: x.topk(2).values + x.topk(2).indices,
    "sort, argsort": lambda x: x.sort()[0] + x.argsort(-1, descending=True),
    "max with indices": lambda x: x.max(-1)[0] * x.max(-1).indices,
    "scatter": lambda x: torch.zeros_like(x).scatter(-1, x.argsort(-1), x).scatter_add(1, x[:, :2].long(), x),
    "gather": lambda x: x.gather(-1, x.argmax(-1, keepdim=True)),
    "one_hot": lambda x: F.one_hot(x.argmax(1), 5) * 1.0,
    "isnan, isfinite": lambda x: x.isnan() | x.isfinite() | torch.isinf(x),
    "nan_to_num": lambda x: x.nan_to_num(),
    "max pooling with indices": lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2),
    "cosine similarity": lambda x: F.cosine_similarity(x, x.flip(1)),
    "ravel": lambda x: x.ravel(),
    "moveaxis": lambda x: x.moveaxis(1, -1) + torch.movedim(x, 1, 3),
    "diagonal": lambda x: x.diagonal(dim1=-2, dim2=-1).diag_embed(),
    "broadcast_tensors": lambda x: torch.broadcast_tensors(x, x[:, :1], torch.ones(1))[1] + 1,
    "grid_sample": lambda x: F.grid_sample(x, x[:, :2].permute(0, 2, 3, 1), align_corners=False),
    "x != None": lambda x: x + 1 if x == None or x != None else x,  # noqa: E711
    "type": lambda x: x.type(x.type()).type(torch.float64).type("torch.FloatTensor").type_as(x),
    "cat with an empty tensor": lambda x: torch.cat([torch.tensor([]), x], -2),
    "numpy whole numbers": lambda x: x.reshape(np.int64(-1), np.int64(3)).expand(-1, np.int32(3)),
    "cumulative": lambda x: x.cumsum(1).cumprod(2).logcumsumexp(-1),
    "norms": lambda x: torch.linalg.norm(x[0, 0]) + x.norm(dim=1) + torch.linalg.vector_norm(x),
    "rolls": lambda x: torch.roll(x, 1, 2).rot90(1, [2, 3]).flip(0).fliplr(),
    "masks": lambda x: x.masked_fill(x > 0, 0.0).where(x < 0, x.new_ones(())),
    "a constant mask as an index": lambda x: x.flatten(1)[:, torch.arange(48) > 20],
    "a constant mask written to": lambda x: x.clone().index_fill(1, torch.tensor([0]), 1.0),
    "out=": lambda x: torch.add(x, 1, out=torch.empty(1, 3, 4, 4)),
    "writing into a constant": lambda x: write(torch.zeros(1, 3, 8, 8), x),
    "unfold, fold": lambda x: F.fold(F.unfold(x, 2), (4, 4), 2),
    "split": lambda x: torch.cat([*x.split(1, 1), *torch.tensor_split(x, 2, 1), *x.unbind(0)[0].chunk(2)[:0]], 1),
    "losses": lambda x: F.cross_entropy(x, x.argmax(1)) + F.mse_loss(x, x) + F.smooth_l1_loss(x, 2 * x),
    "repeats": lambda x: x.repeat_interleave(torch.tensor([1, 2, 3]), 1).repeat(1, 1, 2, 1).tile(2),
    "complex": lambda x: torch.view_as_real(torch.polar(x.abs(), x)).sum(-1),
    "quantile": lambda x: x.quantile(0.5) + x.median() + x.std() + x.var(1).mean(),
    "padding": lambda x: F.pad(F.pad(x, (1, 1, 1, 1), "reflect"), (1, 2)),
    "padding all axes, taking away": lambda x: F.pad(F.pad(x, (0, 1, 2, 0, 3, 3)), (-1, 2)),
    "padding with nothing, with ones": lambda x: F.pad(F.pad(x, (0, 0)), (1, 0), value=1.0),
    "padding what has gaps": lambda x: F.pad(x[..., ::2].transpose(-1, -2), (1, 0)),
    "is_cuda, device": lambda x: x + torch.ones(3, 1, 1, device=x.device) * (not x.is_cuda) * x.is_cpu,
    "einops-like": lambda x: x.unflatten(1, (3, 1)).flatten(0, 1).squeeze(1).swapdims(0, 1),
    "interpolate": lambda x: F.interpolate(x, scale_factor=1.5, mode="bicubic", align_corners=True, antialias=False),
    "an uneven mask": lambda x: x * torch.ones(4, 4).triu(1).bool().logical_not(),
    "bucketize": lambda x: torch.bucketize(x, torch.linspace(0, 1, 5)) + torch.searchsorted(torch.arange(4.0), x),
    "clamp with tensors": lambda x: x.clamp(min=x.mean(), max=x.max()).clamp_(0).clip(0, 1),
    "lists of tensors": lambda x: torch.block_diag(*x[0]) + torch.cartesian_prod(x[0, 0, 0], x[0, 0, 0])[0, 0],
    "nothing at inference": lambda x: F.dropout(F.dropout2d(F.alpha_dropout(x, 0.5), 0.5, False), 0.5, False) + 0,
    "dropout in earnest": lambda x: F.dropout(x, 0.5, True),
}  # fmt: skip


def write(target, x):
    target[:, :, 2:6, 2:6] = x
    return target * 2


@pytest.mark.parametrize("name", FREE)
def test_operations_without_a_product(name):
    """They cost nothing, and their outputs have torch's shape and dtype."""
    out = []
    model = net(lambda s, x: out.append(FREE[name](x)) or out[-1])
    x = torch.rand(1, 3, 4, 4)
    expected = model(x.clone())
    report = trace(model, (3, 4, 4))
    assert report.macs == 0
    assert out[1].shape == expected.shape
    assert out[1].dtype == expected.dtype


PRODUCTS_BY_KEYWORD = {
    "mat2": lambda s, x: torch.mm(x[0], mat2=s.w) + x[0].mm(mat2=s.w) + torch.bmm(x, mat2=s.w[None])[0],
    "mat1": lambda s, x: torch.addmm(s.b, mat1=x[0], mat2=s.w) + torch.addmm(input=s.b, mat1=x[0], mat2=s.w),
    "other": lambda s, x: torch.matmul(x, other=s.w),
    "linear": lambda s, x: F.linear(input=x, weight=s.w.t(), bias=None),
}


@pytest.mark.parametrize("name", PRODUCTS_BY_KEYWORD)
def test_products_by_keyword(name):
    check(net(PRODUCTS_BY_KEYWORD[name], w=p(8, 5), b=p(7, 5)), 7, 8)


def test_vector_by_keyword():
    check(net(lambda s, x: torch.mv(x[0], vec=s.v) + x[0].mv(vec=s.v), v=p(8)), 7, 8, macs=2 * 56, by_hand=True)


def test_numpy_whole_numbers_as_a_size():
    assert trace(nn.Conv2d(3, 4, 1), np.int64(8)) == trace(nn.Conv2d(3, 4, 1), (3, np.int32(8), 8))


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning", "ignore:.*torch.jit.*:FutureWarning")
def test_scripted_parts_are_refused_by_name(capfd):
    with pytest.raises(TraceError, match="^1: a TorchScript module hides its operations; trace the Python module"):
        trace(nn.Sequential(nn.ReLU(), torch.jit.script(nn.ReLU())), 8)
    function = torch.jit.script(product)
    with pytest.raises(TraceError, match="the model: the TorchScript function 'product' hides its operations"):
        trace(net(lambda s, x: function(x, x)), (8, 8))
    assert torch.equal(function(torch.ones(2, 2), torch.ones(2, 2)), torch.full((2, 2), 2.0))
    assert capfd.readouterr().err == ""


def product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.matmul(a, b)


def test_compiled_parts_are_priced_as_written():
    part = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    plain = trace(nn.Sequential(part, nn.Conv2d(4, 2, 1)), 8)
    model = nn.Sequential(torch.compile(part), nn.Conv2d(4, 2, 1))
    assert trace(model, 8).rows == plain.rows
    part.compile()
    assert trace(nn.Sequential(part, nn.Conv2d(4, 2, 1)), 8).rows == plain.rows
    compiled = torch.compile(product)
    assert trace(net(lambda s, x: compiled(x, x)), (8, 8)).macs == 512


def test_custom_autograd_functions():
    class Times(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            return x @ w

    check(net(lambda s, x: Times.apply(x, s.w), w=p(8, 5)), 7, 8, macs=280)


# --- 6. what torch rejects -------------------------------------------------------------------------------------------

REJECTED = {
    "a batch in the shape": (nn.Conv2d(3, 4, 1), (8, 3, 8, 8)),
    "too many dimensions of conv1d": (nn.Conv1d(3, 4, 1), (3, 8, 8)),
    "bmm of unlike batches": (net(lambda s, x: torch.bmm(x, s.w), w=p(4, 8, 5)), (7, 8)),
    "bmm of matrices": (net(lambda s, x: torch.bmm(x[0], s.w), w=p(8, 5)), (7, 8)),
    "mm of three dimensions": (net(lambda s, x: torch.mm(x, s.w), w=p(8, 5)), (7, 8)),
    "mv of matrices": (net(lambda s, x: torch.mv(x[0], s.w), w=p(8, 5)), (7, 8)),
    "dot of matrices": (net(lambda s, x: torch.dot(x[0], x[0])), (7, 8)),
    "a bias of the wrong size": (net(lambda s, x: F.linear(x, s.w, s.b), w=p(5, 8), b=p(4)), (7, 8)),
    "a conv's bias of the wrong size": (net(lambda s, x: F.conv2d(x, s.w, s.b), w=p(5, 3, 1, 1), b=p(4)), (3, 8, 8)),
    "a transposed conv's bias": (net(lambda s, x: F.conv_transpose2d(x, s.w, s.b), w=p(3, 5, 1, 1), b=p(3)), (3, 8, 8)),
    "addmm's bias": (net(lambda s, x: torch.addmm(s.b, x[0], s.w), w=p(8, 5), b=p(3, 3)), (7, 8)),
    "groups": (net(lambda s, x: F.conv2d(x, s.w, groups=3), w=p(5, 1, 1, 1)), (3, 8, 8)),
    "dtypes": (net(lambda s, x: F.linear(x.double(), s.w), w=p(5, 8)), (7, 8)),
    "dtypes of a product": (net(lambda s, x: x.half() @ s.w, w=p(8, 5)), (7, 8)),
    "bilinear": (net(lambda s, x: s.b(x, x), b=nn.Bilinear(8, 4, 5)), (7, 8)),
    "softmax of a dimension that is not there": (nn.Softmax(5), (7, 8)),
    "layer norm": (nn.LayerNorm(7), (7, 8)),
    "group norm": (nn.GroupNorm(2, 6), (4, 8, 8)),
    "cat of unlike ranks": (net(lambda s, x: torch.cat([x, x[0]], 0)), (7, 8)),
    "cat of a dimension that is not there": (net(lambda s, x: torch.cat([x, x], 3)), (7, 8)),
    "multihead attention": (net(lambda s, x: s.m(x, x, x)[0], m=nn.MultiheadAttention(9, 3, batch_first=True)), (7, 8)),
    "output padding": (nn.ConvTranspose2d(3, 4, 3, 2, output_padding=2), (3, 8, 8)),
    "a view": (net(lambda s, x: x.mT.view(-1)), (7, 8)),
    "adding unlike shapes": (net(lambda s, x: x + x[:, :3]), (7, 8)),
    "an index out of range": (net(lambda s, x: x[:, 9]), (7, 8)),
}


@pytest.mark.parametrize("name", REJECTED)
def test_what_torch_rejects(name):
    model, shape = REJECTED[name]
    with pytest.raises((RuntimeError, ValueError, AssertionError, IndexError)):
        model.eval()(torch.randn(1, *shape))
    with pytest.raises((TraceError, AssertionError)) as error:
        trace(model, shape)
    if not isinstance(error.value, AssertionError):  # nn.MultiheadAttention's own
        assert ": " in str(error.value)


def test_a_batch_in_the_shape_says_what_to_do():
    with pytest.raises(TraceError, match=r"got an input of shape \(1, 8, 3, 8, 8\).*given without the batch"):
        trace(nn.Conv2d(3, 4, 1), (8, 3, 8, 8))
    with pytest.raises(TraceError, match="conv1: conv2d: "):
        trace(torchvision.models.resnet18(), (8, 3, 64, 64))


# --- 7. dtypes -------------------------------------------------------------------------------------------------------


def test_dtypes_decide_about_bytes():
    whole = trace(net(lambda s, x: x.int() + x.int()), 4).rows[-1]
    assert whole.bytes_moved == 3 * 4 * 48
    indices = trace(net(lambda s, x: x.max(1)[1] + 1), 4).rows
    assert indices[0].bytes_moved == 4 * 48 + (4 + 8) * 16
    assert indices[1].bytes_moved == 2 * 8 * 16
    masked = trace(net(lambda s, x: (x > 0) * x), 4).rows[-1]
    assert masked.bytes_moved == 48 * (1 + 4 + 4)


# --- 8. constants and weights keep their numbers ----------------------------------------------------------------------


def test_decisions_on_weights():
    ops = nn.ModuleList([nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 3, padding=1)])
    model = net(lambda s, x: s.ops[int(s.a.softmax(0).argmax())](x), ops=ops, a=nn.Parameter(torch.tensor([0.0, 1.0])))
    assert trace(model, 8).macs == 64 * 3 * 4 * 9
    model.a.data = torch.tensor([1.0, 0.0])
    assert trace(model, 8).macs == 64 * 3 * 4


def test_decisions_on_constants():
    def forward(s, x):
        size = torch.tensor(x.shape[-2:]) // 2
        steps = torch.arange(int(size.prod()))
        if bool((steps > 5).any()) and steps.max().item() == 15:
            x = s.c(x)
        return x[:, :, : size[0]] + torch.linspace(0, 1, int(size[1]) * 2)

    check(net(forward, c=nn.Conv2d(3, 4, 1)), 3, 8, 8, macs=64 * 12)


def test_decisions_on_the_input_say_what_to_do():
    model = net(lambda s, x: s.c(x) if x.sum() > 0 else x, c=nn.Conv2d(3, 4, 1))
    with pytest.raises(TraceError, match=r"a decision .* needs the numbers in a tensor.*inputs=torch.rand\(1, 3"):
        trace(model, 8)
    assert trace(model, inputs=torch.ones(1, 3, 8, 8)).macs == 64 * 12
    assert trace(model, inputs=-torch.ones(1, 3, 8, 8)).macs == 0
    with pytest.raises(TraceError, match="needs the numbers"):
        trace(model.to("meta"), inputs=torch.ones(1, 3, 8, 8))


# --- 9. einops -------------------------------------------------------------------------------------------------------


def test_einops():
    einops = pytest.importorskip("einops")
    from einops.layers.torch import Rearrange, Reduce

    def forward(s, x):
        x = einops.rearrange(x, "b c (h p) (w q) -> b (h w) (p q c)", p=2, q=2)
        x = s.l(x) + einops.repeat(s.token, "1 1 d -> b 1 d", b=x.shape[0])
        y = einops.einsum(x, x, "b i d, b j d -> b i j")
        y, shape = einops.pack([y, y], "b * j")
        y = einops.unpack(y, shape, "b * j")[0]
        return einops.reduce(y, "b i j -> b i", "mean")

    check(net(forward, l=nn.Linear(12, 5), token=p(1, 1, 5)), 3, 8, 8)
    layers = nn.Sequential(Rearrange("b c h w -> b (h w) c"), nn.Linear(3, 4), Reduce("b n c -> b c", "max"))
    check(layers, 3, 8, 8, macs=64 * 12)


# --- 10. what a forward leaves behind --------------------------------------------------------------------------------


def test_a_layer_that_is_built_in_forward_is_priced_and_gone_afterwards():
    def forward(s, x):
        if not hasattr(s, "fc"):
            s.fc = nn.Linear(x.shape[-1], 5)
        s.extra.append(nn.Linear(5, 2))
        s.part.late = nn.ReLU()
        s.part.register_buffer("seen", torch.ones(3))
        return s.extra[-1](s.fc(x))

    model = net(forward, extra=nn.ModuleList(), part=nn.Sequential())
    report = trace(model, (8,))
    assert (report.macs, report.params) == (8 * 5 + 5 * 2, 8 * 5 + 5 + 5 * 2 + 2)
    assert list(model.state_dict()) == []
    assert not hasattr(model, "fc")
    assert len(model.extra) == len(model.part) == 0
    assert trace(model, (4,)).macs == 4 * 5 + 5 * 2


def test_buffers_are_as_before():
    def forward(s, x):
        s.count += 1
        s.mean.copy_(x.mean(0))
        s.mask[0] = 0
        s.mask[1:].fill_(9)
        s.w.data.mul_(2)
        s.register_buffer("late", x.detach())
        s.rebound = x.mean()
        F.batch_norm(torch.randn(4, 3, 2, 2), s.running, s.running, training=True)
        return x * s.mean * s.mask.sum()

    model = net(forward, w=p(3))
    model.register_buffer("count", torch.zeros((), dtype=torch.long))
    model.register_buffer("mean", torch.ones(3, 4, 4))
    model.register_buffer("mask", torch.ones(4), persistent=False)
    model.register_buffer("rebound", torch.ones(2))
    model.register_buffer("running", torch.ones(3))
    model.plain = torch.ones(2)
    before = {k: v.clone() for k, v in [*model.named_buffers(), *model.named_parameters()]}
    same = {k: id(v) for k, v in model.named_buffers()}
    state = torch.get_rng_state()
    trace(model, 4)
    assert {k: id(v) for k, v in model.named_buffers()} == same
    after = dict([*model.named_buffers(), *model.named_parameters()])
    assert all(torch.equal(v, after[k]) for k, v in before.items())
    assert torch.equal(torch.get_rng_state(), state)
    trace(model, inputs=torch.randn(1, 3, 4, 4))
    assert all(torch.equal(v, after[k]) for k, v in before.items())


# --- 12. inputs and outputs of any structure --------------------------------------------------------------------------


@dataclasses.dataclass
class Output:
    logits: torch.Tensor
    more: dict


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.out = nn.Embedding(50, 8), nn.Linear(8, 4)

    def forward(self, ids, mask=None, *, scale=1.0):
        x = self.words(ids) * scale
        if mask is not None:
            x = x.masked_fill(~mask[..., None].bool(), 0.0)
        return Output(self.out(x), {"hidden": [x]})


IDS, MASK = torch.randint(50, (2, 7)), torch.ones(2, 7, dtype=torch.long)


@pytest.mark.parametrize(
    "inputs",
    [
        IDS,
        (IDS,),
        (IDS, MASK),
        {"ids": IDS},
        {"ids": IDS, "mask": MASK, "scale": 2.0},
        {"mask": MASK.to("meta"), "ids": IDS.to("meta")},
        (IDS.to("meta"), None),
    ],
)
def test_inputs_of_any_form(inputs):
    report = trace(Encoder(), inputs=inputs)
    assert report.macs == 14 * 8 * 4
    assert report.params == 50 * 8 + 8 * 4 + 4


def test_shapes_lists_and_dicts_as_inputs():
    both = net(lambda s, a, b: s.c(a) @ b, c=nn.Linear(8, 4))
    assert trace(both, inputs=((2, 7, 8), (2, 4, 5))).macs == 2 * 7 * (8 * 4 + 4 * 5)
    assert trace(both, inputs={"b": (2, 4, 5), "a": torch.Size((2, 7, 8))}).macs == 2 * 7 * (8 * 4 + 4 * 5)
    assert trace(nn.Linear(8, 4), inputs=(2, 7, 8)).macs == 2 * 7 * 32
    images = net(lambda s, images: [s.c(i[None]) for i in images], c=nn.Conv2d(3, 4, 1))
    assert trace(images, inputs=[torch.rand(3, 4, 4), torch.rand(3, 5, 5)]).macs == (16 + 25) * 12
    nested = net(lambda s, batch: {"out": (s.c(batch["x"][0]),)}, c=nn.Linear(8, 4))
    assert trace(nested, inputs=({"x": [(1, 8)]},)).macs == 32


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ((), "inputs must hold a tensor or a shape"),
        ({}, "inputs must hold a tensor or a shape"),
        ("a picture", "inputs must hold a tensor or a shape .* got 'a picture'"),
        (
            ((1, 8), (1, 8), (1, 8), 3),
            r"the forward of Encoder takes \(ids, mask=None, \*, scale=1.0\), and is given .*too many",
        ),
        ({"idss": IDS}, "the forward of Encoder takes .*idss"),
    ],
)
def test_inputs_that_do_not_fit(inputs, says):
    with pytest.raises(TraceError, match=says):
        trace(Encoder(), inputs=inputs)


def test_either_a_size_or_inputs():
    with pytest.raises(TraceError, match="give either input_size or inputs, got input_size=8 and inputs"):
        trace(nn.ReLU(), 8, inputs=(1, 3, 8, 8))


def test_examples_are_not_touched():
    x = torch.ones(1, 3, 4, 4)
    trace(net(lambda s, x: x.mul_(2) if x.sum() > 0 else x), inputs=x)
    trace(net(lambda s, x: x.mul_(2)), inputs=x)
    assert torch.equal(x, torch.ones(1, 3, 4, 4))


def test_detectors_by_their_numbers():
    """How many boxes are left depends on the numbers, so it is computed for the example."""

    def forward(s, x):
        scores = s.c(x).flatten(1)
        keep = torch.where(scores > 0)[1]
        return s.head(scores[:, keep].T)

    torch.manual_seed(0)
    model = net(forward, c=nn.Conv2d(3, 1, 1), head=nn.Linear(1, 6)).eval()
    x = torch.randn(1, 3, 8, 8)
    assert trace(model, inputs=x).macs == flop_counter(model, x) > 64 * 3
    with pytest.raises(TraceError, match="needs the numbers in a tensor"):
        trace(model, 8)
