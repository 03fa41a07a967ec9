"""A convolution's two jobs done at once and one after the other, with sliders for the kernel and the channels."""

from __future__ import annotations

from typing import Any, NamedTuple

import traitlets

from ...common.numbers import four_digits
from ...cost.formulas import conv_macs, depthwise_macs, separable_savings
from .. import show
from .instrument import Instrument, joined

KERNELS = (3, 5, 7, 9)
CHANNELS = (4, 8, 16, 32, 64, 128, 256, 512, 1024)
TICKS = {"outputs": (4, 16, 64, 256, 1024), "times": (2, 4, 8, 16, 32, 64, 128)}
HIGHEST = 128  # of the axis of savings


class Costs(NamedTuple):
    """MACs for one position of the output."""

    standard: int
    depthwise: int
    pointwise: int

    @property
    def separable(self) -> int:
        return self.depthwise + self.pointwise


def costs(kernel_size: int, in_channels: int, out_channels: int) -> Costs:
    """A standard convolution beside the two halves of a separable one, at one output position.

    >>> costs(3, 64, 128)
    Costs(standard=73728, depthwise=576, pointwise=8192)
    """
    return Costs(  # of a picture as large as the kernel, so that it fits once
        conv_macs(in_channels, out_channels, kernel_size, kernel_size),
        depthwise_macs(in_channels, kernel_size, kernel_size),
        conv_macs(in_channels, out_channels, 1, 1),
    )


def verdict(kernel_size: int, out_channels: int) -> str:
    """The saving, and which of its two limits is the nearer one; the input channels do not matter."""
    saving = separable_savings(1, out_channels, kernel_size)
    taps = kernel_size**2
    limit = f"{taps} = {kernel_size}², which no number of channels gets over"
    if out_channels < taps:
        limit = f"{out_channels}, the number of outputs, which no kernel gets over"
    return f"That is {saving:.1f} times fewer, and below {limit}."


class FactorExplorer(Instrument):
    """What the two factors buy: areas to scale, the saving, and its limits.

    Attributes:
        kernel_size: one of ``KERNELS``.
        in_channels, out_channels: one of ``CHANNELS``.
    """

    _esm, _css = joined("factors")

    kernel_size = traitlets.Enum(KERNELS, 3).tag(sync=True)
    in_channels = traitlets.Enum(CHANNELS, 64).tag(sync=True)
    out_channels = traitlets.Enum(CHANNELS, 64).tag(sync=True)

    @property
    def costs(self) -> Costs:
        """MACs for one position at the setting."""
        return costs(self.kernel_size, self.in_channels, self.out_channels)

    def summary(self) -> str:
        """What the setting costs and saves, in sentences."""
        now = self.costs
        said = WORDS["status"].format(
            kernel=f"{self.kernel_size}×{self.kernel_size}",
            inputs=f"{self.in_channels:,}",
            outputs=f"{self.out_channels:,}",
            standard=f"{now.standard:,}",
            depthwise=f"{now.depthwise:,}",
            pointwise=f"{now.pointwise:,}",
            together=f"{now.separable:,}",
        )
        return f"{said} {verdict(self.kernel_size, self.out_channels)}"

    def figure(self) -> show.Shown:
        """The three areas to the left, the saving against the outputs to the right, at the setting."""
        from matplotlib.figure import Figure

        from .. import plots

        drawing = Figure(figsize=(plots.WIDTH, 3.6), dpi=plots.DPI, layout="constrained")
        areas, curve = drawing.subplots(1, 2, width_ratios=(1, 1.1))
        now, k, outputs = self.costs, self.kernel_size, self.out_channels
        width, height, gap = now.depthwise / now.standard, now.pointwise / now.standard, 0.03
        for (x, y, w, h), color, hatch in (
            ((0, 0, 1, 1), plots.VERMILLION, "++"),
            ((-gap - width, 0, width, 1), plots.SKY, "||"),
            ((0, -gap - height, 1, height), plots.ORANGE, ".."),
        ):
            areas.add_patch(_rectangle(x, y, w, h, color, hatch))
        box = {"facecolor": "white", "edgecolor": "none", "pad": 3}
        areas.text(0.5, 0.5, f"standard\n{now.standard:,} MACs", ha="center", va="center", fontsize=9, bbox=box)
        areas.text(-2 * gap - width, 0.5, f"depthwise\n{now.depthwise:,}", ha="right", va="center", fontsize=9)
        areas.text(0.5, -2 * gap - height, f"pointwise {now.pointwise:,}", ha="center", va="top", fontsize=9)
        areas.set(xlim=(-0.75, 1.03), ylim=(-0.33, 1.03), aspect="equal")
        areas.set_axis_off()

        curve.axhline(k**2, color=plots.GREY, linestyle="--", linewidth=1.2, label=f"k² = {k**2}")
        curve.plot(CHANNELS, CHANNELS, ":", color=plots.GREY, linewidth=1.4, label="as many as outputs")
        savings = [separable_savings(1, c, k) for c in CHANNELS]
        curve.plot(CHANNELS, savings, color=plots.BLUE, label=f"{k}×{k}")
        here = separable_savings(1, outputs, k)
        curve.plot([outputs], [here], "o", color=plots.BLUE, markersize=9)
        curve.annotate(f"{here:.1f}", (outputs, here), xytext=(4, -14), textcoords="offset points", fontsize=9)
        curve.set(xscale="log", yscale="log", xlim=(3.5, 1300), ylim=(TICKS["times"][0], HIGHEST))
        for axis, ticks in ((curve.xaxis, TICKS["outputs"]), (curve.yaxis, TICKS["times"])):
            axis.set_ticks(ticks, [str(tick) for tick in ticks])
            axis.set_ticks([], minor=True)
        curve.set_xlabel("output channels (log)")
        curve.set_ylabel("times fewer MACs (log)")
        curve.spines[["top", "right"]].set_visible(False)
        curve.legend(frameon=False, fontsize=8, loc="upper left")
        title = f"{k}×{k}, {self.in_channels} → {outputs} channels: {here:.1f} times fewer MACs"
        drawing.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
        return show.figure(drawing, WORDS["chart"].format(summary=self.summary()))

    def table(self) -> show.Shown:
        """The saving for every number of outputs and every kernel, whatever the inputs."""
        rows = [(c, *(separable_savings(1, c, k) for k in KERNELS)) for c in CHANNELS]
        head = ("output channels", *(f"{k}×{k}" for k in KERNELS))
        return show.table(rows, head=head, digits=1, caption="times fewer MACs, whatever the input channels")

    def in_text(self) -> str:
        return f"FactorExplorer. {self.summary()}\nHere sliders (kernel, channels) move the areas and the saving."

    def as_data(self) -> dict[str, Any]:
        """What the page looks up; places in the lists are those of ``KERNELS`` and ``CHANNELS``."""
        channels = [f"{c:,}" for c in CHANNELS]
        return {
            "axes": [
                _axis("kernel_size", "kernel", KERNELS, [f"{k}×{k}" for k in KERNELS]),
                _axis("in_channels", "input channels", CHANNELS, channels),
                _axis("out_channels", "output channels", CHANNELS, channels),
            ],
            "standard": [[[costs(k, i, o).standard for o in CHANNELS] for i in CHANNELS] for k in KERNELS],
            "depthwise": [[costs(k, i, 1).depthwise for i in CHANNELS] for k in KERNELS],
            "pointwise": [[costs(1, i, o).pointwise for o in CHANNELS] for i in CHANNELS],
            "saving": [[four_digits(separable_savings(1, o, k)) for o in CHANNELS] for k in KERNELS],
            "verdict": [[verdict(k, o) for o in CHANNELS] for k in KERNELS],
            "ticks": {name: list(ticks) for name, ticks in TICKS.items()},
            "highest": HIGHEST,
            "words": WORDS,
        }


WORDS = {
    "heading": "What the factors buy",
    "status": (
        "{kernel} kernel, {inputs} → {outputs} channels, one output position: the standard convolution takes "
        "{standard} MACs, depthwise and pointwise {depthwise} + {pointwise} = {together}."
    ),
    "chart": (
        "To the left three rectangles to scale: the standard convolution; beside it, as high and as wide as one of its "
        "output channels, the depthwise half; below it, as wide and as high as one place of its kernel, the pointwise "
        "half. To the right the saving against the output channels, below its two limits. {summary}"
    ),
    "standard": "standard",
    "depthwise": "depthwise",
    "pointwise": "pointwise",
    "macs": "{macs} MACs",
    "column": "1/{outputs} of it",
    "strip": "1/{taps} of it",
    "across": "output channels (log)",
    "up": "times fewer MACs (log)",
    "kernel_limit": "k² = {taps}",
    "output_limit": "outputs",
    "scale": (
        "Areas are MACs, and the standard convolution always fills its square: as wide as it has outputs, as high as "
        "an output has weights. A line for each place of the kernel."
    ),
}


def _axis(name: str, label: str, values: tuple[int, ...], said: list[str]) -> dict[str, Any]:
    return {"name": name, "label": label, "values": list(values), "said": said}


def _rectangle(x: float, y: float, width: float, height: float, color: str, hatch: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, height, facecolor="none", edgecolor=color, hatch=hatch, linewidth=1.2)
