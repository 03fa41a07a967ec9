import pytest
import torch

from effcourse import SmallNet, trace


@pytest.mark.parametrize(("width", "depth"), [(29, 1), (18, 2), (9, 6)])
@pytest.mark.parametrize("size", [(1, 8, 8), (1, 28, 28), (3, 32, 20)])
def test_logits_and_gradients(width, depth, size):
    net = SmallNet(width, depth, num_classes=7, input_size=size)
    out = net(torch.rand(2, *size))
    assert out.shape == (2, 7)
    out.square().sum().backward()
    assert [name for name, p in net.named_parameters() if p.grad is None] == []
    assert trace(net).params == sum(p.numel() for p in net.parameters())


def test_stages_as_documented():
    stages = trace(SmallNet(10, 3, input_size=(1, 28, 28))).rows
    pointwise = [(r.out_shape[1], r.out_shape[2]) for r in stages if r.name.endswith("pointwise.conv")]
    assert pointwise == [(10, 14)] * 3 + [(20, 7)] * 3 + [(40, 4)] * 3


def test_shortcuts_can_be_left_out():
    def shortcuts(net):
        return sum(getattr(m, "residual", False) for m in net.modules())

    assert shortcuts(SmallNet(8, 3)) == 7  # all but the two blocks that halve the size and double the channels
    assert shortcuts(SmallNet(8, 3, residual=False)) == 0
    assert trace(SmallNet(8, 3)).macs == trace(SmallNet(8, 3, residual=False)).macs


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"width": 0}, "width must be a whole number of at least 1, got 0"),
        ({"depth": 1.5}, "depth must be .* got 1.5"),
        ({"input_size": 8}, r"input_size must be \(channels, height, width\), such as \(1, 8, 8\), got 8"),
        ({"input_size": (0, 8, 8)}, "channels must be"),
    ],
)
def test_wrong_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        SmallNet(**kwargs)
