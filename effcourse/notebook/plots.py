"""Rows and plain numbers in, matplotlib figures out.

Nothing here knows a network: a row is anything with the named values, a dict or an object (``Stage``, ``Row``).
A chapter passes the title, which says what there is to see, and shows the figure with ``show.figure``.
Figures are made without ``pyplot``, so nothing is drawn twice and no global state is touched.

Colours are Okabe and Ito's, which readers with any colour vision can tell apart; each comes with a marker of its own,
so that colour is never the only difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from ..common.numbers import with_prefix

BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY, BLACK = COLORS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#000000",
)  # the eighth, yellow, cannot be read on white
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GREY = "#595959"  # for what is only a reference
WIDTH = 7.5  # inches; with DPI, as wide as a notebook's text at 100 %
DPI = 100


def styles(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """A colour and a marker for each name, in the order in which the names first come."""
    return dict(zip(dict.fromkeys(names), cycle(zip(COLORS, MARKERS, strict=True)), strict=False))


def bars(
    rows: Iterable[Any],
    columns: Mapping[str, str],
    title: str,
    name: str = "name",
    height: float | None = None,
    shares: bool = True,
) -> Figure:
    """Horizontal bars: a line for each row, a panel for each column.

    Each bar is marked with its share of the column or, without ``shares``, with its value. ``columns`` says what to
    draw and heads each panel, with the unit: ``{"macs": "MACs"}``. ``name`` is the value that names a row. Rows go from
    the top down.
    """
    rows = list(rows)
    _need(rows, columns)
    labels = [str(_get(row, name)) for row in rows]
    figure = Figure(figsize=(WIDTH, height or 1.3 + 0.27 * len(rows)), dpi=DPI, layout="constrained")
    panels = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
    for axes, (column, heading), color in zip(panels, columns.items(), cycle(COLORS)):
        values = [_get(row, column) for row in rows]
        total = sum(values)
        drawn = axes.barh(range(len(rows)), values, color=color, height=0.72)
        told = [f"{v / total:.1%}" if total else "" for v in values] if shares else map(_three_digits, values)
        axes.bar_label(drawn, list(told), padding=3, fontsize=8)
        axes.set_xlim(0, max(*values, 1) * 1.32)  # room for the labels
        axes.set_xlabel(heading)
        axes.xaxis.set_major_formatter(FuncFormatter(_prefixed))
        axes.locator_params(axis="x", nbins=4)
        _clean(axes, grid="x")
    panels[0].set_yticks(range(len(rows)), labels)
    panels[0].invert_yaxis()
    return _titled(figure, title)


def scatter(
    rows: Iterable[Any],
    x: str,
    y: str,
    group: str,
    title: str,
    xlabel: str,
    ylabel: str,
    *,
    label: str | None = None,
    reference: Sequence[str] = (),
    look: Mapping[str, tuple[str, str]] | None = None,
    log_x: bool = False,
    height: float = 4.6,
) -> Figure:
    """Points, those of one group joined from left to right.

    ``x``, ``y`` and ``group`` are the values to read from each row; ``label`` is one to write beside its point (None
    or "" in a row for none). Groups named in ``reference`` are grey stars, as something to compare with. ``look`` is
    a colour and a marker for each group, where several figures must agree.
    """
    rows = list(rows)
    _need(rows, {x: "", y: ""})
    figure, axes = _one_panel(title, xlabel, ylabel, height)
    if log_x:
        _log(axes, "x")
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(str(_get(row, group)), []).append(row)
    _known(reference, groups)
    look = look or styles(members for members in groups if members not in reference)
    for members, points in groups.items():
        points.sort(key=lambda row: _get(row, x))
        xs, ys = [_get(p, x) for p in points], [_get(p, y) for p in points]
        color, marker = look.get(members, (GREY, "*"))
        size = 6 if members in look else 11
        axes.plot(xs, ys, color=color, marker=marker, markersize=size, linewidth=1.3, label=members)
        for point, at in zip(points, zip(xs, ys, strict=True), strict=True):
            if label and _get(point, label):
                axes.annotate(str(_get(point, label)), at, (5, -11), textcoords="offset points", fontsize=8, color=GREY)
    _legend(axes, len(groups))
    return figure


def lines(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    title: str,
    xlabel: str,
    ylabel: str,
    *,
    reference: Sequence[str] = (),
    marked: Sequence[tuple[float, float, str]] = (),
    log_x: bool = False,
    log_y: bool = False,
    height: float = 3.8,
) -> Figure:
    """Curves: ``{"name": (xs, ys)}``, with a marker at each point, or at about ten of many.

    Those named in ``reference`` are grey and dashed, as something to compare with. ``marked`` are points to name:
    (x, y, text).
    """
    _need(list(series), {})
    _known(reference, series)
    figure, axes = _one_panel(title, xlabel, ylabel, height)
    for axis, logarithmic in (("x", log_x), ("y", log_y)):
        if logarithmic:
            _log(axes, axis)
        else:
            getattr(axes, f"{axis}axis").set_major_formatter(FuncFormatter(_prefixed))
    look = styles(name for name in series if name not in reference)
    for name, (xs, ys) in series.items():
        if name in reference:
            axes.plot(xs, ys, "--", color=GREY, linewidth=1.3, label=name)
        else:
            color, marker = look[name]
            every = max(1, len(xs) // 10)
            axes.plot(xs, ys, color=color, marker=marker, markevery=every, markersize=4, linewidth=1.3, label=name)
    for at_x, at_y, text in marked:
        axes.plot([at_x], [at_y], "o", color=VERMILLION, markersize=7)
        axes.annotate(text, (at_x, at_y), (-8, 3), textcoords="offset points", fontsize=9, ha="right")
    _legend(axes, len(series))
    return figure


def _get(row: Any, key: str) -> Any:
    return row[key] if isinstance(row, Mapping) else getattr(row, key)


def _need(rows: Sequence[Any], columns: Mapping[str, str]) -> None:
    if not rows:
        raise ValueError("nothing to draw: there are no rows")
    for column in columns:
        for row in rows:
            known = list(row) if isinstance(row, Mapping) else dir(row)
            if column not in known:
                raise ValueError(f"a row has no value {column!r}: {row!r}")


def _known(reference: Sequence[str], names: Iterable[str]) -> None:
    names = list(names)
    for name in reference:
        if name not in names:
            raise ValueError(f"reference {name!r} is none of what is drawn: {', '.join(names)}")


def _one_panel(title: str, xlabel: str, ylabel: str, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    _clean(axes, grid="both")
    return _titled(figure, title), axes


def _titled(figure: Figure, title: str) -> Figure:
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def _clean(axes: Axes, grid: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis=grid, color="#D9D9D9", linewidth=0.6)
    axes.set_axisbelow(True)


def _log(axes: Axes, axis: Any) -> None:
    axes.set(**{f"{axis}scale": "log"})
    ruler = getattr(axes, f"{axis}axis")
    ruler.set_major_formatter(FuncFormatter(_prefixed))
    ruler.set_minor_formatter(NullFormatter())


def _legend(axes: Axes, entries: int) -> None:
    if entries > 1:
        axes.legend(frameon=False, fontsize=9)


def _three_digits(value: float) -> str:
    return with_prefix(float(f"{value:.3g}"))


def _prefixed(value: float, _position: int = 0) -> str:
    return with_prefix(value)
