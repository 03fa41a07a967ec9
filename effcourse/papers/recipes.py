"""Networks of the library at the settings whose accuracy somebody published, one training recipe at a time.

The recipe with which a network was trained moves its accuracy by as much as the next architecture does, so figures of
two recipes never stand in one list. Parameters and MACs are traced here; accuracy and latency are cited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import isnan
from typing import Any, NamedTuple

from ..common.errors import unknown_name
from ..cost import trace
from ..models import FAMILIES, create_model, find_network
from ..models.meta import weightless
from .figures import cite, published, source

LAPTOP = "Intel i7-12700H"
IPHONE = {"source": "starnet", "table": "Table 19", "latency_device": "iPhone 13, Core ML"}
PIXEL_6 = {"source": "mobilenet_v4", "table": "Table 6", "latency_device": "Pixel 6 CPU"}


class Series(NamedTuple):
    """Figures of one of our networks: what ``published`` is asked for them."""

    name: str  # of list_models()
    where: Mapping[str, Any]
    width: float | None = None  # where the source has no such column


class Recipe(NamedTuple):
    """Who trained, and whose clock."""

    title: str
    note: str
    device: str  # of the published latencies, and who published them
    series: tuple[Series, ...]
    clock: Mapping[str, Any] | None = None  # what ``published`` is asked for the latencies, where others measured them


class Contender(NamedTuple):
    """One network at one setting.

    Attributes:
        family: the family's label; MobileNetV3's two sizes apart.
        model: what to call this setting.
        name, width_mult, input_size: what to give ``create_model`` and ``trace``; width_mult None: the only one.
        params, macs: traced.
        cited_params, cited_macs: as the source prints them, None where it does not.
        top1: ImageNet, per cent, as the source of that id and its table have it.
        ms: latency of this network on the recipe's one device, None where it was not measured; ``ms_source``.
        native: at the resolution for which it was designed or trained; only such settings are joined in a figure.
    """

    family: str
    model: str
    name: str
    width_mult: float | None
    input_size: int
    params: int
    macs: int
    cited_params: float | None
    cited_macs: float | None
    top1: float
    source: str
    table: str
    ms: float | None
    ms_source: str | None
    native: bool

    @property
    def citation(self) -> str:
        """Where ``top1`` stands, in words."""
        return cite(self.source, self.table)


def _timm(name: str, model: str, size: int, width: float | None = None) -> Series:
    return Series(name, {"source": "timm", "model": f"timm {model}", "resolution": float(size)}, width)


RECIPES: dict[str, Recipe] = {
    "papers": Recipe(
        "each network's own paper",
        "Each paper trained in its own way: within a family compare freely, between families part of the difference "
        "is training.",
        f"{IPHONE['latency_device']} ({cite(IPHONE['source'], IPHONE['table'])})",
        tuple(
            Series(network.name, where) for family in FAMILIES for network in family.networks for where in network.paper
        ),
        clock=IPHONE,
    ),
    "ra4": Recipe(
        "timm's recipe ra4_e3600",
        "One recipe for all, and a modern one.",
        f"{LAPTOP} ({source('timm').address})",
        (
            _timm("mobilenet_v1", "mobilenetv1_100.ra4_e3600_r224_in1k", 224, 1.0),
            _timm("mobilenet_v1", "mobilenetv1_125.ra4_e3600_r224_in1k", 224, 1.25),
            _timm("mobilenet_v3_large", "mobilenetv3_large_100.ra4_e3600_r224_in1k", 224, 1.0),
            _timm("efficientnet_b0", "efficientnet_b0.ra4_e3600_r224_in1k", 224),
            _timm("efficientnet_b1", "efficientnet_b1.ra4_e3600_r240_in1k", 240),
        ),
    ),
    "ra": Recipe(
        "timm's recipe ra",
        "One recipe for all, with RandAugment.",
        f"{LAPTOP} ({source('timm').address})",
        (
            _timm("mobilenet_v2", "mobilenetv2_100.ra_in1k", 224, 1.0),
            _timm("mobilenet_v2", "mobilenetv2_140.ra_in1k", 224, 1.4),
            _timm("mobilenet_v3_large", "mobilenetv3_large_100.ra_in1k", 224, 1.0),
            _timm("efficientnet_b0", "efficientnet_b0.ra_in1k", 224),
            _timm("efficientnet_b2", "efficientnet_b2.ra_in1k", 256),
        ),
    ),
    "mobilenet_v4": Recipe(
        "MobileNetV4's paper",
        "One recipe for all: the older networks re-trained as the newest was, and timed on one phone.",
        f"{PIXEL_6['latency_device']} ({source('mobilenet_v4').address})",
        tuple(
            Series(name, PIXEL_6 | {"model": model})
            for name, model in (
                ("mobilenet_v1", "MobileNet-V1"),
                ("mobilenet_v2", "MobileNet-V2-0.5x"),
                ("mobilenet_v2", "MobileNet-V2"),
                ("mobilenet_v2", "MobileNet-V2-1.5x"),
                ("mobilenet_v2", "MobileNet-V2-2.0x"),
                ("mobilenet_v3_large", "MobileNet-V3L-0.5x"),
            )
        ),
    ),
}


def contenders(recipe: str = "papers", names: Iterable[str] | None = None) -> list[Contender]:
    """The networks of the library at every setting whose accuracy was published with this ``recipe``.

    Args:
        recipe: "papers" (each network as its own paper trained it), or one recipe for all: "ra4" and "ra" (timm's),
            "mobilenet_v4" (that paper re-trained its predecessors).
        names: of ``list_models()``: these networks only, and only at full width and their own resolution.

    Raises:
        ValueError: no such recipe, or no such network.
    """
    if recipe not in RECIPES:
        raise unknown_name("recipe", recipe, RECIPES)
    asked = None if names is None else frozenset(names)
    for name in asked or ():
        find_network(name)
    return list(_contenders(recipe, asked))


@lru_cache(maxsize=16)
def _contenders(recipe: str, asked: frozenset[str] | None) -> tuple[Contender, ...]:
    found: dict[tuple[str, float | None, int], Contender] = {}
    for series in RECIPES[recipe].series:
        if asked is not None and series.name not in asked:
            continue
        for row in published(**series.where).to_dict("records"):
            width = float(series.width or row["width"]) if find_network(series.name)[0].has_widths else None
            if asked is not None and width not in (None, 1.0):
                continue
            contender = _contender(RECIPES[recipe], series, row, width)
            if asked is None or contender.native:
                found.setdefault((contender.name, width, contender.input_size), contender)
    return tuple(found.values())


def _contender(recipe: Recipe, series: Series, row: Mapping[str, Any], width: float | None) -> Contender:
    native = _native_size(series.name, width)
    size = native if isnan(row["resolution"]) else int(row["resolution"])
    params, macs = _traced(series.name, width, size)
    ms, ms_source = _latency(recipe, row, series.name, width, size)
    family, network = find_network(series.name)
    label = network.label
    return Contender(
        label if family.has_widths else family.label,
        label + ("" if width in (None, 1.0) else f" ×{width:g}") + ("" if size == native else f" @{size}"),
        series.name,
        width,
        size,
        params,
        macs,
        None if isnan(row["params_m"]) else 1e6 * row["params_m"],
        None if isnan(row["macs_m"]) else 1e6 * row["macs_m"],
        float(row["top1"]),
        row["source"],
        row["table"],
        ms,
        ms_source,
        size == native or "resolution" in series.where,
    )


def _latency(
    recipe: Recipe, row: Mapping[str, Any], name: str, width: float | None, size: int
) -> tuple[float | None, str | None]:
    if recipe.clock:
        found = _clock(**recipe.clock).get((name, width or 1.0, size))
        clock = f"{recipe.clock['latency_device']}: {cite(recipe.clock['source'], recipe.clock['table'])}"
        return found, clock if found else None
    if isnan(row["latency_ms"]):
        return None, None
    return float(row["latency_ms"]), f"{row['latency_device']}: {row['citation']}"


@lru_cache(maxsize=4)
def _clock(**where: Any) -> dict[tuple[str, float, int], float]:
    """One device's latencies by network, width and resolution."""
    rows = published(**where).dropna(subset=["network"])
    return {(row.network, row.width, int(row.resolution)): row.latency_ms for row in rows.itertuples()}


@lru_cache(maxsize=256)
def _traced(name: str, width_mult: float | None, input_size: int) -> tuple[int, int]:
    report = trace(_model(name, width_mult), input_size)
    return report.params, report.macs


@lru_cache(maxsize=256)
def _native_size(name: str, width_mult: float | None) -> int:
    return _model(name, width_mult).input_size


@lru_cache(maxsize=1)  # several resolutions of one network come one after the other
def _model(name: str, width_mult: float | None) -> Any:
    with weightless():
        return create_model(name, **({} if width_mult is None else {"width_mult": width_mult}))
