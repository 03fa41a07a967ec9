"""The lesson page's comparison table, held against what was published and against the networks themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ..common.errors import unknown_name
from ..models import find_network
from .comparison import lesson_networks
from .figures import published, published_table, source
from .recipes import Contender

if TYPE_CHECKING:
    import pandas

UNITS = {"M": 1e6, "B": 1e9, "%": 1.0, "ms": 1.0}
TOLERANCE = 0.01  # two conventions of counting differ by as much (biases, pooling)


class Cell(NamedTuple):
    """One number of the page.

    Attributes:
        lesson: as the page prints it.
        verdict: "confirmed", "corrected" or "no source found".
        figure: the right number (parameters and MACs exact, top-1 in %), None where no source was found.
        source: where ``figure`` is from.
        note: what else was published about it.
    """

    model: str
    quantity: str
    lesson: str
    verdict: str
    figure: float | None
    source: str | None
    note: str


def audit_lesson_table() -> pandas.DataFrame:
    """A verdict on each of the 36 numbers of the lesson page's comparison table, in rows of ``Cell``'s columns.

    Parameters and MACs are *confirmed* if the network, traced, has as many: within the rounding of the page's figure
    or within 1 %, by which conventions of counting differ. Else they are *corrected*, also where the paper prints the
    page's figure. A top-1 is confirmed or corrected by the network's own paper. A latency would be confirmed by a
    figure of this network on the page's device that rounds to the page's; the page names neither runtime, threads nor
    precision, so figures that differ do not correct it: they stand in the note.
    """
    import pandas

    table = published_table("lesson_page_comparison")
    own = {row.model: row for row in lesson_networks()}
    device = table.attrs["device"]
    cells = []
    for line in table.to_dict("records"):
        network = own[line["model"]]
        cells += [_count(network, quantity, line[quantity]) for quantity in ("params", "macs")]
        cells += [_top1(network, line["top1"]), _latency(network, line["latency"], device)]
    return pandas.DataFrame(cells)


def _read(text: str) -> tuple[float, float]:
    """Of "4.2M" 4200000 and half a step of its last digit, 50000."""
    match = re.fullmatch(r"(\d+)(?:\.(\d+))?(M|B|%|ms)", text)
    if not match:
        raise ValueError(f"cannot read {text!r}; expected a number with one of the units {', '.join(UNITS)}")
    unit = UNITS[match[3]]
    step = 10.0 ** -len(match[2] or "")
    if unit > 1 and match[2] is None and match[1].endswith("0"):
        step = 10.0
    return float(text.removesuffix(match[3])) * unit, 0.5 * step * unit


def _count(network: Contender, quantity: str, text: str) -> Cell:
    lesson, half = _read(text)
    traced, cited = getattr(network, quantity), getattr(network, f"cited_{quantity}")
    agrees = abs(traced - lesson) <= max(half, TOLERANCE * lesson)
    prints = cited is not None and abs(cited - lesson) <= half
    if agrees:
        source = f"traced; printed in {network.citation}" if prints else "traced"
        return Cell(network.model, quantity, text, "confirmed", traced, source, "")
    second = _torchvision(network, quantity)
    source = "traced" + (f"; {second}" if second else "")
    whose = "the page's" if prints else "another"
    note = f"{network.citation} prints {whose} figure"
    return Cell(network.model, quantity, text, "corrected", traced, source, note)


def _torchvision(network: Contender, quantity: str) -> str:
    """Another's count of the same network, where torchvision publishes one."""
    counts = published(source="torchvision")
    counts = counts[counts.network == network.name]
    if network.width_mult:
        counts = counts[counts.width == network.width_mult]
    return f"{counts.address.iloc[0]} has {counts[quantity + '_m'].iloc[0]:,g} M" if len(counts) else ""


def _top1(network: Contender, text: str) -> Cell:
    lesson, half = _read(text)
    agrees = abs(network.top1 - lesson) < half
    verdict = "confirmed" if agrees else "corrected"
    others = published(network=network.name)
    paper = source(network.source).url  # whose other texts count too
    others = others[
        others.source.map(lambda id: source(id).url == paper)
        & ~others.model.str.contains("8-bit")
        & (others.resolution == network.input_size)
        & (others.width.eq(network.width_mult) if network.width_mult else True)
        & (others.top1.sub(network.top1).abs() > 1e-9)  # false where there is none
    ].drop_duplicates(["top1", "source"])
    note = "; ".join(f"{row.top1} in {row.citation}" for row in others.itertuples())
    return Cell(network.model, "top1", text, verdict, network.top1, network.citation, note)


def _latency(network: Contender, text: str, device: str) -> Cell:
    lesson, half = _read(text)
    here = published_latencies(network.model, device)
    equal = here[(here.latency_ms - lesson).abs() <= half]
    if len(equal):
        row = equal.iloc[0]
        return Cell(
            network.model, "latency", text, "confirmed", row.latency_ms, f"{row.latency_device}: {row.citation}", ""
        )
    others = published(family=find_network(network.name)[0].label)
    others = others[others.latency_device.str.startswith(device, na=False)]
    near = others[(others.latency_ms - lesson).abs() <= half]
    told = [f"{device} elsewhere: {', '.join(f'{ms:g}' for ms in here.latency_ms)} ms"] if len(here) else []
    told += [f"{row.latency_ms:g} ms is that of {row.model} ×{row.width:g}" for row in near.itertuples()]
    return Cell(network.model, "latency", text, "no source found", None, None, "; ".join(told))


def published_latencies(model: str, device: str) -> pandas.DataFrame:
    """What was published of a network of the lesson page's table, at full width, on devices so named.

    Columns: ``model`` (as its source calls it), ``latency_ms``, ``latency_device`` (with runtime, threads and
    precision as far as the source names them), ``address``, ``citation``.

    Raises:
        ValueError: the table has no such network.
    """
    networks = {network.model: network for network in lesson_networks()}
    if model not in networks:
        raise unknown_name("model", model, networks)
    network = networks[model]
    timed = published(network=network.name)
    timed = timed[
        timed.latency_ms.notna()
        & timed.confirmed
        & timed.latency_device.str.startswith(device, na=False)
        & (timed.width.isna() | (timed.width == network.width_mult) if network.width_mult else True)
        & (timed.resolution.isna() | (timed.resolution == network.input_size))
    ]
    return timed[["model", "latency_ms", "latency_device", "address", "citation"]].reset_index(drop=True)
