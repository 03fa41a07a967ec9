"""The explorer of costs in a browser, without a kernel: every total and every sentence is what Python finds."""

import pytest
from torch import nn

from effcourse import create_model, trace
from effcourse.notebook.widgets import CostExplorer


@pytest.fixture(scope="module")
def page(show):
    return show(CostExplorer("mobilenet_v2"))


PUBLISHED = {(0.35, 96): 45.5, (0.35, 224): 60.3, (1.0, 96): 60.3, (1.0, 224): 71.8, (1.4, 224): 75.0}


def digits(number):
    return f"{float(f'{number:.3g}'):g}"


def put(page, **settings):
    for name, value in settings.items():
        page.evaluate("([name, value]) => window.model.set(name, value)", [name, value])


@pytest.mark.parametrize("width", [0.35, 1.0, 1.4])
@pytest.mark.parametrize("size", [96, 224, 225])
def test_totals_and_status_are_those_of_a_fresh_trace(page, width, size):
    put(page, width_mult=width, expand_ratio=6, input_size=size, quantity="macs")
    report, whole = trace(create_model("mobilenet_v2", width_mult=width), size), trace(create_model("mobilenet_v2"))
    shown = [int(text.replace(",", "")) for text in page.locator(".effc-number").all_inner_texts()]
    assert shown == [report.macs, report.params, report.activations]
    status = page.get_by_role("status").inner_text()
    assert status.startswith(f"Width multiplier α {width}, Expansion ratio t 6, Input resolution {size}: ")
    for quantity, word in (("macs", "MACs"), ("params", "parameters"), ("activations", "activations")):
        now, behind = getattr(report, quantity), getattr(whole, quantity)
        as_many = " as many as published" if quantity == "macs" else ""
        assert f"{digits(now / 1e6)} million {word} ({digits(now / behind)} times{as_many})" in status
    top1 = PUBLISHED.get((width, size))
    said = f"Published accuracy of this setting: {top1} % top-1." if top1 else "No accuracy was published for this"
    assert said in status


def test_bars_speak(page):
    put(page, width_mult=1.0, expand_ratio=6, input_size=224, quantity="params")
    assert page.locator(".effc-bars > title").text_content() == (
        "Bars: parameters by stage of MobileNetV2 at Width multiplier α 1.0, Expansion ratio t 6, "
        "Input resolution 224; hatched behind them the network as published, at 224 pixels. "
        f"Most are in classifier: {1_281_000 / 3_504_872:.1%}.".replace("%", " %")
    )


class Nothing(nn.Module):
    input_size = 8

    def forward(self, x):
        return x.relu()


def test_a_network_without_macs_or_published_figures(show):
    def idle(width):
        return Nothing()

    page = show(CostExplorer(idle, widths=[1.0], sizes=[8, 16]))
    assert page.get_by_role("status").inner_text() == (
        "Width multiplier α 1.0, Input resolution 8: 0 MACs, 0 parameters, 192 activations (1 times)."
    )
    assert page.get_by_role("img").count() == 1
