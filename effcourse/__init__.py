"""effcourse: efficient neural network architectures, block by block, with every number true."""

from .cost import CostReport, TraceError, register_op, trace
from .layers import ConvNormAct, DropPath, SEBlock, round_channels
from .models import create_model, list_models
from .models.efficientnet import EfficientNet, EfficientNetConfig, MBConv, compound_departures
from .models.ghostnet import GhostBottleneck, GhostModule, GhostNet
from .models.mobilenet_v1 import DepthwiseSeparableConv, MobileNetV1, MobileNetV1Block
from .models.mobilenet_v2 import InvertedResidual, MobileNetV2
from .models.mobilenet_v3 import MobileNetV3Block, MobileNetV3Large, MobileNetV3Small
from .models.shufflenet_v2 import ShuffleNetV2, ShuffleNetV2Block, channel_shuffle
from .models.weights import imagenet_labels, load_pretrained, load_reference_weights
from .published import published

__version__ = "0.1.0"

__all__ = [
    "ConvNormAct",
    "CostReport",
    "DepthwiseSeparableConv",
    "DropPath",
    "EfficientNet",
    "EfficientNetConfig",
    "GhostBottleneck",
    "GhostModule",
    "GhostNet",
    "InvertedResidual",
    "MBConv",
    "MobileNetV1",
    "MobileNetV1Block",
    "MobileNetV2",
    "MobileNetV3Block",
    "MobileNetV3Large",
    "MobileNetV3Small",
    "SEBlock",
    "ShuffleNetV2",
    "ShuffleNetV2Block",
    "TraceError",
    "channel_shuffle",
    "compound_departures",
    "create_model",
    "imagenet_labels",
    "list_models",
    "load_pretrained",
    "load_reference_weights",
    "published",
    "register_op",
    "round_channels",
    "trace",
]
