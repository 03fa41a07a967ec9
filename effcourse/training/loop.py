"""A training loop that says what it does, and stops early when something is wrong."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..common.errors import check_count, check_positive
from ..common.torch_state import evaluating, seeded
from ..notebook.progress import progress_bar
from .data import Dataset, check_images, check_labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..notebook.show import Shown

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Epoch:
    """One pass over the pictures to train on.

    Attributes:
        epoch: counts from 1.
        loss: mean over the epoch. train_accuracy: likewise, while the weights were still changing (0 to 1).
        test_accuracy: on the pictures held out, after the epoch (0 to 1).
        seconds: wall time, with the evaluation.
    """

    epoch: int
    loss: float
    train_accuracy: float
    test_accuracy: float
    seconds: float


@dataclass(frozen=True)
class TrainResult:
    """What a training gave: ``rows``, one an epoch, and ``test_images``, the number of pictures held out."""

    rows: tuple[Epoch, ...]
    test_images: int

    @property
    def test_accuracy(self) -> float:
        """Accuracy on the pictures held out after the last epoch (0 to 1); the best epoch is not picked."""
        return self.rows[-1].test_accuracy

    @property
    def standard_error(self) -> float:
        """How uncertain ``test_accuracy`` is because only so many pictures were held out: √(p (1 - p) / n)."""
        return math.sqrt(self.test_accuracy * (1 - self.test_accuracy) / self.test_images)

    @property
    def seconds(self) -> float:
        """Wall time of all epochs."""
        return sum(row.seconds for row in self.rows)

    def figure(self) -> Shown:
        """The learning curve, for a notebook."""
        from ..notebook import show

        last = self.rows[-1]
        return show.figure(
            learning_curve(self.rows),
            f"Accuracy over {len(self.rows)} epochs: while training it ends at {last.train_accuracy:.1%}, "
            f"on pictures held out at {last.test_accuracy:.1%}.",
        )

    def __str__(self) -> str:
        lines = ["epoch    loss  train accuracy  test accuracy  seconds"]
        for r in self.rows:
            lines.append(f"{r.epoch:5} {r.loss:7.3f} {r.train_accuracy:15.1%} {r.test_accuracy:14.1%} {r.seconds:8.1f}")
        return "\n".join(lines)


def train(
    model: nn.Module,
    dataset: Dataset,
    epochs: int = 12,
    batch_size: int = 64,
    lr: float = 0.01,
    weight_decay: float = 0.01,
    seed: int = 0,
    loss: Loss | None = None,
    progress: bool = True,
    live: bool = False,
) -> TrainResult:
    """Train ``model`` in place with AdamW; the learning rate rises to ``lr`` and falls again (one cycle).

    Sources: AdamW arXiv:1711.05101, one cycle arXiv:1708.07120. The same seed, start weights, machine and number of
    threads give the same result. The global random state is as before afterwards; the model is left in eval mode.

    Args:
        model: returns logits (N, classes) for pictures (N, channels, height, width).
        dataset: what to train on; pictures as they are, without augmentation.
        epochs: passes over the pictures to train on.
        batch_size: pictures a step, at least 2. All batches of an epoch have nearly the same size, at most this one
            (or 3, where it is 2).
        lr: the highest learning rate of the cycle.
        weight_decay: of AdamW, on every parameter.
        seed: order of the pictures, and what dropout drops. Start weights are the model's own:
            ``torch.manual_seed`` before it is built.
        loss: ``loss(logits, images, labels) -> scalar`` in place of cross entropy, e.g. for distillation.
        progress: a progress bar.
        live: in a notebook, draw the learning curve anew after each epoch.

    Raises:
        ValueError: model and data set do not fit each other (channels, classes), or a number makes no sense;
            the model is then untouched.
        FloatingPointError: the loss is not finite any more.
    """
    check_count(epochs=epochs)
    check_positive(lr=lr)
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 2:
        raise ValueError(f"batch_size must be a whole number of at least 2 (batch norm needs two), got {batch_size!r}")
    if isinstance(weight_decay, bool) or not isinstance(weight_decay, (int, float)) or not 0 <= weight_decay < math.inf:
        raise ValueError(f"weight_decay must be 0 or more, got {weight_decay!r}")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(f"seed must be a whole number, got {seed!r}")
    if not isinstance(dataset, Dataset):
        raise ValueError(f"dataset must be a Dataset, such as load_dataset('digits'), got {type(dataset).__name__}")
    if len(dataset.train_labels) < 2:
        raise ValueError(f"training needs at least 2 pictures, {dataset.name} has 1")
    _check_fit(model, dataset)
    weights = [p for p in model.parameters() if p.requires_grad]
    if not weights:
        raise ValueError("the model has nothing to train: no parameter has requires_grad=True")
    device = weights[0].device
    images, labels = dataset.train_images.to(device), dataset.train_labels.to(device)
    loss = loss or (lambda logits, images, labels: F.cross_entropy(logits, labels))

    optimizer = torch.optim.AdamW(weights, lr=lr, weight_decay=weight_decay)
    steps = len(_batches(torch.arange(len(labels)), batch_size))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=max(2, epochs * steps))
    rows: list[Epoch] = []
    curve = _LiveCurve(live)
    with seeded(seed), progress_bar(epochs * steps, "training", "step", shown=progress) as bar:
        for epoch in range(1, epochs + 1):
            start, total, right, seen = time.perf_counter(), 0.0, 0, 0
            model.train()
            for step, batch in enumerate(_batches(torch.randperm(len(labels)), batch_size), 1):
                x, y = images[batch], labels[batch]
                logits = model(x)
                value = loss(logits, x, y)
                _check_finite(value, epoch, step, lr)
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
                schedule.step()
                total += value.item() * len(y)
                right += int((logits.argmax(1) == y).sum())
                seen += len(y)
                bar.update()
            accuracy = evaluate(model, dataset.test_images, dataset.test_labels)
            rows.append(Epoch(epoch, total / seen, right / seen, accuracy, time.perf_counter() - start))
            bar.set_postfix_str(f"loss {rows[-1].loss:.3f}, test accuracy {accuracy:.1%}")
            curve.update(rows)
    model.eval()
    return TrainResult(tuple(rows), len(dataset.test_labels))


def evaluate(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 512) -> float:
    """Accuracy: the share of ``images`` whose highest logit is that of their label (0 to 1), in eval mode.

    Every module's training mode is as before afterwards.

    Args:
        model: returns logits (N, classes).
        images: (N, channels, height, width), float32, 0 to 1.
        labels: (N,), int64.
        batch_size: pictures at a time; it changes the memory that is needed and not the result.

    Raises:
        ValueError: images, labels and the model's output do not fit each other.
    """
    check_count(batch_size=batch_size)
    check_images(images)
    device = next((p.device for p in model.parameters()), images.device)
    right = 0
    with evaluating(model), torch.inference_mode():
        for i in range(0, len(images), batch_size):
            logits = _logits(model, images[i : i + batch_size].to(device))
            if i == 0:
                check_labels(labels, len(images), logits.shape[1])
            right += int((logits.argmax(1).cpu() == labels[i : i + batch_size].cpu()).sum())
    return right / len(images)


def learning_curve(rows: tuple[Epoch, ...] | list[Epoch]) -> Figure:
    """Accuracy while training and on pictures held out, over the epochs."""
    from ..notebook import plots

    epochs = [row.epoch for row in rows]
    return plots.lines(
        {
            "while training": (epochs, [100 * row.train_accuracy for row in rows]),
            "held out": (epochs, [100 * row.test_accuracy for row in rows]),
        },
        "Accuracy",
        "epoch",
        "accuracy (%)",
    )


def _batches(order: Tensor, batch_size: int) -> tuple[Tensor, ...]:
    """All of ``order`` in batches of nearly the same size: batch norm's running statistics, to which every batch
    contributes alike, suffer from a last one of a few pictures.
    """
    count = math.ceil(len(order) / batch_size)
    return order.tensor_split(min(count, len(order) // 2))


def _check_fit(model: nn.Module, dataset: Dataset) -> None:
    """One forward in eval mode, which changes nothing, before hours are spent."""
    images = dataset.train_images[:2]
    device = next((p.device for p in model.parameters()), images.device)
    with evaluating(model), torch.no_grad():
        logits = _logits(model, images.to(device))
    if logits.shape[1] != dataset.num_classes:
        raise ValueError(
            f"the model tells {logits.shape[1]} classes apart and {dataset.name} has {dataset.num_classes}; "
            f"build it with num_classes={dataset.num_classes}"
        )


def _logits(model: nn.Module, images: Tensor) -> Tensor:
    shape = tuple(images.shape[1:])
    conv = next((m for m in model.modules() if isinstance(m, nn.Conv2d)), None)
    try:
        logits = model(images)
    except RuntimeError as error:
        hint = ""
        if conv is not None and conv.in_channels != shape[0]:
            hint = (
                f": its first convolution takes {conv.in_channels} channels, the pictures have {shape[0]}. "
                f"Build it for {shape[0]}, or repeat the channels: images.repeat(1, n, 1, 1)"
            )
        raise ValueError(
            f"the model cannot take pictures of {shape} (channels, height, width){hint}; {error}"
        ) from error
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != len(images):
        got = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise ValueError(f"the model must return logits (N, classes), for {len(images)} pictures it returned {got}")
    return logits


def _check_finite(value: Tensor, epoch: int, step: int, lr: float) -> None:
    if value.ndim:
        raise ValueError(f"the loss must be a single number, got the shape {tuple(value.shape)}; take its mean")
    if not torch.isfinite(value):
        raise FloatingPointError(
            f"the loss is {value.item()} in epoch {epoch}, step {step}: the weights have blown up, and more training "
            f"cannot mend them. Build the model anew and try a lower learning rate, such as lr={lr / 10:g}"
        )


class _LiveCurve:
    """The learning curve in a notebook, drawn anew in its place."""

    def __init__(self, shown: bool) -> None:
        self.shown = shown
        self.handle: Any = None

    def update(self, rows: list[Epoch]) -> None:
        if not self.shown:
            return
        from IPython.display import display

        picture = TrainResult(tuple(rows), 1).figure()
        if self.handle is None:
            self.handle = display(picture, display_id=True)
        else:
            self.handle.update(picture)
