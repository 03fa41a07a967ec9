"""The exact cost of one network at every setting that an explorer offers, as plain data.

The only place of ``widgets`` that knows models: ``build`` makes one, and ``trace`` prices it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from numbers import Integral, Real
from typing import Any

from torch import nn

from ...common.errors import check_count, check_positive
from ...common.numbers import four_digits
from ...cost import CostReport, trace
from ...models import find_network
from ...models.family import SIZES, WIDTHS, Family, Network as Record
from ...models.meta import weightless
from ...papers.figures import cite, published

Network = str | Callable[[float], nn.Module]  # a name of list_models(), or a function of the width
QUANTITIES = ("macs", "params", "activations")
LABELS = {  # what a setting is called, and its unit
    "width_mult": ("Width multiplier α", ""),
    "phi": ("Compound coefficient φ", ""),
    "expand_ratio": ("Expansion ratio t", ""),
    "ratio": ("Ghost ratio s", ""),
    "input_size": ("Input resolution", "pixels"),
}


@dataclass(frozen=True)
class Grid:
    """Costs by stage at every combination of the axes' values.

    Attributes:
        network: what was priced.
        title: its name in words.
        axes: a setting's name and its values from small to large; ``input_size`` comes last.
        start: the setting at which to begin; the network as published, where the grid has it.
        follows: what a setting sets along with itself: ``{"phi": {1: {"input_size": 258, ...}}}``.
        stages: names of the network's parts. Those that neither learn nor multiply are together "pooling etc.".
        macs, activations: a number for each stage, at every combination in ``itertools.product``'s order.
        params: the same once for all sizes, since the resolution changes no weight.
        baseline: a number for each stage and quantity of the network as published; ``baseline_text`` says which that
            is, and ``compared`` ends the sentence "1.4 times as many ...".
        accuracy: published figures: ``at`` (a setting or None), ``label``, ``macs``, ``top1``; ``source`` names theirs.
    """

    network: Network
    title: str
    axes: dict[str, tuple[float, ...]]
    start: dict[str, float]
    follows: dict[str, dict[float, dict[str, float]]]
    stages: tuple[str, ...]
    macs: list[list[int]]
    activations: list[list[int]]
    params: list[list[int]]
    baseline: dict[str, list[int]]
    baseline_text: str
    compared: str
    accuracy: list[dict[str, Any]]
    source: str

    def costs(self, point: dict[str, float]) -> dict[str, list[int]]:
        """A number for each stage and quantity."""
        index = _index(self.axes, point)
        params = self.params[index // len(self.axes["input_size"])]
        return {"macs": self.macs[index], "params": params, "activations": self.activations[index]}

    def report(self, point: dict[str, float]) -> CostReport:
        """The setting priced anew, operation by operation."""
        settings = {name: value for name, value in point.items() if name != "input_size"}
        return trace(build(self.network, **settings), int(point["input_size"]))

    def words(self, point: dict[str, float]) -> str:
        """width_mult 0.5, input_size 160."""
        return ", ".join(f"{name} {number(point[name])}" for name in self.axes)


def build(network: Network, **settings: float) -> nn.Module:
    """The network at a setting, on the meta device: its weights have shapes and no numbers.

    Without a setting it is the network as published.
    """
    if not isinstance(network, str):
        try:
            with weightless():
                model = network(settings["width_mult"])
        except (NotImplementedError, RuntimeError):  # some constructors need numbers: torch.linspace(...).tolist()
            model = network(settings["width_mult"])
        if not isinstance(model, nn.Module):
            raise ValueError(f"the function must make an nn.Module, got {model!r} for {settings['width_mult']}")
        return model
    _, record = find_network(network)
    with weightless():
        return (record.at or record.build)(**settings) if settings else record.build()


def make_grid(network: Network, widths: Iterable[float] | None = None, sizes: Iterable[int] | None = None) -> Grid:
    """Price ``network`` at every setting: each width is built once, and traced at each resolution.

    Args:
        network: a name of ``list_models()``, or a function of the width that returns a module.
        widths: in place of the network's own.
        sizes: in place of the network's own.

    Raises:
        ValueError: an unknown name, no widths, a width or size out of range, or a network that cannot be priced.
    """
    axes, follows = _axes(network, widths, sizes)
    *settings, resolutions = axes.values()
    native = 224
    reports: list[CostReport] = []
    for values in product(*settings):
        model = build(network, **dict(zip(axes, values, strict=False)))
        reports += [trace(model, int(size)) for size in resolutions]
        native = getattr(model, "input_size", native)

    accuracy: list[dict[str, Any]] = []
    source = ""
    if isinstance(network, str):
        published_network = build(network)
        native = getattr(published_network, "input_size", native)
        start = _start(network, axes, native)
        baseline = trace(published_network, native)
        baseline_text, compared = f"as published, at {native} pixels", "as published"
        family, record = find_network(network)
        title = record.label
        accuracy, source = _accuracy(family, record)
    else:
        start = _start(network, axes, native)
        baseline = reports[_index(axes, start)]
        width, size = map(number, start.values())
        baseline_text, compared = f"at width {width} and {size} pixels", f"as at width {width}"
        title = getattr(network, "__name__", "<lambda>")
        title = baseline.name if title == "<lambda>" else title

    stages, columns = _by_stage([*reports, baseline])
    return Grid(
        network=network,
        title=title,
        axes=axes,
        start=start,
        follows=follows,
        stages=stages,
        macs=columns["macs"][:-1],
        activations=columns["activations"][:-1],
        params=columns["params"][: -1 : len(resolutions)],
        baseline={quantity: columns[quantity][-1] for quantity in QUANTITIES},
        baseline_text=baseline_text,
        compared=compared,
        accuracy=accuracy,
        source=source,
    )


def number(value: float) -> str:
    """1.0, 0.125, 1.331 and 224: four digits that matter; a float stays one in print."""
    return str(int(value)) if isinstance(value, Integral) else str(four_digits(value))


def _axes(
    network: Network, widths: Iterable[float] | None, sizes: Iterable[int] | None
) -> tuple[dict[str, tuple[float, ...]], dict[str, dict[float, dict[str, float]]]]:
    follows: dict[str, dict[float, dict[str, float]]] = {}
    axes: dict[str, Sequence[float]]
    if not isinstance(network, str):
        if not callable(network) or isinstance(network, nn.Module):
            raise ValueError(
                f"network must be a name, such as 'mobilenet_v2', or a function that makes a module from a width, "
                f"got {type(network).__name__}"
            )
        axes = {"width_mult": WIDTHS, "input_size": SIZES}
    else:
        family, _ = find_network(network)
        if widths is not None and not family.has_widths:
            first, *_ = family.axes
            raise ValueError(f"{network} takes no widths: {first} sets its width, depth and resolution together")
        axes = dict(family.axes)
        for name, values in family.follows.items():
            kept = [key for key in next(iter(values.values())) if key != "input_size" or sizes is None]
            follows[name] = {at: {key: sets[key] for key in kept} for at, sets in values.items()}
    if widths is not None:
        axes["width_mult"] = _given("widths", widths, check_positive)
    if sizes is not None:
        axes["input_size"] = _given("sizes", sizes, check_count)
    return {name: tuple(sorted(set(values))) for name, values in axes.items()}, follows


def _given(name: str, values: Iterable[float], check: Callable[..., None]) -> list[float]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise ValueError(f"{name} must be a list of numbers, got {values!r}")
    values = list(values)
    if not values:
        raise ValueError(f"{name} must hold at least one number, got none")
    for i, value in enumerate(values):
        check(**{f"{name}[{i}]": value})
    return [int(v) if isinstance(v, Integral) else float(v) for v in values]


def _start(network: Network, axes: dict[str, tuple[float, ...]], native: int) -> dict[str, float]:
    """The setting nearest to the network as published."""
    wanted: dict[str, float] = {"width_mult": 1.0, "input_size": native}
    if isinstance(network, str):
        wanted |= find_network(network)[1].start
    return {name: min(values, key=lambda v: abs(v - wanted[name])) for name, values in axes.items()}


def _index(axes: dict[str, tuple[float, ...]], point: dict[str, float]) -> int:
    """Where a setting stands among the combinations of the axes' values."""
    index = 0
    for name, values in axes.items():
        index = index * len(values) + values.index(point[name])
    return index


def _by_stage(reports: list[CostReport]) -> tuple[tuple[str, ...], dict[str, list[list[int]]]]:
    """The stages of all reports in their order, and for each quantity and report a number a stage."""
    parts = [{stage.name: stage for stage in report.by_stage()} for report in reports]
    names = list(dict.fromkeys(name for part in parts for name in part))
    large = [n for n in names if any(p[n].params or p[n].macs for p in parts if n in p)]
    small = [n for n in names if n not in large]
    columns: dict[str, list[list[int]]] = {}
    for quantity in QUANTITIES:
        columns[quantity] = [
            [getattr(part[n], quantity) if n in part else 0 for n in large]
            + [sum(getattr(part[n], quantity) for n in small if n in part)] * bool(small)
            for part in parts
        ]
    return (*large, *["pooling etc."] * bool(small)), columns


def _accuracy(family: Family, record: Record) -> tuple[list[dict[str, Any]], str]:
    """Published top-1 figures of one source, and the source."""
    if record.figures is None:
        return [], ""
    points = []
    figures = published(**record.figures)
    for row in figures[figures["top1"].notna() & figures["macs_m"].notna()].to_dict("records"):
        size = int(row["resolution"])
        at: dict[str, float] | None
        if family.has_widths:
            at = {**record.start, "width_mult": row["width"], "input_size": size}
            label = f"{number(row['width'])} at {size}"
        else:
            _, own = find_network(row["network"])
            at = dict(own.start) if own.start_is_published else None
            label = own.label.removeprefix(f"{family.label}-")
        points.append({"at": at, "label": label, "macs": round(row["macs_m"] * 1e6), "top1": row["top1"]})
    first = figures.iloc[0]
    return points, cite(first["source"], first["table"])


def matches(value: Any, values: Iterable[float]) -> float | None:
    """The one of ``values`` that ``value`` means, up to rounding; None if there is none."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    return next((v for v in values if math.isclose(value, v, rel_tol=1e-6)), None)
