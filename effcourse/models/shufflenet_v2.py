"""ShuffleNetV2. Ma et al., 2018, arXiv:1807.11164."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..common.errors import check_count
from .family import SIZES, Family, Network, Reference
from .layers import ConvNormAct, init_weights

# Table 5: output channels of Stage2, Stage3, Stage4 and Conv5. They follow no multiplier, so only these exist.
WIDTHS = {
    0.5: (48, 96, 192, 1024),
    1.0: (116, 232, 464, 1024),
    1.5: (176, 352, 704, 1024),
    2.0: (244, 488, 976, 2048),
}
REPEATS = (4, 8, 4)  # units in Stage2, Stage3, Stage4


def channel_shuffle(x: Tensor, groups: int) -> Tensor:
    """Deal the channels of ``groups`` equal groups out like cards: one from each group in turn.

    Source: arXiv:1707.01083 (ShuffleNet), Section 3.1. It moves numbers and computes none.

    Shape: (N, C, H, W) -> the same; ``groups`` must divide C.
    """
    check_count(groups=groups)
    n, c, h, w = x.shape
    if c % groups:
        raise ValueError(f"cannot shuffle {c} channels in {groups} groups: groups must divide the channels")
    x = x.view(n, groups, c // groups, h, w)  # (N, g, C/g, H, W)
    x = x.transpose(1, 2)  # (N, C/g, g, H, W), no number moved yet
    return x.reshape(n, c, h, w)  # in the new order


class ShuffleNetV2Block(nn.Module):
    """One unit: half of the channels pass by, the other half is convolved, then both are shuffled together.

    Source: arXiv:1807.11164, Figure 3 (c) for stride 1, and (d) for stride 2, where both halves are convolved from
    all input channels. The depthwise convolution has no activation.

    Shape: (N, in_channels, H, W) -> (N, out_channels, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        check_count(in_channels=in_channels, out_channels=out_channels, stride=stride)
        if out_channels % 2:
            raise ValueError(f"out_channels must be even, got {out_channels}: two branches share them")
        if stride == 1 and in_channels != out_channels:
            raise ValueError(
                f"a unit with stride 1 keeps its channels, got in_channels={in_channels} and "
                f"out_channels={out_channels}; only stride 2 can change them"
            )
        self.stride = stride
        half = out_channels // 2

        if stride == 1:
            self.branch1: nn.Module = nn.Identity()
        else:
            self.branch1 = nn.Sequential(
                ConvNormAct(in_channels, in_channels, 3, stride, groups=in_channels, act=None),
                ConvNormAct(in_channels, half, 1),
            )
        self.branch2 = nn.Sequential(
            ConvNormAct(half if stride == 1 else in_channels, half, 1),
            ConvNormAct(half, half, 3, stride, groups=half, act=None),
            ConvNormAct(half, half, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        x1, x2 = x.chunk(2, dim=1) if self.stride == 1 else (x, x)
        out = torch.cat([self.branch1(x1), self.branch2(x2)], dim=1)  # (N, C', H/s, W/s)
        return channel_shuffle(out, 2)


class ShuffleNetV2(nn.Module):
    """ShuffleNetV2 in the four widths of Table 5.

    Args:
        width_mult: 0.5, 1.0, 1.5 or 2.0.

    Shape: (N, 3, H, W) -> (N, num_classes).
    """

    def __init__(self, num_classes: int = 1000, width_mult: float = 1.0) -> None:
        super().__init__()
        check_count(num_classes=num_classes)
        if width_mult not in WIDTHS:
            raise ValueError(
                f"ShuffleNetV2 exists in the widths {', '.join(map(str, WIDTHS))} (Table 5 of the paper), got "
                f"{width_mult!r}; its channels follow no multiplier, so no other width can be derived"
            )
        self.input_size = 224
        *stage_channels, head_channels = WIDTHS[width_mult]

        channels = 24
        self.stem = ConvNormAct(3, channels, stride=2)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)

        stages = []
        for out_channels, repeats in zip(stage_channels, REPEATS, strict=True):
            units = [ShuffleNetV2Block(channels, out_channels, stride=2)]
            units += [ShuffleNetV2Block(out_channels, out_channels) for _ in range(repeats - 1)]
            stages.append(nn.Sequential(*units))
            channels = out_channels
        self.stages = nn.Sequential(*stages)

        self.head = ConvNormAct(channels, head_channels, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(head_channels, num_classes)
        init_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.stem(x))  # (N, 3, 224, 224) -> (N, 24, 56, 56)
        for stage in self.stages:
            x = stage(x)  # (N, 464, 7, 7)
        x = self.head(x)  # (N, 1024, 7, 7)
        x = torch.flatten(self.pool(x), 1)  # (N, 1024)
        return self.classifier(x)


FAMILY = Family(
    "ShuffleNetV2",
    axes={"width_mult": tuple(WIDTHS), "input_size": SIZES},
    networks=[
        Network(
            "shufflenet_v2",
            "ShuffleNetV2",
            ShuffleNetV2,
            reference=Reference("torchvision.models", "shufflenet_v2_x{}"),
            paper=[{"source": "shufflenet_v2", "model": "ShuffleNet v2"}],
            figures={"source": "shufflenet_v2", "model": "ShuffleNet v2"},
            weights="shufflenet_v2_x1_0",
        )
    ],
)
