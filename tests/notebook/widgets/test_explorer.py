"""Explorers as their page drives them, against a fresh trace."""

import json
import re
from functools import cache
from itertools import product

import pytest
import torch
from torch import nn

from effcourse import EfficientNet, EfficientNetConfig, create_model, list_models, published, trace
from effcourse.models import find_network
from effcourse.notebook.widgets import CostExplorer
from effcourse.notebook.widgets.explorer import NotOnTheGridError

QUANTITIES = ("macs", "params", "activations")
FAMILIES = [name for name in list_models() if not re.fullmatch("efficientnet_b[1-7]", name)]  # those are on b0's grid
make = cache(CostExplorer)  # tests that only read, or put back what they move


@pytest.fixture(params=[*FAMILIES, "efficientnet_b3", "efficientnet_b7"])
def name(request) -> str:
    return request.param


def fresh_model(name, settings):
    with torch.device("meta"):
        if "phi" not in settings:
            return create_model(name, **settings)
        config = vars(EfficientNetConfig.compound(settings["phi"])) | {"lite": name.endswith("lite0")}
        return EfficientNet(EfficientNetConfig(**config))


def look_up(explorer):
    """What the page draws, by the page's own way through the data."""
    data, index = explorer.data, 0
    for axis in data["axes"]:
        index = index * len(axis["values"]) + axis["values"].index(getattr(explorer, axis["name"]))
    sizes = len(data["axes"][-1]["values"])
    return {
        "macs": data["macs"][index],
        "params": data["params"][index // sizes],
        "activations": data["activations"][index],
    }


def assert_same(explorer, report):
    """Every stage, and the totals."""
    shown, stages = look_up(explorer), {stage.name: stage for stage in report.by_stage()}
    for quantity in QUANTITIES:
        assert sum(shown[quantity]) == getattr(report, quantity)
        for stage, value in zip(explorer.data["stages"], shown[quantity], strict=True):
            if stage != "pooling etc.":
                assert value == (getattr(stages[stage], quantity) if stage in stages else 0)


@pytest.mark.parametrize("one_in", [9, pytest.param(3, marks=pytest.mark.whole)])
@pytest.mark.parametrize("name", FAMILIES)
def test_the_whole_grid_is_what_trace_says(name, one_in):
    """Every point is reached, and one in so many is traced afresh."""
    explorer = CostExplorer(name)
    axes = {axis["name"]: axis["values"] for axis in explorer.data["axes"]}
    *settings, sizes = axes
    points = traced = 0
    for values in product(*(axes[setting] for setting in settings)):
        chosen = dict(zip(settings, values, strict=True))
        model = None
        for size in axes[sizes]:
            explorer.set_state(chosen | {"input_size": size})  # what arrives when a slider moves
            assert explorer.point == chosen | {"input_size": size}
            if points % one_in == 0:
                model = model or fresh_model(name, chosen)
                assert_same(explorer, trace(model, size))
                traced += 1
            points += 1
    assert points == len(explorer.data["macs"])
    assert one_in * traced >= (57 if name == "shufflenet_v2" else 90)


def test_it_starts_at_the_network_as_published(name):
    explorer = make(name)
    model = create_model(name) if name.startswith("shuffle") else fresh_model(name, {})
    report = trace(model)
    for quantity in QUANTITIES:
        assert sum(explorer.data["baseline"][quantity]) == getattr(report, quantity)
    assert f"at {model.input_size} pixels" in explorer.data["words"]["hatched"]
    if "phi" not in explorer.point:
        assert explorer.report == report
        assert_same(explorer, report)


def test_report_is_a_fresh_one():
    explorer = CostExplorer("mobilenet_v2", width_mult=0.5)
    explorer.input_size = 160
    assert explorer.report == trace(create_model("mobilenet_v2", width_mult=0.5), 160)
    assert explorer.report is not explorer.report


def test_one_more_pixel_is_on_every_grid_that_sizes_were_chosen_for():
    for name in ("mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "shufflenet_v2", "ghostnet"):
        assert {224, 225} <= set(make(name).data["axes"][-1]["values"])


def test_the_page_gets_plain_data(name):
    state = make(name).get_state()
    assert len(json.dumps(state)) < 100_000
    assert state["data"]["words"]["heading"]
    assert not [key for key in state if key.startswith("_grid")]


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("width_mult", 0.6, "width_mult 0.6 is not on the grid of MobileNetV2; valid: 0.35, 0.5, 0.75, 1.0, 1.3, 1.4"),
        ("input_size", "224", "input_size '224' is not on the grid of MobileNetV2; valid: 96, 128, 160"),
        ("input_size", None, "input_size None is not on the grid"),
        ("expand_ratio", True, "expand_ratio True is not on the grid of MobileNetV2; valid: 1, 2, 4, 6, 8"),
        ("phi", 1, "MobileNetV2 has no setting phi; it has width_mult, expand_ratio, input_size"),
    ],
)
def test_a_value_off_the_grid(setting, value, message):
    explorer = make("mobilenet_v2")
    before = explorer.point
    with pytest.raises(ValueError, match=re.escape(message)):
        setattr(explorer, setting, value)
    with pytest.raises(NotOnTheGridError):
        explorer.set_state({setting: value})
    assert explorer.point == before


def test_a_value_means_the_grids_own():
    explorer = CostExplorer("mobilenet_v2", width_mult=1)
    explorer.width_mult = 1 / 3 * 1.05  # 0.35, nearly
    assert explorer.width_mult == 0.35
    assert type(explorer.width_mult) is float


def test_phi_sets_width_and_resolution_and_the_resolution_can_be_moved_alone():
    explorer = CostExplorer("efficientnet_b0")
    explorer.phi = 3
    rule = EfficientNetConfig.compound(3)
    assert (explorer.width_mult, explorer.input_size) == (rule.width_mult, rule.input_size)
    assert explorer.report == trace(EfficientNet(rule), rule.input_size)
    explorer.input_size = 300
    assert explorer.phi == 3
    assert explorer.report == trace(EfficientNet(rule), 300)
    with pytest.raises(
        ValueError, match=r"width_mult of EfficientNet-B0 follows phi \(at phi 3 it is 1.331\), got 1.0"
    ):
        explorer.width_mult = 1.0
    moved = CostExplorer("efficientnet_b0", phi=1, input_size=224)
    assert moved.point == {"phi": 1, "input_size": 224}
    assert moved.width_mult == pytest.approx(1.1)


def test_phi_from_the_page_is_followed_too():
    explorer = CostExplorer("efficientnet_lite0")
    axis = next(axis for axis in explorer.data["axes"] if axis["name"] == "phi")
    explorer.set_state({"phi": 2} | axis["sets"][2])
    assert explorer.input_size == EfficientNetConfig.compound(2).input_size
    assert explorer.width_mult == pytest.approx(1.21)
    explorer.set_state({"phi": 3, "input_size": 224})  # two moves in one message
    assert explorer.point == {"phi": 3, "input_size": 224}


def test_own_widths_and_sizes():
    explorer = CostExplorer("mobilenet_v1", widths=[1, 0.25, 0.25], sizes=(128,), width_mult=0.25)
    assert explorer.point == {"width_mult": 0.25, "input_size": 128}
    assert [axis["values"] for axis in explorer.data["axes"]] == [[0.25, 1], [128]]
    assert explorer.report == trace(create_model("mobilenet_v1", width_mult=0.25), 128)


class Small(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.input_size = 32
        self.stem = nn.Conv2d(3, int(8 * width), 3, padding=1)
        self.extra = nn.Conv2d(int(8 * width), 4, 1) if width > 1 else nn.Identity()

    def forward(self, x):
        return self.extra(self.stem(x)).mean((2, 3))


def test_a_function_of_the_width():
    def my_network(width):
        return Small(width)

    explorer = CostExplorer(my_network, widths=[0.5, 1, 2], sizes=[16, 32, 33])
    assert explorer.point == {"width_mult": 1, "input_size": 32}
    assert explorer.data["words"]["heading"] == "my_network: what a setting costs"
    assert explorer.data["stages"] == ["stem", "extra", "pooling etc."]
    assert explorer.data["accuracy"] == []
    for width, size in product([0.5, 1, 2], [16, 32, 33]):
        explorer.width_mult, explorer.input_size = width, size
        assert explorer.report == trace(Small(width), size)
        assert_same(explorer, trace(Small(width), size))
    assert "at width 1 and 32 pixels" in repr(explorer.table())
    assert (
        CostExplorer(lambda width: Small(width), widths=[1], sizes=[32]).in_text().startswith("CostExplorer of Small")
    )


def test_a_function_that_needs_numbers():
    def network(width):
        return Small(torch.tensor(width).item())

    assert CostExplorer(network, widths=[1.0], sizes=[32]).report == trace(Small(1.0), 32)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"network": "mobilenet_v4"}, "unknown model 'mobilenet_v4'; did you mean mobilenet_v2"),
        ({"network": 3}, "network must be a name, such as 'mobilenet_v2', or a function"),
        ({"network": nn.ReLU()}, "network must be a name, such as 'mobilenet_v2', or a function"),
        ({"network": "mobilenet_v1", "widths": []}, "widths must hold at least one number, got none"),
        ({"network": "mobilenet_v1", "widths": 0.5}, "widths must be a list of numbers, got 0.5"),
        ({"network": "mobilenet_v1", "widths": [0.5, -1]}, "widths[1] must be a number above 0, got -1"),
        ({"network": "mobilenet_v1", "sizes": [224.5]}, "sizes[0] must be a whole number of at least 1, got 224.5"),
        ({"network": "shufflenet_v2", "widths": [0.3]}, "ShuffleNetV2 exists in the widths 0.5, 1.0, 1.5, 2.0"),
        ({"network": "efficientnet_b0", "widths": [1]}, "efficientnet_b0 takes no widths: phi sets its width"),
        ({"network": "mobilenet_v1", "widths": [1], "with_mult": 1}, "did you mean width_mult? valid: width_mult"),
        ({"network": "mobilenet_v1", "widths": [1], "width_mult": 2}, "width_mult 2 is not on the grid"),
        ({"network": lambda width: None}, "the function must make an nn.Module, got None for 0.25"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        CostExplorer(**arguments)


def test_table_and_figure_say_the_same():
    explorer = CostExplorer("mobilenet_v2", width_mult=0.5)
    report, whole = explorer.report, trace(create_model("mobilenet_v2"))
    table, figure = explorer.table(), explorer.figure()
    for total in (report.macs, report.params, report.activations, whole.macs):
        assert f"{total:,}" in table.text
        assert f"{total:,}" in table._repr_html_()
    assert f"{report.macs:,} MACs ({report.macs / whole.macs:.2f} times as many as published)" in figure.text
    assert "hatched behind them the network as published, at 224 pixels" in figure.text
    assert 'alt="Bars of MACs, parameters and activations for each stage of MobileNetV2' in figure._repr_html_()
    assert table.text == explorer.table().text
    assert figure.markup == explorer.figure().markup


def test_what_a_page_without_widgets_shows():
    explorer = make("shufflenet_v2")
    data, _ = explorer._repr_mimebundle_()
    assert data["text/plain"] == repr(explorer) == repr(CostExplorer("shufflenet_v2"))  # nbval compares it
    assert "CostExplorer of ShuffleNetV2 at width_mult 1.0, input_size 224" in data["text/plain"]
    assert "run this cell in JupyterLab" in data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in data


@pytest.mark.parametrize("name", [name for name in FAMILIES if find_network(name)[1].figures])
def test_accuracy_is_published_and_of_one_source(name):
    data = make(name).data
    axes = {axis["name"]: axis["values"] for axis in data["axes"]}
    assert len(data["accuracy"]) >= 3
    figures = published()
    source = data["words"]["source"].removeprefix("Accuracy and MACs as published: ").removesuffix(".")
    figures = figures[figures.citation == source].dropna(subset=["top1", "macs_m"])
    known = {(round(row.macs_m * 1e6), row.top1) for row in figures.itertuples()}
    shown = [(point["macs"], point["top1"]) for point in data["accuracy"]]
    assert set(shown) <= known
    assert len({point["label"] for point in data["accuracy"]}) == len(shown)
    placed = [point["at"] for point in data["accuracy"] if point["at"]]
    assert all(set(at) == set(axes) and all(value in axes[k] for k, value in at.items()) for at in placed)
    assert len(placed) == (1 if name.startswith("efficientnet") else len(shown))  # only B0 is at a whole phi
