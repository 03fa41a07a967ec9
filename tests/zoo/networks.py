"""Other people's networks, by name: how to build each and what its forward takes.

Names are the library's, a colon and its own name: ``torchvision:resnet18``, ``timm:convnext_atto``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import nn


class Network(NamedTuple):
    """One network of the zoo."""

    name: str
    build: Callable[[], nn.Module]
    inputs: Callable[[nn.Module], Any]  # as ``trace`` takes them; real tensors
    numbers: bool = False  # whether to count with numbers: they decide about the cost, or the network is small


def image(*shape: int) -> Callable[[nn.Module], Any]:
    """One input of zeros."""
    return lambda model: torch.zeros(1, *shape)


def networks() -> dict[str, Network]:
    """Every network of the libraries that are installed."""
    return {n.name: n for library in (torchvisions, timms, transformers, vit_pytorchs) for n in library()}


# --- torchvision -----------------------------------------------------------------------------------------------------


def torchvisions() -> Iterator[Network]:
    import torchvision

    tv = torchvision.models
    for name in tv.list_models(module=tv):
        extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        size = 299 if name == "inception_v3" else 224
        yield Network(f"torchvision:{name}", partial(tv.get_model, name, weights=None, **extra), image(3, size, size))
    for name in tv.list_models(module=tv.segmentation):
        build = partial(tv.get_model, name, weights=None, weights_backbone=None)
        yield Network(f"torchvision:{name}", build, image(3, 224, 224))
    for name in tv.list_models(module=tv.video):
        size = 224 if name.startswith(("mvit", "swin3d", "s3d")) else 112
        yield Network(f"torchvision:{name}", partial(tv.get_model, name, weights=None), image(3, 16, size, size))
    for name in tv.list_models(module=tv.optical_flow):
        yield Network(
            f"torchvision:{name}",
            partial(tv.get_model, name, weights=None),
            lambda model: (torch.zeros(1, 3, 128, 128), torch.zeros(1, 3, 128, 128)),
        )
    for name in tv.list_models(module=tv.detection):
        # small pictures, for these are computed with their numbers
        size = {} if name.startswith("ssd") else {"min_size": 128, "max_size": 160}
        build = partial(tv.get_model, name, weights=None, weights_backbone=None, **size)
        yield Network(f"torchvision:{name}", build, lambda model: [noise(3, 128, 160)], numbers=True)


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


# --- timm ------------------------------------------------------------------------------------------------------------

A_FAMILY = 8  # at most so many of each, from one end of its names to the other


def timms() -> Iterator[Network]:
    import timm

    for family in timm.list_modules():
        names = timm.list_models(module=family)
        step = max(1, -(-len(names) // A_FAMILY))
        for name in names[::step]:
            yield Network(f"timm:{name}", partial(timm.create_model, name), timms_input)


def timms_input(model: nn.Module) -> torch.Tensor:
    return torch.zeros(1, *model.pretrained_cfg["input_size"])


# --- transformers, small ---------------------------------------------------------------------------------------------

SMALL = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "vocab_size": 100,
    "pad_token_id": 0,
}
TEXT = {
    "Bert": {},
    "Roberta": {"pad_token_id": 1, "max_position_embeddings": 66},
    "DistilBert": {"dim": 64, "n_layers": 2, "n_heads": 4, "hidden_dim": 128},
    "Albert": {"embedding_size": 32},
    "Electra": {"embedding_size": 32},
    "MobileBert": {"embedding_size": 32, "intra_bottleneck_size": 32, "true_hidden_size": 32},
    "MPNet": {},
    "DebertaV2": {},
    "ConvBert": {"embedding_size": 32},
    "SqueezeBert": {"embedding_size": 64},
    "ModernBert": {},
    "GPT2": {"n_embd": 64, "n_layer": 2, "n_head": 4},
    "GPTNeoX": {},
    "OPT": {"ffn_dim": 128, "word_embed_proj_dim": 64},
    "Bloom": {"n_layer": 2, "n_head": 4},
    "Llama": {"num_key_value_heads": 2},
    "Mistral": {"num_key_value_heads": 2},
    "Qwen2": {"num_key_value_heads": 2},
    "Gemma": {"num_key_value_heads": 2, "head_dim": 16},
    "Phi": {},
    "StableLm": {"num_key_value_heads": 2},
}
PICTURES = {
    "ViT": {},
    "DeiT": {},
    "BeitModel": {},
    "Dinov2": {},
    "ConvNext": {},
    "ResNet": {},
    "MobileNetV2": {},
    "MobileViT": {},
    "Swin": {},
    "Segformer": {},
    "PoolFormer": {},
    "LevitModel": {},
    "RegNet": {},
    "Data2VecVision": {},
    "Hiera": {},
}


def transformers() -> Iterator[Network]:
    try:
        library = importlib.import_module("transformers")
    except ImportError:
        return
    ids = torch.arange(1, 33)[None]
    for family, more in TEXT.items():
        build = partial(_from_config, library, family, {**SMALL, **more})
        yield Network(f"transformers:{family}", build, lambda model: {"input_ids": ids}, numbers=True)
    for family in PICTURES:
        family = family.removesuffix("Model")
        build = partial(_from_config, library, family, {})
        yield Network(f"transformers:{family}", build, lambda model: {"pixel_values": torch.zeros(1, 3, 224, 224)})
    small = {"d_model": 64, "encoder_layers": 2, "decoder_layers": 2, "vocab_size": 100, "pad_token_id": 0,
             "encoder_ffn_dim": 128,
             "decoder_ffn_dim": 128, "encoder_attention_heads": 4, "decoder_attention_heads": 4}  # fmt: skip
    for family in ("Bart", "Marian"):
        build = partial(_from_config, library, family, small)
        yield Network(
            f"transformers:{family}", build, lambda model: {"input_ids": ids, "decoder_input_ids": ids}, numbers=True
        )
    t5 = {"d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 2, "num_heads": 4, "vocab_size": 100}
    build = partial(_from_config, library, "T5", t5)
    yield Network("transformers:T5", build, lambda model: {"input_ids": ids, "decoder_input_ids": ids}, numbers=True)


def _from_config(library: Any, family: str, config: dict) -> nn.Module:
    return getattr(library, f"{family}Model")(getattr(library, f"{family}Config")(**config))


# --- vit-pytorch -----------------------------------------------------------------------------------------------------

_VIT = {"image_size": 64, "patch_size": 16, "num_classes": 10, "dim": 64, "depth": 2, "heads": 4, "mlp_dim": 128}
VITS: dict[str, tuple[str, dict]] = {
    "ViT": ("vit", _VIT),
    "SimpleViT": ("simple_vit", _VIT),
    "DeepViT": ("deepvit", _VIT),
    "CaiT": ("cait", {**_VIT, "cls_depth": 2}),
    "PiT": ("pit", {**_VIT, "dim": 64, "depth": (1, 1), "heads": (2, 4)}),
    "LeViT": ("levit", {"image_size": 64, "num_classes": 10, "dim": (32, 64), "depth": 2, "heads": (2, 4),
                        "mlp_mult": 2, "stages": 2}),
    "CvT": ("cvt", {"num_classes": 10}),
    "TwinsSVT": ("twins_svt", {"num_classes": 10}),
    "CrossFormer": ("crossformer", {"num_classes": 10}),
    "RegionViT": ("regionvit", {"num_classes": 10}),
    "SepViT": ("sep_vit", {"num_classes": 10, "dim": 32, "dim_head": 32, "heads": (1, 2), "depth": (1, 1),
                           "window_size": 7}),
    "MaxViT": ("max_vit", {"num_classes": 10, "dim_conv_stem": 32, "dim": 32, "dim_head": 16, "depth": (1, 1),
                           "window_size": 7}),
    "NesT": ("nest", {"image_size": 64, "patch_size": 4, "dim": 32, "heads": 2, "num_hierarchies": 2, "block_repeats":
                      (1, 1), "num_classes": 10}),
    "MobileViT": ("mobile_vit", {"image_size": (256, 256), "dims": [96, 120, 144], "channels": [16, 32, 48, 48, 64, 64,
                                 80, 80, 96, 96, 384], "num_classes": 10}),
    "XCiT": ("xcit", {**_VIT, "cls_depth": 1}),
    "CrossViT": ("cross_vit", {"image_size": 240, "num_classes": 10, "sm_dim": 64, "lg_dim": 96}),
}  # fmt: skip


def vit_pytorchs() -> Iterator[Network]:
    try:
        importlib.import_module("vit_pytorch")
    except ImportError:
        return
    for name, (file, arguments) in VITS.items():
        size = arguments.get("image_size", 224)
        height = size if isinstance(size, int) else size[0]
        yield Network(
            f"vit-pytorch:{name}", partial(_vit, file, name, arguments), image(3, height, height), numbers=True
        )


def _vit(file: str, name: str, arguments: dict) -> nn.Module:
    return getattr(importlib.import_module(f"vit_pytorch.{file}"), name)(**arguments)
