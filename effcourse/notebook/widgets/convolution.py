"""A convolution at work on a small grid: the window moves, and the multiplications are counted."""

from __future__ import annotations

from itertools import product
from typing import Any

import traitlets

from ...cost.formulas import conv_macs, conv_params
from .. import show
from .instrument import Instrument, joined

SIZE, IN, OUT = 7, 4, 4  # pixels a side, channels in and out
AXES = {"kernel": (1, 3, 5), "stride": (1, 2, 3), "padding": (0, 1, 2), "groups": (1, 2, 4)}
WORDS = {
    "heading": f"A convolution, step by step: {IN} channels of {SIZE}×{SIZE} pixels in, {OUT} channels out",
    "input": "input and zeros",
    "output": "output",
    "wires": "who hears whom",
    "place": "place of the window",
    "run": "Let it run",
    "stop": "Stop",
    "chart": "A grid of pixels with a window on it, and the grid of the output that the window fills. {status}",
    "so_far": "Place {place} of {places}: {done} MACs so far, {zeros} of them with a padding zero.",
    "end": "All {places} places: {weights} weights × {places} = {done} MACs, {zeros} of them with a padding zero.",
}


def starts(kernel: int, stride: int, padding: int) -> range:
    """Where the window begins along an axis; the picture's first pixel is 0."""
    return range(-padding, SIZE + padding - kernel + 1, stride)


def running(kernel: int, stride: int, padding: int, groups: int) -> list[tuple[int, int]]:
    """MACs and those of a padding zero, after each place of the window, row by row."""
    along = [sum(0 <= start + u < SIZE for u in range(kernel)) for start in starts(kernel, stride, padding)]
    pairs = OUT * (IN // groups)
    counts, done, zeros = [], 0, 0
    for down, right in product(along, along):
        done += pairs * kernel**2
        zeros += pairs * (kernel**2 - down * right)
        counts.append((done, zeros))
    return counts


class ConvolutionSteps(Instrument):
    """A window that moves over a small picture, with its kernel, stride, padding and groups to choose.

    Args:
        start: settings to begin with, such as ``kernel=5``.

    Attributes:
        kernel, stride, padding, groups: the convolution's, each one of ``AXES``.
        place: how many places the window has left behind; it starts again when the convolution changes.

    Raises:
        TraitError: a setting that was not computed, or a place that the window does not have.
    """

    _esm, _css = joined("convolution")

    kernel = traitlets.Enum(AXES["kernel"], 3).tag(sync=True)
    stride = traitlets.Enum(AXES["stride"], 2).tag(sync=True)
    padding = traitlets.Enum(AXES["padding"], 1).tag(sync=True)
    groups = traitlets.Enum(AXES["groups"], 1).tag(sync=True)
    place = traitlets.Int(0).tag(sync=True)

    def __init__(self, **start: int) -> None:
        super().__init__(**start)
        self.observe(self._begin_again, list(AXES))

    @property
    def setting(self) -> tuple[int, int, int, int]:
        """Kernel, stride, padding and groups."""
        return self.kernel, self.stride, self.padding, self.groups

    def status(self) -> str:
        """What has been counted so far, in a sentence."""
        counts = running(*self.setting)
        done, zeros = counts[self.place]
        words = WORDS["end" if self.place == len(counts) - 1 else "so_far"]
        weights = conv_params(IN, OUT, self.kernel, groups=self.groups)
        return words.format(
            place=self.place + 1, places=len(counts), weights=weights, done=f"{done:,}", zeros=f"{zeros:,}"
        )

    def as_data(self) -> dict[str, Any]:
        settings = list(product(*AXES.values()))
        return {
            "size": SIZE,
            "channels": [IN, OUT],
            "axes": [
                {"name": name, "label": name, "values": list(values), "said": list(map(str, values))}
                for name, values in AXES.items()
            ],
            "starts": [list(starts(*setting[:3])) for setting in settings],
            "weights": [conv_params(IN, OUT, setting[0], groups=setting[3]) for setting in settings],
            "done": [[done for done, _ in running(*setting)] for setting in settings],
            "zeros": [[zeros for _, zeros in running(*setting)] for setting in settings],
            "words": WORDS,
        }

    def in_text(self) -> str:
        named = ", ".join(f"{name} {getattr(self, name)}" for name in AXES)
        return f"ConvolutionSteps at {named}. {self.status()}\nHere sliders change the convolution and move its window."

    twin = (
        "They need a program that shows Jupyter widgets: run this cell in JupyterLab. steps.figure() and\n"
        "steps.table() say the same without sliders."
    )

    def figure(self) -> show.Shown:
        """Picture and output side by side, the window at its place."""
        from matplotlib.figure import Figure
        from matplotlib.patches import Rectangle

        from .. import plots

        at = starts(*self.setting[:3])
        row, column = divmod(self.place, len(at))
        drawing = Figure(figsize=(6.4, 3.3), dpi=plots.DPI, layout="constrained")
        picture, output = drawing.subplots(1, 2)
        for y, x in product(range(-self.padding, SIZE + self.padding), repeat=2):
            real = 0 <= y < SIZE and 0 <= x < SIZE
            picture.add_patch(Rectangle((x, y), 1, 1, facecolor="#DDDDDD" if real else "white", edgecolor=plots.GREY))
            if not real:
                picture.text(x + 0.5, y + 0.5, "0", ha="center", va="center", fontsize=8, color=plots.GREY)
        corner, window = (at[column], at[row]), self.kernel
        picture.add_patch(Rectangle(corner, window, window, fill=False, edgecolor=plots.BLUE, linewidth=3))
        for i in range(len(at) ** 2):
            y, x = divmod(i, len(at))
            face = plots.BLUE if i == self.place else plots.SKY if i < self.place else "white"
            output.add_patch(Rectangle((x, y), 1, 1, facecolor=face, edgecolor=plots.GREY))
        for axes, name, low, high in (
            (picture, WORDS["input"], -self.padding, SIZE + self.padding),
            (output, WORDS["output"], 0, max(len(at), SIZE)),
        ):
            axes.set_title(name, fontsize=10)
            axes.set_xlim(low - 0.2, high + 0.2)
            axes.set_ylim(high + 0.2, low - 0.2)
            axes.set_aspect("equal")
            axes.set_axis_off()
        return show.figure(drawing, WORDS["chart"].format(status=self.status()))

    def table(self) -> show.Shown:
        """The counts of the whole convolution, for each number of groups."""
        rows = []
        for groups in AXES["groups"]:
            kernel, stride, padding, _ = self.setting
            counts = running(kernel, stride, padding, groups)
            macs = conv_macs(IN, OUT, SIZE, kernel, stride=stride, padding=padding, groups=groups)
            weights = conv_params(IN, OUT, kernel, groups=groups)
            rows.append((groups, weights, len(counts), macs, counts[-1][1]))
        caption = f"{self.kernel}×{self.kernel}, stride {self.stride}, padding {self.padding}"
        head = ("groups", "weights", "places of the window", "MACs", "of them with a padding zero")
        return show.table(rows, head=head, caption=caption)

    def _begin_again(self, _change: Any) -> None:
        self.place = 0

    @traitlets.validate("place")
    def _a_place(self, proposal: Any) -> int:
        place, places = proposal["value"], len(starts(*self.setting[:3])) ** 2
        if not 0 <= place < places:
            raise traitlets.TraitError(
                f"place must be from 0 to {places - 1}, for the window has {places} places, got {place}"
            )
        return int(place)
