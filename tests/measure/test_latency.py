"""What a measurement says, leaves alone and refuses. No test here depends on how long anything takes."""

import itertools
import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch import nn

from effcourse import Latency, compare_latency, create_model, measure_latency
from effcourse.measure import RUNTIMES, Conditions, latency as latency_module
from effcourse.models.layers import ConvNormAct

HERE = Conditions("cpu", "a processor", 1, "contiguous (NCHW)", "torch 2", "2")


def tiny():
    return nn.Sequential(ConvNormAct(3, 4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))


def latency(*times_ms, **changes):
    return replace(Latency("a", "eager", 1, 1, (1, 3, 8, 8), times_ms, HERE), **changes)


class Slept(nn.Module):
    """Takes as long as it is told, on a clock that only it moves."""

    def __init__(self, clock, seconds):
        super().__init__()
        self.clock, self.seconds, self.calls = clock, itertools.cycle(seconds), 0

    def forward(self, x):
        self.calls += 1
        self.clock.now += next(self.seconds)
        return x


class Clock:
    now = 0.0

    def stopwatch(self, run, threads):
        def turn():
            run()
            start = self.now
            run()
            return self.now - start

        return turn


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(latency_module, "stopwatch", clock.stopwatch)
    monkeypatch.setattr(latency_module.time, "perf_counter", lambda: clock.now)
    return clock


def test_statistics():
    result = latency(*range(1, 22), 1000)  # 1 to 21 ms, and one run that was disturbed
    assert result.runs == 22
    assert result.median_ms == 11.5
    assert result.low_ms == pytest.approx(2.05)
    assert result.high_ms == pytest.approx(20.95)
    assert result.iqr_ms == pytest.approx(10.5)


def test_says_what_it_depends_on():
    text = str(latency(1.0, 2.0, 3.0))
    assert text == (
        "a, eager: 2.00 ms (1.10 to 2.90 in 90 % of 3 runs), batch 1, a processor, 1 thread, contiguous (NCHW), torch 2"
    )


def test_agreement_is_judged_by_the_stated_spread():
    wide, narrow = latency(1.0, 10.0, 20.0), latency(11.0, 11.1, 11.2)
    assert narrow.low_ms > wide.median_ms
    assert wide.agrees_with(narrow)  # the wide one claims no more
    assert narrow.agrees_with(wide)
    assert not narrow.agrees_with(latency(11.3, 11.4, 11.5))
    assert not narrow.agrees_with(latency(10.7, 10.8, 10.9))


def test_ratio_is_taken_round_by_round():
    """A slow spell that hits both leaves the ratio alone; the quotient of the medians would not be."""
    other = latency(1.0, 1.0, 9.0, 9.0, 9.0)
    ratio = latency(2.0, 2.0, 18.0, 18.0, 18.0).relative_to(other)
    assert ratio == (2, 2, 2)
    assert str(ratio) == "2.00 (2.00 to 2.00)"
    assert latency(1.0, 2.0, 3.0, 4.0, 5.0).relative_to(latency(*[1.0] * 5)) == (2, 3, 4)


def test_ratio_of_separate_measurements_is_refused():
    with pytest.raises(ValueError, match=re.escape("a (1 runs) and b (2 runs) were not measured in turns")):
        latency(1.0).relative_to(latency(1.0, 2.0, model="b"))


def test_everything_takes_turns_and_each_measured_run_follows_an_unmeasured_one(clock):
    models = {"slow": Slept(clock, [0.004]), "fast": Slept(clock, [0.010, 0.002])}  # every other run is a cold one
    slow, fast = compare_latency(models, 4, runs=7)
    assert (slow.model, fast.model) == ("slow", "fast")
    assert slow.times_ms == pytest.approx([4.0] * 7)
    assert fast.times_ms == pytest.approx([2.0] * 7)
    # one to see the outputs, one to check them, then pairs: two rounds to warm up, seven measured
    assert models["slow"].calls == models["fast"].calls == 2 + 2 * (2 + 7)


def test_drift_hits_all_alike(clock):
    class Drifting(Slept):
        def forward(self, x):
            self.clock.now += next(self.seconds) * (1 + self.clock.now)  # the machine slows down as it heats up
            return x

    a, b = compare_latency({"a": Drifting(clock, [0.01]), "b": Drifting(clock, [0.02])}, 4, runs=30)
    assert a.times_ms[-1] > 2 * a.times_ms[0]
    assert b.relative_to(a).median == pytest.approx(2, rel=0.05)


def test_time_budget(clock):
    model = Slept(clock, [1 / 16])
    result = measure_latency(model, 4, seconds=1.0)
    assert result.runs == 8  # each with its unmeasured one
    assert measure_latency(model, 4, seconds=0.01).runs == 5  # never less, or the median says nothing
    two = compare_latency({"a": model, "b": model}, 4, seconds=1.0)  # for each of both
    assert [r.runs for r in two] == [8, 8]


def test_runs_and_conditions():
    model = tiny()
    result = measure_latency(model, 8, batch=3, runs=4)
    assert result.model == "Sequential"
    assert result.runs == 4
    assert result.input_shape == (3, 3, 8, 8)
    assert min(result.times_ms) > 0
    assert result.conditions.processor
    assert result.conditions.software == f"torch {torch.__version__}"
    assert result.conditions.layout == "contiguous (NCHW)"
    assert measure_latency(model.to(memory_format=torch.channels_last), 8, runs=1).conditions.layout == (
        "channels_last (NHWC)"
    )
    assert measure_latency(tiny(), (3, 5, 9), runs=1).input_shape == (1, 3, 5, 9)
    assert measure_latency(tiny().double(), 8, runs=1).runs == 1


def test_measuring_uses_the_models_own_input_size_and_one_thread(monkeypatch):
    seen = []

    class Asks(nn.Module):
        input_size = 12

        def forward(self, x):
            seen.append((tuple(x.shape), torch.get_num_threads(), torch.is_grad_enabled(), self.training))
            return x

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        measure_latency(Asks(), runs=2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert set(seen) == {((1, 3, 12, 12), 1, False, False)}


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_leaves_the_model_alone(runtime):
    if runtime == "onnxruntime":
        pytest.importorskip("onnxruntime")
        pytest.importorskip("onnxscript")
    model = tiny().train()
    model[0].norm.eval()  # a mixed mode is kept as well
    modes = [m.training for m in model.modules()]
    modules = list(model.modules())
    state = {name: (t.clone(), t.stride(), t.data_ptr()) for name, t in model.state_dict().items()}
    generator = torch.get_rng_state()
    measure_latency(model, 8, runtime=runtime, runs=2)
    assert [m.training for m in model.modules()] == modes
    assert list(model.modules()) == modules
    assert not [m for m in modules if m._forward_hooks or m._forward_pre_hooks]
    for name, tensor in model.state_dict().items():
        before, stride, pointer = state[name]
        assert torch.equal(tensor, before)
        assert (tensor.stride(), tensor.data_ptr()) == (stride, pointer)
    assert torch.equal(torch.get_rng_state(), generator)


def test_a_forward_that_fails_leaves_the_model_and_the_threads_alone():
    model, threads = tiny().train(), torch.get_num_threads()
    with pytest.raises(ValueError, match=re.escape("Sequential does not run on an input of shape (1, 5, 8, 8)")):
        measure_latency(model, (5, 8, 8), threads=threads + 1)
    assert all(m.training for m in model.modules())
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"runtime": "onnx_runtime"}, "unknown runtime 'onnx_runtime'; did you mean onnxruntime"),
        ({"runtime": ""}, "unknown runtime ''; valid: eager, channels_last, bn_folded, onnxruntime"),
        ({"runtime": None}, "runtimes must be a name or several"),
        ({"runs": 0}, "runs must be a whole number of at least 1, got 0"),
        ({"runs": -3}, "runs must be a whole number of at least 1, got -3"),
        ({"runs": 2.5}, "runs must be a whole number of at least 1, got 2.5"),
        ({"batch": 0}, "batch must be a whole number of at least 1, got 0"),
        ({"threads": 0}, "threads must be a whole number of at least 1, got 0"),
        ({"seconds": 0}, "seconds must be a number above 0, got 0"),
        ({"seconds": float("nan")}, "seconds must be a number above 0, got nan"),
        ({"seconds": 1.0, "runs": 5}, "give runs or a time budget, not both; got runs=5 and seconds=1.0"),
        ({"input_size": 0}, "input_size must be made of whole numbers of at least 1, got 0"),
        ({"input_size": None}, "Sequential has no input_size of its own; give one: input_size=224"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        measure_latency(tiny(), **{"input_size": 8, **arguments})


@pytest.mark.parametrize("model", [nn.Linear, "mobilenet_v2", torch.relu, None])
def test_only_modules(model):
    with pytest.raises(ValueError, match=r"a latency is measured of an nn\.Module, got"):
        measure_latency(model)


@pytest.mark.parametrize(
    ("models", "runtimes", "message"),
    [
        ({}, ["eager"], "models must be a dict of at least one name and network"),
        ([tiny()], ["eager"], "models must be a dict of at least one name and network"),
        ({"a": tiny()}, [], "runtimes must name at least one runtime, got none"),
        ({"a": tiny()}, ["eager", "egaer"], "unknown runtime 'egaer'; did you mean eager"),
        ({"a": tiny()}, ["eager", "eager"], "runtimes must differ, got ['eager', 'eager']"),
    ],
)
def test_bad_comparisons(models, runtimes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        compare_latency(models, 8, runtimes=runtimes)


def test_bar_only_if_asked_for(capsys):
    measure_latency(tiny(), 8, runs=2)
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""
    measure_latency(tiny(), 8, runs=2, progress=True)
    assert "measuring" in capsys.readouterr().err


def test_networks_of_the_course_are_measured_at_their_native_size():
    assert measure_latency(create_model("mobilenet_v3_small"), runs=1).input_shape == (1, 3, 224, 224)


def test_the_clock_comes_without_a_warning():
    """torch.utils.benchmark looks for a CUDA compiler when it is imported, and warns where it finds one and no GPU."""
    code = "from effcourse.measure.timing import benchmark; print(benchmark().Timer.__name__)"
    environment = os.environ | {"CUDA_HOME": os.sep}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert (done.stdout, done.stderr) == ("Timer\n", "")
