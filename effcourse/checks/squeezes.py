"""What a module's run averages over the whole picture, and whether it knows the picture by these means alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

TOLERANCE = 1e-4


class Means(TorchDispatchMode):
    """While it is entered, finds the results that are the mean of each channel of a picture of ``size``.

    ``found`` lists them with the number of the operation that gave them. With ``instead``, the list of another run, its
    means are put where this run has its own: what then still differs came another way.
    """

    def __init__(
        self, image: torch.Tensor, size: Sequence[int], instead: Sequence[tuple[int, torch.Tensor]] = ()
    ) -> None:
        super().__init__()
        self.size = tuple(size)
        self.instead = dict(instead)
        self.found: list[tuple[int, torch.Tensor]] = []
        self.normalizes = False  # by the picture's own statistics, as a group norm does
        self._means: list[torch.Tensor] = []
        self._count = 0
        self._note(image)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        self.normalizes |= "group_norm" in name or ("batch_norm" in name and args[5:6] == (True,))
        for tensor in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(tensor, torch.Tensor) and tensor.is_floating_point():
                self._count += 1
                self._look(tensor)
        return out

    def _look(self, tensor: torch.Tensor) -> None:
        if self._count in self.instead:
            tensor.copy_(self.instead[self._count])
        elif any(self._is(tensor, mean) for mean in self._means):
            self.found.append((self._count, tensor.clone()))
        else:
            self._note(tensor)

    def _note(self, tensor: torch.Tensor) -> None:
        """The means of a picture, whole but perhaps for its edges, with channels before or behind its pixels."""
        if tensor.ndim == 4:
            for pixels in ((2, 3), (1, 2)):
                if all(2 * tensor.shape[i] > side + 2 for i, side in zip(pixels, self.size, strict=True)):
                    self._means.append(tensor.mean(pixels).flatten())

    def _is(self, tensor: torch.Tensor, mean: torch.Tensor) -> bool:
        scale = mean.abs().max().item()
        return tensor.numel() == len(mean) and torch.allclose(tensor.flatten(), mean, TOLERANCE, TOLERANCE * scale)


def by_other_means(module: nn.Module, image: torch.Tensor, other: torch.Tensor) -> torch.Tensor | None:
    """The output on ``other`` when each channel's mean is what it is on ``image``; None if no mean was taken.

    A norm by the picture's own statistics hears of it, too, and rightly: then it is the output on ``image``.
    """
    size = image.shape[2:]
    with torch.no_grad():
        with Means(image, size) as means:
            output = module(image.clone())
        if not means.found:
            return None
        if means.normalizes:
            return output
        with Means(other, size, means.found):
            return module(other.clone())
