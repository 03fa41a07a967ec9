"""MobileNetV2. Sandler et al., 2018, arXiv:1801.04381."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..common.errors import check_count, check_positive
from .family import FEWER_SIZES, Family, Network, Reference
from .layers import ConvNormAct, DropPath, init_weights, round_channels

# Table 2, the bottleneck rows: n blocks with expansion t to c output channels, the first with stride s.
ROWS = [
    # t, c, n, s
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
]


class InvertedResidual(nn.Module):
    """Expand with a 1x1 convolution, filter depthwise, project with a *linear* 1x1 convolution; add the input.

    Source: arXiv:1801.04381, Section 3.3 and Table 1. "Inverted": the wide layer is inside, and the residual joins
    the thin ends. "Linear": no activation after the projection, because ReLU loses information in few channels
    (Section 3.2). The residual exists where it can: stride 1 and as many channels out as in.

    Args:
        expand_ratio: t; the width inside is ``round(in_channels * expand_ratio)``. At 1 the expansion is left out.
        kernel_size, act, se, drop_prob: for the papers that built on this block: another kernel or activation,
            squeeze-and-excitation after the depthwise convolution, stochastic depth on the branch.
        hidden_channels: the width inside itself, where a paper rounds it.
        conv_kwargs: handed to every ``ConvNormAct`` (``norm``, ``conv``).

    Shape: (N, in_channels, H, W) -> (N, out_channels, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        expand_ratio: float = 6,
        *,
        kernel_size: int = 3,
        hidden_channels: int | None = None,
        act: type[nn.Module] = nn.ReLU6,
        se: nn.Module | None = None,
        drop_prob: float = 0.0,
        **conv_kwargs: Any,
    ) -> None:
        super().__init__()
        check_count(in_channels=in_channels, out_channels=out_channels, stride=stride)
        check_positive(expand_ratio=expand_ratio)
        hidden = hidden_channels or max(1, round(in_channels * expand_ratio))
        self.use_residual = stride == 1 and in_channels == out_channels

        self.expand = (
            ConvNormAct(in_channels, hidden, 1, act=act, **conv_kwargs) if hidden != in_channels else nn.Identity()
        )
        self.depthwise = ConvNormAct(hidden, hidden, kernel_size, stride, groups=hidden, act=act, **conv_kwargs)
        self.se = se if se is not None else nn.Identity()
        self.project = ConvNormAct(hidden, out_channels, 1, act=None, **conv_kwargs)
        self.drop_path = DropPath(drop_prob) if drop_prob else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out = self.expand(x)  # (N, C, H, W) -> (N, tC, H, W)
        out = self.depthwise(out)  # (N, tC, H/s, W/s)
        out = self.se(out)
        out = self.project(out)  # (N, C', H/s, W/s)
        return x + self.drop_path(out) if self.use_residual else out


class MobileNetV2(nn.Module):
    """MobileNetV2: 17 inverted residuals.

    Args:
        width_mult: scales every channel count (``round_channels``) but one: the last 1x1 convolution keeps its
            1280 channels below width 1, so that a narrow network still has features to classify with (Section 4).
        expand_ratio: in place of Table 2's t = 6.

    Shape: (N, 3, H, W) -> (N, num_classes).
    """

    def __init__(self, num_classes: int = 1000, width_mult: float = 1.0, expand_ratio: float = 6) -> None:
        super().__init__()
        check_count(num_classes=num_classes)
        check_positive(width_mult=width_mult, expand_ratio=expand_ratio)
        self.input_size = 224

        channels = round_channels(32 * width_mult)
        self.stem = ConvNormAct(3, channels, stride=2, act=nn.ReLU6)

        stages = []
        for t, c, n, s in ROWS:
            out_channels = round_channels(c * width_mult)
            blocks = []
            for i in range(n):
                expansion = expand_ratio if t == 6 else t
                blocks.append(InvertedResidual(channels, out_channels, s if i == 0 else 1, expansion))
                channels = out_channels
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)

        head_channels = round_channels(1280 * max(1.0, width_mult))
        self.head = ConvNormAct(channels, head_channels, 1, act=nn.ReLU6)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.classifier = nn.Linear(head_channels, num_classes)
        init_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)  # (N, 3, 224, 224) -> (N, 32, 112, 112)
        for stage in self.stages:
            x = stage(x)  # (N, 320, 7, 7)
        x = self.head(x)  # (N, 1280, 7, 7)
        x = torch.flatten(self.pool(x), 1)  # (N, 1280)
        return self.classifier(self.dropout(x))


FAMILY = Family(
    "MobileNetV2",
    axes={
        "width_mult": (0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
        "expand_ratio": (1, 2, 4, 6, 8),
        "input_size": FEWER_SIZES,
    },
    networks=[
        Network(
            "mobilenet_v2",
            "MobileNetV2",
            MobileNetV2,
            reference=Reference("torchvision.models.mobilenetv2", "MobileNetV2", width="width_mult"),
            paper=[{"source": "mobilenet_v2", "family": "MobileNetV2"}],
            figures={"source": "mobilenet_checkpoints", "network": "mobilenet_v2"},
            weights="mobilenet_v2",
            start={"width_mult": 1.0, "expand_ratio": 6},
        )
    ],
)
