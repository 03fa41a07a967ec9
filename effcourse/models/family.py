"""What the library knows of a family besides its code: one record, at the end of the family's own file.

``create_model``, the explorers, the comparison, the pretrained weights and the tests read it; nobody else names a
family.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import import_module
from typing import Any, NamedTuple

from torch import nn

_MISSING: Any = object()

# An explorer's usual settings. 225 is no mistake: one pixel more than 224 tips every layer of stride 2 over an edge.
WIDTHS = (0.25, 0.35, 0.5, 0.6, 0.75, 0.9, 1.0, 1.1, 1.25, 1.4)
SIZES = (*range(96, 224, 16), 224, 225, *range(240, 289, 16))
FEWER_SIZES = (*range(96, 224, 32), 224, 225, 256, 288)  # where there is a third axis


class Reference(NamedTuple):
    """Somebody else's implementation, which decides shape and counts.

    Attributes:
        module, builder: where it is; "{}" in the builder's name stands for the width, as in ``shufflenet_v2_x{}``.
        arguments: to call it with. width: the keyword of its width multiplier, "" where it has none.
    """

    module: str
    builder: str
    arguments: tuple[Any, ...] = ()
    width: str = ""

    def build(self, width_mult: float = 1.0) -> nn.Module:
        """The network at a width, with random weights; ImportError where the library is not installed."""
        name = self.builder.format(f"{width_mult:.1f}".replace(".", "_"))
        keywords = {self.width: width_mult} if self.width else {}
        return getattr(import_module(self.module), name)(*self.arguments, **keywords)


@dataclass(frozen=True)
class Network:
    """One name of ``list_models()``.

    Attributes:
        name: for ``create_model``. label: as a table calls it.
        build: makes it; its keyword arguments are ``create_model``'s.
        reference: whose parameters and MACs it equals. outputs: whose outputs, where that is another one.
        paper: what ``published`` is asked for the figures of its own paper, one dict a table; () where there is none.
        figures: what ``published`` is asked for the accuracies that the explorer shows, all of one training recipe;
            None: it shows none.
        weights: torchvision's name of the network whose ImageNet weights fit, or the package that brings some; None:
            there are none.
        at: makes the network at a setting of the explorer's axes; by default ``build``.
        start: the setting of the explorer that is the published network or, with ``start_is_published`` False, the
            nearest to it. What is not named is the network's own.
    """

    name: str
    label: str = _MISSING
    build: Callable[..., nn.Module] = _MISSING
    reference: Reference = _MISSING
    paper: Sequence[Mapping[str, Any]] = _MISSING
    figures: Mapping[str, Any] | None = _MISSING
    weights: str | None = _MISSING
    outputs: Reference | None = None
    at: Callable[..., nn.Module] | None = None
    start: Mapping[str, float] = field(default_factory=lambda: {"width_mult": 1.0})
    start_is_published: bool = True

    def __post_init__(self) -> None:
        _check_complete(self, f"network {self.name!r}")


@dataclass(frozen=True)
class Family:
    """Networks of one paper.

    Attributes:
        label: as a table calls it; also the family of its rows in ``published``.
        axes: the explorer's settings and their values; ``input_size`` comes last.
        networks: its members, in the order in which ``list_models`` names them.
        follows: what a setting sets along with itself: ``{"phi": {1: {"input_size": 258}}}``.
    """

    label: str
    axes: Mapping[str, Sequence[float]] = _MISSING
    networks: Sequence[Network] = _MISSING
    follows: Mapping[str, Mapping[float, Mapping[str, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_complete(self, f"family {self.label!r}")
        if list(self.axes)[-1:] != ["input_size"]:
            raise ValueError(f"the axes of the family {self.label!r} must end with input_size, got {list(self.axes)}")

    @property
    def has_widths(self) -> bool:
        """Whether its networks take a width multiplier."""
        return "width_mult" in self.axes


def _check_complete(record: Any, what: str) -> None:
    missing = [f.name for f in fields(record) if getattr(record, f.name) is _MISSING]
    if missing:
        raise ValueError(
            f"the record of the {what} lacks {', '.join(missing)}; effcourse/models/family.py says what for"
        )
