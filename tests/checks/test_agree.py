"""Holding work against the right answer and against known mistakes."""

import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from effcourse.checks.agree import Suspect, same_module, same_value, same_values
from effcourse.checks.cases import case
from effcourse.checks.values import alike, close, difference
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
    same_values(Work("f", lambda x: x**2), square, CASES, SUSPECTS)


def test_suspect_that_explains_every_case_is_the_cause():
    mistake = fails(same_values, Work("f", lambda x: x + x), square, CASES, SUSPECTS)
    assert mistake.cause == "You doubled."
    assert mistake.differs == "f(3) gives 6, expected 9"  # 2 doubled is 2 squared


def test_suspect_that_explains_only_the_wrong_cases_is_no_cause():
    mistake = fails(same_values, Work("f", lambda x: 10 if x == 5 else x * x), square, CASES, SUSPECTS)
    assert mistake.cause == ""


def test_suspects_that_the_cases_do_not_tell_apart_are_no_cause():
    others = [*SUSPECTS, Suspect(lambda x: x + x if x < 9 else 0, "You doubled small ones.")]
    assert fails(same_values, Work("f", lambda x: x + x), square, CASES, others).cause == ""
    evidence = [case(11)]
    assert (
        fails(same_values, Work("f", lambda x: x + x), square, CASES, others, evidence=evidence).cause == "You doubled."
    )
    same = [*SUSPECTS, Suspect(lambda x: 2 * x, "You doubled.")]
    assert fails(same_values, Work("f", lambda x: x + x), square, CASES, same).cause == "You doubled."


def test_same_error_as_a_suspects_is_the_cause():
    mistake = fails(same_values, Work("f", lambda x: 1 / (x - 3)), square, CASES, SUSPECTS)
    assert mistake.cause == "You divided."


def test_one_factor_between_all_answers_is_told():
    mistake = fails(same_values, Work("f", lambda x: 4 * x * x), square, CASES, SUSPECTS)
    assert mistake.cause == "Your answer is the expected one times 4, in every case."


def test_unknown_mistake_has_no_cause():
    assert fails(same_values, Work("f", lambda x: x**3), square, CASES, SUSPECTS).cause == ""


def test_missing_return_is_told():
    assert "is a return missing?" in fails(same_values, Work("f", lambda x: None), square, CASES).cause
    assert fails(same_values, Work("f", lambda x: x * x if x < 5 else None), square, CASES).cause == ""
    assert "returns nothing: return it" in fails(same_values, Work("f", print), square, CASES).cause


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        (lambda x: float(x * x), "whole numbers are asked and yours are floats"),
        (lambda x: str(x), "Your answer is text"),
        (lambda x: x > 2, "a truth value"),
        (lambda x: (x * x,), "in a list or tuple of its own"),
        (lambda x: x * x + random.random(), "gives two answers: something in it is random"),
        (lambda x: 10**400, ""),
        (lambda x: {(x, "a"): 1}, ""),
        (lambda x: np.array(["a"]), ""),
        (lambda x: torch.ones(2, dtype=torch.bfloat16), ""),
        (lambda x: torch.ones(2, device="meta"), ""),
        (lambda x: torch.eye(2).to_sparse(), ""),
        (lambda x: (n for n in range(x)), "Put what it yields into a list"),
        (lambda x: object(), ""),
    ],
)
def test_what_can_be_seen_in_the_answers_is_told(wrong, cause):
    assert cause in fails(same_values, Work("f", wrong), square, CASES, SUSPECTS).cause


def test_numbers_of_any_kind_are_numbers():
    for kind in (np.int64, torch.tensor, np.array, Fraction, Decimal):
        same_values(Work("f", lambda x, kind=kind: kind(x * x)), square, CASES)
    same_values(Work("f", lambda x: np.float32(x) / 2), lambda x: x / 2, CASES)
    same_values(Work("f", lambda x: x // 2), lambda x: x / 2, [case(4), case(6)])


def test_order_and_transposition_are_told():
    lists, arrays = [case(3), case(4)], [case(inputs=(3, 3))]
    assert (
        "another order"
        in fails(same_values, Work("f", lambda n: [*range(n)][::-1]), lambda n: [*range(n)], lists).cause
    )
    assert "transposed" in fails(same_values, Work("f", lambda x: x.mT), lambda x: x, arrays).cause


def test_hidden_run_stops_at_the_first_wrong_case():
    seen = []
    work = Work("f", lambda x: seen.append(x), hurry=True)
    fails(same_values, work, square, CASES, SUSPECTS)
    assert seen == [2]


def test_errors_are_compared_by_kind_and_place_and_never_by_their_wording():
    cases = [case(inputs=(2, 3)), case(inputs=(4, 4))]
    suspects = [Suspect(lambda x: x + torch.ones(4, 4), "You added a square.")]

    def other_sum(x):
        y = torch.ones(4, 4)
        y += x
        return y

    assert fails(same_values, Work("f", other_sum), lambda x: x, cases, suspects).cause == "You added a square."

    def other_place(x):
        return x @ torch.ones(4, 4)

    assert fails(same_values, Work("f", other_place), lambda x: x, cases, suspects).cause == ""


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
        (1.0, 1, False),
        (1, 1.0, True),
        (10**400, 1.0, False),
        (10**15 + 1, 10**15, False),
        (float("nan"), 1.0, False),
        ("1", 1, False),
        ([1, 2], (1, 2), True),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1.0}, True),
        ({("a", 1): 1}, {("a", 1): 1}, True),
        ({"a": 1}, {"b": 1}, False),
        (np.ones(2), np.ones((2, 1)), False),
        (np.ones(2), np.ones(2) + 1e-7, True),
        (np.ones(2), [1.0, 1.0], False),
        (None, None, True),
    ],
)
def test_close(got, expected, equal):
    assert close(got, expected) is equal


def test_alike_takes_a_number_as_a_number():
    assert alike(1.0, 1)
    assert not alike(True, 1)
    assert not alike(1.5, 1)


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


class Pointwise(nn.Module):
    """A pointwise layer, a depthwise one, and its weights as a student may keep them."""

    def __init__(self, channels):
        super().__init__()
        self.mix = nn.Conv2d(channels, channels + 1, 1, bias=False)
        self.filter = nn.Conv2d(channels + 1, channels + 1, 3, padding=1, groups=channels + 1, bias=False)

    def forward(self, x):
        return self.filter(self.mix(x))


class OwnLayouts(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.taps = nn.Parameter(torch.randn(channels + 1, 9))
        self.matrix = nn.Parameter(torch.randn(channels, channels + 1))

    def forward(self, x):
        x = x.to(self.taps.dtype)  # asking for a dtype is no use
        x = (x.permute(0, 2, 3, 1) @ self.matrix).permute(0, 3, 1, 2)
        n, c, h, w = x.shape
        patches = nn.functional.unfold(x, 3, padding=1).view(n, c, 9, h * w)
        return (patches * self.taps[None, :, :, None]).sum(2).view(n, c, h, w)


class SquareMatrix(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(channels, channels))

    def forward(self, x):
        return (x.permute(0, 2, 3, 1) @ self.matrix).permute(0, 3, 1, 2)


class Lazy(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.mix = nn.LazyConv2d(channels + 1, 1, bias=False)
        self.filter = nn.Conv2d(channels + 1, channels + 1, 3, padding=1, groups=channels + 1, bias=False)

    forward = Pointwise.forward


def test_weights_may_lie_in_other_layouts():
    same_module(Work("Block", OwnLayouts), Pointwise, MODULES)
    same_module(Work("Block", SquareMatrix), lambda c: nn.Conv2d(c, c, 1, bias=False), MODULES)


def test_lazy_layers_are_layers():
    same_module(Work("Block", Lazy), Pointwise, MODULES)


class Strided(nn.Module):
    def __init__(self, channels, early=True):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 1, 2 if early else 1, bias=False)
        self.second = nn.Conv2d(channels, channels, 1, 1 if early else 2, bias=False)

    def forward(self, x):
        return self.second(self.first(x))


def test_more_work_than_needed_is_told():
    late = Work("Block", lambda c: Strided(c, early=False))
    mistake = fails(same_module, late, Strided, MODULES)
    assert "takes 208 MACs for an input of (4, 3, 3); 128 are enough" in mistake.differs
    assert "stands in a later layer" in mistake.cause
    suspects = [Suspect(lambda c: Strided(c, early=False), "The stride comes too late.")]
    assert fails(same_module, late, Strided, MODULES, suspects).cause == "The stride comes too late."


class Noisy(Block):
    def forward(self, x):
        return nn.functional.dropout(super().forward(x), 0.5)


class OverBatch(Block):
    def forward(self, x):
        out = super().forward(x)
        return out - out.mean(0, keepdim=True)


class NotANumber(Block):
    def forward(self, x):
        return super().forward(x) / torch.zeros(()) * 0


class InPlace(Block):
    def forward(self, x):
        out = super().forward(x)
        x += 1
        return out


class Misspelt(nn.Module):
    def foward(self, x):
        return x


@pytest.mark.parametrize(
    ("made", "cause"),
    [
        (Noisy, "something in it is random"),
        (OverBatch, "depends on the other pictures in the batch"),
        (InPlace, "make a new tensor"),
        (lambda c: Misspelt(), "You have `foward`: its name must be forward."),
    ],
)
def test_what_can_be_seen_in_a_module_is_told(made, cause):
    assert cause in fails(same_module, Work("Block", made), Block, MODULES, MODULE_SUSPECTS).cause


class Squeezed(Block):
    def forward(self, x):
        return super().forward(x)[:, :, 0, 0].squeeze()


@pytest.mark.parametrize("made", [NotANumber, Squeezed])
def test_outputs_that_are_no_numbers_or_lose_the_batch_depend_on_nothing(made):
    assert fails(same_module, Work("Block", made), Block, MODULES).cause == ""


def test_checking_changes_no_global_state():
    before = torch.get_rng_state()
    same_module(Work("Block", nn.Identity), nn.Identity, [case(inputs=(1, 2))])
    assert torch.equal(before, torch.get_rng_state())


def test_what_is_no_number_is_explained_by_a_suspect_that_is_none_either():
    def without_guard(x):
        return x if x else float("nan")

    def fails_with(suspect):
        return fails(same_values, Work("f", without_guard), lambda x: x, [case(0.0), case(1.0)], [suspect]).cause

    assert fails_with(Suspect(lambda x: float(np.float64(x) / x * x) if x else np.nan, "Nothing guards 0.")) != ""
    assert fails_with(Suspect(lambda x: x or 1.0, "You give 1 for 0.")) == ""
