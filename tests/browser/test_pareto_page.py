"""The front's explorer in a browser, without a kernel: what the page finds is what Python finds."""

import re

import pytest

from effcourse import best_within, contenders
from effcourse.notebook.widgets import ParetoExplorer
from effcourse.notebook.widgets.front import as_data
from effcourse.papers.pareto import within
from effcourse.papers.recipes import RECIPES

LIMITS = [
    {},
    {"macs": 300e6},
    {"params": 4e6},
    {"ms": 8.0},
    {"macs": 500e6, "params": 6e6, "ms": 6.5},
    {"macs": 1.0},
]


@pytest.fixture(scope="module")
def page(show):
    explorer = ParetoExplorer(max_macs=300e6)
    explorer.set_trait("data", as_data({}, *LIMITS))
    return show(explorer)


def put(page, **settings):
    for name, value in settings.items():
        page.evaluate("([name, value]) => window.model.set(name, value)", [name, value])


def status(page):
    return page.get_by_role("status").inner_text()


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("limits", LIMITS)
def test_the_page_names_pythons_winner(page, recipe, limits):
    nothing = dict.fromkeys(("max_macs", "max_params", "max_ms"))
    put(page, recipe=recipe, against="macs", **nothing | {f"max_{name}": value for name, value in limits.items()})
    rows = contenders(recipe)
    fitting, best = sum(within(row, limits) for row in rows), best_within(rows, limits)
    assert f"{fitting} of {len(rows)} fit" in status(page)
    assert f"{best.model} with {best.top1:.1f} %" in status(page) if best else "loosen a limit" in status(page)
    assert page.locator(".effc-best").count() == (best is not None)
    assert page.locator(".effc-pareto > svg .effc-mark").count() == len(rows)
    assert page.locator(".effc-pareto > svg .effc-out").count() == len(rows) - fitting
    assert page.locator(".effc-runners li").count() == min(3, fitting)


def test_sliders_by_keyboard(page):
    put(page, recipe="papers", against="macs", max_macs=300e6, max_params=None, max_ms=None)
    slider = page.get_by_role("slider", name="MACs at most", exact=True)
    assert slider.get_attribute("aria-valuetext") == "300 M"
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "400 M"
    assert page.evaluate("window.model.get('max_macs')") == 400e6
    assert best_within(contenders(), {"macs": 400e6}).model in status(page)
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "no limit"
    assert page.evaluate("window.model.get('max_macs')") is None
    assert "Budget: no limit. 43 of 43 fit" in status(page)


def test_a_limit_from_python_between_two_steps(show):
    page = show(ParetoExplorer(max_macs=217.5e6))
    slider = page.get_by_role("slider", name="MACs at most", exact=True)
    assert slider.get_attribute("aria-valuetext") == "217.5 M"
    assert "at most 217.5 M MACs" in status(page)
    assert f"{best_within(contenders(), {'macs': 217.5e6}).model} with" in status(page)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "200 M"
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "217.5 M"


def test_limits_that_python_sets_later(show):
    """What Python sends, in its order: first a step for the limit, with which the page is built anew."""
    explorer = ParetoExplorer(max_macs=300e6)
    page = show(explorer)
    sent = []
    explorer.observe(lambda change: sent.append({change["name"]: change["new"]}), ["data", "max_macs", "max_ms"])
    for limits in ({"max_macs": 123.4e6}, {"max_macs": 234.5e6, "max_ms": 9.87}, {"max_macs": 200e6}):
        for name, value in limits.items():
            setattr(explorer, name, value)
        for message in sent:
            put(page, **message)
        sent.clear()
        slider = page.get_by_role("slider", name="MACs at most", exact=True)
        assert slider.get_attribute("aria-valuetext") == f"{limits['max_macs'] / 1e6:g} M"
        assert f"{explorer.best.model} with" in status(page)
    assert page.locator(".effc-pareto").count() == 1


def test_choices_by_keyboard(page):
    put(page, recipe="papers", against="macs", max_macs=None)
    page.get_by_role("radio", name="each network's own paper").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("window.model.get('recipe')") == "ra4"
    assert "5 of 5 fit" in status(page)
    page.get_by_role("radio", name=re.compile("^latency on")).check()
    assert page.get_by_role("radio", name="latency on Intel i7-12700H").is_checked()
    assert page.get_by_role("img").get_attribute("aria-labelledby")
    assert (
        "against latency on Intel i7-12700H, 5 networks" in page.locator(".effc-pareto > svg title").first.inner_html()
    )


def test_who_is_not_drawn_is_told(page):
    put(page, recipe="papers", against="ms", max_macs=None)
    unknown = sum(row.ms is None for row in contenders())
    assert f"{unknown} have no latency on iPhone 13 and are not drawn" in status(page)
    assert page.locator(".effc-pareto > svg .effc-mark").count() == 43 - unknown


def test_nothing_of_the_picture_is_cut(page):
    for recipe in RECIPES:
        for against in ("macs", "params", "ms"):
            put(page, recipe=recipe, against=against, max_macs=None)
            outside = page.evaluate(
                """() => {
                    const frame = document.querySelector(".effc-pareto > svg").getBoundingClientRect();
                    return [...document.querySelectorAll(".effc-pareto > svg text")].filter((text) => {
                        const box = text.getBoundingClientRect();
                        return box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1;
                    }).map((text) => text.textContent);
                }"""
            )
            assert outside == [], (recipe, against)


def test_every_control_has_a_name(page):
    tree = page.locator(".effc-pareto").aria_snapshot()
    controls = [line for line in tree.splitlines() if re.match(r"\s*- (radio|slider|img|group)\b", line)]
    assert len([line for line in controls if "slider" in line]) == 3
    assert not [line for line in controls if not re.search(r'- \w+ "[^"]+"', line)], tree


def test_unmounting_lets_go_of_the_model(show):
    page = show(ParetoExplorer())
    assert page.evaluate("window.listeners()") > 0
    page.evaluate("window.unmount()")
    assert page.evaluate("window.listeners()") == 0
    before = status(page)
    put(page, recipe="ra")
    assert status(page) == before
