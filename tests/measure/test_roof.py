import re

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from effcourse import MachineLimits, create_model, machine_limits, measure_layers, roofline, trace
from effcourse.measure.layers import _Watch

LIMITS = MachineLimits(100.0, 10.0, 50.0, 1, "a processor", 2**27)


class Small(nn.Module):
    input_size = 16

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.point = nn.Conv2d(8, 512, 1, bias=False)

    def forward(self, x):
        return F.relu(self.point(self.conv(x)))


def test_limits_and_roof():
    assert LIMITS.ridge == 10
    assert [LIMITS.attainable_gflops(i) for i in (0, 1, 10, 1000)] == [0, 10, 100, 100]
    assert "100 GFLOP/s, 10.0 GB/s from memory" in str(LIMITS)


def test_rows_by_hand():
    conv, point, relu = roofline(trace(Small()), LIMITS)
    assert (conv.name, conv.op) == ("conv", "conv2d")
    nbytes = 4 * (3 * 256 + 3 * 8 * 9 + 8 + 8 * 256)
    flops = 2 * 3 * 8 * 9 * 256
    assert conv.macs == flops // 2
    assert conv.bytes_moved == nbytes
    assert conv.intensity == pytest.approx(flops / nbytes)
    assert conv.bound == "memory"
    assert conv.attainable_gflops == pytest.approx(10 * flops / nbytes)
    assert conv.floor_ms == pytest.approx(1e3 * nbytes / 10e9)
    assert (conv.ms, conv.gflops) == (None, None)
    assert point.macs == 8 * 512 * 256
    assert (relu.op, relu.intensity, relu.attainable_gflops, relu.bound) == ("relu", 0, 0, "memory")
    assert relu.floor_ms == pytest.approx(1e3 * 4 * 2 * 512 * 256 / 10e9)


def test_bound_changes_at_the_ridge():
    intensity = roofline(trace(Small()), LIMITS)[0].intensity
    at, below = (MachineLimits(intensity * f, 1.0, 1.0, 1, "", 1) for f in (1.0, 1.001))
    assert roofline(trace(Small()), at)[0].bound == "compute"
    assert roofline(trace(Small()), below)[0].bound == "memory"
    compute = roofline(trace(Small()), MachineLimits(1.0, 1.0, 1.0, 1, "", 1))[0]
    assert compute.floor_ms == pytest.approx(1e3 * 2 * compute.macs / 1e9)


def test_a_batch_reads_the_weights_once():
    report = trace(Small())
    conv = roofline(report, LIMITS, batch=10)[0]
    assert conv.macs == 10 * report.rows[0].macs
    assert conv.bytes_moved == 4 * (10 * 3 * 256 + 3 * 8 * 9 + 8 + 10 * 8 * 256)
    relu = roofline(report, LIMITS, batch=10)[2]
    assert relu.bytes_moved == 10 * report.rows[2].bytes_moved
    with pytest.raises(ValueError, match=re.escape("times go with batch=1, got batch=2")):
        roofline(report, LIMITS, measure_layers(Small(), runs=1), batch=2)
    with pytest.raises(ValueError, match="batch must be a whole number of at least 1, got 0"):
        roofline(report, LIMITS, batch=0)


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2", "shufflenet_v2", "efficientnet_b0", "ghostnet"])
def test_kinds(name):
    model = create_model(name)
    modules = dict(model.named_modules())
    for row in roofline(trace(model), LIMITS):
        if row.op == "conv2d":
            conv = modules[row.name]
            if conv.groups > 1:
                assert row.kind == "depthwise"
            else:
                assert row.kind == ("pointwise" if conv.kernel_size == (1, 1) else "dense")
        else:
            assert row.kind == row.op


def test_kinds_that_only_the_layer_itself_can_tell():
    """From one dot product's length, a 1x1 of two groups looks depthwise, and a depthwise 3x3 of nine channels 1x1."""
    layers = nn.Sequential(
        nn.Conv2d(8, 8, 1, groups=2),
        nn.Conv2d(8, 9, (1, 9), padding=4),
        nn.Conv2d(9, 9, 3, groups=9),
        nn.Conv2d(9, 4, 1),
    )
    rows = [row for row in roofline(trace(layers, (8, 16, 16)), LIMITS) if row.macs]
    assert [row.kind for row in rows] == ["grouped", "dense", "depthwise", "pointwise"]


def test_no_schedule_beats_the_sum_of_the_floors():
    report = trace(create_model("mobilenet_v2"))
    rows = roofline(report, LIMITS)
    assert sum(row.macs for row in rows) == report.macs
    assert sum(row.bytes_moved for row in rows) == report.bytes_moved
    assert sum(r.floor_ms for r in rows) >= max(report.flops / 100e6, report.bytes_moved / 10e6)


@pytest.mark.parametrize("name", ["mobilenet_v2", "mobilenet_v3_small", "shufflenet_v2", "efficientnet_b0", "ghostnet"])
def test_layers_are_timed_on_the_rows_of_the_trace(name):
    model = create_model(name)
    times = measure_layers(model, 64, runs=1)
    report = trace(model, 64)
    assert [t.row for t in times] == list(report.rows)
    assert min(t.ms for t in times) > 0
    assert model.training
    rows = roofline(report, LIMITS, times)
    assert [r.ms for r in rows] == [t.ms for t in times]
    heaviest = max(rows, key=lambda r: r.macs)
    assert heaviest.gflops == pytest.approx(2 * heaviest.macs / heaviest.ms / 1e6)


def test_the_clock_stands_around_the_operation(monkeypatch):
    """A clock that each operation moves by its own amount: the times end up on the right rows."""
    took = {"conv2d": 3.0, "relu": 5.0, "view": 100.0}
    now = [0.0]

    class Net(nn.Module):
        input_size = 4

        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

        def forward(self, x):
            x = self.a(x)
            x = x.view(x.shape)  # no row
            return F.relu(self.b(x))

    class Fake(_Watch):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            def moved(*args, **kwargs):
                now[0] += took.get(func.__name__, 50.0)
                return func(*args, **kwargs)

            moved.__name__ = func.__name__
            return super().__torch_function__(moved, types, args, kwargs)

    monkeypatch.setattr("effcourse.measure.layers._Watch", lambda clock: Fake(lambda: now[0]))
    times = measure_layers(Net(), runs=3)
    assert [(t.row.name, t.row.op, t.ms) for t in times] == [
        ("a", "conv2d", 3000),
        ("b", "conv2d", 3000),
        ("", "relu", 5000),
    ]


def test_a_forward_that_changes_its_mind():
    class Fickle(nn.Module):
        input_size = 4
        runs = 0

        def forward(self, x):
            self.__class__.runs += 1
            return F.relu(x) if self.runs == 1 else torch.sigmoid(x)

    with pytest.raises(ValueError, match="no call of relu with an output of shape"):
        measure_layers(Fickle())


def test_times_of_another_network_are_refused():
    model = create_model("mobilenet_v3_small")
    times = measure_layers(model, 64, runs=1)
    with pytest.raises(ValueError, match="measure the same model at the same input_size"):
        roofline(trace(model, 96), LIMITS, times)


def test_machine_limits_are_plausible():
    threads = torch.get_num_threads()
    limits = machine_limits(runs=1)
    assert torch.get_num_threads() == threads
    assert 0.1 < limits.peak_gflops < 1e5
    assert 0.1 < limits.bandwidth_gb_s < 1e4
    assert limits.copy_bytes >= 2**27
    assert limits.threads == 1
    assert limits.processor


@pytest.mark.parametrize("argument", ["threads", "runs"])
def test_bad_arguments(argument):
    message = re.escape(f"{argument} must be a whole number of at least 1, got 0")
    with pytest.raises(ValueError, match=message):
        machine_limits(**{argument: 0})
    with pytest.raises(ValueError, match=message):
        measure_layers(Small(), **{argument: 0})
