"""The explorer of the two factors as its page drives it, against layers that are traced."""

import itertools
import json

import pytest
import torch
import traitlets
from torch import nn

from effcourse import trace
from effcourse.notebook import FactorExplorer
from effcourse.notebook.widgets.factors import CHANNELS, HIGHEST, KERNELS, costs, verdict

PLACES = [range(len(values)) for values in (KERNELS, CHANNELS, CHANNELS)]


def traced(kernel_size, in_channels, out_channels):
    """MACs of three layers where the kernel fits once: standard, depthwise, pointwise."""
    with torch.device("meta"):
        standard = nn.Conv2d(in_channels, out_channels, kernel_size)
        depthwise = nn.Conv2d(in_channels, in_channels, kernel_size, groups=in_channels)
        pointwise = nn.Conv2d(in_channels, out_channels, 1)
    size = (in_channels, kernel_size, kernel_size)
    return trace(standard, size).macs, trace(depthwise, size).macs, trace(pointwise, (in_channels, 1, 1)).macs


def test_every_setting_that_the_page_looks_up_is_the_traces():
    data = FactorExplorer().data
    for k, i, o in itertools.product(*PLACES):
        standard, depthwise, pointwise = traced(KERNELS[k], CHANNELS[i], CHANNELS[o])
        assert data["standard"][k][i][o] == standard
        assert data["depthwise"][k][i] == depthwise
        assert data["pointwise"][i][o] == pointwise
        assert data["saving"][k][o] == pytest.approx(standard / (depthwise + pointwise), rel=1e-3)
        assert f"That is {standard / (depthwise + pointwise):.1f} times fewer" in data["verdict"][k][o]
    assert len(json.dumps(data)) < 20_000


def test_the_picture_shows_the_two_terms():
    """The column has 1/C_out of the square and the strip 1/k²: what their labels say."""
    for k, i, o in itertools.product(KERNELS, CHANNELS, CHANNELS):
        now = costs(k, i, o)
        assert now.depthwise * o == now.pointwise * k**2 == now.standard


def test_every_saving_has_its_place_below_both_limits():
    data = FactorExplorer().data
    for (k, kernel_size), (o, outputs) in itertools.product(enumerate(KERNELS), enumerate(CHANNELS)):
        assert data["ticks"]["times"][0] < data["saving"][k][o] < min(kernel_size**2, outputs) < HIGHEST


@pytest.mark.parametrize(
    ("kernel_size", "out_channels", "said"),
    [
        (3, 64, "7.9 times fewer, and below 9 = 3², which no number of channels gets over."),
        (3, 8, "4.2 times fewer, and below 8, the number of outputs, which no kernel gets over."),
        (9, 64, "35.8 times fewer, and below 64, the number of outputs, which no kernel gets over."),
        (9, 128, "49.6 times fewer, and below 81 = 9², which no number of channels gets over."),
    ],
)
def test_the_nearer_limit_is_named(kernel_size, out_channels, said):
    assert verdict(kernel_size, out_channels) == f"That is {said}"


def test_settings_change_summary_and_figure():
    explorer = FactorExplorer(in_channels=16, out_channels=16)
    assert "takes 2,304 MACs, depthwise and pointwise 144 + 256 = 400. That is 5.8 times" in explorer.summary()
    explorer.kernel_size, explorer.out_channels = 5, 1024
    assert explorer.costs == traced(5, 16, 1024)
    assert explorer.summary().startswith("5×5 kernel, 16 → 1,024 channels")
    for shown in (explorer.figure().text, repr(explorer)):
        assert explorer.summary() in shown


def test_the_table_has_the_savings():
    lines = [line.split() for line in FactorExplorer().table().text.splitlines()[-len(CHANNELS) :]]
    assert [line[0] for line in lines] == [f"{c:,}" for c in CHANNELS]
    for line, channels in zip(lines, CHANNELS, strict=True):
        macs = [traced(k, 4, channels) for k in KERNELS]
        assert line[1:] == [f"{standard / (half + mix):.1f}" for standard, half, mix in macs]


@pytest.mark.parametrize("bad", [{"kernel_size": 4}, {"in_channels": 3}, {"out_channels": 2048}, {"kernel_size": "3"}])
def test_only_settings_that_were_computed(bad):
    with pytest.raises(traitlets.TraitError, match="any of"):
        FactorExplorer(**bad)
