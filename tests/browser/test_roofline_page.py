"""The explorer of the roof in a browser, without a kernel: its page says and draws what Python computed."""

import itertools
import re

import pytest

from effcourse import MachineLimits, create_model, trace
from effcourse.measure import LayerTime
from effcourse.notebook.widgets import RooflineExplorer
from effcourse.notebook.widgets.roofline import BATCHES, MEMORY

LIMITS = MachineLimits(100.0, 10.0, 50.0, 1, "a processor", 2**27)


@pytest.fixture(scope="module")
def explorer():
    report = trace(create_model("mobilenet_v2"))
    return RooflineExplorer(report, LIMITS, [LayerTime(row, 0.5) for row in report.rows])


@pytest.fixture(scope="module")
def page(explorer, show):
    return show(explorer, height=700)


def move(page, label, to):
    slider = page.get_by_label(label)
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(to):
        page.keyboard.press("ArrowRight")
    return slider


@pytest.mark.parametrize("batch", [1, 64])
@pytest.mark.parametrize("memory", [0.25, 1, 16])
def test_keys_move_the_layers(page, explorer, batch, memory):
    slider = move(page, "images a batch", BATCHES.index(batch))
    assert slider.get_attribute("aria-valuetext") == str(batch)
    slider = move(page, "memory's bandwidth", MEMORY.index(memory))
    assert slider.get_attribute("aria-valuetext") == f"{memory:g} ×"
    assert page.evaluate("['batch', 'memory'].map(model.get)") == [batch, memory]
    explorer.batch, explorer.memory = batch, memory
    assert page.get_by_role("status").inner_text() == explorer.summary()
    assert explorer.summary() in page.locator(".effc-roof-chart > title").text_content()

    marks = page.locator("svg .effc-at-best").evaluate_all("all => all.map(one => one.getAttribute('transform'))")
    assert len(marks) == 53
    by_height = [float(re.search(r" ([\d.]+)\)", mark)[1]) for mark in marks]
    attainable = [row.attainable_gflops for row in explorer.rows if row.macs]
    ranked = sorted(range(53), key=lambda i: (attainable[i], -by_height[i]))
    assert all(by_height[a] >= by_height[b] - 0.5 for a, b in itertools.pairwise(ranked))  # y goes down

    filled = page.locator("svg .effc-done[visibility=visible]").count()
    assert filled == (53 if (batch, memory) == (1, 1) else 0)


def test_everything_stays_in_the_picture(page, explorer):
    move(page, "memory's bandwidth", MEMORY.index(1))
    move(page, "images a batch", 0)
    box = page.locator(".effc-roof-chart").bounding_box()
    for mark in page.locator(".effc-done[visibility=visible], .effc-at-best, .effc-roof-chart text").all():
        inner = mark.bounding_box()
        assert inner["x"] >= box["x"] - 1
        assert inner["x"] + inner["width"] <= box["x"] + box["width"] + 1
        assert inner["y"] >= box["y"] - 1
        assert inner["y"] + inner["height"] <= box["y"] + box["height"] + 1
