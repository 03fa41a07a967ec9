"""Closed forms against brute force and against torch."""

import pytest
import torch
from hypothesis import given, strategies as st
from torch import nn

from effcourse.cost import formulas

sizes = st.integers(1, 9)


@st.composite
def convolutions(draw):
    groups = draw(st.integers(1, 3))
    return {
        "in_channels": groups * draw(st.integers(1, 3)),
        "out_channels": groups * draw(st.integers(1, 3)),
        "kernel_size": (draw(st.integers(1, 4)), draw(st.integers(1, 4))),
        "stride": (draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        "padding": (draw(st.integers(0, 2)), draw(st.integers(0, 2))),
        "dilation": (draw(st.integers(1, 2)), draw(st.integers(1, 2))),
        "groups": groups,
    }


@given(convolutions(), sizes, sizes)
def test_convolution(kwargs, height, width):
    conv = nn.Conv2d(**kwargs, bias=False).requires_grad_(False)
    fits = all(
        n + 2 * p >= d * (k - 1) + 1
        for n, p, d, k in zip((height, width), conv.padding, conv.dilation, conv.kernel_size, strict=True)
    )
    cost = {k: v for k, v in kwargs.items() if k not in ("in_channels", "out_channels")}
    if not fits:
        with pytest.raises(ValueError, match="is smaller than a kernel of"):
            formulas.conv_macs(conv.in_channels, conv.out_channels, (height, width), **cost)
        return
    # ones everywhere, the border too: each output is then the number of products it sums
    nn.init.ones_(conv.weight)
    pad_h, pad_w = conv.padding
    padded = torch.ones(1, conv.in_channels, height + 2 * pad_h, width + 2 * pad_w)
    conv.padding = (0, 0)
    products = conv(padded)
    assert formulas.conv_macs(conv.in_channels, conv.out_channels, (height, width), **cost) == int(products.sum())
    geometry = {k: cost[k] for k in ("kernel_size", "stride", "padding", "dilation")}
    assert formulas.conv_out_shape((height, width), **geometry) == tuple(products.shape[-2:])
    assert (
        formulas.conv_params(conv.in_channels, conv.out_channels, conv.kernel_size, conv.groups) == conv.weight.numel()
    )


def test_convolution_in_loops():
    """Once more, as nested loops, for the smallest interesting case: 2 -> 4 channels, 3x3, stride 2, 2 groups."""
    macs = 0
    for _out_channel in range(4):
        for _y in range(0, 5, 2):  # 5 pixels, padding 1: rows start at -1, 1, 3
            for _x in range(0, 5, 2):
                for _in_channel in range(2 // 2):
                    for _tap in range(3 * 3):
                        macs += 1
    assert formulas.conv_macs(2, 4, 5, 3, stride=2, padding=1, groups=2) == macs


@pytest.mark.parametrize("n", range(1, 40))
def test_stride_two_is_ceil_of_half(n):
    for kernel in (1, 3, 5, 7):
        assert formulas.conv_out_size(n, kernel, stride=2, padding=kernel // 2) == -(-n // 2)


@given(st.integers(1, 64), st.integers(1, 64), st.sampled_from([1, 3, 5, 7]), st.integers(4, 20))
def test_separable(in_channels, out_channels, kernel, size):
    padding = kernel // 2
    standard = formulas.conv_macs(in_channels, out_channels, size, kernel, padding=padding)
    separable = formulas.separable_macs(in_channels, out_channels, size, kernel, padding=padding)
    depthwise = formulas.depthwise_macs(in_channels, size, kernel, padding=padding)
    assert separable == depthwise + formulas.conv_macs(in_channels, out_channels, size, 1)
    assert formulas.separable_savings(in_channels, out_channels, kernel) == pytest.approx(standard / separable)
    assert formulas.separable_savings(in_channels, out_channels, kernel) < min(kernel**2, out_channels) or kernel == 1


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), st.integers(1, 4))
def test_matrix_products(rows, inner, columns, batch):
    products = torch.ones(batch, rows, inner) @ torch.ones(batch, inner, columns)
    assert formulas.matmul_macs(rows, inner, columns, batch) == int(products.sum())
    assert formulas.linear_macs(inner, columns, rows * batch) == int(products.sum())
    assert formulas.linear_params(inner, columns) == sum(p.numel() for p in nn.Linear(inner, columns).parameters())
    assert formulas.linear_params(inner, columns, bias=False) == inner * columns


def test_one_and_three_axes():
    conv1d = nn.Conv1d(4, 6, 5, stride=2, padding=2, groups=2)
    assert formulas.conv_macs(4, 6, 11, 5, 2, 2, groups=2, ndim=1) == conv1d.weight.numel() * 6
    assert formulas.conv_params(4, 6, 5, groups=2, bias=True, ndim=1) == sum(p.numel() for p in conv1d.parameters())
    conv3d = nn.Conv3d(2, 3, 3)
    assert formulas.conv_macs(2, 3, (5, 6, 7), 3, ndim=3) == conv3d.weight.numel() * 3 * 4 * 5


def test_others():
    assert formulas.norm_params(32) == sum(p.numel() for p in nn.BatchNorm2d(32).parameters())
    assert formulas.activation_bytes(32, 112, 112) == torch.empty(32, 112, 112).nbytes
    assert formulas.activation_bytes(7, bytes_per_number=2) == torch.empty(7, dtype=torch.half).nbytes


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: formulas.conv_macs(3, 8, 0), "size must be a whole number of at least 1, got 0"),
        (lambda: formulas.conv_macs(3, 8, 2.5), "2.5"),
        (lambda: formulas.conv_macs(3, 8, (8, 8, 8)), r"expected one number or 2 \(one an axis\), got \(8, 8, 8\)"),
        (lambda: formulas.conv_macs(0, 8, 8), "in_channels must be a whole number of at least 1, got 0"),
        (lambda: formulas.conv_macs(3, 8, 8, groups=2), "groups=2 must divide in_channels=3 and out_channels=8"),
        (lambda: formulas.conv_macs(3, 8, 8, padding=-1), "padding must be at least 0, got -1"),
        (lambda: formulas.conv_macs(3, 8, 4, 7), "input of 4 pixels with padding 0 is smaller than a kernel of 7"),
        (lambda: formulas.conv_macs(3, 8, 8, stride=True), "stride must be a whole number of at least 1, got True"),
        (lambda: formulas.separable_savings(8, -1), "out_channels"),
        (lambda: formulas.linear_macs(8, 8, 0), "positions"),
        (lambda: formulas.matmul_macs(8, 8, 8, batch=0), "batch"),
        (lambda: formulas.activation_bytes(8, 0), r"shape\[1\] must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_input(call, says):
    with pytest.raises(ValueError, match=says):
        call()
