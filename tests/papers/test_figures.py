"""Published figures: every one has its source, and a wrong question is answered clearly."""

import re

import pytest

from effcourse import list_models, list_published_tables, published, published_table
from effcourse.papers.figures import list_sources, source


def test_every_figure_has_a_source_and_a_place():
    figures = published()
    assert len(figures) == 553
    assert figures[["family", "model", "source", "table", "citation"]].notna().all().all()
    assert figures.confirmed.dtype == bool
    assert (~figures.confirmed).sum() == 8  # read off a drawing, or quoted by others


def test_filters():
    row = published(model="MobileNetV2", source="mobilenet_v2", width=1.0).iloc[0]
    assert (row.top1, row.macs_m, row.params_m, row.citation) == (72.0, 300, 3.4, "arXiv:1801.04381, Table 4")


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ({"modell": "MobileNetV2"}, "unknown column 'modell'; did you mean model"),
        ({"model": "MobileNetV9"}, "unknown model 'MobileNetV9'; did you mean MobileNetV"),
        ({"model": "MobileNetV2", "width": 3.0}, "unknown width 3.0; .*valid: "),
    ],
)
def test_says_what_is_wrong(where, says):
    with pytest.raises(ValueError, match=says):
        published(**where)


def test_an_answer_can_be_changed_without_changing_the_next():
    figures, table = published(), published_table("xception")
    figures.loc[0, "top1"] = 100.0
    assert published().loc[0, "top1"] != 100.0
    table.iloc[0, 0] = "changed"
    assert published_table("xception").iloc[0, 0] == "Inception V3"


@pytest.mark.parametrize("name", list_published_tables())
def test_tables(name):
    table = published_table(name)
    assert len(table)
    assert table.attrs["table"] in source(table.attrs["source"]).tables
    assert table.attrs["citation"].startswith(table.attrs["address"])
    assert isinstance(table.attrs["confirmed"], bool)


def test_unknown_table():
    with pytest.raises(ValueError, match="unknown table 'ghost_ratio'; did you mean ghost_ratio_s"):
        published_table("ghost_ratio")


def test_efficientnet_coefficients_are_the_models():
    from effcourse import EfficientNetConfig

    table = published_table("efficientnet_coefficients")
    for name, width, depth, resolution, dropout in table.itertuples(index=False):
        assert EfficientNetConfig(width, depth, resolution, dropout) == EfficientNetConfig.get_config(name.lower())
    assert table.attrs["alpha"] == EfficientNetConfig.ALPHA


def test_every_source_has_a_title_and_an_address_and_is_used():
    used = {(row.source, row.table) for row in published().itertuples()}
    used |= {(about["source"], about["table"]) for about in (published_table(n).attrs for n in list_published_tables())}
    assert {(id, table) for id in list_sources() for table in source(id).tables} == used
    for id in list_sources():
        assert re.fullmatch(r"[a-z0-9_]+", id), "an id is a word, no sentence"
        one = source(id)
        assert one.title
        assert one.address
        assert one.evidence
        assert one.url.startswith("https://") or id == "lesson_page"
    addresses = [source(id).address for id in list_sources()]
    assert len(set(addresses)) == len(addresses)


def test_unknown_source():
    with pytest.raises(ValueError, match="unknown source 'mobilnet_v2'; did you mean mobilenet_v2"):
        source("mobilnet_v2")


def test_figures_of_a_network_are_of_one_that_the_library_has():
    figures = published().dropna(subset=["network"])
    assert set(figures.network) <= set(list_models())
    assert set(list_models()) <= set(figures.network)
    assert not figures.model.str.contains("minimal|Shallow|with SE|_rw|0d[.]|Conv ").any(), (
        "variants are other networks"
    )
