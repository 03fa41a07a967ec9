"""Which network wins, within which budget, and whose training and whose clock say so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

import traitlets

from ...common.errors import unknown_name
from ...papers.pareto import best_within
from ...papers.recipes import RECIPES, Contender, contenders
from .. import show
from .front import QUANTITIES, as_data, pareto_figure, pareto_rows, pareto_table, words
from .instrument import Instrument, joined


class NotAChoiceError(traitlets.TraitError, ValueError):
    """A recipe, quantity or limit that there is not; the message names the valid ones."""


class ParetoExplorer(Instrument):
    """Accuracy against cost, the families joined, with sliders for the budget.

    Args:
        here: latency measured on this machine in ms: ``{"MobileNetV2": 20.5, ...}``, for one more cost to hold
            accuracy against.
        start: the setting to begin with, such as ``max_macs=300e6``.

    Attributes:
        recipe: whose training, see ``contenders``.
        against: "macs", "params", "ms" (published, on the recipe's device) or "here_ms".
        max_macs, max_params, max_ms, max_here_ms: the budget; None for no limit.
        best: the most accurate network within the budget, a ``Contender``, or None.

    Raises:
        ValueError: an unknown recipe, cost, setting or network, or a limit that is no number above 0.
    """

    _esm, _css = joined("pareto")

    recipe = traitlets.Unicode("papers").tag(sync=True)
    against = traitlets.Unicode("macs").tag(sync=True)
    max_macs = traitlets.Any(None).tag(sync=True)
    max_params = traitlets.Any(None).tag(sync=True)
    max_ms = traitlets.Any(None).tag(sync=True)
    max_here_ms = traitlets.Any(None).tag(sync=True)

    def __init__(self, here: Mapping[str, float] | None = None, **start: Any) -> None:
        self._here = dict(here or {})
        known = {row.model for recipe in RECIPES for row in contenders(recipe)}
        for model, ms in self._here.items():
            if model not in known:
                raise unknown_name("model", model, sorted(known))
            if not _is_positive(ms):
                raise ValueError(f"here: the latency of {model} must be a number above 0, got {ms!r}")
        settings = ("recipe", "against", *self._limit_names())
        for name in start:
            if name not in settings:
                raise unknown_name("setting", name, settings)
        super().__init__(**start)

    @property
    def limits(self) -> dict[str, float | None]:
        """The budget: the largest allowed number of each cost."""
        return {name.removeprefix("max_"): getattr(self, name) for name in self._limit_names()}

    @property
    def best(self) -> Contender | None:
        rows = contenders(self.recipe)
        costs = [row._asdict() | {"here_ms": self._here.get(row.model)} for row in rows]
        found = best_within(costs, self.limits)
        return None if found is None else rows[costs.index(found)]

    def rows(self) -> list[dict[str, Any]]:
        """What is drawn, see ``pareto_rows``."""
        return pareto_rows(self.recipe, self.against, self.limits, self._here)

    def figure(self) -> show.Shown:
        """The picture at the present setting, see ``pareto_figure``."""
        return pareto_figure(self.recipe, self.against, self.limits, self._here)

    def table(self, front_only: bool = False) -> show.Shown:
        """The same as ``figure``, in numbers, see ``pareto_table``."""
        return pareto_table(self.recipe, self.against, self.limits, self._here, front_only)

    def as_data(self) -> dict[str, Any]:
        return as_data(self._here, self.limits)

    def in_text(self) -> str:
        return (
            f"ParetoExplorer: {len(contenders(self.recipe))} networks, {RECIPES[self.recipe].title}, top-1 against "
            f"{words(self.recipe, self.against)}.\n"
            "Here sliders for the budget, and a choice of training recipe and cost, show which network wins."
        )

    def _limit_names(self) -> list[str]:
        return [f"max_{q}" for q in QUANTITIES if q != "here_ms" or self._here]

    @traitlets.validate("recipe")
    def _check_recipe(self, proposal: Any) -> Any:
        if proposal["value"] not in RECIPES:
            raise NotAChoiceError(str(unknown_name("recipe", proposal["value"], RECIPES)))
        return proposal["value"]

    @traitlets.validate("against")
    def _check_against(self, proposal: Any) -> Any:
        known = [name.removeprefix("max_") for name in self._limit_names()]
        if proposal["value"] not in known:
            raise NotAChoiceError(str(unknown_name("cost", proposal["value"], known)))
        return proposal["value"]

    @traitlets.validate("max_macs", "max_params", "max_ms", "max_here_ms")
    def _check_limit(self, proposal: Any) -> Any:
        value, name = proposal["value"], proposal["trait"].name
        if value is None:
            return None
        if not _is_positive(value):
            raise NotAChoiceError(f"{name} must be a number above 0, or None for no limit, got {value!r}")
        limit = float(value)
        steps = {f"max_{one['name']}": one["steps"] for one in self.data.get("quantities", ())}
        if name in steps and limit not in steps[name]:  # the page only looks up, so first a step for it
            coming = self.limits | {name.removeprefix("max_"): limit}
            self.set_trait("data", as_data(self._here, self.limits, coming))
        return limit


def _is_positive(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value) and float(value) > 0
