"""Chapter 4: what ReLU does in few channels, MobileNetV2's memory in several ways, and its rules for channels."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from timeit import repeat
from typing import Any

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn

from ..common.numbers import plural
from ..cost import CostReport, trace
from ..models.layers import ConvNormAct, round_channels
from ..models.mobilenet_v2 import ROWS
from ..notebook import plots, show
from ..papers.figures import published
from .mobilenet_v2_memory import TABLE_3, between_blocks, in_one_go, layer_by_layer, memory_ways

CHANNELS = (2, 3, 5, 15, 30)  # of the paper's Figure 1
SEEDS = range(100)
PICTURED = (0, 1, 2)
PUBLISHED_WIDTHS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)

__all__ = ["in_one_go", "layer_by_layer", "memory_ways"]  # a chapter has one module to call

Passage = Callable[[int, int], tuple[Tensor, Tensor]]  # channels, seed -> hidden (n, points), back (2, points)


# --- through ReLU and back -------------------------------------------------------------------------------------------


def turns(points: int) -> list[slice]:
    """The spiral's three turns, each a colour."""
    return [slice(points * i // 3, points * (i + 1) // 3 + 1) for i in range(3)]


def spirals(spiral: Tensor, passage: Passage) -> show.Shown:
    """What comes back of the spiral (2, points): a line for each of three seeds, a column for each width."""
    drawing = Figure(figsize=(plots.WIDTH, 4.2), dpi=plots.DPI, layout="constrained")
    for seed, line in zip(PICTURED, drawing.subplots(len(PICTURED), 1 + len(CHANNELS)), strict=True):
        backs = {"the spiral": spiral} | {f"n = {n}": passage(n, seed)[1] for n in CHANNELS}
        for axes, (name, (x, y)) in zip(line, backs.items(), strict=True):
            for part, color in zip(turns(len(x)), (plots.BLUE, plots.ORANGE, plots.GREEN), strict=True):
                axes.plot(x[part], y[part], color=color, linewidth=1.2)
            axes.set_aspect("equal", adjustable="datalim")
            axes.set(xticks=[], yticks=[])
            if seed == PICTURED[0]:
                axes.set_title(name, fontsize=9)
        line[0].set_ylabel(f"seed {seed}", fontsize=9)
    title = "Through ReLU in n channels and back: few channels fold the spiral flat"
    drawing.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    return show.figure(
        drawing,
        alt="A spiral, and what comes back of it after a random embedding in n channels, ReLU and the pseudo-inverse, "
        "for n of 2, 3, 5, 15 and 30 and three random seeds. With 2 and 3 channels whole sides collapse to straight "
        "lines; with 5 it is badly bent; with 15 and 30 it is a spiral again, somewhat bent. The table after this has "
        "the numbers of 100 seeds.",
    )


def gone(hidden: Tensor) -> float:
    """The share of points at which fewer than two of the channels (n, points) are above zero."""
    return float(((hidden > 0).sum(dim=0) < 2).double().mean())


def spiral_rows(spiral: Tensor, passage: Passage) -> list[tuple[int, float, float, float]]:
    """Channels; the median and the most of what is gone; the median error relative to the spiral; of all seeds."""
    rows = []
    for n in CHANNELS:
        passed = [passage(n, seed) for seed in SEEDS]
        shares = [gone(hidden) for hidden, _ in passed]
        errors = [float((back - spiral).norm() / spiral.norm()) for _, back in passed]
        rows.append((n, statistics.median(shares), max(shares), statistics.median(errors)))
    return rows


def spiral_table(rows: Iterable[tuple[int, float, float, float]]) -> show.Shown:
    return show.table(
        [(n, f"{median:.0%}", f"{most:.0%}", f"{error:.0%}") for n, median, most, error in rows],
        head=("channels", "points gone (median seed)", "gone (worst seed)", "error of what comes back (median)"),
    )


# --- memory ----------------------------------------------------------------------------------------------------------


def memory_along(costs: Mapping[str, CostReport]) -> show.Shown:
    """Live bytes along the operations of each network, V1 and V2, run eagerly."""
    curves = {}
    for name, cost in costs.items():
        live = [row.live_bytes / 1e6 for row in cost.rows]
        curves[name] = ([100 * i / (len(live) - 1) for i in range(len(live))], live)
    (_, first), (at, second) = curves.values()
    top = max(range(len(second)), key=second.__getitem__)
    row = list(costs.values())[1].rows[top]
    figure = plots.lines(
        curves,
        title="MobileNetV2 needs less than V1 most of the way, and yet has the higher peak",
        xlabel="how far through the network's operations (%)",
        ylabel="activations in memory (MB)",
        marked=[(at[top], second[top], "")],
    )
    return show.figure(
        figure,
        alt="Activations in memory along the operations of MobileNetV1 and V2, run eagerly. V1 peaks at "
        f"{max(first):.1f} MB and stays high for long; V2 has one narrow peak of {second[top]:.1f} MB, in {row.name}, "
        f"and falls quickly. On average V1 holds {statistics.mean(first):.1f} MB, V2 {statistics.mean(second):.1f} MB.",
    )


def memory_table(ways: Mapping[str, tuple[int, int]]) -> show.Shown:
    rows = [(name, a / 1e6, b / 1e6, f"{b / a:.0%}") for name, (a, b) in ways.items()]
    return show.table(rows, head=("run as", "V1's peak (MB)", "V2's peak (MB)", "V2 / V1"))


def table_3(v1: CostReport, v2: CostReport) -> show.Shown:
    """The paper's Table 3 beside what is counted."""
    rows = []
    for size, printed in TABLE_3.items():
        row: list[Any] = [f"{size}×{size}"]
        for (channels, kilobytes), cost in zip(printed, (v1, v2), strict=True):
            counted = between_blocks(cost)[size]
            row += [f"{channels} / {kilobytes}", f"{counted} / {round(2 * counted * size**2 / 1000)}"]
        rows.append(row)
    return show.table(rows, head=("positions", "V1: Table 3", "V1: counted", "V2: Table 3", "V2: counted"))


class InParts(nn.Module):
    """The peak's block, 16 → 96 → 24 channels, by ``run(x, expand, depthwise, project, parts)``."""

    def __init__(self, run: Callable[..., Tensor], parts: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        shapes = ((96, 16, 1, 1), (96, 1, 3, 3), (24, 96, 1, 1))
        self.weights = nn.ParameterList(torch.randn(shape, generator=generator) / 4 for shape in shapes)
        self.run, self.parts = run, parts

    def forward(self, x: Tensor) -> Tensor:  # (N, 16, 112, 112) -> (N, 24, 56, 56)
        return self.run(x, *self.weights, self.parts)


def best_ms(run: Callable[[], Any], number: int = 3) -> float:
    """Milliseconds of one call, the best of some."""
    run()
    with torch.inference_mode():
        return min(repeat(run, number=number, repeat=7)) / number * 1000


def parts_timed(blocks: Mapping[int, InParts], x: Tensor) -> dict[int, tuple[int, float]]:
    """Peak in bytes and milliseconds of the block in each number of parts."""
    timed = {}
    for parts, block in blocks.items():
        with torch.inference_mode():
            ms = best_ms(lambda block=block: block(x))  # type: ignore[misc]
        timed[parts] = trace(block, tuple(x.shape[1:])).peak_activation_bytes, ms
    return timed


def parts_figure(timed: Mapping[int, tuple[int, float]]) -> show.Shown:
    """Memory and time of the parts, in per cent of the whole's."""
    counts, whole = list(timed), timed[1]
    curves = {
        name: (counts, [100 * one[i] / whole[i] for one in timed.values()])
        for i, name in enumerate(("peak of memory", "time on this machine"))
    }
    figure = plots.lines(
        curves,
        title="A block in parts: less memory, the same work, another time",
        xlabel="parts",
        ylabel="% of the block as a whole",
        height=3.2,
    )
    figure.axes[0].set_ylim(bottom=0)
    said = "; ".join(f"{parts}: {peak / 1e6:.2f} MB, {ms:.1f} ms" for parts, (peak, ms) in timed.items())
    return show.figure(
        figure, alt=f"Peak of memory and time of the block by its number of parts, in per cent of the whole: {said}."
    )


def clock_verdict(timed: Mapping[int, tuple[int, float]]) -> str:
    """What the milliseconds say."""
    times = {parts: ms for parts, (_, ms) in timed.items()}
    best, most = min(times, key=times.__getitem__), max(times)
    said = f"Here {plural(best, 'part')} {'is' if best == 1 else 'are'} fastest"
    if best != 1:
        said += f", {times[1] / times[best]:.1f} times faster than the whole"
    return f"{said}; {most} parts take {times[most] / times[best]:.1f} times as long as that."


# --- rules for channels ----------------------------------------------------------------------------------------------


def against_the_papers(network: Callable[[float], nn.Module]) -> show.Shown:
    """``network(width)`` beside the paper's Table 4 and the checkpoint page."""
    rows = []
    for name, source, more in (
        ("paper", "mobilenet_v2", {}),
        ("checkpoints", "mobilenet_checkpoints", {"resolution": 224}),
    ):
        for p in published(source=source, family="MobileNetV2", **more).sort_values("width").itertuples():
            with torch.device("meta"):
                cost = trace(network(p.width), 224)
            off = f"{cost.macs / 1e6 / p.macs_m - 1:+.1%}"
            rows.append((name, p.width, p.macs_m, cost.macs / 1e6, off, p.params_m, cost.params / 1e6))
    return show.table(
        rows,
        head=(
            "source",
            "width",
            "MACs (M), published",
            "MACs (M)",
            "difference",
            "parameters (M), published",
            "parameters (M)",
        ),
    )


def ps_per_mac(channels: Sequence[int] = tuple(range(56, 73, 2))) -> dict[int, float]:
    """Picoseconds per MAC of a pointwise convolution from C to C channels at 28×28 positions, by C."""
    times = {}
    for c in channels:
        x, weight = torch.randn(1, c, 28, 28), torch.randn(c, c, 1, 1)
        with torch.inference_mode():
            times[c] = best_ms(lambda x=x, w=weight: F.conv2d(x, w), number=20) * 1e9 / (c * c * 28**2)  # type: ignore[misc]
    return times


def step_verdict(times: Mapping[int, float]) -> str:
    """Whether multiples of 8 are quicker."""
    even, uneven = (statistics.mean(ps for c, ps in times.items() if (c % 8 == 0) is fits) for fits in (True, False))
    if uneven > 1.1 * even:
        return f"Here a channel count that is no multiple of 8 costs {uneven / even - 1:.0%} more time per MAC."
    return (
        f"No step on this machine: other counts take {uneven / even:.2f} times the time per MAC of multiples of 8. "
        "Its matrix kernels cope with odd sizes; another machine's may not."
    )


def channel_counts(width: float) -> tuple[int, int]:
    """How many of the eight channel counts of stem and stages the rule rounds up, and how many down."""
    asked = [32 * width, *(c * width for _, c, _, _ in ROWS)]
    up = sum(round_channels(c) > c + 1e-6 for c in asked)
    return up, sum(round_channels(c) < c - 1e-6 for c in asked)


def rules_table(network: Callable[..., nn.Module]) -> show.Shown:
    """What ``network(width, rounding=, head_shrinks=)`` costs with other rules, against the authors' own."""
    rows = []
    for width in PUBLISHED_WIDTHS:
        up, down = channel_counts(width)
        with torch.device("meta"):
            right, unrounded, cut, shrunk, both = (
                trace(network(width, **rules), 224)
                for rules in (
                    {"rounding": round_channels},
                    {"rounding": round},
                    {"rounding": cut_off},
                    {"rounding": round_channels, "head_shrinks": True},
                    {"rounding": cut_off, "head_shrinks": True},
                )
            )
        macs = [f"{other.macs / right.macs - 1:+.1%}" for other in (unrounded, cut, shrunk)]
        rows.append((width, f"{up} / {down}", *macs, f"{both.params / right.params - 1:+.1%}"))
    return show.table(
        rows,
        head=(
            "width",
            "counts up / down",
            "MACs: not rounded",
            "MACs: int()",
            "MACs: head shrinks",
            "parameters: int() and head",
        ),
        caption="difference from the network with the authors' two rules",
    )


def cut_off(channels: float) -> int:
    """The rounding of the lesson page."""
    return max(8, int(channels))


def last_two(cost: CostReport) -> float:
    """The share of the parameters that the last two layers hold."""
    layers = [row for row in cost.rows if row.op in ("conv2d", "linear")][-2:]
    return sum(row.params for row in layers) / cost.params


def claims(
    v1: CostReport,
    v2: CostReport,
    network: Callable[..., nn.Module],
    spiral: Sequence[tuple],
    ways: Mapping[str, tuple],
) -> show.Shown:
    """What was claimed and what the chapter measured."""
    paper = published(model="MobileNetV2", source="mobilenet_v2").iloc[0]
    wide = published(model="MobileNetV2 (1.4)", source="mobilenet_v2").iloc[0]
    first = published(model="MobileNetV1", source="mobilenet_v1", width=1.0, resolution=224).iloc[0]
    with torch.device("meta"):
        widest = trace(network(1.4), 224)
        right, page = (
            trace(network(0.35, rounding=rule, head_shrinks=shrinks), 224)
            for rule, shrinks in ((round_channels, False), (cut_off, True))
        )
    shares = {n: median for n, median, *_ in spiral}
    (_, layers), (_, blocks) = list(ways.items())[-2:]
    rows = [
        (f"MobileNetV2 takes {paper.macs_m:.0f} M MACs", paper.citation, f"{v2.macs / 1e6:.1f} M", "holds"),
        (
            f"that is {paper.macs_m / first.macs_m:.0%} of MobileNetV1's",
            f"the same, and {first.citation}",
            f"{v2.macs / v1.macs:.0%}",
            "holds",
        ),
        (
            f"width 1.4 has {wide.params_m} M parameters",
            wide.citation,
            f"{widest.params / 1e6:.2f} M",
            "does not hold for the released network",
        ),
        (
            "ReLU destroys information in few channels",
            "arXiv:1801.04381, Figure 1",
            f"points gone: {shares[2]:.0%} in 2 channels, {shares[30]:.0%} in 30",
            "holds, for random weights",
        ),
        (
            "thin bottlenecks need less memory",
            "arXiv:1801.04381, Section 5.1 and Table 3",
            f"{layers[1] / layers[0]:.0%} of V1's peak layer by layer, {blocks[1] / blocks[0]:.0%} block by block",
            "holds for blocks run in one go, as the paper says",
        ),
        (
            "channels are max(8, int(c · width)), the head's too",
            "the lesson page",
            f"{page.params / right.params - 1:+.0%} parameters and {page.macs / right.macs - 1:+.0%} MACs at 0.35",
            "wrong",
        ),
    ]
    return show.table(rows, head=("claim", "by", "measured here", "verdict"))


def step_figure(times: Mapping[int, float]) -> show.Shown:
    """Picoseconds per MAC by channels."""
    figure = plots.lines(
        {"time per MAC": (list(times), list(times.values()))},
        title="A pointwise convolution on this machine, by its number of channels",
        xlabel="channels in and out",
        ylabel="picoseconds per MAC",
        height=2.8,
    )
    figure.axes[0].set_ylim(bottom=0)
    said = ", ".join(f"{ps:.0f} at {c}" for c, ps in times.items())
    return show.figure(figure, alt=f"Picoseconds per MAC of a pointwise convolution, by channels in and out: {said}.")


# --- blocks to compare with ------------------------------------------------------------------------------------------


class Bottleneck(nn.Module):
    """ResNet-50's block (arXiv:1512.03385, Figure 5, right), with batch norm and ReLU: wide, narrow, wide."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.reduce = ConvNormAct(channels, hidden, 1)
        self.filter = ConvNormAct(hidden, hidden, 3)
        self.restore = ConvNormAct(hidden, channels, 1, act=None)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:  # (N, C, H, W) -> (N, C, H, W)
        return self.act(x + self.restore(self.filter(self.reduce(x))))


def dense(channels: int) -> nn.Module:
    """A plain 3×3 convolution with batch norm and ReLU6."""
    return ConvNormAct(channels, channels, 3, act=nn.ReLU6)
