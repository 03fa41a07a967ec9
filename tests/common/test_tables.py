"""One table, as text and as HTML."""

import pytest

from effcourse.common.tables import Table


def test_numbers_line_up_to_the_right_and_the_totals_stand_apart():
    table = Table(["stage", "MACs"], [["stem", "1,200"], ["head", "–"]], "V2", ["total", "1,200"])
    assert table.numeric == [False, True]
    assert table.text() == ("V2\n\nstage   MACs\n-----  -----\nstem   1,200\nhead       –\n-----  -----\ntotal  1,200")


def test_markup_escapes_and_has_a_foot():
    markup = Table(["<a>", "%"], [["x & y", "+1.5 %"]], "<b>", ["", "3"]).markup()
    assert "&lt;a&gt;" in markup
    assert "x &amp; y" in markup
    assert "&lt;b&gt;" in markup
    assert markup.count("text-align:right") == 3
    assert markup.index("<thead>") < markup.index("<tbody>") < markup.index("<tfoot>")


def test_a_table_without_rows_has_its_head():
    assert Table(["a", "b"], []).text() == "a  b\n-  -"


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"a row needs 2 texts, one for each of \['a', 'b'\]; got \['1'\]"):
        Table(["a", "b"], [["1"]])
