"""Part 1 of exercise 10: what MobileNetV2's block costs."""

from __future__ import annotations

from ..recipes import recipe

BUDGET = recipe(
    """
    def budget(in_channels, out_channels, stride, size):
        hidden = «hidden = 6 * in_channels»
        out = «out = (size + stride - 1) // stride»
        expand, project = in_channels * hidden, hidden * out_channels
        depthwise = «depthwise = 9 * hidden»
        written = hidden * size**2 + (hidden + out_channels) * out**2
        macs = expand * «early = size»**2 + (depthwise + project) * «late = out»**2 «more = »
        norms = «norms = 2 * (hidden + hidden + out_channels)»
        return {"macs": «flops = »macs, "params": expand + depthwise + project + norms}
    """,
    """
    flops = 2 *
        You counted FLOPs: a multiplication with its addition is one MAC.

    norms = 0
        You left out batch norm's parameters: a scale and a shift for each channel, after each convolution.

    norms = hidden + hidden + out_channels
        You counted one parameter a channel for batch norm, or biases in its place: it learns a scale and a shift.

    norms = 3 * (hidden + hidden + out_channels)
        You counted biases as well: with batch norm behind it, a convolution has none.

    norms = 4 * (hidden + hidden + out_channels)
        You counted batch norm's running mean and variance: they are not learned.

    norms = 2 * (hidden + hidden)
        You left out the last batch norm: one stands after the projection, too.

    norms = 2 * (hidden + out_channels)
        You counted one batch norm inside: one stands after the expansion and one after the depthwise convolution.

    norms = 2 * out_channels
        You counted the last batch norm alone: one stands after each of the three convolutions.

    more = + written
    or more = + 2 * written
        You counted work for batch norm: by the papers' convention it has no MACs.

    more = + in_channels * out_channels * out**2
        You priced the residual: adding has no products.

    hidden = 6 * out_channels
        You widened out_channels: inside, the block has 6 times its *input's* channels.

    early = out
        You priced the expansion at the output's size: the stride comes after it, with the depthwise one.

    late = size
        The stride changes nothing in your count: after it, fewer pixels are left.

    out = size // stride
        You rounded an odd size down: with padding, stride 2 leaves half of it rounded up.

    out = size / stride
        You let half a pixel stand: with padding, stride 2 leaves half of an odd size rounded up.

    out = round(size / stride)
        Python's round() takes half a pixel to the even number: with padding, the size is rounded up.

    depthwise = 9 * hidden**2
        Your middle convolution is dense: depthwise, each channel has 9 weights of its own and no others.

    depthwise = hidden
        Your depthwise convolution has one weight a channel: it is 3×3, so each has 9.
    """,
)
