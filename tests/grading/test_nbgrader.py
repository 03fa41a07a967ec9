"""Each exercise with the stock nbgrader: what it makes of an empty notebook and of the solution.

One exercise goes through nbgrader's commands, as an instructor types them. The others go through the same converters
in this process, with one gradebook for all, for a command takes five seconds to start and a gradebook as many to make.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import nbformat
import pytest
from exercise_bank import ROOT, max_points, only_shows, sampled
from traitlets.config import PyFileConfigLoader

from effcourse.checks import ASSIGNMENTS

pytest.importorskip("nbgrader", reason="the grading extra is not installed")
pytestmark = pytest.mark.filterwarnings("default")  # nbgrader's own

SCRIPTS = Path(sysconfig.get_path("scripts"))
STUDENTS = ("empty", "solved")
TYPED, *CALLED = ASSIGNMENTS


def new_course(folder: Path, *assignments: str) -> Path:
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    for assignment in assignments:
        shutil.copytree(ROOT / "solutions" / assignment, folder / "solutions" / assignment)
    return folder


def submit(course: Path, assignment: str) -> None:
    """Hand in the released notebook, as it is and with every answer filled in from the solution.

    Without the cells that only show something: ``pytest --nbval`` runs them in ``solutions/``, and some train networks.
    """
    file = Path(assignment, f"{assignment}.ipynb")
    released = course / "exercises" / file
    assert released.read_bytes() == (ROOT / "exercises" / file).read_bytes()
    for student in STUDENTS:
        (course / "submitted" / student / assignment).mkdir(parents=True)
    notebook = nbformat.read(released, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not only_shows(cell)]
    nbformat.write(notebook, course / "submitted" / "empty" / file)
    answers = {cell.id: cell.source for cell in nbformat.read(course / "solutions" / file, as_version=4).cells}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[cell.id]
    nbformat.write(notebook, course / "submitted" / "solved" / file)


def feedback(course: Path, assignment: str) -> list[str]:
    return [path.parents[1].name for path in sorted(course.glob(f"feedback/*/{assignment}/{assignment}.html"))]


def test_commands(tmp_path):
    course = new_course(tmp_path, TYPED)

    def nbgrader(*arguments: str) -> str:
        path = f"{SCRIPTS}{os.pathsep}{os.environ.get('PATH', '')}"
        command = [str(SCRIPTS / "nbgrader"), *arguments]
        done = subprocess.run(command, cwd=course, env=os.environ | {"PATH": path}, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    nbgrader("generate_assignment", TYPED, "--create")
    submit(course, TYPED)
    assert "Success!" in nbgrader("validate", f"submitted/solved/{TYPED}/{TYPED}.ipynb")
    nbgrader("autograde", TYPED, "--create")
    nbgrader("generate_feedback", TYPED)
    assert feedback(course, TYPED) == list(STUDENTS)
    nbgrader("export")
    with (course / "grades.csv").open(encoding="utf-8", newline="") as lines:
        scores = {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(lines)}
    assert scores == {"empty": 0, "solved": sum(max_points(TYPED).values())}


@pytest.fixture(scope="session")
def course(tmp_path_factory) -> Path:
    return new_course(tmp_path_factory.mktemp("nbgrader"), *CALLED)


@pytest.fixture(scope="session")
def api(course) -> Any:
    from nbgrader.apps import NbGraderAPI

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(SCRIPTS), prepend=os.pathsep)  # nbgrader starts alembic by its name
        yield NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config())


def succeed(result: dict[str, Any]) -> None:
    assert result["success"], result.get("log", "") + result.get("error", "")


@pytest.mark.parametrize("assignment", sampled(3, [pytest.param(name, id=name) for name in CALLED]))
def test_stock_nbgrader_grades_it(assignment, course, api):
    from nbgrader.preprocessors import CheckCellMetadata
    from nbgrader.validator import Validator

    succeed(api.generate_assignment(assignment))
    submit(course, assignment)
    for student in STUDENTS:
        succeed(api.autograde(assignment, student))
        succeed(api.generate_feedback(assignment, student))
    assert feedback(course, assignment) == list(STUDENTS)
    with api.gradebook as gradebook:
        scores = {student: gradebook.find_submission(assignment, student).score for student in STUDENTS}
    assert scores == {"empty": 0, "solved": sum(max_points(assignment).values())}

    # What `validate` says of the solved notebook; autograding has just run it, so it is not run again.
    seen = Validator(preprocessors=[CheckCellMetadata])
    validated = {
        s: seen.validate(str(course / "autograded" / s / assignment / f"{assignment}.ipynb")) for s in STUDENTS
    }
    assert validated["solved"] == {}
    assert "failed" in validated["empty"]
