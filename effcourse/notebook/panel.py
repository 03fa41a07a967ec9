"""One block of a drawing: its boxes in a row, arrows above them, words under them, memory at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from ..common.numbers import plural
from .boxes import Block, Box
from .patterns import filled
from .svg import BOLD, CHART, LETTER, LINE, Scale, text
from .wiring import INPUT

GAP = 18  # pixels between columns, room for an arrow
LANE = 11  # pixels between arrows above one another
ROUND = 9  # radius of + and ×


class Column:
    """Where a box stands, and what is written under it."""

    def __init__(self, lines: list[str], width: float, height: float) -> None:
        self.lines = lines
        self.box = width, height
        self.width = max(width, BOLD * LETTER * len(lines[0]), *(LETTER * len(line) for line in lines))
        self.left = 0.0

    @property
    def middle(self) -> float:
        return self.left + self.width / 2


class Panel:
    """A block on a scale that it may share with others.

    Attributes:
        width, height: pixels that it needs.
        lanes: how high above the boxes run the arrows that leave a column, by its number.
        totals: the line under its name.
    """

    def __init__(self, block: Block, scale: Scale) -> None:
        self.block, self.scale = block, scale
        report = block.report
        self.totals = (
            f"{plural(report.params, 'param')}, {report.macs:,} MACs, peak {megabytes(report.peak_activation_bytes)}"
        )
        entry = block.entry
        self.columns = [Column(["input", entry.text], entry.channels * scale.channel, entry.resolution * scale.row)]
        self.columns += [self._column(box) for box in block.boxes]
        x = 0.0
        for column in self.columns:
            column.left = x
            x += column.width + GAP
        self.lanes = self._lanes()
        self.above = LANE * max(self.lanes.values(), default=0) + 12 * bool(self.lanes)
        self.highest = max(column.box[1] for column in self.columns)
        self.lines = max(len(column.lines) for column in self.columns)
        heading = 14 / 11 * BOLD * LETTER * len(block.name)
        self.width = max(x - GAP, LETTER * len(self.totals), heading)
        self.align([self])

    def align(self, line: Sequence[Panel]) -> None:
        """Put boxes, words and memory at the height that they have in a line of panels."""
        self.highest = max(panel.highest for panel in line)
        self.top = self.highest / 2 + max(panel.above for panel in line)
        self.words = self.top + self.highest / 2 + 4
        self.chart = self.words + LINE * max(panel.lines for panel in line) + 14
        self.height = self.chart + CHART + LINE + 2

    def _column(self, box: Box) -> Column:
        extent = box.extent
        shape = extent.text if extent.channels else ""
        if box.in_channels is not None:
            shape = f"{box.in_channels}→{extent.channels}" + (f" at {extent.where}" if extent.where else "")
        lines = [box.title, shape]
        if box.params or box.macs:
            lines.append(plural(box.params, "param"))
        if box.macs:
            lines.append(f"{box.macs:,} MACs")
        lines += box.details
        lines += [", ".join(box.folded[i : i + 2]) for i in range(0, len(box.folded), 2)]
        if box.kind == "join":
            return Column(lines, 2 * ROUND, 2 * ROUND)
        return Column(lines, extent.channels * self.scale.channel, extent.resolution * self.scale.row)

    def _arrows(self) -> list[tuple[int, int]]:
        """From column to column."""
        return [(source + 1, i + 1) for i, box in enumerate(self.block.boxes) for source in box.reads]

    def _lanes(self) -> dict[int, int]:
        """For each column whose arrows pass over boxes their height above them, the shorter the lower."""
        reach: dict[int, int] = {}
        for start, end in self._arrows():
            if end - start > 1:
                reach[start] = max(end, reach.get(start, 0))
        lanes: dict[int, int] = {}
        for start, end in sorted(reach.items(), key=lambda span: (span[1] - span[0], span)):
            taken = {lane for other, lane in lanes.items() if other < end and start < reach[other]}
            lanes[start] = next(n for n in range(1, len(reach) + 1) if n not in taken)
        return lanes

    # --- SVG ---------------------------------------------------------------------------------------------------------

    def draw(self, svg: Element, x: float, y: float, fills: dict[str, str]) -> None:
        """Into ``svg``, with its upper left corner at (x, y)."""
        group = SubElement(svg, "g", {"class": "effc-block", "transform": f"translate({x:.1f} {y:.1f})"})
        for i, column in enumerate(self.columns):
            self._draw_box(group, i, column, fills)
        for start, end in self._arrows():
            self._draw_arrow(group, start, end, fills["tip"])
        self._draw_memory(group)

    def _draw_box(self, group: Element, i: int, column: Column, fills: dict[str, str]) -> None:
        box = self.block.boxes[i - 1] if i else None
        width, height = column.box
        if box is not None and box.kind == "join":
            place = {"cx": f"{column.middle:.2f}", "cy": f"{self.top:.2f}", "r": str(ROUND)}
            shape = SubElement(group, "circle", {**place, "fill": "none", "stroke": "currentcolor"})
            text(group, column.middle, self.top + 5, box.sign, size=15, anchor="middle")
        else:
            look = filled(box.kind if box else "", fills)
            if box is None:
                look.pop("stroke-dasharray")
            shape = SubElement(group, "rect", {
                "x": f"{column.middle - width / 2:.2f}", "y": f"{self.top - height / 2:.2f}",
                "width": f"{width:.3f}", "height": f"{height:.3f}", **look,
            })  # fmt: skip
        shape.set("class", "effc-box")
        shape.set("data-kind", "input" if box is None else box.kind)
        if box is not None:
            SubElement(shape, "title").text = box.rows[0].name or self.block.name
        for n, line in enumerate(column.lines):
            where = self.words + LINE * (n + 1)
            text(group, column.middle, where, line, anchor="middle", weight="400" if n else "600")

    def _draw_arrow(self, group: Element, start: int, end: int, tip: str) -> None:
        a, b = self.columns[start], self.columns[end]
        if end - start == 1:
            path = f"M{a.middle + a.box[0] / 2 + 1:.1f} {self.top:.1f}H{b.middle - b.box[0] / 2 - 1.5:.1f}"
        else:
            # in the middle of the box, or beside one another
            arrivals = [source + 1 for source in self.block.boxes[end - 1].reads if end - source > 2]
            share = b.box[0] / 2 / (len(arrivals) + 1)
            down = b.middle
            if len(arrivals) > 1 or end in self.lanes:
                down -= min(5, share) * (1 + arrivals.index(start))
            up = a.middle
            if start and any(start - source > 2 for source in self.block.boxes[start - 1].reads):
                up += min(5, a.box[0] / 4)
            high = self.top - self.highest / 2 - 6 - LANE * self.lanes[start]
            path = (
                f"M{up:.1f} {self._roof(start, up):.1f}V{high + 5:.1f}q0-5 5-5"
                f"H{down - 5:.1f}q5 0 5 5V{self._roof(end, down) - 1:.1f}"
            )
        SubElement(group, "path", {
            "class": "effc-arrow", "d": path, "fill": "none", "stroke": "currentcolor", "stroke-width": "1.3",
            "marker-end": tip, "data-from": "input" if start - 1 == INPUT else str(start), "data-to": str(end),
        })  # fmt: skip

    def _roof(self, i: int, x: float) -> float:
        """The y of a box's upper edge at x."""
        column = self.columns[i]
        if i and self.block.boxes[i - 1].kind == "join":
            return self.top - max(0.0, ROUND**2 - (x - column.middle) ** 2) ** 0.5
        return self.top - column.box[1] / 2

    def _draw_memory(self, group: Element) -> None:
        """Bytes alive during each box, as a step a column."""
        low = self.chart + CHART
        steps = []
        for box, column in zip(self.block.boxes, self.columns[1:], strict=True):
            right = column.left + column.width + (GAP / 2 if column is not self.columns[-1] else 0)
            steps.append(f"V{low - box.live_bytes * self.scale.byte:.2f}H{right:.1f}")
            if not box.live_bytes:  # parameters that nothing read
                continue
            number = text(group, column.middle, low + LINE - 2, megabytes(box.live_bytes), size=10, anchor="middle")
            number.set("class", "effc-bytes")
            if box.live_bytes == self.block.report.peak_activation_bytes:
                number.set("font-weight", "700")
        left = self.columns[1].left - GAP / 2
        SubElement(group, "path", {
            "class": "effc-memory", "d": f"M{left:.1f} {low:.1f}{''.join(steps)}V{low:.1f}Z", "fill": "currentcolor",
            "fill-opacity": "0.16", "stroke": "currentcolor", "stroke-opacity": "0.6",
        })  # fmt: skip
        text(group, 0, low - 4, "memory")
        text(group, 0, low + LINE - 2, "in use", size=10)


def megabytes(count: int) -> str:
    """1.51 MB, 9.2 kB: three digits that matter."""
    for size, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= size:
            return f"{count / size:#.3g} {unit}".replace(". ", " ")
    return f"{count} B"
