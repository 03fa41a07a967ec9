"""The sixteen MobileNetV1 checkpoints that their authors released, with what each costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ..cost import trace
from ..models.meta import weightless
from ..models.mobilenet_v1 import MobileNetV1
from .figures import published

PAGE = "mobilenet_v1_checkpoints"


@dataclass(frozen=True)
class Checkpoint:
    """One released network: its two knobs, MACs and parameters traced, top-1 and MACs as published.

    Attributes:
        width: α. size: pixels of the input's side; ρ is ``size / 224``.
        macs, params: traced. top1: per cent of ImageNet, published.
        page_macs: millions of MACs, as the page has them.
    """

    width: float
    size: int
    macs: int
    params: int
    top1: float
    page_macs: float

    @property
    def name(self) -> str:
        return f"α = {self.width:g} at {self.size}"


@lru_cache(maxsize=1)
def mobilenet_v1_checkpoints() -> tuple[Checkpoint, ...]:
    """All sixteen, in the order of the page: wide before narrow, large pictures before small.

    Source: tensorflow/models, research/slim/nets/mobilenet_v1.md, the networks in floating point.
    """
    page = published(source=PAGE, model="MobileNet_v1 checkpoint (float)")
    with weightless():
        networks = {width: MobileNetV1(width_mult=width) for width in set(page.width)}
    rows = []
    for p in page.itertuples():
        cost = trace(networks[p.width], int(p.resolution))
        rows.append(Checkpoint(p.width, int(p.resolution), cost.macs, cost.params, p.top1, p.macs_m))
    return tuple(rows)


def side_that_costs(macs: float, width: float) -> float:
    """The side in pixels at which MobileNetV1 of that width takes ``macs``: its convolutions go with the area.

    Exact at multiples of 32, where no layer rounds its size up. 0 where the classifier alone takes more.
    """
    whole, classifier = _price(width)
    return 224 * (max(0.0, macs - classifier) / (whole - classifier)) ** 0.5


@lru_cache(maxsize=256)
def _price(width: float) -> tuple[int, int]:
    """MACs at 224 pixels, of all and of the classifier."""
    with weightless():
        network = MobileNetV1(width_mult=width)
    cost = trace(network, 224)
    return cost.macs, sum(row.macs for row in cost.rows if row.op == "linear")
