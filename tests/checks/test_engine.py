"""What a student reads in the notebook."""

import sys
import warnings

import pytest

from effcourse.checks import ASSIGNMENTS, Checker, CheckFailed, NotDoneYet, checker, guard, when_done
from effcourse.checks.agree import Suspect, same_values
from effcourse.checks.cases import case
from effcourse.checks.engine import Assignment
from effcourse.checks.limits import limited
from effcourse.checks.recipes import recipe
from effcourse.checks.telling import Interrupted

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


def test_what_is_printed_costs_nothing_and_is_told_in_short(check, capsys):
    def noisy(x):
        print("hello " * 1000)
        print("trouble", file=sys.stderr)
        return 2 * x

    check("double", noisy)
    out, err = capsys.readouterr()
    assert out.startswith("✓ Doubling\n  Your code wrote: hello hello")
    assert len(out) < 300
    assert err == ""


def test_interrupt_and_misuse_show_no_line_of_the_check(check):
    def interrupted(x):
        raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        check("double", interrupted)
    assert caught.value._render_traceback_() == ["You interrupted the check “Doubling”."]
    with pytest.raises(ValueError, match="unknown check") as caught:
        check("duble", stub)
    assert len(caught.value._render_traceback_()) == 1


def test_accident_in_one_check_loses_no_other(capsys):
    assignment = Assignment("99_test")

    @assignment.check("Broken", "it happens")
    def broken(broken):
        raise OverflowError

    @assignment.check("Well", "as ever")
    def well(well):
        well.call()

    outcomes = Checker(assignment).outcomes({"broken": 1, "well": lambda: 1})
    assert [outcome.status for outcome in outcomes] == ["failed", "passed"]
    assert "the check itself stumbled over your answer (OverflowError)" in outcomes[0].text


@pytest.fixture
def chain():
    assignment = Assignment("99_test")
    one = recipe("def one(x):\n    return x + «more = 1»", "more = 2\n    You added 2.")
    two = recipe("def two(x):\n    return one(x) * «factor = 2»", "factor = 3\n    You tripled.", uses=[one])
    assignment.part("first", "One more", "it comes first", one, [case(1), case(5)])
    assignment.part("second", "Twice as much", "it stands on the first", two, [case(1), case(5)])
    return Checker(assignment)


def names_of(one, two):
    names = {}
    exec(f"def one(x):\n    {one}\ndef two(x):\n    {two}", names)
    return names


@pytest.mark.parametrize("one", ["return x + 2", "raise NotImplementedError()", "return 1 / 0"])
def test_later_part_is_tried_with_the_right_earlier_one(chain, one):
    first, second = chain.outcomes(names_of(one, "return 2 * one(x)"))
    assert first.status in ("failed", "not done")
    assert second.status == "passed"
    assert "(with the course's one in place of yours" in second.text


def test_mistake_in_a_later_part_is_found_behind_one_in_an_earlier_part(chain):
    names = names_of("return x + 2", "return 3 * one(x)")
    first, second = chain.outcomes(names)
    assert "You added 2." in first.text
    assert "You tripled." in second.text
    assert "an earlier part is wrong, too" in second.text
    assert names["one"](1) == 3


def test_hidden_cases_of_a_later_part_are_not_lost_by_an_earlier_one(chain):
    names = names_of("return x + 1 if x < 9 else 0", "return 2 * one(x)")
    chain.hidden("second", names["two"], hint="large ones", cases=[case(50)])


def test_a_loop_of_its_own_is_not_blamed_on_an_earlier_part(chain, monkeypatch):
    waited = []
    monkeypatch.setattr(guard, "limited", lambda seconds, *call: (waited.append(seconds), limited(0.05, *call))[1])
    second = chain.outcomes(names_of("return x + 2", "while one(x): pass"), "second")[0]
    assert "two(1) does not end" in second.text
    assert "an earlier part is wrong" not in second.text
    assert (waited[0], waited[-1]) == (guard.SECONDS, guard.ONCE_LATE)


def test_nobody_waits_twice_for_the_same_loop(monkeypatch):
    monkeypatch.setattr(guard, "ONCE_LATE", 0.05)
    assignment = Assignment("99_test")
    one = recipe("def one(x):\n    return x + 1")
    two = recipe("def two(x):\n    return one(x) * 2", uses=[one])
    for name, made in (("first", one), ("again", one), ("second", two)):
        assignment.part(name, name, "it is asked", made, [case(1)], seconds=0.3)
    chain = Checker(assignment)
    first, again, second = chain.outcomes(names_of("while True: pass", "return 2 * one(x)"))
    assert "one(1) does not end: it was stopped after 0.3 seconds" in first.text
    assert "one(1) does not end: it was stopped after 0.05 seconds" in again.text
    assert second.status == "passed"
    assert "(with the course's one in place of yours" in second.text
    later = chain.outcomes(names_of("while True: pass", "return 3 * one(x)"))
    assert "stopped after 0.3 seconds" in later[0].text  # another function, though of the same name
    assert "an earlier part is wrong, too" in later[2].text


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
