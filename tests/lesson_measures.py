"""What a student of a chapter meets, in numbers, and what a lesson may have of each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import nbformat
from gaps import FOLD

WORDS, LINES, SHOWN = 200, 12, 1.4  # read in a minute: words of prose, lines of code in view, tables or pictures
TASK, PREDICTION = 5, 1  # minutes for a gap or an instrument, for a prediction
DISPLAY = ("show.table", "show.figure", "plots.", "Prediction", "axes", "Figure", "figure", "drawing", "print")
COLLECT = ("rows.append", ".set_title", ".annotate")
LONG = 60  # characters of a text from which it is prose that stands in the code
WIDGET = "application/vnd.jupyter.widget-view+json"

AT_MOST = {"in view": 220, "with folded": 350, "plumbing (%)": 15, "longest": 30, "tables": 8, "minutes": 75}
AT_LEAST = {"predictions": 2, "tasks": 3}
FIRST = {"tasks": 1}  # chapter 0 only opens the course
PROMISE = re.compile(r"\*\*Time:\*\*\s*(?:about\s*)?(\d+) minutes")


@dataclass
class Measures:
    """Counts of one chapter; lines are those that are not blank."""

    words: int = 0
    view: int = 0
    folded: int = 0
    plumbing: int = 0
    longest: int = 0
    tables: int = 0
    pictures: int = 0
    widgets: int = 0
    predictions: int = 0
    tasks: int = 0

    @property
    def share(self) -> int:
        """Plumbing in view, in per cent."""
        return round(100 * self.plumbing / max(1, self.view))

    @property
    def minutes(self) -> int:
        reading = self.words / WORDS + self.view / LINES + (self.tables + self.pictures) / SHOWN
        return round(reading + TASK * (self.tasks + self.widgets) + PREDICTION * self.predictions)

    def by_name(self) -> dict[str, int]:
        return {
            "in view": self.view,
            "with folded": self.view + self.folded,
            "plumbing (%)": self.share,
            "longest": self.longest,
            "tables": self.tables,
            "minutes": self.minutes,
            "predictions": self.predictions,
            "tasks": self.tasks,
        }


def measure(notebook: nbformat.NotebookNode) -> Measures:
    m = Measures()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            m.words += len(FOLD.sub("", cell.source).split())  # what is folded is not read by everybody
            continue
        lines = sum(bool(line.strip()) for line in cell.source.splitlines())
        tree = ast.parse(cell.source)
        if is_folded(cell):
            m.folded += lines
        else:
            m.view += lines
            m.plumbing += len(set(_plumbing(tree)))
            m.longest = max(m.longest, lines)
        m.tasks += "check" in set(_called(tree))
        asks = "Prediction" in set(_called(tree))
        m.predictions += asks
        shown = "hide-output" not in _tags(cell)
        for output in cell.outputs:
            data = output.get("data", {})
            page = data.get("text/html", "")
            m.tables += shown and "<table" in page
            m.pictures += any(mark in page for mark in ("<img", "<svg")) or any(
                kind.startswith("image/") for kind in data
            )
            m.widgets += WIDGET in data and not asks
    return m


def problems(notebook: nbformat.NotebookNode) -> list[str]:
    """What a chapter has too much or too little of."""
    measured = measure(notebook)
    m = measured.by_name()
    title = next(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    least = {**AT_LEAST, **(FIRST if title.startswith("# 0 ") else {})}
    found = [f"{name}: {m[name]}, at most {most}" for name, most in AT_MOST.items() if m[name] > most]
    found += [f"{name}: {m[name]}, at least {few}" for name, few in least.items() if m[name] < few]
    if measured.pictures + measured.widgets < measured.tables:
        found.append(f"{measured.pictures} pictures and {measured.widgets} widgets, but {measured.tables} tables")
    promise = PROMISE.search(title)
    if promise is None:
        found.append("the head promises no time: **Time:** 50 minutes")
    elif abs(int(promise[1]) - measured.minutes) > 0.2 * measured.minutes:
        found.append(f"the head promises {promise[1]} minutes, measured are {measured.minutes}")
    return found


def is_folded(cell: nbformat.NotebookNode) -> bool:
    hidden = {"hide-input", "remove-input", "hide-cell"} & set(_tags(cell))
    return bool(hidden) or cell.metadata.get("jupyter", {}).get("source_hidden", False)


def _tags(cell: nbformat.NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def _called(tree: ast.AST) -> Iterator[str]:
    return (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))


def _plumbing(tree: ast.AST) -> Iterator[int]:
    """Lines that make or fill a table, a figure or a text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            is_plumbing = name.startswith(DISPLAY) or name.endswith(COLLECT)
        else:
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            is_plumbing = len(text) > LONG and "\n" not in text
        if is_plumbing:
            yield from range(node.lineno, node.end_lineno + 1)
