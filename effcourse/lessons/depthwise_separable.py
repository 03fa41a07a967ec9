"""Chapter 2: what a separable convolution does to a picture, saves and cannot express, and what the clock says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import colormaps
from matplotlib.figure import Figure
from torch import Tensor

from ..cost import CostReport
from ..models.mobilenet_v1 import DepthwiseSeparableConv
from ..notebook import plots, show
from ..papers.figures import published

EDGES = (-1.5, 1.5)  # the values of black and white where a filter gives both signs
PANELS: tuple[tuple[tuple[str, ...], list[tuple[float, float]]], ...] = (
    (("red", "green", "blue"), [(0, 1)] * 3),
    (("red: vertical edges", "green: horizontal edges", "blue: blurred"), [EDGES, EDGES, (0, 1)]),
    (("the edges added", "the edges subtracted", "blurred − ½ edges"), [EDGES] * 3),
)


def taken_apart(photo: Tensor, filtered: Tensor, mixed: Tensor) -> show.Shown:
    """The coffee cup's three channels, (3, H, W) each: as they came, after the depthwise half, after the pointwise."""
    figure = Figure(figsize=(6.0, 5.6), dpi=100, layout="constrained")
    grey = colormaps["gray"].resampled(32)
    for line, images, (names, ranges) in zip(figure.subplots(3, 3), (photo, filtered, mixed), PANELS, strict=True):
        for axes, image, name, (low, high) in zip(line, images.numpy(), names, ranges, strict=True):
            axes.imshow(image, cmap=grey, vmin=low, vmax=high, interpolation="nearest")
            axes.set_title(name, fontsize=9)
            axes.set_axis_off()
    return show.figure(
        figure,
        alt="Nine grey pictures of a coffee cup on a red saucer. Top row, the channels red, green and blue: the saucer "
        "is bright in red and nearly black in blue. Middle row, after the depthwise filters: vertical edges found in "
        "red, horizontal edges found in green, blue blurred. Bottom row, after the pointwise mix: the two edge "
        "pictures added and subtracted, which brings out diagonal edges of one and of the other direction, and the "
        "blurred blue with half of green's edges taken off.",
    )


KERNEL_NAMES = ("a random kernel", "Lite0's first layer", "… its output on the cup")


def error_table(errors: Sequence[Sequence[float]]) -> show.Shown:
    """Relative errors with 1, 2, ... filters per channel: of a random kernel, a trained one, and its output."""
    rows = [(m, *(f"{100 * e:.0f} %" for e in error)) for m, error in enumerate(errors, start=1)]
    return show.table(rows, head=("filters per channel", *KERNEL_NAMES), caption="relative error")


def error_curves(errors: Sequence[Sequence[float]]) -> show.Shown:
    """The numbers of :func:`error_table`."""
    columns = [[100 * e for e in column] for column in zip(*errors, strict=True)]
    counts = range(1, len(errors) + 1)
    figure = plots.lines(
        {name: (counts, column) for name, column in zip(KERNEL_NAMES, columns, strict=True)},
        title=f"One filter per channel: a trained 3×3 kernel is {columns[1][0]:.0f} % off",
        xlabel="filters for each input channel",
        ylabel="relative error (%)",
    )
    return show.figure(
        figure,
        alt="Relative error of the best approximation against the number of filters for each input channel, 1 to "
        f"{len(errors)}. With one filter: a random kernel {columns[0][0]:.0f} per cent, the first layer of "
        f"EfficientNet-Lite0 {columns[1][0]:.0f}, its output on the coffee picture {columns[2][0]:.0f}. All three fall "
        f"to 0 at {len(errors)} filters. The table before this has the numbers.",
    )


def filters(kernel: Tensor, nearest: Mapping[int, Tensor], channel: int, shown: int = 8) -> show.Shown:
    """What the outputs that listen hardest to one input channel see of it: as trained, and with m filters for it.

    ``kernel`` and the values of ``nearest``, by m, are (C', C, k, k); ``shown`` outputs are drawn, in their order.
    """
    loudest = kernel[:, channel].flatten(1).norm(dim=1).topk(shown).indices.sort().values.tolist()
    lines = {"as trained": kernel, **{f"{m} filter{'s' * (m > 1)}": near for m, near in nearest.items()}}
    figure = Figure(figsize=(7.0, 0.95 * len(lines)), dpi=100, layout="constrained")
    grey = colormaps["gray"].resampled(32)
    for line, (name, weights) in zip(figure.subplots(len(lines), shown, squeeze=False), lines.items(), strict=True):
        for axes, output in zip(line, loudest, strict=True):
            most = float(kernel[output, channel].abs().max())  # as trained: what is lost is lost to the eye, too
            axes.imshow(weights[output, channel].numpy(), cmap=grey, vmin=-most, vmax=most, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    return show.figure(
        figure,
        alt=f"Rows of {shown} small grey squares, the {kernel.shape[-1]}×{kernel.shape[-1]} weights of as many outputs "
        "for one input channel. As trained: bars and edges in several directions. With one filter: the same "
        "pattern in every square, strong or faint, in some with black and white exchanged"
        f"{'. With three filters: much like the trained ones' if 3 in nearest else ''}.",
    )


def prices(cost: CostReport) -> list[tuple[Any, ...]]:
    """What a module's rows say, apart from the names of its parts."""
    return [(r.in_shape, r.out_shape, r.params, r.macs, r.activations) for r in cost.rows]


def table_4() -> list[Any]:
    """MobileNetV1's Table 4: the network in ordinary convolutions, and in separable ones."""
    names = ("Conv MobileNet (full convolutions)", "MobileNet (depthwise separable)")
    return [published(source="mobilenet_v1", model=name).iloc[0] for name in names]


def against_table_4(full: CostReport, separable: CostReport) -> show.Shown:
    """Two counted networks beside the paper's figures.

    Raises:
        ValueError: a count is off by a thousandth or more, so that it is no network of that table.
    """
    rows = []
    for paper, cost in zip(table_4(), (full, separable), strict=True):
        difference = cost.macs / (paper.macs_m * 1e6) - 1
        if abs(difference) >= 1e-3:
            raise ValueError(f"{paper.model} has {paper.macs_m:.0f} M MACs in Table 4, got {cost.macs:,}")
        ours = cost.macs / 1e6, f"{difference:+.2%}", paper.params_m, cost.params / 1e6
        rows.append((paper.model, paper.macs_m, *ours))
    head = ("network", "MACs (M): paper", "MACs (M): ours", "difference", "params (M): paper", "params (M): ours")
    return show.table(rows, head=head, digits=1)


def price_of_the_saving(full: CostReport, separable: CostReport) -> str:
    """What the two counts say, and the accuracy that the paper paid."""
    dense, cheap = table_4()
    return (
        f"{full.macs / separable.macs:.1f} times fewer MACs, {full.params / separable.params:.1f} times fewer "
        f"parameters.\nPublished price: {dense.top1 - cheap.top1:.1f} points of ImageNet top-1 ({cheap.citation})."
    )


TIMED = ("standard 3×3", "depthwise 3×3", "pointwise", "depthwise, then pointwise")
Clock = Sequence[tuple[CostReport, float]]


def clock_table(clock: Clock) -> show.Shown:
    """Cost and milliseconds of the layers of ``TIMED``."""
    rows = [
        (name, cost.macs / 1e6, cost.macs / cost.bytes_moved, ms, cost.macs / ms / 1e6)
        for name, (cost, ms) in zip(TIMED, clock, strict=True)
    ]
    _, channels, *size = clock[0][0].input_shape
    what = f"{channels} → {channels} at {'×'.join(map(str, size))}"
    return show.table(rows, head=(what, "MACs (M)", "MACs per byte", "milliseconds", "G MACs per second"))


def clock_verdict(clock: Clock) -> str:
    """What the four timed layers say, in sentences."""
    (standard, standard_ms), (half, half_ms), _, (whole, whole_ms) = clock
    slower = (standard.macs / standard_ms) / (half.macs / half_ms)
    first = "Here a depthwise MAC is as fast as any: unusual, and good news for your machine."
    if slower > 1.2:
        first = f"Here a depthwise MAC takes {slower:.1f} times as long as a MAC of the standard layer."
    return "\n".join(
        (
            first,
            f"The depthwise half has {half.macs / whole.macs:.0%} of the separable layer's MACs and takes "
            f"about {min(half_ms / whole_ms, 1):.0%} of its time.",
            f"Together: {standard.macs / whole.macs:.1f} times fewer MACs, "
            f"{standard_ms / whole_ms:.1f} times less time.",
        )
    )


def claims(networks: Sequence[CostReport], errors: Sequence[Sequence[float]], clock: Clock) -> show.Shown:
    """What was claimed about separable convolutions, and what the chapter measured."""
    saving = DepthwiseSeparableConv.compute_savings
    first = next(c for c in range(1, 1000) if saving(64, c) >= 8 - 1e-9)
    dense, cheap = table_4()
    (standard, standard_ms), *_, (separable, separable_ms) = clock
    fewer, faster = standard.macs / separable.macs, standard_ms / separable_ms
    rows = [
        (
            "a separable convolution takes 8 to 9 times fewer MACs",
            "[1], Section 3.1, and [2]",
            f"{saving(16, 16):.1f} at 16 output channels, {saving(64, 256):.1f} at 256",
            f"3×3 only, from {first} outputs on; 9 never",
        ),
        (
            "the reduction factor is k²",
            "[2], in a comment",
            f"{saving(64, 64, 5):.1f} for 5×5 and 64 outputs, not {5**2}",
            "a limit, not a factor",
        ),
        (
            f"in a whole network {dense.macs_m / cheap.macs_m:.1f} times fewer",
            "[1], Table 4",
            f"{networks[0].macs / networks[1].macs:.1f} times fewer",
            "holds",
        ),
        (
            f"that costs {dense.top1 - cheap.top1:.1f} points of accuracy",
            "[1], Table 4",
            "not measured here",
            "published",
        ),
        (
            "a separable convolution can do what a standard one does",
            "a natural guess",
            f"a trained kernel comes out {errors[0][1]:.0%} off",
            "wrong for one layer",
        ),
        (
            f"{fewer:.1f} times fewer MACs, so {fewer:.1f} times faster",
            "a natural guess",
            f"{faster:.1f} times faster on this machine",
            "holds here" if abs(faster / fewer - 1) < 0.1 else "does not follow",
        ),
    ]
    return show.table(rows, head=("claim", "by", "measured here", "verdict"))
