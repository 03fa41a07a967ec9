"""Chapter 0's own figures and sentences."""

import re

import pytest

from effcourse import create_model, published, trace
from effcourse.lessons import start_here as lesson
from effcourse.papers.points import PAPERS, paper_points


def test_an_installation_that_is_whole_says_nothing(capsys):
    lesson.installation()
    assert capsys.readouterr().out == ""


def test_what_is_missing_is_said_with_its_remedy(capsys, monkeypatch):
    from effcourse.doctor import Check

    monkeypatch.setattr(lesson, "check_torch", lambda: Check("torch", False, "is missing", "pip install torch"))
    lesson.installation()
    assert "torch: is missing" in (said := capsys.readouterr().out)
    assert "pip install torch" in said


def test_every_point_of_a_paper_is_priced_as_the_network_is():
    assert {point.family for point in paper_points()} == set(PAPERS)
    for point in paper_points()[::5]:
        width = point.network.removeprefix("width ")
        name, settings = PAPERS[point.family][0], {}
        if point.family == "EfficientNet":
            name += point.network[1:]
        else:
            settings = {"width_mult": float(width)}
        rows = published(**PAPERS[point.family][1])
        row = rows[rows.top1 == point.top1].iloc[0]
        cost = trace(create_model(name, **settings), int(row.resolution))
        assert (point.macs, point.params) == (cost.macs, cost.params)
        assert point.memory == 4 * cost.params + cost.peak_activation_bytes


def test_agreement_and_what_is_beyond_add_up():
    within = sum(int(n) for n in re.findall(r"(\d+) of \d+", repr(lesson.agreement())))
    said = lesson.beyond()
    assert said.startswith(f"{within} of {len(paper_points())} are within 2%")
    assert len(said.splitlines()) == 1 + len(paper_points()) - within


def test_the_figures_words_have_its_points():
    assert "VGG-16 lies apart" in repr(lesson.landscape())
    table = repr(lesson.landscape_table())
    assert table.count("→") == len(paper_points()) + 2  # VGG-16 and the head
    phone = published(source="starnet", latency_device="iPhone 13, Core ML", width=1.0)
    assert all(f"{row.latency_ms:g} ms" in repr(lesson.on_the_phone(phone)) for row in phone.itertuples())


def test_sentences_say_what_was_published():
    v2 = published(source="mobilenet_v2", model="MobileNetV2").iloc[0]
    vgg = published(source="mobilenet_v1", model="VGG 16").iloc[0]
    assert "72.0 %" in lesson.accuracies(v2, vgg)
    assert "73.0 to 74.4 %" in lesson.accuracies(v2, vgg)
    assert "70.6 %" in lesson.two_recipes()


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2"])
def test_prices_are_told(name):
    costs = {name: trace(create_model(name)), "ghostnet": trace(create_model("ghostnet"))}
    assert f"{name} {costs[name].macs / 1e6:,.0f} M MACs" in repr(lesson.price_list(costs))
