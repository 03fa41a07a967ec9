"""Checks of exercise 08: the ghost module, its bottleneck, its price, and the twins among feature maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..cases import case
from ..engine import Assignment
from ..recipes import recipe
from .ghost_blocks import BOTTLENECK, GHOST

assignment = Assignment("08_ghost_module", allow=("trace", "ConvNormAct", "SEBlock", "round_channels"))

assignment.part(
    "ghost_module",
    "The ghost module",
    "half of the maps cost nine multiplications a number in place of hundreds, if the ghosts are really cheap",
    GHOST,
    [
        case(5, 13, kernel_size=3, ratio=3, dw_kernel=5, stride=2, inputs=(2, 5, 11, 8), seed=1),
        case(6, 17, ratio=3, dw_kernel=5, relu=False, inputs=(1, 6, 5, 6), seed=2),
        case(8, 16, inputs=(1, 8, 7, 7), seed=3),
        case(4, 7, inputs=(1, 4, 5, 5), seed=4),
        case(6, 5, ratio=1, inputs=(1, 6, 5, 5), seed=5),
    ],
)

assignment.part(
    "ghost_bottleneck",
    "The ghost bottleneck",
    "this block is all of GhostNet: sixteen of them, a stem and a classifier",
    BOTTLENECK,
    [
        case(6, 49, 10, kernel_size=5, stride=2, use_se=True, inputs=(2, 6, 7, 8), seed=1),
        case(6, 54, 6, use_se=True, inputs=(1, 6, 5, 5), seed=2),
        case(8, 20, 12, inputs=(1, 8, 5, 6), seed=3),
        case(7, 16, 7, stride=2, inputs=(1, 7, 6, 5), seed=4),
    ],
)

MACS = recipe(
    """
    def ghost_macs(in_channels, out_channels, size, kernel_size=1, ratio=2, dw_kernel=3, stride=1):
        m = «m = math.ceil(out_channels / ratio)»
        out = «out = math.ceil(size / stride)»
        primary = «primary = kernel_size**2 * «from = in_channels» * m»
        ghosts = «ghosts = m * (ratio - 1)»
        return «times = »(«pixels = out * out» * («both = primary + «taps = dw_kernel**2» * ghosts«reads = »»))
    """,
    """
    both = primary
        You left the ghosts out: they cost d² each.

    both = kernel_size**2 * in_channels * out_channels
        You priced an ordinary convolution: only m maps are made the full way.

    m = out_channels // ratio
        You rounded m down: out_channels / ratio is rounded up, and what is over is cut off.

    m = out_channels / ratio
        Your m is a fraction: out_channels / ratio is rounded up.

    m = round(out_channels / ratio)
        You rounded m to the nearest: out_channels / ratio is rounded up, and what is over is cut off.

    ghosts = out_channels - m
        You did not count the ghosts that are cut off: they are computed first, m · (s - 1) of them.

    ghosts = m * ratio
        You counted s ghosts of each map: it has s - 1, since the map itself is one of the s.

    ghosts = m
        You counted one ghost of each map: there are s - 1.

    taps = kernel_size**2
        Your ghosts have the primary convolution's kernel: theirs is dw_kernel × dw_kernel.

    taps = dw_kernel
        You took one side of the ghosts' kernel: it has dw_kernel × dw_kernel taps.

    taps = 1
        Your ghosts have one tap: the kernel has dw_kernel × dw_kernel.

    taps = 9
        Your ghosts' kernel is 3 × 3 always: it is dw_kernel × dw_kernel.

    primary = in_channels * m
        You left out the primary convolution's kernel_size².

    primary = kernel_size * in_channels * m
        You took one side of the primary convolution's kernel: it has kernel_size × kernel_size taps.

    reads = * m
        Your cheap convolution reads all m maps: it is depthwise, so each ghost reads a single one.

    reads = * in_channels
        Your ghosts read all input channels: each reads a single intrinsic map.

    out = size
        You multiplied by the input's pixels: with a stride the output has fewer.

    out = size // stride
        You rounded the output's size down: with padding k // 2 it is size / stride, rounded up.

    out = round(size / stride)
        You rounded half a pixel to the even number: each side has size / stride pixels, rounded up.

    out = size / stride
        You let half a pixel stand: each side has size / stride pixels, rounded up.

    out = (size - kernel_size) // stride + 1
        You left out the padding: each side has size / stride pixels, rounded up.

    pixels = out
        You multiplied by one side only: the output has height × width pixels.

    pixels = 1
        You counted one pixel: each of the output's out · out pixels takes this much.

    times = 2 *
        You counted FLOPs: a multiply-accumulate is one MAC.
    """,
)

assignment.part(
    "ghost_macs",
    "What a ghost module costs",
    "a ghost is cheap and not free: nine multiplications a number are more than a thin layer's full way",
    MACS,
    [
        case(16, 16, 112),
        case(80, 240, 14),
        case(40, 17, 15, ratio=3, dw_kernel=5),
        case(24, 30, 15, kernel_size=3, ratio=4, stride=2),
        case(10, 13, 13, ratio=3, stride=2),
        case(20, 33, 7, ratio=1),
    ],
)

SPEED = recipe(
    """
    def speed_up(in_channels, ratio, kernel_size=1, dw_kernel=3):
        k, d = «kernels = kernel_size**2, dw_kernel**2»
        return «all = «above = ratio * «full = k * in_channels»» / («full» + «ghosts = (ratio - 1)» * d«reads = »)»
    """,
    """
    all = ratio
        You returned the ratio: that is the limit for very many input channels.

    all = (k * in_channels + (ratio - 1) * d) / (ratio * k * in_channels)
        Upside down: divide the ordinary convolution's MACs by the ghost module's.

    all = ratio * in_channels / (in_channels + ratio - 1)
        This is the paper's approximation for equal kernels: here a ghost has dw_kernel² taps, the primary convolution
        kernel_size².

    ghosts = ratio
        You counted s ghosts of each map: it has s - 1, since the map itself is one of the s.

    ghosts = 1
        You counted one ghost of each map: there are s - 1.

    reads = * in_channels
        Your ghosts read all input channels: each reads a single intrinsic map.

    full = in_channels
        You left out the primary convolution's kernel_size².

    kernels = kernel_size, dw_kernel
        You took one side of the kernels: they have kernel_size² and dw_kernel² taps.

    kernels = kernel_size**2, 9
        Your ghosts' kernel is 3 × 3 always: it is dw_kernel × dw_kernel.

    above = k * in_channels
        The s is missing above: the ordinary convolution makes all s · m maps the full way.

    all = ratio * k * in_channels // (k * in_channels + (ratio - 1) * d)
    or all = round(ratio * k * in_channels / (k * in_channels + (ratio - 1) * d))
        You made a whole number of it: the quotient is a fraction.

    all = round(ratio * k * in_channels / (k * in_channels + (ratio - 1) * d), 2)
        You rounded: give the quotient as it is.
    """,
)

assignment.part(
    "speed_up",
    "How many times cheaper",
    "the paper's 's times' is a limit; the formula says from how many channels on it is near",
    SPEED,
    [
        case(16, 2),
        case(960, 2),
        case(42, 4),
        case(24, 3, kernel_size=3, dw_kernel=5),
        case(4, 2),
        case(10, 1),
    ],
)

TWINS = recipe(
    """
    def twin_share(maps, threshold=0.9):
        rows = maps.double().flatten(1)
        live = «live = rows.std(dim=1) > 1e-3»
        rows = rows«only = [live]»
        if «few = len(rows) < 2»:
            return «none = 0.0»
        rows = «centred = rows - «mean = rows.mean(dim=1, keepdim=True)»»
        rows = «scaled = F.normalize(rows, dim=1)»
        r = «r = (rows @ rows.T)»«diagonal = .fill_diagonal_(0)»
        twins = «twins = («size = r.abs()».amax(dim=1) >= «threshold = threshold»)»
        return «share = twins.double().mean().item()»
    """,
    """
    diagonal =
    or diagonal = ; few = len(rows) < 1
    or diagonal = ; none = 1.0
        In yours every live map has a twin, always: leave out each map with itself (r = 1), see that no |r| is above 1,
        and ask for at least the threshold.

    size = r
        You left out the absolute value: a negative, r near -1, is made by a negative factor as well.

    centred = rows
        The maps' means were not subtracted: bright maps then look alike whatever is in them.

    mean = rows.mean()
        You subtracted one mean of all maps: each map has its own, over its positions, mean(dim=1, keepdim=True).

    mean = rows.mean(dim=0)
    or mean = rows.mean(dim=0, keepdim=True)
        You averaged over the maps at each position: a map's own mean is over its positions, mean(dim=1, keepdim=True).

    scaled = rows / len(rows[0])**0.5
        You took the covariance: divide by both standard deviations, or contrast decides.

    scaled = rows
        You did not divide by the rows' lengths: contrast and the number of positions then decide.

    scaled = rows / rows.norm()
        In yours no map has a twin, or nearly none: divide each row by its own length, normalize(rows, dim=1), compare
        rows with rows, and let one twin be enough.

    scaled = F.normalize(rows, dim=0)
        You made the columns' lengths 1: a row is a map, so normalize(rows, dim=1).

    centred = F.normalize(rows, dim=1); scaled = rows - rows.mean(dim=1, keepdim=True)
        You divided by the length before you subtracted the mean: the mean comes first.

    r = torch.corrcoef(rows.T)
        You compared positions, not maps: rows @ rows.T holds a number for each pair of maps.

    few = False; scaled = rows / rows.norm(dim=1, keepdim=True); only =
    or only = ; r = torch.corrcoef(rows)
        A dead map has no correlation (0 / 0 is nan), and one nan spoils every maximum: leave dead maps out first.

    share = (twins.sum() / len(maps)).item()
        You divided by all maps: dead ones do not count, neither above nor below.

    share = ((twins.sum() + len(maps) - len(rows)) / len(maps)).item()
        You counted dead maps as twins: they are alike, and of no use; leave them out.

    live = rows.std(dim=1) > 0
    or live = rows.std(dim=1) != 0
    or live = rows.abs().amax(dim=1) > 0
    or live = rows.abs().amax(dim=1) > 1e-3
    or live = rows.abs().sum(dim=1) > 0
    or live = rows.mean(dim=1).abs() > 1e-3
    or live = rows.mean(dim=1) > 1e-3
        Maps that hardly vary count as live in yours: a map is dead if its standard deviation is at most 0.001.

    live = rows.var(dim=1) > 1e-3
    or live = rows.std(dim=1) > 1e-2
        You take for dead what is only faint: a map is dead if its standard deviation over all positions is at most 0.001.

    live = rows.std(dim=1) <= 1e-3
        You kept the dead maps and left out the live ones.

    few = False
    or few = len(maps) < 2
        With no live map you have nothing to take a maximum of: below two live maps the share is 0.

    none = 1.0
        You return 1 where fewer than two maps are live: there the share is 0.

    none = None
        You return no number where fewer than two maps are live: there the share is 0.

    share = ((r.abs() >= threshold).sum() / len(rows)).item()
        You counted every pair: a map with three twins is one map that has a twin.

    share = ((r.abs() >= threshold).sum() / len(rows) / (len(rows) - 1)).item()
        You gave the share of pairs: asked is the share of maps that have a twin at all.

    diagonal = .fill_diagonal_(0).tril()
    or diagonal = .triu(1)
        You looked at earlier or at later maps only: both of two twins have a twin, so both count.

    size = (r**2)
        You compared r² with the threshold: it is for |r|.

    threshold = 0.9
        Your answer does not depend on the threshold: use the argument.

    twins = (r.abs().mean(dim=1) >= threshold)
    or twins = (r.abs().sum(dim=1) >= threshold)
        You took the mean or the sum of each row: one twin is enough, so take the largest |r|.

    share = twins.sum().item()
        You counted the maps: asked is their share of the live ones.

    share = 100 * twins.double().mean().item()
        You gave per cent: asked is a share between 0 and 1.

    share = 1 - twins.double().mean().item()
        You gave the share of maps without a twin.
    """,
)


def feature_maps(
    seed: int,
    copies: Sequence[float],
    dead: int = 0,
    size: int = 12,
    brightness: tuple[float, float] = (-30, 30),
    faint: Sequence[float] = (),
) -> np.ndarray:
    """Maps of random patterns: each number in ``copies`` is how strongly a map follows a pattern that others follow
    too, negative for a negative; each map has a brightness and a contrast of its own. The first have no brightness and
    the contrasts ``faint``; ``dead`` more are constant.
    """
    rng = np.random.default_rng(seed)
    patterns = rng.standard_normal((2, size, size + 1))
    maps = []
    for i, share in enumerate(copies):
        mixed = share * patterns[i % 2] + (1 - abs(share)) * rng.standard_normal(patterns[0].shape)
        contrast, bright = 10.0 ** rng.uniform(-1, 1), rng.uniform(*brightness)
        maps.append(faint[i] * mixed if i < len(faint) else contrast * mixed + bright)
    maps += [np.full(patterns[0].shape, rng.integers(1, 9) / 8) for _ in range(dead)]  # whose mean is exact
    return np.stack([maps[i] for i in rng.permutation(len(maps))]).astype(np.float32)


assignment.part(
    "twin_share",
    "How many maps have a twin",
    "the whole idea rests on this number, and a slip in the measurement can make it anything from 0 to 100 %",
    TWINS,
    [
        case(feature_maps(1, [0.9, 0.85, 0.95, 0.2, 0.0, 0.1])),
        case(feature_maps(2, [0.9, 0.8, -0.9, 0.0, 0.1, -0.85, 0.2])),
        case(feature_maps(3, [0.9, 0.0, 0.9, 0.0, 0.1], dead=3)),
        case(feature_maps(4, [0.75, 0.6, 0.75, 0.6, 0.0, 0.1, 0.9]), threshold=0.7),
        case(feature_maps(5, [0.9], dead=2)),
        case(feature_maps(6, [0.9, 0.0, 0.9, 0.1, 0.9, 0.0], brightness=(0, 0))),
        case(feature_maps(7, [0.9, 0.0, 0.9, 0.1, 0.0], brightness=(20, 20))),
        case(feature_maps(8, [0.9, 0.85, 0.95, 0.8, 0.0, 0.1, 0.2], dead=1, faint=(5e-4, 2e-3, 4e-4))),
        case(feature_maps(10, [0.95, 0.0, 0.9, 0.1, 0.6, 0.0]), threshold=0.3),
        case(feature_maps(9, [], dead=3)),
        case(feature_maps(11, [0.95, 0.0, 0.95], faint=(2.0, 5e-4, 3.0))),
    ],
)
