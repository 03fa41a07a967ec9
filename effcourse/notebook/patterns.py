"""What the boxes of a drawing are filled with, and the legend that says so."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

from .svg import LINE, Scale, ruler, text


class Look(NamedTuple):
    """A colour of Okabe and Ito's and a hatch: lines or dots in a tile."""

    color: str
    tile: float  # pixels
    marks: str  # a path in the tile
    meaning: str


LOOKS = {
    "dense": Look("#D55E00", 6, "M0 3H6M3 0V6", "dense convolution: all channels, all places of the kernel"),
    "depthwise": Look("#56B4E9", 4, "M2 0V4", "depthwise: each channel by itself"),
    "pointwise": Look("#E69F00", 6, "M2 3H4", "pointwise (1×1): all channels, one place"),
    "grouped": Look("#009E73", 9, "M2 0V9M5 0V9", "grouped: channels of one group"),
    "linear": Look("#CC79A7", 6, "M-1 7L7 -1M-1 1L1 -1M5 7L7 5", "linear layer"),
    "attention": Look("#0072B2", 7, "M0 0L7 7M7 0L0 7", "attention"),
    "product": Look("#0072B2", 6, "M-1 -1L7 7M5 -1L7 1M-1 5L1 7", "product of matrices"),
    "recurrent": Look("#009E73", 6, "M0 3H6", "recurrent layer"),
    "": Look("none", 0, "", "no MACs: pooling, joining, reordering and the like"),
}


def patterns(svg: Element, words: str) -> dict[str, str]:
    """Put the hatches into the drawing; gives the fill of each kind. Their ids are the drawing's own on a page."""
    own = hashlib.sha256(words.encode()).hexdigest()[:8]
    defs = SubElement(svg, "defs")
    fills = {"": "none", "join": "none"}
    for kind, look in LOOKS.items():
        if not kind:
            continue
        tile = f"{look.tile:g}"
        name = f"effc-{own}-{kind}"
        pattern = SubElement(defs, "pattern", id=name, width=tile, height=tile, patternUnits="userSpaceOnUse")
        SubElement(pattern, "rect", {"width": tile, "height": tile, "fill": look.color, "fill-opacity": "0.3"})
        SubElement(pattern, "path", {"d": look.marks, "stroke": look.color, "stroke-width": "1.5", "fill": "none"})
        fills[kind] = f"url(#{name})"
    tip = SubElement(defs, "marker", {
        "id": f"effc-{own}-tip", "viewBox": "0 0 8 8", "refX": "7", "refY": "4", "markerWidth": "7",
        "markerHeight": "7", "markerUnits": "userSpaceOnUse", "orient": "auto",
    })  # fmt: skip
    SubElement(tip, "path", d="M0 0.5L8 4L0 7.5Z", fill="currentcolor")
    fills["tip"] = f"url(#effc-{own}-tip)"
    return fills


def filled(kind: str, fills: dict[str, str]) -> dict[str, str]:
    """Fill and outline of a box of one kind."""
    look = LOOKS.get(kind, LOOKS[""])
    if look.color == "none":
        return {"fill": "none", "stroke": "currentcolor", "stroke-width": "1", "stroke-dasharray": "3 2"}
    return {"fill": fills[kind], "stroke": look.color, "stroke-width": "1.4"}


def legend(
    svg: Element, left: float, top: float, width: float, kinds: Iterable[str], fills: dict[str, str], scale: Scale
) -> tuple[float, float]:
    """The kinds that are there, and two rulers; gives how far it reaches to the right and down."""
    x, y = left, top
    used = set(kinds)
    right = left
    for kind, look in LOOKS.items():
        if kind not in used:
            continue
        step = 26 + 6.6 * len(look.meaning) + 14
        if x > left and x + step > left + width:
            x, y = left, y + LINE + 6
        SubElement(svg, "rect", {
            "x": f"{x:g}", "y": f"{y - 10:g}", "width": "20", "height": "13", **filled(kind, fills),
        })  # fmt: skip
        text(svg, x + 26, y + 1, look.meaning)
        x += step
        right = max(right, x)
    y += LINE + 12
    end = ruler(svg, left, y, scale)
    return max(right, end), y + 4
