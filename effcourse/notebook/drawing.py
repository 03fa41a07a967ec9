"""Blocks drawn to scale, from the rows of their traces: an SVG for a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, tostring

from torch import nn

from ..cost import CostReport, Row
from ..cost.private import unwrapped
from .boxes import Block, block, in_words
from .panel import Panel
from .patterns import legend, patterns
from .show import Shown
from .svg import LINE, MARGIN, Scale, text

MOST = 60  # boxes of a block that a reader takes in
WIDTH = 860  # pixels of a line of panels; a wider panel has a line for itself
SMALLEST = 0.8  # of its size a drawing shrinks to on a narrow page; from there on it scrolls
APART = 34  # pixels between panels
HEAD = 2 * LINE + 12


def draw(
    blocks: nn.Module | Mapping[str, nn.Module] | Sequence[nn.Module],
    input_size: int | Sequence[int] | Mapping[str, int | Sequence[int]] | None = None,
) -> Shown:
    """Draw one or several blocks to scale, as ``trace`` sees them: a box an operation, in the order in which they run.

    A box is as wide as its output has channels and as high as its output has rows of pixels, on one scale for
    everything in the drawing (of tokens, the side of the square that they would fill). Colour and hatch say what kind
    of operation it is; batch norm and activations are written under the operation that they follow. Arrows say what
    reads what. Below, on the same order, the bytes of activations that are alive while it runs.

    Args:
        blocks: any module that ``trace`` can price, or several, by the names that they are to have.
        input_size: as for ``trace``: pixels of a square RGB image, or a shape without the batch; or one for each name.

    Returns:
        What Jupyter shows; as text it is the block in words, which is also the picture's alternative text.

    Raises:
        ValueError: nothing to draw, a name that is not there, more than 60 boxes in a block, or what ``trace`` raises.

    >>> from effcourse import DepthwiseSeparableConv
    >>> draw({"standard": nn.Conv2d(8, 16, 3, padding=1, bias=False)}, (8, 14, 14))
    [drawing] standard, input 8×14×14: 1 layer, 1 step. Step 1: 3×3 dense convolution, 8 to 16 channels at 14×14, \
1,152 parameters, 225,792 MACs. Total 1,152 parameters, 225,792 MACs, most memory at once 18,816 bytes.
    >>> both = draw([nn.Conv2d(8, 16, 3), DepthwiseSeparableConv(8, 16)], (8, 14, 14))
    """
    named = _named(blocks)
    drawn = [block(name, module, _size(name, input_size, named)) for name, module in named.items()]
    for each in drawn:
        _check(each)
    words = " ".join(in_words(each) for each in drawn)
    return Shown(_markup(drawn, words), f"[drawing] {words}")


def _named(blocks: Any) -> dict[str, nn.Module]:
    if isinstance(blocks, nn.Module) or not isinstance(blocks, (Mapping, list, tuple)):
        blocks = [blocks]
    if not blocks:
        raise ValueError("nothing to draw: give a module, a list of modules, or a dict of modules by name")
    if isinstance(blocks, Mapping):
        return {"".join(c if c.isprintable() else " " for c in str(name)): module for name, module in blocks.items()}
    named: dict[str, nn.Module] = {}
    for module in map(unwrapped, blocks):
        kind = type(module).__name__
        count = 1 + sum(type(other).__name__ == kind for other in named.values())
        named[kind if count == 1 else f"{kind} {count}"] = module
    return named


def _size(name: str, input_size: Any, named: Mapping[str, nn.Module]) -> Any:
    if not isinstance(input_size, Mapping):
        return input_size
    sizes = {str(key): size for key, size in input_size.items()}
    if sizes.keys() != named.keys():
        raise ValueError(f"input_size needs a size for each of {', '.join(named)}, got some for {', '.join(sizes)}")
    return sizes[name]


def _check(drawn: Block) -> None:
    if not drawn.boxes:
        raise ValueError(f"{drawn.name} runs no operation that costs anything, so there is nothing to draw")
    if len(drawn.boxes) > MOST:
        raise ValueError(
            f"{drawn.name} has {len(drawn.boxes)} boxes, and a drawing shows {MOST} at most; draw a part of it"
            f"{_example(drawn.report)}, or look at its stages in a table: trace(model, ...)"
        )


def _example(report: CostReport) -> str:
    """How to draw the stage with the most operations."""

    def rows(stage: str) -> list[Row]:
        return [row for row in report.rows if f"{row.name}.".startswith(f"{stage}.")]

    stage = max((s.name for s in report.by_stage()), key=lambda name: len(rows(name)))
    shape = next((row.in_shape for row in rows(stage)), None)
    return f', such as draw(model.get_submodule("{stage}"), {shape[1:]})' if shape else ""


def _lines(panels: Sequence[Panel]) -> list[list[Panel]]:
    """Panels beside one another, as many as there is room for."""
    lines: list[list[Panel]] = [[]]
    for panel in panels:
        if lines[-1] and sum(p.width + APART for p in lines[-1]) + panel.width > WIDTH:
            lines.append([])
        lines[-1].append(panel)
    return lines


def _markup(drawn: Sequence[Block], words: str) -> str:
    """The panels, and below what colours and scale mean."""
    scale = Scale(drawn)
    svg = Element("svg", xmlns="http://www.w3.org/2000/svg", role="img")
    svg.set("aria-label", words)
    patterned = patterns(svg, words)
    y, right = float(MARGIN), 0.0
    for line in _lines([Panel(each, scale) for each in drawn]):
        x = float(MARGIN)
        for panel in line:
            panel.align(line)
            text(svg, x, y + LINE, panel.block.name, size=14, weight="600").set("class", "effc-name")
            text(svg, x, y + 2 * LINE + 2, panel.totals)
            panel.draw(svg, x, y + HEAD, patterned)
            right = max(right, x + panel.width)
            x += panel.width + APART
        y += HEAD + line[0].height + APART
    kinds = [box.kind for each in drawn for box in each.boxes]
    end, bottom = legend(svg, MARGIN, y - 8, max(right, 560), kinds, patterned, scale)
    width, height = round(max(right, end) + MARGIN), round(bottom + MARGIN)
    svg.set("viewBox", f"0 0 {width} {height}")
    svg.set("width", str(width))
    svg.set("height", str(height))
    least = round(SMALLEST * width)
    size = f"width:100%;min-width:{least}px;max-width:{width}px;height:auto"
    svg.set("style", f"display:block;color:inherit;font-family:system-ui,sans-serif;{size}")
    picture = tostring(svg, encoding="unicode")
    scrolls = (
        ' tabindex="0" role="group" aria-label="a drawing that scrolls sideways"' if least > WIDTH * SMALLEST else ""
    )
    return f'<div style="overflow-x:auto;color:var(--jp-content-font-color1,inherit)"{scrolls}>{picture}</div>'
