"""Drawings to scale: every number, size and arrow against the trace and the module's own forward."""

import re
from xml.etree import ElementTree

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import resnet18
from torchvision.models.resnet import Bottleneck

from effcourse import (
    DepthwiseSeparableConv,
    GhostBottleneck,
    InvertedResidual,
    MobileNetV1Block,
    MobileNetV3Block,
    SEBlock,
    ShuffleNetV2Block,
    create_model,
    draw,
    plots,
    trace,
)
from effcourse.notebook.boxes import LEARNED
from effcourse.notebook.patterns import LOOKS

SVG = "{http://www.w3.org/2000/svg}"


class Functional(nn.Module):
    """A student's residual block, with no module but its convolutions."""

    def __init__(self, channels=16):
        super().__init__()
        self.a = nn.Conv2d(channels, channels, 3, padding=1)
        self.b = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        y = self.b(F.relu(self.a(x)))
        y += x
        return F.relu(y)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(64)
        self.qkv = nn.Linear(64, 192)

    def forward(self, x):  # (N, L, 64)
        n, tokens, c = x.shape
        q, k, v = self.qkv(self.norm(x)).view(n, tokens, 3, 4, c // 4).permute(2, 0, 3, 1, 4).unbind(0)
        return x + F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, tokens, c)


# module, input, arrows that pass over boxes: "input" or a box's number, then the one that they reach
BLOCKS = {
    "plain": (nn.Conv2d(8, 16, 3, padding=1), (8, 14, 14), []),
    "separable": (DepthwiseSeparableConv(32, 64), (32, 28, 28), []),
    "v1": (MobileNetV1Block(32, 64, 2), (32, 28, 28), []),
    "v2": (InvertedResidual(24, 24), (24, 28, 28), [("input", "4")]),
    "v2, stride 2": (InvertedResidual(24, 24, 2), (24, 28, 28), []),
    "v3": (MobileNetV3Block(40, 40, 5, 1, 3, True, True), (40, 28, 28), [("2", "6"), ("input", "8")]),
    "se": (SEBlock(64), (64, 7, 7), [("input", "4")]),
    "shuffle": (ShuffleNetV2Block(48, 48), (48, 28, 28), [("input", "4")]),
    "shuffle, stride 2": (ShuffleNetV2Block(24, 48, 2), (24, 28, 28), [("2", "6"), ("input", "3")]),
    "ghost": (GhostBottleneck(24, 72, 24), (24, 28, 28), [("1", "3"), ("4", "6"), ("input", "7")]),
    "bottleneck": (Bottleneck(256, 64), (256, 14, 14), [("input", "4")]),
    "bottleneck that projects": (
        Bottleneck(64, 64, downsample=nn.Sequential(nn.Conv2d(64, 256, 1, bias=False), nn.BatchNorm2d(256))),
        (64, 14, 14),
        [("3", "5"), ("input", "4")],
    ),
    "functional": (Functional(), (16, 8, 8), [("input", "3")]),
    "attention": (Attention(), (49, 64), [("input", "5")]),
}
each_block = pytest.mark.parametrize(("module", "size", "shortcuts"), BLOCKS.values(), ids=BLOCKS)


def parsed(shown) -> ElementTree.Element:
    return ElementTree.fromstring(shown._repr_html_()).find(f"{SVG}svg")


def boxes(svg, kind=None):
    found = [e for e in svg.iter() if e.get("class") == "effc-box"]
    return [e for e in found if kind is None or e.get("data-kind") == kind]


def texts(svg) -> list[str]:
    return [e.text for e in svg.iter(f"{SVG}text")]


def number(line: str) -> int:
    return int(line.split()[0].replace(",", ""))


@each_block
def test_numbers_are_the_traces(module, size, shortcuts):
    report = trace(module, size)
    svg = parsed(draw(module, size))
    lines = texts(svg)
    total = lines.index(f"{report.params:,} params, {report.macs:,} MACs, peak {peak(report)}")
    rest = lines[:total] + lines[total + 1 :]
    assert [number(t) for t in rest if t.endswith(" MACs")] == [row.macs for row in report.rows if row.macs]
    assert sum(number(t) for t in rest if re.fullmatch(r"[\d,]+ params?", t)) == report.params
    learned = [row.kind for row in report.rows if row.kind in LEARNED]
    assert [e.get("data-kind") for e in boxes(svg) if e.get("data-kind") in LEARNED] == learned


def peak(report) -> str:
    count = report.peak_activation_bytes
    return f"{count / 1e6:#.3g} MB" if count >= 1e6 else f"{count / 1e3:#.3g} kB".replace(". ", " ")


@each_block
def test_arrows_over_boxes_are_the_shortcuts(module, size, shortcuts):
    arrows = [(e.get("data-from"), e.get("data-to")) for e in parsed(draw(module, size)).iter(f"{SVG}path")]
    arrows = [(a, b) for a, b in arrows if a]
    assert sorted(a for a in arrows if int(a[1]) - int(a[0].replace("input", "0")) > 1) == shortcuts
    reached = {b for _, b in arrows}
    assert reached == {str(i + 1) for i in range(len(reached))}  # nothing stands there alone


def test_sizes_are_in_proportion():
    module = nn.Sequential(nn.Conv2d(8, 24, 3, 2, 1), nn.Conv2d(24, 24, 3, 2, 1, groups=24), nn.Conv2d(24, 96, 1))
    drawn = boxes(parsed(draw(module, (8, 32, 32))))
    per_channel, per_row = float(drawn[0].get("width")) / 8, float(drawn[0].get("height")) / 32
    sizes = [(float(e.get("width")) / per_channel, float(e.get("height")) / per_row) for e in drawn]
    assert sizes == [pytest.approx(size, rel=1e-3) for size in [(8, 32), (24, 16), (24, 8), (96, 8)]]


def test_two_blocks_share_a_scale():
    sizes = {"wide": (256, 56, 56), "narrow": (24, 28, 28)}
    svg = parsed(draw({"wide": Bottleneck(256, 64), "narrow": InvertedResidual(24, 24)}, sizes))
    wide, narrow = boxes(svg, "input")
    assert float(wide.get("width")) / float(narrow.get("width")) == pytest.approx(256 / 24, rel=1e-3)
    assert float(wide.get("height")) / float(narrow.get("height")) == pytest.approx(2, rel=1e-3)
    assert [e.text for e in svg.iter(f"{SVG}text") if e.get("class") == "effc-name"] == ["wide", "narrow"]


def test_the_ruler_is_true():
    svg = parsed(draw(InvertedResidual(24, 24), (24, 56, 56)))
    entry = boxes(svg, "input")[0]
    rulers = [e.get("d") for e in svg.iter(f"{SVG}path") if "m0-4h" in e.get("d")]
    words = [t for t in texts(svg) if t.startswith(("width:", "height:"))]
    for path, label, side, count in zip(rulers, words, ("width", "height"), (24, 56), strict=True):
        length = float(re.search(r"h([\d.]+)", path)[1])
        assert length / int(label.split()[1]) == pytest.approx(float(entry.get(side)) / count, rel=1e-3)


def test_memory_is_the_traces():
    module = InvertedResidual(24, 24)
    report = trace(module, (24, 56, 56))
    svg = parsed(draw(module, (24, 56, 56)))
    path = next(e for e in svg.iter() if e.get("class") == "effc-memory").get("d")
    low = float(path.split()[1].split("V")[0])
    steps = [low - float(v) for v in re.findall(r"V([\d.]+)H", path)]
    # a box holds the operations up to the next convolution or addition
    groups = [report.rows[:3], report.rows[3:6], report.rows[6:8], report.rows[8:]]
    live = [max(row.live_bytes for row in rows) for rows in groups]
    assert [s / max(steps) for s in steps] == pytest.approx([n / max(live) for n in live], abs=1e-3)


def test_colour_and_hatch_say_the_kind():
    module = nn.Sequential(
        nn.Conv2d(16, 16, 3), nn.Conv2d(16, 16, 3, groups=16), nn.Conv2d(16, 16, 1), nn.Conv2d(16, 16, 3, groups=4),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4),
    )  # fmt: skip
    svg = parsed(draw(module, (16, 20, 20)))
    drawn = boxes(svg)[1:]
    kinds = ["dense", "depthwise", "pointwise", "grouped", "", "linear"]
    assert [e.get("data-kind") for e in drawn] == kinds
    assert [e.get("stroke") for e in drawn] == [LOOKS[k].color if k else "currentcolor" for k in kinds]
    patterns = {f"url(#{e.get('id')})": e for e in svg.iter(f"{SVG}pattern")}
    hatches = [patterns[e.get("fill")].find(f"{SVG}path").get("d") for e in drawn if e.get("data-kind")]
    assert hatches == [LOOKS[k].marks for k in kinds if k]
    for kind in kinds:
        assert LOOKS[kind].meaning in texts(svg)


def test_looks_differ_and_are_of_one_palette():
    looks = [look for kind, look in LOOKS.items() if kind]
    assert {look.color for look in looks} <= set(plots.COLORS)
    assert len({look.marks for look in looks}) == len(looks)
    assert set(LOOKS) == {*LEARNED, ""}


def test_in_words():
    shown = draw(InvertedResidual(24, 24), (24, 56, 56))
    words = (
        "InvertedResidual, input 24×56×56: 3 layers, 4 steps. "
        "Step 1: 1×1 pointwise convolution, 24 to 144 channels at 56×56, then batch norm and ReLU6, 3,744 parameters, "
        "10,838,016 MACs. "
        "Step 2: 3×3 depthwise convolution, 144 to 144 channels at 56×56, then batch norm and ReLU6, 1,584 parameters, "
        "4,064,256 MACs. "
        "Step 3: 1×1 pointwise convolution, 144 to 24 channels at 56×56, then batch norm, 3,504 parameters, "
        "10,838,016 MACs. "
        "Step 4: the input is added to the result of step 3, which gives the output. "
        "Total 8,832 parameters, 25,740,288 MACs, most memory at once 5,720,064 bytes."
    )
    assert repr(shown) == f"[drawing] {words}"
    svg = parsed(shown)
    assert (svg.get("role"), svg.get("aria-label")) == ("img", words)


def test_words_for_branches():
    assert "Step 6: the result of step 2 is multiplied by the result of step 5." in repr(draw(*BLOCKS["v3"][:2]))
    assert "48×28×28: 3 layers" in repr(draw(*BLOCKS["shuffle"][:2]))
    assert "24 to 24 channels at 28×28, of 24 channels of the input," in repr(draw(*BLOCKS["shuffle"][:2]))
    assert "Step 4: the input and the result of step 3 are joined to 48 channels." in repr(draw(*BLOCKS["shuffle"][:2]))
    assert "stride 2, then batch norm" in repr(draw(*BLOCKS["v2, stride 2"][:2]))
    assert "Step 3: attention, 64 channels at 49 tokens" in repr(draw(*BLOCKS["attention"][:2]))


def test_batch_norm_before_a_convolution_is_a_step_of_its_own():
    """What two operations read is not folded into the one that wrote it."""

    class PreActivation(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.norm, self.conv = nn.Conv2d(4, 8, 1), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 1)

        def forward(self, x):
            x = self.stem(x)
            return x + self.conv(F.relu(self.norm(x)))

    drawn = boxes(parsed(draw(PreActivation(), (4, 8, 8))))
    assert [e.get("data-kind") for e in drawn] == ["input", "pointwise", "", "pointwise", "join"]


def test_names_are_escaped():
    name = 'a <b> & "c"\x00'
    svg = parsed(draw({name: nn.Conv2d(3, 4, 1)}, 8))
    assert 'a <b> & "c" ' in texts(svg)
    assert svg.get("aria-label").startswith('a <b> & "c" , input 3×8×8')


def test_the_same_each_time_and_its_own_on_a_page():
    markup = draw(InvertedResidual(24, 24), (24, 56, 56))._repr_html_()
    assert markup == draw(InvertedResidual(24, 24), (24, 56, 56))._repr_html_()
    other = draw(InvertedResidual(24, 24), (24, 28, 28))._repr_html_()
    ids = [set(re.findall(r' id="([^"]*)"', m)) for m in (markup, other)]
    assert all(ids)
    assert not ids[0] & ids[1]


def test_text_takes_the_pages_colour():
    svg = parsed(draw(MobileNetV3Block(40, 40, 5, 1, 3, True, True), (40, 28, 28)))
    assert {e.get("fill") for e in svg.iter(f"{SVG}text")} == {"currentcolor"}
    assert not re.search("white|#fff|black|#000", ElementTree.tostring(svg, "unicode"), re.IGNORECASE)


def test_a_module_stays_as_it_was():
    module = InvertedResidual(24, 24).train()
    before = {name: t.clone() for name, t in module.state_dict().items()}
    draw(module, (24, 28, 28))
    assert module.training
    assert all(torch.equal(before[name], t) for name, t in module.state_dict().items())
    assert not module._forward_hooks


def test_a_small_network_and_a_list():
    assert len(boxes(parsed(draw(resnet18(), 224)))) == 1 + 31
    names = [e for e in texts(parsed(draw([nn.Conv2d(3, 4, 1), nn.Conv2d(3, 8, 1)], 8))) if e.startswith("Conv2d")]
    assert names == ["Conv2d", "Conv2d 2"]


def test_bad_input():
    with pytest.raises(ValueError, match="nothing to draw: give a module"):
        draw({})
    with pytest.raises(ValueError, match=r"trace takes an nn.Module, got 3; wrap functions"):
        draw(3)
    with pytest.raises(ValueError, match="create one first"):
        draw(InvertedResidual, 8)
    with pytest.raises(ValueError, match="input_size needs a size for each of a, got some for b"):
        draw({"a": nn.Conv2d(3, 4, 1)}, {"b": 8})
    with pytest.raises(ValueError, match="has no input_size of its own"):
        draw(nn.Conv2d(3, 4, 1))
    with pytest.raises(ValueError, match="runs no operation that costs anything"):
        draw({"nothing": nn.Identity()}, 8)


def test_too_large_says_which_part_to_draw():
    model = create_model("mobilenet_v2")
    with pytest.raises(ValueError, match="MobileNetV2 has 64 boxes, and a drawing shows 60 at most") as caught:
        draw(model)
    part = re.search(r"draw\((.*)\), or", str(caught.value))[1]
    assert part == 'model.get_submodule("stages.3"), (32, 28, 28)'
    assert "input 32×28×28" in repr(draw(model.get_submodule("stages.3"), (32, 28, 28)))

    class Flat(nn.Module):
        def forward(self, x):
            for _ in range(61):
                x = F.avg_pool2d(x, 1)
            return x

    with pytest.raises(ValueError, match="draw a part of it, or look at its stages"):
        draw(Flat(), 8)
