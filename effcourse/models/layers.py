"""Pieces that several papers share: channel rounding, conv + norm + activation, squeeze-and-excitation, DropPath."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..common.errors import check_count, check_groups, check_positive, check_probability


def round_channels(channels: float, divisor: int = 8) -> int:
    """Round to the nearest multiple of ``divisor``, but never below 90 % of ``channels``.

    Hardware likes channel counts that are multiples of 8; the 90 % rule keeps a layer from losing more than
    a tenth of its width. Source: the MobileNet authors' ``_make_divisible`` (tensorflow/models, slim/nets/mobilenet).

    >>> round_channels(18), round_channels(24 * 1.4)   # 16 would be 89 % of 18, so up; 32 is 95 % of 33.6
    (24, 32)
    """
    check_positive(channels=channels)
    check_count(divisor=divisor)
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    if rounded < 0.9 * channels:
        rounded += divisor
    return rounded


class Conv2dSame(nn.Conv2d):
    """Convolution with TensorFlow's "SAME" padding: ceil(n / stride) out, and an odd pad goes to the right and bottom.

    PyTorch pads both sides alike. At stride 2 and an even size the two look at different pixels, so weights
    trained with one rule need it at inference too.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,  # taken and not used, so that this class can stand where nn.Conv2d stands
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, groups=groups, bias=bias)

    def forward(self, input: Tensor) -> Tensor:  # (N, C, H, W) -> (N, C', ceil(H / stride), ceil(W / stride))
        k, s = self.kernel_size[0], self.stride[0]
        pads = []
        for n in (input.shape[-1], input.shape[-2]):  # F.pad wants the last axis first
            total = max((math.ceil(n / s) - 1) * s + k - n, 0)
            pads += [total // 2, total - total // 2]
        return super().forward(F.pad(input, pads))


class ConvNormAct(nn.Module):
    """Convolution -> batch norm -> activation, the brick of every network here.

    Args:
        act: class of the activation, e.g. ``nn.ReLU6``; ``None`` for a linear output.
        padding: pixels on every side; by default ``kernel_size // 2``, which keeps an odd kernel's size at stride 1.
        bias: off by default, because batch norm's shift does the same.
        norm: makes the normalisation from a channel count.
        conv: class of the convolution.

    Shape: (N, in_channels, H, W) -> (N, out_channels, ceil(H / stride), ceil(W / stride)) for odd kernels.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        groups: int = 1,
        act: type[nn.Module] | None = nn.ReLU,
        padding: int | None = None,
        bias: bool = False,
        norm: Callable[[int], nn.Module] = nn.BatchNorm2d,
        conv: type[nn.Conv2d] = nn.Conv2d,
    ) -> None:
        super().__init__()
        check_groups(in_channels, out_channels, groups)
        check_count(kernel_size=kernel_size, stride=stride)
        if padding is None:
            padding = kernel_size // 2
        self.conv = conv(in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=bias)
        self.norm = norm(out_channels)
        self.act = nn.Identity() if act is None else act(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.norm(self.conv(x)))


class SEBlock(nn.Module):
    """Squeeze-and-excitation: multiply each channel by a gate computed from the means of all channels.

    Source: arXiv:1709.01507, Section 3. MobileNetV3 (arXiv:1905.02244, Section 5.3) squeezes to a quarter of the
    block's expanded width and gates with a hard sigmoid; those are the defaults.

    Args:
        reduction: the squeezed width is ``round_channels(channels / reduction)``.
        squeeze_channels: sets the squeezed width itself (EfficientNet takes a quarter of the block's *input*).
        act, gate: activation classes after the first and the second 1x1 convolution.

    Shape: (N, channels, H, W) -> the same.
    """

    def __init__(
        self,
        channels: int,
        reduction: int = 4,
        squeeze_channels: int | None = None,
        act: type[nn.Module] = nn.ReLU,
        gate: type[nn.Module] = nn.Hardsigmoid,
    ) -> None:
        super().__init__()
        check_count(channels=channels)
        check_positive(reduction=reduction)
        if squeeze_channels is None:
            squeeze_channels = round_channels(channels / reduction)
        check_count(squeeze_channels=squeeze_channels)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(channels, squeeze_channels, 1)
        self.act = act()
        self.expand = nn.Conv2d(squeeze_channels, channels, 1)
        self.gate = gate()

    def forward(self, x: Tensor) -> Tensor:
        s = self.pool(x)  # (N, C, 1, 1): squeeze
        s = self.act(self.reduce(s))  # (N, C / 4, 1, 1)
        s = self.gate(self.expand(s))  # (N, C, 1, 1), each in 0..1: excite
        return x * s


class DropPath(nn.Module):
    """Stochastic depth: in training, drop a block's branch for a random share ``drop_prob`` of the images.

    What is kept is divided by the probability of being kept, so the expected output stays the same; at
    inference nothing happens. Source: arXiv:1603.09382, Section 3; EfficientNet's code calls it drop connect.
    """

    def __init__(self, drop_prob: float = 0.0) -> None:
        super().__init__()
        check_probability(drop_prob=drop_prob)
        self.drop_prob = drop_prob

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.drop_prob == 0:
            return x
        keep_prob = 1 - self.drop_prob
        keep = torch.empty(x.shape[0], 1, 1, 1, dtype=x.dtype, device=x.device).bernoulli_(keep_prob)
        return x * keep / keep_prob

    def extra_repr(self) -> str:
        return f"drop_prob={self.drop_prob:g}"


def init_weights(model: nn.Module) -> None:
    """Start weights for training: He normal over the fan-out for convolutions, N(0, 0.01²) for linear layers.

    Source: torchvision's mobilenetv2.py and mobilenetv3.py, which follow arXiv:1502.01852.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out")
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, 0, 0.01)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)
