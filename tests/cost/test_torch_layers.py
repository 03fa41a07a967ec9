"""torch's own layers are priced as their functions are, and are left as they were."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import prune

from effcourse import create_model, trace
from effcourse.cost import state
from effcourse.cost.layers import RULES
from effcourse.cost.row import TraceError

CASES = [
    (nn.Conv1d(6, 8, 3, stride=2, padding=1), (6, 9)),
    (nn.Conv2d(6, 8, (3, 5), stride=(2, 1), padding=(1, 0), dilation=2, groups=2, bias=False), (6, 13, 17)),
    (nn.Conv2d(6, 6, 3, padding="same", groups=6), (6, 7, 5)),
    (nn.Conv2d(6, 8, 3, padding=1, padding_mode="reflect"), (6, 7, 5)),
    (nn.Conv2d(6, 8, 3, dtype=torch.float64), (6, 7, 5)),
    (nn.Conv3d(2, 3, 2), (2, 4, 5, 6)),
    (nn.Linear(6, 4), (5, 6)),
    (nn.Linear(6, 4, bias=False), (6,)),
    (nn.BatchNorm1d(6), (6, 9)),
    (nn.BatchNorm1d(6), (6,)),
    (nn.BatchNorm2d(6), (6, 7, 5)),
    (nn.BatchNorm2d(6, affine=False), (6, 7, 5)),
    (nn.BatchNorm2d(6, track_running_stats=False), (6, 7, 5)),
    (nn.BatchNorm3d(2), (2, 4, 5, 6)),
    *((kind(), (6, 7, 5)) for kind in RULES if kind.__module__.endswith("activation")),
    *((kind(inplace=True), (6, 7, 5)) for kind in (nn.ReLU, nn.ReLU6, nn.Hardswish, nn.Hardsigmoid, nn.SiLU)),
]  # fmt: skip


def both_ways(model, monkeypatch, *arguments, **keywords):
    """What a trace gives with the rules and without: a report, or an error's text."""
    given = []
    for rules in (RULES, {}):
        monkeypatch.setattr(state, "RULES", rules)
        try:
            given.append(trace(model, *arguments, **keywords))
        except TraceError as error:
            given.append(str(error))
    return given


def test_every_rule_has_a_case():
    assert {type(layer) for layer, _ in CASES} == set(RULES)


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=lambda x: str(x).split("(")[0])
def test_layer_is_priced_as_its_function(layer, shape, monkeypatch):
    model = nn.Sequential(nn.Identity(), nn.Sequential(layer))
    fast, usual = both_ways(model, monkeypatch, shape)
    assert fast == usual
    assert fast.rows[0].name == "1.0"


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v3_small", "efficientnet_b0", "ghostnet", "shufflenet_v2"])
def test_networks_are_priced_as_their_functions(name, monkeypatch):
    fast, usual = both_ways(create_model(name), monkeypatch, 96)
    assert fast == usual


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv2d(3, 4, 3), (5, 8, 8)),
        (nn.Conv2d(3, 4, 9), (3, 8, 8)),
        (nn.BatchNorm2d(3), (4, 8, 8)),
        (nn.BatchNorm2d(3), (3, 8)),
        (nn.Linear(3, 4), (3, 5)),
    ],
)
def test_what_does_not_fit_is_told_as_usual(layer, shape, monkeypatch):
    fast, usual = both_ways(nn.Sequential(layer), monkeypatch, shape)
    assert isinstance(fast, str)
    assert fast == usual


class Own(nn.Conv2d):
    """A subclass that does more than a convolution."""

    def forward(self, x):
        return super().forward(super().forward(x))


class Meddling(nn.Module):
    """Changes its layers in forward."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.own = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3), Own(3, 3, 1)

    def forward(self, x):
        self.conv.weight = nn.Parameter(self.conv.weight * 2)
        self.conv.register_buffer("seen", torch.ones(1))
        self.conv.note = "called"
        self.norm.train()
        return self.own(self.norm(self.conv(x)))


def pruned():
    conv = nn.Conv2d(3, 4, 3)
    prune.l1_unstructured(conv, "weight", 0.5)
    return conv


def with_forward_of_its_own():
    conv = nn.Conv2d(3, 4, 3)
    conv.forward = lambda x: F.conv2d(F.relu(x), conv.weight)
    return conv


def shared():
    conv = nn.Conv2d(3, 3, 1)
    return nn.Sequential(nn.Sequential(conv), nn.Sequential(conv, nn.ReLU()))


@pytest.mark.parametrize("make", [Meddling, pruned, with_forward_of_its_own, shared])
def test_unusual_layers_are_priced_as_usual_and_left_as_they_were(make, monkeypatch):
    model = make()
    before = [(m, dict(m.__dict__), copy.copy(m._parameters), copy.copy(m._buffers)) for m in model.modules()]
    fast, usual = both_ways(model, monkeypatch, (3, 8, 8))
    assert fast == usual
    for module, attributes, parameters, buffers in before:
        assert list(module.__dict__) == list(attributes)
        assert all(module.__dict__[name] is value for name, value in attributes.items())
        assert all(module._parameters[name] is value for name, value in parameters.items())
        assert all(module._buffers[name] is value for name, value in buffers.items())


def test_hooks_of_a_layer_run():
    model, seen = nn.Sequential(nn.Conv2d(3, 4, 3)), []
    model[0].register_forward_hook(lambda module, args, out: seen.append(tuple(out.shape)))
    trace(model, 8)
    assert seen == [(1, 4, 6, 6)]
