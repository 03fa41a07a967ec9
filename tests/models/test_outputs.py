"""Same weights, same outputs as torchvision and timm; and what training needs."""

import pytest
import torch
from references import outputs_of, reference
from torch import nn

from effcourse import create_model, list_models, load_reference_weights
from effcourse.models import FAMILIES

# widths other than 1 of networks whose one reference decides counts and outputs
NETWORKS = [(family, network) for family in FAMILIES for network in family.networks if family.has_widths]
WIDTHS = [(n.name, w) for _, n in NETWORKS if n.reference.width and not n.outputs for w in (0.35, 1.4)]
WIDTHS += [(n.name, w) for f, n in NETWORKS if "{}" in n.reference.builder for w in f.axes["width_mult"] if w != 1]


def livened(model: nn.Module) -> nn.Module:
    """Random batch norm statistics, so that no part of them can be wrong unseen, and signals of ordinary size."""
    generator = torch.Generator().manual_seed(0)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values, low, high in (
                (module.weight.data, 0.5, 1.5),
                (module.bias.data, -0.5, 0.5),
                (module.running_mean, -0.5, 0.5),
                (module.running_var, 0.5, 1.5),
            ):
                values.uniform_(low, high, generator=generator)
        elif isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
    return model.eval()


def relative_difference(model: nn.Module, theirs: nn.Module, *sizes: int) -> float:
    load_reference_weights(model, theirs.state_dict())
    model.eval()
    worst = 0.0
    with torch.inference_mode():
        for size in sizes:
            x = torch.randn(2, 3, size, size)
            expected = theirs(x)
            assert expected.std() > 1e-3, "the reference's outputs are too small to compare"
            worst = max(worst, float((model(x) - expected).abs().max() / expected.abs().max()))
    return worst


@pytest.mark.parametrize("name", list_models())
def test_same_outputs(name):
    torch.manual_seed(0)
    theirs = livened(outputs_of(name))
    sizes = (64, 75) if name[-1] in "4567" else (96, 97, 131)
    assert relative_difference(create_model(name), theirs, *sizes) <= 1e-5


@pytest.mark.parametrize(("name", "width"), WIDTHS)
def test_same_outputs_at_other_widths(name, width):
    torch.manual_seed(0)
    assert relative_difference(create_model(name, width_mult=width), livened(reference(name, width)), 96, 97) <= 1e-5


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "mobilenet_v3_large"])
def test_timm_v3_weights_load_by_order(name):
    """timm's last layer is a 1x1 convolution where ours is linear: the same numbers in another shape."""
    model, theirs = create_model(name, width_mult=0.75), reference(name, 0.75)
    load_reference_weights(model, theirs.state_dict())
    assert torch.equal(model.last.weight, theirs.conv_head.weight.flatten(1))


@pytest.mark.parametrize("name", ["mobilenet_v2", "mobilenet_v3_small", "shufflenet_v2", "efficientnet_b0", "ghostnet"])
def test_batch_norm_momentum_is_the_references(name):
    def momenta(model):
        return [(m.eps, m.momentum) for m in model.modules() if isinstance(m, nn.BatchNorm2d)]

    assert momenta(create_model(name)) == momenta(outputs_of(name))


@pytest.mark.parametrize("name", [n for n in list_models() if n[-2:] not in {"b3", "b4", "b5", "b6", "b7"}])
def test_every_parameter_gets_a_gradient(name):
    torch.manual_seed(0)
    model = create_model(name, num_classes=7).train()
    model(torch.randn(4, 3, 64, 64)).logsumexp(1).sum().backward()
    without = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert not without
    # a rectifier may silence a channel of one random batch, but hardly a whole tensor
    silent = [n for n, p in model.named_parameters() if p.grad.abs().sum() == 0]
    assert not silent


@pytest.mark.parametrize("name", ["mobilenet_v2", "shufflenet_v2", "efficientnet_lite0"])
def test_channels_last_and_half_sizes(name):
    model = create_model(name, num_classes=5).eval()
    x = torch.randn(1, 3, 49, 65)
    with torch.inference_mode():
        expected = model(x)
        got = model.to(memory_format=torch.channels_last)(x.to(memory_format=torch.channels_last))
    assert expected.shape == (1, 5)
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)
