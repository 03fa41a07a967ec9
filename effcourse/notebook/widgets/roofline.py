"""A network's layers under a machine's roof, with sliders for the batch and for the memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import traitlets

from ...common.numbers import four_digits
from ...cost import CostReport
from ...measure import LayerTime, MachineLimits, RooflineRow, roofline
from .. import show
from .instrument import Instrument, joined

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BATCHES = (1, 2, 4, 8, 16, 32, 64)
MEMORY = (0.25, 0.5, 1, 2, 4, 8, 16)  # times the bandwidth that was measured
KINDS = ("depthwise", "pointwise", "dense", "linear", "grouped", "product")  # as drawn, in the order of colours
NAMES = dict(zip(KINDS, (*KINDS[:-1], "matrix product"), strict=True))


def drawn_as(row: RooflineRow) -> str:
    """A row's kind; attention, recurrent layers and the like are products of matrices too."""
    return row.kind if row.kind in KINDS else "product"


class RooflineExplorer(Instrument):
    """Each layer with MACs at its arithmetic intensity, below the roof of a machine.

    Every place was computed when the explorer was made; the page only looks up.

    Args:
        report: ``trace(model)``.
        limits: ``machine_limits()``.
        times: ``measure_layers(model)``, to see what each layer achieved with one image in the present memory.

    Raises:
        ValueError: no layer has MACs, or the times belong to another network or input size.

    Attributes:
        batch: images a forward, one of ``BATCHES``.
        memory: how many times the measured bandwidth the memory has, one of ``MEMORY``.
    """

    _esm, _css = joined("roofline")

    batch = traitlets.Enum(BATCHES, 1).tag(sync=True)
    memory = traitlets.Enum(MEMORY, 1).tag(sync=True)

    def __init__(self, report: CostReport, limits: MachineLimits, times: Sequence[LayerTime] | None = None) -> None:
        self._report, self._limits, self._times = report, limits, times
        if not report.macs:
            raise ValueError(f"{report.name} has no operation with MACs: there is nothing to put under a roof")
        roofline(report, limits, times)  # raises if they do not belong together
        super().__init__()

    @property
    def limits(self) -> MachineLimits:
        """The machine's, with the memory at the setting."""
        return self._limits_at(self.memory)

    @property
    def rows(self) -> list[RooflineRow]:
        """The layers at the setting."""
        return self._rows(self.batch, self.memory)

    def summary(self) -> str:
        """What the setting means, in a sentence or two."""
        return self._summary(self.batch, self.memory)

    def figure(self) -> show.Shown:
        """The roof and the layers at the setting: measured where they were, at the roof where not."""
        from matplotlib.figure import Figure

        from .. import plots

        drawing = Figure(figsize=(plots.WIDTH, 4.6), dpi=plots.DPI, layout="constrained")
        axes = drawing.subplots()
        rows = [row for row in self.rows if row.macs]
        measured = all(row.gflops is not None for row in rows) and self.memory == 1
        looks = plots.styles(KINDS)
        for kind in KINDS:
            of_kind = [row for row in rows if row.macs and drawn_as(row) == kind]
            color, marker = looks[kind]
            if of_kind:
                heights = [row.gflops or 0.0 if measured else row.attainable_gflops for row in of_kind]
                label = f"{kind} ({len(of_kind)})"
                xs = [row.intensity for row in of_kind]
                axes.plot(xs, heights, marker, color=color, markersize=6, label=label, alpha=0.85)
        self._draw_roofs(axes)
        axes.set_xlabel("arithmetic intensity: FLOP for each byte moved (log)")
        axes.set_ylabel("GFLOP/s (log)")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#D9D9D9", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.legend(frameon=False, fontsize=9, loc="lower right")
        what = "measured" if measured else "at best"
        title = f"{self._report.name}, batch {self.batch}: each layer {what}, under this machine's roof"
        drawing.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
        alt = (
            f"Points in a diagram with logarithmic axes: arithmetic intensity to the right, GFLOP/s upwards, {what}. "
            f"The roof rises with the memory's bandwidth up to the ridge and is flat from there. {self.summary()}"
        )
        return show.figure(drawing, alt)

    def table(self) -> show.Shown:
        """The same in numbers, the layers of one kind together."""
        lines = []
        rows = self.rows
        total = sum(row.macs for row in rows)
        for kind in [k for k in KINDS if any(row.macs and drawn_as(row) == k for row in rows)]:
            of_kind = [row for row in rows if row.macs and drawn_as(row) == kind]
            intensities = sorted(row.intensity for row in of_kind)
            lines.append(
                {
                    "layers": kind,
                    "how many": len(of_kind),
                    "share of MACs": f"{sum(r.macs for r in of_kind) / total:.1%}",
                    "FLOP a byte": f"{intensities[0]:.2f} to {intensities[-1]:.2f}",
                    "bound by memory": sum(r.bound == "memory" for r in of_kind),
                    **self._speeds(of_kind),
                }
            )
        return show.table(lines, digits=1, caption=f"{self._report.name}, batch {self.batch}. {self.limits}")

    twin = (
        "They need a program that shows Jupyter widgets: run this cell in JupyterLab. explorer.figure() and\n"
        "explorer.table() say the same without sliders."
    )

    def in_text(self) -> str:
        return (
            f"RooflineExplorer of {self._report.name}: batch {self.batch}, {self.memory:g} × the memory's bandwidth.\n"
            "Here sliders (batch 1 to 64, bandwidth 0.25 × to 16 ×) move the layers under this machine's roof."
        )

    def _limits_at(self, memory: float) -> MachineLimits:
        return replace(self._limits, bandwidth_gb_s=memory * self._limits.bandwidth_gb_s)

    def _rows(self, batch: int, memory: float) -> list[RooflineRow]:
        times = self._times if batch == 1 else None
        return roofline(self._report, self._limits_at(memory), times, batch)

    def _summary(self, batch: int, memory: float) -> str:
        rows = self._rows(batch, memory)
        layers = [row for row in rows if row.macs]
        low = [row for row in layers if row.bound == "memory"]
        kinds = Counter(map(drawn_as, low))
        named = ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS if kinds[kind])
        floor = sum(row.floor_ms for row in rows) / batch
        share = sum(row.macs for row in low) / sum(row.macs for row in layers)
        return (
            f"Ridge at {self._limits_at(memory).ridge:.1f} FLOP a byte. {len(low)} of {len(layers)} layers with MACs "
            f"lie left of it{f' ({named})' if low else ''}, with {share:.0%} of the MACs. "
            f"With every number from memory, an image takes at least {floor:.1f} ms."
        )

    def _speeds(self, rows: Sequence[RooflineRow]) -> dict[str, float | None]:
        """All MACs of these layers over all their time."""
        flops = 2 * sum(row.macs for row in rows) / 1e6
        speeds: dict[str, float | None] = {"GFLOP/s at best": flops / sum(row.floor_ms for row in rows)}
        milliseconds = [row.ms for row in rows if row.ms is not None]
        if len(milliseconds) == len(rows) and self.memory == 1:
            speeds["GFLOP/s measured"] = flops / sum(milliseconds)
        return speeds

    def _draw_roofs(self, axes: Axes) -> None:
        from .. import plots

        limits = self.limits
        layers = [row for row in self.rows if row.macs]
        ends = [min(r.intensity for r in layers) / 1.5, max(*(r.intensity for r in layers), limits.ridge) * 1.5]
        axes.set(xscale="log", yscale="log")
        axes.plot(
            [ends[0], limits.ridge, ends[1]],
            [ends[0] * limits.bandwidth_gb_s, limits.peak_gflops, limits.peak_gflops],
            color=plots.BLACK,
            linewidth=1.6,
            label=f"roof: {limits.bandwidth_gb_s:.1f} GB/s, {limits.peak_gflops:.0f} GFLOP/s",
        )
        if limits.cache_gb_s > limits.bandwidth_gb_s:
            top = limits.peak_gflops / limits.cache_gb_s
            heights = [ends[0] * limits.cache_gb_s, limits.peak_gflops]
            label = f"slope within the cache: {limits.cache_gb_s:.0f} GB/s"
            axes.plot([ends[0], top], heights, "--", color=plots.GREY, linewidth=1.3, label=label)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, position: f"{value:g}")

    def as_data(self) -> dict[str, Any]:
        """What the page looks up; numbers of the layers in the order of the trace."""
        settings = [(batch, memory) for batch in BATCHES for memory in MEMORY]
        layers = {setting: [row for row in self._rows(*setting) if row.macs] for setting in settings}
        now = layers[1, 1]
        places = [row for rows in layers.values() for row in rows]
        heights = [row.attainable_gflops for row in places] + [row.gflops for row in now if row.gflops]
        low = min(row.intensity for row in places) / 1.3
        high = max(max(row.intensity for row in places), self._limits_at(MEMORY[0]).ridge) * 1.3
        roofs = []
        for memory in MEMORY:
            limits = self._limits_at(memory)
            ridge = max(limits.ridge, low)
            corners = [(low, low * limits.bandwidth_gb_s), (ridge, limits.peak_gflops), (high, limits.peak_gflops)]
            roofs.append([[four_digits(x), four_digits(y)] for x, y in corners])
        measured = [row.gflops and four_digits(row.gflops) for row in now]
        kinds = [drawn_as(row) for row in now]
        return {
            "batch": {
                "name": "batch",
                "label": "images a batch",
                "values": list(BATCHES),
                "said": [str(batch) for batch in BATCHES],
            },
            "memory": {
                "name": "memory",
                "label": "memory's bandwidth",
                "values": list(MEMORY),
                "said": [f"{times:g} ×" for times in MEMORY],
            },
            "kinds": [(i, NAMES[kind]) for i, kind in enumerate(KINDS) if kind in kinds],
            "layers": [
                {"kind": KINDS.index(kind), "tip": f"{row.name} ({kind})"} for row, kind in zip(now, kinds, strict=True)
            ],
            "measured": measured,
            "intensity": [[four_digits(row.intensity) for row in layers[batch, 1]] for batch in BATCHES],
            "attainable": [[four_digits(row.attainable_gflops) for row in layers[setting]] for setting in settings],
            "summary": [self._summary(*setting) for setting in settings],
            "roofs": roofs,
            "x": [low, high],
            "y": [min(heights) / 1.5, max(max(heights), self._limits.peak_gflops) * 1.5],
            "words": {
                "heading": f"{self._report.name} under this machine's roof",
                "up": "GFLOP/s (log)",
                "across": "arithmetic intensity: FLOP for each byte moved (log)",
                "chart": f"Roofline of {self._report.name}: layers by arithmetic intensity and GFLOP/s. {{summary}}",
                "marks": (
                    "Filled: measured, with one image and the memory as it is. Hollow: the most that the roof allows."
                    if any(measured)
                    else "Each at the most that the roof allows."
                ),
            },
        }
