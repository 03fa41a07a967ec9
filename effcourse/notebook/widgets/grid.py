"""The exact cost of one network at every setting that an explorer offers, as plain data.

The only place of ``widgets`` that knows models: ``build`` makes one, and ``trace`` prices it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from numbers import Integral, Real
from typing import Any

from torch import nn

from ...common.errors import check_count, check_positive, unknown_name
from ...cost import CostReport, trace
from ...models import create_model, list_models
from ...models.efficientnet import EfficientNet, EfficientNetConfig, compound_departures
from ...models.meta import weightless
from ...models.shufflenet_v2 import WIDTHS as SHUFFLENET_WIDTHS
from ...papers.figures import published

Network = str | Callable[[float], nn.Module]  # a name of list_models(), or a function of the width
QUANTITIES = ("macs", "params", "activations")
LABELS = {  # what a setting is called, and its unit
    "width_mult": ("Width multiplier α", ""),
    "phi": ("Compound coefficient φ", ""),
    "expand_ratio": ("Expansion ratio t", ""),
    "ratio": ("Ghost ratio s", ""),
    "input_size": ("Input resolution", "pixels"),
}
SIZES = (*range(96, 224, 16), 224, 225, *range(240, 289, 16))
FEWER_SIZES = (*range(96, 224, 32), 224, 225, 256, 288)  # where there is a third axis
WIDTHS = (0.25, 0.35, 0.5, 0.6, 0.75, 0.9, 1.0, 1.1, 1.25, 1.4)
PHIS = tuple(range(7))
# 225 is no mistake: one pixel more than 224 tips every layer of stride 2 over an edge
AXES: dict[str, dict[str, Sequence[float]]] = {
    "mobilenet_v1": {"width_mult": WIDTHS, "input_size": SIZES},
    "mobilenet_v2": {
        "width_mult": (0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
        "expand_ratio": (1, 2, 4, 6, 8),
        "input_size": FEWER_SIZES,
    },
    "mobilenet_v3_small": {"width_mult": WIDTHS, "input_size": SIZES},
    "mobilenet_v3_large": {"width_mult": WIDTHS, "input_size": SIZES},
    "shufflenet_v2": {"width_mult": tuple(SHUFFLENET_WIDTHS), "input_size": SIZES},
    "ghostnet": {
        "width_mult": (0.5, 0.75, 1.0, 1.3),
        "ratio": (1, 2, 3, 4, 5),
        "input_size": (128, 160, 192, 224, 225, 256),
    },
}
# One source a network, for sources differ in training recipe: what ``published`` is asked.
SOURCES: dict[str, dict[str, str]] = {
    "mobilenet_v1": {
        "model": "MobileNet_v1 checkpoint (float)",
        "source": "tensorflow/models research/slim/nets/mobilenet_v1.md @02c04f49",
    },
    "mobilenet_v2": {"model": "mobilenet_v2 checkpoint (float)"},
    "mobilenet_v3_small": {"model": "V3-Small", "where": "Appendix A, Table 9"},
    "mobilenet_v3_large": {"model": "V3-Large", "where": "Appendix A, Table 9"},
    "shufflenet_v2": {"model": "ShuffleNet v2", "where": "Table 8 (FLOPs, error, speed); params Table 5"},
    "ghostnet": {"model": "GhostNet", "where": "Table 7 (table number unconfirmed)"},
    "efficientnet": {"source": "arXiv:1905.11946 (original 2019 text)", "where": "Table 2"},
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
    with weightless():
        if "phi" in settings:
            config = EfficientNetConfig.compound(settings["phi"])
            return EfficientNet(replace(config, lite=network == "efficientnet_lite0"))
        return create_model(network, **settings)


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
        title = _title(network, baseline.name)
        accuracy, source = _accuracy(network, axes)
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
    return str(int(value)) if isinstance(value, Integral) else str(float(f"{value:.4g}"))


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
    elif network not in list_models():
        raise unknown_name("model", network, list_models())
    elif network.startswith("efficientnet"):
        rule = {phi: EfficientNetConfig.compound(phi) for phi in PHIS}
        released = [c.input_size for c in EfficientNetConfig.CONFIGS.values()]
        axes = {"phi": PHIS, "input_size": [*(c.input_size for c in rule.values()), *released]}
        follows["phi"] = {p: {"input_size": c.input_size, "width_mult": c.width_mult} for p, c in rule.items()}
        if widths is not None:
            raise ValueError(f"{network} takes no widths: phi sets its width, depth and resolution together")
        if sizes is not None:
            follows["phi"] = {p: {"width_mult": c.width_mult} for p, c in rule.items()}
    else:
        axes = dict(AXES[network])
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
    wanted: dict[str, float] = {"width_mult": 1.0, "expand_ratio": 6, "ratio": 2, "phi": 0, "input_size": native}
    if isinstance(network, str) and "phi" in axes:
        fits = {f"efficientnet_{d.name}": d.phi for d in compound_departures()}
        wanted["phi"] = min(axes["phi"], key=lambda phi: abs(phi - fits.get(network, 0)))
        wanted["input_size"] = EfficientNetConfig.compound(wanted["phi"]).input_size
    return {name: min(values, key=lambda v: abs(v - wanted[name])) for name, values in axes.items()}


def _index(axes: dict[str, tuple[float, ...]], point: dict[str, float]) -> int:
    """Where a setting stands among the combinations of the axes' values."""
    index = 0
    for name, values in axes.items():
        index = index * len(values) + values.index(point[name])
    return index


def _title(network: str, name: str) -> str:
    family, _, variant = network.partition("_")
    return f"{name}-{variant.title()}" if family == "efficientnet" else name


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


def _accuracy(network: str, axes: dict[str, tuple[float, ...]]) -> tuple[list[dict[str, Any]], str]:
    """Published top-1 figures of one source, and the source."""
    family = "efficientnet" if network.startswith("efficientnet_b") else network
    if family not in SOURCES:
        return [], ""
    points = []
    figures = published(**SOURCES[family])
    for row in figures[figures["top1"].notna() & figures["macs_m"].notna()].to_dict("records"):
        if family == "efficientnet":
            label = row["model"].removeprefix("EfficientNet-")
            at = {"phi": 0, "input_size": int(row["resolution"])} if label == "B0" else None  # the others: no whole phi
        else:
            at = {"width_mult": row["width"], "input_size": int(row["resolution"])}
            at |= {name: value for name, value in (("expand_ratio", 6), ("ratio", 2)) if name in axes}
            label = f"{number(row['width'])} at {at['input_size']}"
        points.append({"at": at, "label": label, "macs": round(row["macs_m"] * 1e6), "top1": row["top1"]})
    first = figures.iloc[0]
    return points, f"{first['source']}, {first['where']}"


def matches(value: Any, values: Iterable[float]) -> float | None:
    """The one of ``values`` that ``value`` means, up to rounding; None if there is none."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    return next((v for v in values if math.isclose(value, v, rel_tol=1e-6)), None)
