"""Wrong and unusual answers to exercise 01, none of them spelled as in its recipes."""
# ruff: noqa: E501  (an answer stands on one line where it can)

from exercise_bank import Right, Wrong

SIZE = "def output_size(size, kernel_size, stride=1, padding=0):\n    "
MACS = "def conv_macs(in_channels, out_channels, size, kernel_size, stride=1, padding=0, groups=1):\n    "
PARAMS = "def conv_params(in_channels, out_channels, kernel_size, groups=1, bias=False):\n    "
MEMORY = "def activation_memory(channels, size, batch=1, bytes_per_number=4):\n    "
NETWORK = "def network_cost(layers, size):\n    "
OUT = "output_size(size, kernel_size, stride, padding)"


def tests(part: str) -> tuple[str, str]:
    return f"test-{part}", f"hidden-{part}"


def wrong(name: str, part: str, source: str, diagnosis: str = "") -> Wrong:
    return Wrong(name, {part: source}, tests(part), diagnosis)


def network(early: str = "", macs: str = "+=", late: str = "", end: str = "macs, params, size") -> str:
    """A loop over the layers' values, with parts to choose."""
    return f"""
def network_cost(layers, size):
    macs, params, start = 0, 0, size
    for layer in layers:
        i, o, k, s, p, g = [layer[name] for name in ("in_channels", "out_channels", "kernel_size", "stride", "padding", "groups")]
        {early or "pass"}
        macs {macs} conv_macs(i, o, size, k, s, p, g)
        params += conv_params(i, o, k, g)
        {late or "size = output_size(size, k, s, p)"}
    return dict(zip(("macs", "params", "output_size"), ({end})))
"""


WRONG = [
    wrong("ceil by negation", "output-size", SIZE + "return 1 - (kernel_size - size - 2 * padding) // stride", "rounded up"),
    wrong("padding once, before", "output-size", SIZE + "size += padding\n    return 1 + (size - kernel_size) // stride", "one side"),
    wrong(
        "stops a place early",
        "output-size",
        SIZE + "places, end = 0, kernel_size\n    while end < size + 2 * padding:\n"
        "        places, end = places + 1, end + stride\n    return places",
        "a pixel short",
    ),
    wrong("minus 2 padding", "output-size", SIZE + "return (size - 2 * padding - kernel_size) // stride + 1"),
    wrong("a float", "output-size", SIZE + "return float((size + 2 * padding - kernel_size) // stride + 1)", "whole numbers"),
    wrong("true division and floor", "output-size",
          "import numpy as np\n" + SIZE + "return np.floor((size + 2 * padding - kernel_size) / stride) + 1", "whole numbers"),
    wrong("int of the whole", "output-size", SIZE + "return int((size + 2 * padding - kernel_size + 1) / stride)",
          "added 1 before the division"),
    wrong("printed", "output-size", SIZE + "print((size + 2 * padding - kernel_size) // stride + 1)", "returns nothing: return it"),
    wrong("a tuple", "output-size", SIZE + "out = (size + 2 * padding - kernel_size) // stride + 1,\n    return out",
          "a comma too many"),
    wrong("text", "output-size", SIZE + "return str((size + 2 * padding - kernel_size) // stride + 1)", "text"),
    wrong("both sides of the picture", "output-size",
          SIZE + "out = (size + 2 * padding - kernel_size) // stride + 1\n    return out, out"),
    wrong("a constant", "output-size", SIZE + "return 112"),
    wrong("misspelt name", "output-size", SIZE + "return (size + 2 * pading - kernel_size) // stride + 1"),
    wrong("a loop without end", "output-size", SIZE + "places = 0\n    while places * stride <= size:\n        pass\n    return 1",
          "does not end"),
    wrong("leaves the work to the library", "output-size",
          "from effcourse.cost.formulas import conv_out_size\noutput_size = lambda *a, **k: conv_out_size(*a, **k)", "library's own"),
    wrong("each length divided by itself", "output-size", SIZE + "return size // stride + (2 * padding - kernel_size) // stride + 1"),
    wrong("pads as 'same' would", "output-size", SIZE + "return (size + kernel_size // 2 * 2 - kernel_size) // stride + 1"),
    wrong("counts its own calls", "output-size",
          "calls = 0\n" + SIZE + "global calls\n    calls += 1\n    return (size + 2 * padding - kernel_size) // stride + calls",
          "a global name"),
    wrong("a place at the end, in steps", "output-size",
          SIZE + "return 1 + (output_size(size - stride, kernel_size, stride, padding) if size + 2 * padding >= kernel_size else 0)",
          "a place too many"),
    wrong("groups forgotten, in steps", "conv-macs",
          MACS + f"total = 0\n    for _ in range(out_channels):\n        total += in_channels * kernel_size**2 * {OUT}**2\n"
          "    return total", "left out groups"),
    wrong("multiplications and additions", "conv-macs",
          MACS + f"n = kernel_size**2 * in_channels // groups * out_channels * {OUT}**2\n    return n + n", "FLOPs"),
    wrong("a bias added to each number", "conv-macs",
          MACS + f"return (kernel_size**2 * (in_channels // groups) + 1) * out_channels * {OUT} ** 2", "counted the bias"),
    wrong("n products and n - 1 additions", "conv-macs",
          MACS + f"n = kernel_size**2 * (in_channels // groups)\n    return (2 * n - 1) * out_channels * {OUT} ** 2"),
    wrong("same padding assumed", "conv-macs", MACS + "out = (size - 1) // stride + 1\n"
          "    return out * out * out_channels * in_channels // groups * kernel_size * kernel_size", "by the stride alone"),
    wrong("out of the input's size", "conv-macs",
          MACS + "return kernel_size**2 * in_channels // groups * out_channels * size**2", "input's pixels"),
    wrong("groups divide both", "conv-macs",
          MACS + f"return (in_channels // groups) * (out_channels // groups) * (kernel_size * {OUT}) ** 2", "groups twice"),
    wrong("a float of MACs", "conv-macs", MACS + f"return kernel_size**2 * in_channels / groups * out_channels * {OUT}**2",
          "whole numbers"),
    wrong("one too many", "conv-macs", MACS + f"return kernel_size**2 * in_channels // groups * out_channels * {OUT}**2 + 1"),
    wrong("weights of all channels", "conv-params",
          MACS.replace("conv_macs", "unused") + "pass\n\n" + PARAMS
          + "return in_channels * out_channels * kernel_size**2 + bias * out_channels", "left out groups"),
    wrong("bias always", "conv-params",
          PARAMS + "return (kernel_size**2 * (in_channels // groups) + 1) * out_channels", "always count a bias"),
    wrong("bias is not False", "conv-params",
          PARAMS + "n = kernel_size**2 * (in_channels // groups) * out_channels\n"
          "    return n + (0 if bias is not False else out_channels)", "the wrong way round"),
    wrong("bias with groups only", "conv-params",
          PARAMS + "n = kernel_size**2 * (in_channels // groups) * out_channels\n    return n + (out_channels if groups > 1 else 0)"),
    wrong("depthwise layers go out early", "conv-params",
          PARAMS + "if groups == in_channels:\n        return out_channels * kernel_size**2\n"
          "    return kernel_size**2 * in_channels // groups * out_channels + bias * out_channels"),
    wrong("numbers for bytes", "activation-memory", MEMORY + "return batch * channels * size**2", "numbers, not bytes"),
    wrong("float32 always", "activation-memory", MEMORY + "return sum(4 * channels * size**2 for _ in range(batch))", "4 bytes a number"),
    wrong("batch forgotten", "activation-memory", MEMORY + "return channels * size * size * bytes_per_number", "left out the batch"),
    wrong("batch squared", "activation-memory", MEMORY + "return (batch * size) ** 2 * channels * bytes_per_number"),
    wrong("kibibytes", "activation-memory", MEMORY + "return batch * channels * size**2 * bytes_per_number >> 10", "kilobytes"),
    wrong("size first", "network-cost", network("size = output_size(size, k, s, p)", late="pass"), "before the layer was priced"),
    wrong("image's size", "network-cost",
          network().replace("conv_macs(i, o, size", "conv_macs(i, o, start"), "carry the output size on"),
    wrong("overwritten MACs", "network-cost", network(macs="="), "MACs of the last layer only"),
    wrong("returns in the loop", "network-cost",
          network(late='return {"macs": macs, "params": params, "output_size": output_size(size, k, s, p)}')),
    wrong("pairs", "network-cost", network(end="params, macs, size")),
    wrong("layers taken away", "network-cost",
          NETWORK + 'macs = params = 0\n    while layers:\n        layer = layers.pop(0)\n        params += 1\n'
          '    return {"macs": macs, "params": params, "output_size": size}', "make a new tensor or list"),
]  # fmt: skip

RIGHT = [
    Right("numpy's numbers", {
        "output-size": "import numpy as np\n" + SIZE + "return np.floor_divide(size + 2 * padding - kernel_size, stride) + 1",
        "conv-macs": "import numpy as np\n" + MACS
        + f"return np.prod([kernel_size, kernel_size, in_channels // groups, out_channels, {OUT}, {OUT}], dtype=np.int64)",
    }),
    Right("tensors without axes", {
        "activation-memory": "import torch\n" + MEMORY
        + "return torch.tensor(batch * channels) * torch.tensor(size).square() * bytes_per_number",
    }),
    Right("fractions", {
        "conv-macs": "from fractions import Fraction\n" + MACS
        + f"return Fraction(in_channels, groups) * out_channels * (kernel_size * {OUT}) ** 2",
    }),
    Right("counted in loops", {
        "output-size": SIZE + "places, start = 0, 0\n    while start + kernel_size <= size + 2 * padding:\n"
        "        places, start = places + 1, start + stride\n    return places",
    }),
    Right("the length of a range", {"output-size": SIZE + "return len(range(0, size + 2 * padding - kernel_size + 1, stride))"}),
    Right("floor", {"output-size": "import math\n" + SIZE + "return math.floor((size + 2 * padding - kernel_size) / stride + 1)"}),
    Right("divmod", {"output-size": SIZE + "steps, _ = divmod(size - kernel_size + padding + padding, stride)\n    return steps + 1"}),
    Right("the layers themselves, from torch", {
        "conv-params": "import torch\n" + PARAMS
        + "layer = torch.nn.Conv2d(in_channels, out_channels, kernel_size, groups=groups, bias=bias)\n"
        "    return sum(p.numel() for p in layer.parameters())",
        "output-size": "import torch\n" + SIZE + "x = torch.zeros(1, 1, size, 1)\n"
        "    return torch.nn.functional.conv2d(x, torch.zeros(1, 1, kernel_size, 1), stride=(stride, 1), padding=(padding, 0)).shape[2]",
    }),
    Right("group by group", {
        "conv-macs": MACS + f"each = (in_channels // groups) * (out_channels // groups) * kernel_size**2 * {OUT}**2\n"
        "    return sum(each for _ in range(groups))",
        "conv-params": PARAMS + "each = (in_channels // groups) * (out_channels // groups) * kernel_size**2\n"
        "    return each * groups + out_channels * int(bias)",
    }),
    Right("prints as it goes", {
        "conv-params": PARAMS + "import sys\n    print('weights', file=sys.stderr)\n    print('hello')\n"
        "    return kernel_size**2 * in_channels // groups * out_channels + bias * out_channels",
    }),
    Right("an array's bytes", {
        "activation-memory": "import numpy as np\n" + MEMORY
        + "return np.broadcast_to(np.uint8(0), (batch, channels, size, size)).size * bytes_per_number",
    }),
    Right("another loop", {"network-cost": network()}),
    Right("recursive", {
        "network-cost": NETWORK + 'if not layers:\n        return {"macs": 0, "params": 0, "output_size": size}\n'
        '    first = dict(layers[0])\n    s, p = first.pop("stride"), first.pop("padding")\n'
        '    rest = network_cost(layers[1:], output_size(size, first["kernel_size"], s, p))\n'
        '    rest["macs"] += conv_macs(size=size, stride=s, padding=p, **first)\n'
        '    rest["params"] += conv_params(**first)\n    return rest',
    }),
    Right("windows of a view, and a match", {
        "output-size": "import torch\n" + SIZE + "return torch.empty(size + 2 * padding).unfold(0, kernel_size, stride).shape[0]",
        "conv-params": PARAMS + "shape = (out_channels, in_channels // groups, kernel_size, kernel_size)\n    import math\n    match bias:\n"
        "        case True:\n            return math.prod(shape) + shape[0]\n        case _:\n            return math.prod(shape)",
        "network-cost": "from itertools import accumulate\n" + NETWORK
        + 'sizes = list(accumulate(layers, lambda n, one: output_size(n, one["kernel_size"], one["stride"], one["padding"]), initial=size))\n'
        "    macs = sum(conv_macs(size=n, **one) for n, one in zip(sizes, layers))\n"
        '    params = sum(conv_params(one["in_channels"], one["out_channels"], one["kernel_size"], one["groups"]) for one in layers)\n'
        '    return {"output_size": sizes[-1], "macs": macs, "params": params}',
    }),
    Right("a subclass of dict", {
        "network-cost": "from collections import Counter\n" + network().replace("return dict(", "return Counter(dict(") .rstrip() + ")\n",
    }),
]  # fmt: skip
