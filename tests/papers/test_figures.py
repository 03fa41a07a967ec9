"""Published figures: every one has its source, and a wrong question is answered clearly."""

import pytest

from effcourse import list_published_tables, published, published_table


def test_every_figure_has_a_source_and_a_place():
    figures = published()
    assert len(figures) == 551
    assert figures[["family", "model", "source", "where"]].notna().all().all()
    assert figures.confirmed.dtype == bool
    assert (~figures.confirmed).sum() == 6  # read off a drawing


def test_filters():
    row = published(model="MobileNetV2", source="arXiv:1801.04381", width=1.0).iloc[0]
    assert (row.top1, row.macs_m, row.params_m, row["where"]) == (72.0, 300, 3.4, "Table 4")


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
    assert "arXiv:" in table.attrs["source"] or "/" in table.attrs["source"]
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
