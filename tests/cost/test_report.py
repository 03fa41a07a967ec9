"""Sums, stages, and what a reader sees."""

from html.parser import HTMLParser

import pytest
import torch
from torch import nn

from effcourse import create_model, trace


@pytest.fixture(scope="module")
def report():
    with torch.device("meta"):
        return trace(create_model("mobilenet_v2"))


def test_sums(report):
    assert report.macs == 300_774_272
    assert report.flops == 2 * report.macs
    assert report.params == 3_504_872
    for field in ("params", "macs", "activations", "bytes_moved"):
        assert getattr(report, field) == sum(getattr(row, field) for row in report.rows)
        assert getattr(report, field) == sum(getattr(stage, field) for stage in report.by_stage())
    # the widest point: the first expansion to 96 channels at 112 x 112, before and after its batch norm, beside the
    # block's input of 16 and the image
    assert report.peak_activation_bytes == 4 * 112 * 112 * (96 + 96 + 16) + 4 * 3 * 224 * 224


def test_stages(report):
    names = [stage.name for stage in report.by_stage()]
    assert names == ["stem", *(f"stages.{i}" for i in range(7)), "head", "pool", "classifier"]
    assert report.by_stage()[3].out_shape == (1, 32, 28, 28)
    assert [stage.name for stage in report.by_stage(depth=1)][:2] == ["stem", "stages"]
    assert "stages.1.0.expand" in [stage.name for stage in report.by_stage(depth=4)]
    with pytest.raises(ValueError, match="depth must be at least 1, got 0"):
        report.by_stage(0)


def test_stages_of_a_plain_sequential():
    stages = trace(nn.Sequential(nn.Conv2d(3, 4, 1), nn.Sequential(nn.ReLU(), nn.Conv2d(4, 4, 1))), 8).by_stage()
    assert [s.name for s in stages] == ["0", "1.0", "1.1"]


def test_operations_of_the_model_itself_have_a_label():
    class Double(nn.Module):
        def forward(self, x):
            return x + x

    report = trace(Double(), 4)
    assert report.by_stage()[0].name == "(add)"
    assert "(add)" in str(report)


def test_frame(report):
    frame = report.to_frame()
    assert frame.macs.sum() == report.macs
    assert list(frame.columns)[:4] == ["name", "op", "in_shape", "out_shape"]
    assert frame.iloc[0].out_shape == (1, 32, 112, 112)


def test_text(report):
    text = str(report)
    lines = text.splitlines()
    assert lines[0] == "MobileNetV2, input 3×224×224"
    assert "1 MAC = 2 FLOPs" in lines[-1]
    assert "3,504,872 params, 300,774,272 MACs (601,548,544 FLOPs), peak activations 11.04 MB" in text
    assert any(line.split() == ["stem", "32×112×112", "928", "10,838,016", "1,204,224"] for line in lines)
    assert max(map(len, lines[:-1])) < 90
    layers = report.to_text(layers=True)
    assert any(line.split()[:2] == ["stages.1.0.expand.conv", "conv2d"] for line in layers.splitlines())
    assert len(layers.splitlines()) > len(report.rows)


def test_html(report):
    class Cells(HTMLParser):
        def __init__(self):
            super().__init__()
            self.tags, self.data = [], []

        def handle_starttag(self, tag, attrs):
            self.tags.append(tag)

        def handle_data(self, data):
            self.data.append(data)

    parser = Cells()
    parser.feed(report._repr_html_())
    assert parser.tags.count("tr") == len(report.by_stage()) + 2
    assert "300,774,272" in parser.data


def test_reports_are_frozen(report):
    with pytest.raises(AttributeError):
        report.rows = ()
    with pytest.raises(AttributeError):
        report.rows[0].macs = 0
