"""MobileNetV1. Howard et al., 2017, arXiv:1704.04861."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..common.errors import check_count, check_positive
from ..cost.formulas import separable_savings
from .family import SIZES, WIDTHS, Family, Network, Reference
from .layers import ConvNormAct, init_weights

# Table 1, without the stem and the classifier. A row: n blocks to c output channels, the first with stride s.
ROWS = [
    # c,   n, s
    (64, 1, 1),
    (128, 2, 2),
    (256, 2, 2),
    (512, 6, 2),
    (1024, 2, 2),
]


def scale_channels(channels: int, width_mult: float) -> int:
    """α times ``channels`` without its fraction, and at least 8: the rule of the authors' code.

    Multiples of 8 (``round_channels``) came with MobileNetV2. At the published α, 0.25, 0.5, 0.75 and 1, both agree.
    Source: tensorflow/models, slim/nets/mobilenet_v1.py, ``depth`` and ``min_depth``.

    >>> scale_channels(64, 0.35), scale_channels(32, 0.1)
    (22, 8)
    """
    check_positive(channels=channels, width_mult=width_mult)
    return max(int(channels * width_mult), 8)


class DepthwiseSeparableConv(nn.Module):
    """A standard convolution in two steps: filter each channel by itself, then mix channels with a 1x1 convolution.

    Source: arXiv:1704.04861, Section 3.1 and Figure 3 (right). Each step is followed by batch norm and ``act``.

    Args:
        padding: pixels on every side of the depthwise convolution; by default ``kernel_size // 2``.

    Shape: (N, in_channels, H, W) -> (N, out_channels, ceil(H / stride), ceil(W / stride)) for odd kernels.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        padding: int | None = None,
        bias: bool = False,
        act: type[nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        self.depthwise = ConvNormAct(
            in_channels, in_channels, kernel_size, stride, groups=in_channels, act=act, padding=padding, bias=bias
        )
        self.pointwise = ConvNormAct(in_channels, out_channels, 1, act=act, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.depthwise(x)  # (N, C, H, W) -> (N, C, H/s, W/s)
        return self.pointwise(x)  # (N, C, H/s, W/s) -> (N, C', H/s, W/s)

    @staticmethod
    def compute_savings(in_c: int, out_c: int, k: int = 3) -> float:
        """How many times fewer MACs than a standard k x k convolution: 1 / (1 / out_c + 1 / k²).

        >>> round(DepthwiseSeparableConv.compute_savings(256, 256), 1)
        8.7
        """
        return separable_savings(in_c, out_c, k)


class MobileNetV1Block(DepthwiseSeparableConv):
    """The network's block: a depthwise separable 3x3 convolution.

    NOTE the paper writes ReLU; the authors' code (tensorflow/models, slim/nets/mobilenet_v1.py) and so every
    released checkpoint use ReLU6.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__(in_channels, out_channels, stride=stride, act=nn.ReLU6)


class MobileNetV1(nn.Module):
    """MobileNetV1: 13 depthwise separable blocks after one standard convolution.

    Args:
        width_mult: α of Section 3.3; every channel count is scaled by ``scale_channels``.
        input_size: ρ of Section 3.4 times 224. It changes no weight: it is the resolution the network is meant for.

    Shape: (N, 3, H, W) -> (N, num_classes).
    """

    def __init__(self, num_classes: int = 1000, width_mult: float = 1.0, input_size: int = 224) -> None:
        super().__init__()
        check_count(num_classes=num_classes, input_size=input_size)
        check_positive(width_mult=width_mult)
        self.input_size = input_size

        channels = scale_channels(32, width_mult)
        self.stem = ConvNormAct(3, channels, stride=2, act=nn.ReLU6)

        stages = []
        for c, n, s in ROWS:
            out_channels = scale_channels(c, width_mult)
            blocks = []
            for i in range(n):
                blocks.append(MobileNetV1Block(channels, out_channels, stride=s if i == 0 else 1))
                channels = out_channels
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)

        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)
        init_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)  # (N, 3, 224, 224) -> (N, 32, 112, 112)
        for stage in self.stages:
            x = stage(x)  # (N, 1024, 7, 7)
        x = torch.flatten(self.pool(x), 1)  # (N, 1024)
        return self.classifier(x)


FAMILY = Family(
    "MobileNetV1",
    axes={"width_mult": WIDTHS, "input_size": SIZES},
    networks=[
        Network(
            "mobilenet_v1",
            "MobileNetV1",
            MobileNetV1,
            reference=Reference(
                "timm.models.efficientnet", "_gen_mobilenet_v1", ("mobilenetv1_100",), width="channel_multiplier"
            ),
            paper=[{"source": "mobilenet_v1", "model": "MobileNetV1"}],
            figures={"source": "mobilenet_v1_checkpoints", "model": "MobileNet_v1 checkpoint (float)"},
            weights=None,
        )
    ],
)
