"""Holding work against the right answer and against known mistakes."""

import numpy as np
import pytest
import torch
from torch import nn

from effcourse.checks.agree import Suspect, case, close, difference, same_module, same_value, same_values
from effcourse.checks.work import Mistake, NotDone, Work


def square(x):
    return x * x


SUSPECTS = [Suspect(lambda x: 2 * x, "You doubled."), Suspect(lambda x: 1 / (x - 3), "You divided.")]
CASES = [case(2), case(3), case(5)]


def fails(check, *arguments, **keywords):
    with pytest.raises(Mistake) as caught:
        check(*arguments, **keywords)
    return caught.value


def test_right_values_pass():
    same_values(Work("f", lambda x: x**2.0), square, CASES, SUSPECTS)


def test_suspect_that_explains_every_case_is_the_cause():
    mistake = fails(same_values, Work("f", lambda x: x + x), square, CASES, SUSPECTS)
    assert mistake.cause == "You doubled."
    assert mistake.differs == "f(3) gives 6, expected 9"  # 2 doubled is 2 squared


def test_suspect_that_explains_only_the_wrong_cases_is_the_cause_too():
    mistake = fails(same_values, Work("f", lambda x: 10 if x == 5 else x * x), square, CASES, SUSPECTS)
    assert mistake.cause == "You doubled."


def test_same_error_as_a_suspects_is_the_cause():
    mistake = fails(same_values, Work("f", lambda x: 1 / (x - 3)), square, CASES, SUSPECTS)
    assert mistake.cause == "You divided."


def test_one_factor_between_all_answers_is_told():
    mistake = fails(same_values, Work("f", lambda x: 4 * x * x), square, CASES, SUSPECTS)
    assert mistake.cause == "Your answer is the expected one times 4, in every case."


def test_unknown_mistake_has_no_cause():
    assert fails(same_values, Work("f", lambda x: x**3), square, CASES, SUSPECTS).cause == ""


def test_missing_return_is_told():
    assert "is a return missing?" in fails(same_values, Work("f", lambda x: None), square, CASES).differs


def test_stub_is_not_done_in_any_case():
    def stub(x):
        raise NotImplementedError

    with pytest.raises(NotDone):
        same_values(Work("f", stub), square, CASES)


def test_value_and_its_suspects():
    same_value(Work("answer", 0.3), 0.1 + 0.2)
    assert fails(same_value, Work("answer", 7), 5, [(7, "You counted twice.")]).cause == "You counted twice."


@pytest.mark.parametrize(
    ("got", "expected", "equal"),
    [
        (1, True, False),
        (True, 1, False),
        (1.0, 1, True),
        (float("nan"), 1.0, False),
        ("1", 1, False),
        ([1, 2], (1, 2), True),
        ([1], [1, 2], False),
        ({"a": 1.0}, {"a": 1}, True),
        ({"a": 1}, {"b": 1}, False),
        (np.ones(2), np.ones((2, 1)), False),
        (np.ones(2), np.ones(2) + 1e-7, True),
        (np.ones(2), [1.0, 1.0], False),
        (None, None, True),
    ],
)
def test_close(got, expected, equal):
    assert close(got, expected) is equal


def test_difference_points_to_the_first_value():
    got, expected = np.zeros((2, 2)), np.array([[0, 0], [3.5, 0]])
    assert difference(got, expected).endswith("in 1 of 4 values, first at [1, 0]: 0, expected 3.5")


def test_difference_of_long_answers_names_the_place():
    expected = {"rows": [[i, i] for i in range(99)]}
    got = {"rows": [[i, i + (i == 7)] for i in range(99)]}
    assert difference(got, expected) == "gives 8 at ['rows'][7][1], expected 7"


class Block(nn.Module):
    """Two branches side by side, added."""

    def __init__(self, channels, relu=False, bias=False):
        super().__init__()
        self.left = nn.Conv2d(channels, channels, 1, bias=bias)
        self.right = nn.Conv2d(channels, channels, 1, bias=bias)
        self.norm = nn.BatchNorm2d(channels)
        self.relu = relu

    def forward(self, x):
        y = self.norm(self.left(x) - self.right(x))
        return y.relu() if self.relu else y


class RightFirst(Block):
    def forward(self, x):
        right = self.right(x)
        return self.norm(self.left(x) - right)


MODULES = [case(4, inputs=(2, 4, 3, 3)), case(6, inputs=(1, 6, 5, 5), seed=1)]
MODULE_SUSPECTS = [
    Suspect(lambda c: Block(c, relu=True), "Linear, please."),
    Suspect(lambda c: Block(c, bias=True), "No bias."),
    Suspect(lambda c: nn.Conv2d(c + 1, c, 1), "One channel too many."),
]


def test_right_module_passes():
    same_module(Work("Block", Block), Block, MODULES, MODULE_SUSPECTS)


def test_branches_may_run_in_any_order():
    same_module(Work("Block", RightFirst), Block, MODULES, branches=("left", "right"))
    assert "values" in fails(same_module, Work("Block", RightFirst), Block, MODULES).differs


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (lambda c: Block(c, relu=True), "Linear, please."),
        (lambda c: Block(c, bias=True), "No bias."),
        (lambda c: nn.Conv2d(c + 1, c, 1), "One channel too many."),
        (lambda c: nn.Identity(), ""),
    ],
)
def test_module_suspects(make, cause):
    assert fails(same_module, Work("Block", make), Block, MODULES, MODULE_SUSPECTS).cause == cause


def test_output_of_another_shape_is_told_before_the_weights():
    mistake = fails(same_module, Work("Block", lambda c: nn.Conv2d(c, 1, 1)), Block, MODULES)
    assert "gives shape (2, 1, 3, 3), expected (2, 4, 3, 3)" in mistake.differs


def test_other_weights_are_told():
    mistake = fails(same_module, Work("Block", lambda c: nn.Conv2d(c, c, 3, padding=1)), Block, MODULES)
    assert "number 1 has shape (4, 4, 3, 3), expected (4, 4, 1, 1)" in mistake.differs


def test_checking_changes_no_global_state():
    before = torch.get_rng_state()
    same_module(Work("Block", nn.Identity), nn.Identity, [case(inputs=(1, 2))])
    assert torch.equal(before, torch.get_rng_state())
