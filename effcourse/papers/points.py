"""Each family as its own paper reports it: accuracy as published, cost as counted here."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from ..cost import trace
from ..models import create_model
from ..models.meta import weightless
from .figures import published

PAPERS: dict[str, tuple[str, dict[str, Any]]] = {  # family: our name for it, and which published rows
    "MobileNetV1": ("mobilenet_v1", {"source": "mobilenet_v1", "table": "Table 6"}),
    "MobileNetV2": ("mobilenet_v2", {"source": "mobilenet_v2", "family": "MobileNetV2"}),
    "MobileNetV3 Small": ("mobilenet_v3_small", {"source": "mobilenet_v3", "model": "V3-Small", "table": "Table 9"}),
    "MobileNetV3 Large": ("mobilenet_v3_large", {"source": "mobilenet_v3", "model": "V3-Large", "table": "Table 9"}),
    "ShuffleNetV2": ("shufflenet_v2", {"source": "shufflenet_v2", "model": "ShuffleNet v2"}),
    "EfficientNet": ("efficientnet_b", {"source": "efficientnet"}),
    "GhostNet": ("ghostnet", {"source": "ghostnet", "confirmed": True}),
}


class Point(NamedTuple):
    """One network: what its paper says, and what it costs."""

    family: str
    network: str  # "width 0.5" or, of the EfficientNets, "B3"
    top1: float  # ImageNet, %, as published
    published_macs: float
    macs: int
    params: int
    memory: int  # bytes: 4 for each parameter, and the most that activations take at one time
    source: str

    @property
    def difference(self) -> float:
        """Counted against published MACs: 0.02 is 2 % more."""
        return self.macs / self.published_macs - 1

    @property
    def name(self) -> str:
        return f"{self.family} {self.network}"


@lru_cache(maxsize=1)
def paper_points() -> tuple[Point, ...]:
    """Every network of the families' own papers, each at the resolution it is published at."""
    points = []
    for family, (name, rows) in PAPERS.items():
        for paper in published(**rows).itertuples():
            size = paper.model[-1] if family == "EfficientNet" else ""  # B0 to B7, each a network
            with weightless():
                model = create_model(name + size, **({} if size else {"width_mult": paper.width}))
            cost = trace(model, int(paper.resolution))
            points.append(
                Point(
                    family,
                    f"B{size}" if size else f"width {paper.width:g}",
                    float(paper.top1),
                    paper.macs_m * 1e6,
                    cost.macs,
                    cost.params,
                    4 * cost.params + cost.peak_activation_bytes,
                    paper.citation,
                )
            )
    return tuple(points)
