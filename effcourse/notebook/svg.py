"""The pieces of a drawing: text, arrows, and the scale that all its boxes share."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from .boxes import Block

LINE = 15  # pixels between lines of text
LETTER = 7.1  # pixels that a letter of size 11 takes in a wide face such as DejaVu Sans
BOLD = 1.09  # times as wide
MARGIN = 8
WIDEST, HIGHEST = 108, 116  # pixels of the largest box
CHART = 44  # pixels of the most memory


class Scale:
    """Pixels a channel, a row of pixels and a byte.

    Attributes:
        channel, row, byte: pixels of the drawing for one of them.
        tokens: whether there are some, in place of rows of pixels.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        extents = [e for b in blocks for e in (b.entry, *(box.extent for box in b.boxes))]
        self.channel = WIDEST / max(1, *(e.channels for e in extents))
        self.row = HIGHEST / max(1, *(e.resolution for e in extents))
        self.tokens = any(e.tokens for e in extents)
        self.byte = CHART / max(1, *(b.report.peak_activation_bytes for b in blocks))


def text(parent: Element, x: float, y: float, words: str, size: float = 11, **style: str) -> Element:
    """One line of text in the page's own colour; ``anchor`` and ``weight`` as SVG has them."""
    attributes = {"x": f"{x:.1f}", "y": f"{y:.1f}", "font-size": f"{size:g}", "fill": "currentcolor"}
    if "anchor" in style:
        attributes["text-anchor"] = style["anchor"]
    if "weight" in style:
        attributes["font-weight"] = style["weight"]
    line = SubElement(parent, "text", attributes)
    line.text = words
    return line


def rounded(most: float) -> int:
    """The largest of 1, 2, 5, 10, 20, ... that is not above ``most``."""
    best, step = 1, 1
    while step <= most:
        for factor in (1, 2, 5):
            if step * factor <= most:
                best = step * factor
        step *= 10
    return best


def ruler(svg: Element, x: float, y: float, scale: Scale) -> float:
    """What a width and a height mean; gives where it ends."""
    end = x
    for count, pixels, words in (
        (rounded(60 / scale.channel), scale.channel, "width: {} channel{}"),
        (
            rounded(60 / scale.row),
            scale.row,
            "height: {} row{} of pixels" + " (tokens: as if they were a square)" * scale.tokens,
        ),
    ):
        label = words.format(count, "" if count == 1 else "s")
        length = count * pixels
        SubElement(svg, "path", {
            "d": f"M{end:.1f} {y - 8:.1f}v8m0-4h{length:.2f}m0-4v8", "stroke": "currentcolor", "fill": "none",
        })  # fmt: skip
        text(svg, end + length + 7, y, label)
        end += length + 7 + LETTER * len(label) + 22
    return end
