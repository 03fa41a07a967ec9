"""What a notebook shows, as HTML and as text."""

import base64
import re

import pandas as pd
import pytest
from matplotlib.figure import Figure

from effcourse import plots, show


@pytest.fixture
def drawing() -> Figure:
    return plots.lines({"a": ([0, 1], [0, 1])}, "Title", "x", "y")


def test_figure_carries_its_words(drawing):
    shown = show.figure(drawing, 'A "line" rises from 0 to 1 & stops.')
    markup = shown._repr_html_()
    assert 'alt="A &quot;line&quot; rises from 0 to 1 &amp; stops."' in markup
    assert repr(shown) == '[figure] A "line" rises from 0 to 1 & stops.'
    png = base64.b64decode(re.search(r"base64,([^\"]*)", markup)[1])
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == 750  # pixels wide


def test_figure_is_the_same_each_time(drawing):
    assert show.figure(drawing, "A line.")._repr_html_() == show.figure(drawing, "A line.")._repr_html_()


def test_figure_needs_words(drawing):
    with pytest.raises(ValueError, match="alt must say in words what the figure shows"):
        show.figure(drawing, "  ")


def test_table_as_text():
    rows = [
        {"layer": "conv", "MACs": 1234567, "share": 0.5, "exact": True},
        {"layer": "relu", "MACs": 0, "share": None, "exact": False},
    ]
    assert repr(show.table(rows, digits={"share": 1}, caption="Two layers")) == (
        "Two layers\n"
        "\n"
        "layer       MACs  share  exact\n"
        "-----  ---------  -----  -----\n"
        "conv   1,234,567    0.5  yes\n"
        "relu           0      –  no"
    )


def test_table_as_html():
    markup = show.table([{"layer": "a < b", "MACs": 1000}], caption="One & only")._repr_html_()
    assert markup == (
        '<table><caption style="text-align:left">One &amp; only</caption><thead><tr>'
        '<th scope="col" style="text-align:left">layer</th>'
        '<th scope="col" style="text-align:right">MACs</th></tr></thead><tbody><tr>'
        '<td style="text-align:left">a &lt; b</td><td style="text-align:right">1,000</td></tr></tbody></table>'
    )


def test_table_of_a_data_frame_has_no_index():
    frame = pd.DataFrame({"model": ["a", "b"], "top-1 (%)": [71.25, float("nan")]}, index=[7, 8])
    assert repr(show.table(frame, digits=1)) == "model  top-1 (%)\n-----  ---------\na           71.2\nb              –"


def test_table_of_tuples():
    assert repr(show.table([("conv", 9), ("relu", 0)], head=("layer", "MACs"))) == (
        "layer  MACs\n-----  ----\nconv      9\nrelu      0"
    )


def test_table_lines_up_shares():
    rows = [{"share": "+14.6%", "of": "MACs"}, {"share": "-3.0 %", "of": "2 layers"}, {"share": None, "of": "7"}]
    assert repr(show.table(rows)).splitlines()[2:] == ["+14.6%  MACs", "-3.0 %  2 layers", "     –  7"]


def test_table_needs_like_rows():
    with pytest.raises(ValueError, match="nothing to show: there are no rows"):
        show.table([])
    with pytest.raises(ValueError, match=r"every row needs the same columns in the same order: \['a'\], got \['b'\]"):
        show.table([{"a": 1}, {"b": 2}])


def test_table_needs_different_names():
    with pytest.raises(ValueError, match=r"the columns need different names, got \['a', 'a'\]"):
        show.table([(1, 2)], head=("a", "a"))
