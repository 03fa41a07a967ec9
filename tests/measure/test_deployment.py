import math
from copy import deepcopy

import pytest
import torch
from torch import nn

from effcourse import SmallNet, compare_latency, evaluate, load_dataset
from effcourse.measure import fold_batch_norm
from effcourse.measure.deployment import OnnxNet, quantize_int8, to_onnx
from effcourse.training.loop import train

for package in ("onnx", "onnxruntime", "onnxscript"):
    pytest.importorskip(package)


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits", progress=False)


@pytest.fixture(scope="module")
def trained(digits):
    torch.manual_seed(0)
    model = SmallNet(8, 1)
    train(model, digits, epochs=6, lr=0.02, progress=False)
    return model


@pytest.fixture(scope="module")
def net(trained):
    return to_onnx(trained, torch.zeros(1, *trained.input_size))


def test_it_gives_the_networks_outputs_for_any_number_of_pictures(trained, net, digits):
    x = digits.test_images[:7]
    with torch.inference_mode():
        torch.testing.assert_close(net(x), trained(x), rtol=0, atol=1e-4)
    assert evaluate(net, digits.test_images, digits.test_labels) == pytest.approx(
        evaluate(trained, digits.test_images, digits.test_labels), abs=1 / 450
    )


def test_the_model_is_left_as_it_was(trained):
    model = deepcopy(trained).train()
    model.stem.eval()
    before = deepcopy(model.state_dict())
    to_onnx(model, torch.zeros(1, 1, 8, 8))
    assert model.training
    assert not model.stem.training
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_its_latency_is_measured_like_any_other(trained, net):
    found = compare_latency({"torch": trained, "onnx": net}, runs=2)
    assert [latency.input_shape for latency in found] == [(1, 1, 8, 8)] * 2


def test_int8_is_smaller_and_nearly_as_right(trained, net, digits):
    small = quantize_int8(net, digits.train_images[:64], reduce_range=True)  # so that it holds without VNNI, too
    assert small.input_size == (1, 8, 8)
    x = digits.test_images
    with torch.inference_mode():
        exact, rounded = trained(x), small(x)
    assert 0.002 < float((rounded - exact).abs().mean() / exact.abs().mean()) < 0.15, "rounded, and not by much"
    accuracy = evaluate(trained, digits.test_images, digits.test_labels)
    assert evaluate(small, digits.test_images, digits.test_labels) > accuracy - 0.03


def test_a_weight_takes_a_byte():
    """So large a network that names and shapes do not matter: a quarter of the file, and scales beside it."""
    model = SmallNet(128, 1).eval()
    x = torch.rand(4, 1, 8, 8)
    net = to_onnx(model, x[:1])
    weights = sum(p.numel() for p in fold_batch_norm(model, x[:1]).parameters())
    assert len(net.file) > 4 * weights
    small = quantize_int8(net, x)
    assert weights < len(small.file) < 2 * weights


def test_a_scale_for_each_channel_keeps_a_small_channel():
    import onnx

    class TwoScales(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(2, 2, 1, bias=False)
            self.conv.weight.data = torch.tensor([[1.0, 0.5], [0.001, 0.0005]]).view(2, 2, 1, 1)

        def forward(self, x):
            return self.conv(x)

    model = TwoScales().eval()
    x = torch.rand(8, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    net = to_onnx(model, x[:1])

    def weights(q):
        tensors = onnx.load_from_string(q.file).graph.initializer
        return (
            next(onnx.numpy_helper.to_array(t) for t in tensors if list(t.dims) == [2, 2, 1, 1]).reshape(2, 2).tolist()
        )

    assert weights(quantize_int8(net, x)) == [[127, 64], [127, 64]]
    assert weights(quantize_int8(net, x, per_channel=False)) == [[127, 64], [0, 0]]
    reduced = weights(quantize_int8(net, x, reduce_range=True))
    assert max(abs(w) for row in reduced for w in row) <= 64


def test_activations_with_and_without_a_sign(net, digits):
    import onnx

    def activations(q):
        """Types of the zero points that ``QuantizeLinear`` takes."""
        graph = onnx.load_from_string(q.file).graph
        types = {tensor.name: tensor.data_type for tensor in graph.initializer}
        return {types[node.input[2]] for node in graph.node if node.op_type == "QuantizeLinear"}

    x = digits.train_images[:64]
    unsigned, signed = (quantize_int8(net, x, reduce_range=True, signed_activations=sign) for sign in (False, True))
    assert activations(unsigned) == {onnx.TensorProto.UINT8}
    assert activations(signed) == {onnx.TensorProto.INT8}
    agree = (unsigned(digits.test_images).argmax(1) == signed(digits.test_images).argmax(1)).float().mean()
    assert float(agree) > 0.97


def test_the_pictures_set_the_range(net, digits):
    """Calibrated on black pictures, what is brighter is cut off."""
    x = digits.test_images
    wanted = net(x)
    black = quantize_int8(net, torch.zeros(4, 1, 8, 8), reduce_range=True)
    proper = quantize_int8(net, digits.train_images[:64], reduce_range=True)
    assert float((black(x) - wanted).abs().mean()) > 3 * float((proper(x) - wanted).abs().mean())


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        (torch.rand(4, 3, 8, 8), r"shape \(1, 8, 8\) each, in multiples of 1; got \(4, 3, 8, 8\)"),
        (torch.rand(0, 1, 8, 8), r"got \(0, 1, 8, 8\)"),
        (torch.zeros(4, 1, 8, 8, dtype=torch.uint8), "float32 without NaN or infinity.*got torch.uint8"),
        (torch.full((4, 1, 8, 8), math.nan), "float32 without NaN or infinity"),
    ],
)
def test_pictures_that_cannot_calibrate(net, pictures, message):
    with pytest.raises(ValueError, match=message):
        quantize_int8(net, pictures)


def test_what_cannot_be_quantised(trained, net, digits):
    with pytest.raises(ValueError, match=r"made by to_onnx\(model, x\), got a SmallNet"):
        quantize_int8(trained, digits.train_images[:4])
    with pytest.raises(ValueError, match="quantised already"):
        quantize_int8(quantize_int8(net, digits.train_images[:4]), digits.train_images[:4])


def test_files_and_inputs_that_do_not_fit(trained, net):
    with pytest.raises(ValueError, match="cannot read the file as a model"):
        OnnxNet(b"no model")
    with pytest.raises(ValueError, match="cannot read the file as a model"):
        OnnxNet(net.file[: len(net.file) // 2])
    with pytest.raises(ValueError, match="threads must be a whole number"):
        OnnxNet(net.file, threads=0)
    with pytest.raises(ValueError, match=r"inputs of shape \(1, 8, 8\).*got a batch of shape \(2, 1, 9, 9\)"):
        net(torch.zeros(2, 1, 9, 9))
    pairs = to_onnx(trained, torch.zeros(2, 1, 8, 8))
    assert pairs(torch.zeros(4, 1, 8, 8)).shape == (4, 10)
    with pytest.raises(ValueError, match=r"in multiples of 2; got a batch of shape \(3, 1, 8, 8\)"):
        pairs(torch.zeros(3, 1, 8, 8))


def test_without_onnxruntime_it_says_what_to_install(trained, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"pip install onnx onnxruntime onnxscript"):
        to_onnx(trained, torch.zeros(1, 1, 8, 8))
