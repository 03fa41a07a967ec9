"""A block as boxes: rows of a trace, with batch norm and activations folded into the operation they follow."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from torch import nn

from ..common.numbers import plural
from ..cost import CostReport, Row, trace
from ..cost.private import unwrapped
from ..cost.row import Shape
from .wiring import INPUT, wiring

JOINS = {
    **dict.fromkeys(("add", "iadd", "radd"), "+"),
    **dict.fromkeys(("sub", "isub", "rsub", "subtract"), "−"),
    **dict.fromkeys(("mul", "imul", "rmul", "multiply"), "×"),
    **dict.fromkeys(("div", "truediv", "idiv", "itruediv", "rtruediv", "divide"), "÷"),
}
CONCATENATIONS = ("cat", "concat", "concatenate")
LEARNED = ("dense", "depthwise", "pointwise", "grouped", "linear", "attention", "product", "recurrent")
# same shape out as in, yet numbers change their places or meet their neighbours: not folded
_MOVES = re.compile(
    "pool|pad|shape|flatten|contiguous|transpose|permute|shuffle|flip|roll|cat|stack|index|gather|select|sort|fold|"
    "interpolate|upsample|item|cum|take|repeat|expand"
)
_VERBS = {"+": "add", "−": "subtract", "×": "multiply", "÷": "divide"}
_NAMES = {
    "batch_norm": "BN", "layer_norm": "LN", "group_norm": "GN", "relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU",
    "hardswish": "h-swish", "hardsigmoid": "h-sigmoid", "silu": "SiLU",
    "adaptive_avg_pool2d": "average pool", "avg_pool2d": "average pool", "adaptive_max_pool2d": "max pool",
    "max_pool2d": "max pool", "mean": "mean", "reshape": "reorder", "flatten": "reorder", "contiguous": "reorder",
    "cat": "concatenate", "concat": "concatenate", "parameters": "never read", "lstm": "LSTM", "gru": "GRU",
}  # fmt: skip
_LONG = {"BN": "batch norm", "LN": "layer norm", "GN": "group norm"}


class Extent(NamedTuple):
    """What a tensor measures, without the batch."""

    channels: int
    size: Shape  # pixels an axis, or tokens; () of a vector
    channels_last: bool = False

    @property
    def tokens(self) -> bool:
        """Whether it is a sequence of features, and no map."""
        return self.channels_last and len(self.size) == 1

    @property
    def resolution(self) -> float:
        """Its height: rows of pixels; of tokens the side of the square that they would fill."""
        if len(self.size) > 1:
            return self.size[-2]
        return math.sqrt(self.size[0]) if self.tokens else (*self.size, 1)[0]

    @property
    def where(self) -> str:
        """56×56, 196 tokens, or nothing."""
        across = "×".join(map(str, self.size))
        return f"{across} tokens" if self.tokens else across

    @property
    def text(self) -> str:
        """24×56×56."""
        return f"{self.channels}×{self.where}" if self.size else str(self.channels)


def short_name(op: str) -> str:
    """What is written under a box: BN, ReLU, add."""
    return _NAMES.get(op) or _VERBS.get(JOINS.get(op, "")) or op.replace("_", " ")


@dataclass
class Box:
    """One operation, and those folded into it."""

    rows: list[Row]
    reads: tuple[int, ...]  # the boxes whose output it reads, INPUT for the block's input
    extent: Extent
    folded: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """One of ``LEARNED``, "join", "" for what learns nothing and only moves or gathers numbers."""
        row = self.rows[0]
        if row.kind in LEARNED:
            return row.kind
        return "join" if self.sign else ""

    @property
    def sign(self) -> str:
        """Of a number-by-number operation on several tensors."""
        return JOINS.get(self.rows[0].op, "") if len(self.reads) > 1 else ""

    @property
    def params(self) -> int:
        return sum(row.params for row in self.rows)

    @property
    def macs(self) -> int:
        return sum(row.macs for row in self.rows)

    @property
    def live_bytes(self) -> int:
        """Most that is alive while its operations run."""
        return max(row.live_bytes for row in self.rows)

    @property
    def title(self) -> str:
        """3×3 depthwise; average pool; add."""
        row = self.rows[0]
        if row.kernel:
            window = "×".join(map(str, row.kernel)) if len(row.kernel) > 1 else f"{row.kernel[0]}-tap"
            return f"{window} {'transposed ' * ('transpose' in row.op)}{row.kind}"
        if row.kind in LEARNED and row.kind != "recurrent":
            return row.kind
        short = short_name(row.op)
        return _LONG.get(short, short)

    @property
    def in_channels(self) -> int | None:
        """Of what mixes or filters channels."""
        row = self.rows[0]
        if row.in_shape is None or not (row.kernel or row.kind == "linear"):
            return None
        return row.in_shape[1 if row.kernel else -1]

    @property
    def details(self) -> list[str]:
        """What else there is to know: stride 2; 4 groups."""
        row = self.rows[0]
        found = []
        if row.stride and max(row.stride) > 1:
            steps = {*row.stride}
            found.append(f"stride {'×'.join(map(str, row.stride)) if len(steps) > 1 else steps.pop()}")
        if row.kind == "grouped":
            found.append(f"{row.groups} groups")
        return found


@dataclass
class Block:
    """A module's boxes.

    Attributes:
        name: what the drawing calls it.
        boxes: in the order in which they ran.
    """

    name: str
    report: CostReport
    entry: Extent  # the input
    boxes: list[Box]


def block(name: str, module: nn.Module, input_size: object) -> Block:
    """Trace a module and make its boxes."""
    module = unwrapped(module)
    report = trace(module, input_size)  # type: ignore[arg-type]
    rows, reads = report.rows, wiring(module, report.input_shape[1:], report.rows)
    readers = Counter(source for read in reads for source in read)
    boxes: list[Box] = []
    owner = {INPUT: INPUT}  # the box that a row is in, by its number
    first = rows[0] if rows and rows[0].in_shape == report.input_shape else None
    entry = _extent(report.input_shape, first is not None and _channels_last(first, Extent(0, ())))
    for i, (row, read) in enumerate(zip(rows, reads, strict=True)):
        home = owner[read[0]] if len(read) == 1 else INPUT
        lone = home != INPUT and readers[read[0]] == 1 and rows[read[0]] is boxes[home].rows[-1]
        if lone and row.kind not in LEARNED and row.in_shape == row.out_shape and not _MOVES.search(row.op):
            boxes[home].rows.append(row)
            boxes[home].folded.append(_activation(module, row))
            owner[i] = home
            continue
        sources = tuple(sorted({owner[source] for source in read}))
        before = entry if not sources or sources[0] == INPUT else boxes[sources[0]].extent
        shape = row.out_shape
        if shape and len(shape) == 4 and row.kind in ("attention", "product"):
            n, heads, tokens, channels = shape
            shape = (n, tokens, heads * channels)
        elif shape and len(shape) == 3 and row.op == "multi_head_attention_forward":  # tokens, batch, channels
            shape = (shape[1], shape[0], shape[2])
        boxes.append(Box([row], sources, _extent(shape, _channels_last(row, before))))
        owner[i] = len(boxes) - 1
    return Block(name, report, entry, boxes)


def _activation(module: nn.Module, row: Row) -> str:
    """The short name of what is folded; nn.ReLU6 calls itself hardtanh."""
    if row.op == "hardtanh" and row.name in dict(module.named_modules()):
        return type(module.get_submodule(row.name)).__name__
    return short_name(row.op)


def _channels_last(row: Row, before: Extent) -> bool:
    """Whether channels come last, as they do for linear layers and attention; ``before`` is what the row reads."""
    if row.kernel or "pool" in row.op or row.op == "batch_norm":
        return False
    if row.kind in ("linear", "attention", "product", "recurrent") or row.op in ("layer_norm", "rms_norm"):
        return True
    shape = row.in_shape or ()
    if len(shape) > 2 and (shape[1] == before.channels) != (shape[-1] == before.channels):
        return shape[-1] == before.channels  # a view may have turned it
    return before.channels_last


def _extent(shape: Shape | None, channels_last: bool) -> Extent:
    if not shape or len(shape) < 2:
        return Extent(0, ())
    if channels_last:
        return Extent(shape[-1], shape[1:-1], True)
    return Extent(shape[1], shape[2:])


# --- in words --------------------------------------------------------------------------------------------------------


def in_words(drawn: Block) -> str:
    """A block for who hears it: every box in the order in which they run, what it reads, and the totals."""
    report = drawn.report
    layers = sum(box.kind in LEARNED for box in drawn.boxes)
    said = [f"{drawn.name}, input {drawn.entry.text}: {plural(layers, 'layer')}, {plural(len(drawn.boxes), 'step')}."]
    said += [f"Step {i + 1}: {_sentence(drawn, i)}." for i in range(len(drawn.boxes))]
    said.append(
        f"Total {plural(report.params, 'parameter')}, {report.macs:,} MACs, "
        f"most memory at once {report.peak_activation_bytes:,} bytes."
    )
    return " ".join(said)


def _sentence(drawn: Block, i: int) -> str:
    box = drawn.boxes[i]
    sources = [_source(j) for j in box.reads]
    if box.sign:
        *others, last = sources
        first = ", ".join(others)
        what = {
            "+": f"{first} is added to {last}",
            "×": f"{first} is multiplied by {last}",
            "−": f"difference of {first} and {last}",
            "÷": f"quotient of {first} and {last}",
        }[box.sign]
        if box.sign == "+" and i == len(drawn.boxes) - 1:
            what += ", which gives the output"
    elif box.rows[0].op in CONCATENATIONS and len(sources) > 1:
        what = f"{', '.join(sources[:-1])} and {sources[-1]} are joined to {box.extent.channels} channels"
    else:
        what = box.title + " convolution" * bool(box.rows[0].kernel)
        if box.in_channels is not None:
            what += f", {box.in_channels} to {box.extent.channels} channels"
        elif box.extent.channels:
            what += f", {plural(box.extent.channels, 'channel')}"
        if box.extent.where:
            what += f" at {box.extent.where}"
        if part := _part(drawn, box):
            what += f", of {part} channels of {sources[0]}"
        elif box.reads and box.reads != (i - 1,):
            what += f", of {' and '.join(sources)}"
    rest = [*box.details, *([f"then {' and '.join(_LONG.get(f, f) for f in box.folded)}"] if box.folded else [])]
    if box.params:
        rest.append(plural(box.params, "parameter"))
    if box.macs:
        rest.append(f"{box.macs:,} MACs")
    return ", ".join([what, *rest])


def _part(drawn: Block, box: Box) -> int:
    """How many channels it reads of a source that has more; 0 if it reads all."""
    if box.in_channels is None or len(box.reads) != 1:
        return 0
    source = drawn.entry if box.reads[0] == INPUT else drawn.boxes[box.reads[0]].extent
    return box.in_channels if box.in_channels < source.channels else 0


def _source(j: int) -> str:
    return "the input" if j == INPUT else f"the result of step {j + 1}"
