"""Parameters and MACs equal the references', at the widths and sizes of golden.json and at many others."""

import json
import random
from functools import lru_cache
from pathlib import Path

import pytest
from references import TorchvisionV2, count_params, flop_counter_macs, on_meta, reference
from torch import nn

from effcourse import create_model, list_models, trace
from effcourse.models import FAMILIES, mobilenet_v2

# parameters and MACs of torchvision 0.29.1's and timm 1.0.31's networks, counted by module hooks and by torch's
# FlopCounterMode, which agreed on every row
GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text())

# families with a multiplier: at any width, or where the reference exists in some widths only, at those
MULTIPLIED = [n.name for f in FAMILIES for n in f.networks if n.reference.width]
STEPPED = [
    (n.name, w) for f in FAMILIES for n in f.networks if "{}" in n.reference.builder for w in f.axes["width_mult"]
]
FIXED = [n.name for f in FAMILIES for n in f.networks if not f.has_widths]


@lru_cache
def ours(name: str, **kwargs: float) -> nn.Module:
    return on_meta(create_model, name, **kwargs)


def decides(row: dict) -> bool:
    """Is this row's reference the one that decides for its network?"""
    config, source = row["config"], row["source"]
    if "dilated" in config or "reduced_tail" in config:
        return False  # torchvision's segmentation backbones
    if row["model"] == "mobilenet_v2":
        return "torchvision" in source
    if row["model"].startswith("mobilenet_v3"):
        return "timm" in source or config["width"] == 1.0  # torchvision scales the last layer too, the paper does not
    return True


def arguments(row: dict) -> tuple[str, dict]:
    config = row["config"]
    if row["model"] == "efficientnet":
        name, kwargs = f"efficientnet_{config['variant']}", {}
    else:
        width = config["width"] if "width" in config else int(config["timm"][-3:]) / 100
        name, kwargs = row["model"], {"width_mult": width}
    if "num_classes" in config:
        kwargs["num_classes"] = config["num_classes"]
    return name, kwargs


def test_golden_rows_cover_every_family():
    rows = [row for row in GOLDEN if decides(row)]
    assert len(rows) == 221
    assert {row["model"] for row in rows} == {row["model"] for row in GOLDEN}


@pytest.mark.parametrize("name", sorted({arguments(row)[0] for row in GOLDEN if decides(row)}))
def test_golden(name):
    for row in [row for row in GOLDEN if decides(row) and arguments(row)[0] == name]:
        report = trace(ours(name, **arguments(row)[1]), row["resolution"])
        assert (report.params, report.macs) == (row["params"], row["macs_conv_linear"]), row


@pytest.mark.parametrize("one_in", [4, pytest.param(1, marks=pytest.mark.whole)])
@pytest.mark.parametrize("name", MULTIPLIED)
def test_odd_widths_and_sizes(name, one_in):
    pick = random.Random(name)
    widths = [round(0.3 + 0.1 * i + pick.uniform(0, 0.09), 3) for i in range(17)]  # 0.3 to 2.0
    for width in widths[::one_in]:
        model, theirs = ours(name, width_mult=width), on_meta(reference, name, width)
        assert count_params(model) == count_params(theirs), width
        size = pick.randrange(33, 401)
        assert trace(model, size).macs == flop_counter_macs(theirs, 3, size, size), (width, size)


@pytest.mark.parametrize("expand_ratio", [1, 3, 8])
def test_mobilenet_v2_expansion(expand_ratio):
    rows = [[t if t == 1 else expand_ratio, c, n, s] for t, c, n, s in mobilenet_v2.ROWS]
    theirs = on_meta(TorchvisionV2, inverted_residual_setting=rows)
    model = ours("mobilenet_v2", expand_ratio=expand_ratio)
    assert count_params(model) == count_params(theirs)
    assert trace(model, 97).macs == flop_counter_macs(theirs, 3, 97, 97)


@pytest.mark.parametrize(("name", "width"), STEPPED)
def test_widths_in_steps_at_odd_sizes(name, width):
    pick = random.Random(width)
    model, theirs = ours(name, width_mult=width), on_meta(reference, name, width)
    assert count_params(model) == count_params(theirs)
    for size in (pick.randrange(33, 401), pick.randrange(33, 401, 2)):
        assert trace(model, size).macs == flop_counter_macs(theirs, 3, size, size), size


@pytest.mark.parametrize("name", FIXED)
def test_without_a_width_at_odd_sizes(name):
    pick = random.Random(name)
    model, theirs = ours(name), on_meta(reference, name)
    for size in (pick.randrange(33, 401), pick.randrange(33, 401, 2)):
        report = trace(model, size)
        assert (report.params, report.macs) == (count_params(theirs), flop_counter_macs(theirs, 3, size, size)), size


@pytest.mark.parametrize("name", list_models())
def test_layer_by_layer(name):
    """Not only the sums: layer by layer, channels and MACs are the reference's."""

    def layers(model):
        return [(r.in_shape[1], r.out_shape[1], r.macs) for r in trace(model, 161).rows if r.macs]

    assert layers(ours(name)) == layers(on_meta(reference, name))


@pytest.mark.parametrize("name", list_models())
def test_native_input_size(name):
    model = ours(name)
    assert trace(model).macs == trace(model, model.input_size).macs


def test_published_totals():
    """The papers' own totals, as far as they are printed."""
    from effcourse import published

    for name, model, source in [
        ("mobilenet_v1", "MobileNetV1", "mobilenet_v1"),
        ("mobilenet_v2", "MobileNetV2", "mobilenet_v2"),
        ("ghostnet", "GhostNet", "ghostnet"),
    ]:
        figure = published(model=model, source=source, width=1.0, resolution=224.0).iloc[0]
        assert trace(ours(name)).macs / 1e6 == pytest.approx(figure.macs_m, rel=0.005)


def test_every_network_is_held_against_its_reference_at_other_sizes():
    assert {*MULTIPLIED, *FIXED, *(name for name, _ in STEPPED)} == set(list_models())
