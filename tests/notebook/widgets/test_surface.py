"""The α × ρ surface as its page looks it up, against a fresh count and a fresh choice at every setting."""

import itertools
import json

import pytest
import traitlets

from effcourse import create_model, published, trace
from effcourse.notebook.widgets import SurfaceExplorer
from effcourse.notebook.widgets.surface import BUDGETS, CURVES, PARAMS, SIDES, WIDTHS, curve


@pytest.fixture(scope="module")
def sixteen():
    """Width, side, MACs, parameters, top-1 in the page's order, counted anew."""
    rows = published(source="mobilenet_v1_checkpoints", model="MobileNet_v1 checkpoint (float)")
    fresh = []
    for p in rows.itertuples():
        cost = trace(create_model("mobilenet_v1", width_mult=p.width), int(p.resolution))
        fresh.append((p.width, int(p.resolution), cost.macs, cost.params, p.top1))
    return fresh


def test_every_setting_is_a_fresh_choice(sixteen):
    data = SurfaceExplorer().data
    assert [one["at"] for one in data["points"]] == [[width, size] for width, size, *_ in sixteen]
    assert [one["top1"] for one in data["points"]] == [f"{row[-1]:.1f}" for row in sixteen]
    settings = list(itertools.product(BUDGETS, PARAMS))
    assert len(settings) == len(data["fits"]) == len(data["best"]) == len(data["summary"])
    for (budget, params), fits, best, said in zip(settings, data["fits"], data["best"], data["summary"], strict=True):
        right = [i for i, row in enumerate(sixteen) if row[2] <= budget * 1e6 and row[3] <= params * 1e6]
        assert fits == right
        assert (best is None) == (not right)
        assert f"At most {budget} M MACs" in said
        if right:
            assert best == max(right, key=lambda i: (sixteen[i][4], -sixteen[i][2]))
            width, size, macs, _, top1 = sixteen[best]
            assert f"{len(right)} of 16 fit. The best is α = {width:g} at {size}, {top1} %" in said
            assert f"for {macs / 1e6:.1f} M MACs" in said
        else:
            assert "nothing fits" in said
    assert len(json.dumps(data)) < 100_000


@pytest.mark.parametrize("macs", [*CURVES, *BUDGETS[::4]])
def test_a_curve_is_where_the_network_costs_that(macs):
    """Exactly at multiples of 32, so nearly where a curve passes one."""
    for width, side in curve(macs)[::6]:
        low, high = (32 * (side // 32), 32 * (side // 32 + 1))
        model = create_model("mobilenet_v1", width_mult=width)
        assert trace(model, int(low)).macs <= macs * 1e6 * 1.002
        assert trace(model, int(high)).macs >= macs * 1e6 * 0.998
        assert SIDES[0] <= side <= SIDES[1]
        assert width in WIDTHS


def test_each_checkpoint_lies_on_its_side_of_the_curve(sixteen):
    """Who fits is below the budget's curve, so that what the page draws is what it says."""
    for budget in BUDGETS:
        at = dict(curve(budget))
        for width, size, macs, *_ in sixteen:
            if width in at:
                assert (size <= at[width] + 0.1) == (macs <= budget * 1e6), (budget, width, size)


def test_twice_a_larger_budget_makes_the_best_thinner():
    """What the chapter asks a student to find."""
    best = [SurfaceExplorer(budget=budget).best for budget in BUDGETS]
    moves = [(a.name, b.name) for a, b in itertools.pairwise(best) if a and b and b.width < a.width]
    assert moves == [("α = 0.75 at 128", "α = 0.5 at 224"), ("α = 1 at 160", "α = 0.75 at 224")]


def test_the_twin_says_the_same():
    surface = SurfaceExplorer(budget=200, params=1.5)
    assert surface.summary() in repr(surface.figure())
    assert "200 M MACs, 1.5 M parameters" in repr(surface)
    assert surface.best.name == "α = 0.5 at 224"
    assert "568.7 → 70.9" in repr(surface.table())
    assert "nothing fits" in repr(SurfaceExplorer(budget=10).figure())


def test_only_settings_that_were_computed():
    surface = SurfaceExplorer()
    for name, bad in (("budget", 123), ("budget", None), ("params", 2)):
        with pytest.raises(traitlets.TraitError):
            setattr(surface, name, bad)
    with pytest.raises(ValueError, match="settings budget and params, got 'width'"):
        SurfaceExplorer(width=0.5)
