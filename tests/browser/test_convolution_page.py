"""The convolution step by step in a browser, without a kernel: its page says and draws what Python computed."""

import pytest

from effcourse.notebook.widgets import ConvolutionSteps
from effcourse.notebook.widgets.convolution import AXES, SIZE, running, starts


@pytest.fixture(scope="module")
def page(show):
    return show(ConvolutionSteps(), height=700)


def move(page, label, to):
    slider = page.get_by_label(label, exact=True)
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(to):
        page.keyboard.press("ArrowRight")
    return slider


def choose(page, *setting):
    for name, value in zip(AXES, setting, strict=True):
        slider = move(page, name, AXES[name].index(value))
        assert slider.get_attribute("aria-valuetext") == str(value)


@pytest.mark.parametrize("setting", [(3, 2, 1, 1), (5, 1, 2, 4), (1, 3, 0, 2), (3, 1, 0, 1)])
@pytest.mark.parametrize("place", [0, 3, -1])
def test_keys_move_the_window_and_the_counter(page, setting, place):
    choose(page, *setting)
    side = len(starts(*setting[:3]))
    place %= side**2
    slider = move(page, "place of the window", place)
    assert slider.get_attribute("aria-valuetext") == str(place + 1)
    python = ConvolutionSteps(**dict(zip(AXES, setting, strict=True)), place=place)
    assert page.evaluate("['kernel', 'stride', 'padding', 'groups', 'place'].map(model.get)") == [*setting, place]
    assert page.get_by_role("status").inner_text() == python.status()
    assert python.status() in page.locator(".effc-steps-chart > title").text_content()

    assert page.locator(".effc-place").count() == side**2
    assert page.locator(".effc-done").count() == place
    assert page.locator(".effc-now").count() == 1
    assert page.locator(".effc-cell").count() == SIZE**2
    assert page.locator(".effc-zero").count() == (SIZE + 2 * setting[2]) ** 2 - SIZE**2
    assert page.locator(".effc-wire").count() == 16 // setting[3]
    first, window = (
        page.locator(one).first.evaluate("one => ['x', 'y', 'width'].map((name) => Number(one.getAttribute(name)))")
        for one in (".effc-cell", ".effc-window")
    )
    pixel = first[2]
    row, column = divmod(place, side)
    begins = starts(*setting[:3])
    assert [(window[i] - first[i]) / pixel for i in (0, 1)] == [begins[column], begins[row]]
    assert window[2] / pixel == setting[0]


def test_it_runs_to_the_end_and_can_be_stopped(page):
    choose(page, 3, 2, 1, 1)
    page.get_by_role("button", name="Let it run").press("Enter")
    page.wait_for_function("model.get('place') >= 2")
    page.get_by_role("button", name="Stop").press("Enter")
    stopped = page.evaluate("model.get('place')")
    page.wait_for_timeout(400)
    assert page.evaluate("model.get('place')") == stopped
    page.get_by_role("button", name="Let it run").press("Enter")
    page.wait_for_function("model.get('place') === 15")
    page.get_by_role("button", name="Let it run").wait_for()
    status = page.get_by_role("status")
    assert f"= {running(3, 2, 1, 1)[-1][0]:,} MACs" in status.inner_text()
    assert status.get_attribute("aria-live") == "polite"


def test_the_last_place_is_the_sliders_end(page):
    for setting in ((5, 3, 0, 1), (1, 1, 2, 1)):
        choose(page, *setting)
        page.get_by_label("place of the window").press("End")
        assert page.evaluate("model.get('place')") == len(running(*setting)) - 1


def test_everything_stays_in_the_picture(page):
    choose(page, 1, 1, 2, 1)  # the largest of both grids
    box = page.locator(".effc-steps-chart").bounding_box()
    for one in page.locator(".effc-steps-chart :is(rect, circle, text)").all():
        inner = one.bounding_box()
        assert inner["x"] >= box["x"] - 1
        assert inner["x"] + inner["width"] <= box["x"] + box["width"] + 1
        assert inner["y"] >= box["y"] - 1
        assert inner["y"] + inner["height"] <= box["y"] + box["height"] + 1


def test_a_move_is_drawn_at_once(page):
    choose(page, 1, 1, 2, 1)
    took = page.evaluate(
        """() => { const input = document.querySelector("[id$=-place]"); const all = [];
        for (let i = 0; i < 121; i++) { input.value = i; const t = performance.now();
          input.dispatchEvent(new Event("input")); all.push(performance.now() - t); }
        return all.sort((a, b) => a - b)[60]; }"""
    )
    assert took < 16
