"""Grade an exercise the quick way: run its cells in a namespace, with some of the solution cells replaced."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest

from effcourse.checks import CheckFailed

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Wrong:
    """A plausible wrong answer, spelled otherwise than the exercise's recipes spell it.

    ``cells`` maps solution cells to what a student wrote there, ``loses`` names every test cell that must fail, and
    ``diagnosis`` is part of the likely cause that the student is told by a visible test. Where it is empty nothing is
    known, and so nothing may be told.
    """

    name: str
    cells: Mapping[str, str]
    loses: tuple[str, ...]
    diagnosis: str = ""


@dataclass(frozen=True)
class Right:
    """A right answer that is written differently from the solution."""

    name: str
    cells: Mapping[str, str]


def sampled(count: int, parameters: Sequence[Any]) -> list[Any]:
    """Parameters of a test: ``count`` of them, evenly spread, for every run; the others for ``make test-all``."""
    chosen = {round(i * (len(parameters) - 1) / max(1, count - 1)) for i in range(count)}
    return [
        one if i in chosen else pytest.param(*one.values, id=one.id, marks=pytest.mark.whole)
        for i, one in enumerate(parameters)
    ]


@dataclass
class Grade:
    """Points by test cell, and the exception of each cell that failed."""

    points: dict[str, float] = field(default_factory=dict)
    failures: dict[str, BaseException] = field(default_factory=dict)

    @property
    def causes(self) -> list[str]:
        return [error.cause for error in self.failures.values() if isinstance(error, CheckFailed)]


def notebook_path(folder: str, assignment: str) -> Path:
    return ROOT / folder / assignment / f"{assignment}.ipynb"


@cache
def cells(folder: str, assignment: str) -> tuple[Any, ...]:
    return tuple(nbformat.read(notebook_path(folder, assignment), as_version=4).cells)


def code_cells(folder: str, assignment: str) -> list[Any]:
    return [cell for cell in cells(folder, assignment) if cell.cell_type == "code"]


def nbgrader(cell: Any) -> dict[str, Any]:
    return cell.metadata.get("nbgrader", {"solution": False, "grade": False, "grade_id": ""})


def grade(assignment: str, replaced: Mapping[str, str]) -> Grade:
    """Run the solution notebook's code cells, those in ``replaced`` with other source. Errors cost the cell only.

    Cells that only show something are left out: they bear no points, and some train networks. So are tests that meet
    nothing of what was replaced, for they give what they give on the solution; without any replaced, all are run.
    """
    touched = _touched(assignment, replaced)
    left = dict(replaced)
    result = Grade()
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in code_cells("solutions", assignment):
        about = nbgrader(cell)
        if only_shows(cell):
            continue
        source = left.pop(about["grade_id"], cell.source) if about["solution"] else cell.source
        is_test = about["grade"] and not about["solution"]
        if is_test:
            result.points[about["grade_id"]] = about["points"]
            if replaced and not _names(cell.source) & touched:
                continue
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as stderr:
                exec(compile(source, f"<{about['grade_id'] or cell.id}>", "exec"), names)
            assert not stderr.getvalue(), f"{cell.id} writes to stderr: {stderr.getvalue()}"
        except Exception as error:
            if is_test:
                result.points[about["grade_id"]] = 0
                result.failures[about["grade_id"]] = error
            elif not replaced:
                raise
    if left:
        raise KeyError(f"{assignment} has no solution cell {', '.join(left)}")
    return result


def only_shows(cell: Any) -> bool:
    """Whether a code cell bears no points and nothing that follows needs it."""
    return cell.source == "check()" or re.search(r"^when_done\(", cell.source, re.MULTILINE) is not None


def _names(source: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def _made(source: str) -> set[str]:
    body = ast.parse(source).body
    made = {node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    stores = (node for top in body for node in ast.walk(top) if isinstance(node, ast.Name))
    return made | {node.id for node in stores if isinstance(node.ctx, ast.Store)}


def _touched(assignment: str, replaced: Mapping[str, str]) -> set[str]:
    """Names that the replaced cells make, on both sides of the exchange, and those made by cells which use them."""
    touched: set[str] = set()
    for cell in code_cells("solutions", assignment):
        other = replaced.get(nbgrader(cell)["grade_id"])
        if other is not None:
            touched |= _made(cell.source)
            with contextlib.suppress(SyntaxError):
                touched |= _made(other)
        elif _names(cell.source) & touched:
            touched |= _made(cell.source)
    return touched


def max_points(assignment: str) -> dict[str, float]:
    cells = map(nbgrader, code_cells("solutions", assignment))
    return {about["grade_id"]: about["points"] for about in cells if about["grade"] and not about["solution"]}


def released_answers(assignment: str) -> dict[str, str]:
    """The solution cells as a student finds them."""
    cells = code_cells("exercises", assignment)
    return {nbgrader(cell)["grade_id"]: cell.source for cell in cells if nbgrader(cell)["solution"]}
