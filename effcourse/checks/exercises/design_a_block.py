"""Checks of exercise 10: a block of one's own, held to what it must do and not to how it is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...cost import trace
from ...models.mobilenet_v2 import InvertedResidual
from ..cases import Case, case
from ..engine import Assignment
from ..mistake import Mistake
from ..values import close
from ..work import Built, Work
from .block_budget import BUDGET
from .block_runs import fits, must_repeat_itself, run, stride, told, weights

assignment = Assignment(
    "10_design_a_block", allow=("ConvNormAct", "DepthwiseSeparableConv", "SEBlock", "DropPath", "Conv2dSame", "trace")
)


assignment.part(
    "budget",
    "The budget: what MobileNetV2's block costs",
    "a budget that is wrong by the batch norms or by a factor of 2 makes the comparison afterwards worth nothing",
    BUDGET,
    [case(16, 16, 1, 14), case(24, 40, 2, 28), case(32, 48, 2, 15), case(20, 24, 1, 9), case(16, 24, 2, 13)],
)

SETTINGS = (
    case(16, 16, 1, inputs=(2, 16, 9, 9)),
    case(16, 24, stride=2, inputs=(2, 16, 15, 12)),
    case(24, 24, 2, inputs=(3, 24, 14, 14)),
    case(24, 40, 1, inputs=(2, 24, 7, 10)),
    case(32, 32, inputs=(1, 32, 8, 8)),
)


@assignment.check(
    "Shapes, and a use for every weight",
    "a block is a brick: it must fit wherever MobileNetV2's fits, and carry no weight that does nothing",
)
def shapes(EfficientBlock: Work, cases: Sequence[Case] = SETTINGS) -> None:  # noqa: N803
    for one in cases:
        built = EfficientBlock.build(*one.arguments, **one.keywords)
        (image,) = one.arrays()
        _check_shape(built, one, run(built, one, image), image)
        _check_each_picture_alone(built, one, image)
        _check_every_weight_is_used(built, one, image)


def _check_shape(built: Built, one: Case, output: np.ndarray, image: np.ndarray) -> None:
    n, _, height, width = image.shape
    step = stride(one)
    right = (n, one.arguments[1], -(-height // step), -(-width // step))
    if output.shape == right:
        return
    cause = ""
    if output.shape == (n, right[1], height, width):
        cause = "The stride has no effect: hand it to the depthwise convolution."
    elif step > 1 and output.shape == (n, right[1], -(-right[2] // step), -(-right[3] // step)):
        cause = "The stride is applied twice: only one convolution of the block may have it."
    elif step > 1 and output.shape == (n, right[1], height // step, width // step):
        cause = "An odd size is rounded down: it is rounded up here, as a convolution with padding does it."
    elif output.shape[:2] == right[:2] and output.shape[2] < right[2]:
        cause = "The picture shrinks at its edges: the depthwise convolution needs padding kernel_size // 2."
    elif output.shape[2:] == right[2:]:
        cause = "The number of channels is not out_channels: the last 1×1 convolution decides it."
    raise Mistake(f"{built.name} on {image.shape} gives shape {output.shape}, expected {right}", cause)


def _check_each_picture_alone(built: Built, one: Case, image: np.ndarray) -> None:
    given = weights(built.shapes(image), one.seed)
    built.load(given, image)
    together = run(built, one, image)
    must_repeat_itself(built, one, together, image)
    alone = np.concatenate([run(built, one, image[i : i + 1]) for i in range(len(image))])
    if not close(alone, together):
        raise Mistake(
            f"{built.name} gives a picture another output when other pictures are in the batch",
            "You average over the batch, too: the squeeze takes the mean over height and width only, dim=(2, 3), and a "
            "batch norm keeps its running statistics.",
        )


def _check_every_weight_is_used(built: Built, one: Case, image: np.ndarray) -> None:
    sizes = built.shapes(image)
    idle = set(range(len(sizes)))
    for seed in range(one.seed, one.seed + 4):
        given = weights(sizes, seed)
        built.load(given, image)
        before = run(built, one, image)
        for i in sorted(idle):
            other = list(given)
            other[i] = weights([sizes[i]], seed + 77)[0] + np.float32(0.1)
            built.load(other, image)
            if np.abs(run(built, one, image) - before).max() > 1e-6 * np.abs(before).max():
                idle.discard(i)
        if not idle:
            return
    unused = ", ".join(str(sizes[i]) for i in sorted(idle))
    raise Mistake(
        f"{built.name} has weights that change nothing in its output, whatever their values: of shape {unused}",
        "A layer is built and its result not used, or a gate is computed and never multiplied on.",
    )


DEPTHWISE = {3, 5, 7, 9, 11, 25, 49, 81, 121}  # weights of one channel's kernel: 3 × 3, 1 × 5, ...


@assignment.check(
    "Depthwise, not dense",
    "the depthwise separable convolution is where the block saves: a dense 3×3 costs as much as all the rest",
)
def depthwise(
    EfficientBlock: Work,  # noqa: N803
    cases: Sequence[Case] = (case(96, 96, 1, inputs=(1, 96, 14, 14)), case(64, 64, 1, inputs=(1, 64, 9, 9))),
) -> None:
    for one in cases:
        built = EfficientBlock.build(*one.arguments, **one.keywords)
        found = False
        rows = built.rows(one.inputs[0][1:])
        for row in rows:
            if not row.macs or row.op != "conv2d" or row.in_shape is None or row.out_shape is None:
                continue
            channels, products = row.in_shape[1], row.macs // row.activations
            if products in DEPTHWISE and row.out_shape[1] % channels == 0 and channels != products:
                found = True
            elif products > channels:
                raise Mistake(
                    f"in {built.name} the convolution {row.name or 'of the forward'} takes {products:,} products for "
                    f"one number of its output: more than its {channels} input channels",
                    f"A dense convolution larger than 1×1: give it groups={channels}, a group for each channel.",
                )
        if not found:
            large = any(row.groups == row.in_shape[1] and max(row.kernel) > 11 for row in rows if row.kernel and row.in_shape)
            raise Mistake(
                f"{built.name} has no convolution that filters each channel by itself (a 3×3 one would take 9 products "
                "for one number of its output)",
                "Your depthwise kernel is too large: at most 11."
                if large
                else "No depthwise convolution: nn.Conv2d(c, c, 3, padding=1, groups=c) filters, 1×1 convolutions mix.",
            )


FAR = 24  # the change of a corner of 11 × 11 reaches this far by no convolution of the block


@assignment.check(
    "Squeeze-and-excitation",
    "3×3 filters see a neighbourhood; the squeeze lets every place know what is in the whole picture",
)
def squeeze_excite(
    EfficientBlock: Work,  # noqa: N803
    cases: Sequence[Case] = (case(32, 32, 1, inputs=(1, 32, 40, 40)), case(24, 24, inputs=(1, 24, 37, 45), seed=5)),
) -> None:
    for one in cases:
        built = EfficientBlock.build(*one.arguments, **one.keywords)
        (image,) = one.arrays()
        if not _hears(built, one, image):
            raise Mistake(
                f"{built.name}, on a picture whose upper left corner changes: the output's lower right corner stays",
                _why_it_sees_nothing(built, one),
            )
        _check_gate_multiplies(built, one, image)
        quiet = 0.05 * image
        quiet[..., 14:22, 14:22] = 8 * image[..., 14:22, 14:22]  # here are the largest and the smallest numbers
        if not _hears(built, one, quiet, 0.3):
            raise Mistake(
                f"{built.name}, on a picture with bright pixels in its middle, hears nothing of the quieter corner",
                "You squeeze by the largest number of each channel: the mean is asked, which every pixel changes.",
            )
        _check_mean_alone_is_heard(built, one, image)


def _far_change(built: Built, one: Case, image: np.ndarray, seed: int, by: float) -> tuple[np.ndarray, np.ndarray]:
    """The output far from the corner, and how it changes with the corner."""
    elsewhere = image.copy()
    elsewhere[:, :, :11, :11] += by
    built.load(weights(built.shapes(image), seed), image)
    before, after = (run(built, one, x)[..., FAR:, FAR:] for x in (image, elsewhere))
    return before, after - before


def _hears(built: Built, one: Case, image: np.ndarray, by: float = 5.0) -> bool:
    changes = (_far_change(built, one, image, seed, by) for seed in range(one.seed, one.seed + 4))
    return any(np.abs(change).max() > 1e-5 * np.abs(before).max() for before, change in changes)


def _check_gate_multiplies(built: Built, one: Case, image: np.ndarray) -> None:
    """Added gates change all places alike; one gate for all channels changes all of them in one proportion."""
    added, single = [], []
    for seed in range(one.seed, one.seed + 4):
        output, change = _far_change(built, one, image, seed, 5.0)
        far = image[..., FAR:, FAR:]
        branch = output - far if fits(one) and far.shape == output.shape else output
        if np.abs(change).max() <= 1e-4 * np.abs(output).max():
            continue
        varied = change - change.mean(axis=(2, 3), keepdims=True)
        content = branch - branch.mean(axis=(2, 3), keepdims=True)
        added.append(np.abs(varied).max() < 1e-2 * np.abs(change).max())
        factor = (varied * content).sum() / max((content**2).sum(), 1e-12)
        single.append(np.abs(varied - factor * content).max() < 1e-2 * np.abs(varied).max())
    differs = f"{built.name}, on a picture whose upper left corner changes, changes at the other places"
    if added and all(added):
        raise Mistake(
            f"{differs} by the same everywhere, whatever is there",
            "Your gates are added or subtracted, or stand alone: multiply the channels by them.",
        )
    if single and all(single):
        raise Mistake(
            f"{differs} by the same factor in all channels", "You have one gate for all channels: each has its own."
        )


def _check_mean_alone_is_heard(built: Built, one: Case, image: np.ndarray) -> None:
    """With each channel's mean as it was, nothing far from a change may change."""
    elsewhere = image.copy()
    elsewhere[:, :, :11, :11] += 5.0
    for seed in range(one.seed, one.seed + 2):
        built.load(weights(built.shapes(image), seed), image)
        before = run(built, one, image)
        must_repeat_itself(built, one, before, image)
        output = built.by_other_means(image, elsewhere)
        if output is None:
            raise Mistake(
                f"{built.name} on a picture of {image.shape[2]} × {image.shape[3]} pixels: no number in it is the mean "
                "of a channel over all of them",
                "You squeeze by something else than the mean over height and width, all of it and nothing besides.",
            )
        if not close(output[..., FAR:, FAR:], before[..., FAR:, FAR:]):
            raise Mistake(
                f"{built.name}, on a picture whose upper left corner changes but no channel's mean: the output's lower "
                "right corner changes",
                "Something hears more of the picture than the mean of each channel: the gates come from the means alone, "
                "and a batch norm keeps its running statistics.",
            )


def _why_it_sees_nothing(built: Built, one: Case) -> str:
    rows = built.rows(one.inputs[0][1:])
    gates = [row for row in rows if "sigmoid" in row.op and row.out_shape is not None]
    if any(math.prod(row.out_shape[2:]) > 1 for row in gates if row.out_shape):
        return "Your gate is computed at each place by itself: squeeze first, by the mean over height and width."
    return (
        "Nothing in the block sees the whole picture: after the depthwise convolution, average over height and width, "
        "make a gate for each channel of it, and multiply."
    )


@assignment.check(
    "A residual where the shapes allow it",
    "the shortcut carries the signal and its gradient past the block unharmed, so that many blocks can be stacked",
)
def residual(
    EfficientBlock: Work,  # noqa: N803
    cases: Sequence[Case] = (
        case(24, 24, 1, inputs=(2, 24, 9, 9)),
        case(16, 16, inputs=(1, 16, 8, 11)),
        case(96, 96, inputs=(1, 96, 5, 7)),
        case(16, 24, 1, inputs=(1, 16, 9, 9)),
        case(16, 16, 2, inputs=(1, 16, 9, 9)),
    ),
) -> None:
    for one in cases:
        built = EfficientBlock.build(*one.arguments, **one.keywords)
        (image,) = one.arrays()
        try:
            zeros = [np.zeros(shape, np.float32) for shape in built.shapes(image)]
        except Mistake as mistake:
            raise told(mistake, one) from None
        built.load(zeros, image)
        output = run(built, one, image)
        expected = image if fits(one) else np.zeros_like(output)
        if not close(output, expected, atol=1e-4):
            what = "its input" if fits(one) else "zeros, for there is no shortcut"
            raise Mistake(
                f"{built.name} with all its weights at zero, so that only a shortcut lets something through: "
                f"expected {what}, and the output is something else",
                _why_no_identity(output, image) if fits(one) else "",
            )


def _why_no_identity(output: np.ndarray, image: np.ndarray) -> str:
    if output.shape != image.shape:
        return "The output has another shape than the input, though the stride is 1 and the channels are the same."
    positive = np.maximum(image, 0)
    hard_swish = image * np.clip(image + 3, 0, 6) / 6
    silu = image / (1 + np.exp(-image))
    for value, cause in (
        (0 * image, "Nothing comes through: where the stride is 1 and the channels are the same, add the input, "
         "and end with the sum."),
        (2 * image, "The input is added twice: once is the residual."),
        (positive, "An activation stands after the addition: it cuts the shortcut, so end with the sum."),
        (
            np.minimum(positive, 6),
            "An activation stands after the addition: it cuts the shortcut, so end with the sum.",
        ),
        (hard_swish, "An activation stands after the addition: it bends the shortcut, so end with the sum."),
        (silu, "An activation stands after the addition: it bends the shortcut, so end with the sum."),
        (image / 2, "A gate stands after the addition, or a factor, and halves the shortcut: gate the branch, then add."),
    ):
        if close(output, value, atol=1e-4):
            return cause
    return ""


@assignment.check(
    "Within the budget",
    "a better block at a higher price proves nothing; at the same price it is a better design",
)
def within_budget(
    EfficientBlock: Work,  # noqa: N803
    cases: Sequence[Case] = (
        case(16, 16, 1, inputs=(1, 16, 14, 14)),
        case(24, 24, 1, inputs=(1, 24, 7, 7)),
        case(72, 72, 2, inputs=(1, 72, 9, 9)),
        case(24, 40, 2, inputs=(1, 24, 28, 28)),
        case(32, 32, 2, inputs=(1, 32, 13, 13)),
        case(64, 64, 1, inputs=(1, 64, 7, 7)),
        case(96, 160, 2, inputs=(1, 96, 15, 15)),
        case(160, 160, 1, inputs=(1, 160, 7, 7)),
    ),
) -> None:
    for one in cases:
        built = EfficientBlock.build(*one.arguments, **one.keywords)
        shape = one.inputs[0][1:]
        allowed = trace(InvertedResidual(one.arguments[0], one.arguments[1], stride(one)), shape)
        try:
            rows = built.rows(shape)
        except Mistake as mistake:
            raise told(mistake, one) from None
        params, macs = sum(row.params for row in rows), sum(row.macs for row in rows)
        over = []
        if params > allowed.params:
            over.append(f"{params:,} parameters, allowed are {allowed.params:,}")
        if macs > allowed.macs:
            over.append(f"{macs:,} MACs, allowed are {allowed.macs:,}")
        if over:
            raise Mistake(
                f"{built.name} on {shape} has {' and '.join(over)}",
                _where_it_goes(rows, params > allowed.params, macs > allowed.macs),
            )


def _where_it_goes(rows: Sequence[Any], params_over: bool, macs_over: bool) -> str:
    """What spends most; first of all, whether the gate does."""
    total = sum(row.params for row in rows)
    gate = sum(row.params for row in rows if row.macs and row.out_shape and math.prod(row.out_shape[2:]) == 1)
    if params_over and gate > 0.25 * total:
        return f"Squeeze-and-excitation alone holds {gate / total:.0%} of your parameters: squeeze to fewer channels."
    if macs_over:
        most = max(rows, key=lambda row: row.macs)
        share = most.macs / sum(row.macs for row in rows)
        return f"Most of the work, {share:.0%}, is in {most.name or most.op}: a smaller expansion makes it cheaper."
    most = max(rows, key=lambda row: row.params)
    return f"Most parameters, {most.params / total:.0%}, are in {most.name or most.op}: a smaller expansion has fewer."
