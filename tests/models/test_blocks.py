"""Blocks: what each promises, on hand-checked cases."""

import pytest
import torch
from torch import nn

from effcourse import (
    DepthwiseSeparableConv,
    EfficientNet,
    EfficientNetConfig,
    GhostBottleneck,
    GhostModule,
    InvertedResidual,
    MBConv,
    MobileNetV1,
    MobileNetV1Block,
    MobileNetV3Block,
    ShuffleNetV2,
    ShuffleNetV2Block,
    channel_shuffle,
    compound_departures,
    create_model,
    list_models,
    trace,
)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize(
    ("block", "out"),
    [
        (DepthwiseSeparableConv(16, 24), (24, 13, 17)),
        (DepthwiseSeparableConv(16, 24, kernel_size=5), (24, 13, 17)),
        (DepthwiseSeparableConv(16, 24, kernel_size=5, stride=2), (24, 7, 9)),
        (DepthwiseSeparableConv(16, 24, 3, 1, 0), (24, 11, 15)),
        (MobileNetV1Block(16, 24, stride=2), (24, 7, 9)),
        (InvertedResidual(16, 16), (16, 13, 17)),
        (InvertedResidual(16, 24, stride=2, expand_ratio=1), (24, 7, 9)),
        (InvertedResidual(16, 24, expand_ratio=1.5), (24, 13, 17)),
        (MobileNetV3Block(16, 24, 5, 2, 3.67, True, True), (24, 7, 9)),
        (MobileNetV3Block(16, 16, 3, 1, 1, False, False), (16, 13, 17)),
        (ShuffleNetV2Block(16, 16), (16, 13, 17)),
        (ShuffleNetV2Block(16, 24, stride=2), (24, 7, 9)),
        (MBConv(16, 24, 5, 2, 6), (24, 7, 9)),
        (MBConv(16, 16, 3, 1, 1, se_ratio=0), (16, 13, 17)),
        (GhostModule(16, 17), (17, 13, 17)),
        (GhostModule(16, 16, ratio=3), (16, 13, 17)),
        (GhostModule(16, 16, ratio=1), (16, 13, 17)),
        (GhostModule(16, 10, 3, 2, 5, 2), (10, 7, 9)),
        (GhostBottleneck(16, 48, 17), (17, 13, 17)),
        (GhostBottleneck(16, 47, 16, use_se=True), (16, 13, 17)),
        (GhostBottleneck(16, 48, 24, 5, 2, True), (24, 7, 9)),
    ],
)
def test_shapes_by_running_and_by_tracing(block, out):
    assert block.eval()(torch.randn(1, 16, 13, 17)).shape == (1, *out)
    report = trace(nn.Sequential(block, nn.Tanh()), (16, 13, 17))
    assert report.params == sum(p.numel() for p in block.parameters())
    assert report.rows[-1].out_shape == (1, *out)


def test_separable_convolution_is_a_standard_one_of_rank_one_filters():
    """Depthwise then pointwise, without norm and activation, equals one convolution with kernel p[o, i] d[i]."""
    block = DepthwiseSeparableConv(4, 6, act=nn.Identity).eval()
    depthwise, pointwise = block.depthwise.conv.weight, block.pointwise.conv.weight
    x = torch.randn(2, 4, 9, 9)
    combined = pointwise * depthwise.squeeze(1)[None]  # (6, 4, 1, 1) * (1, 4, 3, 3)
    norm = 1 / (1 + 1e-5) ** 0.5  # of the two fresh batch norms, each
    torch.testing.assert_close(block(x), nn.functional.conv2d(x, combined, padding=1) * norm**2)


def test_compute_savings_is_a_limit():
    savings = [DepthwiseSeparableConv.compute_savings(64, c) for c in (16, 64, 256, 1024)]
    assert [round(s, 2) for s in savings] == [5.76, 7.89, 8.69, 8.92]
    standard = trace(nn.Conv2d(64, 256, 3, padding=1, bias=False), (64, 14, 14)).macs
    separable = trace(DepthwiseSeparableConv(64, 256), (64, 14, 14)).macs
    assert DepthwiseSeparableConv.compute_savings(64, 256) == pytest.approx(standard / separable)


@pytest.mark.parametrize(
    ("block", "residual"),
    [
        (InvertedResidual(16, 16), True),
        (InvertedResidual(16, 16, stride=2), False),
        (InvertedResidual(16, 24), False),
        (MobileNetV3Block(16, 16, 3, 1, 4, True, True), True),
        (MBConv(16, 16, 3, 1, 6), True),
    ],
)
def test_residual_where_it_can_be(block, residual):
    """With the projection's norm at zero only the residual is left."""
    block.eval()
    nn.init.zeros_(block.project.norm.weight)
    x = torch.randn(1, 16, 8, 8)
    out = block(x)
    shift = block.project.norm.bias[:, None, None]  # zero, in a fresh batch norm
    assert torch.equal(out, x if residual else shift.expand_as(out))


def test_projections_are_linear():
    x = torch.randn(4, 16, 8, 8)
    for block in (InvertedResidual(16, 24), GhostModule(16, 24, act=None), GhostBottleneck(16, 48, 16)):
        assert block(x).min() < 0


def test_channel_shuffle_is_a_transpose():
    x = torch.arange(6.0).reshape(1, 6, 1, 1)
    assert channel_shuffle(x, 2).flatten().tolist() == [0, 3, 1, 4, 2, 5]
    assert channel_shuffle(x, 3).flatten().tolist() == [0, 2, 4, 1, 3, 5]
    assert torch.equal(channel_shuffle(channel_shuffle(x, 2), 3), x)
    torch.testing.assert_close(channel_shuffle(x, 3), nn.functional.channel_shuffle(x, 3))


def test_ghost_module_intrinsic_features_come_first():
    module = GhostModule(8, 10, ratio=3).eval()
    x = torch.randn(1, 8, 5, 5)
    assert torch.equal(module(x)[:, :4], module.primary(x))  # ceil(10 / 3) = 4


def test_width_0_02_of_v1_is_possible():
    """int(32 * 0.02) would be 0 channels."""
    assert trace(MobileNetV1(width_mult=0.02)).params > 0


def test_resolution_multiplier():
    model = MobileNetV1(input_size=128)
    assert model.input_size == 128
    assert trace(model).macs == trace(MobileNetV1(), 128).macs


class TestEfficientNet:
    def test_config(self):
        assert EfficientNetConfig.get_config("b2") == EfficientNetConfig(1.1, 1.2, 260, 0.3)
        product = EfficientNetConfig.ALPHA * EfficientNetConfig.BETA**2 * EfficientNetConfig.GAMMA**2
        assert product == pytest.approx(1.9203, abs=1e-4)

    def test_compound_rule(self):
        assert EfficientNetConfig.compound(0) == EfficientNetConfig.get_config("b0")
        one = EfficientNetConfig.compound(1)
        assert (one.depth_mult, one.width_mult, one.input_size, one.dropout) == (1.2, 1.1, 258, 0.25)

    def test_macs_grow_by_1_92_with_phi(self):
        """On average: rounding channels and depths makes single steps uneven."""
        with torch.device("meta"):
            b0, phi6 = (trace(EfficientNet(EfficientNetConfig.compound(phi))).macs for phi in (0, 6))
        assert (phi6 / b0) ** (1 / 6) == pytest.approx(1.92, rel=0.02)

    def test_departures(self):
        departures = {d.name: d for d in compound_departures()}
        assert list(departures) == ["b1", "b2", "b3", "b4", "b5", "b6", "b7"]
        b1, b7 = departures["b1"], departures["b7"]
        assert b1.phi_width == 0  # B1 is no wider than B0, whatever the rule says
        assert b1.phi_depth == pytest.approx(0.523, abs=1e-3)
        assert b7.rule.input_size != b7.published.input_size == 600
        assert EfficientNetConfig.compound(b7.phi) == b7.rule

    def test_dropout_and_stochastic_depth(self):
        for name, config in EfficientNetConfig.CONFIGS.items():
            if name in {"b0", "b3", "lite0"}:
                model = EfficientNet(name)
                assert model.dropout.p == config.dropout
                rates = [m.drop_prob for m in model.modules() if type(m).__name__ == "DropPath"]
                blocks = sum(len(stage) for stage in model.stages)
                assert len(rates) == blocks - 1  # the first block has rate 0
                torch.testing.assert_close(rates, [0.2 * i / blocks for i in range(1, blocks)])

    def test_lite_has_no_se_and_relu6(self):
        names = {type(m).__name__ for m in EfficientNet("lite0").modules()}
        assert "SEBlock" not in names
        assert "SiLU" not in names
        assert "ReLU6" in names


class TestBadInput:
    @pytest.mark.parametrize(
        ("build", "says"),
        [
            (lambda: ShuffleNetV2(width_mult=0.75), "0.5, 1.0, 1.5, 2.0.*got 0.75"),
            (lambda: create_model("mobilenet_v4"), "unknown model 'mobilenet_v4'; did you mean mobilenet_v"),
            (lambda: create_model("efficientnet_b8"), "did you mean efficientnet_b"),
            (lambda: create_model("ghostnet", width=2), "unknown argument of ghostnet 'width'.*width_mult"),
            (lambda: create_model("mobilenet_v2", width_mult=0), "width_mult must be a number above 0, got 0"),
            (lambda: create_model("mobilenet_v3_small", width_mult=-1), "width_mult.*got -1"),
            (lambda: create_model("ghostnet", width_mult=float("nan")), "width_mult.*got nan"),
            (lambda: create_model("mobilenet_v1", width_mult="1"), "width_mult.*got '1'"),
            (lambda: create_model("mobilenet_v1", num_classes=0), "num_classes must be a whole number"),
            (lambda: create_model("mobilenet_v1", input_size=22.4), "input_size.*got 22.4"),
            (lambda: EfficientNet("b9"), "unknown EfficientNet 'b9'; valid: b0, b1"),
            (lambda: EfficientNet(drop_connect_rate=1), "drop_connect_rate must be at least 0 and below 1, got 1"),
            (lambda: EfficientNetConfig.compound(float("inf")), "phi must be a finite number, got inf"),
            (lambda: channel_shuffle(torch.zeros(1, 5, 2, 2), 2), "cannot shuffle 5 channels in 2 groups"),
            (lambda: ShuffleNetV2Block(16, 17, stride=2), "out_channels must be even, got 17"),
            (lambda: ShuffleNetV2Block(16, 24), "stride 1 keeps its channels"),
            (lambda: MBConv(16, 16, 3, 1, 6, se_ratio=2), "se_ratio must be between 0"),
            (lambda: MBConv(16, 16, 3, 1, -1), "expand_ratio must be a number above 0, got -1"),
            (lambda: GhostModule(16, 17, ratio=0), "ratio must be a whole number of at least 1, got 0"),
            (lambda: InvertedResidual(16, 0), "out_channels"),
            (lambda: DepthwiseSeparableConv(0, 8), "in_channels"),
            (lambda: DepthwiseSeparableConv.compute_savings(8, 8, 0), "kernel_size must be a whole number"),
        ],
    )
    def test_says_what_is_wrong(self, build, says):
        with pytest.raises(ValueError, match=says):
            build()


def test_list_models():
    names = list_models()
    assert names[:5] == ["mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "shufflenet_v2"]
    assert names[5:] == [*(f"efficientnet_b{i}" for i in range(8)), "efficientnet_lite0", "ghostnet"]
