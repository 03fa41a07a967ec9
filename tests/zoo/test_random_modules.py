"""Random small modules: ``trace`` equals torch's FlopCounterMode."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings, strategies as st
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from effcourse import trace


class Program(nn.Module):
    """Runs steps one after the other; each makes its weights when it first runs, and passes where it does not apply."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps
        self.weights = nn.ParameterDict()

    def forward(self, x):
        for i, (name, number) in enumerate(self.steps):
            x = STEPS[name](self, f"{i}", x, number)
            if x.numel() > 20_000:
                x = x.flatten()[:600].reshape(1, 6, 10, 10)
        return x

    def weight(self, key, *shape):
        if key not in self.weights:
            self.weights[key] = nn.Parameter(torch.randn(shape) / math.prod(shape) ** 0.5)
        return self.weights[key]


def convolution(m, key, x, n):
    if x.dim() < 3 or x.dim() > 4:
        return x
    channels, kernel, stride, groups = x.shape[1], 1 + n % 3, 1 + n // 3 % 2, 1
    if n % 4 == 1:
        groups = channels
    elif n % 4 == 3 and channels % 2 == 0:
        groups = 2
    out = groups * (1 + n % 2)
    weight = m.weight(key, out, channels // groups, *[kernel] * (x.dim() - 2))
    function = F.conv2d if x.dim() == 4 else F.conv1d
    return function(x, weight, m.weight(f"{key}b", out), stride=stride, padding=1 + n % 2, groups=groups)


def transposed(m, key, x, n):
    if x.dim() != 4 or x.shape[1] > 12:
        return x
    weight = m.weight(key, x.shape[1], 1 + n % 3, 2, 1 + n % 3)
    return F.conv_transpose2d(x, weight, stride=1 + n % 2, output_padding=n % 2 and (1, 0))


def linear(m, key, x, n):
    return F.linear(x, m.weight(key, 1 + n % 5, x.shape[-1]), m.weight(f"{key}b", 1 + n % 5) if n % 2 else None)


def product(m, key, x, n):
    if x.dim() < 2:
        return x
    other = m.weight(key, *([1] * (n % 2)), x.shape[-1], 2 + n % 3)  # of less dimensions, or a batch of 1
    return x @ other if n % 3 else torch.matmul(other.mT, x.mT)


def with_itself(m, key, x, n):
    if x.dim() < 3:
        return x
    x = x.flatten(0, -3)
    return torch.bmm(x, x.transpose(1, 2)) if n % 2 else torch.baddbmm(x @ x.mT, x, x.mT)


def einsum(m, key, x, n):
    if x.dim() != 3:
        return x.flatten(0, -3) if x.dim() > 3 else x
    b, i, j = x.shape
    equation, shape = [
        ("bij,jk->bik", (j, 3)),
        ("bij,bjk->bik", (1, j, 3)),
        ("bij,jk->bk", (j, 3)),
        ("...j,jk", (j, 2)),
        ("bij,bkj->bik", (b, 2, j)),
        ("bij,i->bj", (i,)),
        ("bij,kj,kl->bil", (3, j)),
    ][n % 7]
    others = [m.weight(key, *shape)]
    if n % 7 == 6:
        others.append(m.weight(f"{key}l", 3, 2))
    return torch.einsum(equation, x, *others)


def attention(m, key, x, n):
    if x.dim() < 3:
        return x
    source = m.weight(key, *([1] * (n % 3 % 2)), 2 + n % 4, x.shape[-1])
    while source.dim() < x.dim():
        source = source[None]
    k = source.expand(*x.shape[:-2], -1, -1) if n % 2 else source
    return F.scaled_dot_product_attention(x, k, k + 1, is_causal=n % 5 == 0)


def of_weights(m, key, x, n):
    a, b = m.weight(f"{key}a", x.shape[-1], 2), m.weight(f"{key}b", 2, 3)
    made = [lambda: a @ b, lambda: torch.tensordot(a, b, 1), lambda: torch.inner(a, b.T), lambda: a.mm(mat2=b)][n % 4]()
    return F.linear(x, made.t_() if n % 2 else made.T)


def recurrent(m, key, x, n):
    if x.dim() != 3:
        return x
    h = 1 + n % 3
    weights = [m.weight(f"{key}i", 3 * h, x.shape[-1]), m.weight(f"{key}h", 3 * h, h)]
    state = torch.zeros(1, x.shape[0], h)
    return torch.gru(x, state, weights, False, 1, 0.0, False, False, True)[0]


def in_place(m, key, x, n):
    x = x.clone()
    if n % 6 == 0:
        return x.unsqueeze_(0).squeeze_(0)
    if n % 6 == 1 and x.dim() > 1:
        return x.transpose_(-1, -2)
    if n % 6 == 2:
        x[..., : x.shape[-1] // 2] = 1.0
        return x
    if n % 6 == 3:
        return x.mul_(2).add_(x.mean()).clamp_(-1, 1)
    x += 1
    x /= 2
    return x


def reshape(m, key, x, n):
    if n % 6 == 0 and x.dim() > 2:
        return x.flatten(2) if n % 4 else x.flatten(0, 1)
    if n % 6 == 1:
        return x[None] if x.dim() < 4 else x[0]
    if n % 6 == 2:
        return x.movedim(0, -1).contiguous()
    if n % 6 == 3:
        return torch.cat([x, x * 2], n % x.dim())
    if n % 6 == 4:
        return torch.stack([x, x], 0) if x.dim() < 4 else x.sum(1)
    parts = x.split(max(1, x.shape[-1] // 2), -1)
    return parts[0]


def free(m, key, x, n):
    functions = [
        torch.relu, lambda x: 1 / (x + 9), F.logsigmoid, lambda x: x.softmax(-1), lambda x: (x > 0) * x,
        lambda x: x.sort(-1)[0], lambda x: F.layer_norm(x, x.shape[-1:]), lambda x: x.max(-1, keepdim=True)[0] - x,
        lambda x: x.where(x > 0, torch.zeros(())), lambda x: F.pad(x, (1, 0)), lambda x: x.roll(1, 0).flip(-1),
    ]  # fmt: skip
    return functions[n % len(functions)](x)


STEPS = {f.__name__: f for f in (convolution, transposed, linear, product, with_itself, einsum, attention, of_weights,
                                 recurrent, in_place, reshape, free)}  # fmt: skip
programs = st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 41)), min_size=1, max_size=6)
shapes = st.sampled_from([(4, 6, 6), (6, 5, 7), (7, 8), (3, 4), (8,), (2, 3, 1)])


def check(steps, shape):
    torch.manual_seed(0)
    model, x = Program(steps).eval(), torch.randn(1, *shape)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), torch.backends.mkldnn.flags(enabled=False):
        model(x)  # makes the weights
        with counter:
            model(x)
    report = trace(model, shape)
    assert report.macs == counter.get_total_flops() // 2
    assert report.params == sum(p.numel() for p in model.parameters())
    assert trace(model.to("meta"), shape).rows == report.rows


quick = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}
ignoring = pytest.mark.filterwarnings("ignore:TF32 acceleration")


@ignoring
@settings(max_examples=200, **quick)
@given(programs, shapes)
def test_random_modules(steps, shape):
    check(steps, shape)


@ignoring
@pytest.mark.zoo
@settings(max_examples=2000, **quick)
@given(programs, shapes)
def test_many_random_modules(steps, shape):
    check(steps, shape)
