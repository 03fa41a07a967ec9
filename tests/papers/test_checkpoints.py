"""The released MobileNetV1 networks, against torchless arithmetic and the page."""

from effcourse.papers.checkpoints import mobilenet_v1_checkpoints
from effcourse.papers.pareto import best_within

ROWS = [(64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2)]


def macs(width: float, size: int) -> int:
    """By the closed forms, with the authors' rule for channels."""
    channels, side = max(int(32 * width), 8), -(-size // 2)
    total = 27 * channels * side**2
    for c, n, s in ROWS:
        out = max(int(c * width), 8)
        for i in range(n):
            side = -(-side // s) if i == 0 else side
            total += (9 + out) * channels * side**2
            channels = out
    return total + 1000 * channels


def test_sixteen_with_the_macs_of_the_closed_forms():
    checkpoints = mobilenet_v1_checkpoints()
    assert {(c.width, c.size) for c in checkpoints} == {
        (w, s) for w in (0.25, 0.5, 0.75, 1) for s in (128, 160, 192, 224)
    }
    assert all(c.macs == macs(c.width, c.size) for c in checkpoints)
    assert all(abs(c.params / 1e6 - p) < 0.011 for c in checkpoints for w, p in PARAMS.items() if c.width == w)


PARAMS = {1: 4.24, 0.75: 2.59, 0.5: 1.34, 0.25: 0.47}  # of the page


def test_names_and_the_best_within_a_budget():
    checkpoints = mobilenet_v1_checkpoints()
    assert best_within(checkpoints, {"macs": 120e6}).name == "α = 0.75 at 128"
    assert best_within(checkpoints, {"macs": 1e6}) is None
    assert best_within(checkpoints, {"macs": 1e9}).name == "α = 1 at 224"
