"""Every exercise, its graders included: stubs earn nothing, solutions everything, mistakes lose what they should."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from typing import Any

import pytest
from exercise_bank import ROOT, cells, code_cells, grade, max_points, nbgrader, notebook_path, released_answers, sampled

from effcourse.checks import ASSIGNMENTS, NotDoneYet, checker
from effcourse.grading.releasing import list_assignments, outdated

pytest.importorskip("nbgrader", reason="the grading extra is not installed")

BANKS = {
    name: import_module(f"mistakes.{name.partition('_')[2]}")
    for name in ASSIGNMENTS
    if notebook_path("solutions", name).exists()
}


def answers(kind: str, sample: int) -> list[Any]:
    """The bank's answers, of each exercise a sample and for ``make test-all`` the others."""
    return [
        one
        for name, bank in BANKS.items()
        for one in sampled(sample, [pytest.param(name, a, id=f"{name}: {a.name}") for a in getattr(bank, kind)])
    ]


pytestmark = pytest.mark.filterwarnings("default")  # a warning in a test cell is caught as text on stderr


def test_every_assignment_has_its_notebooks():
    assert list_assignments(ROOT) == list(ASSIGNMENTS)
    assert sorted(path.parent.name for path in (ROOT / "exercises").glob("*/*.ipynb")) == list(ASSIGNMENTS)


def test_exercises_are_what_release_writes():
    assert outdated(ROOT) == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_solution_earns_everything(assignment):
    graded = grade(assignment, {})
    assert graded.failures == {}
    assert graded.points == max_points(assignment)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_stubs_earn_nothing_and_are_told_so(assignment):
    graded = grade(assignment, released_answers(assignment))
    assert sum(graded.points.values()) == 0
    assert {type(error) for error in graded.failures.values()} == {NotDoneYet}
    assert all("not done yet" in str(error) for error in graded.failures.values())


@pytest.mark.parametrize(("assignment", "wrong"), answers("WRONG", 6))
def test_mistake_loses_its_points_and_gets_its_diagnosis(assignment, wrong):
    graded = grade(assignment, wrong.cells)
    assert set(graded.failures) == set(wrong.loses)
    visible = [graded.failures[name] for name in wrong.loses if name.startswith("test-")]
    assert visible, "a mistake that only hidden tests see gives a student nothing to go by"
    causes = [getattr(error, "cause", "") for error in visible]
    assert any(wrong.diagnosis in cause for cause in causes), [str(error) for error in visible]
    if not wrong.diagnosis:
        assert set(causes) == {""}, [str(error) for error in visible]


@pytest.mark.parametrize(("assignment", "right"), answers("RIGHT", 3))
def test_right_answer_written_differently_earns_everything(assignment, right):
    graded = grade(assignment, right.cells)
    assert graded.failures == {}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_bank_is_rich_enough(assignment):
    bank = BANKS[assignment]
    assert len(bank.WRONG) >= 6, "write at least six wrong answers into its file in tests/mistakes"
    assert len(bank.RIGHT) >= 2, "write at least two right answers into its file in tests/mistakes"
    assert len({wrong.name for wrong in bank.WRONG}) == len(bank.WRONG)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_exercise_holds_no_solution_and_no_hidden_test(assignment):
    lines = set()
    for cell in cells("solutions", assignment):
        for region in re.findall(r"### BEGIN \w+(?: TESTS)?\n(.*?)### END", cell.source, re.DOTALL):
            lines |= {line.strip() for line in region.splitlines()}
    telling = {line for line in lines if len(line) > 8}
    assert telling
    shown = {line.strip() for cell in cells("exercises", assignment) for line in cell.source.splitlines()}
    assert telling & shown == set()
    released = notebook_path("exercises", assignment).read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" not in released
    assert "HIDDEN TESTS" not in released


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_notebook_has_the_exercises_grammar(assignment):
    import nbformat

    notebook = nbformat.read(notebook_path("solutions", assignment), as_version=4)
    title = notebook.cells[0].source
    assert title.startswith(f"# Exercise {assignment[:2]} · ")
    missing = [word for word in ("**Difficulty:** ", "**Time:** ", "**Practises:** [chapter") if word not in title]
    assert not missing, "the first cell must have these"
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert text.count("<details>") == text.count("</details>") >= 3, "three or more hints, each in <details>"
    assert any(nbgrader(cell)["grade"] for cell in notebook.cells if cell.cell_type == "markdown"), "no text answer"
    assert notebook.cells[-1].source == "check()"
    assert all(cell.get("outputs", []) == [] for cell in notebook.cells)
    ids = [nbgrader(cell)["grade_id"] for cell in notebook.cells if nbgrader(cell)["grade_id"]]
    assert ids == [cell.id for cell in notebook.cells if nbgrader(cell)["grade_id"]]
    assert all(name.startswith(("test-", "hidden-")) for name in max_points(assignment))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_no_other_cell_decides_about_points(assignment):
    """Each test cell asks for its own checker: a ``check`` or ``case`` of the student's changes nothing."""
    for cell in code_cells("solutions", assignment):
        if nbgrader(cell)["grade"] and not nbgrader(cell)["solution"]:
            names = ast.walk(ast.parse(cell.source))
            made = {a.asname or a.name for n in names if isinstance(n, ast.ImportFrom) for a in n.names}
            assert "checker" in made
            assert not re.search(r"\bcheck\b[.(]", cell.source), cell.source
            assert "case(" not in cell.source or "case" in made


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_check_is_used_and_says_why(assignment):
    checks = checker(assignment)._assignment.checks
    source = "\n".join(cell.source for cell in code_cells("solutions", assignment))
    assert all(f'checker("{assignment}")("{name}", ' in source for name in checks)
    assert all(check.title and check.why for check in checks.values())
