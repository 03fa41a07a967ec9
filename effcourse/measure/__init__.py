"""What networks take on this machine: latency, what the machine could do at best, and where each layer stands."""

from .deployment import OnnxNet, quantize_int8, to_onnx
from .latency import Conditions, Latency, Ratio, compare_latency, measure_latency
from .layers import LayerTime, measure_layers
from .roof import MachineLimits, RooflineRow, machine_limits, roofline
from .runtimes import RUNTIMES, available_runtimes, export_onnx, fold_batch_norm

__all__ = [
    "RUNTIMES",
    "Conditions",
    "Latency",
    "LayerTime",
    "MachineLimits",
    "OnnxNet",
    "Ratio",
    "RooflineRow",
    "available_runtimes",
    "compare_latency",
    "export_onnx",
    "fold_batch_norm",
    "machine_limits",
    "measure_latency",
    "measure_layers",
    "quantize_int8",
    "roofline",
    "to_onnx",
]
