"""What a student reads in the notebook."""

import warnings

import pytest

from effcourse.checks import ASSIGNMENTS, Checker, CheckFailed, NotDoneYet, checker, when_done
from effcourse.checks.agree import Suspect, case, same_values
from effcourse.checks.engine import Assignment

CASES = (case(1), case(3))


@pytest.fixture
def check():
    assignment = Assignment("99_test")

    @assignment.check("Doubling", "all else is built on it")
    def double(double, cases=CASES):
        same_values(double, lambda x: 2 * x, cases, [Suspect(lambda x: x * x, "You squared.")])

    @assignment.check("Tripling", "it comes after doubling")
    def triple(triple, cases=CASES[:1]):
        same_values(triple, lambda x: 3 * x, cases)

    return Checker(assignment)


def stub(x):
    raise NotImplementedError()


def test_pass_prints_one_line(check, capsys):
    check("double", lambda x: x + x)
    assert capsys.readouterr().out == "✓ Doubling\n"


def test_failure_tells_what_why_and_the_cause(check):
    with pytest.raises(CheckFailed) as caught:
        check("double", lambda x: x * x)
    assert str(caught.value).splitlines() == [
        "✗ Doubling",
        "  Why it matters: all else is built on it",
        "  What differs:   double(1) gives 1, expected 2",
        "  Likely cause:   You squared.",
    ]
    assert caught.value._render_traceback_() == str(caught.value).splitlines()


def test_warning_in_a_students_code_costs_nothing(check, capsys):
    def warns(x):
        warnings.warn("deprecated", stacklevel=1)
        return 2 * x

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        check("double", warns)
        check.hidden("double", warns, hint="large ones", cases=[case(5)])
    assert capsys.readouterr().err == ""


def test_stub_is_not_done_yet_and_no_error(check):
    with pytest.raises(NotDoneYet, match="^○ Doubling: not done yet$"):
        check("double", stub)
    with pytest.raises(NotDoneYet, match="^○ Doubling: not done yet$"):
        check.hidden("double", stub, hint="large ones", cases=[case(5)])


def test_hidden_test_tells_its_hint_and_no_value(check):
    check.hidden("double", lambda x: 2 * x, hint="large ones", cases=[case(12345)])
    with pytest.raises(CheckFailed) as caught:
        check.hidden("double", lambda x: 2, hint="large ones", cases=[case(12345)])
    assert str(caught.value) == "✗ Doubling: a hidden test failed. Hint: large ones"


def test_report_runs_all_on_the_notebooks_names(check, capsys):
    namespace = {"check": check, "double": lambda x: 2 * x, "triple": stub}
    exec("check()", namespace)
    out = capsys.readouterr().out
    assert out == "✓ Doubling\n\n○ Tripling: not done yet\n\n99_test: 1 of 2 passed, 1 not done yet\n"
    del namespace["triple"]
    assert check.report(namespace) is False
    assert "there is no triple" in capsys.readouterr().out
    assert check.report(namespace | {"triple": lambda x: 3 * x}) is True


def test_unknown_names_are_told(check):
    with pytest.raises(ValueError, match=r"unknown check 'duble'; did you mean double\?"):
        check("duble", stub)
    with pytest.raises(ValueError, match=r"takes double; got 2 objects"):
        check("double", stub, stub)
    with pytest.raises(ValueError, match=r"unknown assignment '01_flop_math'; did you mean 01_flops_math"):
        checker("01_flop_math")


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_assignment_has_checks(assignment):
    assert checker(assignment).outcomes({})
    assert {outcome.status for outcome in checker(assignment).outcomes({})} == {"not done"}


def test_when_done_waits_for_stubs(capsys):
    assert when_done(lambda: 5) == 5
    assert when_done(lambda: stub(1)) is None
    assert "not done yet" in capsys.readouterr().out
    with pytest.raises(ZeroDivisionError):
        when_done(lambda: 1 / 0)
