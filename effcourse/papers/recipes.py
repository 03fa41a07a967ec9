"""Networks of the library at the settings whose accuracy somebody published, one training recipe at a time.

The recipe with which a network was trained moves its accuracy by as much as the next architecture does, so figures of
two recipes never stand in one list. Parameters and MACs are traced here; accuracy and latency are cited.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import isnan
from typing import Any, NamedTuple

from ..common.errors import unknown_name
from .figures import published

LABELS = {
    "mobilenet_v1": "MobileNetV1",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3_small": "MobileNetV3-S",
    "mobilenet_v3_large": "MobileNetV3-L",
    "shufflenet_v2": "ShuffleNetV2",
    **{f"efficientnet_b{i}": f"EfficientNet-B{i}" for i in range(8)},
    "ghostnet": "GhostNet",
}  # as the lesson page calls them
PIXEL_3 = "Pixel 3, TFLite float, single large core, batch 1"
V3_PAPER = "arXiv:1905.02244 (later text: optimised h-swish; V3-Small 56M/2.5M)"
EFFICIENTNET = "arXiv:1905.11946 (revised text)"
STARNET, PHONE = "arXiv:2403.19967 (StarNet)", "iPhone 13, Core ML"
MNV4, PIXEL_6 = "arXiv:2404.10518 (MobileNetV4)", "Pixel 6 CPU"
TIMM = "huggingface/pytorch-image-models @aa4b5850"
LAPTOP = "Intel i7-12700H"


def short(source: str) -> str:
    """``published``'s name of a source without its commit and explanations."""
    return re.sub(r"(\([^:)]*):[^)]*\)", r"\1)", source.split(" @")[0])


class Series(NamedTuple):
    """Figures of one of our networks: what ``published`` is asked for them."""

    name: str  # of list_models()
    where: dict[str, Any]
    width: float | None = None  # where the source has no such column
    phone: str | None = None  # the network's name in the table of one phone's latencies


class Recipe(NamedTuple):
    """Who trained, and whose clock."""

    title: str
    note: str
    device: str  # of the published latencies
    series: tuple[Series, ...]


class Contender(NamedTuple):
    """One network at one setting.

    Attributes:
        family: as in ``published``; MobileNetV3's two sizes apart.
        model: what to call this setting.
        name, width_mult, input_size: what to give ``create_model`` and ``trace``; width_mult None: the only one.
        params, macs: traced.
        cited_params, cited_macs: as the source prints them, None where it does not.
        top1: ImageNet, per cent, as ``source`` and its table or file ``where`` have it.
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
    where: str
    ms: float | None
    ms_source: str | None
    native: bool

    @property
    def citation(self) -> str:
        """Source and place of ``top1`` in short."""
        return f"{short(self.source)}, {re.split('; | [+] ', self.where)[0]}"


def _timm(name: str, model: str, size: int, width: float | None = None) -> Series:
    return Series(name, {"model": f"timm {model}", "resolution": float(size)}, width)


RECIPES: dict[str, Recipe] = {
    "papers": Recipe(
        "each network's own paper",
        "Each paper trained in its own way: within a family compare freely, between families part of the difference "
        "is training.",
        f"{PHONE} ({STARNET}, Table 19)",
        (
            Series("mobilenet_v1", {"source": "arXiv:1704.04861", "model": "MobileNetV1"}),
            Series("mobilenet_v2", {"source": "arXiv:1801.04381", "family": "MobileNetV2"}, phone="MobileV2"),
            *(
                Series(f"mobilenet_v3_{size.lower()}", {"source": V3_PAPER, "model": f"V3-{size}"} | where, None, phone)
                for size, phone in (("Small", "MobileV3-S"), ("Large", "MobileV3-L"))
                for where in ({"where": "Table 3", "latency_device": PIXEL_3}, {"where": "Appendix A, Table 9"})
            ),
            Series("shufflenet_v2", {"source": "arXiv:1807.11164", "model": "ShuffleNet v2"}, phone="ShuffleV2"),
            *(
                Series(
                    f"efficientnet_b{i}",
                    {"source": EFFICIENTNET, "model": f"EfficientNet-B{i}"},
                    phone=f"EfficientNet-B{i}",
                )
                for i in range(8)
            ),
            Series("ghostnet", {"source": "arXiv:1911.11907", "confirmed": True}, phone="GhostNet"),
        ),
    ),
    "ra4": Recipe(
        "timm's recipe ra4_e3600",
        "One recipe for all, and a modern one.",
        f"{LAPTOP} ({short(TIMM)})",
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
        f"{LAPTOP} ({short(TIMM)})",
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
        f"{PIXEL_6} ({MNV4})",
        tuple(
            Series(name, {"source": MNV4, "model": model, "latency_device": PIXEL_6})
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
        if name not in LABELS:
            raise unknown_name("model", name, LABELS)
    return list(_contenders(recipe, asked))


@lru_cache(maxsize=16)
def _contenders(recipe: str, asked: frozenset[str] | None) -> tuple[Contender, ...]:
    found: dict[tuple[str, float | None, int], Contender] = {}
    for series in RECIPES[recipe].series:
        if asked is not None and series.name not in asked:
            continue
        for row in published(**series.where).to_dict("records"):
            width = _width(series, row)
            if asked is not None and width not in (None, 1.0):
                continue
            contender = _contender(series, row, width)
            if asked is None or contender.native:
                found.setdefault((contender.name, width, contender.input_size), contender)
    return tuple(found.values())


def _width(series: Series, row: Mapping[str, Any]) -> float | None:
    if series.name.startswith("efficientnet"):
        return None  # one setting a name
    return float(series.width or row["width"])


def _contender(series: Series, row: Mapping[str, Any], width: float | None) -> Contender:
    native = _native_size(series.name, width)
    size = native if isnan(row["resolution"]) else int(row["resolution"])
    params, macs = _traced(series.name, width, size)
    ms, ms_source = _latency(series, row, width, size)
    label = LABELS[series.name]
    return Contender(
        "EfficientNet" if width is None else label,
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
        row["where"],
        ms,
        ms_source,
        size == native or "resolution" in series.where,
    )


def _latency(series: Series, row: Mapping[str, Any], width: float | None, size: int) -> tuple[float | None, str | None]:
    if series.phone:
        found = _phone_latencies().get((series.phone, width or 1.0, size))
        return found, f"{PHONE}: {STARNET}, Table 19" if found else None
    if isnan(row["latency_ms"]):
        return None, None
    return float(row["latency_ms"]), f"{row['latency_device']}: {short(row['source'])}, {row['where']}"


@lru_cache(maxsize=1)
def _phone_latencies() -> dict[tuple[str, float, int], float]:
    rows = published(source=STARNET, latency_device=PHONE)
    return {(row.model, row.width, int(row.resolution)): row.latency_ms for row in rows.itertuples()}


@lru_cache(maxsize=256)
def _traced(name: str, width_mult: float | None, input_size: int) -> tuple[int, int]:
    from ..cost import trace

    report = trace(_model(name, width_mult), input_size)
    return report.params, report.macs


@lru_cache(maxsize=256)
def _native_size(name: str, width_mult: float | None) -> int:
    return _model(name, width_mult).input_size


@lru_cache(maxsize=1)  # several resolutions of one network come one after the other
def _model(name: str, width_mult: float | None) -> Any:
    from ..models import create_model
    from ..models.meta import weightless

    with weightless():
        return create_model(name, **({} if width_mult is None else {"width_mult": width_mult}))
