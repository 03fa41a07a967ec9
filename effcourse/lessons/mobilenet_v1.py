"""Chapter 3: what two channel rules, two knobs and a few published tables come to when somebody counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..cost import CostReport
from ..measure import LayerTime
from ..notebook import plots, show
from ..papers.checkpoints import Checkpoint
from ..papers.figures import published, published_table
from ..papers.pareto import best_within

KINDS = ("pointwise", "depthwise", "first convolution", "classifier")
ROUNDING = 0.6e6  # MACs: a page that rounds to millions may be half a million off, and a little
BETWEEN = "batch norm, ReLU6"


def two_rules(costs: Mapping[float, Sequence[CostReport]], rules: Sequence[Any]) -> show.Shown:
    """MACs at each α by two rules for channels, and what 64 channels become."""
    rows = []
    for width, (own, other) in costs.items():
        change = "the same" if own.macs == other.macs else f"{other.macs / own.macs - 1:+.1%}"
        rows.append((width, 64 * width, *(rule(64, width) for rule in rules), own.macs, change))
    head = ("α", "64 α", "the authors' rule", "multiple of 8", "MACs, authors' rule", "MACs, multiples of 8")
    return show.table(rows, head=head)


def stride_verdict(costs: Mapping[int, CostReport]) -> str:
    """Which stride of the last block gives the MACs that the paper prints."""
    paper = published(source="mobilenet_v1", model="MobileNet (depthwise separable)").iloc[0]
    lines = [f"the paper's Table 4: {paper.macs_m:.0f} M MACs"]
    for stride, cost in costs.items():
        fits = "fits" if abs(cost.macs / 1e6 - paper.macs_m) <= 0.5 else "does not fit"
        lines.append(f"last block with stride {stride}: {cost.macs / 1e6:.1f} M MACs, {fits}")
    return "\n".join(lines)


def resolutions(costs: Mapping[int, CostReport]) -> show.Shown:
    """What the size of the picture does to one network, the first size being the whole."""
    whole = next(iter(costs.values()))
    first = next(iter(costs))
    rows = []
    for size, cost in costs.items():
        last = next(row for row in cost.rows if row.op == "adaptive_avg_pool2d").in_shape
        shape = "×".join(map(str, last[1:])) if last else ""
        activations = cost.activations / whole.activations
        shares = (cost.macs / whole.macs, activations, cost.params / whole.params)
        rows.append((size, shape, (size / first) ** 2, *shares))
    head = ("pixels", "before the average", "ρ²", "MACs", "activations", "parameters")
    return show.table(rows, head=head, digits=3, caption=f"MACs, activations, parameters: 1 is the network at {first}")


def paper_rows() -> Any:
    """The paper's own MobileNets of Tables 5 to 9, each once: Table 4 was chapter 2's, Table 8 repeats Table 6."""
    rows = published(source="mobilenet_v1", family="MobileNetV1")
    return rows[rows.table != "Table 4"].reset_index(drop=True)


def against_paper(paper: Any, ours: Sequence[CostReport]) -> show.Shown:
    """MACs of the paper beside those counted."""
    rows = []
    for p, cost in zip(paper.itertuples(), ours, strict=True):
        off = f"{cost.macs / (p.macs_m * 1e6) - 1:+.2%}"
        rows.append((p.table, p.model, p.width, int(p.resolution), p.macs_m, cost.macs / 1e6, off))
    head = ("table", "network", "α", "pixels", "paper (M MACs)", "counted (M MACs)", "difference")
    return show.table(rows, head=head, digits={"α": 2, "paper (M MACs)": 0, "counted (M MACs)": 2})


def paper_verdict(paper: Any, ours: Sequence[CostReport]) -> str:
    """How far the paper's column is from the count."""
    pairs = [(cost.macs / 1e6, p.macs_m) for p, cost in zip(paper.itertuples(), ours, strict=True)]
    worst = max(abs(counted / printed - 1) for counted, printed in pairs)
    most = max(abs(counted - printed) for counted, printed in pairs)
    close = "each less than a million MACs away" if most < 1 else f"one of them {most:.1f} M MACs away"
    return f"{len(pairs)} networks, all within {worst:.1%}, {close}"


def table_2(macs: Mapping[str, int], weights: Mapping[str, int]) -> show.Shown:
    """Shares of MACs and weights by kind of layer, beside those that the paper's Table 2 prints."""
    printed = {row.layer: row for row in published_table("mobilenet_v1_layer_types").itertuples()}
    rows: list[tuple[Any, ...]] = []
    for kind in KINDS:
        p, mac, weight = printed[kind], macs[kind] / sum(macs.values()), weights[kind] / sum(weights.values())
        rows.append((kind, macs[kind], 100 * mac, p.macs_percent, 100 * weight, p.params_percent))
    totals = [sum(float(row[i]) for row in rows) for i in range(2, 6)]
    rows.append(("sum", sum(macs.values()), *totals))
    head = ("kind of layer", "MACs", "of the MACs (%)", "Table 2 (%)", "of the weights (%)", "Table 2: weights (%)")
    return show.table(rows, head=head)


def shares(costs: Mapping[float, Mapping[str, int]]) -> show.Shown:
    """The share of MACs that is not pointwise, at each α."""
    of = {kind: [100 * macs[kind] / sum(macs.values()) for macs in costs.values()] for kind in KINDS}
    widths, whole = list(costs), sum(next(iter(costs.values())).values())
    last = sum(costs[widths[-1]].values())
    figure = plots.lines(
        {kind: (widths, of[kind]) for kind in KINDS[1:]},
        title="The thinner the network, the more of it is not pointwise",
        xlabel="width multiplier α",
        ylabel="part of the MACs (%)",
    )
    said = "; ".join(f"{kind} {of[kind][0]:.1f} % and {of[kind][-1]:.1f} %" for kind in KINDS)
    return show.figure(
        figure,
        alt=f"Parts of the MACs against the width multiplier, three rising curves towards small widths. At α = "
        f"{widths[0]:g} and at α = {widths[-1]:g}: {said}. At α = {widths[-1]:g} the network takes "
        f"{whole / last:.2f} times fewer MACs, where the square would be {widths[-1] ** -2:.0f} times.",
    )


def stages(report: CostReport) -> show.Shown:
    """Parameters, MACs and activations by stage."""
    rows = [row for row in report.by_stage() if row.params]
    figure = plots.bars(
        rows,
        {"params": "parameters", "macs": "MACs", "activations": "numbers written"},
        title="Parameters come late, numbers early, and MACs where most blocks are",
    )
    parts = [
        f"{row.name} {row.params / report.params:.1%}, {row.macs / report.macs:.1%} and "
        f"{row.activations / report.activations:.1%}"
        for row in rows
    ]
    return show.figure(
        figure,
        alt="Bars for each stage of MobileNetV1: its part of the parameters, of the MACs and of the numbers written. "
        f"{'; '.join(parts)}.",
    )


def time_by_kind(times: Sequence[LayerTime]) -> dict[str, tuple[int, float]]:
    """MACs and milliseconds of each kind of layer; what has no MACs is together."""
    sums: dict[str, tuple[int, float]] = dict.fromkeys((*KINDS, BETWEEN), (0, 0.0))
    names = {"pointwise": "pointwise", "depthwise": "depthwise", "dense": "first convolution", "linear": "classifier"}
    for one in times:
        kind = names.get(one.row.kind, BETWEEN)
        macs, ms = sums[kind]
        sums[kind] = macs + one.row.macs, ms + one.ms
    return sums


def time_figure(times: Sequence[LayerTime]) -> show.Shown:
    """Where the MACs are and where the time goes."""
    sums = time_by_kind(times)
    rows = [{"name": kind, "macs": macs, "ms": ms} for kind, (macs, ms) in sums.items()]
    figure = plots.bars(
        rows, {"macs": "MACs", "ms": "milliseconds"}, title="Where the MACs are, and where the time goes"
    )
    total, whole = sum(ms for _, ms in sums.values()), sum(macs for macs, _ in sums.values())
    said = "; ".join(f"{kind} {macs / whole:.1%} and {ms / total:.0%}" for kind, (macs, ms) in sums.items())
    return show.figure(figure, alt=f"Bars for each kind of layer: its part of the MACs and of the time here. {said}.")


def time_verdict(times: Sequence[LayerTime]) -> str:
    """What the clock says to "95 % of its computation time in 1x1 convolutions"."""
    sums = time_by_kind(times)
    total, whole = sum(ms for _, ms in sums.values()), sum(macs for macs, _ in sums.values())
    macs, ms = sums["pointwise"]
    verdict = "about as in the MACs" if abs(ms / total - macs / whole) < 0.05 else "not the same thing"
    return (
        f"1×1 convolutions here: {macs / whole:.1%} of the MACs, {ms / total:.0%} of the time: {verdict}.\n"
        f"Layers that have no MACs at all take {sums[BETWEEN][1] / total:.0%} of the time."
    )


def branches(checkpoints: Sequence[Checkpoint]) -> show.Shown:
    """The sixteen against their MACs, a branch for each α."""
    points = [
        {
            "macs": c.macs,
            "top1": c.top1,
            "name": f"α = {c.width:g}",
            "label": str(c.size) if c.size in (128, 224) else None,
        }
        for c in checkpoints
    ]
    figure = plots.scatter(
        points,
        x="macs",
        y="top1",
        group="name",
        label="label",
        title="Sixteen checkpoints: each α is a branch, each point a resolution",
        xlabel="MACs for one image (traced)",
        ylabel="ImageNet top-1 accuracy (%, as published)",
        log_x=True,
    )
    figure.axes[0].set_xticks([12.5e6, 25e6, 50e6, 100e6, 200e6, 400e6])
    return show.figure(
        figure,
        alt="Scatter plot of published top-1 accuracy against traced MACs on a logarithmic axis, a branch for each "
        "width, its points the input sides 128 to 224. The branch of width 0.25 ends far below where that of 0.5 "
        "begins. Where 0.5 and 0.75 overlap, the wider one with the smaller picture is above. The branches of 0.75 "
        "and 1 run nearly together. The table before this has the points.",
    )


def beaten_verdict(checkpoints: Sequence[Checkpoint]) -> str:
    """Which checkpoints another one beats in accuracy without costing more."""
    lines = []
    for c in checkpoints:
        best = best_within(checkpoints, {"macs": c.macs})
        if best and best.top1 > c.top1:
            lines.append(
                f"{c.name} ({c.macs / 1e6:.1f} M MACs, {c.top1} %) is beaten by {best.name} "
                f"({best.macs / 1e6:.1f} M, {best.top1} %): {best.top1 - c.top1:.1f} points"
            )
    return "\n".join((f"{len(lines)} of {len(checkpoints)} are beaten:", *lines))


def shape_verdict(thin: Any, shallow: Any, costs: Sequence[CostReport], checkpoints: Sequence[Checkpoint]) -> str:
    """Thin against shallow, and what a few per cent of MACs buy elsewhere."""
    at = {(c.width, c.size): c for c in checkpoints}
    less, more = at[0.75, 192], at[0.75, 224]
    lines = [
        f"{name}: {cost.macs / 1e6:.1f} M MACs, {cost.params / 1e6:.1f} M parameters, {p.top1} %"
        for name, p, cost in zip(("thin", "shallow"), (thin, shallow), costs, strict=True)
    ]
    lines.append(
        f"{thin.top1 - shallow.top1:+.1f} points for the thin one, which has {costs[0].macs / costs[1].macs - 1:.0%} "
        f"more MACs ({thin.citation})"
    )
    lines.append(
        f"for comparison, α = 0.75 at 224 instead of 192: {more.macs / less.macs - 1:.0%} more MACs, "
        f"{more.top1 - less.top1:+.1f} points"
    )
    return "\n".join(lines)


def off_the_page(checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    """Those whose MACs on the authors' page are not the count's, rounded."""
    return [c for c in checkpoints if abs(c.macs - c.page_macs * 1e6) > ROUNDING]


def page_table(checkpoints: Sequence[Checkpoint]) -> show.Shown:
    """The checkpoints whose MACs the page has otherwise."""
    off = off_the_page(checkpoints)
    rows = [(c.name, c.page_macs, c.macs / 1e6, c.macs / 1e6 - c.page_macs) for c in off]
    head = ("checkpoint", "page (M MACs)", "traced (M MACs)", "missing on the page (M)")
    caption = f"{len(checkpoints) - len(off)} of {len(checkpoints)} agree; these do not"
    return show.table(rows, head=head, digits={"page (M MACs)": 0, "traced (M MACs)": 1}, caption=caption)


def without(checkpoints: Sequence[Checkpoint], macs: Mapping[str, Sequence[int]], kind: str) -> str:
    """Whether the page's numbers are the count without one kind of layer; ``macs`` has its MACs, by kind."""
    lines, fits = [f"traced, without what is {kind}:"], 0
    off = off_the_page(checkpoints)
    for c, part in zip(off, macs[kind], strict=True):
        left = (c.macs - part) / 1e6
        fit = abs(left - c.page_macs) <= 0.5
        fits += fit
        lines.append(f"{c.name}: {left:.2f} M, page {c.page_macs:.0f} M{', fits' if fit else ''}")
    lines.append(f"{fits} of {len(off)} fit")
    small = next(i for i, c in enumerate(off) if c.size == 128)
    left = off[small].macs - macs["classifier"][small]
    lines.append(f"{off[small].name}, all but the classifier: {left:,} MACs")
    return "\n".join(lines)


def claims(
    full: CostReport, half: CostReport, macs: Mapping[str, int], checkpoints: Sequence[Checkpoint]
) -> show.Shown:
    """What was claimed, what was measured, and what to hold of it."""
    at = {(c.width, c.size): c for c in checkpoints}
    paper = paper_rows()
    own = paper[(paper.table == "Table 6") & (paper.width == 1.0)].iloc[0]
    thin, shallow = (paper[paper.model.str.contains(word)].iloc[0] for word in ("narrow", "Shallow"))
    return show.table(
        [
            (
                f"MobileNetV1 takes {own.macs_m:.0f} M MACs and has {own.params_m} M parameters",
                "[1], Table 6",
                f"{full.macs / 1e6:.1f} M, {full.params / 1e6:.2f} M",
                "holds",
            ),
            (
                "half the width is half the work",
                "a natural guess",
                f"{full.macs / half.macs:.2f} times fewer MACs",
                "wrong: nearly the square",
            ),
            (
                "95 % of its computation time is in 1×1 convolutions",
                "[1], Section 3.2",
                f"{macs['pointwise'] / full.macs:.1%} of the MACs",
                "true of MACs; of time, see your clock",
            ),
            (
                "the first convolution has "
                f"{published_table('mobilenet_v1_layer_types').macs_percent[2]} % of the MACs",
                "[1], Table 2",
                f"{macs['first convolution'] / full.macs:.2%}",
                "two digits swapped, as it seems",
            ),
            (
                "thin is better than shallow",
                "[1], Table 5",
                f"{thin.top1 - shallow.top1:+.1f} points published",
                "one pair of networks",
            ),
            (
                f"α = 0.75 takes {at[0.75, 224].page_macs:.0f} M MACs",
                "[3]",
                f"{at[0.75, 224].macs / 1e6:.1f} M",
                "too few; why is a reading",
            ),
            (
                f"the same network reaches {own.top1} % and {at[1.0, 224].top1} %",
                "[1] and [3]",
                "not measured here",
                "two trainings",
            ),
        ],
        head=("claim", "by", "measured here", "verdict"),
    )
