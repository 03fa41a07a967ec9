"""Numbers as a reader sees them."""

import numpy as np
import pytest

from effcourse.common.numbers import exact, four_digits, plural, with_prefix, with_unit


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (300774272, 2, "300,774,272"),
        (np.int64(-1200), 2, "-1,200"),
        (71.878, 2, "71.88"),
        (np.float32(1234.5), 1, "1,234.5"),
        (True, 2, "yes"),
        (False, 2, "no"),
        (None, 2, "–"),
        (float("nan"), 2, "–"),
        ("3×3", 2, "3×3"),
    ],
)
def test_exact(value, digits, text):
    assert exact(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (12.5, "12.5"), (1200, "1.2 k"), (1200000, "1.2 M"), (-4e9, "-4 G"), (999.9, "999.9")]
)
def test_prefix(value, text):
    assert with_prefix(value) == text


def test_units_and_nouns():
    assert with_unit(14.583, "%") == "14.6 %"
    assert with_unit(300774272, "MACs") == "300,774,272 MACs"
    assert with_unit(2.0, "") == "2"
    assert plural(1, "thread") == "1 thread"
    assert plural(2000, "thread") == "2,000 threads"
    assert four_digits(1.33119) == 1.331
