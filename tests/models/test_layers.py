"""Shared pieces against brute force and the references' code."""

import pytest
import torch
from hypothesis import given, strategies as st
from timm.layers import make_divisible
from timm.layers.conv2d_same import Conv2dSame as TimmConv2dSame
from torch import nn
from torchvision.models._utils import _make_divisible

from effcourse import ConvNormAct, DropPath, SEBlock, round_channels
from effcourse.models.layers import Conv2dSame


@given(st.floats(0.1, 5000), st.sampled_from([1, 2, 4, 8, 16]))
def test_round_channels_is_the_references(channels, divisor):
    rounded = round_channels(channels, divisor)
    assert rounded == _make_divisible(channels, divisor) == make_divisible(channels, divisor)
    assert rounded % divisor == 0
    assert rounded >= 0.9 * channels


@pytest.mark.parametrize("channels", [0, -1, float("nan"), float("inf"), "8", None, True])
def test_round_channels_refuses(channels):
    with pytest.raises(ValueError, match="channels must be a number above 0"):
        round_channels(channels)


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 2, 3, 5, 7]), st.integers(1, 3))
def test_conv_same_is_tensorflows_padding(height, width, kernel_size, stride):
    ours, theirs = Conv2dSame(2, 3, kernel_size, stride), TimmConv2dSame(2, 3, kernel_size, stride)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(1, 2, height, width)
    out = ours(x)
    assert out.shape[-2:] == (-(-height // stride), -(-width // stride))
    torch.testing.assert_close(out, theirs(x))


def test_conv_same_pads_right_and_bottom_where_pytorch_pads_left_and_top():
    conv, same = nn.Conv2d(1, 1, 3, 2, 1, bias=False), Conv2dSame(1, 1, 3, 2, bias=False)
    same.load_state_dict(conv.state_dict())
    x = torch.randn(1, 1, 8, 8)
    assert conv(x).shape == same(x).shape
    assert not torch.allclose(conv(x), same(x))
    odd = torch.randn(1, 1, 9, 9)
    torch.testing.assert_close(conv(odd), same(odd))


def test_conv_norm_act_order_and_defaults():
    brick = ConvNormAct(4, 6, 5, 2)
    assert [type(m) for m in brick.children()] == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
    assert brick.conv.bias is None
    assert brick.conv.padding == (2, 2)
    assert ConvNormAct(4, 6, act=None)(torch.randn(2, 4, 8, 8)).min() < 0


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"groups": 3}, "groups=3 must divide in_channels=4 and out_channels=6"),
        ({"groups": 0}, "groups must be a whole number of at least 1, got 0"),
        ({"stride": 0}, "stride must be a whole number of at least 1, got 0"),
        ({"kernel_size": 2.5}, "kernel_size.*got 2.5"),
    ],
)
def test_conv_norm_act_refuses(kwargs, says):
    with pytest.raises(ValueError, match=says):
        ConvNormAct(4, 6, **kwargs)


class TestSEBlock:
    def test_is_what_the_paper_says(self):
        torch.manual_seed(0)
        block, x = SEBlock(32), torch.randn(2, 32, 5, 5)
        squeezed = x.mean((2, 3))
        hidden = (squeezed @ block.reduce.weight.flatten(1).T + block.reduce.bias).relu()
        gates = ((hidden @ block.expand.weight.flatten(1).T + block.expand.bias + 3) / 6).clamp(0, 1)
        torch.testing.assert_close(block(x), x * gates[:, :, None, None])

    @pytest.mark.parametrize(("channels", "squeezed"), [(16, 8), (96, 24), (240, 64), (120, 32), (144, 40)])
    def test_squeezed_width_of_mobilenet_v3(self, channels, squeezed):
        assert SEBlock(channels).reduce.out_channels == squeezed

    def test_refuses(self):
        with pytest.raises(ValueError, match="channels must be a whole number"):
            SEBlock(0)
        with pytest.raises(ValueError, match="reduction must be a number above 0, got 0"):
            SEBlock(16, reduction=0)
        with pytest.raises(ValueError, match="squeeze_channels"):
            SEBlock(16, squeeze_channels=0)


class TestDropPath:
    def test_nothing_at_inference(self):
        x = torch.randn(8, 3, 2, 2)
        assert DropPath(0.5).eval()(x) is x
        assert DropPath(0.0).train()(x) is x

    def test_whole_images_at_the_stated_rate_and_the_same_expectation(self):
        torch.manual_seed(0)
        x = torch.ones(20_000, 2, 2, 2)
        out = DropPath(0.2).train()(x)
        assert set(out.unique().tolist()) == {0.0, 1.25}
        per_image = out.flatten(1)
        assert (per_image == per_image[:, :1]).all()
        assert (per_image[:, 0] == 0).float().mean() == pytest.approx(0.2, abs=0.01)
        assert out.mean() == pytest.approx(1, abs=0.02)

    @pytest.mark.parametrize("rate", [-0.1, 1, 2, float("nan")])
    def test_refuses(self, rate):
        with pytest.raises(ValueError, match="drop_prob must be at least 0 and below 1"):
            DropPath(rate)
