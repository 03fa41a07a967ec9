"""Figures: what is drawn is what the rows say, in colours and words that everybody can read."""

import io
import subprocess
import sys

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from effcourse import create_model, plots, trace

ROWS = [
    {"name": "stem", "macs": 1_000_000, "params": 10, "top1": 60.0, "family": "one", "label": "a"},
    {"name": "body", "macs": 3_000_000, "params": 90, "top1": 70.0, "family": "one", "label": None},
    {"name": "head", "macs": 0, "params": 0, "top1": 65.0, "family": "two", "label": "c"},
]


def drawn(figure: Figure) -> int:
    """Bytes of the picture; drawing it is what finds wrong labels and sizes."""
    png = io.BytesIO()
    figure.savefig(png)
    return len(png.getvalue())


def luminance(color: str) -> float:
    """Relative luminance. Source: WCAG 2.2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_package_does_not_import_matplotlib():
    code = "import sys, effcourse.notebook.show; print([m for m in ('matplotlib', 'pandas') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_bars_are_the_rows():
    figure = plots.bars(ROWS, {"macs": "MACs", "params": "Parameters"}, "Most is in the body")
    panels = figure.axes
    assert [[bar.get_width() for bar in axes.patches] for axes in panels] == [[1e6, 3e6, 0], [10, 90, 0]]
    assert [label.get_text() for label in panels[0].get_yticklabels()] == ["stem", "body", "head"]
    assert [text.get_text() for text in panels[0].texts] == ["25.0%", "75.0%", "0.0%"]
    assert [axes.get_xlabel() for axes in panels] == ["MACs", "Parameters"]
    assert figure.get_suptitle() == "Most is in the body"
    assert panels[0].yaxis_inverted()  # the first row stands on top


def test_bars_of_a_trace():
    stages = trace(create_model("mobilenet_v2", width_mult=0.25)).by_stage()
    figure = plots.bars(stages, {"macs": "MACs"}, "A real network")
    assert [bar.get_width() for bar in figure.axes[0].patches] == [stage.macs for stage in stages]
    assert drawn(figure) < 60_000


def test_scatter_joins_families_from_left_to_right():
    figure = plots.scatter(ROWS[::-1], "macs", "top1", "family", "Title", "MACs", "Top-1 (%)", label="label", height=3)
    (axes,) = figure.axes
    assert {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines} == {
        "two": ([0], [65.0]),
        "one": ([1_000_000, 3_000_000], [60.0, 70.0]),
    }
    assert sorted(text.get_text() for text in axes.texts) == ["a", "c"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("MACs", "Top-1 (%)")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["two", "one"]


def test_scatter_reference_is_grey():
    figure = plots.scatter(ROWS, "macs", "top1", "family", "Title", "x", "y", reference=["two"])
    one, two = figure.axes[0].lines
    assert (one.get_color(), one.get_marker()) == (plots.BLUE, "o")
    assert (two.get_color(), two.get_marker()) == (plots.GREY, "*")


def test_scatter_logarithmic_ticks_are_words():
    rows = [{"x": 10**n, "y": n, "g": "all"} for n in range(5, 11)]
    figure = plots.scatter(rows, "x", "y", "g", "Title", "MACs", "y", log_x=True)
    drawn(figure)
    ticks = {label.get_text() for label in figure.axes[0].get_xticklabels()}
    assert {"1 M", "100 M", "1 G"} <= ticks
    assert figure.axes[0].get_legend() is None  # one group needs none


def test_lines_with_a_reference_and_a_marked_point():
    figure = plots.lines(
        {"traced": ([1, 2], [1, 4]), "expected": ([1, 2], [1, 3])},
        "Title",
        "Side",
        "MACs",
        reference=["expected"],
        marked=[(2, 4, "here")],
        log_y=True,
    )
    traced, expected, point = figure.axes[0].lines
    assert (traced.get_linestyle(), expected.get_linestyle()) == ("-", "--")
    assert (list(point.get_xdata()), list(point.get_ydata())) == ([2], [4])
    assert [text.get_text() for text in figure.axes[0].texts] == ["here"]
    assert drawn(figure) < 60_000


def test_styles_differ_in_colour_and_marker():
    look = plots.styles("abcdefga")
    assert list(look) == list("abcdefg")
    assert len({color for color, _ in look.values()}) == len({marker for _, marker in look.values()}) == 7
    assert len(plots.styles(map(str, range(20)))) == 20


@pytest.mark.parametrize("color", [*plots.COLORS, plots.GREY])
def test_colours_stand_out_from_white(color):
    assert 1.05 / (luminance(color) + 0.05) >= 1.9


def test_fits_a_notebook_at_100_percent():
    figure = plots.lines({"a": ([0, 1], [0, 1])}, "Title", "x", "y")
    assert figure.get_size_inches()[0] * figure.dpi == 750


def test_nothing_goes_through_pyplot():
    draw = "p.lines({'a': ([0], [0])}, 't', 'x', 'y')"
    code = f"import sys, effcourse.notebook.plots as p; {draw}; print('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_bad_input():
    with pytest.raises(ValueError, match="nothing to draw: there are no rows"):
        plots.bars([], {"macs": "MACs"}, "Title")
    with pytest.raises(ValueError, match="a row has no value 'flops'"):
        plots.bars(ROWS, {"flops": "FLOPs"}, "Title")
    with pytest.raises(ValueError, match="a row has no value 'accuracy'"):
        plots.scatter(ROWS, "macs", "accuracy", "family", "Title", "x", "y")
    with pytest.raises(ValueError, match="reference 'paper' is none of what is drawn: traced"):
        plots.lines({"traced": ([1], [1])}, "Title", "x", "y", reference=["paper"])
