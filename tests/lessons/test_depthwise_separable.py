"""Chapter 2's own figures and sentences."""

import pytest
import torch
from torch import nn

from effcourse import CostReport, create_model, list_models, trace
from effcourse.lessons import depthwise_separable as lesson


def test_the_picture_has_nine_panels_and_words():
    images = [torch.rand(3, 10, 12) for _ in range(3)]
    assert 'alt="Nine grey pictures' in lesson.taken_apart(*images)._repr_html_()
    with pytest.raises(ValueError, match="zip"):
        lesson.taken_apart(torch.rand(2, 10, 12), *images[1:])


def test_the_errors_words_and_table_have_their_numbers():
    errors = [(0.87, 0.74, 0.68), (0, 0, 0)]
    words = lesson.error_curves(errors)._repr_html_()
    for part in ("a random kernel 87 per", "Lite0 74", "picture 68", "fall to 0 at 2 filters"):
        assert part in words
    rows = [line.split() for line in lesson.error_table(errors).text.splitlines()[-2:]]
    assert rows == [["1", "87", "%", "74", "%", "68", "%"], ["2", "0", "%", "0", "%", "0", "%"]]


def test_filters_are_drawn_of_the_outputs_that_listen_hardest(monkeypatch):
    kernel = torch.ones(6, 2, 3, 3)
    kernel[1:4, 1] *= torch.tensor([3.0, -5, 4]).view(3, 1, 1)
    drawn = []
    monkeypatch.setattr("matplotlib.axes.Axes.imshow", lambda self, image, **keywords: drawn.append((image, keywords)))
    words = lesson.filters(kernel, {1: kernel / 2}, channel=1, shown=3).text
    assert [float(image[0, 0]) for image, _ in drawn] == [3, -5, 4, 1.5, -2.5, 2]
    assert [keywords["vmax"] for _, keywords in drawn] == [3, 5, 4] * 2  # a weaker filter looks weaker
    assert "3 small grey squares, the 3×3 weights" in words
    assert "With three" not in words


def network(channels: int) -> CostReport:
    return trace(nn.Conv2d(3, channels, 3), 32)


def test_table_4_is_the_papers_and_a_wrong_count_is_named():
    full, separable = lesson.table_4()
    assert (full.macs_m, full.top1, separable.macs_m, separable.top1) == (4866, 71.7, 569, 70.6)
    with pytest.raises(ValueError, match="Conv MobileNet .* has 4866 M MACs in Table 4, got 777,600"):
        lesson.against_table_4(network(32), network(8))
    words = lesson.price_of_the_saving(network(32), network(8))
    assert words.startswith("4.0 times fewer MACs, 4.0 times fewer parameters.\nPublished price: 1.1 points")


def test_every_network_of_the_course_begins_with_an_ordinary_convolution():
    """As the chapter says where it asks why."""
    for name in list_models():
        with torch.device("meta"):
            model = create_model(name)
        first = next(row for row in trace(model).rows if row.macs)
        assert (first.kind, first.in_shape[1]) == ("dense", 3), name


def timed(ms: tuple[float, float, float]) -> list[tuple[CostReport, float]]:
    half, mix = nn.Conv2d(9, 9, 3, groups=9), nn.Conv2d(9, 9, 1)
    layers = nn.Conv2d(9, 9, 3), half, mix, nn.Sequential(half, mix)
    standard, depthwise, both = ms
    return [(trace(layer, (9, 8, 8)), t) for layer, t in zip(layers, (standard, depthwise, 1, both), strict=True)]


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        ((9, 4, 6), "takes 4.0 times as long as a MAC of the standard layer"),
        ((9, 1, 6), "is as fast as any"),
        ((9, 8, 6), "and takes about 100% of its time"),
    ],
)
def test_the_verdict_follows_the_clock(ms, said):
    verdict = lesson.clock_verdict(timed(ms))
    assert said in verdict
    assert "The depthwise half has 50% of" in verdict
    assert "4.5 times fewer MACs, 1.5 times less time" in verdict


def test_the_clocks_table():
    lines = lesson.clock_table(timed((9, 4, 6))).text.splitlines()
    assert lines[0].startswith("9 → 9 at 8×8")
    assert lines[-4].split()[-2:] == ["9", "0.00"]
    assert [line.split("  ")[0] for line in lines[-4:]] == list(lesson.TIMED)


@pytest.mark.parametrize(("ms", "verdict"), [(2, "holds here"), (6, "does not follow")])
def test_claims_follow_what_was_measured(ms, verdict):
    clock = timed((9, 1, ms))
    claims = lesson.claims((network(32), network(8)), [(0.87, 0.74, 0.68)], clock).text
    assert "5.8 at 16 output channels, 8.7 at 256" in claims
    assert "from 72 outputs on; 9 never" in claims
    assert "4.0 times fewer " in claims
    assert "comes out 74% off" in claims
    assert claims.splitlines()[-1].endswith(verdict)
