"""What ``from effcourse import ...`` gives."""

from .cost import (
    CostReport as CostReport,
    TraceError as TraceError,
    register_op as register_op,
    trace as trace,
)
from .measure import (
    Latency as Latency,
    MachineLimits as MachineLimits,
    available_runtimes as available_runtimes,
    compare_latency as compare_latency,
    machine_limits as machine_limits,
    measure_latency as measure_latency,
    measure_layers as measure_layers,
    roofline as roofline,
)
from .models import (
    create_model as create_model,
    list_models as list_models,
)
from .models.efficientnet import (
    EfficientNet as EfficientNet,
    EfficientNetConfig as EfficientNetConfig,
    MBConv as MBConv,
    compound_departures as compound_departures,
)
from .models.ghostnet import (
    GhostBottleneck as GhostBottleneck,
    GhostModule as GhostModule,
    GhostNet as GhostNet,
)
from .models.layers import (
    ConvNormAct as ConvNormAct,
    DropPath as DropPath,
    SEBlock as SEBlock,
    round_channels as round_channels,
)
from .models.mobilenet_v1 import (
    DepthwiseSeparableConv as DepthwiseSeparableConv,
    MobileNetV1 as MobileNetV1,
    MobileNetV1Block as MobileNetV1Block,
)
from .models.mobilenet_v2 import (
    InvertedResidual as InvertedResidual,
    MobileNetV2 as MobileNetV2,
)
from .models.mobilenet_v3 import (
    MobileNetV3Block as MobileNetV3Block,
    MobileNetV3Large as MobileNetV3Large,
    MobileNetV3Small as MobileNetV3Small,
)
from .models.shufflenet_v2 import (
    ShuffleNetV2 as ShuffleNetV2,
    ShuffleNetV2Block as ShuffleNetV2Block,
    channel_shuffle as channel_shuffle,
)
from .models.small_net import (
    SmallNet as SmallNet,
)
from .models.weights import (
    imagenet_labels as imagenet_labels,
    load_pretrained as load_pretrained,
    load_reference_weights as load_reference_weights,
)
from .notebook import (
    draw as draw,
    plots as plots,
    show as show,
)
from .papers.audit import audit_lesson_table as audit_lesson_table
from .papers.comparison import compare_efficiency as compare_efficiency
from .papers.figures import (
    list_published_tables as list_published_tables,
    published as published,
    published_table as published_table,
)
from .papers.pareto import (
    best_within as best_within,
    pareto_front as pareto_front,
)
from .papers.recipes import (
    contenders as contenders,
)
from .training.data import (
    Dataset as Dataset,
    DatasetError as DatasetError,
    load_dataset as load_dataset,
)
from .training.loop import (
    TrainResult as TrainResult,
    evaluate as evaluate,
)

__version__: str
