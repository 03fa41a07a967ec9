"""Which networks fit a device that is short of three things at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from ...papers.pareto import best_within
from ...papers.points import PAPERS, Point, paper_points
from .. import show
from .front import steps
from .instrument import Instrument, joined

QUANTITIES = {  # a point's number: what it is called, its unit's size and name
    "macs": ("MACs", 1e6, "M"),
    "params": ("parameters", 1e6, "M"),
    "memory": ("memory", 1e6, "MB"),
}
LIMITS = {f"max_{name}": name for name in QUANTITIES}


class NotALimitError(traitlets.TraitError, ValueError):
    """A limit that no slider can be put to; the message names the valid ones."""


class WhoFits(Instrument):
    """Sliders for a budget of MACs, of parameters and of memory; the networks that fit stay lit, the best is named.

    The networks are those of the families' own papers (``paper_points``); memory is 4 bytes for each parameter and the
    most that activations take at one time.

    Args:
        start: the budget to begin with, such as ``max_macs=300e6``.

    Attributes:
        max_macs, max_params, max_memory: the budget, each one of ``steps()``; None for no limit.
        best: the most accurate network within it, a ``Point``, or None.

    Raises:
        ValueError: a limit that is none of the steps.
    """

    _esm, _css = joined("fit")

    max_macs = traitlets.Any(None).tag(sync=True)
    max_params = traitlets.Any(None).tag(sync=True)
    max_memory = traitlets.Any(None).tag(sync=True)

    @staticmethod
    def steps(quantity: str) -> list[float]:
        """The limits that a slider can be put to, from small to large: of MACs, parameters or bytes."""
        return steps(getattr(point, quantity) for point in paper_points())

    @property
    def limits(self) -> dict[str, float | None]:
        """The budget: the largest allowed number of each."""
        return {quantity: getattr(self, name) for name, quantity in LIMITS.items()}

    @property
    def best(self) -> Point | None:
        return best_within(paper_points(), self.limits)

    def fitting(self) -> list[Point]:
        """The networks within the budget, the most accurate first."""
        return [point for point in _best_first() if _fits(point, self.limits)]

    def figure(self) -> show.Shown:
        """The picture at the present budget: what fits is filled, the best is ringed."""
        from .. import plots

        fitting, every = self.fitting(), paper_points()
        drawing = plots.scatter(
            every,
            "macs",
            "top1",
            "family",
            title=f"{len(fitting)} of {len(every)} networks fit: {_budget(self.limits)}",
            xlabel="MACs for one image (logarithmic)",
            ylabel="ImageNet top-1 (%), by each family's own paper",
            log_x=True,
        )
        axes, look = drawing.axes[0], plots.styles(PAPERS)
        for point in every:
            if point not in fitting:
                axes.plot(point.macs, point.top1, look[point.family][1], color="white", markersize=3.5)
        won = "nothing fits"
        if fitting:
            best = fitting[0]
            at, won = (best.macs, best.top1), f"the most accurate is {best.name} with {best.top1:.1f} % (ringed)"
            axes.plot(*at, "o", color=plots.BLACK, fillstyle="none", markersize=15, markeredgewidth=1.6)
            axes.annotate(best.name, at, (-10, 9), textcoords="offset points", fontsize=9, ha="right")
        return show.figure(
            drawing,
            alt=f"Top-1 accuracy against MACs of {len(every)} networks of {len(PAPERS)} families, each joined. "
            f"Within the budget ({_budget(self.limits)}) are {len(fitting)} (filled marks); {won}.",
        )

    def table(self, rows: int = 5) -> show.Shown:
        """The best of those that fit, in numbers."""
        lines = [
            (point.name, point.top1, *(getattr(point, name) / size for name, (_, size, _) in QUANTITIES.items()))
            for point in self.fitting()[:rows]
        ]
        head = ("network", "top-1 (%)", *(f"{label} ({unit})" for label, _, unit in QUANTITIES.values()))
        return show.table(lines, head=head, digits=1, caption=f"the best within {_budget(self.limits)}")

    def as_data(self) -> dict[str, Any]:
        offered = {quantity: self.steps(quantity) for quantity in QUANTITIES}
        return {
            "families": list(PAPERS),
            "quantities": [
                {
                    "name": quantity,
                    "label": f"{QUANTITIES[quantity][0]} at most",
                    "steps": values,
                    "said": [_amount(quantity, value) for value in values],
                    "at_most": f"at most {{limit}} {QUANTITIES[quantity][0]}",
                }
                for quantity, values in offered.items()
            ],
            "rows": [  # the best first: of those that fit, the page's winner is the first
                {
                    "family": list(PAPERS).index(point.family),
                    "macs": point.macs,
                    "top1": point.top1,
                    "fits_from": [
                        next(i for i, step in enumerate(values) if getattr(point, quantity) <= step)
                        for quantity, values in offered.items()
                    ],
                    "name": point.name,
                    "tip": _tip(point),
                }
                for point in _best_first()
            ],
            "words": {
                "heading": "Who fits?",
                "no_limit": "no limit",
                "and": ", ",
                "axis": "MACs for one image (logarithmic)",
                "status": "Budget: {budget}. {fitting} of {all} fit. {winner}",
                "wins": "The most accurate: {tip}.",
                "nobody": "Nothing fits: loosen a limit.",
                "chart": "Top-1 accuracy against MACs, {all} networks, each family's joined. {fitting} fit, drawn "
                "filled. {winner}",
                "source": "Accuracy as each family's own paper reports it; cost as counted here. Memory: 4 bytes for "
                "each parameter, and the most that activations take at one time.",
            },
        }

    def in_text(self) -> str:
        return (
            f"WhoFits: {len(paper_points())} networks, top-1 against MACs.\n"
            "Here sliders for a budget of MACs, parameters and memory show which networks fit, and which is best."
        )

    @traitlets.validate(*LIMITS)
    def _check_limit(self, proposal: Any) -> Any:
        value, name = proposal["value"], proposal["trait"].name
        if value is None:
            return None
        valid = self.steps(LIMITS[name])
        if isinstance(value, bool) or value not in valid:
            raise NotALimitError(
                f"{name} must be None, for no limit, or one of {', '.join(f'{one:g}' for one in valid)}; got {value!r}"
            )
        return float(value)


def _fits(point: Point, limits: Mapping[str, float | None]) -> bool:
    return all(limit is None or getattr(point, quantity) <= limit for quantity, limit in limits.items())


def _best_first() -> list[Point]:
    return sorted(paper_points(), key=lambda point: (-point.top1, point.macs))


def _amount(quantity: str, value: float) -> str:
    _, size, unit = QUANTITIES[quantity]
    return f"{value / size:,.3g} {unit}" if value < 1000 * size else f"{value / size:,.0f} {unit}"


def _budget(limits: Mapping[str, float | None]) -> str:
    parts = [f"{_amount(q, limit)} {QUANTITIES[q][0]}" for q, limit in limits.items() if limit is not None]
    return f"at most {', '.join(parts)}" if parts else "no limit"


def _tip(point: Point) -> str:
    costs = ", ".join(f"{_amount(q, getattr(point, q))} {QUANTITIES[q][0]}" for q in QUANTITIES)
    return f"{point.name}, {point.top1:.1f} %, {costs}"
