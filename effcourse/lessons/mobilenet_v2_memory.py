"""Chapter 4: how much memory MobileNetV1 and V2 need for activations, run in several ways."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from ..cost import CostReport, Row, trace


def blocks_of(cost: CostReport) -> dict[str, list[Row]]:
    """The rows of each block; stem, head and so on are one each."""
    groups: dict[str, list[Row]] = {}
    for row in cost.rows:
        parts = row.name.split(".")
        groups.setdefault(".".join(parts[:3] if parts[0] == "stages" else parts[:1]), []).append(row)
    return groups


def size_of(shape: Sequence[int] | None) -> int:
    """Bytes of a float32 tensor."""
    return 4 * math.prod(shape or (0,))


def merged(rows: Sequence[Row]) -> int:
    """Most bytes of a block in which batch norm and activation are part of the convolution before them."""
    layers = [row for row in rows if row.op in ("conv2d", "linear")]
    waiting = size_of(rows[0].in_shape) if any(row.op == "add" for row in rows) else 0
    needs = [size_of(row.in_shape) + size_of(row.out_shape) for row in layers]
    return max((need + waiting * (i > 0) for i, need in enumerate(needs)), default=0)


def in_one_go(rows: Sequence[Row]) -> int:
    """Bytes of a block whose inside is never in memory."""
    return size_of(rows[0].in_shape) + size_of(rows[-1].out_shape)


def layer_by_layer(model: nn.Module) -> int:
    """Bytes of activations at the peak at 224 pixels, run convolution by convolution, as inference engines do."""
    return max(map(merged, blocks_of(trace(model, 224)).values()))


def block_by_block(model: nn.Module) -> int:
    """The same for kernels that never write the inside of a block to memory."""
    return max(map(in_one_go, blocks_of(trace(model, 224)).values()))


class AsLoop(nn.Module):
    """MobileNetV1's or V2's layers run in one loop, so that Python holds no tensor longer than the network needs it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.blocks = nn.ModuleList()
        self.adds: list[bool] = []
        for block in _parts(model):
            leaves = [m for m in block.modules() if not list(m.children())]
            self.blocks.append(nn.ModuleList(m for m in leaves if not isinstance(m, (nn.Identity, nn.Dropout))))
            self.adds.append(getattr(block, "use_residual", False))

    def forward(self, x: Tensor) -> Tensor:
        for layers, adds in zip(self.blocks, self.adds, strict=True):
            kept = x if adds else None
            for layer in layers.children():
                x = layer(torch.flatten(x, 1) if isinstance(layer, nn.Linear) else x)
            if kept is not None:
                x = x + kept
        return x


def _parts(model: nn.Module) -> Iterator[nn.Module]:
    """Stem, the blocks of all stages, head and so on."""
    for name, child in model.named_children():
        if name == "stages":
            for stage in child.children():
                yield from stage.children()
        else:
            yield child


def memory_ways(v1: nn.Module, v2: nn.Module) -> dict[str, tuple[int, int]]:
    """Peaks in bytes at 224 pixels: the networks as they are, in one loop, merged, in one go."""

    def eager(model: nn.Module) -> int:
        return trace(model, 224).peak_activation_bytes

    ways: dict[str, Callable[[nn.Module], int]] = {
        "eager, modules within modules": eager,
        "eager, one loop": lambda model: eager(AsLoop(model)),
        "layer by layer (batch norm and ReLU6 merged)": layer_by_layer,
        "a block in one go": block_by_block,
    }
    return {name: (way(v1), way(v2)) for name, way in ways.items()}


# arXiv:1801.04381, Table 3: channels and KB with 2 bytes per number, of MobileNetV1 and of V2, by resolution.
TABLE_3 = {
    112: ((64, 1600), (16, 400)),
    56: ((128, 800), (32, 200)),
    28: ((256, 400), (64, 100)),
    14: ((512, 200), (160, 62)),
    7: ((1024, 199), (320, 32)),
}


def between_blocks(cost: CostReport) -> dict[int, int]:
    """The most channels that a block hands on, by resolution. The stem counts as part of the first block."""
    most: dict[int, int] = {}
    for name, rows in blocks_of(cost).items():
        if name.startswith("stages") and (shape := rows[-1].out_shape):
            most[shape[-1]] = max(most.get(shape[-1], 0), shape[1])
    return most
