"""A trained network as an ONNX file, in 32 or in 8 bits, that can be called, timed and compared like the network."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..common.errors import check_count
from ..common.torch_state import evaluating
from .runtimes import check_outputs, export_onnx, import_onnxruntime, quiet


class OnnxNet(nn.Module):
    """An ONNX file that ONNX Runtime runs on the CPU, callable like the network that it was made from.

    Args:
        file: the bytes of an ONNX model with one input, whose shape is fixed, and one output.
        threads: threads that one operation may use.

    Attributes:
        file: as given; ``len(net.file)`` is its size on disk.
        input_size: shape of one input, without the batch. batch: the inputs that the file takes at a time.

    Shape: (N, *input_size) -> (N, ...), with N a multiple of ``batch``.

    Raises:
        ValueError: the file is no such model; or, when called, the input has another shape.
        ImportError: onnxruntime is not installed.
    """

    def __init__(self, file: bytes, threads: int = 1) -> None:
        super().__init__()
        check_count(threads=threads)
        onnxruntime = import_onnxruntime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors
        # idle threads would spin while another network has its turn
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has an exception class for each way to fail
            first_line = str(error).strip().split("\n")[0]
            raise ValueError(f"ONNX Runtime cannot read the file as a model: {first_line}") from error
        inputs, outputs = session.get_inputs(), session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ValueError(f"the model must have one input and one output, it has {len(inputs)} and {len(outputs)}")
        shape = inputs[0].shape
        if not shape or not all(isinstance(n, int) for n in shape):
            raise ValueError(f"the model's input must have a fixed shape, it has {shape}; export it for one shape")
        self.file, self.threads = file, threads
        self.batch, self.input_size = shape[0], tuple(shape[1:])
        self.input_name: str = inputs[0].name
        self._session = session

    def forward(self, x: Tensor) -> Tensor:
        if tuple(x.shape[1:]) != self.input_size or not len(x) or len(x) % self.batch:
            raise ValueError(
                f"the file takes inputs of shape {self.input_size}, in multiples of {self.batch}; "
                f"got a batch of shape {tuple(x.shape)}"
            )
        array = x.detach().numpy()
        runs = [
            self._session.run(None, {self.input_name: array[i : i + self.batch]})[0]  # (batch, ...)
            for i in range(0, len(array), self.batch)
        ]
        return torch.cat([torch.from_numpy(run) for run in runs])  # (N, ...)

    def extra_repr(self) -> str:
        return f"{len(self.file):,} bytes, input_size={self.input_size}, batch={self.batch}, threads={self.threads}"


def to_onnx(model: nn.Module, x: Tensor, threads: int = 1) -> OnnxNet:
    """``model`` in eval mode as an ONNX file for inputs of exactly ``x``'s shape, run by ONNX Runtime.

    torch's own exporter writes it. ``model`` is left as it was.

    Raises:
        ValueError: the outputs for ``x`` differ from the model's by more than 1e-4 of the largest.
        ImportError: onnx, onnxscript or onnxruntime is not installed.
    """
    with evaluating(model):
        net = OnnxNet(export_onnx(model, x), threads)
        with torch.inference_mode():
            check_outputs([net(x)], [model(x)], f"{type(model).__name__} in ONNX Runtime")
    return net


def quantize_int8(
    net: OnnxNet,
    pictures: Tensor,
    per_channel: bool = True,
    reduce_range: bool = False,
    signed_activations: bool = False,
) -> OnnxNet:
    """``net`` with weights and activations in 8 bits, by onnxruntime's static quantisation (QDQ format).

    Weights become whole numbers from -127 to 127 times a scale. An activation's scale is set by the smallest and the
    largest number that it takes on ``pictures``: choose them like those that the network will meet. Biases become 32
    bits. Sources: arXiv:1712.05877, arXiv:1806.08342.

    Args:
        net: in 32 bits, by ``to_onnx``.
        pictures: to calibrate with, (N, *net.input_size), prepared as for the network; some dozens will do.
        per_channel: a scale for each output channel of a weight; False: one for the whole weight.
        reduce_range: 7 bits for the weights. x86 processors without VNNI add two 8-bit products in 16 bits, which may
            overflow; ONNX Runtime advises this where accuracy suffers from it.
        signed_activations: activations from -128 to 127 in place of 0 to 255, with a zero point either way. Which one
            is faster depends on the processor: x86 multiplies unsigned by signed bytes.

    Raises:
        ValueError: pictures of another shape or type, or with NaN or infinity; or ``net`` is in 8 bits already.
    """
    import_onnxruntime()
    import onnx

    if not isinstance(net, OnnxNet):
        raise ValueError(f"net must be an OnnxNet, made by to_onnx(model, x), got a {type(net).__name__}")
    if tuple(pictures.shape[1:]) != net.input_size or not len(pictures) or len(pictures) % net.batch:
        raise ValueError(
            f"pictures to calibrate with must have the shape {net.input_size} each, in multiples of {net.batch}; "
            f"got {tuple(pictures.shape)}"
        )
    if pictures.dtype != torch.float32 or not bool(pictures.isfinite().all()):
        raise ValueError(
            f"pictures must be float32 without NaN or infinity, prepared as for the network, got {pictures.dtype}"
        )
    model = onnx.load_from_string(net.file)
    if any(node.op_type == "QuantizeLinear" for node in model.graph.node):
        raise ValueError("net is quantised already; quantise the one that to_onnx made")
    with tempfile.TemporaryDirectory() as folder, quiet():
        from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

        path = Path(folder) / "int8.onnx"
        quantize_static(
            model,
            str(path),
            _reader(net, pictures),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QInt8 if signed_activations else QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=per_channel,
            reduce_range=reduce_range,
        )
        return OnnxNet(path.read_bytes(), net.threads)


def _reader(net: OnnxNet, pictures: Tensor) -> Any:
    """What ``quantize_static`` takes the pictures from."""
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.batches: Iterator[Tensor] = iter(pictures.split(net.batch))

        def get_next(self) -> dict[str, Any] | None:
            batch = next(self.batches, None)
            return None if batch is None else {net.input_name: batch.numpy()}

    return Reader()
