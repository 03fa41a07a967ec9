"""The networks of the lesson page side by side: parameters and MACs traced, accuracy cited, latency measured."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..common.numbers import exact
from ..common.tables import Table
from ..models import FAMILIES
from .figures import published_table
from .recipes import RECIPES, Contender, contenders

if TYPE_CHECKING:
    import pandas

ONE_RECIPE = [recipe for recipe in RECIPES if recipe != "papers"]


def compare_efficiency(
    latency: bool = False, *, runs: int | None = None, progress: bool = False, verbose: bool = True
) -> pandas.DataFrame:
    """The nine networks of the lesson page's table, a row each, in its order.

    Columns:
        - ``model``, ``name`` (for ``create_model``), ``input_size``;
        - ``params``, ``macs``: traced, exact, for one image;
        - ``top1``: ImageNet, %, as the network's own paper has it, and ``top1_source``. Rows of one source share a
          training recipe; rows of two sources do not, and the printed table keeps them apart;
        - ``top1_ra4``, ``top1_ra``, ``top1_mobilenet_v4``: each the figures of *one* recipe, NaN for networks that
          were not trained with it; ``.attrs["recipes"]`` says whose it is;
        - ``published_ms``: on one phone, the same for all, with ``published_ms_source``; NaN where it was not measured;
        - with ``latency``: ``latency_ms`` (median), ``latency_iqr_ms``; ``.attrs["conditions"]`` says of what machine.

    Args:
        latency: measure every network here as well, all in turns, in half a minute or so; see ``compare_latency``.
        runs: of each network, in that measurement.
        progress: show a bar while measuring.
        verbose: print the table too.

    Source of the rows: ``published_table("lesson_page_comparison")``; of the figures: ``effcourse.papers.recipes``.
    """
    import pandas

    networks = lesson_networks()
    names = [own.name for own in networks]
    others = {recipe: {row.name: row.top1 for row in contenders(recipe, names)} for recipe in ONE_RECIPE}
    frame = pandas.DataFrame([_as_dict(own, others) for own in networks])
    frame.attrs["recipes"] = {f"top1_{recipe}": RECIPES[recipe].title for recipe in ONE_RECIPE}
    frame.attrs["device"] = RECIPES["papers"].device
    if latency:
        _measure(frame, networks, runs, progress)
    if verbose:
        print(to_text(frame))
    return frame


def lesson_networks() -> list[Contender]:
    """The networks of the lesson page's table, in its order, as their own papers have them."""
    asked = list(published_table("lesson_page_comparison").model)
    names = [network.name for family in FAMILIES for network in family.networks if network.label in asked]
    found = {row.model: row for row in contenders("papers", names)}
    return [found[model] for model in asked]


def to_text(frame: pandas.DataFrame) -> str:
    """What ``compare_efficiency`` prints: a block a source, so that no block holds two training recipes."""
    columns = {  # what to show: its head, and decimals
        "input_size": ("input", 0),
        "params": ("params", 0),
        "macs": ("MACs", 0),
        "top1": ("top-1", 1),
        **{f"top1_{recipe}": (f"({n + 1})", 1) for n, recipe in enumerate(ONE_RECIPE)},
        "published_ms": ("phone ms", 1),
        "latency_ms": ("ms here", 1),
    }
    columns = {name: how for name, how in columns.items() if name in frame}
    rows = frame.to_dict("records")
    cells = [[row["model"], *(exact(row[name], digits) for name, (_, digits) in columns.items())] for row in rows]
    head, _, *body = Table(["model", *(head for head, _ in columns.values())], cells).text().split("\n")
    lines = [f"  {head}"]
    for source, block in groupby(zip(rows, body, strict=True), key=lambda pair: pair[0]["top1_source"]):
        lines += ["", source, *(f"  {line}" for _, line in block)]
    return "\n".join([*lines, "", *_legend(frame)])


def _legend(frame: pandas.DataFrame) -> list[str]:
    lines = [
        "params, MACs: traced here, for one image. top-1: ImageNet, %, by the source above each",
        "block. A block is one training recipe, so compare within a block; across blocks, compare",
        "within one of these columns, each of one recipe:",
        *(f"  ({n + 1}) {title}" for n, title in enumerate(frame.attrs["recipes"].values())),
        f"phone ms: {frame.attrs['device']}; – where nobody measured.",
    ]
    if "conditions" in frame.attrs:
        lines.append(f"ms here: median of one image; {frame.attrs['conditions']}.")
    return lines


def _as_dict(own: Contender, others: dict[str, dict[str, float]]) -> dict[str, Any]:
    return {
        "model": own.model,
        "name": own.name,
        "input_size": own.input_size,
        "params": own.params,
        "macs": own.macs,
        "top1": own.top1,
        "top1_source": own.citation,
        **{f"top1_{recipe}": others[recipe].get(own.name) for recipe in ONE_RECIPE},
        "published_ms": own.ms,
        "published_ms_source": own.ms_source,
    }


def _measure(frame: pandas.DataFrame, networks: list[Contender], runs: int | None, progress: bool) -> None:
    from ..measure import compare_latency
    from ..models import create_model

    found = compare_latency({own.model: create_model(own.name) for own in networks}, runs=runs, progress=progress)
    frame["latency_ms"] = [one.median_ms for one in found]
    frame["latency_iqr_ms"] = [one.iqr_ms for one in found]
    frame.attrs["conditions"] = str(found[0].conditions)
