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

from torchvision.models.mobilenetv2 import MobileNetV2 as TorchvisionV2  # noqa: E402, F401 (tests import it from here)

from effcourse.models import find_network  # noqa: E402


def reference(name: str, width_mult: float = 1.0) -> nn.Module:
    """The network that decides shape and counts of ``create_model(name)``."""
    with pytest.MonkeyPatch.context() as patch:
        if name == "mobilenet_v1":  # timm rounds to multiples of 8, the authors of V1 (slim/nets/mobilenet_v1.py) cut
            patch.setattr("timm.models.efficientnet.round_channels", lambda c, multiplier: max(int(c * multiplier), 8))
        return find_network(name)[1].reference.build(width_mult)


def outputs_of(name: str) -> nn.Module:
    """The network that decides its outputs."""
    _, network = find_network(name)
    return (network.outputs or network.reference).build()


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
