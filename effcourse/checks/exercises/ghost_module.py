"""Checks of exercise 08: the ghost module, its bottleneck, its price, and the twins among feature maps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...models.layers import ConvNormAct, SEBlock, round_channels
from ..agree import Case, Suspect, case, same_module, same_values
from ..engine import Assignment
from ..work import Work

assignment = Assignment("08_ghost_module", allow=("trace", "ConvNormAct", "SEBlock", "round_channels"))


class _Ghost(nn.Module):
    """The ghost module, and with other options than the defaults what is often written in its place."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 1,
        ratio: int = 2,
        dw_kernel: int = 3,
        stride: int = 1,
        relu: bool = True,
        *,
        intrinsic: Callable[[float], int] = math.ceil,
        groups: bool = True,
        on_input: str = "",
        reverse: bool = False,
        cut: Callable[[Tensor, int], Tensor] = lambda x, n: x[:, :n],
        exact_ghosts: bool = False,
        plain_at_1: bool = True,
        acts: Callable[[bool], tuple[bool, bool]] = lambda relu: (relu, relu),
        cheap_stride: bool = False,
        cheap_padding: bool = True,
        biases: tuple[bool, bool] = (False, False),
        act_last: bool = False,
    ) -> None:
        super().__init__()
        m = intrinsic(out_channels / ratio)
        ghosts = out_channels - m if exact_ghosts else m * (ratio - 1)
        first, second = (nn.ReLU if act else None for act in acts(relu))
        self.primary = ConvNormAct(in_channels, m, kernel_size, stride, act=None if act_last else first, bias=biases[0])
        self.cheap = None
        if ratio > 1 or not plain_at_1:
            source = in_channels if on_input == "its channels" else m
            self.cheap = nn.Sequential(
                nn.Conv2d(
                    source,
                    ghosts,
                    dw_kernel,
                    stride if on_input or cheap_stride else 1,
                    dw_kernel // 2 if cheap_padding else 0,
                    groups=source if groups else 1,
                    bias=biases[1],
                ),
                nn.BatchNorm2d(ghosts),
                nn.ReLU() if second and not act_last else nn.Identity(),
            )
        self.last = nn.ReLU() if act_last and relu else nn.Identity()
        self.out_channels, self.on_input, self.reverse, self.cut = out_channels, on_input, reverse, cut

    def forward(self, x: Tensor) -> Tensor:
        made = self.primary(x)
        if self.cheap is None:
            return self.last(made)
        both = [made, self.cheap(x if self.on_input else made)]
        return self.last(self.cut(torch.cat(both[::-1] if self.reverse else both, dim=1), self.out_channels))


def _ghost_with(**options: Any) -> Callable[..., nn.Module]:
    return lambda *arguments, **keywords: _Ghost(*arguments, **(keywords | options))


FROM_THE_INPUT = (
    "Your cheap operation reads the module's input: ghosts are made from the intrinsic maps, after the primary "
    "convolution."
)
ROUNDED_DOWN = (
    "You rounded m down, so that channels are missing: round out_channels / ratio up, and cut off what is over."
)
NOT_CUT = "Nothing was cut off: m · s maps are more than out_channels where it is no multiple of s; keep the first."


@assignment.check(
    "The ghost module",
    "half of the maps cost nine multiplications a number in place of hundreds, if the ghosts are really cheap",
)
def ghost_module(
    GhostModule: Work,  # noqa: N803
    cases: Sequence[Case] = (
        case(8, 16, inputs=(2, 8, 9, 7), seed=1),
        case(12, 17, ratio=3, dw_kernel=5, inputs=(1, 12, 8, 8), seed=2),
        case(4, 7, inputs=(2, 4, 5, 5), seed=3),
        case(6, 10, kernel_size=3, stride=2, inputs=(1, 6, 9, 9), seed=4),
        case(8, 16, relu=False, inputs=(1, 8, 7, 7), seed=5),
        case(6, 5, ratio=1, inputs=(1, 6, 5, 5), seed=6),
    ),
) -> None:
    same_module(
        GhostModule,
        _Ghost,
        cases,
        [
            Suspect(_ghost_with(on_input="its channels"), FROM_THE_INPUT),
            Suspect(_ghost_with(on_input="m"), FROM_THE_INPUT),
            Suspect(
                _ghost_with(groups=False),
                "Your cheap convolution is dense: with groups=m each ghost is made from one map, and is cheap.",
            ),
            Suspect(_ghost_with(cut=lambda x, n: x), NOT_CUT),
            Suspect(
                _ghost_with(intrinsic=int),
                ROUNDED_DOWN,
            ),
            Suspect(
                _ghost_with(intrinsic=int, plain_at_1=False),
                ROUNDED_DOWN,
            ),
            Suspect(
                _ghost_with(intrinsic=int, cut=lambda x, n: x),
                ROUNDED_DOWN,
            ),
            Suspect(
                _ghost_with(reverse=True),
                "The order is reversed: the intrinsic maps come first, their ghosts behind them.",
            ),
            Suspect(
                _ghost_with(cut=lambda x, n: x[:, -n:]),
                "You cut at the front: the first out_channels maps stay, so that no intrinsic map is lost.",
            ),
            Suspect(
                _ghost_with(exact_ghosts=True),
                "You made out_channels - m ghosts: make m · (s - 1), s - 1 from each map, and cut off what is over.",
            ),
            Suspect(
                _ghost_with(plain_at_1=False),
                "At ratio 1 there are no ghosts: leave the second convolution out, and return the primary maps.",
            ),
            Suspect(
                _ghost_with(acts=lambda relu: (True, True)),
                "There is a ReLU with relu=False too: the projection of a bottleneck needs a linear module.",
            ),
            Suspect(
                _ghost_with(acts=lambda relu: (False, False)),
                "There is no ReLU with relu=True: it follows both batch norms.",
            ),
            Suspect(
                _ghost_with(acts=lambda relu: (relu, False)),
                "Your ghosts have no ReLU: with relu=True it follows both batch norms.",
            ),
            Suspect(
                _ghost_with(acts=lambda relu: (relu, True)),
                "Your ghosts keep their ReLU with relu=False: a linear module has none at all.",
            ),
            Suspect(
                _ghost_with(acts=lambda relu: (False, relu)),
                "Your intrinsic maps have no ReLU: with relu=True it follows both batch norms.",
            ),
            Suspect(
                _ghost_with(acts=lambda relu: (True, relu)),
                "Your intrinsic maps keep their ReLU with relu=False: a linear module has none at all.",
            ),
            Suspect(
                _ghost_with(act_last=True),
                "Your ReLU comes after the concatenation: it comes before the ghosts are made, behind each batch norm.",
            ),
            *(
                Suspect(
                    _ghost_with(biases=biases),
                    f"{which} a bias: batch norm's shift does the same, so bias=False.",
                )
                for biases, which in (
                    ((True, True), "Your convolutions have"),
                    ((True, False), "Your primary convolution has"),
                    ((False, True), "Your cheap convolution has"),
                )
            ),
            Suspect(
                _ghost_with(cheap_padding=False),
                "Your ghosts are smaller than their maps: the cheap convolution has stride 1 and "
                "padding dw_kernel // 2.",
            ),
            Suspect(
                _ghost_with(cheap_stride=True),
                "The cheap convolution has the stride too: the primary one has made the maps smaller already.",
            ),
        ],
    )


class _Bottleneck(nn.Module):
    """The ghost bottleneck as two branches, and with other options what is often written in its place."""

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        use_se: bool = False,
        *,
        relus: tuple[bool, bool] = (True, False),
        depthwise_always: bool = False,
        depthwise_act: type[nn.Module] | None = None,
        depthwise_kernel: int = 0,
        se_first: bool = False,
        divisor: int = 4,
        of: str = "hidden",
        shortcut: str = "depthwise and pointwise",
        shortcut_act: type[nn.Module] | None = None,
        shortcut_kernel: int = 0,
        after: type[nn.Module] = nn.Identity,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [_Ghost(in_channels, hidden_channels, relu=relus[0])]
        middle: list[nn.Module] = []
        if stride > 1 or depthwise_always:
            k = depthwise_kernel or kernel_size
            middle.append(
                ConvNormAct(hidden_channels, hidden_channels, k, stride, groups=hidden_channels, act=depthwise_act)
            )
        if use_se:
            squeezed = round_channels((hidden_channels if of == "hidden" else in_channels) / 4, divisor=divisor)
            middle.append(SEBlock(hidden_channels, squeeze_channels=squeezed))
        layers += middle[::-1] if se_first else middle
        self.main = nn.Sequential(*layers, _Ghost(hidden_channels, out_channels, relu=relus[1]))
        self.residual = shortcut != "none"
        if stride == 1 and in_channels == out_channels:
            self.shortcut: nn.Module = nn.Identity()
        elif shortcut == "pointwise":
            self.shortcut = ConvNormAct(in_channels, out_channels, 1, stride, act=None)
        elif shortcut == "left out":
            self.residual = False
        else:
            k = shortcut_kernel or kernel_size
            self.shortcut = nn.Sequential(
                ConvNormAct(in_channels, in_channels, k, stride, groups=in_channels, act=shortcut_act),
                ConvNormAct(in_channels, out_channels, 1, act=None),
            )
        self.after = after()

    def forward(self, x: Tensor) -> Tensor:
        out = self.main(x)
        return self.after(out + self.shortcut(x)) if self.residual else out


def _bottleneck_with(**options: Any) -> Callable[..., nn.Module]:
    return lambda *arguments, **keywords: _Bottleneck(*arguments, **(keywords | options))


@assignment.check(
    "The ghost bottleneck",
    "this block is all of GhostNet: sixteen of them, a stem and a classifier",
)
def ghost_bottleneck(
    GhostBottleneck: Work,  # noqa: N803
    cases: Sequence[Case] = (
        case(8, 24, 8, inputs=(2, 8, 7, 7), seed=1),
        case(8, 20, 12, inputs=(1, 8, 9, 9), seed=2),
        case(8, 20, 12, kernel_size=5, stride=2, inputs=(1, 8, 9, 11), seed=3),
        case(7, 25, 7, stride=2, use_se=True, inputs=(2, 7, 8, 8), seed=4),
        case(6, 49, 6, use_se=True, inputs=(1, 6, 5, 5), seed=5),
    ),
) -> None:
    same_module(
        GhostBottleneck,
        _Bottleneck,
        cases,
        [
            Suspect(
                _bottleneck_with(relus=(True, True)),
                "There is a ReLU in the second ghost module: it projects, and must be linear, so give it relu=False.",
            ),
            Suspect(
                _bottleneck_with(relus=(False, False)),
                "There is no ReLU in the first ghost module: only the second one is linear.",
            ),
            Suspect(
                _bottleneck_with(relus=(False, True)),
                "You took the two ghost modules for one another: the first has ReLU, the second is linear.",
            ),
            Suspect(
                _bottleneck_with(shortcut="left out"),
                "Where the shape changes the shortcut is missing: there it is a depthwise and a pointwise convolution.",
            ),
            Suspect(_bottleneck_with(shortcut="none"), "There is no shortcut: add what came in to what comes out."),
            Suspect(
                _bottleneck_with(shortcut="pointwise"),
                "Your shortcut is one pointwise convolution: a depthwise one with the stride comes before it.",
            ),
            Suspect(
                _bottleneck_with(shortcut_act=nn.ReLU),
                "There is a ReLU in the shortcut: both of its convolutions are linear.",
            ),
            Suspect(
                _bottleneck_with(shortcut_kernel=3),
                "The shortcut's depthwise convolution is 3 × 3 always: it has the block's kernel_size.",
            ),
            Suspect(
                _bottleneck_with(depthwise_kernel=3),
                "The depthwise convolution between the modules is 3 × 3 always: it has the block's kernel_size.",
            ),
            Suspect(
                _bottleneck_with(depthwise_kernel=3, shortcut_kernel=3),
                "The depthwise convolutions are 3 × 3 always: they have the block's kernel_size.",
            ),
            Suspect(
                _bottleneck_with(depthwise_always=True),
                "There is a depthwise convolution at stride 1 too: it stands between the modules at stride 2 only.",
            ),
            Suspect(
                _bottleneck_with(depthwise_act=nn.ReLU),
                "There is a ReLU behind the depthwise convolution: it has a batch norm and no activation.",
            ),
            Suspect(
                _bottleneck_with(se_first=True),
                "The gates come before the depthwise convolution: squeeze-and-excitation follows it.",
            ),
            Suspect(
                _bottleneck_with(divisor=8),
                "The squeezed width is a multiple of 8: here it is a multiple of 4, divisor=4.",
            ),
            Suspect(
                _bottleneck_with(of="input"),
                "The gates squeeze to a quarter of the input's channels: here it is a quarter of hidden_channels.",
            ),
            Suspect(
                _bottleneck_with(after=nn.ReLU),
                "There is a ReLU after the addition: the block ends with the sum.",
            ),
        ],
        branches=("main", "shortcut"),
    )


def _macs(
    in_channels: int,
    out_channels: int,
    size: int,
    kernel_size: int = 1,
    ratio: int = 2,
    dw_kernel: int = 3,
    stride: int = 1,
    *,
    intrinsic: Callable[[float], float] = math.ceil,
    ghosts: Callable[[int, float, int], float] = lambda n, m, s: m * (s - 1),
    taps: Callable[[int, int], int] = lambda k, d: d * d,
    reads: Callable[[float, int], float] = lambda m, c: 1,
    pixels: Callable[[int, int], float] = lambda size, stride: (-(-size // stride)) ** 2,
    times: float = 1,
) -> float:
    """MACs of a ghost module, and with other options than the defaults those of a wrong count."""
    m = intrinsic(out_channels / ratio)
    primary = kernel_size**2 * in_channels * m
    cheap = taps(kernel_size, dw_kernel) * ghosts(out_channels, m, ratio) * reads(m, in_channels)
    return times * pixels(size, stride) * (primary + cheap)


def _macs_with(**options: Any) -> Callable[..., float]:
    return lambda *arguments, **keywords: _macs(*arguments, **(keywords | options))


@assignment.check(
    "What a ghost module costs",
    "a ghost is cheap and not free: nine multiplications a number are more than a thin layer's full way",
)
def ghost_macs(
    ghost_macs: Work,
    cases: Sequence[Case] = (
        case(16, 16, 112),
        case(80, 240, 14),
        case(40, 17, 15, ratio=3, dw_kernel=5),
        case(24, 30, 15, kernel_size=3, ratio=4, stride=2),
        case(20, 33, 7, ratio=1),
    ),
) -> None:
    same_values(
        ghost_macs,
        _macs,
        cases,
        [
            Suspect(_macs_with(ghosts=lambda n, m, s: 0), "You left the ghosts out: they cost d² each."),
            Suspect(
                _macs_with(intrinsic=math.floor),
                "You rounded m down: out_channels / ratio is rounded up, and what is over is cut off.",
            ),
            Suspect(
                _macs_with(intrinsic=lambda share: share),
                "Your m is a fraction: out_channels / ratio is rounded up.",
            ),
            Suspect(
                _macs_with(ghosts=lambda n, m, s: n - m),
                "You did not count the ghosts that are cut off: they are computed first, m · (s - 1) of them.",
            ),
            Suspect(
                _macs_with(ghosts=lambda n, m, s: m * s),
                "You counted s ghosts of each map: it has s - 1, since the map itself is one of the s.",
            ),
            Suspect(
                _macs_with(taps=lambda k, d: k * k),
                "Your ghosts have the primary convolution's kernel: theirs is dw_kernel × dw_kernel.",
            ),
            Suspect(
                _macs_with(taps=lambda k, d: d),
                "You took one side of the ghosts' kernel: it has dw_kernel × dw_kernel taps.",
            ),
            Suspect(_macs_with(taps=lambda k, d: 1), "Your ghosts have one tap: the kernel has dw_kernel × dw_kernel."),
            Suspect(
                _macs_with(reads=lambda m, c: m),
                "Your cheap convolution reads all m maps: it is depthwise, so each ghost reads a single one.",
            ),
            Suspect(
                _macs_with(reads=lambda m, c: c),
                "Your ghosts read all input channels: each reads a single intrinsic map.",
            ),
            Suspect(
                _macs_with(pixels=lambda size, stride: size**2),
                "You multiplied by the input's pixels: with a stride the output has fewer.",
            ),
            Suspect(
                _macs_with(pixels=lambda size, stride: (size // stride) ** 2),
                "You rounded the output's size down: with padding k // 2 it is size / stride, rounded up.",
            ),
            Suspect(
                _macs_with(pixels=lambda size, stride: -(-size // stride)),
                "You multiplied by one side only: the output has height × width pixels.",
            ),
            Suspect(_macs_with(times=2), "You counted FLOPs: a multiply-accumulate is one MAC."),
            Suspect(
                lambda c, n, size, k=1, ratio=2, d=3, stride=1, **keywords: _macs(
                    c, n, size, keywords.get("kernel_size", k), 1, d, stride
                ),
                "You priced an ordinary convolution: only m maps are made the full way.",
            ),
        ],
    )


def _speed_up(in_channels: int, ratio: int, kernel_size: int = 1, dw_kernel: int = 3) -> float:
    full = kernel_size**2 * in_channels
    return ratio * full / (full + (ratio - 1) * dw_kernel**2)


@assignment.check(
    "How many times cheaper",
    "the paper's 's times' is a limit; the formula says from how many channels on it is near",
)
def speed_up(
    speed_up: Work,
    cases: Sequence[Case] = (
        case(16, 2),
        case(960, 2),
        case(40, 4),
        case(24, 3, kernel_size=3, dw_kernel=5),
        case(4, 2),
        case(10, 1),
    ),
) -> None:
    same_values(
        speed_up,
        _speed_up,
        cases,
        [
            Suspect(
                lambda c, s, kernel_size=1, dw_kernel=3: s,
                "You returned the ratio: that is the limit for very many input channels.",
            ),
            Suspect(
                lambda c, s, kernel_size=1, dw_kernel=3: 1 / _speed_up(c, s, kernel_size, dw_kernel),
                "Upside down: divide the ordinary convolution's MACs by the ghost module's.",
            ),
            Suspect(
                lambda c, s, kernel_size=1, dw_kernel=3: s * c / (c + s - 1),
                "This is the paper's approximation for equal kernels: here a ghost has dw_kernel² taps, "
                "the primary convolution kernel_size².",
            ),
            Suspect(
                lambda c, s, kernel_size=1, dw_kernel=3: (
                    s * kernel_size**2 * c / (kernel_size**2 * c + s * dw_kernel**2)
                ),
                "You counted s ghosts of each map: it has s - 1, since the map itself is one of the s.",
            ),
            Suspect(
                lambda c, s, kernel_size=1, dw_kernel=3: s * kernel_size**2 * c / (kernel_size**2 * c + dw_kernel**2),
                "You counted one ghost of each map: there are s - 1.",
            ),
            Suspect(
                lambda c, s, kernel_size=1, dw_kernel=3: s * kernel_size**2 / (kernel_size**2 + (s - 1) * dw_kernel**2),
                "Your ghosts read all input channels: each reads a single intrinsic map.",
            ),
            Suspect(
                lambda c, s, kernel_size=1, dw_kernel=3: s * c / (c + (s - 1) * dw_kernel**2),
                "You left out the primary convolution's kernel_size².",
            ),
            Suspect(
                lambda c, s, kernel_size=1, dw_kernel=3: s * kernel_size * c / (kernel_size * c + (s - 1) * dw_kernel),
                "You took one side of the kernels: they have kernel_size² and dw_kernel² taps.",
            ),
            Suspect(
                lambda c, s, kernel_size=1, dw_kernel=3: (
                    kernel_size**2 * c / (kernel_size**2 * c + (s - 1) * dw_kernel**2)
                ),
                "The s is missing above: the ordinary convolution makes all s · m maps the full way.",
            ),
        ],
    )


DEAD = 1e-3


def _correlations(maps: Tensor, keep_dead: bool = False) -> Tensor:
    """Correlation of each live map with each other, 0 with itself."""
    flat = maps.double().flatten(1)
    if not keep_dead:
        flat = flat[flat.std(dim=1, correction=0) > DEAD]
    flat = flat - flat.mean(dim=1, keepdim=True)
    norms = flat.norm(dim=1)
    return (flat @ flat.T / torch.outer(norms, norms)).fill_diagonal_(0)


def _twins(maps: Tensor, threshold: float = 0.9) -> float:
    r = _correlations(maps).abs()
    return float((r.amax(dim=1) >= threshold).double().mean()) if len(r) > 1 else 0.0


def _twins_by_covariance(maps: Tensor, threshold: float = 0.9) -> float:
    flat = maps.double().flatten(1)
    flat = flat[flat.std(dim=1, correction=0) > DEAD]
    flat = flat - flat.mean(dim=1, keepdim=True)
    covariance = (flat @ flat.T / flat.shape[1]).fill_diagonal_(0).abs()
    return float((covariance.amax(dim=1) >= threshold).double().mean()) if len(flat) > 1 else 0.0


def _twins_by_cosine(maps: Tensor, threshold: float = 0.9) -> float:
    flat = maps.double().flatten(1)
    flat = nn.functional.normalize(flat[flat.std(dim=1, correction=0) > DEAD], dim=1)
    r = (flat @ flat.T).fill_diagonal_(0).abs()
    return float((r.amax(dim=1) >= threshold).double().mean()) if len(r) > 1 else 0.0


def _pairs(maps: Tensor, threshold: float = 0.9) -> float:
    r = _correlations(maps).abs()
    return float((r >= threshold).sum()) / max(1, len(r) * (len(r) - 1))


def _extra(maps: Tensor, threshold: float = 0.9) -> float:
    """Share of the maps that have a twin among those before them: what could be dropped."""
    r = _correlations(maps).abs().tril()
    return float((r.amax(dim=1) >= threshold).double().mean()) if len(r) > 1 else 0.0


def feature_maps(seed: int, copies: Sequence[float], dead: int = 0, size: int = 12) -> np.ndarray:
    """Maps of random patterns: each number in ``copies`` is how strongly a map follows a pattern that others follow
    too, negative for a negative; each map has a brightness and a contrast of its own.
    """
    rng = np.random.default_rng(seed)
    patterns = rng.standard_normal((2, size, size + 1))
    maps = []
    for i, share in enumerate(copies):
        own = rng.standard_normal(patterns[0].shape)
        mixed = share * patterns[i % 2] + (1 - abs(share)) * own
        maps.append(mixed * 10.0 ** rng.uniform(-1, 1) + rng.uniform(-30, 30))
    maps += [np.full(patterns[0].shape, rng.uniform(-1, 1)) for _ in range(dead)]
    return np.stack([maps[i] for i in rng.permutation(len(maps))]).astype(np.float32)


MAPS = (
    case(feature_maps(1, [0.9, 0.85, 0.95, 0.2, 0.0, 0.1])),
    case(feature_maps(2, [0.9, 0.8, -0.9, 0.0, 0.1, -0.85, 0.2])),
    case(feature_maps(3, [0.9, 0.0, 0.9, 0.0, 0.1], dead=3)),
    case(feature_maps(4, [0.75, 0.6, 0.75, 0.6, 0.0, 0.1, 0.9]), threshold=0.7),
    case(feature_maps(5, [0.9], dead=2)),
)


@assignment.check(
    "How many maps have a twin",
    "the whole idea rests on this number, and a slip in the measurement can make it anything from 0 to 100 %",
)
def twin_share(twin_share: Work, cases: Sequence[Case] = MAPS) -> None:
    def with_dead(maps: Tensor, threshold: float = 0.9) -> float:
        live = len(_correlations(maps))
        return _twins(maps, threshold) * live / len(maps)

    def spoiled(maps: Tensor, threshold: float = 0.9) -> float:
        return float((_correlations(maps, keep_dead=True).abs().amax(dim=1) >= threshold).double().mean())

    def dead_as_twins(maps: Tensor, threshold: float = 0.9) -> float:
        live = len(_correlations(maps))
        return (_twins(maps, threshold) * live + len(maps) - live) / len(maps)

    def no_abs(maps: Tensor, threshold: float = 0.9) -> float:
        r = _correlations(maps)
        return float((r.amax(dim=1) >= threshold).double().mean()) if len(r) > 1 else 0.0

    same_values(
        twin_share,
        _twins,
        cases,
        [
            Suspect(
                lambda maps, threshold=0.9: 1.0,
                "Each map was compared with itself as well, and r = 1 there: leave the diagonal out.",
            ),
            Suspect(
                no_abs, "You left out the absolute value: a negative, r near -1, is made by a negative factor as well."
            ),
            Suspect(
                _twins_by_cosine,
                "The maps' means were not subtracted: bright maps then look alike whatever is in them.",
            ),
            Suspect(
                _twins_by_covariance,
                "You took the covariance: divide by both standard deviations, or contrast decides.",
            ),
            Suspect(
                spoiled,
                "A dead map has no correlation (0 / 0 is nan), and one nan spoils every maximum: leave dead maps out "
                "first.",
            ),
            Suspect(with_dead, "You divided by all maps: dead ones do not count, neither above nor below."),
            Suspect(dead_as_twins, "You counted dead maps as twins: they are alike, and of no use; leave them out."),
            Suspect(
                lambda maps, threshold=0.9: _pairs(maps, threshold) * max(0, len(_correlations(maps)) - 1),
                "You counted every pair: a map with three twins is one map that has a twin.",
            ),
            Suspect(_pairs, "You gave the share of pairs: asked is the share of maps that have a twin at all."),
            Suspect(_extra, "You looked at earlier maps only: both of two twins have a twin, so both count."),
            Suspect(
                lambda maps, threshold=0.9: _twins(maps, math.sqrt(threshold)),
                "You compared r² with the threshold: it is for |r|.",
            ),
            Suspect(
                lambda maps, threshold=0.9: _twins(maps),
                "Your answer does not depend on the threshold: use the argument.",
            ),
            Suspect(
                lambda maps, threshold=0.9: _twins(maps, threshold) * len(_correlations(maps)),
                "You counted the maps: asked is their share of the live ones.",
            ),
            Suspect(
                lambda maps, threshold=0.9: 100 * _twins(maps, threshold),
                "You gave per cent: asked is a share between 0 and 1.",
            ),
        ],
    )
