"""Chapter 3's own figures, tables and sentences."""

import re
from dataclasses import replace

import pytest

from effcourse import create_model, trace
from effcourse.lessons import mobilenet_v1 as lesson
from effcourse.measure import LayerTime
from effcourse.models import mobilenet_v1 as library
from effcourse.papers.checkpoints import mobilenet_v1_checkpoints

FULL = trace(create_model("mobilenet_v1"))
MACS = {"pointwise": 539_492_352, "depthwise": 17_385_984, "first convolution": 10_838_016, "classifier": 1_024_000}
WEIGHTS = {"pointwise": 3_139_584, "depthwise": 44_640, "first convolution": 864, "classifier": 1_024_000}


def test_the_parts_are_those_of_the_traced_network():
    kinds = {"dense": "first convolution", "linear": "classifier"}
    for kind, macs in MACS.items():
        rows = [row for row in FULL.rows if row.macs and kinds.get(row.kind, row.kind) == kind]
        assert sum(row.macs for row in rows) == macs
        assert sum(row.params for row in rows) - 1000 * (kind == "classifier") == WEIGHTS[kind]


def test_table_2_comes_out_but_for_one_number():
    lines = lesson.table_2(MACS, WEIGHTS).text.splitlines()[2:]
    rows = {re.split(r"  +", line)[0]: re.split(r"  +", line)[2:] for line in lines}
    for kind, (macs, printed, weights, printed_weights) in rows.items():
        assert weights == printed_weights, kind
        assert (macs == printed) == (kind not in ("first convolution", "sum")), kind
    assert rows["first convolution"][:2] == ["1.91", "1.19"]
    assert rows["sum"][:2] == ["100.00", "99.29"]


def test_the_stride_that_fits_is_told():
    other = trace(create_model("mobilenet_v1"), 128)
    said = lesson.stride_verdict({1: FULL, 2: other}).splitlines()
    assert said[0] == "the paper's Table 4: 569 M MACs"
    assert said[1].endswith("568.7 M MACs, fits")
    assert said[2].endswith("186.4 M MACs, does not fit")


def test_two_rules():
    other = trace(create_model("mobilenet_v1", width_mult=0.5))
    rules = (library.scale_channels, lambda channels, width: 24)
    text = lesson.two_rules({1.0: (FULL, FULL), 0.35: (FULL, other)}, rules).text.splitlines()
    assert text[2].endswith("the same")
    assert text[3].split()[:4] == ["0.35", "22.40", "22", "24"]
    assert text[3].endswith(f"{other.macs / FULL.macs - 1:+.1%}")


def test_resolutions_are_shares_of_the_first():
    model = create_model("mobilenet_v1")
    rows = [line.split() for line in lesson.resolutions({s: trace(model, s) for s in (224, 112)}).text.splitlines()]
    assert rows[-2] == ["224", "1024×7×7", "1.000", "1.000", "1.000", "1.000"]
    assert rows[-1][:3] == ["112", "1024×4×4", "0.250"]
    assert float(rows[-1][3]) == pytest.approx(trace(model, 112).macs / FULL.macs, abs=6e-4)
    assert rows[-1][5] == "1.000"


def test_the_papers_networks_stand_once_each():
    paper = lesson.paper_rows()
    assert len(paper) == 10
    assert not paper.duplicated(["table", "model", "width", "resolution"]).any()
    assert "off" not in lesson.paper_verdict(paper, [FULL] * 10)


def test_the_papers_verdict_names_the_largest_gap():
    paper = lesson.paper_rows().iloc[:2]
    assert "one of them 243.7 M MACs away" in lesson.paper_verdict(paper, [FULL, FULL])
    assert "each less than a million" in lesson.paper_verdict(paper.iloc[:1], [FULL])
    assert "+75.00%" in lesson.against_paper(paper, [FULL, FULL]).text


def test_pictures_say_their_numbers():
    half = {"pointwise": 1, "depthwise": 1, "first convolution": 1, "classifier": 1}
    words = repr(lesson.shares({1.0: MACS, 0.5: half}))
    assert "pointwise 94.9 % and 25.0 %" in words
    assert "where the square would be 4 times" in words
    assert "stages.3 34.9%, 50.6% and 22.9%" in repr(lesson.stages(FULL))
    checkpoints = mobilenet_v1_checkpoints()
    assert 'alt="Scatter plot' in lesson.branches(checkpoints)._repr_html_()


@pytest.mark.parametrize(
    ("scale", "verdict"),
    [(lambda row: row.macs / 1e6, "95% of the time: about as in the MACs"), (lambda row: 1.0, "not the same thing")],
)
def test_the_clock_is_told_as_it_is(scale, verdict):
    times = [LayerTime(row, scale(row)) for row in FULL.rows]
    assert verdict in lesson.time_verdict(times)
    sums = lesson.time_by_kind(times)
    assert {kind: macs for kind, (macs, _) in sums.items() if macs} == MACS
    assert sum(ms for _, ms in sums.values()) == pytest.approx(sum(one.ms for one in times))
    assert "batch norm, ReLU6 0.0%" in repr(lesson.time_figure(times))


def test_who_is_beaten():
    checkpoints = mobilenet_v1_checkpoints()
    said = lesson.beaten_verdict(checkpoints).splitlines()
    assert said[0] == "2 of 16 are beaten:"
    assert {line.split(" (")[0] for line in said[1:]} == {"α = 1 at 128", "α = 0.5 at 192"}
    lone = [c for c in checkpoints if c.width == 1]
    assert lesson.beaten_verdict(lone) == "0 of 4 are beaten:"


def test_thin_against_shallow():
    paper = lesson.paper_rows()
    thin, shallow = (paper[paper.model.str.contains(word)].iloc[0] for word in ("narrow", "Shallow"))
    said = lesson.shape_verdict(thin, shallow, (FULL, FULL), mobilenet_v1_checkpoints())
    assert "+3.1 points for the thin one, which has 0% more MACs" in said
    assert "36% more MACs, +1.2 points" in said


def test_the_page_and_the_layer_that_it_may_have_left_out():
    checkpoints = mobilenet_v1_checkpoints()
    off = lesson.off_the_page(checkpoints)
    assert [c.name for c in off] == [f"α = 0.75 at {s}" for s in (224, 192, 160, 128)] + ["α = 0.25 at 192"]
    stems = {c: 27 * int(32 * c.width) * (c.size // 2) ** 2 for c in off}
    macs = {"first convolution": list(stems.values()), "classifier": [int(1024 * c.width) * 1000 for c in off]}
    said = lesson.without(checkpoints, macs, "first convolution")
    assert "4 of 5 fit" in said
    assert said.endswith("α = 0.75 at 128, all but the classifier: 106,002,432 MACs")  # as in the authors' code
    assert "0 of 5 fit" in lesson.without(checkpoints, macs, "classifier")
    honest = [replace(c, page_macs=round(c.macs / 1e6)) for c in checkpoints]
    assert lesson.off_the_page(honest) == []
    assert "11 of 16 agree" in lesson.page_table(checkpoints).text


def test_the_claims():
    text = lesson.claims(FULL, trace(create_model("mobilenet_v1", width_mult=0.5)), MACS, mobilenet_v1_checkpoints())
    for part in ("3.80 times fewer", "94.9% of the MACs", "1.19 %", "1.91%", "317 M", "325.4 M", "70.6 % and 70.9 %"):
        assert part in text.text
