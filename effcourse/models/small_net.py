"""Networks small enough to train in a lesson: depthwise separable blocks, as wide and as deep as you like."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..common.errors import check_count
from .layers import ConvNormAct, init_weights
from .mobilenet_v1 import DepthwiseSeparableConv


class SmallBlock(nn.Module):
    """A depthwise separable convolution, with a shortcut around it where size and channels stay the same.

    Shape: (N, in_channels, H, W) -> (N, out_channels, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, residual: bool = True) -> None:
        super().__init__()
        self.residual = residual and stride == 1 and in_channels == out_channels
        self.conv = DepthwiseSeparableConv(in_channels, out_channels, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.residual else self.conv(x)


class SmallNet(nn.Module):
    """MobileNetV1's plan for pictures of 8 to 32 pixels: a stem, three stages, the mean over positions, a classifier.

    The stages have ``width``, ``2 * width`` and ``4 * width`` channels and ``depth`` blocks each; the second and the
    third begin with stride 2. Pictures of more than 16 pixels a side are halved by the stem.

    Args:
        input_size: shape of a picture, (channels, height, width).
        residual: shortcuts around blocks that keep size and channels (MobileNetV1 has none).

    Shape: (N, *input_size) -> (N, num_classes).
    """

    def __init__(
        self,
        width: int = 16,
        depth: int = 2,
        num_classes: int = 10,
        input_size: Sequence[int] = (1, 8, 8),
        residual: bool = True,
    ) -> None:
        super().__init__()
        check_count(width=width, depth=depth, num_classes=num_classes)
        if isinstance(input_size, int) or len(input_size) != 3:
            raise ValueError(f"input_size must be (channels, height, width), such as (1, 8, 8), got {input_size!r}")
        in_channels, height, width_in_pixels = input_size
        check_count(channels=in_channels, height=height, width_in_pixels=width_in_pixels)
        self.input_size = (in_channels, height, width_in_pixels)
        self.stem = ConvNormAct(in_channels, width, stride=1 if min(height, width_in_pixels) <= 16 else 2)
        channels, stages = width, []
        for i in range(3):
            blocks = []
            for j in range(depth):
                blocks.append(SmallBlock(channels, width * 2**i, 2 if i > 0 and j == 0 else 1, residual))
                channels = width * 2**i
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)
        init_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)  # (N, 1, 8, 8) -> (N, C, 8, 8)
        x = self.stages(x)  # (N, 4C, 2, 2)
        x = torch.flatten(self.pool(x), 1)  # (N, 4C)
        return self.classifier(x)
