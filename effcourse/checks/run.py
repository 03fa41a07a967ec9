"""Check an exercise's notebook from a shell: run its cells in a kernel, then every visible check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import ASSIGNMENTS

MARK = "effcourse-outcomes:"
REPORT = """
import json as _json
from effcourse.checks import checker as _checker
print({mark!r} + _json.dumps([vars(_outcome) for _outcome in _checker({assignment!r}).outcomes(globals())]))
"""


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
    """Run a notebook's own cells, without its test cells, and then the checks of its exercise.

    Args:
        path: the notebook or its folder.
        timeout: seconds for each cell.

    Returns:
        Outcomes (check, status, text), and a line for each cell that raised an error.

    Raises:
        NotebookError: the notebook is missing, broken or no exercise, or a cell did not end.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    notebook_path = find_notebook(path)
    assignment = find_assignment(notebook_path)
    try:
        notebook = nbformat.read(notebook_path, as_version=4)
    except Exception as error:  # nbformat raises several kinds for a broken file
        raise NotebookError(f"{notebook_path} cannot be read as a notebook: {error}") from error
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code" and not _is_test(cell)]
    notebook.cells.append(nbformat.v4.new_code_cell(REPORT.format(mark=MARK, assignment=assignment)))
    client = NotebookClient(
        notebook,
        timeout=timeout,
        allow_errors=True,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(notebook_path.parent)}},
    )
    try:
        client.execute()
    except CellTimeoutError as error:
        raise NotebookError(f"a cell of {notebook_path} did not end within {timeout} s") from error
    except DeadKernelError as error:
        raise NotebookError(f"{notebook_path} made Python stop; does a cell call exit()?") from error
    return _outcomes(notebook.cells.pop()), [line for cell in notebook.cells for line in _errors(cell)]


def _is_test(cell: Any) -> bool:
    nbgrader = cell.metadata.get("nbgrader", {})
    return bool(nbgrader.get("grade")) and not nbgrader.get("solution")


def _outcomes(cell: Any) -> list[dict[str, str]]:
    for output in cell.outputs:
        for line in output.get("text", "").splitlines():
            if line.startswith(MARK):
                return json.loads(line[len(MARK) :])
    errors = [output.evalue for output in cell.outputs if output.output_type == "error"]
    raise NotebookError(f"the checks could not run: {errors[0] if errors else 'they printed nothing'}")


def _errors(cell: Any) -> list[str]:
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return [
        f"the cell that begins with {first.strip()!r} raised {output.ename}: {output.evalue}"
        for output in cell.outputs
        if output.output_type == "error" and output.ename not in ("NotImplementedError", "CheckFailed", "NotDoneYet")
    ]
