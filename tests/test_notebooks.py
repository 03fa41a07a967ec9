"""What every chapter keeps, beyond running (which ``pytest --nbval`` checks)."""

import ast
import html as markup
import json
import re
from pathlib import Path

import jupytext
import nbformat
import pytest

from effcourse import published
from effcourse.notebook.widgets.prediction import WAITING
from effcourse.notebook.widgets.questions import questions

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


def test_folded_code_is_folded_in_the_lab_and_in_a_built_book(notebook):
    """Jupyter Book folds by the tag ``hide-input``, JupyterLab by ``source_hidden``."""
    for cell in code(notebook):
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        assert hidden == ("hide-input" in cell.metadata.get("tags", [])), cell.id


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


def predictions(notebook) -> list[tuple[nbformat.NotebookNode, str, str]]:
    """The cells that ask, the names that they give to their predictions, and the keys."""
    found = []
    for cell in code(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Prediction("):
                [key] = [*node.value.args, *node.value.keywords]
                found.append((cell, ast.unparse(node.targets[0]), ast.literal_eval(key)))
    return found


def told(notebook) -> list[str]:
    """What a stored chapter tells of its predictions before the student has answered."""
    found = []
    text = squeezed(json.dumps(notebook, ensure_ascii=False))
    for key, question in questions().items():
        found += [f"a reply of {key}: {one.say}" for one in question.replies if squeezed(one.say) in text]
    for cell, name, key in predictions(notebook):
        widgets = [output for output in cell.outputs if WIDGET in output.get("data", {})]
        said = "".join(output.data["text/plain"] for output in widgets)
        if len(widgets) != 1 or not said.startswith(questions()[key].question):
            found.append(f"the cell of {key} shows something else than its question: {said!r}")
        replies = [c for c in code(notebook) if f"{name}.reply(" in c.source]
        for reply in replies:
            for output in reply.outputs:
                if output.get("data", {}).get("text/plain") != WAITING or plain_text(output) != WAITING:
                    found.append(f"the reply to {key} tells: {output}")
            calls = [node for node in ast.walk(ast.parse(reply.source)) if isinstance(node, ast.Call)]
            for node in (node for node in calls if ast.unparse(node.func) == f"{name}.reply"):
                if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Constant):
                    found.append(f"the truth of {key} is typed: {ast.unparse(node)}")
        if len(replies) != 1 or replies[0].execution_count <= cell.execution_count:
            found.append(f"{key} has {len(replies)} replies below it")
    for model in states(notebook):
        if "question" in model and (model.get("guess") is not None or model.get("note") or model.get("commits")):
            found.append(f"an answer is stored: {model['question']}")
        if "question" in model and not PAGE.issuperset(model):
            found.append(f"the page's data hold {', '.join(set(model) - PAGE)}")
    return found


WIDGET = "application/vnd.jupyter.widget-view+json"
PAGE = {"question", "unit", "choices", "guess", "commits", "note", "data", "layout", "tabbable", "tooltip"} | {
    f"_{name}"
    for name in "anywidget_id css dom_classes esm model_module model_module_version model_name view_count view_module "
    "view_module_version view_name".split()
}


def squeezed(text: str) -> str:
    """Letters and digits only, so that no quote, no markup and no line break hides a sentence."""
    return re.sub(r"[\W_]+", "", markup.unescape(text.replace("\\n", " ")))


def plain_text(output) -> str:
    return markup.unescape(re.sub(r"<[^>]*>", "", output["data"].get("text/html", "")))


def states(notebook) -> list[dict]:
    stored = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    return [model["state"] for model in stored.get("state", {}).values()]


def test_nothing_tells_what_a_prediction_asks(notebook):
    assert predictions(notebook)
    assert told(notebook) == []


@pytest.mark.parametrize("place", ["source", "output", "state", "reply", "typed", "shown"])
def test_a_told_reply_or_truth_is_found(place):
    notebook = nbformat.read(CHAPTERS[2], as_version=4)
    _, name, key = predictions(notebook)[0]
    reply = next(c for c in notebook.cells if f"{name}.reply(" in c.source)
    said = questions()[key].replies[0].say
    if place == "source":
        notebook.cells[-1].source += "\n" + said.replace(" ", "\n", 3)
    elif place == "output":
        reply.outputs[0].data["text/html"] += f"<p>{said}</p>"
    elif place == "state":
        next(state for state in states(notebook) if "question" in state)["answer"] = 5.76
    elif place == "reply":
        reply.outputs[0].data["text/plain"] += "\nIt is 5.76 times."
    elif place == "typed":
        reply.source = f"{name}.reply(5.76)"
    else:
        reply.source = f"{name}.reply(saving, show=True)"
    assert told(notebook)


def test_every_prediction_is_asked_in_the_chapter_of_its_number():
    asked = {}
    for path in CHAPTERS:
        for _, _, key in predictions(nbformat.read(path, as_version=4)):
            assert key[:2] == path.stem[:2]
            assert asked.setdefault(key, path) == path, "asked twice"
    assert set(asked) == set(questions())
