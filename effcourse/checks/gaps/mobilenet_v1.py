"""The gaps of chapter 3: whole channels, the network from its table, the layer a page forgot, and a price by hand."""

from __future__ import annotations

from ...models.layers import ConvNormAct
from ...models.mobilenet_v1 import MobileNetV1Block
from ..cases import case
from ..engine import Assignment
from ..recipes import recipe

assignment = Assignment("03_mobilenet_v1", allow=("ConvNormAct", "MobileNetV1Block", "DepthwiseSeparableConv"))

THIN = recipe(
    """
    def thin(channels, width_mult):
        return «all = max(«whole = int(«asked = channels * width_mult»)», «least = 8»)»
    """,
    """
    whole = round(channels * width_mult)
        You round to the nearest: the authors cut the fraction off, so 22.9 becomes 22.

    whole = math.ceil(channels * width_mult)
        You round up: the authors cut the fraction off, so 22.1 becomes 22.

    all = int(channels * width_mult)
        Nothing keeps it at 8 or more: a very small α leaves a layer with no channels.

    least = 1
        Your least number of channels is 1: it is 8.

    all = max(int(channels * width_mult / 8 + 0.5) * 8, 8)
    or all = max(8, int(channels * width_mult + 4) // 8 * 8)
    or all = max(int(channels * width_mult) // 8 * 8, 8)
    or all = max(math.ceil(channels * width_mult / 8) * 8, 8)
        You make it a multiple of 8: that rule came with MobileNetV2. Here the fraction is cut off, no more.

    all = min(int(channels * width_mult), 8)
        That is 8 at the most: it should be 8 at least.

    whole = int(channels * width_mult**2)
        α stands twice: channels go with α, and only MACs go with its square.

    all = int(max(channels, 8) * width_mult)
        You take the larger of 8 and the channels before α: the 8 holds for what comes out.

    all = int(channels * width_mult) + 8
        You add 8: it is the least that may come out.
    """,
)

assignment.part(
    "thin",
    "Whole channels",
    "with another rule you have another network, and no released weights fit it",
    THIN,
    [
        *(case(*one) for one in ((64, 0.35), (32, 0.5), (32, 0.1), (512, 0.3), (64, 0.36), (1024, 0.7))),
        *(case(*one) for one in ((6, 1.0), (4, 0.5), (20, 0.41), (20, 0.39), (32, 0.27), (32, 0.02))),
    ],
)

NETWORK = recipe(
    """
    class MyMobileNetV1(nn.Module):
        def __init__(self, stem, rows):
            super().__init__()
            channels = stem
            layers = [ConvNormAct(3, stem, 3, stride=2, act=nn.ReLU6)]
            «loop = for c, n, s in rows:
                for i in range(«count = n»):
                    layers.append(MobileNetV1Block(channels, c, «stride = s if i == 0 else 1»))
                    channels = c»
            self.layers = nn.Sequential(*layers)
            self.pool = nn.AdaptiveAvgPool2d(1)
            self.classifier = nn.Linear(«last = channels», «classes = 1000»)

        def forward(self, x):
            return self.classifier(self.pool(self.layers(x)).flatten(1))
    """,
    """
    stride = s
        Every block of your rows has the row's stride: only the first one has.

    stride = 1 if i == 0 else s
        Turned round: the first block of a row has the stride, the others have 1.

    stride = s if i == n - 1 else 1
        The last block of your rows has the stride: the first one has.

    stride = 1
        No block of yours has a stride: the first of each row has the row's.

    stride = 2 if i == 0 else 1
        The first block of each row has stride 2: it is s, and the first row's is 1.

    count = 1
        You build one block a row: there are n.

    count = n - 1
        Each row of yours is one block short: range(n) counts n blocks.

    count = n + 1
        Each row of yours has one block too many: range(n) counts n blocks.

    loop =
    | for c, n, s in rows:
    |     for i in range(n):
    |         layers.append(MobileNetV1Block(channels, c if i == n - 1 else channels, s if i == 0 else 1))
    |     channels = c
        Your blocks go to c channels at the end of a row: the first block does, the others stay there.

    loop =
    | for c, n, s in rows:
    |     for i in range(n):
    |         layers.append(MobileNetV1Block(channels, c, s if i == 0 else 1))
        Your channels never change: a block begins with what the one before it put out, c.

    loop =
    | for c, n, s in rows:
    |     for i in range(n):
    |         layers.append(MobileNetV1Block(channels, c, s if i == 0 else 1))
    |         channels = c if i == n - 1 else channels
        Your channels change once a row: the second block of a row begins with c already.

    last = 1024
        Your classifier expects 1024 channels, which is only right at α = 1: it gets what the last block puts out.

    last = channels; classes = 10
        Your classifier tells 10 classes apart: ImageNet has 1000.
    """,
    names={"ConvNormAct": ConvNormAct, "MobileNetV1Block": MobileNetV1Block},
)

assignment.part(
    "network",
    "The network from its table",
    "the network is its table: who turns the table has turned the network",
    NETWORK,
    [
        case(8, ((16, 1, 1), (24, 2, 2)), inputs=(1, 3, 33, 40)),
        case(6, ((12, 2, 2), (20, 3, 2)), inputs=(2, 3, 32, 32)),
        case(4, ((10, 3, 1), (16, 1, 2)), inputs=(1, 3, 24, 24)),
        case(8, ((9, 3, 3),), inputs=(1, 3, 40, 40)),
    ],
    seconds=20,
)

FORGOTTEN = recipe(
    'forgotten = «layer = "first convolution"»',
    """
    layer = "classifier"
        The classifier has less than a million MACs, and the same at every size; several millions are missing.

    layer = "depthwise"
        The depthwise layers have more MACs than are missing at 224 pixels.

    layer = "pointwise"
        The pointwise layers are nearly all of the network: without them hardly anything is left.
    """,
)

assignment.part(
    "forgotten",
    "The layer that is missing",
    "a table that thousands copied can be checked in a minute by anybody who counts",
    FORGOTTEN,
)

QUICK = recipe(
    """
    def quick_macs(parts, width, size):
        area = «area = (size / 224) ** 2»
        thick = «pointwise = parts["pointwise"] * width**2»
        thin = «depthwise = parts["depthwise"] * width» + «first = parts["first convolution"] * width»
        return (thick + thin) * area + «last = parts["classifier"] * width»
    """,
    """
    area = size / 224
        Your MACs go with the side of the picture: they go with its area.

    area = 1
        The size changes nothing in yours: all layers but the classifier work at every position.

    area = (224 / size) ** 2
        Turned round: a smaller picture costs less.

    pointwise = parts["pointwise"] * width
        Your pointwise part shrinks with α: it has channels on both sides, so α stands twice.

    depthwise = parts["depthwise"] * width**2
        Your depthwise part shrinks with α²: one filter per channel, so α stands once.

    first = parts["first convolution"] * width**2
        Your first convolution shrinks with α²: its three colours stay, so α stands once.

    first = parts["first convolution"]
        Your first convolution does not shrink: its outputs are channels, so α stands once.

    last = parts["classifier"] * width**2
        Your classifier shrinks with α²: its thousand outputs stay, so α stands once.

    last = parts["classifier"]
        Your classifier does not shrink: its inputs are channels, so α stands once.

    last = parts["classifier"] * width * area
        Your classifier shrinks with the picture: behind the average there is one position, whatever the size.

    last = 0
        Your classifier is missing: it is little, and it is not nothing.

    depthwise = parts["depthwise"] * width**2; first = parts["first convolution"] * width**2; \
last = parts["classifier"] * width**2 * area
        All yours goes with α²ρ²: that is the rule of thumb. Three of the four parts have α once, and one has no ρ.
    """,
)

V1 = {"pointwise": 539_492_352, "depthwise": 17_385_984, "first convolution": 10_838_016, "classifier": 1_024_000}
WHOLE = {"pointwise": 9600, "depthwise": 480, "first convolution": 64, "classifier": 4}  # comes out whole, too
assignment.part(
    "quick",
    "A price without a trace",
    "four numbers and two knobs price a whole family of networks",
    QUICK,
    [case(V1, 0.5, 160), case(V1, 0.75, 224), case(V1, 1.0, 128), case(V1, 0.25, 224), case(WHOLE, 0.5, 112)],
)
