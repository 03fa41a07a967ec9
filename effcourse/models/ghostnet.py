"""GhostNet. Han et al., 2020, arXiv:1911.11907."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..common.errors import check_count, check_positive
from .family import Family, Network, Reference
from .layers import ConvNormAct, SEBlock, init_weights, round_channels

# Table 1: bottlenecks, a list a stage. The layout is MobileNetV3-Large's.
ROWS = [
    # k, exp, c, SE, s
    [(3, 16, 16, False, 1)],
    [(3, 48, 24, False, 2)],
    [(3, 72, 24, False, 1)],
    [(5, 72, 40, True, 2)],
    [(5, 120, 40, True, 1)],
    [(3, 240, 80, False, 2)],
    [
        (3, 200, 80, False, 1),
        (3, 184, 80, False, 1),
        (3, 184, 80, False, 1),
        (3, 480, 112, True, 1),
        (3, 672, 112, True, 1),
    ],
    [(5, 672, 160, True, 2)],
    [(5, 960, 160, False, 1), (5, 960, 160, True, 1), (5, 960, 160, False, 1), (5, 960, 160, True, 1)],
]


class GhostModule(nn.Module):
    """A convolution makes some "intrinsic" features; a cheap depthwise one makes their "ghosts".

    Source: arXiv:1911.11907, Section 3.1 and Figure 2. ceil(out_channels / ratio) features are intrinsic; each has
    ratio - 1 ghosts; what is more than ``out_channels`` is cut off.

    Args:
        ratio: s, output features for each intrinsic one; at 1 there are no ghosts.
        dw_kernel: d, kernel size of the cheap operation.
        act: class of the activation after both steps; ``None`` for the projection in a bottleneck.

    Shape: (N, in_channels, H, W) -> (N, out_channels, ceil(H / stride), ceil(W / stride)) for odd kernels.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 1,
        ratio: int = 2,
        dw_kernel: int = 3,
        stride: int = 1,
        act: type[nn.Module] | None = nn.ReLU,
    ) -> None:
        super().__init__()
        check_count(in_channels=in_channels, out_channels=out_channels, ratio=ratio)
        self.out_channels = out_channels
        intrinsic = math.ceil(out_channels / ratio)
        self.primary = ConvNormAct(in_channels, intrinsic, kernel_size, stride, act=act)
        self.cheap = (
            ConvNormAct(intrinsic, intrinsic * (ratio - 1), dw_kernel, groups=intrinsic, act=act) if ratio > 1 else None
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.primary(x)  # (N, C, H, W) -> (N, m, H/s, W/s)
        if self.cheap is None:
            return x
        x = torch.cat([x, self.cheap(x)], dim=1)  # (N, m * ratio, H/s, W/s)
        return x[:, : self.out_channels]  # (N, C', H/s, W/s)


class GhostBottleneck(nn.Module):
    """Two ghost modules, the first to widen, the second (linear) to narrow, around a shortcut.

    Source: arXiv:1911.11907, Section 3.2 and Figure 3. With stride 2 a depthwise convolution stands between them; where
    the shape changes the shortcut is a depthwise separable convolution.

    Args:
        hidden_channels: width after the first module, "#exp" in Table 1.
        kernel_size: of the two depthwise convolutions; of no effect at stride 1 with an identity shortcut.
        use_se: squeeze-and-excitation between the modules.
        ratio: of both ghost modules.

    Shape: (N, in_channels, H, W) -> (N, out_channels, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        use_se: bool = False,
        ratio: int = 2,
    ) -> None:
        super().__init__()
        check_count(in_channels=in_channels, hidden_channels=hidden_channels, out_channels=out_channels, stride=stride)
        self.ghost1 = GhostModule(in_channels, hidden_channels, ratio=ratio)
        self.depthwise = (
            ConvNormAct(hidden_channels, hidden_channels, kernel_size, stride, groups=hidden_channels, act=None)
            if stride > 1
            else nn.Identity()
        )
        # NOTE the squeezed width is rounded to a multiple of 4 here, not of 8 as in MobileNetV3
        squeezed = round_channels(hidden_channels / 4, divisor=4)
        self.se = SEBlock(hidden_channels, squeeze_channels=squeezed) if use_se else nn.Identity()
        self.ghost2 = GhostModule(hidden_channels, out_channels, ratio=ratio, act=None)
        if stride == 1 and in_channels == out_channels:
            self.shortcut: nn.Module = nn.Identity()
        else:
            self.shortcut = nn.Sequential(
                ConvNormAct(in_channels, in_channels, kernel_size, stride, groups=in_channels, act=None),
                ConvNormAct(in_channels, out_channels, 1, act=None),
            )

    def forward(self, x: Tensor) -> Tensor:
        out = self.ghost1(x)  # (N, C, H, W) -> (N, hidden, H, W)
        out = self.depthwise(out)  # (N, hidden, H/s, W/s)
        out = self.se(out)
        out = self.ghost2(out)  # (N, C', H/s, W/s)
        return out + self.shortcut(x)


class GhostNet(nn.Module):
    """GhostNet: 16 ghost bottlenecks laid out as in MobileNetV3-Large.

    Args:
        width_mult: scales every channel count, rounded to multiples of 4, but the last 1x1 convolution's 1280.
        ratio: of all ghost modules; the paper's network has 2.

    Shape: (N, 3, H, W) -> (N, num_classes).
    """

    def __init__(self, num_classes: int = 1000, width_mult: float = 1.0, ratio: int = 2) -> None:
        super().__init__()
        check_count(num_classes=num_classes)
        check_positive(width_mult=width_mult)
        self.input_size = 224

        def scale(channels: int) -> int:
            return round_channels(channels * width_mult, divisor=4)

        channels = scale(16)
        self.stem = ConvNormAct(3, channels, stride=2)

        stages = []
        for row in ROWS:
            blocks = []
            for k, exp, c, use_se, s in row:
                blocks.append(GhostBottleneck(channels, scale(exp), scale(c), k, s, use_se, ratio))
                channels = scale(c)
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)

        self.head = ConvNormAct(channels, scale(960), 1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        # after the pooling, as in MobileNetV3; it has a bias and no batch norm
        self.last = nn.Conv2d(scale(960), 1280, 1)
        self.last_act = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(0.2)
        self.classifier = nn.Linear(1280, num_classes)
        init_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)  # (N, 3, 224, 224) -> (N, 16, 112, 112)
        for stage in self.stages:
            x = stage(x)  # (N, 160, 7, 7)
        x = self.head(x)  # (N, 960, 7, 7)
        x = self.last_act(self.last(self.pool(x)))  # (N, 1280, 1, 1)
        return self.classifier(self.dropout(torch.flatten(x, 1)))


FAMILY = Family(
    "GhostNet",
    axes={
        "width_mult": (0.5, 0.75, 1.0, 1.3),
        "ratio": (1, 2, 3, 4, 5),
        "input_size": (128, 160, 192, 224, 225, 256),
    },
    networks=[
        Network(
            "ghostnet",
            "GhostNet",
            GhostNet,
            reference=Reference("timm.models.ghostnet", "_create_ghostnet", ("ghostnet_100",), width="width"),
            paper=[{"source": "ghostnet", "table": "Table 7"}],
            figures={"source": "ghostnet", "table": "Table 7"},
            weights=None,
            start={"width_mult": 1.0, "ratio": 2},
        )
    ],
)
