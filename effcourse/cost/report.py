"""The rows of one trace, and their sums."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..common.tables import Table
from .row import Row, Shape

if TYPE_CHECKING:
    import pandas

CONVENTION = (
    "MACs: multiply-accumulates of convolutions, linear layers and matrix products, for one image "
    '(papers say "FLOPs"; 1 MAC = 2 FLOPs)'
)


class Stage(NamedTuple):
    """The rows of one part of the network, added up."""

    name: str
    out_shape: Shape | None  # of its last operation
    params: int
    macs: int
    activations: int
    bytes_moved: int


@dataclass(frozen=True, repr=False)
class CostReport:
    """What one forward of a model costs; made by ``trace``.

    Attributes:
        name: the model's class.
        input_shape: with the batch of 1.
        rows: one ``Row`` an operation, in the order in which they ran.
    """

    name: str
    input_shape: Shape
    rows: tuple[Row, ...]

    @property
    def params(self) -> int:
        """Learned numbers, those of batch norm included."""
        return sum(row.params for row in self.rows)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions, linear layers and matrix products."""
        return sum(row.macs for row in self.rows)

    @property
    def flops(self) -> int:
        """2 x macs: a multiplication and an addition each."""
        return 2 * self.macs

    @property
    def activations(self) -> int:
        """Numbers written, by every operation."""
        return sum(row.activations for row in self.rows)

    @property
    def bytes_moved(self) -> int:
        """Bytes read and written if every operation reads its inputs and weights once and writes its output once."""
        return sum(row.bytes_moved for row in self.rows)

    @property
    def peak_activation_bytes(self) -> int:
        """Most bytes of activations in memory at once, the input included, as eager PyTorch frees them."""
        return max((row.live_bytes for row in self.rows), default=0)

    def by_stage(self, depth: int | None = None) -> list[Stage]:
        """Rows added up by part of the network.

        Args:
            depth: how many parts of the rows' names to keep: 1 groups ``stages.3.0.expand.conv`` under ``stages``,
                2 under ``stages.3``. By default one, and the number after it if there is one.
        """
        if depth is not None and depth < 1:
            raise ValueError(f"depth must be at least 1, got {depth!r}")
        groups: dict[str, list[Row]] = {}
        for row in self.rows:
            parts = row.name.split(".")
            keep = depth or (2 if len(parts) > 1 and parts[1].isdigit() else 1)
            groups.setdefault(".".join(parts[:keep]), []).append(row)
        return [
            Stage(
                name or row_label(rows[0]),
                rows[-1].out_shape,
                *(sum(getattr(r, field) for r in rows) for field in Stage._fields[2:]),
            )
            for name, rows in groups.items()
        ]

    def to_frame(self) -> pandas.DataFrame:
        """The rows as a pandas DataFrame."""
        import pandas

        return pandas.DataFrame(self.rows, columns=Row._fields)

    def table(self, layers: bool = False) -> Table:
        """One line a stage (or an operation), and the totals."""
        head: tuple[str, ...]
        lines: list[tuple[str, ...]]
        if layers:
            head = ("layer", "operation")
            lines = [(row_label(r), r.op, *_cells(r)) for r in self.rows]
        else:
            head = ("stage",)
            lines = [(s.name, *_cells(s)) for s in self.by_stage()]
        total = ("total", *[""] * len(head), *(f"{n:,}" for n in (self.params, self.macs, self.activations)))
        return Table((*head, "output", "params", "MACs", "activations"), lines, self.title(), total)

    def title(self) -> str:
        return f"{self.name}, input {shape_text(self.input_shape)}"

    def totals(self) -> str:
        return (
            f"{self.params:,} params, {self.macs:,} MACs ({self.flops:,} FLOPs), "
            f"peak activations {self.peak_activation_bytes / 1e6:.2f} MB"
        )

    def to_text(self, layers: bool = False) -> str:
        """The table for a terminal."""
        return "\n".join([self.table(layers).text(), "", self.totals(), CONVENTION])

    __str__ = __repr__ = to_text

    def _repr_html_(self) -> str:
        about = f"<p>{html.escape(self.totals())}<br><small>{html.escape(CONVENTION)}</small></p>"
        return self.table().markup() + about


def shape_text(shape: Shape | None) -> str:
    """A shape without its batch: 3×224×224."""
    return "×".join(map(str, shape[1:])) if shape else ""


def row_label(row: Row) -> str:
    """A row's name; for the model's own operations, which have none, the operation."""
    return row.name or f"({row.op})"


def _cells(row: Row | Stage) -> tuple[str, str, str, str]:
    return shape_text(row.out_shape), f"{row.params:,}", f"{row.macs:,}", f"{row.activations:,}"
