"""What the front's explorer draws, as plain rows. Accuracy, cost, who is beaten by nobody, and what fits a budget."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ...common.errors import unknown_name
from ...papers.pareto import best_within, pareto_front, within
from ...papers.recipes import RECIPES, contenders
from .. import show

QUANTITIES = {  # a contender's number: what it is called, and its unit's size and name
    "macs": ("MACs", 1e6, "M"),
    "params": ("parameters", 1e6, "M"),
    "ms": ("published latency", 1, "ms"),
    "here_ms": ("latency here", 1, "ms"),
}
STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)


def pareto_rows(
    recipe: str = "papers",
    against: str = "macs",
    limits: Mapping[str, float | None] | None = None,
    here: Mapping[str, float] | None = None,
) -> list[dict[str, Any]]:
    """What the explorer draws, as plain rows: every contender that has a number ``against``.

    Args:
        recipe: whose training, see ``contenders``.
        against: the cost to hold the accuracy against: "macs", "params", "ms" or "here_ms".
        limits: at most so much of which cost, None for no limit.
        here: latency measured on this machine in ms, of models by their name in the comparison (``MobileNetV2``).

    Returns:
        A dict a contender: its fields and ``here_ms``; ``on_front`` (nobody is better for as little), ``fits`` (within
        all limits) and ``best`` (the most accurate that fits).

    Raises:
        ValueError: an unknown recipe, cost or limit.
    """
    for name in (against, *(limits or ())):
        if name not in QUANTITIES:
            raise unknown_name("cost", name, QUANTITIES)
    rows = [row._asdict() | {"here_ms": (here or {}).get(row.model)} for row in contenders(recipe)]
    best = best_within(rows, limits or {})
    rows = [row for row in rows if row[against] is not None]
    front = {row["model"] for row in pareto_front(rows, against)}
    return [
        row | {"on_front": row["model"] in front, "fits": within(row, limits or {}), "best": row is best}
        for row in rows
    ]


def pareto_figure(
    recipe: str = "papers",
    against: str = "macs",
    limits: Mapping[str, float | None] | None = None,
    here: Mapping[str, float] | None = None,
) -> show.Shown:
    """The rows of ``pareto_rows`` drawn: families joined, the front dashed, the budget dotted, its winner ringed.

    Raises:
        ValueError: as ``pareto_rows``, or there is nothing to draw.
    """
    from .. import plots

    rows = pareto_rows(recipe, against, limits, here)
    cost = words(recipe, against)
    if not rows:
        raise ValueError(f"nothing to draw: {RECIPES[recipe].title} has no {cost}")
    look = plots.styles(families())  # the same in every figure
    drawing = plots.scatter(
        [row | {"label": _label(row)} for row in rows if row["native"]],
        against,
        "top1",
        "family",
        title=f"Accuracy against {cost}: {RECIPES[recipe].title}",
        xlabel=f"{cost}{' in ms' if QUANTITIES[against][2] == 'ms' else ''} (logarithmic)",
        ylabel="ImageNet top-1 (%)",
        label="label",
        look=look,
        log_x=True,
        height=5.2,
    )
    axes = drawing.axes[0]
    for row in rows:
        color, marker = look[row["family"]]
        at = (row[against], row["top1"])
        if not row["native"]:
            axes.plot(*at, marker=marker, color=color, markersize=4)
        if not row["fits"]:
            axes.plot(*at, marker=marker, color="white", markersize=3.5 if row["native"] else 2)
        if row["best"]:
            axes.plot(*at, "o", color=plots.BLACK, fillstyle="none", markersize=15, markeredgewidth=1.6)
            axes.annotate(row["model"], at, (-10, 9), textcoords="offset points", fontsize=9, ha="right")
    front = [(row[against], row["top1"]) for row in pareto_front(rows, against)]
    axes.step(*zip(*front, strict=True), "--", color=plots.GREY, where="post", linewidth=1, label="front", zorder=1)
    limit = (limits or {}).get(against)
    if limit is not None:
        axes.axvline(limit, color=plots.BLACK, linestyle=":", linewidth=1.3)
    axes.legend(frameon=False, fontsize=9)
    return show.figure(drawing, alt=_in_words(rows, recipe, against, limits or {}, here))


def pareto_table(
    recipe: str = "papers",
    against: str = "macs",
    limits: Mapping[str, float | None] | None = None,
    here: Mapping[str, float] | None = None,
    front_only: bool = False,
) -> show.Shown:
    """The same as ``pareto_figure`` in numbers, from cheap to dear; or only those that nobody beats."""
    citations = {row.model: row.citation for row in contenders(recipe)}
    rows = sorted(pareto_rows(recipe, against, limits, here), key=lambda row: (row[against], row["top1"]))
    lines = [
        {
            "model": row["model"],
            **{
                f"{words(recipe, quantity).removeprefix('published ')} ({unit})": row[quantity] and row[quantity] / size
                for quantity, (_, size, unit) in QUANTITIES.items()
                if quantity != "here_ms" or here
            },
            "top-1 (%)": row["top1"],
            **({} if front_only else {"on the front": row["on_front"]}),
            "within budget": row["fits"],
            "accuracy from": citations[row["model"]],
        }
        for row in rows
        if row["on_front"] or not front_only
    ]
    kind = "the front, " if front_only else ""
    return show.table(lines, digits=1, caption=f"{kind}{RECIPES[recipe].title}; budget: {budget(limits or {})}")


def _in_words(
    rows: list[dict[str, Any]],
    recipe: str,
    against: str,
    limits: Mapping[str, float | None],
    here: Mapping[str, float] | None,
) -> str:
    front = [row["model"] for row in pareto_front(rows, against)]
    every = [row._asdict() | {"here_ms": (here or {}).get(row.model)} for row in contenders(recipe)]
    best = best_within(every, limits)
    won = f"the most accurate is {best['model']} with {best['top1']:.1f} %" if best else "nothing fits"
    return (
        f"Top-1 accuracy against {words(recipe, against)}, {len(rows)} networks, {RECIPES[recipe].title}; "
        f"each family's widths or depths joined, other resolutions as small marks. {len(front)} networks lie on "
        f"the front, the dashed line, {', '.join(front[:4])}{' and others' * (len(front) > 4)}. Within the budget "
        f"({budget(limits)}) are {sum(row['fits'] for row in rows)} (filled marks); {won} (ringed)."
    )


def _label(row: Mapping[str, Any]) -> str:
    """EfficientNets by their number, for their settings have no multiplier; the winner is named otherwise."""
    named = row["family"] == "EfficientNet" and not row["best"]
    return row["model"].removeprefix("EfficientNet-") if named else ""


def words(recipe: str, quantity: str) -> str:
    """What to call a cost; a published latency with its device."""
    return QUANTITIES[quantity][0] + (f" on {device(recipe)}" if quantity == "ms" else "")


def device(recipe: str) -> str:
    """On which the recipe's latencies were measured, in short."""
    return RECIPES[recipe].device.split(" (")[0].split(",")[0]


def families() -> list[str]:
    """In all recipes, in an order that stays."""
    return list(dict.fromkeys(row.family for recipe in RECIPES for row in contenders(recipe)))


def budget(limits: Mapping[str, float | None]) -> str:
    """A budget in words."""
    parts = [
        f"{_amount(quantity, limit, 12)} {QUANTITIES[quantity][0]}"
        for quantity, limit in limits.items()
        if limit is not None
    ]
    return " and ".join(f"at most {part}" for part in parts) or "no limit"


def steps(values: Iterable[float]) -> list[float]:
    """Round numbers that reach from below the smallest value to above the largest."""
    values = list(values)
    low, high = min(values), max(values)
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    every = [float(f"{step}e{decade}") for decade in decades for step in STEPS]
    below, above = max(s for s in every if s <= low), min(s for s in every if s >= high)
    return [step for step in every if below <= step <= above]


def as_data(here: Mapping[str, float], *budgets: Mapping[str, float | None]) -> dict[str, Any]:
    """What the page looks up: who is on a front, and who fits from which step of a budget, is decided here.

    The limits of ``budgets`` are steps too, so that the page knows every budget that it can meet.
    """
    quantities = [q for q in QUANTITIES if q != "here_ms" or here]
    rows = {
        key: [row._asdict() | {"here_ms": here.get(row.model), "citation": row.citation} for row in contenders(key)]
        for key in RECIPES
    }
    every = [row for own in rows.values() for row in own]
    offered = {}
    for quantity in quantities:
        known = steps(row[quantity] for row in every if row[quantity] is not None)
        asked = [limits.get(quantity) for limits in budgets]
        offered[quantity] = sorted({*known, *(limit for limit in asked if limit is not None)})
    return {
        "recipes": [
            {
                "key": key,
                "title": recipe.title,
                "note": (
                    f"{recipe.note} Latency: {recipe.device}. Filled: within the budget. Small: at another resolution. "
                    "Dashed: the front."
                ),
                "costs": [_cost(key, quantity, rows[key]) for quantity in quantities],
                "rows": _rows(key, rows[key], offered),
            }
            for key, recipe in RECIPES.items()
        ],
        "families": families(),
        "quantities": [
            {
                "name": quantity,
                "size": QUANTITIES[quantity][1],
                "unit": QUANTITIES[quantity][2],
                "steps": offered[quantity],
                "said": [_amount(quantity, step, 12) for step in offered[quantity]],
            }
            for quantity in quantities
        ],
        "words": {
            "heading": "Which network wins, within your budget?",
            "recipe": "Accuracy from",
            "against": "Held against",
            "no_limit": "no limit",
            "and": " and ",
            "status": "Budget: {budget}. {fitting} of {all} fit; {winner}{unknown}",
            "nobody_wins": "loosen a limit.",
            "nothing_is_ringed": "nothing fits.",
        },
    }


def _cost(recipe: str, quantity: str, rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the page says of a cost, where {gaps} are left for what belongs to the budget."""
    cost, title = words(recipe, quantity).removeprefix("published "), RECIPES[recipe].title
    unknown = sum(row[quantity] is None for row in rows)
    return {
        "label": cost,
        "slider": f"{cost} at most",
        "at_most": f"at most {{limit}} {cost}",
        "axis": f"{cost} (logarithmic)",
        "unknown": f" {unknown} have no {cost} and are not drawn." if unknown else "",
        "nothing": f"No network of {title} has a {cost}.",
        "chart": (
            f"Top-1 accuracy against {cost}, {len(rows) - unknown} networks, {title}; families joined. {{front}} lie "
            "on the front, the dashed line. {within} are within the budget, drawn filled; {winner}"
        ),
    }


def _rows(recipe: str, rows: list[dict[str, Any]], offered: Mapping[str, list[float]]) -> list[dict[str, Any]]:
    """The contenders, the best first: of those that fit, the page's winner is the first."""
    fronts = {quantity: {row["model"] for row in pareto_front(rows, quantity)} for quantity in offered}
    told = []
    for row in _best_first(rows):
        model, top1 = row["model"], f"{row['top1']:.1f} %"
        costs = {quantity: _amount(quantity, row[quantity]) for quantity in offered if row[quantity] is not None}
        named = [f"{cost} {_name(recipe, quantity)}" for quantity, cost in costs.items()]
        told.append(
            {name: row[name] for name in ("family", "model", "top1", "native", *offered)}
            | {
                "front": [quantity for quantity in offered if model in fronts[quantity]],
                "fits_from": [_fits_from(row, quantity, steps) for quantity, steps in offered.items()],
                "tips": {quantity: f"{model}: {top1}, {cost}" for quantity, cost in costs.items()},
                "wins": f"the most accurate is {model} with {top1}.",
                "ring": f"{model}, {top1}",
                "is_ringed": f"the most accurate is {model}, ringed.",
                "said": f"{model}: {top1}, {', '.join(named)}. From {row['citation']}.",
            }
        )
    return told


def _best_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    left, ordered = list(rows), []
    while (best := best_within(left, {})) is not None:
        ordered.append(best)
        left = [row for row in left if row is not best]
    return ordered


def _fits_from(row: Mapping[str, Any], quantity: str, steps: list[float]) -> int:
    """The first step that lets the row in; one behind the last where only no limit does."""
    return next((i for i, step in enumerate(steps) if within(row, {quantity: step})), len(steps))


def _amount(quantity: str, value: float, digits: int = 3) -> str:
    _, size, unit = QUANTITIES[quantity]
    return f"{float(f'{value / size:.{digits}g}'):,.12g} {unit}"


def _name(recipe: str, quantity: str) -> str:
    name = words(recipe, quantity).removeprefix("published ")
    return f"({name})" if QUANTITIES[quantity][2] == "ms" else name
