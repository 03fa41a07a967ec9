"""What papers and repositories published: accuracy, MACs, parameters and latency, each figure with its source."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ..common.errors import unknown_name

if TYPE_CHECKING:
    import pandas


def published(**where: Any) -> pandas.DataFrame:
    """The published figures whose columns equal ``where``, e.g. ``published(model="MobileNetV2", width=1.0)``.

    Columns: ``family``, ``model``, ``width``, ``resolution`` (pixels), ``params_m`` and ``macs_m`` (millions),
    ``top1`` (ImageNet, %), ``latency_ms`` with ``latency_device``, ``source`` (paper or repository file at a commit),
    ``where`` (table or section), ``confirmed`` (False: read off a figure), ``evidence``, ``note``, and a few that only
    some sources have.

    Figures of one network from several sources differ in training recipe and in what was measured: never mix
    sources in one column.

    Raises:
        ValueError: no such column, or no figure that fits (with the values that this column has).
    """
    figures = _read()
    for column, value in where.items():
        if column not in figures.columns:
            raise unknown_name("column", column, figures.columns)
        matching = figures[figures[column] == value]
        if matching.empty:
            raise unknown_name(column, value, map(str, figures[column].dropna().unique()))
        figures = matching
    return figures.reset_index(drop=True)


def published_table(name: str) -> pandas.DataFrame:
    """A paper's table that is not about whole networks: ablations, guidelines, coefficients.

    ``.attrs["source"]`` is the paper and its table; ``.attrs["confirmed"]`` is False where the paper itself could not
    be read, and the numbers come from a transcription of it. Names: ``list_published_tables()``.

    Raises:
        ValueError: no such table.
    """
    import pandas

    tables = _read_tables()
    if name not in tables:
        raise unknown_name("table", name, tables)
    entry = tables[name]
    frame = pandas.DataFrame(entry["rows"], columns=entry["columns"])
    frame.attrs = {key: value for key, value in entry.items() if key not in ("rows", "columns")}
    return frame


def list_published_tables() -> list[str]:
    """The names that ``published_table`` takes."""
    return list(_read_tables())


@lru_cache(maxsize=1)
def _read_tables() -> dict[str, dict[str, Any]]:
    text = (resources.files(__package__) / "published_tables.json").read_text(encoding="utf-8")
    return json.loads(text)


@lru_cache(maxsize=1)
def _read() -> pandas.DataFrame:
    import pandas

    with (resources.files(__package__) / "published.csv").open(encoding="utf-8") as file:
        return pandas.read_csv(file)
