"""The α × ρ surface in a browser, without a kernel: its page says and draws what Python computed."""

import pytest

from effcourse.notebook import SurfaceExplorer
from effcourse.notebook.widgets.surface import BUDGETS, PARAMS


@pytest.fixture(scope="module")
def page(show):
    return show(SurfaceExplorer(), height=700)


def move(page, label, to):
    slider = page.get_by_label(label)
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(to):
        page.keyboard.press("ArrowRight")
    return slider


@pytest.mark.parametrize("budget", [10, 50, 120, 600])
@pytest.mark.parametrize("params", [0.5, 1.5, 5])
def test_keys_move_the_budget(page, budget, params):
    slider = move(page, "MACs, at most", BUDGETS.index(budget))
    assert slider.get_attribute("aria-valuetext") == f"{budget} million"
    slider = move(page, "parameters, at most", PARAMS.index(params))
    assert slider.get_attribute("aria-valuetext") == f"{params:g} million"
    assert page.evaluate("['budget', 'params'].map(model.get)") == [budget, params]

    surface = SurfaceExplorer(budget=budget, params=params)
    assert page.get_by_role("status").inner_text() == surface.summary()
    assert surface.summary() in page.locator(".effc-surface-chart > title").text_content()

    b, p = BUDGETS.index(budget), PARAMS.index(params)
    fits = surface.data["fits"][b * len(PARAMS) + p]
    lit = page.locator("svg .effc-mark").evaluate_all("all => all.map(one => !one.classList.contains('effc-out'))")
    assert [i for i, one in enumerate(lit) if one] == fits
    ring = page.locator(".effc-best")
    assert ring.get_attribute("visibility") == ("visible" if fits else "hidden")
    if fits:
        best = page.locator("svg .effc-mark").nth(surface.data["best"][b * len(PARAMS) + p])
        place = f"translate({ring.get_attribute('cx')} {ring.get_attribute('cy')})"
        assert best.get_attribute("transform") == place


def test_everything_stays_in_the_picture(page):
    move(page, "MACs, at most", BUDGETS.index(120))
    box = page.locator(".effc-surface-chart").bounding_box()
    for mark in page.locator(".effc-surface-chart .effc-mark, .effc-surface-chart text, .effc-budget").all():
        inner = mark.bounding_box()
        assert inner["x"] >= box["x"] - 1
        assert inner["x"] + inner["width"] <= box["x"] + box["width"] + 1
        assert inner["y"] >= box["y"] - 1
        assert inner["y"] + inner["height"] <= box["y"] + box["height"] + 1


def test_python_moves_the_page(page):
    page.evaluate("model.set('budget', 200)")
    assert "At most 200 M MACs" in page.get_by_role("status").inner_text()


def test_it_answers_at_once(page):
    median = page.evaluate(
        """() => {
            const slider = document.querySelector("input"), times = [];
            for (let k = 0; k < 100; k++) {
                slider.value = k % 40;
                const start = performance.now();
                slider.dispatchEvent(new Event("input"));
                document.body.offsetHeight;
                times.push(performance.now() - start);
            }
            return times.sort((a, b) => a - b)[50];
        }"""
    )
    assert median < 16
