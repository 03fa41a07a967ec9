"""Sliders over a network's settings, and what each setting costs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ...common.errors import unknown_name
from ...cost import CostReport
from .. import show
from .grid import LABELS, QUANTITIES, Grid, Network, make_grid, matches, number

HERE = Path(__file__).parent
WORDS = {"macs": "MACs", "params": "parameters", "activations": "activations"}


class NotOnTheGridError(traitlets.TraitError, ValueError):
    """A setting whose cost was not computed; the message names the valid ones."""


class Setting(traitlets.TraitType):
    """A trait whose value lies on its explorer's grid."""

    default_value = None

    def validate(self, explorer: CostExplorer, value: Any) -> Any:
        return explorer._checked(str(self.name), value)


class CostExplorer(anywidget.AnyWidget):
    """What a network costs, stage by stage, as its settings move.

    Every number is traced once, when the explorer is made; the page only looks up.

    Args:
        network: a name of ``list_models()``, or a function that makes a module from a width.
        widths, sizes: the settings to offer, in place of the network's own.
        start: settings to begin with, such as ``width_mult=0.5``.

    Attributes:
        width_mult, input_size, expand_ratio (MobileNetV2), ratio (GhostNet), phi (EfficientNet): the setting, read
            and settable; None where the network has no such setting. An EfficientNet's phi sets its width, its depth
            and the resolution of the compound rule; then ``input_size`` may be moved by itself.
        report: the ``CostReport`` of the setting.

    Raises:
        ValueError: an unknown network or setting, or a value that is not on the grid.
    """

    _esm = HERE / "explorer.js"
    _css = HERE / "explorer.css"

    width_mult = Setting().tag(sync=True)
    phi = Setting().tag(sync=True)
    expand_ratio = Setting().tag(sync=True)
    ratio = Setting().tag(sync=True)
    input_size = Setting().tag(sync=True)
    quantity = traitlets.Enum(QUANTITIES, "macs").tag(sync=True)  # what the bars show
    data = traitlets.Dict(read_only=True).tag(sync=True)

    def __init__(
        self,
        network: Network,
        *,
        widths: Iterable[float] | None = None,
        sizes: Iterable[int] | None = None,
        **start: float,
    ) -> None:
        grid = make_grid(network, widths, sizes)
        for name in start:
            if name not in grid.axes:
                raise unknown_name(f"setting of {grid.title}", name, grid.axes)
        self._grid = grid
        self._from_page: frozenset[str] = frozenset()
        values = dict(grid.start)
        for name, value in start.items():
            values[name] = self._checked(name, value)
            values |= {k: v for k, v in self._led_by(name, values[name]).items() if k in grid.axes and k not in start}
        for name in grid.follows:
            values |= {k: v for k, v in self._led_by(name, values[name]).items() if k not in grid.axes}
        super().__init__(**values)
        self.set_trait("data", _as_data(grid))
        if grid.follows:
            self.observe(self._lead, list(grid.follows))

    @property
    def point(self) -> dict[str, float]:
        """The setting, one value for each slider."""
        return {name: getattr(self, name) for name in self._grid.axes}

    @property
    def report(self) -> CostReport:
        return self._grid.report(self.point)

    def figure(self) -> show.Shown:
        """The bars of all three quantities at the setting, the network as published outlined behind them."""
        from .. import plots

        grid, words = self._grid, self._grid.words(self.point)
        costs = grid.costs(self.point)
        rows = [
            {"stage": stage} | {quantity: costs[quantity][i] for quantity in QUANTITIES}
            for i, stage in enumerate(grid.stages)
        ]
        drawing = plots.bars(rows, WORDS, f"{grid.title}: {words}", name="stage")
        for axes, quantity in zip(drawing.axes, WORDS, strict=True):
            behind = grid.baseline[quantity]
            axes.barh(range(len(behind)), behind, height=0.9, fill=False, edgecolor=plots.GREY, hatch="///", zorder=0.5)
            ends = [max(pair) for pair in zip(behind, costs[quantity], strict=True)]
            for share, end in zip(axes.texts, ends, strict=True):
                share.xy = (end, share.xy[1])  # type: ignore[attr-defined]
            axes.set_xlim(0, max(*ends, 1) * 1.32)
        drawing.axes[0].set_ylabel(f"hatched: {grid.baseline_text}", fontsize=8, color=plots.GREY)
        return show.figure(drawing, f"Bars of MACs, parameters and activations for each stage of {self._in_words()}")

    def table(self) -> show.Shown:
        """The same as ``figure``, in numbers."""
        grid = self._grid
        costs = grid.costs(self.point)
        lines = [
            (stage, *(column[i] for column in costs.values()), _share(costs["macs"], i))
            for i, stage in enumerate(grid.stages)
        ]
        together = {quantity: sum(costs[quantity]) for quantity in QUANTITIES}
        behind = {quantity: sum(grid.baseline[quantity]) for quantity in QUANTITIES}
        lines += [
            ("together", *together.values(), None),
            (grid.baseline_text, *behind.values(), None),
            ("together / that", *(f"{together[q] / behind[q]:.3f}" if behind[q] else None for q in QUANTITIES), None),
        ]
        head = ("stage", *WORDS.values(), "share of MACs")
        return show.table(lines, head=head, caption=f"{grid.title}: {grid.words(self.point)}")

    def __repr__(self) -> str:
        grid = self._grid
        ranges = ", ".join(f"{name} {number(v[0])} to {number(v[-1])}" for name, v in grid.axes.items())
        return (
            f"CostExplorer of {grid.title} at {grid.words(self.point)}.\n"
            f"Here sliders ({ranges}) show what each setting costs.\n"
            "They need a program that shows Jupyter widgets: run this cell in JupyterLab. The figure and the table of\n"
            "the explorer, explorer.figure() and explorer.table(), say the same without sliders."
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[0]["text/plain"] = repr(self)  # whole: ipywidgets cuts it
        return bundle

    def _in_words(self) -> str:
        grid = self._grid
        costs = grid.costs(self.point)
        totals: list[str] = []
        for quantity, word in WORDS.items():
            now, behind = sum(costs[quantity]), sum(grid.baseline[quantity])
            times = f" ({now / behind:.2f} times{'' if totals else f' as many {grid.compared}'})" if behind else ""
            totals.append(f"{now:,} {word}{times}")
        most = max(range(len(grid.stages)), key=costs["macs"].__getitem__)
        return (
            f"{grid.title} at {grid.words(self.point)}; hatched behind them the network {grid.baseline_text}. "
            f"Together {', '.join(totals)}. Most MACs are in {grid.stages[most]}: {_share(costs['macs'], most)}."
        )

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """What arrives from the page, where a setting that leads others has led them already."""
        self._from_page = frozenset(sync_data)
        try:
            super().set_state(sync_data)
        finally:
            self._from_page = frozenset()

    def _lead(self, change: Any) -> None:
        for name, value in self._led_by(change["name"], change["new"]).items():
            if name not in self._from_page:
                setattr(self, name, value)

    def _checked(self, name: str, value: Any) -> Any:
        grid = self._grid
        if name not in grid.axes:
            leader = next((k for k, v in grid.follows.items() if any(name in led for led in v.values())), None)
            if leader is None:
                if value is None:
                    return None
                raise NotOnTheGridError(f"{grid.title} has no setting {name}; it has {', '.join(grid.axes)}")
            led = self._led_by(leader, getattr(self, leader))[name]
            if matches(value, [led]) is None:
                raise NotOnTheGridError(
                    f"{name} of {grid.title} follows {leader} (at {leader} {number(getattr(self, leader))} it is "
                    f"{number(led)}), got {value!r}; set {leader}"
                )
            return led
        found = matches(value, grid.axes[name])
        if found is None:
            valid = ", ".join(map(number, grid.axes[name]))
            raise NotOnTheGridError(f"{name} {value!r} is not on the grid of {grid.title}; valid: {valid}")
        return found

    def _led_by(self, name: str, value: float) -> dict[str, float]:
        return self._grid.follows.get(name, {}).get(value, {})


def _share(column: list[int], i: int) -> str:
    return f"{column[i] / (sum(column) or 1):.1%}"


def _as_data(grid: Grid) -> dict[str, Any]:
    """What the page looks up."""
    axes = []
    for name, values in grid.axes.items():
        label, unit = LABELS[name]
        led = grid.follows.get(name, {})
        axes.append(
            {
                "name": name,
                "label": label,
                "unit": unit,
                "values": list(values),
                "text": [number(v) for v in values],
                "sets": [{k: v for k, v in led.get(value, {}).items() if k in grid.axes} for value in values],
            }
        )
    return {
        "title": grid.title,
        "axes": axes,
        "stages": list(grid.stages),
        "macs": grid.macs,
        "params": grid.params,
        "activations": grid.activations,
        "baseline": grid.baseline,
        "baseline_text": grid.baseline_text,
        "compared": grid.compared,
        "accuracy": grid.accuracy,
        "source": grid.source,
    }
