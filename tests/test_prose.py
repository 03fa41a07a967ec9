"""Numbers in the chapters' prose are held by what the chapters print, use and cite."""

import random

import nbformat
import pytest
from gaps import chapter
from lesson_list import LESSONS
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from prose import changed, evidence, numbers, problems, reasons

HELD = sorted({*LESSONS, "02_depthwise_separable"})  # the test's own proof was made on that one
CHANGES, NOTICED = 40, 36


@pytest.mark.parametrize("name", HELD)
def test_every_number_comes_from_somewhere(name):
    assert problems(chapter(name), reasons(name)) == []


@pytest.mark.parametrize("name", HELD)
def test_every_reason_is_needed(name):
    notebook, phrases = chapter(name), reasons(name)
    known = evidence(notebook)
    for phrase, reason in phrases.items():
        assert len(reason.split()) >= 3, f"{phrase!r} needs a reason"
        left = {one: why for one, why in phrases.items() if one != phrase}
        assert problems(notebook, left, known), f"{phrase!r} is not in the text, or found without a reason"


@pytest.mark.parametrize("name", HELD)
def test_a_changed_number_is_noticed(name):
    notebook, phrases, dice = chapter(name), reasons(name), random.Random(name)
    known, there = evidence(notebook), list(numbers(notebook))
    if not there:
        pytest.skip("no number stands in its prose")
    missed = []
    for cell, number in (dice.choice(there) for _ in range(CHANGES)):
        before, new = cell.source, changed(number.text, dice)
        assert new != number.text
        cell.source = before[: number.start] + new + before[number.start + len(number.text) :]
        if not problems(notebook, phrases, known):
            missed.append(f"{cell.id}: {number.text} made {new}")
        cell.source = before
    assert CHANGES - len(missed) >= NOTICED, missed


def notebook_with(prose: str, code: str = "x", **output) -> nbformat.NotebookNode:
    outputs = [new_output("display_data", data=output)] if output else []
    return new_notebook(cells=[new_markdown_cell(prose), new_code_cell(code, outputs=outputs)])


TABLE = (
    "<table><tr><th>layer</th><th>MACs (M)</th><th>share (%)</th><th>saving</th></tr>"
    "<tr><td>stem</td><td>10.84</td><td>3.6</td><td>5.76</td></tr>"
    "<tr><td>head</td><td>300.77</td><td>31.2</td><td>8.69</td></tr></table>"
)


@pytest.mark.parametrize(
    "prose",
    [
        "The head takes 31 % of it, the stem 3.6 %.",
        "The stem costs 10.8 M MACs, the head 300.8 million.",
        "The stem saves 5.76 times.",
        "It takes 5.8 times fewer.",
        "It saves 5.8x or 8.7×.",
        "The head takes 300.8M MACs.",
        "| layer | share |\n|:--|--:|\n| the head | 31.2 % |",
    ],
)
def test_a_number_of_a_table_is_found(prose):
    assert problems(notebook_with(prose, **{"text/html": TABLE}), {}) == []


@pytest.mark.parametrize(
    "prose",
    [
        "The head takes 13 % of it.",
        "The head takes 31.3 % of it.",
        "The head takes 31 ms.",
        "The stem costs 18.04 M MACs.",
        "It takes 5.9 times fewer.",
        "It takes 5.77 times fewer.",
        "It saves 5.9x.",
        "The head takes 303.8M MACs.",
        "| layer | share |\n|:--|--:|\n| the head | 32.1 % |",
    ],
)
def test_another_number_is_not(prose):
    found = problems(notebook_with(prose, **{"text/html": TABLE}), {})
    assert len(found) == 1
    assert found[0][1].split()[0] in prose


def test_whole_numbers_and_their_millions():
    said = {"text/plain": "params: 1,534,112"}
    assert problems(notebook_with("It has 1,534,112 parameters, so 1.5 M.", **said), {}) == []
    assert len(problems(notebook_with("It has 1,543,112 parameters, so 1.6 M.", **said), {})) == 2


def test_a_thick_pool_proves_nothing():
    """Where every number stands, one more is not found there."""
    many = "\n".join(f"row {i} has {i} %" for i in range(100))
    assert len(problems(notebook_with("It is 31 %.", **{"text/plain": many}), {})) == 1
    assert problems(notebook_with("It is 31 %.", **{"text/plain": "row has 31 %"}), {}) == []


def test_shapes_are_found_as_they_are_written():
    assert problems(notebook_with("a 5×5 kernel on 14 × 14 positions", "trace(block, (16, 14, 14))  # 5×5"), {}) == []
    assert len(problems(notebook_with("a 3×5 kernel on 14 × 41", "trace(block, (16, 14, 14))  # 5×5"), {})) == 2


def test_ranges_share_their_unit():
    said = {"text/plain": "lowest 2.1 %\nhighest 9.8 %"}
    assert problems(notebook_with("It costs 2 to 10 per cent.", **said), {}) == []
    assert len(problems(notebook_with("It costs 4 to 10 per cent.", **said), {})) == 1


def test_published_figures_of_a_cited_source_are_found():
    assert problems(notebook_with("It has 4.2 M parameters [1].\n\n## Sources\n\n1. arXiv:1704.04861"), {}) == []
    assert problems(notebook_with("It has 4.2 M parameters."), {})


@pytest.mark.parametrize(
    "prose",
    [
        "## 3 · Title\n\n### Step 2",
        "1. first\n2. second",
        "See [1, 2], Table 4, Section 3.2 and Tables 2 and 3, Figure 6, chapter 12, arXiv:1704.04861 of 2017.",
        "MobileNetV2, ResNet-50, ReLU6, int8 and an iPhone 13",
        "`(1, 16, 28, 28)` and $k^2 = 9$, $$1/9$$ and ```\n7\n```",
        "[chapter](09_latency.ipynb)",
        "Text.\n\n## Sources\n\n1. pages 12 to 99",
    ],
)
def test_names_and_citations_are_no_numbers(prose):
    assert [number.text for _, number in numbers(notebook_with(prose))] == []


@pytest.mark.parametrize("text", ["31", "1,234", "0.35", "3×3", "9 × 128", "1", "7.0", "100"])
def test_a_change_is_a_change(text):
    dice = random.Random(0)
    assert all(changed(text, dice) != text for _ in range(200))
