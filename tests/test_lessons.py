"""What a chapter that is a lesson keeps: its measures, its heads of tables."""

import re

import nbformat
import pytest
from gaps import chapter
from lesson_list import LESSONS
from lesson_measures import Measures, measure, problems
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output


def test_the_list_names_chapters():
    assert list(LESSONS) == sorted(set(LESSONS))
    assert all(chapter(name).cells for name in LESSONS)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_its_measure(name):
    assert problems(chapter(name)) == []


def test_what_is_counted():
    table, picture = "<table><tr></tr></table>", '<img src="data:" alt="x">'
    widget = {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "q?\n[a / b]"}

    def shown(*pages):
        return [new_output("display_data", data={"text/html": page}) for page in pages]

    notebook = new_notebook(
        cells=[
            new_markdown_cell("one two three\n\n<details><summary>Hint</summary>\n\nfour five\n\n</details>"),
            new_code_cell("x = 1\n\nprint(x)", outputs=shown(table, picture)),
            new_code_cell("rows = []\nfor i in x:\n    rows.append(\n        (i, i)\n    )\nshow.table(rows)"),
            new_code_cell("a = 1\nb = 2", metadata={"tags": ["hide-input"]}, outputs=shown(table, "<svg></svg>")),
            new_code_cell("c = 1", metadata={"tags": ["hide-output"]}, outputs=shown(table)),
            new_code_cell('g = Prediction("k")\ng', outputs=[new_output("display_data", data=widget)]),
            new_code_cell("explorer", outputs=[new_output("display_data", data=widget)]),
            new_code_cell('f = check("f", f)'),
            new_code_cell(f'text = "{"x" * 61}"'),
        ]
    )
    # fmt: off
    assert measure(notebook) == Measures(words=3, view=14, folded=2, plumbing=7, longest=6, tables=2, pictures=2,
                                         widgets=1, predictions=1, tasks=1)
    # fmt: on


def good() -> nbformat.NotebookNode:
    """A chapter that has of everything what it may have."""
    head = "# 1 · Title\n\n**Time:** 30 minutes.\n\n" + "word " * 1200
    ask = [new_code_cell(f'g = Prediction("{i}")', execution_count=i) for i in (1, 2)]
    tasks = [new_code_cell(f'f = check("{i}", f)') for i in range(3)]
    return new_notebook(cells=[new_markdown_cell(head), *ask, *tasks, new_code_cell("\n".join(["x = 1"] * 28))])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda cells: None, ""),
        (lambda cells: cells.extend(new_code_cell("\n".join(["x = 1"] * 30)) for _ in range(7)), "in view: 2"),
        (lambda cells: cells[-1].update(source="\n".join(["x = 1"] * 31)), "longest: 31, at most 30"),
        (lambda cells: cells[-1].update(source="x = 1\nprint(x)\n" * 3), "plumbing (%): "),
        (lambda cells: cells.pop(1), "predictions: 1, at least 2"),
        (lambda cells: cells.pop(3), "tasks: 2, at least 3"),
        (lambda cells: cells[0].update(source=cells[0].source.replace("30 min", "45 min")), "promises 45 minutes"),
        (lambda cells: cells[0].update(source=cells[0].source.replace("30 min", "some")), "promises no time"),
        (lambda cells: cells[0].update(source=cells[0].source + "word " * 10_000), "minutes: 76, at most 75"),
        (
            lambda cells: cells[-1].update(outputs=[new_output("display_data", data={"text/html": "<table>"})]),
            "0 pictures and 0 widgets, but 1 tables",
        ),
        (
            lambda cells: cells.extend(
                new_code_cell("\n".join(["x"] * 30), metadata={"tags": ["hide-input"]}) for _ in range(11)
            ),
            "with folded: 3",
        ),
    ],
)
def test_each_limit_can_fail(change, problem):
    notebook = good()
    change(notebook.cells)
    found = problems(notebook)
    assert any(one.startswith(problem) or problem in one for one in found) if problem else found == []


def test_the_first_chapter_has_one_task():
    notebook = good()
    del notebook.cells[3:5]
    notebook.cells[0].source = notebook.cells[0].source.replace("# 1 ·", "# 0 ·").replace("30 min", "17 min")
    assert problems(notebook) == []


def heads(notebook: nbformat.NotebookNode) -> list[str]:
    """The heads of tables, in outputs and in Markdown."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            lines = re.findall(r"^\|(.+)\|[ ]*\n\|[ :|-]+\|[ ]*$", cell.source, re.MULTILINE)
            found += [head.strip() for line in lines for head in line.split("|")]
        for output in cell.get("outputs", []):
            page = output.get("data", {}).get("text/html", "")
            found += [re.sub(r"<[^>]+>", "", head).strip() for head in re.findall(r"<th\b[^>]*>(.*?)</th>", page, re.S)]
    return found


UNITS = {"MAC", "MB", "kB", "GB", "ms", "mJ", "J", "time", "latency", "work", "cost", "energy", "traffic"}
VERBS = {"has", "is", "was", "as", "does", "needs", "takes", "makes", "gives", "gets", "costs", "plus", "versus"}


def for_each(head: str) -> list[str]:
    """``MACs a pixel`` and its like, where *per* belongs."""
    pairs = re.findall(r"(\w+)(?: \([^)]*\))? (an? \w+)", head)
    return [f"{what} {one}" for what, one in pairs if what in UNITS or (what.endswith("s") and what not in VERBS)]


@pytest.mark.parametrize("name", LESSONS)
def test_heads_of_tables_say_per(name):
    assert [pair for head in heads(chapter(name)) for pair in for_each(head)] == []


def test_heads_that_do_not_say_per_are_found():
    page = '<table><thead><tr><th></th><th class="n">MACs (M) a number</th><th>ms per image</th></tr></thead></table>'
    cells = [
        new_markdown_cell(
            "Text\n\n| layer | G MACs a second | has a shortcut |\n|:--|--:|:-:|\n| a | times a day | c |"
        ),
        new_code_cell("x", outputs=[new_output("display_data", data={"text/html": page})]),
    ]
    found = heads(new_notebook(cells=cells))
    assert found == ["layer", "G MACs a second", "has a shortcut", "", "MACs (M) a number", "ms per image"]
    assert [pair for head in found for pair in for_each(head)] == ["MACs a second", "MACs a number"]


@pytest.mark.parametrize("head", ["MACs a byte", "filters a channel", "latency a picture", "ms an image"])
def test_per_belongs_there(head):
    assert for_each(head)


@pytest.mark.parametrize("head", ["a random kernel", "as a table", "is a bottleneck", "MACs per byte", "what a layer"])
def test_an_article_is_no_per(head):
    assert not for_each(head)
