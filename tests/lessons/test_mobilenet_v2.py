"""Chapter 4's own figures, tables and sentences."""

import math

import pytest
import torch
from torch import nn

from effcourse import InvertedResidual, create_model, round_channels, trace
from effcourse.lessons import mobilenet_v2 as lesson, mobilenet_v2_memory as memory


@pytest.fixture(scope="module")
def networks():
    return create_model("mobilenet_v1").eval(), create_model("mobilenet_v2").eval()


@pytest.fixture(scope="module")
def ways(networks):
    return memory.memory_ways(*networks)


def network(width=1.0, rounding=round_channels, head_shrinks=False):
    """Table 2's channel counts alone, as convolutions, so that a rule's effect can be counted by hand."""
    counts = [rounding(32 * width), *(rounding(c * width) for c in (16, 24))]
    head = rounding(1280 * (width if head_shrinks else max(1.0, width)))
    layers = [nn.Conv2d(a, b, 1, bias=False) for a, b in zip([3, *counts], [*counts, head], strict=True)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(head, 10))


def passage(n, seed):
    mix = torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    hidden = torch.relu(mix @ points())
    return hidden, 2 * torch.linalg.pinv(mix) @ hidden


def points():
    angle = torch.linspace(0, 6 * math.pi, 300, dtype=torch.float64)
    return angle / angle[-1] * torch.stack([angle.cos(), angle.sin()])


def test_gone_by_hand():
    hidden = torch.tensor([[1.0, 0.0, 2.0, -1.0], [1.0, 3.0, 0.0, -1.0], [0.0, 0.0, 5.0, -1.0]])
    assert lesson.gone(hidden) == 0.5  # the second has one above zero, the fourth none


def test_spirals_and_their_rows_use_the_passage():
    rows = lesson.spiral_rows(points(), passage)
    assert [row[0] for row in rows] == list(lesson.CHANNELS)
    [_, half, *_] = next(row for row in rows if row[0] == 3)
    assert half == pytest.approx(0.5, abs=0.01)  # of two opposite points one is gone
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)
    perfect = lesson.spiral_rows(points(), lambda n, seed: (torch.ones(n, 300), points()))
    assert [row[1:] for row in perfect] == [(0, 0, 0)] * 5
    assert "50%" in lesson.spiral_table(rows).text
    assert "three random seeds" in lesson.spirals(points(), passage).text


def test_a_blocks_memory_by_hand():
    rows = trace(InvertedResidual(16, 16, 1, 6), (16, 14, 14)).rows
    assert memory.merged(rows) == 4 * 14 * 14 * (96 + 96 + 16)  # the filter's two, and what waits for the sum
    assert memory.in_one_go(rows) == 4 * 14 * 14 * (16 + 16)
    rows = trace(InvertedResidual(16, 24, 2, 6), (16, 14, 14)).rows
    assert memory.merged(rows) == 4 * (14 * 14 * 96 + 7 * 7 * 96)
    rows = trace(InvertedResidual(32, 16, 1, 1), (32, 14, 14)).rows
    assert memory.merged(rows) == 4 * 14 * 14 * (32 + 32)


def test_the_networks_memory(networks, ways):
    v1, v2 = networks
    assert next(iter(ways.values())) == (trace(v1).peak_activation_bytes, trace(v2).peak_activation_bytes)
    assert ways["layer by layer (batch norm and ReLU6 merged)"] == (
        4 * 112**2 * (32 + 64),
        4 * (112**2 * 96 + 56**2 * 96),
    )
    assert ways["a block in one go"] == (4 * 112**2 * (32 + 64), 4 * 112**2 * (32 + 16))
    text = lesson.memory_table(ways).text
    assert "125%" in text
    assert "50%" in text


def test_the_loop_is_the_same_network(networks, ways):
    for model in networks:
        loop, x = memory.AsLoop(model).eval(), torch.randn(1, 3, 64, 64)
        with torch.inference_mode():
            torch.testing.assert_close(loop(x), model(x))
        assert trace(loop, 224).macs == trace(model, 224).macs
    assert all(a <= b for a, b in zip(ways["eager, one loop"], ways["eager, modules within modules"], strict=True))


def test_the_curve_says_its_peaks(networks):
    costs = {name: trace(model) for name, model in zip(("V1", "V2"), networks, strict=True)}
    words = lesson.memory_along(costs).text
    for cost in costs.values():
        assert f"{cost.peak_activation_bytes / 1e6:.1f} MB" in words.replace(" \n", " ")
    assert "stages.1.0.expand.norm" in words


def test_what_blocks_hand_on(networks):
    v1, v2 = map(trace, networks)
    assert memory.between_blocks(v1) == {112: 64, 56: 128, 28: 256, 14: 512, 7: 1024}
    assert memory.between_blocks(v2) == {112: 16, 56: 24, 28: 32, 14: 96, 7: 320}
    text = lesson.table_3(v1, v2).text
    assert "1024 / 100" in text
    assert "16 / 401" in text


def test_parts_are_timed_and_said():
    def run(x, expand, depthwise, project, parts):
        return nn.functional.conv2d(x, expand)

    blocks = {parts: lesson.InParts(run, parts) for parts in (1, 4)}
    timed = lesson.parts_timed(blocks, torch.randn(1, 16, 8, 8))
    assert [peak for peak, _ in timed.values()] == [4 * 8 * 8 * (16 + 96)] * 2
    assert all(ms > 0 for _, ms in timed.values())
    assert "4: 0.03 MB" in lesson.parts_figure(timed).text


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        ({1: 4, 2: 2, 16: 9}, "Here 2 parts are fastest, 2.0 times faster than the whole; 16 parts take 4.5 times"),
        ({1: 2, 2: 4, 16: 9}, "Here 1 part is fastest; 16 parts take 4.5 times as long as that."),
    ],
)
def test_the_verdict_follows_the_clock(ms, said):
    assert said in lesson.clock_verdict({parts: (0, one) for parts, one in ms.items()})


def test_the_step_is_found_or_not():
    assert "costs 50% more time" in lesson.step_verdict({56: 10, 60: 15, 64: 10})
    assert "No step on this machine: other counts take 1.00 times" in lesson.step_verdict({56: 10, 60: 10, 64: 10})
    times = lesson.ps_per_mac((8, 12))
    assert all(ps > 0 for ps in times.values())
    assert f"{times[12]:.0f} at 12" in lesson.step_figure(times).text


def test_counts_by_hand():
    # 11.2 5.6 8.4 11.2 22.4 33.6 56 112 become 16 8 8 16 24 32 56 112
    assert lesson.channel_counts(0.35) == (4, 2)
    assert lesson.channel_counts(1.0) == (0, 0)


def test_rules_against_the_authors():
    lines = lesson.rules_table(network).text.splitlines()
    narrow = next(line for line in lines if line.strip().startswith("0.35")).split()
    right, cut = (trace(network(0.35, rule), 224).macs for rule in (round_channels, lesson.cut_off))
    assert f"{cut / right - 1:+.1%}" in narrow
    at_1 = next(line for line in lines if line.strip().startswith("1.00")).split()
    assert at_1[-4:] == ["+0.0%"] * 4
    assert (lesson.cut_off(11.9), lesson.cut_off(3)) == (11, 8)


def test_last_two_by_hand():
    cost = trace(nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 5, 1), nn.Flatten(), nn.Linear(20, 2)), (3, 2, 2))
    assert lesson.last_two(cost) == (25 + 42) / (16 + 25 + 42)


def test_papers_and_claims(networks, ways):
    assert "+0.3%" in lesson.against_the_papers(lambda width: create_model("mobilenet_v2", width_mult=width)).text
    costs = [trace(model) for model in networks]
    text = lesson.claims(*costs, network, [(2, 0.74, 1, 1), (30, 0.01, 1, 1)], ways).text
    for part in ("300.8 M", "74% in 2 channels, 1% in 30", "125% of V1's peak layer by layer, 50% block by block"):
        assert part in text


def test_blocks_to_compare_with():
    from torchvision.models.resnet import Bottleneck

    ours, theirs = trace(lesson.Bottleneck(32, 8), (32, 9, 9)), trace(Bottleneck(32, 8), (32, 9, 9))
    assert (ours.macs, ours.params) == (theirs.macs, theirs.params)
    assert trace(lesson.dense(6), (6, 9, 9)).macs == 9 * 6 * 6 * 81
