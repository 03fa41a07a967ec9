"""A spiral through ReLU in few or many channels and back: what returns, and what is gone."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any, NamedTuple

import traitlets
from torch import Tensor

from ...common.numbers import plural
from .. import show
from .instrument import Instrument, joined

CHANNELS = (2, 3, 4, 5, 7, 10, 15, 20, 30)
SEEDS = (0, 1, 2, 3, 4, 5, 6, 7)
DRAWN = 91  # points of a spiral: 30 steps a turn
TURNS = ("inner turn", "middle turn", "outer turn")


class Passed(NamedTuple):
    """A spiral of n points that went through."""

    back: Tensor  # (2, n): where they came back
    gone: Tensor  # (n,) of bool: fewer than two channels were above zero
    error: float  # how far off it is, relative to the spiral's length


class SpiralExplorer(Instrument):
    """A spiral beside what comes back of it, with sliders for the number of channels and for the random matrix.

    Args:
        spiral: points of the plane, (2, n), at least 91 of them, from the middle outwards.
        there_and_back: ``there_and_back(channels, seed) -> hidden, back``: what the channels hold, (channels, n), and
            the points (2, n) that are found from it. It runs once for every setting, here.

    Raises:
        ValueError: a tensor of another shape.

    Attributes:
        channels: one of ``CHANNELS``.
        seed: of the random matrix, one of ``SEEDS``.
    """

    _esm, _css = joined("spiral")

    channels = traitlets.Enum(CHANNELS, 3).tag(sync=True)
    seed = traitlets.Enum(SEEDS, 0).tag(sync=True)

    def __init__(self, spiral: Tensor, there_and_back: Callable[[int, int], tuple[Tensor, Tensor]]) -> None:
        if spiral.ndim != 2 or spiral.shape[0] != 2 or spiral.shape[1] < DRAWN:
            raise ValueError(f"spiral must have shape (2, n) with n of {DRAWN} or more, got {tuple(spiral.shape)}")
        self._spiral = spiral
        self._all = {(n, seed): self._passed(n, seed, there_and_back) for n in CHANNELS for seed in SEEDS}
        last = spiral.shape[1] - 1
        self._places = [round(i * last / (DRAWN - 1)) for i in range(DRAWN)]
        super().__init__()

    @property
    def passed(self) -> Passed:
        """What came back at the setting."""
        return self._all[self.channels, self.seed]

    def summary(self) -> str:
        """What happened at the setting, in two sentences."""
        return self._summary(self.channels, self.seed)

    def figure(self) -> show.Shown:
        """The spiral and what came back at the setting; points that are gone are crossed."""
        from matplotlib.figure import Figure

        from .. import plots

        drawing = Figure(figsize=(plots.WIDTH, 3.7), dpi=plots.DPI, layout="constrained")
        gone = self.passed.gone[self._places]
        titles = ("the spiral", f"after {self.channels} channels, seed {self.seed}")
        looks = list(zip(TURNS, (plots.BLUE, plots.ORANGE, plots.GREEN), ("-", "--", ":"), strict=True))
        for axes, title, points in zip(drawing.subplots(1, 2), titles, (self._spiral, self.passed.back), strict=True):
            x, y = points[:, self._places]
            for i, (name, color, line) in enumerate(looks):
                turn = slice(30 * i, 30 * i + 31)
                axes.plot(x[turn], y[turn], line, color=color, linewidth=1.6, label=name)
            axes.plot(x[gone], y[gone], "x", color=plots.BLACK, markersize=4, label="gone")
            axes.set_title(title, fontsize=10)
            axes.set_aspect("equal", adjustable="datalim")
            axes.set(xticks=[], yticks=[])
        handles, names = drawing.axes[0].get_legend_handles_labels()
        drawing.legend(handles, names, frameon=False, fontsize=8, loc="outside lower left", ncols=4)
        heading = "A spiral through ReLU and back"
        drawing.suptitle(heading, x=0.01, ha="left", fontsize=11, fontweight="bold")
        return show.figure(drawing, alt=f"A spiral, and beside it what comes back of it. {self.summary()}")

    def table(self) -> show.Shown:
        """All numbers of channels at the seed, and the medians of all seeds."""
        rows = []
        for n in CHANNELS:
            one, all_seeds = self._all[n, self.seed], [self._all[n, seed] for seed in SEEDS]
            middle = statistics.median(share(passed) for passed in all_seeds)
            error = statistics.median(passed.error for passed in all_seeds)
            rows.append((n, f"{share(one):.0%}", f"{one.error:.0%}", f"{middle:.0%}", f"{error:.0%}"))
        head = ("channels", "gone", "error", f"gone (median of {len(SEEDS)} seeds)", "error (median)")
        return show.table(rows, head=head, caption=f"A spiral through ReLU and back, seed {self.seed}.")

    def in_text(self) -> str:
        return f"SpiralExplorer. {self.summary()}\nHere sliders change the number of channels and the seed."

    twin = (
        "They need a program that shows Jupyter widgets: run this cell in JupyterLab. figure() and table() of this\n"
        "instrument say the same without sliders."
    )

    def _passed(self, n: int, seed: int, there_and_back: Callable[[int, int], tuple[Tensor, Tensor]]) -> Passed:
        hidden, back = there_and_back(n, seed)
        points = self._spiral.shape[1]
        if hidden.shape != (n, points) or back.shape != (2, points):
            raise ValueError(
                f"there_and_back({n}, {seed}) must give tensors of shape {(n, points)} and {(2, points)}, "
                f"got {tuple(hidden.shape)} and {tuple(back.shape)}"
            )
        error = float((back - self._spiral).norm() / self._spiral.norm())
        return Passed(back, (hidden > 0).sum(dim=0) < 2, error)

    def _summary(self, n: int, seed: int) -> str:
        one = self._all[n, seed]
        return (
            f"{plural(n, 'channel')}, seed {seed}: {share(one):.0%} of the points are gone, with fewer than two "
            f"channels above zero. What comes back is {one.error:.0%} off."
        )

    def as_data(self) -> dict[str, Any]:
        """What the page looks up; places in hundredths, the settings of one number of channels together."""
        settings = [(n, seed) for n in CHANNELS for seed in SEEDS]
        before, backs = self._hundredths(self._spiral), [self._hundredths(self._all[s].back) for s in settings]
        reach = max(map(abs, before))
        reaches = [max(reach, *map(abs, back)) for back in backs]
        return {
            "channels": {
                "name": "channels",
                "label": "channels",
                "values": list(CHANNELS),
                "said": [str(n) for n in CHANNELS],
            },
            "seed": {
                "name": "seed",
                "label": "seed of the random matrix",
                "values": list(SEEDS),
                "said": [str(seed) for seed in SEEDS],
            },
            "spiral": _written(before),
            "back": [_written(back) for back in backs],
            "gone": ["".join("01"[bool(g)] for g in self._all[s].gone[self._places]) for s in settings],
            "summary": [self._summary(*setting) for setting in settings],
            "reach": {"before": reach, "after": reaches},
            "after": [_after(own / reach) for own in reaches],
            "turns": [30 * i for i in range(len(TURNS) + 1)],
            "kinds": list(TURNS),
            "words": {
                "heading": "A spiral through ReLU and back",
                "before": "the spiral",
                "gone": "gone: fewer than two channels above zero",
                "chart": "A spiral, and beside it what comes back of it. {summary}",
            },
        }

    def _hundredths(self, points: Tensor) -> list[int]:
        """x, y, x, y ... of the points that are drawn."""
        return [round(100 * float(number)) for number in points[:, self._places].T.flatten()]


def _written(numbers: list[int]) -> str:
    """A stored notebook gives each number of a list a line of its own."""
    return " ".join(map(str, numbers))


def _after(times: float) -> str:
    """The head of what came back, which is drawn smaller where it needs more room than the spiral."""
    return "what comes back" + (f", drawn {times:.1f} times smaller" if times >= 1.05 else "")


def share(passed: Passed) -> float:
    """The part of the points that is gone."""
    return float(passed.gone.double().mean())
