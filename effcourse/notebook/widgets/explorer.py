"""Sliders over a network's settings, and what each setting costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import traitlets

from ...common.errors import unknown_name
from ...cost import CostReport
from .. import show
from .grid import LABELS, QUANTITIES, Grid, Network, make_grid, matches, number
from .instrument import Instrument, joined

WORDS = {"macs": "MACs", "params": "parameters", "activations": "activations"}
MEANINGS = {"macs": "multiply-accumulates", "params": "learned numbers", "activations": "numbers written"}


class NotOnTheGridError(traitlets.TraitError, ValueError):
    """A setting whose cost was not computed; the message names the valid ones."""


class Setting(traitlets.TraitType):
    """A trait whose value lies on its explorer's grid."""

    default_value = None

    def validate(self, explorer: CostExplorer, value: Any) -> Any:
        return explorer._checked(str(self.name), value)


class CostExplorer(Instrument):
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

    _esm, _css = joined("explorer")

    width_mult = Setting().tag(sync=True)
    phi = Setting().tag(sync=True)
    expand_ratio = Setting().tag(sync=True)
    ratio = Setting().tag(sync=True)
    input_size = Setting().tag(sync=True)
    quantity = traitlets.Enum(QUANTITIES, "macs").tag(sync=True)  # what the bars show

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

    def as_data(self) -> dict[str, Any]:
        return _as_data(self._grid)

    def in_text(self) -> str:
        grid = self._grid
        ranges = ", ".join(f"{name} {number(v[0])} to {number(v[-1])}" for name, v in grid.axes.items())
        return (
            f"CostExplorer of {grid.title} at {grid.words(self.point)}.\n"
            f"Here sliders ({ranges}) show what each setting costs."
        )

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
        text = [number(v) for v in values]
        axes.append(
            {
                "name": name,
                "label": label,
                "values": list(values),
                "text": text,
                "said": [f"{value} {unit}".strip() for value in text],
                "sets": [{k: v for k, v in led.get(value, {}).items() if k in grid.axes} for value in values],
            }
        )
    return {
        "axes": axes,
        "quantities": [{"name": q, "word": WORDS[q], "meaning": MEANINGS[q]} for q in QUANTITIES],
        "stages": list(grid.stages),
        "macs": grid.macs,
        "params": grid.params,
        "activations": grid.activations,
        "baseline": grid.baseline,
        "accuracy": [
            point
            | {
                "said": f"Published accuracy of this setting: {point['top1']:.1f} % top-1.",
                "tip": f"{point['label']}: {point['top1']:.1f} %",
            }
            for point in grid.accuracy
        ],
        "words": _words(grid),
    }


def _words(grid: Grid) -> dict[str, Any]:
    """The sentences of the page; it looks up what stands in their gaps."""
    totals: list[str] = []
    for quantity, word in WORDS.items():
        as_many = "" if totals else f" as many {grid.compared}"
        times = f" ({{{quantity}_times}} times{as_many})" if sum(grid.baseline[quantity]) else ""
        totals.append(f"{{{quantity}}} {word}{times}")
    top1 = [point["top1"] for point in grid.accuracy] or [0]
    return {
        "heading": f"{grid.title}: what a setting costs",
        "totals": "Together, and what the bars show",
        "part": f"{{times}} {grid.compared}",
        "settings": ", ".join(f"{LABELS[name][0]} {{{name}}}" for name in grid.axes),
        "status": f"{{settings}}: {', '.join(totals)}.",
        "bars": {
            quantity: (
                f"Bars: {word} by stage of {grid.title} at {{settings}}; hatched behind them the network "
                f"{grid.baseline_text}. Most are in {{stage}}: {{share}}."
            )
            for quantity, word in WORDS.items()
        },
        "hatched": f"Hatched: {grid.title} {grid.baseline_text}.",
        "accuracy": (
            f"Published top-1 accuracy against MACs, {len(grid.accuracy)} settings from {min(top1):.1f} to "
            f"{max(top1):.1f} %; a dashed line at the MACs of the present setting. {{accuracy}}"
        ),
        "no_accuracy": "No accuracy was published for this setting.",
        "accuracy_axis": "top-1",
        "macs_axis": "MACs, as published (log)",
        "source": f"Accuracy and MACs as published: {grid.source}.",
    }
