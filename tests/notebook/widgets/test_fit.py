"""Who fits? as its page drives it, against a plain search through the networks."""

import json
import random
import re

import pytest

from effcourse.notebook.widgets import WhoFits
from effcourse.papers.points import paper_points

QUANTITIES = ("macs", "params", "memory")


def by_hand(limits):
    """Those within a budget, the most accurate first."""
    fit = [p for p in paper_points() if all(v is None or getattr(p, q) <= v for q, v in limits.items())]
    return sorted(fit, key=lambda point: (-point.top1, point.macs))


def looked_up(device):
    """What the page finds in the data, in its own way."""
    at = []
    for quantity in device.data["quantities"]:
        limit = getattr(device, f"max_{quantity['name']}")
        at.append(len(quantity["steps"]) if limit is None else quantity["steps"].index(limit))
    rows = device.data["rows"]
    return [row["name"] for row in rows if all(first <= i for first, i in zip(row["fits_from"], at, strict=True))]


def test_every_budget_finds_what_a_plain_search_finds():
    device, pick = WhoFits(), random.Random(0)
    choices = {quantity: [*WhoFits.steps(quantity), None] for quantity in QUANTITIES}
    budgets = [{q: pick.choice(values) for q, values in choices.items()} for _ in range(200)]
    budgets += [{q: value if q == quantity else None for q in QUANTITIES} for quantity in QUANTITIES
                for value in choices[quantity]]  # fmt: skip
    for limits in budgets:
        device.set_state({f"max_{quantity}": value for quantity, value in limits.items()})
        expected = by_hand(limits)
        assert device.limits == limits
        assert [point.name for point in device.fitting()] == looked_up(device) == [point.name for point in expected]
        assert device.best == (expected[0] if expected else None)


def test_the_first_step_lets_nothing_in_but_the_smallest_and_the_last_everything():
    for quantity in QUANTITIES:
        steps, values = WhoFits.steps(quantity), [getattr(point, quantity) for point in paper_points()]
        assert steps == sorted(steps)
        assert steps[0] <= min(values)
        assert max(values) <= steps[-1]


def test_figure_and_table_say_the_same():
    device = WhoFits(max_macs=300e6, max_memory=20e6)
    best, figure, table = device.best, repr(device.figure()), repr(device.table())
    assert f"{best.name} with {best.top1:.1f} %" in figure
    assert f"are {len(device.fitting())} (filled marks)" in figure
    assert best.name in table
    assert len(table.splitlines()) == 4 + 5  # caption, blank, head, line
    assert "nothing fits" in repr(WhoFits(max_macs=WhoFits.steps("macs")[0], max_params=1e6, max_memory=4e6).figure())


def test_the_page_gets_plain_data():
    state = WhoFits().get_state()
    assert len(json.dumps(state["data"])) < 30_000
    assert {row["family"] for row in state["data"]["rows"]} == set(range(len(state["data"]["families"])))


@pytest.mark.parametrize("value", [1.5e6 + 1, "300", True, -1, float("nan")])
def test_a_limit_that_no_slider_has(value):
    with pytest.raises(
        ValueError, match=r"max_macs must be None, for no limit, or one of .*; got " + re.escape(repr(value))
    ):
        WhoFits(max_macs=value)
