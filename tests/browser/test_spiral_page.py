"""The spiral in a browser, without a kernel: its page says and draws what Python computed."""

import math
import re

import pytest
import torch

from effcourse.notebook.widgets import SpiralExplorer
from effcourse.notebook.widgets.spiral import CHANNELS, SEEDS

ANGLE = torch.linspace(0, 6 * math.pi, 300, dtype=torch.float64)
SPIRAL = ANGLE / ANGLE[-1] * torch.stack([ANGLE.cos(), ANGLE.sin()])


def there_and_back(n, seed):
    mix = torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    hidden = torch.relu(mix @ SPIRAL)
    return hidden, 2 * torch.linalg.pinv(mix) @ hidden


@pytest.fixture(scope="module")
def explorer():
    return SpiralExplorer(SPIRAL, there_and_back)


@pytest.fixture(scope="module")
def page(explorer, show):
    return show(explorer, height=560)


def move(page, label, to):
    slider = page.get_by_label(label, exact=True)
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(to):
        page.keyboard.press("ArrowRight")
    return slider


def points(line):
    return [tuple(map(float, point.split(","))) for point in line.get_attribute("points").split()]


@pytest.mark.parametrize("channels", [2, 5, 30])
@pytest.mark.parametrize("seed", [0, 7])
def test_keys_move_the_spiral(page, explorer, channels, seed):
    slider = move(page, "channels", CHANNELS.index(channels))
    assert slider.get_attribute("aria-valuetext") == str(channels)
    move(page, "seed of the random matrix", SEEDS.index(seed))
    assert page.evaluate("['channels', 'seed'].map(model.get)") == [channels, seed]
    explorer.channels, explorer.seed = channels, seed
    assert page.get_by_role("status").inner_text() == explorer.summary()
    assert explorer.summary() in page.locator(".effc-spirals > title").text_content()

    setting = CHANNELS.index(channels) * len(SEEDS) + SEEDS.index(seed)
    data = explorer.data
    gone = data["gone"][setting].count("1")
    for crosses in page.locator(".effc-spirals .effc-gone").all():
        assert len(re.findall("M", crosses.get_attribute("d"))) == gone
    assert data["after"][setting] in page.locator(".effc-spirals text").all_text_contents()

    lines = page.locator(".effc-spirals .effc-turn").all()
    assert [len(points(line)) for line in lines] == [31] * 6
    drawn = [point for line in lines[3:] for point in points(line)]
    numbers = list(map(int, data["back"][setting].split()))
    back = [numbers[i : i + 2] for i in range(0, 182, 2)]
    back = [point for i in range(3) for point in back[30 * i : 30 * i + 31]]
    scale = 142 / data["reach"]["after"][setting]
    middle = drawn[0][0] - scale * back[0][0], drawn[0][1] + scale * back[0][1]
    for (x, y), (right, up) in zip(drawn, back, strict=True):
        assert x == pytest.approx(middle[0] + scale * right, abs=0.11)
        assert y == pytest.approx(middle[1] - scale * up, abs=0.11)


def test_everything_stays_in_its_frame(page):
    frames = [frame.bounding_box() for frame in page.locator(".effc-frame").all()]
    lines = page.locator(".effc-spirals .effc-turn").all()
    for n in range(len(CHANNELS)):
        move(page, "channels", n)
        for i, line in enumerate(lines):
            inner, frame = line.bounding_box(), frames[i // 3]
            assert inner["x"] >= frame["x"] - 1
            assert inner["x"] + inner["width"] <= frame["x"] + frame["width"] + 1
            assert inner["y"] >= frame["y"] - 1
            assert inner["y"] + inner["height"] <= frame["y"] + frame["height"] + 1


def test_a_move_is_drawn_within_a_frame(page):
    times = page.evaluate("""() => {
        const input = document.querySelector("input");
        return Array.from({ length: 45 }, (_, i) => {
            const begun = performance.now();
            input.value = i % 9;
            input.dispatchEvent(new Event("input"));
            document.body.getBoundingClientRect();
            return performance.now() - begun;
        });
    }""")
    assert sorted(times)[len(times) // 2] < 16


def test_set_from_python_it_follows(page, explorer):
    page.evaluate("model.set('channels', 20)")
    explorer.channels, explorer.seed = 20, page.evaluate("model.get('seed')")
    assert page.get_by_role("status").inner_text() == explorer.summary()
    assert page.get_by_label("channels", exact=True).input_value() == str(CHANNELS.index(20))
