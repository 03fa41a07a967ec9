"""The convolution step by step as its page drives it, against a loop and PyTorch."""

import json
from itertools import product

import pytest
import torch
import traitlets
from torch import nn

from effcourse import trace
from effcourse.notebook.widgets import ConvolutionSteps
from effcourse.notebook.widgets.convolution import AXES, IN, OUT, SIZE

SETTINGS = list(product(*AXES.values()))


def by_loop(kernel, stride, padding, groups):
    """MACs and those of a padding zero after each place, one multiplication at a time."""
    padded = nn.functional.pad(torch.ones(SIZE, SIZE), (padding,) * 4)
    after, done, zeros = [], 0, 0
    for top in range(0, len(padded) - kernel + 1, stride):
        for left in range(0, len(padded) - kernel + 1, stride):
            for o, c in product(range(OUT), range(IN)):
                if o // (OUT // groups) == c // (IN // groups):
                    window = padded[top : top + kernel, left : left + kernel]
                    done += window.numel()
                    zeros += int((window == 0).sum())
            after.append((done, zeros))
    return after


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_every_setting_that_the_page_looks_up_is_counted_by_a_loop(setting):
    data, i = ConvolutionSteps().data, SETTINGS.index(setting)
    kernel, stride, padding, groups = setting
    assert list(zip(data["done"][i], data["zeros"][i], strict=True)) == by_loop(*setting)
    conv = nn.Conv2d(IN, OUT, kernel, stride, padding, groups=groups, bias=False)
    cost = trace(conv, (IN, SIZE, SIZE))
    assert data["done"][i][-1] == cost.macs == data["weights"][i] * len(data["starts"][i]) ** 2
    assert data["weights"][i] == cost.params
    assert len(data["starts"][i]) == cost.rows[0].out_shape[-1]
    assert data["starts"][i][0] == -padding


def test_the_pages_order_of_settings_is_pythons():
    data = ConvolutionSteps().data
    for i, setting in enumerate(SETTINGS):
        at = 0
        for axis, value in zip(data["axes"], setting, strict=True):
            at = at * len(axis["values"]) + axis["values"].index(value)
        assert at == i
    assert len(json.dumps(data)) < 100_000


def test_the_sentence_runs_and_ends_at_the_formulas_number():
    steps = ConvolutionSteps(kernel=3, stride=2, padding=1, groups=2)
    assert steps.status() == "Place 1 of 16: 72 MACs so far, 40 of them with a padding zero."
    steps.place = 15
    assert steps.status().startswith("All 16 places: 72 weights × 16 = 1,152 MACs")
    assert steps.status() in steps.figure().text
    assert steps.status() in repr(steps)


def test_the_table_has_all_groups():
    lines = ConvolutionSteps(kernel=5, stride=1, padding=2).table().text.splitlines()
    for line, groups in zip(lines[-3:], AXES["groups"], strict=True):
        done, zeros = by_loop(5, 1, 2, groups)[-1]
        assert line.split() == [str(groups), str(25 * 16 // groups), "49", f"{done:,}", f"{zeros:,}"]


def test_another_convolution_begins_again():
    steps = ConvolutionSteps(place=9)
    steps.kernel = 5
    assert steps.place == 0


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("kernel", 2, "kernel"),
        ("groups", 3, "groups"),
        ("place", 16, "from 0 to 15, for the window has 16 places, got 16"),
        ("place", -1, "got -1"),
    ],
)
def test_what_was_not_computed_is_refused(name, value, said):
    with pytest.raises(traitlets.TraitError, match=said):
        setattr(ConvolutionSteps(), name, value)
    with pytest.raises(traitlets.TraitError, match=said):
        ConvolutionSteps(**{name: value})
