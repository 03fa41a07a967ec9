"""Measured on the clock, as ratios and agreement within one run. Run with ``make bench``; not part of ``make test``."""

from itertools import combinations

import pytest
import torch

from effcourse import compare_latency, create_model, measure_latency
from effcourse.measure.runtimes import TOLERANCE, prepare


def test_onnxruntime_is_at_least_1_8_times_as_fast_as_eager(capsys):
    pytest.importorskip("onnxruntime")
    model = create_model("mobilenet_v2").eval()
    eager, onnx = compare_latency({"mobilenet_v2": model}, runtimes=("eager", "onnxruntime"), runs=40)
    ratio = eager.relative_to(onnx)

    x = torch.randn(1, 3, 224, 224)  # another picture than the one that was timed
    with torch.inference_mode():
        expected = model(x)
        (out,) = prepare("onnxruntime", model, x, threads=1).run()
    off = float((out - expected).abs().max() / expected.abs().max())
    with capsys.disabled():
        print(f"\n{eager}\n{onnx}\neager / onnxruntime {ratio}; outputs differ by {off:.1e} of the largest")
    assert ratio.median >= 1.8
    assert off <= TOLERANCE == 1e-4


@pytest.mark.parametrize("runtime", ["eager", "onnxruntime"])
@pytest.mark.parametrize("name", ["mobilenet_v2", "mobilenet_v3_small"])
def test_three_repeats_agree_within_their_stated_spread(name, runtime, capsys):
    """Of the three pairs, at least two: one median lies within the other's 5th to 95th percentile."""
    if runtime == "onnxruntime":
        pytest.importorskip("onnxruntime")
    model = create_model(name)
    repeats = [measure_latency(model, runtime=runtime, seconds=1.5) for _ in range(3)]
    agree = sum(a.agrees_with(b) for a, b in combinations(repeats, 2))
    with capsys.disabled():
        print("", *repeats, f"{agree} of 3 pairs agree", sep="\n")
    assert agree >= 2
