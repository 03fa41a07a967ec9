"""A chapter's gaps, read from its notebook: the cell, its check line, and the solution folded below."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
FOLD = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


class GapError(AssertionError):
    """A gap that does not keep the conventions; the message names its cell."""


@dataclass(frozen=True)
class Gap:
    """One gap.

    Attributes:
        name: of its check; ``made`` is the name of what the student writes.
        cell, check_cell: where they stand among the notebook's cells; often the same.
        solution: the code that the folded text shows.
    """

    name: str
    made: str
    cell: int
    check_cell: int
    source: str
    solution: str

    @property
    def filled(self) -> str:
        """The cell with the solution in the place of what it had under that name."""
        return self.filled_with(self.solution)

    def filled_with(self, code: str) -> str:
        old = next(node for node in ast.parse(self.source).body if self.made in made_by(node))
        lines = self.source.splitlines()
        return "\n".join([*lines[: old.lineno - 1], *code.splitlines(), *lines[old.end_lineno :]])

    @property
    def secret(self) -> list[str]:
        """The lines that only the solution has, squeezed."""
        given = set(map(squeezed, self.source.splitlines()))
        lines = [squeezed(line) for line in self.solution.splitlines()]
        return [line for line in lines if line not in given and len(line) >= 6]


def chapter(name: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)


def gaps(notebook: nbformat.NotebookNode) -> list[Gap]:
    """The gaps of a notebook in their order.

    Raises:
        GapError: a cell with the tag ``gap`` lacks its check line or its folded solution, or a check line its gap.
    """
    found = []
    for i, cell in enumerate(notebook.cells):
        if "gap" in cell.metadata.get("tags", []):
            found.append(_gap(notebook, i))
    checked = {gap.check_cell for gap in found}
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and i not in checked and any(map(_checked, ast.parse(cell.source).body)):
            raise GapError(f"{cell.id} checks a gap that stands in no cell with the tag gap")
    return found


def _gap(notebook: nbformat.NotebookNode, i: int) -> Gap:
    cell = notebook.cells[i]
    body = ast.parse(cell.source).body
    below, at = notebook.cells[i + 1 :], i
    if not (line := _checked(body[-1])) and below and below[0].cell_type == "code":
        at, below = i + 1, below[1:]
        line = _checked(ast.parse(notebook.cells[at].source).body[0])
    if not line:
        raise GapError(f'{cell.id}: its last line, or the cell below, must be: made = check("name", made)')
    name, made = line
    [*makes] = [node for node in body if made in made_by(node) and _checked(node) is None]
    if len(makes) != 1:
        raise GapError(f"{cell.id} must make {made} once")
    if isinstance(makes[0], ast.Assign) and at != i:
        raise GapError(f"{cell.id}: the check of a value stands in the cell that makes it")
    folded = FOLD.findall(below[0].source) if below and below[0].cell_type == "markdown" else []
    solutions = [code for title, text in folded if "solution" in title.lower() for code in PYTHON.findall(text)]
    if len(solutions) != 1:
        raise GapError(f"{cell.id}: the Markdown cell below must fold one solution, in <details>")
    return Gap(name, made, i, at, cell.source, solutions[0])


def made_by(node: ast.stmt) -> set[str]:
    """The names that a statement makes."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def _checked(node: ast.stmt) -> tuple[str, str] | None:
    """Name and work of ``made = check("name", made)``."""
    found = re.fullmatch(r"(\w+) = check\('(\w+)', (\w+)\)", ast.unparse(node))
    return (found[2], found[1]) if found and found[1] == found[3] else None


def squeezed(line: str) -> str:
    """Without comment, spaces and a comma at the end."""
    return re.sub(r"\s+", "", re.sub(r"\s#.*", "", line)).rstrip(",")
