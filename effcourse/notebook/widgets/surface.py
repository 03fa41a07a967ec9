"""What a budget buys: MobileNetV1's released networks over α and the picture's size, with sliders for the budget."""

from __future__ import annotations

from typing import Any

import traitlets

from ...papers.checkpoints import Checkpoint, mobilenet_v1_checkpoints, side_that_costs
from ...papers.pareto import best_within, within
from .. import show
from .instrument import Instrument, joined

BUDGETS = (
    *(10, 12, 14, 16, 18, 20, 22, 25, 30, 35, 40, 45, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 170),
    *(180, 190, 200, 220, 240, 260, 280, 300, 330, 360, 400, 450, 500, 550, 600),
)  # M MACs
PARAMS = (0.5, 1.5, 3, 5)  # M parameters; the last admits all
CURVES = (12.5, 25, 50, 100, 200, 400)  # M MACs, drawn in grey
WIDTHS = tuple(round(0.2 + 0.02 * i, 2) for i in range(45))  # 0.2 to 1.08
SIDES = (112, 240)
SIZES = (128, 160, 192, 224)


class SurfaceExplorer(Instrument):
    """The α × ρ surface of MobileNetV1: a budget is a curve on it, and the best network below lights up.

    Args:
        start: the setting to begin with, such as ``budget=200``.

    Raises:
        TraitError: a setting that there is not; the message names the valid ones.

    Attributes:
        budget: the most MACs, in millions, one of ``BUDGETS``. params: the most parameters, in millions, of ``PARAMS``.
        best: the most accurate checkpoint within both, or None.
    """

    _esm, _css = joined("surface")

    budget = traitlets.Enum(BUDGETS, 120).tag(sync=True)
    params = traitlets.Enum(PARAMS, 5).tag(sync=True)

    def __init__(self, **start: Any) -> None:
        for name in start:
            if name not in ("budget", "params"):
                raise ValueError(f"SurfaceExplorer has the settings budget and params, got {name!r}")
        super().__init__(**start)

    @property
    def best(self) -> Checkpoint | None:
        return best_within(mobilenet_v1_checkpoints(), _limits(self.budget, self.params))

    def summary(self) -> str:
        """What the budget buys, in a sentence or three."""
        return _summary(self.budget, self.params)

    def figure(self) -> show.Shown:
        """The surface at the setting."""
        from matplotlib.figure import Figure

        from .. import plots

        drawing = Figure(figsize=(plots.WIDTH, 4.8), dpi=plots.DPI, layout="constrained")
        axes = drawing.subplots()
        for macs in CURVES:
            places = curve(macs)
            axes.plot(*zip(*places, strict=True), color=plots.GREY, linewidth=0.8)
            axes.annotate(f"{macs:g} M", places[-1], (3, 2), textcoords="offset points", fontsize=8)
        places = curve(self.budget)
        if places:
            axes.plot(*zip(*places, strict=True), color=plots.BLACK, linewidth=1.6, linestyle="--")
        limits = _limits(self.budget, self.params)
        for c in mobilenet_v1_checkpoints():
            fill = plots.BLUE if within(c, limits) else "none"
            axes.plot(c.width, c.size, plots.MARKERS[0], markeredgecolor=plots.BLUE, color=fill, markersize=7)
            if c == self.best:
                axes.plot(c.width, c.size, "o", markeredgecolor=plots.BLACK, color="none", markersize=14)
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
            axes.annotate(f"{c.top1:.1f}", (c.width, c.size), (8, 6), textcoords="offset points", fontsize=9, bbox=box)
        axes.set(xlim=(0.19, 1.15), ylim=SIDES, xlabel="width multiplier α", ylabel="side of the input (pixels)")
        axes.set_yticks(SIZES)
        axes.spines[["top", "right"]].set_visible(False)
        title = f"Points: published top-1 (%). Filled: within {self.budget} M MACs (dashed). Ringed: the best"
        drawing.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
        alt = (
            "Width multiplier 0.2 to 1.08 across, input side 112 to 240 upwards. Curves of equal MACs fall from upper "
            "left to lower right, steeply at small widths. Sixteen points at four widths and four sides carry their "
            f"accuracies. {self.summary()}"
        )
        return show.figure(drawing, alt)

    def table(self) -> show.Shown:
        """The sixteen: a line for each α, a column for each size."""
        at = {(c.width, c.size): c for c in mobilenet_v1_checkpoints()}
        rows = []
        for width in sorted({width for width, _ in at}):
            line = [at[width, size] for size in SIZES]
            rows.append((width, line[0].params / 1e6, *(f"{c.macs / 1e6:.1f} → {c.top1:.1f}" for c in line)))
        head = ("α", "parameters (M)", *(f"{size} pixels" for size in SIZES))
        return show.table(rows, head=head, caption="MACs (M, traced) → top-1 (%, published)")

    twin = (
        "They need a program that shows Jupyter widgets: run this cell in JupyterLab. surface.figure() and\n"
        "surface.table() say the same without sliders."
    )

    def in_text(self) -> str:
        return (
            f"SurfaceExplorer of MobileNetV1: at most {self.budget} M MACs, {self.params:g} M parameters.\n"
            "Here sliders for the budget show which of the sixteen checkpoints fit, and which is the best."
        )

    def as_data(self) -> dict[str, Any]:
        """What the page looks up; settings in the order of the budgets, for each those of the parameters."""
        checkpoints = mobilenet_v1_checkpoints()
        settings = [(budget, params) for budget in BUDGETS for params in PARAMS]
        best = [best_within(checkpoints, _limits(*setting)) for setting in settings]
        return {
            "sliders": [
                {
                    "name": "budget",
                    "label": "MACs, at most",
                    "values": list(BUDGETS),
                    "said": [f"{b} million" for b in BUDGETS],
                },
                {
                    "name": "params",
                    "label": "parameters, at most",
                    "values": list(PARAMS),
                    "said": [f"{p:g} million" for p in PARAMS],
                },
            ],
            "points": [
                {"at": [c.width, c.size], "top1": f"{c.top1:.1f}", "tip": f"{c.name}: {_said(c)}"} for c in checkpoints
            ],
            "fits": [[i for i, c in enumerate(checkpoints) if within(c, _limits(*s))] for s in settings],
            "best": [None if one is None else checkpoints.index(one) for one in best],
            "curves": [curve(budget) for budget in BUDGETS],
            "grey": [{"macs": f"{macs:g} M", "places": curve(macs)} for macs in CURVES],
            "widths": [0.18, 1.14],
            "sides": list(SIDES),
            "sizes": list(SIZES),
            "summary": [_summary(*setting) for setting in settings],
            "words": {
                "heading": "What a budget buys: MobileNetV1 over α and ρ",
                "across": "width multiplier α",
                "up": "side of the input (pixels)",
                "chart": "Sixteen checkpoints over width multiplier and side of the input; the budget is a curve that "
                "falls to the right. {summary}",
                "marks": "Numbers: published top-1 (%). Filled: within the budget. Ringed: the most accurate of those. "
                "Grey: curves of equal MACs; dashed: your budget.",
            },
        }


def curve(macs: float) -> list[tuple[float, float]]:
    """Where MobileNetV1 takes so many millions of MACs: pairs of α and side, from thin to wide."""
    low, high = SIDES
    sides = ((width, round(side_that_costs(macs * 1e6, width), 1)) for width in WIDTHS)
    return [(width, side) for width, side in sides if low <= side <= high]


def _limits(budget: float, params: float) -> dict[str, float | None]:
    return {"macs": budget * 1e6, "params": params * 1e6}


def _said(c: Checkpoint) -> str:
    return f"{c.top1} % for {c.macs / 1e6:.1f} M MACs and {c.params / 1e6:.2f} M parameters"


def _summary(budget: float, params: float) -> str:
    checkpoints, limits = mobilenet_v1_checkpoints(), _limits(budget, params)
    fitting = [c for c in checkpoints if within(c, limits)]
    best = best_within(checkpoints, limits)
    asked = f"At most {budget} M MACs" + ("" if params == PARAMS[-1] else f" and {params:g} M parameters")
    if best is None:
        cheapest = min(checkpoints, key=lambda c: c.macs)
        return f"{asked}: nothing fits. The cheapest is {cheapest.name}, {_said(cheapest)}."
    text = f"{asked}: {len(fitting)} of {len(checkpoints)} fit. The best is {best.name}, {_said(best)}."
    dearest = max(fitting, key=lambda c: c.macs)
    if dearest != best:
        text += f" {dearest.name} costs more, {dearest.macs / 1e6:.1f} M MACs, and has {dearest.top1} %."
    return text
