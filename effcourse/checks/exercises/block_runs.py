"""How exercise 10 runs a student's block, and what it says when that fails."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..cases import Case
from ..causes import is_random
from ..mistake import Mistake
from ..work import Built


def weights(shapes: Sequence[tuple[int, ...]], seed: int) -> list[np.ndarray]:
    """Random weights: kernels around zero, everything else (norms, biases, statistics) from 0.5 to 1.5."""
    rng = np.random.default_rng(seed)
    drawn = []
    for shape in shapes:
        if len(shape) > 1:
            values = rng.normal(0, math.sqrt(2 / math.prod(shape[1:])), shape)
        else:
            values = rng.uniform(0.5, 1.5, shape)
        drawn.append(np.asarray(values, dtype=np.float32))
    return drawn


def stride(one: Case) -> int:
    """The case's stride."""
    return one.keywords.get("stride", one.arguments[2] if len(one.arguments) > 2 else 1)


def fits(one: Case) -> bool:
    """Whether the input can be added to the output."""
    return stride(one) == 1 and one.arguments[0] == one.arguments[1]


def run(built: Built, one: Case, *inputs: np.ndarray) -> np.ndarray:
    """The block's output."""
    try:
        output = built.run(*(inputs or one.arrays()))
    except Mistake as mistake:
        raise told(mistake, one) from None
    if not isinstance(output, np.ndarray):
        raise Mistake(f"{built.name} gives a {type(output).__name__}, expected a tensor")
    return output


def must_repeat_itself(built: Built, one: Case, output: np.ndarray, image: np.ndarray) -> None:
    """Raise a mistake unless another run gives the same ``output``."""
    if is_random(output, run(built, one, image)):
        raise Mistake(
            f"{built.name} gives two outputs on the same picture, in eval mode too",
            "Something in it is random, such as a dropout that is always on.",
        )


def told(mistake: Mistake, one: Case) -> Mistake:
    """A cause where adding the input raised an error; told by the operation and the shapes, not by the wording."""
    operation, *given = mistake.where[1:] or ("",)
    image = one.inputs[0]
    others = [shape for shape in given if shape != image]
    if operation != "add" or image not in given or not others or len(others[0]) != len(image):
        return mistake
    cause = ""
    if not fits(one):
        cause = (
            "You add the input where its shape is not the output's: "
            "do so only where the stride is 1 and in_channels equals out_channels."
        )
    elif others[0][2:] != image[2:]:
        cause = (
            f"What you add to the input is {others[0][2]} × {others[0][3]} pixels, not {image[2]} × {image[3]}: "
            "at stride 1 a convolution keeps the size with padding=kernel_size // 2."
        )
    return Mistake(mistake.differs, cause, mistake.where, mistake.final)
