"""Chapter 2: what a separable convolution does to a picture, what it saves, and what the clock says to that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib import colormaps
from matplotlib.figure import Figure
from torch import Tensor

from ..cost import CostReport
from ..models.mobilenet_v1 import DepthwiseSeparableConv
from ..notebook import plots, show

OUTPUTS = (8, 16, 32, 64, 128, 256, 512, 1024)
KERNELS = (3, 5, 7)
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


def savings(kernel_size: int, outputs: Sequence[int] = OUTPUTS) -> list[float]:
    """How many times fewer MACs, for each number of output channels."""
    return [DepthwiseSeparableConv.compute_savings(64, c, kernel_size) for c in outputs]


def saving_curves() -> show.Shown:
    """The saving against output channels, a curve for each kernel."""
    curves = {f"{k}×{k}": (OUTPUTS, savings(k)) for k in KERNELS}
    limits = {"nine, the limit of 3×3": (OUTPUTS, [9] * len(OUTPUTS))}
    three, five, seven = (savings(k) for k in KERNELS)
    figure = plots.lines(
        {**curves, **limits},
        title="What a separable convolution saves depends on how many channels come out",
        xlabel="output channels",
        ylabel="times fewer MACs",
        reference=list(limits),
        log_x=True,
        marked=[(OUTPUTS[1], three[1], f"{three[1]:.1f}")],
    )
    return show.figure(
        figure,
        alt="Times fewer MACs against output channels from 8 to 1024, for kernels 3×3, 5×5 and 7×7. Each curve climbs "
        f"and levels off below k squared. 3×3 goes from {three[0]:.1f} at 8 channels and {three[1]:.1f} at 16 to "
        f"{three[-1]:.1f} at 1024; 5×5 reaches {five[-1]:.1f} and 7×7 {seven[-1]:.1f}. With 8 channels all three are "
        "below 8. The table after this has the numbers.",
    )


def saving_table() -> show.Shown:
    """The numbers of :func:`saving_curves`."""
    columns = [savings(k) for k in KERNELS]
    head = ("output channels", *(f"{k}×{k}" for k in KERNELS))
    return show.table(list(zip(OUTPUTS, *columns, strict=True)), head=head, digits=1)


def error_curves(errors: Sequence[Sequence[float]], names: Sequence[str]) -> show.Shown:
    """Relative errors with 1, 2, ... filters per channel, a column for each of three kernels."""
    columns = [[100 * e for e in column] for column in zip(*errors, strict=True)]
    counts = range(1, len(errors) + 1)
    figure = plots.lines(
        {name: (counts, column) for name, column in zip(names, columns, strict=True)},
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


def clock_verdict(clock: Mapping[str, tuple[CostReport, float]]) -> str:
    """What three timed layers say, in sentences: ``clock`` has cost and milliseconds of each, by name."""
    (standard, standard_ms), (half, half_ms), (whole, whole_ms) = (
        clock[name] for name in ("standard 3×3", "depthwise 3×3", "depthwise, then pointwise")
    )
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
