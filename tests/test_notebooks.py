"""What every chapter keeps, beyond running (which ``pytest --nbval`` checks)."""

import re
from pathlib import Path

import jupytext
import nbformat
import pytest

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
HEADINGS = [
    "Predict",
    "Build",
    "Check",
    "Explore",
    "Explain",
    "What we claimed and what we measured",
    "Your turn",
    "Sources",
]
IMAGE = re.compile(r"<img [^>]*>")


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


@pytest.fixture
def notebook(path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def html(cell):
    return "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)


def test_there_are_chapters():
    assert [path.stem[:2] for path in CHAPTERS] == [f"{n:02}" for n in range(len(CHAPTERS))]
    assert CHAPTERS


def test_headings_in_the_common_order(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert re.match(r"# \d+ · .+\n\n\*.+\*\n", text), "a title and a promise in one line"
    assert text.index("**You will be able to**") < text.index("**Time:**") < text.index("**Before:**")
    found = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [heading for heading in found if heading in HEADINGS] == HEADINGS
    assert text.count("<details>") == text.count("</details>") >= 3


def test_executed_from_top_to_bottom_without_a_complaint(notebook):
    cells = code(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert not [
            output for output in cell.outputs if output.output_type == "error" or output.get("name") == "stderr"
        ]


def test_small(path, notebook):
    assert path.stat().st_size < 1_000_000
    assert max(len(str(cell.outputs)) for cell in code(notebook)) < 200_000


def test_every_figure_speaks(notebook):
    """Alternative text; and the tag, for a picture's bytes depend on matplotlib's version."""
    for cell in code(notebook):
        for image in IMAGE.findall(html(cell)):
            assert len(re.search(r'alt="([^"]*)"', image)[1]) > 60
            assert "nbval-ignore-output" in cell.metadata.tags
        assert not [output for output in cell.outputs if "image/png" in output.get("data", {})], (
            "JupyterLab gives image/png no alternative text; use effcourse.show.figure"
        )


def test_nothing_of_the_machine_that_ran_it(notebook):
    text = str([cell.outputs for cell in code(notebook)])
    assert not re.search(r"/home/|/root/|/tmp/|/Users/|\.venv|[A-Z]:\\\\", re.sub(r"base64,[^\"]*", "", text))
    assert notebook.metadata.kernelspec.name == "python3"


def test_cells_have_ids_that_stay(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert not [i for i in ids if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f-]+)?", i)], "an editor's random id"


def test_text_twin_is_in_sync(path, notebook):
    twin = jupytext.read(ROOT / "notebooks" / "md" / f"{path.stem}.md")

    def parts(cells):
        return [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in cells]

    assert parts(twin.cells) == parts(notebook.cells), "run: jupytext --sync notebooks/*.ipynb"
