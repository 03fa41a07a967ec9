"""What every chapter keeps, beyond running (which ``pytest --nbval`` checks)."""

import re
from pathlib import Path

import jupytext
import nbformat
import pytest

from effcourse import published

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
            "JupyterLab gives image/png no alternative text; use effcourse.notebook.show.figure"
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


def typed_figures(notebook) -> list[str]:
    """Figures of a paper that stand in a cell's source: accuracies, MACs, parameters and latencies with their unit."""
    figures = published()

    def known(value: float, column: str) -> bool:
        return bool((figures[column].dropna() - value).abs().lt(1e-9).any())

    found = []
    for cell in notebook.cells:
        text = re.sub(r'"arXiv:[^"]*"', "", cell.source)  # a source's name may quote a figure to tell texts apart
        for number, unit in re.findall(
            r"(?<![\d.,×])(\d[\d,]*(?:\.\d+)?)\s?(%|ms\b|M\b|million\b|G\b|billion\b)", text
        ):
            value = float(number.replace(",", ""))
            millions = value * (1000 if unit in ("G", "billion") else 1)
            if (
                (unit == "%" and value > 40 and "." in number and known(value, "top1"))
                or (unit == "ms" and known(value, "latency_ms"))
                or (unit not in ("%", "ms") and (known(millions, "macs_m") or known(millions, "params_m")))
            ):
                found.append(f"{number} {unit} in: {cell.source[:80]!r}")
        if cell.cell_type == "code":
            for literal in re.findall(r"(?<![\w.])([4-9]\d\.\d)(?![\w.])", text):
                if known(float(literal), "top1"):
                    found.append(f"{literal} in: {cell.source[:80]!r}")
    return found


def test_no_figure_of_a_paper_is_typed(notebook):
    assert typed_figures(notebook) == [], "take it from effcourse.published, which has its source"


@pytest.mark.parametrize(
    "source",
    [
        "MobileNetV1 reaches 70.6 % with 569 M multiply-adds",
        "needs 0.39 billion",
        "it has 4.2 M parameters",
        "takes 113 ms on a Pixel",
        "top1 = 70.6",
    ],
)
def test_a_typed_figure_is_found(source):
    kind = nbformat.v4.new_code_cell if "=" in source else nbformat.v4.new_markdown_cell
    assert typed_figures(nbformat.v4.new_notebook(cells=[kind(source)]))


def test_computed_numbers_are_no_typed_figures():
    text = "224 × 224 pixels, half the channels, 9 MACs a number, within 2 %, f-strings such as {paper.macs_m:.0f} M"
    assert not typed_figures(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)]))


def test_every_explorer_has_its_static_twin(notebook):
    """An explorer needs a live kernel; beside it stand its figure, with alternative text, and its table."""
    cells = code(notebook)
    if any("CostExplorer(" in cell.source for cell in cells):
        for twin in (".figure()", ".table()"):
            assert any(twin in cell.source and html(cell) for cell in cells), f"no cell shows the explorer's {twin}"
