"""The recipes of exercise 08's two modules: the ghost module, and the bottleneck that is made of two."""

from __future__ import annotations

from ...models.layers import SEBlock, round_channels
from ..recipes import recipe

GHOST = recipe(
    """
    class GhostModule(nn.Module):
        def __init__(self, in_channels, out_channels, kernel_size=1, ratio=2, dw_kernel=3, stride=1, relu=True):
            super().__init__()
            m = «m = math.ceil(out_channels / ratio)»
            ghosts = «ghosts = m * (ratio - 1)»
            bias1, bias2, act1, act2, last = «biases = False, False», «acts = relu, relu», «last = False»
            k, early, pad = «primary = kernel_size, stride, kernel_size // 2»
            d, late, cheap_pad = «cheap = dw_kernel, 1, dw_kernel // 2»
            self.n, self.last = out_channels, nn.ReLU() if last else nn.Identity()
            self.primary = nn.Sequential(
                nn.Conv2d(in_channels, m, k, early, pad, bias=bias1), «norm1 = nn.BatchNorm2d(m)»,
                «relu1 = nn.ReLU()» if act1 else nn.Identity(),
            )
            self.cheap = None
            if «present = ratio > 1»:
                source = «source = m»
                self.cheap = nn.Sequential(
                    nn.Conv2d(source, ghosts, d, late, cheap_pad, «groups = groups=source», bias=bias2),
                    «norm2 = nn.BatchNorm2d(ghosts)», «relu2 = nn.ReLU()» if act2 else nn.Identity(),
                )

        def forward(self, x):
            made = self.primary(x)
            if self.cheap is None:
                return self.last(made)
            ghosts = self.cheap(«hears = made»)
            return self.last(«whole = torch.cat([«both = made, ghosts»], dim=1)«cut = [:, :self.n]»»)
    """,
    """
    source = in_channels; hears = x; cheap = dw_kernel, stride, dw_kernel // 2
    or hears = x; cheap = dw_kernel, stride, dw_kernel // 2
    or source = in_channels; hears = x
        Your cheap operation reads the module's input: ghosts are made from the intrinsic maps, after the primary
        convolution.

    groups = groups=1
        Your cheap convolution is dense: with groups=m each ghost is made from one map, and is cheap.

    groups = groups=ghosts
        Your cheap convolution has as many groups as ghosts: it has m, one for each intrinsic map that it reads.

    cut =
        The channels are not cut: m · s maps are more than out_channels where it is no multiple of s; keep the first.

    m = out_channels // ratio
    or m = out_channels // ratio; present = True
    or m = out_channels // ratio; cut =
    or m = out_channels // ratio; cut = ; present = True
        You rounded m down, so that channels are missing: round out_channels / ratio up, and cut off what is over.

    m = round(out_channels / ratio)
        You rounded m to the nearest: round out_channels / ratio up, or channels are missing.

    m = out_channels // ratio + 1
        Your m is one too large where the ratio divides out_channels: round up, as math.ceil does.

    both = ghosts, made
        The order is reversed: the intrinsic maps come first, their ghosts behind them.

    cut = [:, -self.n:]
        You cut at the front: the first out_channels maps stay, so that no intrinsic map is lost.

    ghosts = out_channels - m
        You made out_channels - m ghosts: make m · (s - 1), s - 1 from each map, and cut off what is over.

    ghosts = m
        You made one ghost of each map: at ratio s there are s - 1 of each.

    ghosts = m * ratio
        You made s ghosts of each map: it has s - 1, since the map itself is one of the s.

    m = math.ceil(out_channels / 2)
    or m = math.ceil(out_channels / 2); ghosts = m
        The ratio is not used: m is out_channels / ratio, rounded up, and each map has ratio - 1 ghosts.

    whole = ghosts[:, :self.n]
        You returned the ghosts alone: the intrinsic maps come first, their ghosts behind them.

    whole = (made + ghosts)
        You added the ghosts to their maps: they are further channels, so join them with torch.cat.

    present = True
        At ratio 1 there are no ghosts: leave the second convolution out, and return the primary maps.

    acts = True, True
        There is a ReLU with relu=False too: the projection of a bottleneck needs a linear module.

    acts = False, False
        There is no ReLU with relu=True: it follows both batch norms.

    acts = not relu, not relu
        Your ReLU is there with relu=False and missing with relu=True.

    acts = relu, False
        Your ghosts have no ReLU: with relu=True it follows both batch norms.

    acts = relu, True
        Your ghosts keep their ReLU with relu=False: a linear module has none at all.

    acts = False, relu
        Your intrinsic maps have no ReLU: with relu=True it follows both batch norms.

    acts = True, relu
        Your intrinsic maps keep their ReLU with relu=False: a linear module has none at all.

    acts = False, False; last = relu
        Your ReLU comes after the concatenation: it comes before the ghosts are made, behind each batch norm.

    norm1 = nn.ReLU() if relu else nn.Identity(); relu1 = nn.BatchNorm2d(m); acts = True, True; norm2 = nn.ReLU() if relu else nn.Identity(); relu2 = nn.BatchNorm2d(ghosts)
        Your ReLUs come before the batch norms: convolution, batch norm, ReLU is the order.

    relu1 = nn.ReLU6(); relu2 = nn.ReLU6()
        Your activations end at 6: GhostNet has ReLU, not ReLU6.

    norm1 = nn.Identity()
    or norm2 = nn.Identity()
    or norm1 = nn.Identity(); norm2 = nn.Identity()
        A batch norm is missing: each of the two convolutions has one.

    biases = True, True
    or biases = True, False
    or biases = False, True
        A convolution has a bias: batch norm's shift does the same, so bias=False.

    primary = kernel_size, stride, 0
        Your primary convolution does not pad: its padding is kernel_size // 2.

    primary = kernel_size, stride, 1
        Your primary convolution pads one pixel always: its padding is kernel_size // 2, none for a 1 × 1 kernel.

    primary = 1, stride, 0
        Your primary convolution is 1 × 1 always: it has the kernel kernel_size.

    primary = kernel_size, 1, kernel_size // 2
        The stride is not used: the primary convolution has it.

    cheap = dw_kernel, stride, dw_kernel // 2
    or primary = kernel_size, 1, kernel_size // 2; cheap = dw_kernel, stride, dw_kernel // 2
        The cheap convolution has the stride: only the primary one has it, and ghosts keep their maps' size.

    cheap = dw_kernel, 1, 0
        Your ghosts are smaller than their maps: the cheap convolution has padding dw_kernel // 2.

    cheap = dw_kernel, 1, 1
        Your cheap convolution pads one pixel always: its padding is dw_kernel // 2.

    cheap = 3, 1, 1
        Your ghosts' kernel is 3 × 3 always: it is dw_kernel.

    cheap = kernel_size, 1, kernel_size // 2
        Your ghosts have the primary convolution's kernel: theirs is dw_kernel.
    """,
)

BOTTLENECK = recipe(
    """
    class GhostBottleneck(nn.Module):
        def __init__(self, in_channels, hidden_channels, out_channels, kernel_size=3, stride=1, use_se=False):
            super().__init__()
            first, last = «relus = True, False»
            early, middle, late = «strides = 1, stride, 1»
            depthwise, se = [], []
            if «strided = stride > 1»:
                k = «k = kernel_size»
                depthwise = [
                    nn.Conv2d(
                        hidden_channels, hidden_channels, k, middle, k // 2, «groups = groups=hidden_channels», bias=False
                    ),
                    «norm = nn.BatchNorm2d(hidden_channels)», «act = nn.Identity()»,
                ]
            if «gated = use_se»:
                se = [SEBlock(hidden_channels, squeeze_channels=«squeeze = round_channels(«of = hidden_channels» / 4, divisor=4)»)]
            self.main = nn.Sequential(
                GhostModule(in_channels, hidden_channels, relu=first, stride=early«kernels = »),
                «inside = *depthwise, *se»,
                GhostModule(hidden_channels, out_channels, relu=last, stride=late«kernels»),
            )
            self.shortcut = nn.Sequential()
            if «changes = stride > 1 or in_channels != out_channels»:
                k, wide, narrow = «around = kernel_size, stride, 1»
                self.shortcut = «shortcut = nn.Sequential(
                    nn.Conv2d(in_channels, in_channels, k, wide, k // 2, groups=in_channels, bias=False),
                    «around_norm = nn.BatchNorm2d(in_channels)», «around_act = nn.Identity()»,
                    nn.Conv2d(in_channels, out_channels, 1, narrow, bias=False),
                    «around_norm2 = nn.BatchNorm2d(out_channels)», «around_act2 = nn.Identity()»,
                )»
            self.adds = «adds = True»

        def forward(self, x):
            out = self.main(x)
            return «after = »(«sum = out + self.shortcut(x)» if self.adds else out)
    """,
    """
    relus = True, True
        There is a ReLU in the second ghost module: it projects, and must be linear, so give it relu=False.

    relus = False, False
        There is no ReLU in the first ghost module: only the second one is linear.

    relus = False, True
        You took the two ghost modules for one another: the first has ReLU, the second is linear.

    strides = stride, 1, 1
        The stride is in the first ghost module: it belongs to the depthwise convolution in the middle.

    strides = 1, 1, stride
        The stride is in the second ghost module, so all before it works on pixels that are thrown away: it belongs to
        the depthwise convolution in the middle.

    strides = stride, stride, 1
    or strides = 1, stride, stride
    or around = kernel_size, stride, stride
        One of the branches has the stride twice: in each only the depthwise convolution has it.

    strides = stride, 1, 1; strided = False
        There is no depthwise convolution in the middle, and a ghost module has its stride.

    strided = False
    or strides = 1, 1, 1
        The main branch keeps its size at stride 2: between the ghost modules there a depthwise convolution has the
        stride.

    strided = True
        There is a depthwise convolution at stride 1 too: it stands between the modules at stride 2 only.

    groups = groups=1
        The convolution between the modules is dense: it is depthwise, groups=hidden_channels.

    k = 3
    or around = 3, stride, 1
    or k = 3; around = 3, stride, 1
        A depthwise convolution is 3 × 3 always: in the middle and in the shortcut it has the block's kernel_size.

    act = nn.ReLU()
        There is a ReLU behind the depthwise convolution: it has a batch norm and no activation.

    norm = nn.Identity()
        There is no batch norm behind the depthwise convolution in the middle.

    gated = False
        use_se is not used: with it, squeeze-and-excitation stands before the second ghost module.

    gated = True
        There is squeeze-and-excitation with use_se=False too.

    inside = *se, *depthwise
        The gates come before the depthwise convolution: squeeze-and-excitation follows it.

    squeeze = hidden_channels // 4
        The squeezed width is a bare quarter: it is a multiple of 4, by round_channels(..., divisor=4).

    squeeze = None
        The squeezed width is a multiple of 8: here it is a multiple of 4, divisor=4.

    of = in_channels
        The gates squeeze to a quarter of the block's input or output channels: here it is a quarter of hidden_channels.

    kernels = , kernel_size=kernel_size
        Your ghost modules' primary convolutions have the block's kernel_size: they keep the defaults of part 1.

    changes = stride > 1
        Your shortcut asks for the stride alone: at stride 1, too, the channels may change, and x does not fit.

    changes = in_channels != out_channels
        Your shortcut asks for the channels alone: with stride 2 the size changes, too, and x does not fit.

    changes = stride > 1 and in_channels != out_channels
        Your shortcut is built where stride *and* channels change: one of the two is enough.

    changes = True
        Your shortcut has convolutions where nothing changes: with stride 1 and equal channels it is x itself.

    changes = False
        Your shortcut is x itself always: where stride or channels change, it needs its two convolutions.

    changes = False; adds = not (stride > 1 or in_channels != out_channels)
        Where the shape changes the shortcut is missing: there it is a depthwise and a pointwise convolution.

    changes = False; adds = False
        There is no shortcut: add what came in to what comes out.

    shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))
        Your shortcut is one pointwise convolution: a depthwise one with the stride comes before it.

    shortcut =
    | nn.Sequential(
    |     nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels),
    |     nn.Conv2d(out_channels, out_channels, k, stride, k // 2, groups=out_channels, bias=False),
    |     nn.BatchNorm2d(out_channels),
    | )
        The shortcut's convolutions have changed places: first the depthwise one, then the pointwise one.

    around = kernel_size, 1, stride
        The stride is in the shortcut's pointwise convolution, so the depthwise one works on pixels that are thrown
        away: it belongs to the depthwise one.

    around_act = nn.ReLU()
    or around_act = nn.ReLU(); around_act2 = nn.ReLU()
        There is a ReLU in the shortcut: both of its convolutions are linear.

    around_norm = nn.Identity()
    or around_norm2 = nn.Identity()
        The shortcut lacks a batch norm: each of its convolutions has one.

    after = F.relu
        There is a ReLU after the addition: the block ends with the sum.

    sum = out - self.shortcut(x)
        You subtract: the two branches are added.

    sum = out * self.shortcut(x)
        You multiply the branches: they are added.
    """,
    uses=(GHOST,),
    names={"SEBlock": SEBlock, "round_channels": round_channels},
    branches=("main", "shortcut"),
)
