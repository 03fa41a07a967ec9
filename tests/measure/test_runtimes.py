import re
import sys

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from effcourse import available_runtimes, create_model, list_models, measure_latency
from effcourse.measure import RUNTIMES, compare_latency, export_onnx, fold_batch_norm
from effcourse.measure.runtimes import check_outputs, prepare
from effcourse.models.layers import ConvNormAct

SMALL = {name: 64 for name in list_models() if not name.startswith("efficientnet_b") or name == "efficientnet_b0"}


def needs_onnxruntime():
    for package in ("onnx", "onnxruntime", "onnxscript"):
        pytest.importorskip(package)


def shaken(model):
    """Batch norms with statistics and scales of their own: folding untrained ones changes nearly nothing."""
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.running_mean, module.running_var, module.weight.data, module.bias.data):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
    return model.eval()


@pytest.mark.parametrize(("name", "size"), SMALL.items())
def test_batch_norm_is_folded_out_of_every_network(name, size):
    model = shaken(create_model(name))
    x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(2))
    folded = fold_batch_norm(model, x)
    assert not [m for m in folded.modules() if isinstance(m, nn.BatchNorm2d)]
    assert [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    with torch.inference_mode():
        expected = model(x)
        torch.testing.assert_close(folded(x), expected, rtol=0, atol=1e-4 * float(expected.abs().max()))


def test_only_a_batch_norm_right_after_a_convolution_is_folded():
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = ConvNormAct(3, 4)
            self.conv, self.norm = nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4)
            self.shared, self.norm2 = nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4)

        def forward(self, x):
            x = self.first(x)
            x = self.norm(F.relu(self.conv(x)))
            return self.norm2(self.shared(x)) + self.shared(x)

    folded = fold_batch_norm(shaken(Mixed()), torch.randn(1, 3, 8, 8))
    left = [name for name, m in folded.named_modules() if isinstance(m, nn.BatchNorm2d)]
    assert left == ["norm", "norm2"]


def test_nothing_to_fold():
    with pytest.raises(ValueError, match="Conv2d has no batch norm that directly follows a convolution"):
        measure_latency(nn.Conv2d(3, 4, 1), 8, runtime="bn_folded")


def test_folding_that_would_change_the_outputs_is_refused():
    class Forked(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)

        def forward(self, x):
            x = self.conv(x)
            return self.norm(x) + x

    with pytest.raises(ValueError, match=r"Forked with batch norm folded: outputs differ from eager's by"):
        fold_batch_norm(shaken(Forked()), torch.randn(1, 3, 8, 8))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_every_runtime_gives_eagers_outputs(runtime):
    if runtime == "onnxruntime":
        needs_onnxruntime()
    model, x = shaken(create_model("mobilenet_v3_small")), torch.randn(1, 3, 64, 64)
    prepared = prepare(runtime, model, x, threads=1)
    with torch.inference_mode():
        out, expected = prepared.run(), model(x)
    out = out[0] if isinstance(out, list) else out
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-4 * float(expected.abs().max()))


def test_layouts_and_versions():
    needs_onnxruntime()
    import onnxruntime

    model = {"net": nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))}
    results = {r.runtime: r.conditions for r in compare_latency(model, 8, runtimes=RUNTIMES, runs=1)}
    assert list(results) == list(RUNTIMES)
    assert {name: c.layout for name, c in results.items()} == {
        "eager": "contiguous (NCHW)",
        "channels_last": "channels_last (NHWC)",
        "bn_folded": "contiguous (NCHW)",
        "onnxruntime": "chosen by onnxruntime",
    }
    assert results["onnxruntime"].software == f"onnxruntime {onnxruntime.__version__}"


def test_threads_reach_onnxruntime():
    needs_onnxruntime()
    model, x = nn.Conv2d(3, 4, 3).eval(), torch.randn(1, 3, 8, 8)
    for threads in (1, 2):
        options = prepare("onnxruntime", model, x, threads).run.session.get_session_options()
        assert (options.intra_op_num_threads, options.inter_op_num_threads) == (threads, 1)


def test_export_is_quiet_and_valid(capfd, recwarn):
    needs_onnxruntime()
    import onnx

    data = export_onnx(create_model("mobilenet_v3_small").eval(), torch.randn(1, 3, 32, 32))
    onnx.checker.check_model(onnx.load_from_string(data))
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""
    assert not recwarn.list


def test_a_model_that_cannot_be_exported():
    needs_onnxruntime()

    class Counts(nn.Module):
        def forward(self, x):
            return x * len(x.flatten().tolist()) if float(x.sum()) > 0 else x

    with pytest.raises(ValueError, match="Counts cannot be prepared for the runtime 'onnxruntime': "):
        measure_latency(Counts(), (4,), runtime="onnxruntime")


@pytest.mark.parametrize("package", ["onnx", "onnxruntime", "onnxscript"])
def test_missing_onnxruntime(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=re.escape("pip install onnx onnxruntime onnxscript")):
        measure_latency(nn.Conv2d(3, 4, 3), 8, runtime="onnxruntime")
    assert available_runtimes() == ("eager", "channels_last", "bn_folded")
    assert measure_latency(nn.Conv2d(3, 4, 3), 8, runs=1).runs == 1


def test_missing_onnxruntime_is_told_before_anything_is_measured(monkeypatch):
    class Fails(nn.Module):
        def forward(self, x):
            raise AssertionError("ran")

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match="onnxruntime"):
        compare_latency({"net": Fails()}, 8, runtimes=["eager", "onnxruntime"])


def test_installed_runtimes():
    needs_onnxruntime()
    assert available_runtimes() == tuple(RUNTIMES)


def test_channels_last_is_for_images():
    with pytest.raises(ValueError, match=re.escape("channels_last is a layout of images (N, C, H, W), got an input")):
        measure_latency(nn.Linear(4, 2), (4,), runtime="channels_last")


@pytest.mark.parametrize(
    ("outputs", "expected", "message"),
    [
        ([torch.tensor([1.0, 2.001])], [torch.tensor([1.0, 2.0])], "outputs differ from eager's by 0.001"),
        ([torch.tensor([float("nan")])], [torch.tensor([2.0])], "outputs differ from eager's by nan"),
        ([torch.zeros(2)], [torch.zeros(3)], "outputs of shape [(2,)], but eager's have [(3,)]"),
        ([torch.zeros(1)], [torch.tensor([float("inf")])], "the model's own output holds NaN or infinity"),
        ([torch.tensor([1e-7])], [torch.tensor([2e-7])], "outputs differ"),  # tiny outputs are no excuse
    ],
)
def test_wrong_outputs(outputs, expected, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        check_outputs(outputs, expected, "net")


def test_rounding_passes():
    check_outputs([torch.tensor([1.0, 2.0001])], [torch.tensor([1.0, 2.0])], "net")
    check_outputs([torch.zeros(2)], [torch.zeros(2)], "net")


def test_models_with_several_outputs_and_without():
    class Two(nn.Module):
        def forward(self, x):
            return x, (x.flatten(1), x + 1)

    class Dict(nn.Module):
        def forward(self, x):
            return {"out": x}

    assert measure_latency(Two(), 4, runs=1).runs == 1
    with pytest.raises(ValueError, match="forward must return a tensor, or a tuple of tensors, got a dict"):
        measure_latency(Dict(), 4)
