"""The course's networks by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import Any

from torch import nn

from ..common.errors import unknown_name
from .efficientnet import EfficientNet, EfficientNetConfig
from .ghostnet import GhostNet
from .mobilenet_v1 import MobileNetV1
from .mobilenet_v2 import MobileNetV2
from .mobilenet_v3 import MobileNetV3Large, MobileNetV3Small
from .shufflenet_v2 import ShuffleNetV2

_MODELS: dict[str, Callable[..., nn.Module]] = {
    "mobilenet_v1": MobileNetV1,
    "mobilenet_v2": MobileNetV2,
    "mobilenet_v3_small": MobileNetV3Small,
    "mobilenet_v3_large": MobileNetV3Large,
    "shufflenet_v2": ShuffleNetV2,
    **{f"efficientnet_{name}": partial(EfficientNet, name) for name in EfficientNetConfig.CONFIGS},
    "ghostnet": GhostNet,
}


def list_models() -> list[str]:
    """The names that ``create_model`` takes, in the order in which the course meets them."""
    return list(_MODELS)


def create_model(name: str, **kwargs: Any) -> nn.Module:
    """Build a network by name, with fresh random weights.

    Args:
        name: one of ``list_models()``.
        kwargs: the network's own arguments, such as ``num_classes`` and ``width_mult``.

    Raises:
        ValueError: an unknown name, or an argument that this network does not take.
    """
    if name not in _MODELS:
        raise unknown_name("model", name, _MODELS)
    taken = [p for p in signature(_MODELS[name]).parameters if p != "model_name"]
    for key in kwargs:
        if key not in taken:
            raise unknown_name(f"argument of {name}", key, taken)
    return _MODELS[name](**kwargs)
