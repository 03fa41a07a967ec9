"""Chapter 2's own figures and sentences."""

import pytest
import torch
from torch import nn

from effcourse import trace
from effcourse.lessons import depthwise_separable as lesson


def test_the_picture_has_nine_panels_and_words():
    images = [torch.rand(3, 10, 12) for _ in range(3)]
    assert 'alt="Nine grey pictures' in lesson.taken_apart(*images)._repr_html_()
    with pytest.raises(ValueError, match="zip"):
        lesson.taken_apart(torch.rand(2, 10, 12), *images[1:])


@pytest.mark.parametrize("kernel_size", lesson.KERNELS)
def test_savings_are_those_of_traced_layers(kernel_size):
    for outputs, saving in zip(lesson.OUTPUTS, lesson.savings(kernel_size), strict=True):
        with torch.device("meta"):
            dense = nn.Conv2d(64, outputs, kernel_size, padding=kernel_size // 2)
            halves = nn.Sequential(
                nn.Conv2d(64, 64, kernel_size, padding=kernel_size // 2, groups=64), nn.Conv2d(64, outputs, 1)
            )
        assert saving == pytest.approx(trace(dense, (64, 9, 9)).macs / trace(halves, (64, 9, 9)).macs)


def test_the_curves_words_have_the_tables_numbers():
    words = lesson.saving_curves()._repr_html_()
    rows = [line.split() for line in lesson.saving_table().text.splitlines()[2:]]
    assert rows[0][0] == "8"
    for number in (rows[0][1], rows[1][1], *rows[-1][1:]):
        assert number in words


def test_the_errors_words_have_their_numbers():
    words = lesson.error_curves([(0.87, 0.74, 0.68), (0, 0, 0)], ("random", "trained", "its output"))._repr_html_()
    for part in ("a random kernel 87 per", "Lite0 74", "picture 68", "fall to 0 at 2 filters"):
        assert part in words


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        ((9, 4, 6), "takes 4.0 times as long as a MAC of the standard layer"),
        ((9, 1, 6), "is as fast as any"),
        ((9, 8, 6), "and takes about 100% of its time"),
    ],
)
def test_the_verdict_follows_the_clock(ms, said):
    layers = {
        "standard 3×3": nn.Conv2d(9, 9, 3),
        "depthwise 3×3": nn.Conv2d(9, 9, 3, groups=9),
        "depthwise, then pointwise": nn.Sequential(nn.Conv2d(9, 9, 3, groups=9), nn.Conv2d(9, 9, 1)),
    }
    clock = {name: (trace(layer, (9, 8, 8)), time) for (name, layer), time in zip(layers.items(), ms, strict=True)}
    verdict = lesson.clock_verdict(clock)
    assert said in verdict
    assert "The depthwise half has 50% of" in verdict
    assert "4.5 times fewer MACs, 1.5 times less time" in verdict
