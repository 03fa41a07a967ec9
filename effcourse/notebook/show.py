"""What a notebook shows: a figure with its words, a table with its numbers lined up.

``figure`` and ``table`` return objects that Jupyter displays; neither needs a model, and neither imports matplotlib
or pandas.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..common.numbers import exact
from ..common.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Shown:
    """HTML for a notebook, and the same as plain text for everything else."""

    def __init__(self, markup: str, text: str) -> None:
        self.markup, self.text = markup, text

    def _repr_html_(self) -> str:
        return self.markup

    def __repr__(self) -> str:
        return self.text


def figure(drawing: Figure, alt: str) -> Shown:
    """A figure as a picture whose alternative text is ``alt``, for readers who hear the notebook.

    JupyterLab gives an ``image/png`` output no alternative text (4.6), so the picture stands in an HTML ``<img>``.
    Its bytes depend on matplotlib's version: tag the cell ``nbval-ignore-output``.

    ``alt`` says what there is to see, in a sentence or two, with the numbers that matter.
    """
    if not alt.strip():
        raise ValueError("alt must say in words what the figure shows, got an empty text")
    png = io.BytesIO()
    drawing.savefig(png, format="png", facecolor="white", metadata={"Software": None})
    data = base64.b64encode(png.getvalue()).decode("ascii")
    text = html.escape(alt, quote=True)
    return Shown(f'<img src="data:image/png;base64,{data}" alt="{text}" style="max-width:100%">', f"[figure] {alt}")


def table(rows: Any, head: Sequence[str] = (), digits: int | Mapping[str, int] = 2, caption: str = "") -> Shown:
    """A table: text to the left, numbers to the right with thousands separated, nothing where there is nothing.

    Args:
        rows: dicts with the same keys, which are the head; or a pandas DataFrame; or, with ``head``, tuples.
        head: the columns' names, where ``rows`` does not have them.
        digits: decimals of numbers that are not whole; one number, or one a column (2 where none is given).
        caption: stands above.
    """
    if hasattr(rows, "to_dict"):
        rows = rows.to_dict("records")
    if len(set(head)) != len(head):
        raise ValueError(f"the columns need different names, got {list(head)}")
    records = [dict(zip(head, row, strict=True)) if head else dict(row) for row in rows]
    if not records:
        raise ValueError("nothing to show: there are no rows")
    columns = [str(key) for key in records[0]]
    for row in records:
        if [str(key) for key in row] != columns:
            raise ValueError(f"every row needs the same columns in the same order: {columns}, got {list(row)}")
    places = [digits if isinstance(digits, int) else digits.get(column, 2) for column in columns]
    cells = [[exact(v, p) for v, p in zip(row.values(), places, strict=True)] for row in records]
    lined_up = Table(columns, cells, caption)
    return Shown(lined_up.markup(), lined_up.text())
