"""Wrong and unusual answers to exercise 01."""

from exercise_bank import Right, Wrong

SIZE = "def output_size(size, kernel_size, stride=1, padding=0):\n    return "
MACS = "def conv_macs(in_channels, out_channels, size, kernel_size, stride=1, padding=0, groups=1):\n    return "
PARAMS = "def conv_params(in_channels, out_channels, kernel_size, groups=1, bias=False):\n    return "
MEMORY = "def activation_memory(channels, size, batch=1, bytes_per_number=4):\n    return "
ALL_SIZES = (
    "test-output-size",
    "hidden-output-size",
    "test-conv-macs",
    "hidden-conv-macs",
    "test-network-cost",
    "hidden-network-cost",
)
ALL_MACS = ALL_SIZES[2:]
ALL_PARAMS = ("test-conv-params", "hidden-conv-params", "test-network-cost", "hidden-network-cost")
OUT = "output_size(size, kernel_size, stride, padding)"

WRONG = [
    Wrong(
        "ceil instead of floor",
        {"output-size": "import math\n" + SIZE + "math.ceil((size + 2 * padding - kernel_size) / stride) + 1"},
        ALL_SIZES,
        "rounded up",
    ),
    Wrong(
        "padding on one side",
        {"output-size": SIZE + "(size + padding - kernel_size) // stride + 1"},
        ALL_SIZES,
        "one side only: padding",
    ),
    Wrong(
        "steps for places", {"output-size": SIZE + "(size + 2 * padding - kernel_size) // stride"}, ALL_SIZES, "steps"
    ),
    Wrong(
        "forgot groups",
        {"conv-macs": MACS + f"kernel_size**2 * in_channels * out_channels * {OUT}**2"},
        ALL_MACS,
        "left out groups",
    ),
    Wrong(
        "counted FLOPs",
        {"conv-macs": MACS + f"2 * kernel_size**2 * in_channels // groups * out_channels * {OUT}**2"},
        ALL_MACS,
        "FLOPs",
    ),
    Wrong(
        "counted the bias in MACs",
        {"conv-macs": MACS + f"(kernel_size**2 * in_channels // groups + 1) * out_channels * {OUT}**2"},
        ALL_MACS,
        "counted the bias",
    ),
    Wrong(
        "input's pixels",
        {"conv-macs": MACS + "kernel_size**2 * in_channels // groups * out_channels * size**2"},
        ALL_MACS,
        "input's pixels",
    ),
    Wrong(
        "no groups in parameters",
        {"conv-params": PARAMS + "kernel_size**2 * in_channels * out_channels + (out_channels if bias else 0)"},
        ALL_PARAMS,
        "left out groups",
    ),
    Wrong(
        "bias always",
        {"conv-params": PARAMS + "kernel_size**2 * in_channels // groups * out_channels + out_channels"},
        ALL_PARAMS,
        "always count a bias",
    ),
    Wrong(
        "numbers for bytes",
        {"activation-memory": MEMORY + "batch * channels * size**2"},
        ("test-activation-memory", "hidden-activation-memory"),
        "numbers, not bytes",
    ),
    Wrong(
        "forgot the batch",
        {"activation-memory": MEMORY + "channels * size**2 * bytes_per_number"},
        ("test-activation-memory", "hidden-activation-memory"),
        "left out the batch",
    ),
    Wrong(
        "the image's size for every layer",
        {
            "network-cost": """
def network_cost(layers, size):
    out = size
    totals = {"macs": 0, "params": 0}
    for layer in layers:
        shape = {key: layer[key] for key in ("in_channels", "out_channels", "kernel_size", "groups")}
        totals["macs"] += conv_macs(size=size, stride=layer["stride"], padding=layer["padding"], **shape)
        totals["params"] += conv_params(**shape)
        out = output_size(out, layer["kernel_size"], layer["stride"], layer["padding"])
    return totals | {"output_size": out}
"""
        },
        ("test-network-cost", "hidden-network-cost"),
        "carry the output size on",
    ),
]

RIGHT = [
    Right(
        "numpy numbers and floats",
        {
            "output-size": "import numpy as np\n"
            + SIZE
            + "np.floor_divide(size + 2 * padding - kernel_size, stride) + 1",
            "conv-macs": MACS + f"float(kernel_size**2 * in_channels / groups * out_channels * {OUT}**2)",
        },
    ),
    Right(
        "counted in loops",
        {
            "output-size": """
def output_size(size, kernel_size, stride=1, padding=0):
    places, start = 0, 0
    while start + kernel_size <= size + 2 * padding:
        places, start = places + 1, start + stride
    return places
"""
        },
    ),
    Right(
        "the layers themselves, from torch",
        {
            "conv-params": """
import torch

def conv_params(in_channels, out_channels, kernel_size, groups=1, bias=False):
    layer = torch.nn.Conv2d(in_channels, out_channels, kernel_size, groups=groups, bias=bias)
    return sum(p.numel() for p in layer.parameters())
"""
        },
    ),
]
