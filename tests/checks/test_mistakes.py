"""Every known mistake, handed in as a student would: it fails here and in the hidden tests, and gets its own cause."""

from __future__ import annotations

import contextlib
import io

import pytest
from exercise_bank import code_cells, nbgrader

from effcourse.checks import ASSIGNMENTS, CheckFailed, checker
from effcourse.checks.engine import Check
from effcourse.checks.recipes import Answer, Recipe

RECIPES = {
    (name, check.recipe.name): check.recipe
    for name in ASSIGNMENTS
    for check in checker(name)._assignment.checks.values()
    if check.recipe
}
MISTAKES = [
    pytest.param(assignment, recipe, mistake, id=f"{assignment}-{recipe.name}-{mistake.label}")
    for (assignment, _), recipe in RECIPES.items()
    for mistake in recipe.mistakes
]


def checks_of(assignment: str, recipe: Recipe) -> list[Check]:
    return [check for check in checker(assignment)._assignment.checks.values() if check.recipe is recipe]


def visible(assignment: str, checks: list[Check], answer: Answer) -> list[CheckFailed]:
    """The first failure: all checks of a recipe look for the cause in the same cases."""
    failures: list[CheckFailed] = []
    for check in checks:
        if failures:
            break
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                checker(assignment)(check.name, answer.make)
        except CheckFailed as failure:
            failures.append(failure)
    return failures


def hidden(assignment: str, checks: list[Check], answer: Answer) -> list[CheckFailed]:
    failures: list[CheckFailed] = []
    for cell in code_cells("solutions", assignment):
        is_hidden = nbgrader(cell)["grade_id"].startswith("hidden-")
        if not failures and is_hidden and any(f'"{check.name}"' in cell.source for check in checks):
            try:
                exec(compile(cell.source, f"<{cell.id}>", "exec"), {answer.name: answer.make})
            except CheckFailed as failure:
                failures.append(failure)
    return failures


@pytest.mark.parametrize(("assignment", "recipe", "mistake"), MISTAKES)
def test_mistake_fails_and_is_told_its_own_cause(assignment, recipe, mistake):
    checks = checks_of(assignment, recipe)
    failures = visible(assignment, checks, mistake)
    causes = {failure.cause for failure in failures}
    assert causes <= {mistake.cause, ""}, [str(failure) for failure in failures]
    if mistake.excepted:
        return
    assert failures, "it passes every visible check"
    assert mistake.cause in causes, [str(failure) for failure in failures]
    assert hidden(assignment, checks, mistake), "it passes every hidden test"


@pytest.mark.parametrize(("assignment", "name"), RECIPES)
def test_right_answer_passes(assignment, name):
    recipe = RECIPES[assignment, name]
    checks = checks_of(assignment, recipe)
    assert visible(assignment, checks, recipe.answer) == []
    assert hidden(assignment, checks, recipe.answer) == []
