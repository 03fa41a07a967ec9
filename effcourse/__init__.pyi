"""What ``from effcourse import ...`` gives."""

from .cost import (
    CostReport as CostReport,
)
from .cost import (
    TraceError as TraceError,
)
from .cost import (
    register_op as register_op,
)
from .cost import (
    trace as trace,
)
from .layers import (
    ConvNormAct as ConvNormAct,
)
from .layers import (
    DropPath as DropPath,
)
from .layers import (
    SEBlock as SEBlock,
)
from .layers import (
    round_channels as round_channels,
)
from .models import (
    create_model as create_model,
)
from .models import (
    list_models as list_models,
)
from .models.efficientnet import (
    EfficientNet as EfficientNet,
)
from .models.efficientnet import (
    EfficientNetConfig as EfficientNetConfig,
)
from .models.efficientnet import (
    MBConv as MBConv,
)
from .models.efficientnet import (
    compound_departures as compound_departures,
)
from .models.ghostnet import (
    GhostBottleneck as GhostBottleneck,
)
from .models.ghostnet import (
    GhostModule as GhostModule,
)
from .models.ghostnet import (
    GhostNet as GhostNet,
)
from .models.mobilenet_v1 import (
    DepthwiseSeparableConv as DepthwiseSeparableConv,
)
from .models.mobilenet_v1 import (
    MobileNetV1 as MobileNetV1,
)
from .models.mobilenet_v1 import (
    MobileNetV1Block as MobileNetV1Block,
)
from .models.mobilenet_v2 import (
    InvertedResidual as InvertedResidual,
)
from .models.mobilenet_v2 import (
    MobileNetV2 as MobileNetV2,
)
from .models.mobilenet_v3 import (
    MobileNetV3Block as MobileNetV3Block,
)
from .models.mobilenet_v3 import (
    MobileNetV3Large as MobileNetV3Large,
)
from .models.mobilenet_v3 import (
    MobileNetV3Small as MobileNetV3Small,
)
from .models.shufflenet_v2 import (
    ShuffleNetV2 as ShuffleNetV2,
)
from .models.shufflenet_v2 import (
    ShuffleNetV2Block as ShuffleNetV2Block,
)
from .models.shufflenet_v2 import (
    channel_shuffle as channel_shuffle,
)
from .models.weights import (
    imagenet_labels as imagenet_labels,
)
from .models.weights import (
    load_pretrained as load_pretrained,
)
from .models.weights import (
    load_reference_weights as load_reference_weights,
)
from .published import published as published

__version__: str
