"""The course's networks by name."""

from __future__ import annotations

from inspect import signature
from typing import Any

from torch import nn

from ..common.errors import unknown_name
from . import efficientnet, ghostnet, mobilenet_v1, mobilenet_v2, mobilenet_v3, shufflenet_v2
from .family import Family, Network

# in the order in which the course meets them
FAMILIES: tuple[Family, ...] = tuple(
    module.FAMILY for module in (mobilenet_v1, mobilenet_v2, mobilenet_v3, shufflenet_v2, efficientnet, ghostnet)
)
_BY_NAME = {network.name: (family, network) for family in FAMILIES for network in family.networks}


def list_models() -> list[str]:
    """The names that ``create_model`` takes, in the order in which the course meets them."""
    return list(_BY_NAME)


def find_network(name: str) -> tuple[Family, Network]:
    """The records of a network and of its family.

    Raises:
        ValueError: an unknown name.
    """
    if name not in _BY_NAME:
        raise unknown_name("model", name, _BY_NAME)
    return _BY_NAME[name]


def create_model(name: str, **kwargs: Any) -> nn.Module:
    """Build a network by name, with fresh random weights.

    Args:
        name: one of ``list_models()``.
        kwargs: the network's own arguments, such as ``num_classes`` and ``width_mult``.

    Raises:
        ValueError: an unknown name, or an argument that this network does not take.
    """
    _, network = find_network(name)
    taken = [p for p in signature(network.build).parameters if p != "model_name"]
    for key in kwargs:
        if key not in taken:
            raise unknown_name(f"argument of {name}", key, taken)
    return network.build(**kwargs)
