"""``trace`` on modules of every kind, against torch's FlopCounterMode; and that it leaves no trace."""

import copy
import gc
import weakref

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, strategies as st
from references import count_params, flop_counter_macs, timm, torchvision
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from effcourse import MobileNetV2, create_model, list_models, register_op, trace
from effcourse.cost import TraceError
from effcourse.cost.handlers import HANDLERS
from effcourse.cost.ledger import Ledger


def module(function, **parts):
    """A module from its forward, ``function(self, x)``."""

    class Module(nn.Module):
        def forward(self, x):
            return function(self, x)

    built = Module()
    for name, part in parts.items():
        setattr(built, name, part)
    return built


def ops(report):
    return [row.op for row in report.rows]


# --- exact on anything ----------------------------------------------------------------------------------------------


def attention(self, x):  # (N, T, 64), four heads of 16
    n, t, c = x.shape
    q, k, v = self.qkv(x).reshape(n, t, 3, 4, 16).permute(2, 0, 3, 1, 4)
    weights = (q @ k.transpose(-2, -1) * 16**-0.5).softmax(dim=-1)
    return self.out((weights @ v).transpose(1, 2).reshape(n, t, c))


def fused_attention(self, x):
    n, t, _ = x.shape
    q, k, v = self.qkv(x).view(n, t, 3, 4, 16).permute(2, 0, 3, 1, 4).unbind(0)
    return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


def functional(self, x):
    weight = (self.weight - self.weight.mean()) / self.weight.std()
    x = F.conv2d(x, weight, padding=1)
    x = F.max_pool2d(F.relu(F.batch_norm(x, self.mean, self.var)), 2)
    x = F.interpolate(x, scale_factor=2)
    x = torch.cat([x, x.flip(1)], dim=1)[:, ::2]
    return F.log_softmax(F.linear(x.mean((2, 3)), self.head), dim=1)


def shared_conv():
    conv = nn.Conv2d(3, 3, 3, padding=1)
    left, right = nn.Sequential(conv, nn.ReLU()), nn.Sequential(nn.Sigmoid(), conv)
    return module(lambda self, x: self.left(x) + self.right(x), left=left, right=right)


class ScaledConv(nn.Conv2d):
    def forward(self, x):
        return self._conv_forward(x, self.weight * 2, self.bias)


def qkv():
    return {"qkv": nn.Linear(64, 192), "out": nn.Linear(64, 64)}


def weights():
    return {
        "weight": nn.Parameter(torch.randn(6, 3, 3, 3)),
        "mean": nn.Buffer(torch.zeros(6)),
        "var": nn.Buffer(torch.ones(6)),
        "head": nn.Parameter(torch.randn(5, 6)),
    }


CASES = {
    "sequential": (
        lambda: nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(800, 5)),
        (3, 20, 20),
    ),
    "nested containers": (
        lambda: nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 1)), nn.Sequential(nn.Sequential(nn.Conv2d(4, 5, 3)))),
        (3, 9, 8),
    ),
    "functional": (lambda: module(functional, **weights()), (3, 16, 16)),
    "residual": (
        lambda: module(lambda s, x: x + s.a(x) * s.b(x), a=nn.Conv2d(4, 4, 3, padding=1), b=nn.Conv2d(4, 1, 1)),
        (4, 9, 9),
    ),
    "attention": (lambda: module(attention, **qkv()), (49, 64)),
    "fused attention": (lambda: module(fused_attention, **qkv()), (49, 64)),
    "einsum": (lambda: module(lambda s, x: torch.einsum("nqc,nkc->nqk", x, s.k(x)), k=nn.Linear(8, 8)), (7, 8)),
    "einsum, no arrow": (
        lambda: module(lambda s, x: torch.einsum("nij,jk", x, s.w), w=nn.Parameter(torch.randn(8, 3))),
        (7, 8),
    ),
    "einsum, three": (
        lambda: module(
            lambda s, x: torch.einsum("ni,ij,jk->nk", x, s.a, s.b),
            a=nn.Parameter(torch.randn(8, 3)),
            b=nn.Parameter(torch.randn(3, 5)),
        ),
        (8,),
    ),
    "a conv called twice": (
        lambda: module(lambda s, x: s.conv(s.conv(x)), conv=nn.Conv2d(3, 3, 3, padding=1)),
        (3, 9, 9),
    ),
    "a conv shared by two parents": (shared_conv, (3, 9, 9)),
    "a conv subclass": (lambda: nn.Sequential(ScaledConv(3, 6, 3), nn.Conv2d(6, 2, 1)), (3, 9, 9)),
    "1d and 3d": (
        lambda: module(
            lambda s, x: s.c(s.a(x).unsqueeze(1).unsqueeze(1)),
            a=nn.Conv1d(4, 8, 3, stride=2),
            c=nn.Conv3d(1, 2, (1, 3, 3)),
        ),
        (4, 21),
    ),
    "transposed": (
        lambda: nn.Sequential(nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2), nn.ConvTranspose2d(6, 3, 4, 2)),
        (4, 9, 8),
    ),
    "same and valid padding": (
        lambda: nn.Sequential(nn.Conv2d(3, 4, 5, padding="same"), nn.Conv2d(4, 4, 3, padding="valid")),
        (3, 9, 9),
    ),
    "reflect padding": (lambda: nn.Conv2d(3, 4, 3, 2, 1, padding_mode="reflect"), (3, 9, 9)),
    "a learned query": (
        lambda: module(lambda s, x: s.l(s.q) @ x.mT, q=nn.Parameter(torch.randn(1, 5, 8)), l=nn.Linear(8, 8)),
        (7, 8),
    ),
    "a product of two weights": (
        lambda: module(
            lambda s, x: F.linear(x, (s.a @ s.b).t()),
            a=nn.Parameter(torch.randn(8, 2)),
            b=nn.Parameter(torch.randn(2, 5)),
        ),
        (8,),
    ),
    "addmm and bmm": (
        lambda: module(
            lambda s, x: torch.bmm(x, x.transpose(1, 2)) + torch.addmm(s.b, x[0], s.w),
            b=nn.Parameter(torch.zeros(7)),
            w=nn.Parameter(torch.randn(8, 7)),
        ),
        (7, 8),
    ),
    "weight norm": (lambda: nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)), (3, 9, 9)),
    "pixel shuffle, unfold": (
        lambda: module(lambda s, x: s.c(F.unfold(F.pixel_shuffle(x, 2), 3)), c=nn.Conv1d(9, 2, 1)),
        (4, 6, 6),
    ),
    "layer norm, group norm": (
        lambda: nn.Sequential(nn.GroupNorm(2, 4), nn.LayerNorm([4, 5, 5]), nn.Conv2d(4, 2, 1)),
        (4, 5, 5),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_equals_flop_counter(case):
    build, shape = CASES[case]
    model = build().eval()
    report = trace(model, shape)
    with sdpa_kernel(SDPBackend.MATH):  # torch counts the fused kernel of the CPU as nothing (pytorch issue 195460)
        assert report.macs == flop_counter_macs(model, *shape)
    assert report.params == count_params(model)
    assert report.macs > 0


@pytest.mark.parametrize("shape", [(2, 3), (4, 2, 3), (5, 4, 2, 3)], ids=str)
@pytest.mark.parametrize("other", [(3,), (3, 6), (1, 3, 6), (4, 3, 6)], ids=str)
def test_matmul_broadcasts_as_torch(shape, other):
    a, b = torch.randn(1, *shape), torch.randn(other)
    try:
        expected = (a @ b).shape
    except RuntimeError:
        with pytest.raises(TraceError):
            trace(module(lambda s, x: x @ b), shape)
        return
    report = trace(module(lambda s, x: x @ b), shape)
    assert report.rows[0].out_shape == tuple(expected)
    assert report.macs == expected.numel() * 3
    assert trace(module(lambda s, x: b.mT.contiguous() @ x.mT if b.dim() > 1 else b @ x.mT), shape).macs > 0


def test_vector_products():
    """FlopCounterMode does not count them."""
    vector = nn.Parameter(torch.randn(8))
    assert trace(module(lambda s, x: x @ s.vector, vector=vector), (7, 8)).macs == 7 * 8
    assert trace(module(lambda s, x: torch.dot(s.vector, x[0]), vector=vector), (8,)).macs == 8


def test_multihead_attention_and_transformer_layers():
    """In training mode FlopCounterMode sees the single products."""
    for kwargs in ({}, {"kdim": 32, "vdim": 16}, {"add_bias_kv": True}, {"add_zero_attn": True}):
        part = nn.MultiheadAttention(64, 4, batch_first=True, **kwargs)
        k, v = nn.Linear(64, kwargs.get("kdim", 64)), nn.Linear(64, kwargs.get("vdim", 64))
        model = module(lambda s, x: s.a(x, s.k(x)[:, :20], s.v(x)[:, :20])[0], a=part, k=k, v=v)
        report = trace(model, (49, 64))
        assert report.macs == flop_counter_macs(model.train(), 49, 64), kwargs
        assert report.params == count_params(model)
    layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True, dropout=0.0)
    with sdpa_kernel(SDPBackend.MATH):
        assert trace(layer, (49, 64)).macs == flop_counter_macs(layer.train(), 49, 64)


@pytest.mark.parametrize(
    "name",
    "resnet18 densenet121 squeezenet1_1 mnasnet1_0 convnext_tiny efficientnet_v2_s regnet_y_400mf swin_t".split(),
)
def test_torchvisions_networks(name):
    model = getattr(torchvision.models, name)(weights=None).eval()
    report = trace(model, 97)
    assert (report.params, report.macs) == (count_params(model), flop_counter_macs(model, 3, 97, 97))


@pytest.mark.parametrize("name", ["mobilenetv4_conv_small", "starnet_s1", "fastvit_t8", "mobileone_s1", "mobilevit_xs"])
def test_timms_networks(name):
    model = timm.create_model(name).eval()
    report = trace(model, 224)
    with sdpa_kernel(SDPBackend.MATH):
        assert (report.params, report.macs) == (count_params(model), flop_counter_macs(model, 3, 224, 224))


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.data())
def test_any_convolution(in_channels, out_channels, groups, stride, dilation, data):
    in_channels, out_channels = in_channels * groups, out_channels * groups
    kernel = data.draw(st.integers(1, 3))
    padding = data.draw(st.integers(0, 2))
    size = data.draw(st.integers(5, 12)), data.draw(st.integers(5, 12))
    for kind in (nn.Conv2d, nn.ConvTranspose2d):
        model = kind(in_channels, out_channels, kernel, stride, padding, groups=groups, dilation=dilation)
        x = torch.randn(1, in_channels, *size)
        try:
            expected = model(x).shape
        except RuntimeError:  # a transposed convolution whose output would be empty
            with pytest.raises(TraceError):
                trace(model, (in_channels, *size))
            continue
        report = trace(model, (in_channels, *size))
        assert report.rows[0].out_shape == tuple(expected)
        assert report.macs == flop_counter_macs(model, in_channels, *size)


# --- the other columns ----------------------------------------------------------------------------------------------


def test_rows_of_one_brick():
    model = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
    conv, norm, relu = trace(model, 10).rows
    numbers = 8 * 5 * 5
    assert conv == (
        "0",
        "conv2d",
        (1, 3, 10, 10),
        (1, 8, 5, 5),
        216,
        216 * 25,
        numbers,
        4 * (300 + 216 + numbers),
        4 * (300 + numbers),
        (3, 3),
        (2, 2),
        1,
        "dense",
    )
    # batch norm reads four numbers a channel (two of them learned), and writes a second tensor beside its input
    assert norm == (
        "1",
        "batch_norm",
        (1, 8, 5, 5),
        (1, 8, 5, 5),
        16,
        0,
        numbers,
        4 * (2 * numbers + 32),
        4 * (300 + 2 * numbers),
        None,
        None,
        None,
        "batch_norm",
    )
    # in place: written over, so no memory more; the convolution's output is gone by now
    assert relu[4:9] == (0, 0, numbers, 4 * 2 * numbers, 4 * (300 + numbers))


def test_views_cost_nothing_and_copies_do():
    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        a = a.permute(0, 2, 3, 1)[:, 1:].unsqueeze(0).squeeze(0)
        assert not a.is_contiguous()
        b = b.flatten(1).view(1, -1)  # a chunk of one image is contiguous memory
        return a.contiguous(), b, x.reshape(1, -1), a.reshape(-1)

    report = trace(module(forward), (4, 6, 6))
    assert ops(report) == ["contiguous", "reshape"]
    assert report.activations == 60 + 60


def test_channel_shuffle_is_one_copy():
    from effcourse import channel_shuffle

    report = trace(module(lambda s, x: channel_shuffle(x, 2)), (8, 5, 5))
    assert ops(report) == ["reshape"]
    assert (report.macs, report.activations, report.bytes_moved) == (0, 200, 1600)


def test_dropout_and_identity_do_nothing_at_inference():
    model = nn.Sequential(nn.Dropout(), nn.Dropout2d(), nn.Identity(), nn.ReLU()).train()
    assert ops(trace(model, 8)) == ["relu"]


def test_half_precision_halves_the_bytes():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
    single, half = trace(model, 10), trace(copy.deepcopy(model).half(), 10)
    assert half.bytes_moved * 2 == single.bytes_moved
    assert half.peak_activation_bytes * 2 == single.peak_activation_bytes
    assert half.macs == single.macs


def test_parameters_that_no_operation_reads_have_a_row():
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU())
    model.spare = nn.Linear(5, 6)
    model.forward = lambda x: model[1](model[0](x))
    report = trace(model, 8)
    assert report.rows[-1][:5] == ("spare", "parameters", None, None, 36)
    assert report.params == count_params(model)


def test_a_shared_module_goes_by_the_name_its_parent_has_for_it():
    report = trace(shared_conv(), 9)
    assert [r.name for r in report.rows if r.op == "conv2d"] == ["left.0", "right.1"]
    assert [r.params for r in report.rows if r.op == "conv2d"] == [84, 0]


class LiveBytes(TorchDispatchMode):
    """The second opinion on memory: watches torch's real storages come and go."""

    def __init__(self, x):
        super().__init__()
        self.live = self.peak = 0
        self.seen = set()
        self.add(x)

    def add(self, tensor):
        storage = tensor.untyped_storage()
        if storage._cdata in self.seen:
            return
        self.seen.add(storage._cdata)
        self.live += storage.nbytes()
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self.free, storage._cdata, storage.nbytes())

    def free(self, key, nbytes):
        self.seen.discard(key)
        self.live -= nbytes

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            if isinstance(leaf, torch.Tensor) and leaf.numel() > 1 and func.overloadpacket is not torch.ops.aten.detach:
                self.add(leaf)
        return out


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small", "shufflenet_v2", "ghostnet"])
def test_peak_is_what_torch_holds(name):
    model = create_model(name).eval()
    for p in [*model.parameters(), *model.buffers()]:
        p.requires_grad_(False)
    x = torch.randn(1, 3, 97, 97)
    known = {t.untyped_storage()._cdata for t in [*model.parameters(), *model.buffers()]}
    with torch.no_grad(), LiveBytes(x) as watch:
        watch.seen |= known
        model(x)
    # a native batch norm also returns two empty or small tensors of statistics, which live no longer than it
    assert trace(model, 97).peak_activation_bytes == pytest.approx(watch.peak, rel=0.002)


# --- it leaves no trace ---------------------------------------------------------------------------------------------


def state(model):
    return {
        "tensors": {k: v.clone() for k, v in model.state_dict().items()},
        "attributes": {name: dict(vars(m)) for name, m in model.named_modules()},
        "training": {name: m.training for name, m in model.named_modules()},
        "hooks": {name: (dict(m._forward_hooks), dict(m._forward_pre_hooks)) for name, m in model.named_modules()},
        "grads": {k: p.grad for k, p in model.named_parameters()},
    }


def assert_same(before, after):
    assert before["tensors"].keys() == after["tensors"].keys()
    assert all(torch.equal(v, after["tensors"][k]) for k, v in before["tensors"].items())
    for part in ("attributes", "training", "hooks", "grads"):
        assert before[part].keys() == after[part].keys()
        for name, value in before[part].items():
            other = after[part][name]
            if isinstance(value, dict):
                assert list(value) == list(other)
                assert all(value[k] is other[k] for k in value), (part, name)
            else:
                assert value is other or value == other, (part, name)


@pytest.mark.parametrize("raises", [False, True])
def test_model_is_exactly_as_before(raises):
    model = MobileNetV2(num_classes=5, width_mult=0.25).train()
    model.stages[2].eval()  # a mixture of modes
    model.stages[3].register_forward_hook(lambda *args: None)
    if raises:
        model.stages[4].register_forward_hook(lambda *args: 1 / 0)
    model(torch.randn(2, 3, 64, 64)).sum().backward() if not raises else None
    before = state(model)
    if raises:
        with pytest.raises(ZeroDivisionError):
            trace(model, 64)
    else:
        trace(model, 64)
    assert_same(before, state(model))
    assert "forward" not in vars(model.stem)
    assert torch.overrides._len_torch_function_stack() == 0
    assert torch.is_grad_enabled()


def test_what_a_forward_stores_in_its_module_is_undone():
    def forward(self, x):
        self.last = x
        self.steps = self.steps + x.mean()
        self.calls = self.calls + 1
        return x * 2

    model = module(forward, calls=3)
    model.register_buffer("steps", torch.zeros(()))
    before = state(model)
    assert ops(trace(model, 4)) == ["mean", "add", "mul"]
    assert_same(before, state(model))
    assert model.calls == 3
    assert not hasattr(model, "last")


def test_hooks_run_and_see_shapes():
    model, seen = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), []
    model[0].register_forward_hook(lambda m, args, out: seen.append(tuple(out.shape)))
    trace(model, 8)
    assert seen == [(1, 4, 6, 6)]


def test_a_forward_of_the_instances_own_is_respected():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    own = model.forward = lambda x: model[0](x)
    assert ops(trace(model, 8)) == ["conv2d"]
    assert model.forward is own


def test_no_tensor_of_the_trace_stays():
    def kept():
        gc.collect()
        return [o for o in gc.get_objects() if type(o) is Ledger or (type(o) is torch.Tensor and o.is_meta)]

    before = len(kept())
    assert trace(create_model("shufflenet_v2"), 64).macs
    assert len(kept()) == before


def test_on_the_meta_device_and_compiled():
    with torch.device("meta"):
        model = create_model("mobilenet_v2")
    assert trace(model).macs == 300_774_272
    assert trace(torch.compile(create_model("mobilenet_v2"))).macs == 300_774_272


@pytest.mark.parametrize("name", list_models())
def test_deterministic_and_additive(name):
    with torch.device("meta"):
        model = create_model(name)
    one, two = trace(model, 65), trace(model, 65)
    assert one == two
    assert one.params == sum(r.params for r in one.rows) == count_params(model)


# --- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, -1, 2.5, "224", True, (), (3, 0, 5), (3, 8.0, 8), (3, -2, 8), {3}])
def test_impossible_sizes(size):
    with pytest.raises(ValueError, match="input_size must be") as error:
        trace(create_model("mobilenet_v2"), size)
    assert repr(size) in str(error.value)


@pytest.mark.parametrize(
    ("model", "size", "says"),
    [
        (nn.Conv2d(3, 4, 7), 5, "the model: conv2d: input of 5 pixels with padding 0 is smaller than a kernel of 7"),
        (nn.Sequential(nn.Conv2d(3, 4, 1), nn.MaxPool2d(9)), 5, "1: max_pool2d: .*too small"),
        (nn.Sequential(nn.Conv2d(3, 4, 1)), (4, 8, 8), "0: conv2d: expected 3 input channels, got 4"),
        (nn.Conv2d(3, 4, 1), (8,), "expected 3 input channels, got an input of shape"),
        (nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(5)), 8, "1: batch_norm: expected 5 channels, got 4"),
        (nn.Sequential(nn.Flatten(), nn.Linear(10, 2)), 8, "1: linear: expected 10 input features, got 192"),
        (nn.ConvTranspose2d(4, 3, 1), 8, "expected 4 input channels, got 3"),
        (module(lambda s, x: x.view(5, -1, 7)), 8, "view: .*invalid for input of size 192"),
        (module(lambda s, x: x + x[:, :2]), 8, r"add: shapes \(1, 3, 8, 8\) and \(1, 2, 8, 8\) do not fit"),
        (module(lambda s, x: torch.cat([x, x[:, :, :2]], 1)), 8, "cat: cannot join .* elsewhere than in dimension 1"),
        (module(lambda s, x: x @ x[:, :, :5]), 8, "matmul: cannot multiply .* inner sizes 8 and 5 differ"),
        (module(lambda s, x: torch.fft.fft(x)), 8, "the operation 'fft_fft' is not known.*register_op"),
        (module(lambda s, x: torch.linalg.cholesky(x)), 8, "the operation 'linalg_cholesky' is not known"),
        (module(lambda s, x: x if x.sum() > 0 else -x), 8, "a decision .* needs the numbers"),
        (module(lambda s, x: x * float(x.mean())), 8, r"float\(\) needs the numbers in a tensor"),
        (module(lambda s, x: x * x.max().item()), 8, "item needs the numbers"),
        (module(lambda s, x: {"out": 3}), 8, "computed from its input; it returned a dict. Wrap it"),
        (module(lambda s, x: None), 8, "it returned a NoneType"),
        (module(lambda s, x: torch.zeros(3)), 8, "computed from its input; it returned a Tensor"),
        (nn.LazyConv2d(4, 3), 8, "the model has no weights yet; run the model on a real input once"),
        (nn.Sequential(nn.ReLU()), None, "Sequential has no input_size of its own; give one"),
        (MobileNetV2, None, "trace takes an nn.Module, got <class .*create one first"),
        (torch.relu, 8, "trace takes an nn.Module, got <built-in"),
    ],
)
def test_says_what_is_wrong(model, size, says):
    with pytest.raises(TraceError, match=says):
        trace(model, size)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script. is deprecated")
def test_torchscript_is_refused():
    with pytest.raises(TraceError, match="TorchScript module hides its operations"):
        trace(torch.jit.script(nn.ReLU()), 8)


def test_the_module_is_named():
    model = create_model("mobilenet_v2")
    model.stages[3][1].project.conv = nn.Conv2d(10, 64, 1)
    with pytest.raises(TraceError, match=r"^stages.3.1.project.conv: conv2d: expected 10 input channels, got 384$"):
        trace(model)


def test_wrong_channels_for_a_network():
    with pytest.raises(TraceError, match=r"stem.conv: conv2d: expected 3 input channels, got 1"):
        trace(create_model("efficientnet_b0"), (1, 224, 224))


def test_an_operation_can_be_taught(monkeypatch):
    model = module(lambda s, x: torch.cdist(x, x))
    with pytest.raises(TraceError, match=r"@effcourse.cost.register_op\('cdist'\)"):
        trace(model, (5, 3))
    monkeypatch.setitem(HANDLERS, "cdist", None)  # so that it is forgotten after the test

    @register_op("cdist")
    def cdist(x1, x2, p=2.0, **kwargs):
        n, rows, inner = x1.shape
        return (n, rows, x2.shape[1]), n * rows * inner * x2.shape[1]

    report = trace(model, (5, 3))
    assert (report.macs, report.rows[0].out_shape) == (75, (1, 5, 5))


def test_outputs_may_be_tuples():
    report = trace(module(lambda s, x: (s.conv(x), x.mean()), conv=nn.Conv2d(3, 4, 1)), 8)
    assert ops(report) == ["conv2d", "mean"]
