"""Each exercise with the stock nbgrader: what it makes of an empty notebook and of the solution."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import nbformat
import pytest
from exercise_bank import ROOT, max_points

from effcourse.checks import ASSIGNMENTS

pytest.importorskip("nbgrader", reason="the grading extra is not installed")

SCRIPTS = Path(sysconfig.get_path("scripts"))


def nbgrader(course: Path, *arguments: str) -> str:
    """Run nbgrader's command in the course's folder, as an instructor would, and give what it printed."""
    environment = os.environ | {"PATH": f"{SCRIPTS}{os.pathsep}{os.environ.get('PATH', '')}", "OMP_NUM_THREADS": "1"}
    command = [str(SCRIPTS / "nbgrader"), *arguments]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def solve(released: Path, solution: Path, out: Path) -> None:
    """The released notebook with every answer filled in from the solution."""
    answers = {cell.id: cell.source for cell in nbformat.read(solution, as_version=4).cells}
    notebook = nbformat.read(released, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[cell.id]
    nbformat.write(notebook, out)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_stock_nbgrader_grades_it(assignment, tmp_path):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copytree(ROOT / "solutions" / assignment, tmp_path / "solutions" / assignment)
    file = Path(assignment, f"{assignment}.ipynb")
    nbgrader(tmp_path, "generate_assignment", assignment, "--create")
    released = tmp_path / "exercises" / file
    assert released.read_bytes() == (ROOT / "exercises" / file).read_bytes()

    for student in ("empty", "solved"):
        (tmp_path / "submitted" / student / assignment).mkdir(parents=True)
    shutil.copy(released, tmp_path / "submitted" / "empty" / file)
    solved = tmp_path / "submitted" / "solved" / file
    solve(released, tmp_path / "solutions" / file, solved)

    assert "Success!" in nbgrader(tmp_path, "validate", str(solved))
    nbgrader(tmp_path, "autograde", assignment, "--create")
    nbgrader(tmp_path, "generate_feedback", assignment)
    for student in ("empty", "solved"):
        assert (tmp_path / "feedback" / student / file).with_suffix(".html").is_file()
    nbgrader(tmp_path, "export")
    with (tmp_path / "grades.csv").open(encoding="utf-8", newline="") as lines:
        scores = {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(lines)}
    assert scores == {"empty": 0, "solved": sum(max_points(assignment).values())}
