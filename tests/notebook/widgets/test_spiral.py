"""The spiral's instrument as its page drives it, against the function that it was given."""

import json

import pytest
import torch
import traitlets

from effcourse.notebook.widgets import SpiralExplorer
from effcourse.notebook.widgets.spiral import CHANNELS, DRAWN, SEEDS

ANGLE = torch.linspace(0, 18, 300, dtype=torch.float64)
SPIRAL = ANGLE / 18 * torch.stack([ANGLE.cos(), ANGLE.sin()])


def there_and_back(n, seed):
    mix = torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    hidden = torch.relu(mix @ SPIRAL)
    return hidden, 2 * torch.linalg.pinv(mix) @ hidden


@pytest.fixture(scope="module")
def explorer():
    return SpiralExplorer(SPIRAL, there_and_back)


def test_every_setting_that_the_page_looks_up_is_the_functions(explorer):
    data = explorer.data
    places = [round(i * 299 / (DRAWN - 1)) for i in range(DRAWN)]
    assert list(map(int, data["spiral"].split())) == [
        round(100 * x) for point in SPIRAL[:, places].T.tolist() for x in point
    ]
    for i, n in enumerate(CHANNELS):
        for j, seed in enumerate(SEEDS):
            setting = i * len(SEEDS) + j
            hidden, back = there_and_back(n, seed)
            drawn = list(map(int, data["back"][setting].split()))
            assert drawn == [round(100 * x) for point in back[:, places].T.tolist() for x in point]
            few = (hidden > 0).sum(dim=0) < 2
            assert data["gone"][setting] == "".join("1" if g else "0" for g in few[places].tolist())
            error = float((back - SPIRAL).norm() / SPIRAL.norm())
            told = data["summary"][setting]
            assert told.startswith(f"{n} channels, seed {seed}: {few.double().mean():.0%} of the points are gone")
            assert f"comes back is {error:.0%} off" in told
            reach = data["reach"]["after"][setting]
            assert reach >= max(map(abs, drawn))  # all of it within the frame
            smaller = reach / data["reach"]["before"]
            words = f", drawn {smaller:.1f} times smaller" if smaller >= 1.05 else ""
            assert data["after"][setting] == f"what comes back{words}"
    assert len(json.dumps(data)) < 100_000


def test_what_is_kept_whole_is_told_so():
    explorer = SpiralExplorer(SPIRAL, lambda n, seed: (torch.ones(n, 300), SPIRAL))
    assert "0% of the points are gone" in explorer.summary()
    assert explorer.summary().endswith("What comes back is 0% off.")
    assert set("".join(explorer.data["gone"])) == {"0"}
    assert set(explorer.data["after"]) == {"what comes back"}


def test_settings_change_figure_and_table(explorer):
    explorer.channels, explorer.seed = 15, 2
    assert explorer.summary().startswith("15 channels, seed 2:")
    assert explorer.summary() in explorer.figure().text
    assert "seed 2" in explorer.table().text
    line = next(line for line in explorer.table().text.splitlines() if line.split()[:1] == ["15"])
    hidden, back = there_and_back(15, 2)
    error = float((back - SPIRAL).norm() / SPIRAL.norm())
    assert line.split()[1:3] == [f"{((hidden > 0).sum(0) < 2).double().mean():.0%}", f"{error:.0%}"]
    assert "15 channels, seed 2" in repr(explorer)
    explorer.channels, explorer.seed = 3, 0


@pytest.mark.parametrize(("name", "bad"), [("channels", 6), ("seed", 8), ("channels", "3")])
def test_only_settings_that_were_computed(explorer, name, bad):
    with pytest.raises(traitlets.TraitError):
        setattr(explorer, name, bad)


@pytest.mark.parametrize("spiral", [torch.zeros(300), torch.zeros(3, 300), torch.zeros(2, 90)])
def test_a_spiral_of_another_shape(spiral):
    with pytest.raises(ValueError, match=r"must have shape \(2, n\) with n of 91 or more, got"):
        SpiralExplorer(spiral, there_and_back)


def test_a_function_that_gives_other_shapes():
    with pytest.raises(
        ValueError, match=r"there_and_back\(2, 0\) must give tensors of shape \(2, 300\) and \(2, 300\)"
    ):
        SpiralExplorer(SPIRAL, lambda n, seed: (torch.zeros(300, n), SPIRAL))
