"""Chapter 1: what each layer costs, what four counters make of two networks, and how the cost climbs with the input."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ..cost import CostReport, Row, trace
from ..notebook import plots, show
from ..papers.figures import published

Counter = Callable[[nn.Module, Sequence[int]], int]
NAMES = {"batch_norm": "batch norm", "hardtanh": "ReLU6", "add": "addition of the shortcut"}
PAGE = "the lesson page"


def side_by_side(layers: Mapping[str, tuple[Mapping[str, int], nn.Module, Sequence[int]]]) -> show.Shown:
    """A line for each layer, from the costs by hand: ``{name: (costs, module, shape)}``."""
    rows = [
        (name, costs["params"], costs["macs"], costs["activations"], round(costs["macs"] / costs["activations"]))
        for name, (costs, _, _) in layers.items()
    ]
    return show.table(rows, head=("layer", "parameters", "MACs", "activations", "MACs per number written"))


def halvings(out_size: Callable[[int, int, int, int], int], sizes: Sequence[int], layers: int = 5) -> str:
    """The sides that layers of 3×3 and stride 2 leave of each size, a line each."""
    lines = []
    for size in sizes:
        sides = [size]
        for _ in range(layers):
            sides.append(out_size(sides[-1], 3, 2, 1))
        lines.append(" → ".join(map(str, sides)))
    return "\n".join(lines)


def without_zeros(module: nn.Module, shape: Sequence[int]) -> int:
    """MACs as XLA counts convolutions: without the products of a padding zero. The rest is as traced.

    Ones convolved with ones give at each place how many numbers of the input the window meets.
    """
    total = 0
    for row in trace(module, shape).rows:
        total += row.macs if row.op != "conv2d" else _met(module.get_submodule(row.name), row)
    return total


def _met(conv: Any, row: Row) -> int:
    places, kernel = torch.ones(1, 1, *(row.in_shape or ())[-2:]), torch.ones(1, 1, *conv.kernel_size)
    met = F.conv2d(places, kernel, stride=conv.stride, padding=conv.padding)  # (1, 1, H', W')
    return int(met.double().sum()) * conv.in_channels // conv.groups * conv.out_channels


def as_fvcore(module: nn.Module, shape: Sequence[int]) -> int:
    """What fvcore counts, by the rules in its ``flop_count.py`` and ``jit_handles.py``."""
    total = 0
    for row in trace(module, shape).rows:
        if row.op == "batch_norm":
            total += 2 * row.activations
        elif row.op == "adaptive_avg_pool2d":
            total += math.prod(row.in_shape or ())
        elif row.op != "scaled_dot_product_attention":
            total += row.macs
    return total


def four_counters(models: Mapping[str, tuple[nn.Module, Sequence[int]]], thop: Counter, torchs: Counter) -> show.Shown:
    """What each counter gives for each MAC of ``trace``; the first line has those MACs."""
    macs = [trace(*model).macs for model in models.values()]
    counters = {
        "thop": thop,
        "FlopCounterMode / 2": torchs,
        "fvcore, by its rules": as_fvcore,
        "XLA / 2, by its rules": without_zeros,
    }
    rows: list[tuple[str, ...]] = [("trace: MACs", *(f"{m:,}" for m in macs))]
    for name, counter in counters.items():
        shares = (counter(*model) / m for model, m in zip(models.values(), macs, strict=True))
        rows.append((f"{name}, per MAC", *(f"{share:.4f}" for share in shares)))
    return show.table(rows, head=("counter", *models))


def kind(row: Row) -> str:
    """What an operation is, in words."""
    if row.op == "conv2d":
        return f"{row.kind} convolution"
    return NAMES.get(row.op, "pooling, classifier")


def traffic(report: CostReport) -> dict[str, dict[str, int]]:
    """MACs and bytes moved by kind of operation, the kind with most MACs first."""
    kinds: dict[str, dict[str, int]] = {}
    for row in report.rows:
        one = kinds.setdefault(kind(row), {"macs": 0, "bytes_moved": 0})
        one["macs"] += row.macs
        one["bytes_moved"] += row.bytes_moved
    return dict(sorted(kinds.items(), key=lambda item: -item[1]["macs"]))


def traffic_bars(report: CostReport) -> show.Shown:
    """Shares of MACs and of bytes moved, by kind of operation."""
    kinds = traffic(report)
    figure = plots.bars(
        [{"name": name, **values} for name, values in kinds.items()],
        {"macs": "MACs", "bytes_moved": "bytes moved"},
        title="What has no MACs moves most of the bytes",
    )
    words = ", ".join(
        f"{name} {values['macs'] / report.macs:.1%} and {values['bytes_moved'] / report.bytes_moved:.1%}"
        for name, values in kinds.items()
    )
    return show.figure(figure, alt=f"Bars by kind of operation, share of MACs and share of bytes moved: {words}.")


def staircase(macs: Mapping[int, int], growth: float) -> show.Shown:
    """MACs against the side of the input, beside what following the pixels would give."""
    sizes = list(macs)
    smooth = [macs[224] * (size / 224) ** 2 for size in sizes]
    figure = plots.lines(
        {"MobileNetV2, traced": (sizes, list(macs.values())), "following the pixels": (sizes, smooth)},
        title=f"One pixel more than 224 costs {growth:.1f} %: cost climbs in steps",
        xlabel="side of the input (pixels)",
        ylabel="MACs for one image",
        reference=["following the pixels"],
        marked=[(225, macs[225], f"225: +{growth:.1f} %")],
    )
    return show.figure(
        figure,
        alt=f"MACs of MobileNetV2 against the side of its input, {sizes[0]} to {sizes[-1]} pixels. The curve is a "
        f"staircase with its highest steps after 192, 224 and 256; from 224 to 225 it rises by {growth:.1f} %. A "
        "smooth dashed curve, the pixels' share of the cost at 224, lies under it and meets it at 192, 224 and 256.",
    )


def stairs(model: nn.Module, sizes: Sequence[int]) -> show.Shown:
    """The same in numbers: pixels and MACs, both against those of 224."""
    usual = trace(model, 224).macs
    rows = []
    for size in sizes:
        cost = trace(model, size)
        last = next(row.in_shape or () for row in cost.rows if row.op == "adaptive_avg_pool2d")
        pixels = (size / 224) ** 2 - 1
        rows.append((size, f"{last[-2]}×{last[-1]}", cost.macs, f"{pixels:+.1%}", f"{cost.macs / usual - 1:+.1%}"))
    return show.table(rows, head=("input", "last feature map", "MACs", "pixels against 224", "MACs against 224"))


def claims(v1: CostReport, v2: CostReport, thop_total: int, growth: float) -> show.Shown:
    """What was claimed about counts, by whom, and what was counted here."""
    paper = published(model="MobileNetV2", source="mobilenet_v2").iloc[0]
    own, later = (
        published(model="MobileNetV1", source=source, width=1.0, resolution=224).iloc[0]
        for source in ("mobilenet_v1", "mobilenet_v2")
    )
    norms = sum(row.params for row in v2.rows if row.op == "batch_norm")
    rows = [
        (
            f"MobileNetV2 takes {paper.macs_m:.0f} M multiply-adds",
            paper.citation,
            f"{v2.macs / 1e6:.1f} M MACs, {v2.flops / 1e6:.1f} M FLOPs",
            "holds; “FLOPs” in tables that copy it means MACs",
        ),
        ("thop's number is MobileNetV2's G FLOPs", PAGE, f"{thop_total / 1e9:.2f} G", "neither MACs nor FLOPs"),
        (
            f"MobileNetV2 has {paper.params_m} M parameters",
            paper.citation,
            f"{v2.params / 1e6:.2f} M; {(v2.params - norms) / 1e6:.2f} M without batch norm",
            "low by 0.1 M",
        ),
        (f"MobileNetV1 takes {own.macs_m:.0f} M", own.citation, f"{v1.macs / 1e6:.1f} M", "holds"),
        (
            f"MobileNetV1 takes {later.macs_m:.0f} M",
            later.citation,
            f"{v1.macs / 1e6:.1f} M",
            f"high by {later.macs_m * 1e6 / v1.macs - 1:.1%}",
        ),
        (
            f"225 pixels cost {(225 / 224) ** 2 - 1:.1%} more than 224",
            "a natural guess",
            f"{growth:.1f} % more",
            "wrong: sizes round up",
        ),
    ]
    return show.table(rows, head=("claim", "by", "measured here", "verdict"))
