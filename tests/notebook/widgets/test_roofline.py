"""The explorer of the roof as its page drives it, against ``roofline`` itself."""

import json
import re
from dataclasses import replace

import pytest
import traitlets

from effcourse import MachineLimits, create_model, measure_layers, roofline, trace
from effcourse.notebook.widgets import RooflineExplorer
from effcourse.notebook.widgets.roofline import BATCHES, KINDS, MEMORY

LIMITS = MachineLimits(100.0, 10.0, 50.0, 1, "a processor", 2**27)
MODEL = create_model("mobilenet_v2")
REPORT = trace(MODEL)


@pytest.fixture(scope="module")
def times():
    return measure_layers(MODEL, runs=1)


def test_every_setting_that_the_page_looks_up_is_rooflines():
    data = RooflineExplorer(REPORT, LIMITS).data
    for b, batch in enumerate(BATCHES):
        for m, memory in enumerate(MEMORY):
            limits = replace(LIMITS, bandwidth_gb_s=10.0 * memory)
            rows = [row for row in roofline(REPORT, limits, batch=batch) if row.macs]
            assert [layer["tip"] for layer in data["layers"]] == [f"{row.name} ({row.kind})" for row in rows]
            assert [KINDS[layer["kind"]] for layer in data["layers"]] == [row.kind for row in rows]
            assert data["intensity"][b] == pytest.approx([row.intensity for row in rows], rel=1e-3)
            attainable = data["attainable"][b * len(MEMORY) + m]
            assert attainable == pytest.approx([row.attainable_gflops for row in rows], rel=1e-3)
            low, high = data["x"]
            assert all(low < row.intensity < high for row in rows)
            assert all(data["y"][0] < row.attainable_gflops < data["y"][1] for row in rows)
    assert len(json.dumps(data)) < 100_000


def test_the_roof_has_its_corner_at_the_ridge():
    data = RooflineExplorer(REPORT, LIMITS).data
    for memory, (start, ridge, end) in zip(MEMORY, data["roofs"], strict=True):
        assert start[1] == pytest.approx(start[0] * 10.0 * memory, rel=1e-3)
        assert ridge == pytest.approx([10 / memory, 100], rel=1e-3)
        assert end[1] == 100


def test_summary_by_hand():
    explorer = RooflineExplorer(REPORT, LIMITS)
    rows = roofline(REPORT, LIMITS)
    low = [row for row in rows if row.macs and row.intensity < 10]
    depthwise = sum(row.kind == "depthwise" for row in low)
    assert depthwise == 17
    share = sum(row.macs for row in low) / REPORT.macs
    text = explorer.summary()
    assert text.startswith(f"Ridge at 10.0 FLOP a byte. {len(low)} of 53 layers with MACs lie left of it (17 depthwise")
    assert f"with {share:.0%} of the MACs" in text
    assert f"at least {sum(row.floor_ms for row in rows):.1f} ms" in text


def test_settings_change_rows_figure_and_table(times):
    explorer = RooflineExplorer(REPORT, LIMITS, times)
    assert "GFLOP/s measured" in repr(explorer.table())
    assert explorer.rows[0].ms == times[0].ms
    explorer.batch, explorer.memory = 8, 4
    assert explorer.rows == roofline(REPORT, replace(LIMITS, bandwidth_gb_s=40.0), batch=8)
    assert "GFLOP/s measured" not in repr(explorer.table())
    figure = repr(explorer.figure())
    assert "at best" in figure
    assert explorer.summary() in figure
    assert "batch 8, 4 ×" in repr(explorer)


def test_table_adds_up(times):
    text = repr(RooflineExplorer(REPORT, LIMITS, times).table())
    lines = {line.split()[0]: re.split(r"  +", line.strip()) for line in text.splitlines() if "%" in line}
    assert [lines[kind][1] for kind in ("depthwise", "pointwise", "dense", "linear")] == ["17", "34", "1", "1"]
    assert sum(float(line[2].rstrip("%")) for line in lines.values()) == pytest.approx(100, abs=0.2)
    depthwise = [t for t in times if t.row.op == "conv2d" and "depthwise" in t.row.name]
    speed = 2 * sum(t.row.macs for t in depthwise) / sum(t.ms for t in depthwise) / 1e6
    assert lines["depthwise"][-1] == f"{speed:,.1f}"


def test_only_settings_that_were_computed():
    explorer = RooflineExplorer(REPORT, LIMITS)
    for bad in (3, 0, "8", None):
        with pytest.raises(traitlets.TraitError):
            explorer.batch = bad
    with pytest.raises(traitlets.TraitError):
        explorer.memory = 3


def test_times_of_another_network(times):
    with pytest.raises(ValueError, match="measure the same model at the same input_size"):
        RooflineExplorer(trace(MODEL, 192), LIMITS, times)


def test_a_network_without_macs_is_refused():
    from torch import nn

    with pytest.raises(ValueError, match="ReLU has no operation with MACs"):
        RooflineExplorer(trace(nn.ReLU(), 8), LIMITS)
