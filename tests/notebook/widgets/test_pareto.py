"""The front's explorer as its page drives it, against the contenders themselves."""

import json
import random
import re
from pathlib import Path

import nbformat
import pytest
import traitlets

from effcourse import best_within, contenders, pareto_front
from effcourse.notebook.widgets import ParetoExplorer, pareto_rows
from effcourse.notebook.widgets.front import STEPS, budget, steps
from effcourse.papers.pareto import within
from effcourse.papers.recipes import RECIPES

HERE = {"MobileNetV1": 30.0, "MobileNetV2": 20.0, "GhostNet": 25.0}


@pytest.fixture
def explorer():
    return ParetoExplorer()


def test_rows_are_the_contenders_with_flags():
    rows = pareto_rows("papers", "macs", {"macs": 300e6})
    assert [row["model"] for row in rows] == [row.model for row in contenders()]
    assert {row["model"] for row in rows if row["on_front"]} == {row.model for row in pareto_front(contenders())}
    assert all(row["fits"] == (row["macs"] <= 300e6) for row in rows)
    (best,) = [row for row in rows if row["best"]]
    assert best["model"] == best_within(contenders(), {"macs": 300e6}).model


def test_rows_without_the_number_are_left_out():
    rows = pareto_rows("papers", "ms", {"ms": 10.0})
    assert len(rows) == sum(row.ms is not None for row in contenders())
    assert sum(row["best"] for row in rows) == 1
    assert {row["model"] for row in pareto_rows("ra4", "here_ms", here=HERE)} == {"MobileNetV1"}


def test_best_may_have_no_number_to_draw():
    """Within a budget of MACs the winner has no latency on the phone; it is named and not drawn."""
    assert not any(row["best"] for row in pareto_rows("papers", "ms", {"macs": 300e6}))
    explorer = ParetoExplorer(against="ms", max_macs=300e6)
    assert explorer.best.ms is None
    assert explorer.best.model in explorer.figure().text


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("against", ["macs", "params", "ms"])
def test_every_view_draws_and_speaks(explorer, recipe, against):
    explorer.recipe, explorer.against, explorer.max_macs = recipe, against, 500e6
    figure, table = explorer.figure(), explorer.table()
    rows = explorer.rows()
    assert figure.markup.startswith("<img")
    assert f"{len(rows)} networks" in figure.text
    assert explorer.best.model in figure.text
    assert len(table.text.splitlines()) == len(rows) + 4
    assert "at most 500 M MACs" in table.text
    assert table.text.count("yes") == sum(row["on_front"] + row["fits"] for row in rows)


def test_table_of_the_front_is_from_cheap_to_dear(explorer):
    lines = explorer.table(front_only=True).text.splitlines()[4:]
    models = [re.split(r"\s{2,}", line)[0] for line in lines]
    assert models == [row.model for row in pareto_front(contenders())]


def test_the_page_has_what_it_needs_and_no_more(explorer):
    data = json.loads(json.dumps(explorer.data))  # what is sent
    assert [recipe["key"] for recipe in data["recipes"]] == list(RECIPES)
    for recipe in data["recipes"]:
        own = contenders(recipe["key"])
        assert {row["model"] for row in recipe["rows"]} == {row.model for row in own}
        for quantity in data["quantities"]:
            front = {row["model"] for row in recipe["rows"] if quantity["name"] in row["front"]}
            assert front == {row.model for row in pareto_front(own, quantity["name"])}
    assert len(data["families"]) == 7  # as many as there are marks in common.js, and colours in common.css
    assert len(json.dumps(data)) < 60_000


def test_what_the_page_looks_up_is_who_wins_within_the_budget(explorer):
    """The first row that every limit's step lets in; thirty budgets a recipe, some looser and some tighter than all."""
    data, chance = explorer.data, random.Random(1)
    for recipe in data["recipes"]:
        for _ in range(30):
            at = [chance.randint(0, len(quantity["steps"])) for quantity in data["quantities"]]
            limits = {q["name"]: [*q["steps"], None][i] for q, i in zip(data["quantities"], at, strict=True)}
            fitting = [row for row in recipe["rows"] if all(a <= b for a, b in zip(row["fits_from"], at, strict=True))]
            assert {row["model"] for row in fitting} == {
                row.model for row in contenders(recipe["key"]) if within(row, limits)
            }
            best = best_within(contenders(recipe["key"]), limits)
            assert (fitting[0]["model"] if fitting else None) == (best and best.model)


def test_sentences_of_the_page(explorer):
    data = explorer.data
    best, papers = data["recipes"][0]["rows"][0], data["recipes"][0]
    assert data["words"]["status"].format(budget="no limit", fitting=43, all=43, winner=best["wins"], unknown="") == (
        "Budget: no limit. 43 of 43 fit; the most accurate is EfficientNet-B7 with 84.3 %."
    )
    assert papers["costs"][2]["at_most"].format(limit="8 ms") == "at most 8 ms latency on iPhone 13"
    assert "are not drawn" in papers["costs"][2]["unknown"]
    assert papers["costs"][0]["unknown"] == ""
    millions = [float(f"{best[quantity] / 1e6:.3g}") for quantity in ("macs", "params")]
    assert best["said"].startswith("EfficientNet-B7: 84.3 %, {:,.0f} M MACs, {} M parameters. From".format(*millions))


def test_the_page_may_set_what_its_sliders_offer(explorer):
    for quantity in explorer.data["quantities"]:
        for step in quantity["steps"]:
            explorer.set_state({f"max_{quantity['name']}": step})
            assert explorer.limits[quantity["name"]] == step
        explorer.set_state({f"max_{quantity['name']}": None})
    assert explorer.best.model == "EfficientNet-B7"
    assert 300e6 in explorer.data["quantities"][0]["steps"]


def test_steps_reach_around_the_values():
    found = steps([12.3e6, 400e6])
    assert found[0] <= 12.3e6 < found[1]
    assert found[-2] < 400e6 <= found[-1]
    assert steps([1, 1]) == [1]
    assert all(float(f"{step:e}".split("e")[0]) in STEPS for step in found)


def test_budget_in_words():
    assert budget({}) == budget({"macs": None}) == "no limit"
    assert budget({"macs": 300e6, "params": 5.5e6, "ms": 10.0}) == (
        "at most 300 M MACs and at most 5.5 M parameters and at most 10 ms published latency"
    )


def test_own_latencies():
    explorer = ParetoExplorer(here=HERE, against="here_ms", max_here_ms=27)
    assert explorer.best.model == "GhostNet"
    assert [row["model"] for row in explorer.rows()] == ["MobileNetV1", "MobileNetV2", "GhostNet"]
    assert "latency here (ms)" in explorer.table().text
    assert explorer.data["quantities"][-1]["name"] == "here_ms"
    assert "here_ms" not in [quantity["name"] for quantity in ParetoExplorer().data["quantities"]]


def test_says_itself_where_there_are_no_widgets(explorer):
    text = explorer._repr_mimebundle_()[0]["text/plain"]
    assert text == repr(explorer)
    assert "43 networks" in text
    assert "explorer.figure() and explorer.table()" in text


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"recipe": "paper"}, "unknown recipe 'paper'; did you mean papers"),
        ({"against": "flops"}, "unknown cost 'flops'; .*valid: macs, params, ms$"),
        ({"against": "here_ms"}, "unknown cost 'here_ms'"),  # nothing was measured
        ({"max_macs": 0}, "max_macs must be a number above 0, or None for no limit, got 0"),
        ({"max_ms": float("nan")}, "max_ms must be a number above 0"),
        ({"max_params": "5M"}, "max_params must be a number above 0, .*got '5M'"),
        ({"max_params": True}, "max_params must be a number above 0"),
        ({"max_mac": 1}, "unknown setting 'max_mac'; did you mean max_macs"),
        ({"here": {"MobilenetV2": 3.0}}, "unknown model 'MobilenetV2'; did you mean MobileNetV2"),
        ({"here": {"MobileNetV2": -3.0}}, "here: the latency of MobileNetV2 must be a number above 0, got -3.0"),
    ],
)
def test_says_what_is_wrong(setting, says):
    with pytest.raises(ValueError, match=says):
        ParetoExplorer(**setting)


def test_a_wrong_setting_changes_nothing(explorer):
    explorer.max_macs = 1e9
    for name, value in (("max_macs", -1), ("recipe", "no"), ("against", "no")):
        before = getattr(explorer, name)
        with pytest.raises(traitlets.TraitError):
            setattr(explorer, name, value)
        assert getattr(explorer, name) == before


def test_wrong_cost_in_rows():
    with pytest.raises(ValueError, match="unknown cost 'flops'"):
        pareto_rows(against="flops")
    with pytest.raises(ValueError, match="unknown cost 'mac'; did you mean macs"):
        pareto_rows(limits={"mac": 1})
    with pytest.raises(ValueError, match="unknown recipe"):
        pareto_rows("nobody")


def test_the_chapter_has_its_static_twin():
    """The explorer needs a live kernel; beside it stand its figure, with alternative text, and its table."""
    chapter = nbformat.read(Path(__file__).parents[3] / "notebooks" / "10_model_comparison.ipynb", as_version=4)
    cells = [cell for cell in chapter.cells if cell.cell_type == "code"]
    assert any("ParetoExplorer(" in cell.source for cell in cells)
    for twin, tag in ((".figure(", "<img"), (".table(front_only", "<table")):
        shown = [cell.outputs[0].data["text/html"] for cell in cells if f"explorer{twin}" in cell.source]
        assert any(html.startswith(tag) for html in shown), f"no cell shows the explorer's {twin}"
