"""Who fits? in a browser, without a kernel: what the page finds is what Python finds."""

import re

import pytest

from effcourse.notebook.widgets import WhoFits

BUDGETS = [
    {},
    {"max_macs": 300e6},
    {"max_macs": 300e6, "max_params": 4e6, "max_memory": 20e6},
    {"max_memory": 10e6, "max_macs": 50e6},
]


@pytest.fixture(scope="module")
def page(show):
    return show(WhoFits())


def put(page, budget):
    for name, value in (dict.fromkeys(("max_macs", "max_params", "max_memory")) | budget).items():
        page.evaluate("([name, value]) => window.model.set(name, value)", [name, value])


def status(page):
    return page.get_by_role("status").inner_text()


@pytest.mark.parametrize("budget", BUDGETS)
def test_the_page_names_pythons_winner(page, budget):
    put(page, budget)
    device = WhoFits(**budget)
    fitting, every = device.fitting(), len(device.data["rows"])
    assert f"{len(fitting)} of {every} fit" in status(page)
    assert f"The most accurate: {fitting[0].name}, {fitting[0].top1:.1f} %" in status(page)
    assert page.locator(".effc-best").count() == 1
    assert page.locator(".effc-fit > svg .effc-mark").count() == every
    assert page.locator(".effc-fit > svg .effc-out").count() == every - len(fitting)


def test_sliders_by_keyboard(page):
    put(page, {"max_macs": 300e6})
    slider = page.get_by_role("slider", name="MACs at most", exact=True)
    assert slider.get_attribute("aria-valuetext") == "300 M"
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("window.model.get('max_macs')") == 250e6
    assert WhoFits(max_macs=250e6).best.name in status(page)
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "no limit"
    assert page.evaluate("window.model.get('max_macs')") is None
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert page.evaluate("window.model.get('max_params')") == WhoFits.steps("params")[0]


def test_nothing_fits(page):
    put(page, {"max_macs": WhoFits.steps("macs")[0], "max_params": 1e6, "max_memory": 4e6})
    assert status(page).endswith("0 of 40 fit. Nothing fits: loosen a limit.")
    assert page.locator(".effc-best").count() == 0


def test_every_control_has_a_name(page):
    tree = page.locator(".effc-fit").aria_snapshot()
    controls = [line for line in tree.splitlines() if re.match(r"\s*- (slider|img|group)\b", line)]
    assert len([line for line in controls if "slider" in line]) == 3
    assert not [line for line in controls if not re.search(r'- \w+ "[^"]+"', line)], tree


def test_nothing_of_the_picture_is_cut(page):
    for budget in BUDGETS:
        put(page, budget)
        outside = page.evaluate(
            """() => {
                const frame = document.querySelector(".effc-fit > svg").getBoundingClientRect();
                return [...document.querySelectorAll(".effc-fit > svg text")].filter((text) => {
                    const box = text.getBoundingClientRect();
                    return box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1;
                }).map((text) => text.textContent);
            }"""
        )
        assert outside == []


def test_unmounting_lets_go_of_the_model(show):
    page = show(WhoFits())
    page.evaluate("window.unmount()")
    assert page.evaluate("window.listeners()") == 0
