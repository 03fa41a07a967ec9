"""Checks of exercise 01: what a layer costs, from its shapes alone."""

from __future__ import annotations

from ..cases import case
from ..engine import Assignment
from ..recipes import recipe

assignment = Assignment("01_flops_math")

SIZE = recipe(
    """
    def output_size(size, kernel_size, stride=1, padding=0):
        return «all = «steps = (size + «pad = 2 * padding» - «kernel = kernel_size») // stride» «place = + 1»»
    """,
    """
    steps = math.ceil((size + 2 * padding - kernel_size) / stride)
        You rounded up: a kernel that would hang over the edge is not placed, so the division rounds down.

    steps = round((size + 2 * padding - kernel_size) / stride)
        You rounded to the nearest: a kernel that would hang over the edge is not placed, so round down, with //.

    pad = padding
        You padded one side only: padding is added on both, so the length grows by 2 × padding.

    pad = 0
        padding is not used: it adds as many zeros on each side of the axis.

    pad = 4 * padding
        You added padding four times: an axis has two ends, so it grows by 2 × padding.

    steps = size + 2 * padding - kernel_size
        The stride is not used: the kernel walks in steps of stride.

    place =
        You counted steps, not places: with n steps the kernel stands in n + 1 places.

    place = + 2
        You counted a place too many: with n steps the kernel stands in n + 1 places.

    kernel = kernel_size + 1
    or all = (size + 2 * padding - kernel_size - 1) // stride + 1
        You are a pixel short: size + 2 × padding - kernel_size pixels are left to walk, not one fewer.

    kernel = 0
        kernel_size is not taken off: its first place fills as many pixels of the axis.

    kernel = kernel_size // 2
        You took off half a kernel: the first place fills kernel_size pixels.

    all = size // stride
        You divided by the stride alone, which is right only for an even size with 'same' padding.

    all = math.ceil(size / stride)
        You divided by the stride alone and rounded up, which is right only with 'same' padding, kernel_size // 2.

    all = (size + 2 * padding - kernel_size + 1) // stride
        You added 1 before the division: the first place is not a step, so it is added after it.

    all = (size + 2 * padding - kernel_size) / stride + 1
        You have a fraction of a pixel: use the division that rounds down, //.
    """,
)

assignment.part(
    "output_size",
    "Output size of a convolution",
    "every other count multiplies by it: one pixel too many here is a wrong number everywhere after",
    SIZE,
    [
        case(224, 3, 2, 1),
        case(225, 3, 2, 1),
        case(7, 3),
        case(15, 5, 2, 2),
        case(14, 1, 2),
        case(16, 4, 3, 1),
        case(20, 3, 3, 2),
        case(11, 2, 4),
        case(12, 2, 4, 1),
    ],
)

MACS = recipe(
    """
    def conv_macs(in_channels, out_channels, size, kernel_size, stride=1, padding=0, groups=1):
        out = «out = output_size(size, kernel_size, stride, padding)»
        products = «kernel = kernel_size * kernel_size» * «inputs = (in_channels // groups)»
        return «two = »products * «outputs = out_channels» * «pixels = out * out»«bias = »
    """,
    """
    inputs = in_channels
        You left out groups: each filter sees in_channels / groups channels, not all of them.

    inputs = in_channels * groups
        You multiplied by groups: each filter sees fewer channels with them, in_channels / groups.

    inputs = 1
        You left out the input's channels: each filter reads in_channels / groups of them.

    outputs = 1
        You left out out_channels: that many filters are applied.

    outputs = (out_channels // groups)
        You divided by groups twice: all out_channels are computed, each from in_channels / groups.

    two = 2 *
        You counted FLOPs, a multiplication and an addition: a multiply-accumulate is one MAC.

    bias = + out_channels * out * out
    or bias = + out_channels
        You counted the bias: by the papers' convention only the products are counted.

    pixels = size * size
        You multiplied by the input's pixels: the kernel is applied once for each pixel of the output.

    pixels = out
        You multiplied by one side only: the output has height × width pixels.

    pixels = size
        You multiplied by one side of the input: count the output's pixels, height × width.

    pixels = 1
        You counted the products of one place: the kernel is applied at each of the output's pixels.

    kernel = kernel_size
        You took one side of the kernel: it has kernel_size × kernel_size taps.

    kernel = 1
        You left out the kernel: it has kernel_size × kernel_size taps.

    out = output_size(size, kernel_size, stride)
        padding is not handed on to output_size.

    out = output_size(size, kernel_size, padding=padding)
        The stride is not handed on to output_size.

    out = output_size(size, kernel_size)
        Neither stride nor padding is handed on to output_size.

    out = output_size(size, kernel_size, padding, stride)
        Stride and padding have changed places on their way to output_size.

    out = math.ceil(size / stride)
        You divided by the stride alone, and rounded up: ask output_size, which knows kernel and padding.

    out = size // stride
        You divided by the stride alone: ask output_size, which knows kernel and padding.
    """,
    uses=(SIZE,),
)

assignment.part(
    "conv_macs",
    "MACs of any convolution",
    "this one product is the whole story of efficient networks: every block in the course makes one factor small",
    MACS,
    [
        case(3, 32, 224, 3, stride=2, padding=1),
        case(32, 64, 112, 1),
        case(32, 32, 112, 3, padding=1, groups=32),
        case(16, 24, 15, 5, stride=2, padding=2, groups=8),
        case(8, 8, 7, 3, stride=2),
        case(6, 4, 11, 3, stride=1, padding=2),
        case(5, 7, 12, 2, stride=3, padding=1),
    ],
)

PARAMS = recipe(
    """
    def conv_params(in_channels, out_channels, kernel_size, groups=1, bias=False):
        weights = «kernel = kernel_size * kernel_size» * «inputs = (in_channels // groups)» * «outputs = out_channels»
        return weights + «bias = (out_channels if bias else 0)»
    """,
    """
    inputs = in_channels
        You left out groups: each filter has weights for in_channels / groups channels only.

    inputs = in_channels * groups
        You multiplied by groups: each filter has weights for fewer channels with them, in_channels / groups.

    inputs = 1
        You left out the input's channels: each filter has weights for in_channels / groups of them.

    outputs = (out_channels // groups)
        You divided by groups twice: there are out_channels filters, each with in_channels / groups channels.

    outputs = 1
        You counted one filter: there are out_channels of them.

    bias = 0
        You left out the bias: with bias=True each output channel has one number more.

    bias = out_channels
        You always count a bias: without bias=True there is none.

    bias = (0 if bias else out_channels)
        Your bias is counted the wrong way round: it is there with bias=True.

    bias = in_channels * bias
        You counted a bias for each input channel: there is one for each output channel.

    bias = bias
        You counted one number of bias for the whole layer: there is one for each output channel.

    bias = out_channels // groups * bias
        You divided the biases by groups: there is one for each output channel, whatever the groups.

    bias = 2 * out_channels * bias
        You counted two numbers for each output channel: a convolution's bias is one, batch norm is not asked.

    kernel = kernel_size
        You took one side of the kernel: it has kernel_size × kernel_size weights a channel.

    kernel = 1
        You left out the kernel: it has kernel_size × kernel_size weights a channel.
    """,
)

assignment.part(
    "conv_params",
    "Parameters of any convolution",
    "parameters decide the download and the weights' memory, and they do not know how large the image is",
    PARAMS,
    [
        case(3, 32, 3),
        case(32, 64, 1, bias=True),
        case(32, 32, 3, groups=32),
        case(16, 24, 5, groups=8, bias=True),
        case(6, 12, 1, groups=6, bias=True),
    ],
)

MEMORY = recipe(
    """
    def activation_memory(channels, size, batch=1, bytes_per_number=4):
        return «batch = batch» * «channels = channels» * «pixels = size * size» * «bytes = bytes_per_number»«unit = »
    """,
    """
    bytes = 1
        You counted numbers, not bytes: multiply by bytes_per_number (4 for float32, 1 for int8).

    bytes = 4
        You took 4 bytes a number always: an int8 number takes one, so use bytes_per_number.

    bytes = 8 * bytes_per_number
        You counted bits: a byte is 8 of them, and bytes are asked.

    batch = 1
        You left out the batch: each image has activations of its own.

    channels = 1
        You left out the channels: each has size × size numbers.

    pixels = size
        You took one side of the image: an activation has height × width pixels a channel.

    pixels = 1
        You left out the image: an activation has height × width pixels a channel.

    unit = / 1024
    or unit = // 1024
    or unit = / 1000
    or unit = // 1000
        You gave kilobytes: the answer is asked in bytes.

    unit = / 1024**2
    or unit = / 1e6
    or unit = / 2**20
        You gave megabytes: the answer is asked in bytes.
    """,
)

assignment.part(
    "activation_memory",
    "Memory of an activation",
    "on a small device the activations, not the weights, decide whether a network fits at all",
    MEMORY,
    [
        case(32, 112),
        case(96, 57, batch=8),
        case(16, 15, batch=2, bytes_per_number=1),
        case(3, 9, batch=5, bytes_per_number=2),
    ],
)

NETWORK = recipe(
    """
    def network_cost(layers, size):
        macs = params = 0
        «before = »
        for layer in layers:
            shape = {key: layer[key] for key in ("in_channels", "out_channels", "kernel_size", "groups")}
            steps = {key: layer[key] for key in ("stride", "padding")}
            «early = »
            macs «add_macs = +=» conv_macs(size=«at = size», «how = **steps», «macs_of = **shape»)
            params «add_params = +=» conv_params(«params_of = **shape»)
            «next = size = output_size(size, layer["kernel_size"], «walk = layer["stride"], layer["padding"]»)»
        return «result = {"macs": macs, "params": params, "output_size": «out = size»}»
    """,
    """
    before = image = size; at = image
        Every layer was priced at the image's size: carry the output size on to the next layer.

    next =
        The size never changes: after each layer, the next one starts from this one's output size.

    early = size = output_size(size, layer["kernel_size"], layer["stride"], layer["padding"]); next =
        You went on to the output size before the layer was priced: conv_macs wants the layer's input size.

    early = size = output_size(size, layer["kernel_size"], layer["stride"], layer["padding"])
        You compute the output size twice for each layer, so the picture shrinks twice.

    add_macs = =
        The MACs of the last layer only are there: add each layer to the total inside the loop.

    add_params = =
        The parameters of the last layer only are there: add each layer to the total inside the loop.

    add_macs = =; add_params = =
        Only the last layer was counted: add each layer to the totals inside the loop.

    macs_of = **(shape | {"groups": 1}); params_of = **(shape | {"groups": 1})
        The layers' groups were not handed on: two of these layers are depthwise.

    macs_of = **(shape | {"groups": 1})
        The layers' groups were not handed on to conv_macs: two of these layers are depthwise.

    params_of = **(shape | {"groups": 1})
        The layers' groups were not handed on to conv_params: two of these layers are depthwise.

    how = padding=layer["padding"]
        The layers' strides were not handed on to conv_macs.

    how = stride=layer["stride"]
        The layers' padding was not handed on to conv_macs.

    how = stride=1, padding=0
        Neither strides nor padding were handed on to conv_macs.

    walk = layer["stride"]
        The layers' padding was not handed on to output_size.

    walk = 1, layer["padding"]
        The layers' strides were not handed on to output_size.

    walk = layer["padding"], layer["stride"]
        Stride and padding have changed places on their way to output_size.

    params_of = **shape, bias=True
        You counted biases: the parameters are asked without.

    before = image = size; out = image
        You gave the image's size: "output_size" is the side of the last layer's output.

    out = size**2
        You gave the last output's pixels: "output_size" is its side.

    result = [macs, params, size]
        You gave a list or tuple: asked is a dictionary with the keys "macs", "params" and "output_size".

    result = {"macs": macs, "params": params, "size": size}
    or result = {"macs": macs, "params": params, "out_size": size}
    or result = {"macs": macs, "params": params}
    or result = {"MACs": macs, "params": params, "output_size": size}
        The dictionary's keys are not the ones that are asked: "macs", "params" and "output_size".
    """,
    uses=(SIZE, MACS, PARAMS),
)


def layer(
    in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, padding: int = 0, groups: int = 1
) -> dict[str, int]:
    """One row of the exercise's small networks."""
    return {
        "in_channels": in_channels,
        "out_channels": out_channels,
        "kernel_size": kernel_size,
        "stride": stride,
        "padding": padding,
        "groups": groups,
    }


SMALL_NETWORK = [
    layer(3, 16, 3, 2, 1),
    layer(16, 16, 3, 1, 1, groups=16),
    layer(16, 32, 1),
    layer(32, 32, 5, 2, 2, groups=32),
    layer(32, 64, 1),
]

assignment.part(
    "network_cost",
    "A small network, layer after layer",
    "a network is priced one layer at a time, and each layer starts from the size that the one before it left",
    NETWORK,
    [case(SMALL_NETWORK, 32), case(SMALL_NETWORK, 33), case([layer(3, 8, 5, 3, 1)], 20)],
)
