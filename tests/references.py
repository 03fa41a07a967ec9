"""torchvision's and timm's networks that ours must equal, on the meta device when only counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

torchvision = pytest.importorskip("torchvision", reason="the reference extra is not installed")
timm = pytest.importorskip("timm", reason="the reference extra is not installed")

from timm.models import (  # noqa: E402
    efficientnet as timm_efficientnet,
    ghostnet as timm_ghostnet,
    mobilenetv3 as timm_mobilenetv3,
)
from torchvision.models.mobilenetv2 import MobileNetV2 as TorchvisionV2  # noqa: E402

SHUFFLENETS = {0.5: "x0_5", 1.0: "x1_0", 1.5: "x1_5", 2.0: "x2_0"}


def reference(name: str, width_mult: float = 1.0) -> nn.Module:
    """The network that decides shape and counts of ``create_model(name)`` (see the table in the docs of weights)."""
    if name == "mobilenet_v1":
        return timm_efficientnet._gen_mobilenet_v1("mobilenetv1_100", channel_multiplier=width_mult)
    if name == "mobilenet_v2":
        return TorchvisionV2(width_mult=width_mult)
    if name.startswith("mobilenet_v3"):
        size = name.removeprefix("mobilenet_v3_")
        return timm_mobilenetv3._gen_mobilenet_v3(f"mobilenetv3_{size}_100", width_mult)
    if name == "shufflenet_v2":
        return getattr(torchvision.models, f"shufflenet_v2_{SHUFFLENETS[width_mult]}")(weights=None)
    if name == "ghostnet":
        return timm_ghostnet._create_ghostnet("ghostnet_100", width=width_mult)
    if name == "efficientnet_lite0":
        return timm.create_model("tf_efficientnet_lite0")
    return getattr(torchvision.models, name)(weights=None)


def on_meta(build: Callable[..., nn.Module], *args: Any, **kwargs: Any) -> nn.Module:
    with torch.device("meta"):
        return build(*args, **kwargs).eval()


def flop_counter_macs(model: nn.Module, *shape: int) -> int:
    """MACs by torch's own counter, which counts 2 FLOPs a MAC, in the device that the model is on."""
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, *shape, device=device))
    return counter.get_total_flops() // 2


def count_params(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())
