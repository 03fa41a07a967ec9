"""The explorer of the two factors in a browser, without a kernel: areas to scale, by keyboard."""

import math

import pytest

from effcourse.notebook import FactorExplorer
from effcourse.notebook.widgets.factors import CHANNELS, KERNELS


@pytest.fixture(scope="module")
def explorer():
    return FactorExplorer()


@pytest.fixture(scope="module")
def page(explorer, show):
    return show(explorer, height=700)


def move(page, label, to):
    slider = page.get_by_role("slider", name=label, exact=True)
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(to):
        page.keyboard.press("ArrowRight")
    return slider


def settle(page, explorer, kernel_size, in_channels, out_channels):
    said = [
        move(page, "kernel", KERNELS.index(kernel_size)),
        move(page, "input channels", CHANNELS.index(in_channels)),
        move(page, "output channels", CHANNELS.index(out_channels)),
    ]
    explorer.kernel_size, explorer.in_channels, explorer.out_channels = kernel_size, in_channels, out_channels
    return [slider.get_attribute("aria-valuetext") for slider in said]


SETTINGS = [(3, 64, 64), (3, 16, 16), (5, 4, 4), (9, 1024, 1024), (7, 8, 256)]


@pytest.mark.parametrize("setting", SETTINGS)
def test_keys_move_areas_to_scale(page, explorer, setting):
    said = settle(page, explorer, *setting)
    assert said == [f"{setting[0]}×{setting[0]}", f"{setting[1]:,}", f"{setting[2]:,}"]
    assert page.evaluate("['kernel_size', 'in_channels', 'out_channels'].map(model.get)") == list(setting)
    assert page.get_by_role("status").inner_text() == explorer.summary()
    assert explorer.summary() in page.locator(".effc-factors-chart > title").text_content()

    sizes = page.locator(".effc-area").evaluate_all(
        "all => all.map(one => one.width.baseVal.value * one.height.baseVal.value)"
    )
    costs = explorer.costs
    assert [size / sizes[0] for size in sizes] == pytest.approx(
        [1, costs.depthwise / costs.standard, costs.pointwise / costs.standard], rel=1e-3
    )
    places = page.locator(".effc-places").get_attribute("d")
    assert places.count("M") == setting[0] ** 2 - 1
    texts = page.locator(".effc-factors-chart").text_content()
    for part in (f"{costs.standard:,} MACs", f"1/{setting[2]:,} of it", f"1/{setting[0] ** 2} of it"):
        assert part in texts


def test_the_point_lies_on_its_curve_below_both_limits(page, explorer):
    for setting in SETTINGS:
        settle(page, explorer, *setting)
        x, y = page.locator(".effc-factors-chart .effc-mark").evaluate(
            "one => { const m = one.transform.baseVal.consolidate().matrix; return [m.e, m.f]; }"
        )
        points = page.locator(".effc-curve").get_attribute("points").split()
        assert min(math.dist((x, y), map(float, point.split(","))) for point in points) < 0.01
        level = float(page.locator(".effc-limit").nth(1).get_attribute("d").split()[1].split("H")[0])
        assert y > level  # y goes down


def test_input_channels_leave_the_picture_as_it_is(page, explorer):
    def picture():
        return page.locator(".effc-area, .effc-curve, .effc-mark").evaluate_all("all => all.map(one => one.outerHTML)")

    settle(page, explorer, 3, 4, 64)
    few, status = picture(), page.get_by_role("status").inner_text()
    settle(page, explorer, 3, 512, 64)
    assert picture() == few
    assert page.get_by_role("status").inner_text() != status


@pytest.mark.parametrize("setting", [(3, 4, 4), (9, 1024, 1024)])
def test_everything_stays_in_the_picture_and_no_two_texts_meet(page, explorer, setting):
    settle(page, explorer, *setting)
    box = page.locator(".effc-factors-chart").bounding_box()
    boxes = [one.bounding_box() for one in page.locator(".effc-area, .effc-mark, .effc-factors-chart text").all()]
    for inner in boxes:
        assert inner["x"] >= box["x"] - 1
        assert inner["x"] + inner["width"] <= box["x"] + box["width"] + 1
        assert inner["y"] >= box["y"] - 1
        assert inner["y"] + inner["height"] <= box["y"] + box["height"] + 1
    texts = [one.bounding_box() for one in page.locator(".effc-factors-chart text").all()]
    for i, a in enumerate(texts):
        for b in texts[:i]:
            across = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
            down = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
            assert across <= 1 or down <= 5, (a, b)  # lines of one label stand close


def test_every_control_has_a_name(page):
    assert [slider.get_attribute("id").rsplit("-")[-1] for slider in page.get_by_role("slider").all()] == [
        "kernel_size",
        "in_channels",
        "out_channels",
    ]
    assert page.get_by_role("group", name="What the factors buy").count() == 1
    assert page.get_by_role("img", name="three rectangles to scale").count() == 1
