"""What papers and repositories published: accuracy, MACs, parameters and latency, each figure with its source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ..common.errors import unknown_name

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Source:
    """Where figures were published.

    Attributes:
        id: what ``published`` is asked for.
        title: of the paper or page.
        address: what to cite, such as ``arXiv:1704.04861`` or a repository's file. url: where it can be read.
        evidence: what the figures were read from. remark: what else there is to know.
        tables: those that were read, each with a remark or "".
    """

    id: str
    title: str
    address: str
    url: str
    evidence: str
    remark: str
    tables: Mapping[str, str]


def published(**where: Any) -> pandas.DataFrame:
    """The published figures whose columns equal ``where``, e.g. ``published(source="mobilenet_v2", width=1.0)``.

    Columns: ``family``, ``network`` (a name of ``list_models()``, where the library has it), ``model`` (as the source
    calls it), ``width``, ``resolution`` (pixels), ``params_m`` and ``macs_m`` (millions), ``top1`` (ImageNet, %),
    ``latency_ms`` with ``latency_device``, ``source`` (its id: see ``list_sources``), ``table`` (or section, or file),
    ``confirmed`` (False: read off a figure), ``note``, and a few that only some sources have; ``address`` and
    ``citation`` say in words where a figure stands.

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

    ``.attrs`` has its ``source`` (an id), ``table``, ``address`` and ``citation``; ``.attrs["confirmed"]`` is False
    where the paper itself could not be read, and the numbers come from a transcription of it. Names:
    ``list_published_tables()``.

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
    frame.attrs |= {"address": source(entry["source"]).address, "citation": cite(entry["source"], entry["table"])}
    return frame


def list_published_tables() -> list[str]:
    """The names that ``published_table`` takes."""
    return list(_read_tables())


def source(id: str) -> Source:
    """The source of that id: ``source("mobilenet_v2").title``.

    Raises:
        ValueError: no such source.
    """
    if id not in _read_sources():
        raise unknown_name("source", id, _read_sources())
    return _read_sources()[id]


def list_sources() -> list[str]:
    """The ids of all sources."""
    return list(_read_sources())


def cite(id: str, table: str) -> str:
    """Where a figure stands, in words: ``arXiv:1801.04381, Table 4``."""
    return f"{source(id).address}, {table}"


def _text(file: str) -> str:
    return (resources.files(__package__) / file).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _read_sources() -> dict[str, Source]:
    entries = json.loads(_text("sources.json"))
    return {
        id: Source(
            id,
            entry["title"],
            entry["address"],
            entry["url"],
            entry["evidence"],
            entry.get("remark", ""),
            {table: about.get("remark", "") for table, about in entry["tables"].items()},
        )
        for id, entry in entries.items()
    }


@lru_cache(maxsize=1)
def _read_tables() -> dict[str, dict[str, Any]]:
    return json.loads(_text("published_tables.json"))


@lru_cache(maxsize=1)
def _read() -> pandas.DataFrame:
    import pandas

    with (resources.files(__package__) / "published.csv").open(encoding="utf-8") as file:
        figures = pandas.read_csv(file)
    figures["address"] = [source(id).address for id in figures["source"]]
    figures["citation"] = figures["address"] + ", " + figures["table"]
    return figures
