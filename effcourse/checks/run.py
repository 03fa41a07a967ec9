"""Check an exercise's notebook from a shell: run its cells in a kernel, then every visible check."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from . import ASSIGNMENTS, checker
from .engine import Check
from .kernels import Kernel, Stopped, run_cells
from .mistake import Mistake
from .telling import failed

SHOWS = re.compile(r"^(when_done\(|check\(\)$).*", re.MULTILINE | re.DOTALL)  # a cell's last call: trainings, tables
LONGEST = 20.0  # seconds for one check: its calls have a limit each, so only one that Python cannot end takes longer


class NotebookError(ValueError):
    """A notebook that cannot be checked; the message says why."""


def find_notebook(path: Path) -> Path:
    """The exercise's notebook: ``path`` itself, or the one that a folder ``path`` holds under its own name."""
    if path.is_dir():
        path = path.resolve()
        path = path / f"{path.name}.ipynb"
    if not path.is_file():
        raise NotebookError(
            f"there is no notebook {path}; name an exercise's folder, such as exercises/{ASSIGNMENTS[0]}"
        )
    if path.suffix != ".ipynb":
        raise NotebookError(f"{path} is no notebook: expected a file that ends in .ipynb")
    return path


def find_assignment(notebook: Path) -> str:
    """Which exercise a notebook is, by its name or else its folder's."""
    for name in (notebook.stem, notebook.resolve().parent.name):
        if name in ASSIGNMENTS:
            return name
    raise NotebookError(f"{notebook} is no exercise of the course; expected one of {', '.join(ASSIGNMENTS)}")


def run_checks(path: Path, timeout: int = 600) -> tuple[list[dict[str, str]], list[str]]:
    """Run a notebook's own cells, without what tests or only shows, and then the checks of its exercise.

    Whatever a cell or a function does, the rest is run: a kernel that is lost is replaced.

    Args:
        path: the notebook or its folder.
        timeout: seconds for each cell.

    Returns:
        Outcomes (check, status, text), and a line for each cell that raised an error or did not end.

    Raises:
        NotebookError: the notebook is missing, broken or no exercise.
    """
    import nbformat

    notebook_path = find_notebook(path)
    assignment = find_assignment(notebook_path)
    try:
        notebook = nbformat.read(notebook_path, as_version=4)
    except Exception as error:  # nbformat raises several kinds for a broken file
        raise NotebookError(f"{notebook_path} cannot be read as a notebook: {error}") from error
    cells = [SHOWS.sub("", cell.source) for cell in notebook.cells if cell.cell_type == "code" and not _is_test(cell)]
    checks = checker(assignment)._assignment.checks
    with Kernel(notebook_path.resolve().parent, timeout) as kernel:
        lines = run_cells(kernel, cells)
        outcomes = [_outcome(kernel, assignment, check) for check in checks.values()]
    return outcomes, lines


def _outcome(kernel: Kernel, assignment: str, check: Check) -> dict[str, str]:
    expression = f"__import__({__name__!r}, fromlist=['*']).outcome_in(globals(), {assignment!r}, {check.name!r})"
    try:
        return kernel.value(expression, max(LONGEST, 5 * check.seconds))
    except Stopped as stopped:
        mistake = Mistake(f"the check {stopped}")
        return {"check": check.name, "status": "failed", "text": failed(check.title, check.why, mistake)}


def outcome_in(names: dict[str, Any], assignment: str, check: str) -> dict[str, str]:
    """One check's outcome on what a notebook's ``names`` hold, as plain values."""
    return vars(checker(assignment).outcomes(names, check)[0])


def _is_test(cell: Any) -> bool:
    nbgrader = cell.metadata.get("nbgrader", {})
    return bool(nbgrader.get("grade")) and not nbgrader.get("solution")
