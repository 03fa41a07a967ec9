"""Chapter 1's own figures, tables and sentences."""

import pytest
import torch
from torch import nn

from effcourse import create_model, trace
from effcourse.lessons import flops_math as lesson


class Attention(nn.Module):
    def __init__(self, fused):
        super().__init__()
        self.qkv, self.out, self.fused = nn.Linear(64, 192), nn.Linear(64, 64), fused

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        if self.fused:
            return self.out(nn.functional.scaled_dot_product_attention(q, k, v))
        return self.out((q @ k.transpose(-2, -1) / 8).softmax(dim=-1) @ v)


@pytest.fixture(scope="module")
def v2():
    return create_model("mobilenet_v2").eval()


@pytest.mark.parametrize(
    ("channels", "out", "size", "stride", "groups", "by_jax"),
    [(960, 960, 7, 1, 960, 346_560), (64, 128, 56, 1, 1, 225_738_752), (3, 32, 224, 2, 1, 10_773_600)],
)
def test_xlas_count_is_what_jax_printed(channels, out, size, stride, groups, by_jax):
    """``jit(f).lower(...).cost_analysis()["flops"] / 2``, JAX 0.10.2."""
    conv = nn.Sequential(nn.Conv2d(channels, out, 3, stride, padding=1, groups=groups, bias=False))
    assert lesson.without_zeros(conv, (channels, size, size)) == by_jax


@pytest.mark.parametrize(("size", "k", "stride", "padding"), [(9, 5, 2, 2), (6, 3, 1, 2), (7, 2, 3, 0)])
def test_products_of_padding_zeros_by_brute_force(size, k, stride, padding):
    places = range(-padding, size + padding - k + 1, stride)
    met = sum(0 <= place + u < size for place in places for u in range(k))
    conv = nn.Sequential(nn.Conv2d(4, 6, k, stride, padding, groups=2))
    assert lesson.without_zeros(conv, (4, size, size)) == met**2 * 2 * 6


def test_fvcores_rules_give_what_fvcore_printed(v2):
    """``FlopCountAnalysis(model, inputs).total()``, fvcore 0.1.5.post20221221."""
    assert lesson.as_fvcore(v2, (3, 224, 224)) == 314_193_216
    assert lesson.as_fvcore(Attention(fused=False), (49, 64)) == 1_110_144
    assert lesson.as_fvcore(Attention(fused=True), (49, 64)) == 802_816


def test_the_counters_are_held_against_trace():
    conv = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8))
    models = {"one": (conv, (3, 6, 6)), "fused": (Attention(fused=True), (49, 64))}
    lines = lesson.four_counters(models, lambda *_: 2 * 3 * 8 * 9 * 36, lambda *_: 0).text.splitlines()
    assert lines[2].split() == ["trace:", "MACs", "7,776", "1,110,144"]
    assert lines[3].split()[-2] == "2.0000"
    assert lines[4].split()[-2:] == ["0.0000", "0.0000"]
    assert lines[5].split()[-2] == f"{1 + 2 * 8 * 36 / 7776:.4f}"
    assert lines[6].split()[-2:] == [f"{(16 / 18) ** 2:.4f}", "1.0000"]


def test_halvings_are_those_of_the_network(v2):
    lines = lesson.halvings(lambda size, k, stride, padding: (size + 2 * padding - k) // stride + 1, (224, 225))
    for line, size in zip(lines.splitlines(), (224, 225), strict=True):
        sides = [size, *(row.out_shape[-1] for row in trace(v2, size).rows if row.stride == (2, 2))]
        assert line == " → ".join(map(str, sides))


def test_a_layers_line():
    costs = {"params": 5, "macs": 90, "activations": 10}
    text = lesson.side_by_side({"one": (costs, nn.ReLU(), (1,))}).text
    assert text.splitlines()[-1].split() == ["one", "5", "90", "10", "9"]


def test_the_traffic_adds_up_and_is_told(v2):
    report = trace(v2)
    kinds = lesson.traffic(report)
    assert {"batch norm", "ReLU6", "depthwise convolution"} < set(kinds)
    assert sum(one["bytes_moved"] for one in kinds.values()) == report.bytes_moved
    assert sum(one["macs"] for one in kinds.values()) == report.macs
    norms = [row.bytes_moved for row in report.rows if row.op == "batch_norm"]
    assert kinds["batch norm"] == {"macs": 0, "bytes_moved": sum(norms)}
    assert f"batch norm 0.0% and {sum(norms) / report.bytes_moved:.1%}" in lesson.traffic_bars(report).text


def test_the_stairs_are_traced(v2):
    lines = [line.split() for line in lesson.stairs(v2, (224, 225)).text.splitlines()[2:]]
    assert lines[0][1:] == ["7×7", "300,774,272", "+0.0%", "+0.0%"]
    assert lines[1][1:] == ["8×8", f"{trace(v2, 225).macs:,}", "+0.9%", "+14.6%"]
    assert "rises by 14.6 %" in lesson.staircase({size: trace(v2, size).macs for size in (223, 224, 225)}, 14.62).text


def test_claims_have_their_numbers(v2):
    with torch.device("meta"):
        v1 = create_model("mobilenet_v1")
    text = lesson.claims(trace(v1), trace(v2), 327_550_720, 14.62).text
    for part in ("300.8 M MACs, 601.5 M FLOPs", "3.50 M; 3.47 M without", "0.33 G", "568.7 M", "high by 1.1%"):
        assert part in text
