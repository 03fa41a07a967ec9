"""Chapter 0: whether all is installed, prices of whole networks, and what papers and one phone say to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..cost import CostReport
from ..doctor import check_packages, check_torch
from ..notebook import plots, show
from ..papers.figures import published
from ..papers.points import PAPERS, Point, paper_points

CLOSE = 0.02  # of the published MACs: about what printing two or three digits explains
VGG = {"model": "VGG 16", "source": "mobilenet_v1"}


def installation() -> None:
    """Say what is missing and how to get it; nothing where nothing is."""
    for check in (check_packages(), check_torch()):
        if check.remedy:
            print(f"{check.name}: {check.detail}\n    To repair it, type in a terminal: {check.remedy}")


def accuracies(v2: Any, vgg: Any) -> str:
    """Published accuracies of MobileNetV2 and VGG-16 in words, rows of ``published``; VGG-16's own paper beside."""
    own = published(source="vgg").top1
    return (
        f"MobileNetV2: {v2.top1:.1f} %, by its own paper.\n"
        f"VGG-16: {own.min():.1f} to {own.max():.1f} % by its own paper, on larger pictures more; "
        f"{vgg.top1:.1f} % where MobileNetV1's paper compares itself with it."
    )


def two_recipes() -> str:
    """One network, trained in two ways."""
    then = published(source="mobilenet_v1", table="Table 6", width=1.0).iloc[0]
    now = published(source="mobilenet_v4", family="MobileNetV1").iloc[0]
    return (
        f"MobileNetV1 at width {then.width:g}: {then.top1:.1f} % as its authors trained it ({then.citation}), "
        f"{now.top1:.1f} % as others did seven years later ({now.citation})."
    )


def price_list(costs: Mapping[str, CostReport]) -> show.Shown:
    """MACs and parameters of networks by their name, side by side."""
    rows: list[dict[str, Any]] = [
        {"name": name, "macs": cost.macs, "params": cost.params} for name, cost in costs.items()
    ]
    dear, cheap = (choose(rows, key=lambda row: row["macs"]) for choose in (max, min))
    figure = plots.bars(
        rows,
        {"macs": "MACs for one image", "params": "parameters"},
        title=f"{dear['name']} takes {dear['macs'] / cheap['macs']:,.0f} times the MACs of {cheap['name']}",
        shares=False,
    )
    told = "; ".join(
        f"{row['name']} {row['macs'] / 1e6:,.0f} M MACs, {row['params'] / 1e6:.1f} M parameters" for row in rows
    )
    return show.figure(figure, alt=f"Bars of MACs and parameters, a line for each of {len(rows)} networks: {told}.")


def agreement(points: Sequence[Point] | None = None) -> show.Shown:
    """How many of each family's networks take what their paper says, and the one that is furthest off."""
    lines = []
    for family, own in _by_family(points).items():
        worst = max(own, key=lambda point: abs(point.difference))
        within = sum(abs(point.difference) <= CLOSE for point in own)
        lines.append((family, f"{within} of {len(own)}", f"{worst.difference:+.1%} ({worst.network})", worst.source))
    head = ("family", f"within {CLOSE:.0%} of the paper's MACs", "largest difference", "source")
    return show.table(lines, head=head)


def beyond(points: Sequence[Point] | None = None) -> str:
    """The networks that are not within 2 % of their papers, in words."""
    every = points or paper_points()
    off = [point for point in every if abs(point.difference) > CLOSE]
    lines = [
        f"{len(every) - len(off)} of {len(every)} are within {CLOSE:.0%}. The others, counted against printed MACs:"
    ]
    lines += [
        f"  {p.name}: {p.macs / 1e6:,.1f} M against {p.published_macs / 1e6:,.0f} M, {p.difference:+.1%}" for p in off
    ]
    return "\n".join(lines)


def landscape(points: Sequence[Point] | None = None) -> show.Shown:
    """Published accuracy against published MACs, VGG-16 apart."""
    every, vgg = list(points or paper_points()), published(**VGG).iloc[0]
    macs, top1 = vgg.macs_m * 1e6, vgg.top1
    cheap = [point for point in every if point.top1 > top1 and point.published_macs <= macs / 20]
    rows = [{"family": p.family, "macs": p.published_macs, "top1": p.top1} for p in every]
    figure = plots.scatter(
        [*rows, {"family": "VGG-16", "macs": macs, "top1": top1}],
        x="macs",
        y="top1",
        group="family",
        title=f"{len(cheap)} of {len(every)} networks beat {top1} % with 1/20 of VGG-16's MACs or less",
        xlabel="MACs for one image (as published)",
        ylabel="ImageNet top-1 accuracy (%, as published)",
        reference=["VGG-16"],
        log_x=True,
    )
    low, high = (choose(every, key=lambda point: point.published_macs) for choose in (min, max))
    return show.figure(
        figure,
        alt="Published ImageNet accuracy against MACs on a logarithmic axis. "
        f"{len(_by_family(points))} families rise from {low.top1} % at {low.published_macs / 1e6:.0f} million MACs to "
        f"{high.top1} % at {high.published_macs / 1e9:.0f} billion. VGG-16 lies apart, below and to the right: "
        f"{top1} % at {macs / 1e9:.1f} billion. The table after this has every point.",
    )


def landscape_table(points: Sequence[Point] | None = None) -> show.Shown:
    """The points of :func:`landscape`, a line a family."""
    lines = []
    for family, own in _by_family(points).items():
        own = sorted(own, key=lambda point: point.published_macs)
        text = " · ".join(f"{p.published_macs / 1e6:,.0f} → {p.top1:.1f}" for p in own)
        lines.append((family, text, own[0].source))
    vgg = published(**VGG).iloc[0]
    lines.append(("VGG-16", f"{vgg.macs_m:,.0f} → {vgg.top1:.1f}", vgg.citation))
    return show.table(lines, head=("family", "MACs (M) → top-1 (%)", "source"))


def on_the_phone(phone: Any) -> show.Shown:
    """Latency against MACs of ``published`` rows measured on one device."""
    rows = [
        {"name": p.model, "macs": p.macs_m * 1e6, "ms": p.latency_ms, "all": p.latency_device}
        for p in phone.itertuples()
    ]
    fewest = min(rows, key=lambda row: row["macs"])
    faster = sum(row["ms"] < fewest["ms"] for row in rows)
    figure = plots.scatter(
        rows,
        "macs",
        "ms",
        "name",
        title=f"{faster} of {len(rows)} networks are faster than the one with the fewest MACs",
        xlabel="MACs for one image (as published)",
        ylabel=f"latency in ms, {rows[0]['all']}",
    )
    told = ", ".join(f"{row['name']} {row['macs'] / 1e6:.0f} M and {row['ms']:g} ms" for row in rows)
    return show.figure(figure, alt=f"Latency against MACs of {len(rows)} networks on {rows[0]['all']}: {told}.")


def claims(vgg: CostReport, costs: Mapping[str, CostReport]) -> show.Shown:
    """What papers print, beside what was counted here."""
    paper = published(**VGG).iloc[0]
    v1 = published(source="mobilenet_v1", table="Table 6", width=1.0).iloc[0]
    v2 = published(model="MobileNetV2", source="mobilenet_v2").iloc[0]
    convs = sum(row.macs for row in vgg.rows if row.op == "conv2d")
    v1_macs, v2_macs = (costs[name].macs for name in ("mobilenet_v1", "mobilenet_v2"))
    lines = [
        (
            f"VGG-16 takes {paper.macs_m:,.0f} M MACs",
            paper.citation,
            f"{_millions(vgg.macs)}, of it {_millions(convs)} in convolutions",
            "fits the convolutions alone",
        ),
        (f"VGG-16 has {paper.params_m:,.0f} M parameters", paper.citation, _millions(vgg.params), "holds"),
        (f"MobileNetV1 takes {v1.macs_m:,.0f} M MACs", v1.citation, _millions(v1_macs), "holds"),
        (f"MobileNetV2 takes {v2.macs_m:,.0f} M MACs", v2.citation, _millions(v2_macs), "holds"),
        (
            f"so it needs {paper.macs_m / v2.macs_m:.0f} times fewer than VGG-16",
            "the first and the fourth",
            f"{vgg.macs / v2_macs:.1f} times",
            "holds",
        ),
    ]
    return show.table(lines, head=("claim", "by", "measured here", "verdict"))


def _millions(number: float) -> str:
    return f"{number / 1e6:,.1f} M"


def _by_family(points: Sequence[Point] | None) -> dict[str, list[Point]]:
    every = points or paper_points()
    return {family: own for family in PAPERS if (own := [point for point in every if point.family == family])}
