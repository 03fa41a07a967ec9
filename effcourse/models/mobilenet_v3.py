"""MobileNetV3. Howard et al., 2019, arXiv:1905.02244."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from ..common.errors import check_count, check_positive
from .family import SIZES, WIDTHS, Family, Network, Reference
from .layers import ConvNormAct, SEBlock, init_weights, round_channels
from .mobilenet_v2 import InvertedResidual

# Tables 1 and 2 are what the architecture search chose. The papers print the width inside the block ("exp size");
# here stands its ratio to the input channels, as in the authors' code, so that it scales with the width.
LARGE_ROWS = [
    # k, expand, c, SE, h-swish, s
    [(3, 1, 16, False, False, 1)],
    [(3, 4, 24, False, False, 2), (3, 3, 24, False, False, 1)],
    [(5, 3, 40, True, False, 2), (5, 3, 40, True, False, 1), (5, 3, 40, True, False, 1)],
    [
        (3, 6, 80, False, True, 2),
        (3, 2.5, 80, False, True, 1),
        (3, 2.3, 80, False, True, 1),
        (3, 2.3, 80, False, True, 1),
    ],
    [(3, 6, 112, True, True, 1), (3, 6, 112, True, True, 1)],
    [(5, 6, 160, True, True, 2), (5, 6, 160, True, True, 1), (5, 6, 160, True, True, 1)],
]
SMALL_ROWS = [
    # k, expand, c, SE, h-swish, s
    [(3, 1, 16, True, False, 2)],
    [(3, 4.5, 24, False, False, 2), (3, 3.67, 24, False, False, 1)],
    [(5, 4, 40, True, True, 2), (5, 6, 40, True, True, 1), (5, 6, 40, True, True, 1)],
    [(5, 3, 48, True, True, 1), (5, 3, 48, True, True, 1)],
    [(5, 6, 96, True, True, 2), (5, 6, 96, True, True, 1), (5, 6, 96, True, True, 1)],
]

# torchvision's batch norm for V3 (the authors' TensorFlow values)
norm = partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)


class MobileNetV3Block(InvertedResidual):
    """MobileNetV2's inverted residual, with a choice of kernel, squeeze-and-excitation and h-swish.

    Source: arXiv:1905.02244, Section 5 and Figure 4. The width inside is
    ``round_channels(in_channels * expand_ratio)``, and SE squeezes to a quarter of it.

    Args:
        use_hs: h-swish, x ReLU6(x + 3) / 6, instead of ReLU.

    Shape: (N, in_channels, H, W) -> (N, out_channels, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        expand_ratio: float,
        use_se: bool,
        use_hs: bool,
    ) -> None:
        check_count(in_channels=in_channels)
        check_positive(expand_ratio=expand_ratio)
        hidden = round_channels(in_channels * expand_ratio) if expand_ratio != 1 else in_channels
        super().__init__(
            in_channels,
            out_channels,
            stride,
            expand_ratio,
            kernel_size=kernel_size,
            hidden_channels=hidden,
            act=nn.Hardswish if use_hs else nn.ReLU,
            se=SEBlock(hidden) if use_se else None,
            norm=norm,
        )


class _MobileNetV3(nn.Module):
    def __init__(self, rows: list, head_channels: int, last_channels: int, num_classes: int, width_mult: float) -> None:
        super().__init__()
        check_count(num_classes=num_classes)
        check_positive(width_mult=width_mult)
        self.input_size = 224

        # NOTE below width 0.75 the stem keeps its 16 channels, as in timm; the paper's MACs fit a narrower one better
        channels = round_channels(16 * width_mult) if width_mult >= 0.75 else 16
        self.stem = ConvNormAct(3, channels, stride=2, act=nn.Hardswish, norm=norm)

        stages = []
        for row in rows:
            blocks = []
            for k, expand, c, use_se, use_hs, s in row:
                out_channels = round_channels(c * width_mult)
                blocks.append(MobileNetV3Block(channels, out_channels, k, s, expand, use_se, use_hs))
                channels = out_channels
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)

        head_channels = round_channels(head_channels * width_mult)
        self.head = ConvNormAct(channels, head_channels, 1, act=nn.Hardswish, norm=norm)
        self.pool = nn.AdaptiveAvgPool2d(1)
        # after the pooling, where it costs one position instead of 49 (Section 5.1); not scaled by the width
        self.last = nn.Linear(head_channels, last_channels)
        self.last_act = nn.Hardswish(inplace=True)
        self.dropout = nn.Dropout(0.2)
        self.classifier = nn.Linear(last_channels, num_classes)
        init_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)  # (N, 3, 224, 224) -> (N, 16, 112, 112)
        for stage in self.stages:
            x = stage(x)  # (N, 160 or 96, 7, 7)
        x = self.head(x)  # (N, 960 or 576, 7, 7)
        x = torch.flatten(self.pool(x), 1)
        x = self.last_act(self.last(x))  # (N, 1280 or 1024)
        return self.classifier(self.dropout(x))


class MobileNetV3Large(_MobileNetV3):
    """MobileNetV3-Large, Table 1. ``width_mult`` scales every channel count but the last linear layer's 1280.

    Shape: (N, 3, H, W) -> (N, num_classes).
    """

    def __init__(self, num_classes: int = 1000, width_mult: float = 1.0) -> None:
        super().__init__(LARGE_ROWS, 960, 1280, num_classes, width_mult)


class MobileNetV3Small(_MobileNetV3):
    """MobileNetV3-Small, Table 2. ``width_mult`` scales every channel count but the last linear layer's 1024.

    Shape: (N, 3, H, W) -> (N, num_classes).
    """

    def __init__(self, num_classes: int = 1000, width_mult: float = 1.0) -> None:
        super().__init__(SMALL_ROWS, 576, 1024, num_classes, width_mult)


FAMILY = Family(
    "MobileNetV3",
    axes={"width_mult": WIDTHS, "input_size": SIZES},
    networks=[
        Network(
            f"mobilenet_v3_{size.lower()}",
            f"MobileNetV3-{size[0]}",
            build,
            # the paper's rule for other widths is timm's, the batch norm's epsilon torchvision's
            reference=Reference(
                "timm.models.mobilenetv3",
                "_gen_mobilenet_v3",
                (f"mobilenetv3_{size.lower()}_100",),
                width="channel_multiplier",
            ),
            outputs=Reference("torchvision.models", f"mobilenet_v3_{size.lower()}"),
            paper=[
                {"source": "mobilenet_v3", "table": "Table 3", "model": f"V3-{size}"},
                {"source": "mobilenet_v3", "table": "Table 9", "model": f"V3-{size}"},
            ],
            figures={"source": "mobilenet_v3", "table": "Table 9", "model": f"V3-{size}"},
            weights=f"mobilenet_v3_{size.lower()}",
        )
        for size, build in (("Small", MobileNetV3Small), ("Large", MobileNetV3Large))
    ],
)
