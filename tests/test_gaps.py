"""The gaps of every chapter that has some: solved, unsolved and wrong, and told nowhere."""

import contextlib
import io
import linecache
import re
import subprocess
import sys

import nbformat
import pytest
from gaps import FOLD, ROOT, GapError, chapter, gaps, squeezed

from effcourse.checks import WITH_GAPS, lesson
from effcourse.checks.recipes import GIVEN

GAPS = [pytest.param(name, gap, id=f"{name}-{gap.name}") for name in WITH_GAPS for gap in gaps(chapter(name))]
MISTAKES = [
    pytest.param(name, part, mistake, id=f"{name}-{part.name}-{mistake.label}")
    for name in WITH_GAPS
    for part in lesson(name)._assignment.checks.values()
    for mistake in part.recipe.mistakes
]


def run(name: str, cell: str) -> tuple[dict, str]:
    """The names that a gap's cell makes and what it prints."""
    file = f"<{name} {hash(cell)}>"
    linecache.cache[file] = (len(cell), None, cell.splitlines(keepends=True), file)
    names = {**GIVEN, "check": lesson(name)}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(cell, file, "exec"), names)
    return names, printed.getvalue()


def whole(name: str, gap, source: str) -> str:
    """A gap's cell, and its check line where that stands in the next one."""
    return source if gap.check_cell == gap.cell else f"{source}\n{chapter(name).cells[gap.check_cell].source}"


@pytest.mark.parametrize("name", WITH_GAPS)
def test_every_gap_has_its_check_and_every_check_its_gap(name):
    found = gaps(chapter(name))
    checks = lesson(name)._assignment.checks
    assert [gap.name for gap in found] == list(checks)
    assert [gap.made for gap in found] == [check.recipe.name for check in checks.values()]
    assert all(len(check.recipe.mistakes) >= 3 for check in checks.values())
    assert all(len({m.cause for m in check.recipe.mistakes}) >= 3 for check in checks.values())


@pytest.mark.parametrize(("name", "gap"), GAPS)
def test_the_folded_solution_passes(name, gap):
    names, said = run(name, whole(name, gap, gap.filled))
    assert said.startswith("✓ ")
    recipe = lesson(name)._assignment.checks[gap.name].recipe
    assert recipe.kind == "value" or names[gap.made] is not recipe.right


@pytest.mark.parametrize(("name", "gap"), GAPS)
def test_unsolved_it_is_not_done_yet_and_the_courses_goes_on(name, gap):
    names, said = run(name, whole(name, gap, gap.source))
    assert re.fullmatch(rf"○ .+: not done yet; what follows uses the course's {gap.made}\n", said)
    assert names[gap.made] is lesson(name)._assignment.checks[gap.name].recipe.right
    stored = chapter(name).cells[gap.check_cell].outputs
    assert [output.get("text") for output in stored][-1:] == [said]


@pytest.mark.parametrize(("name", "part", "mistake"), MISTAKES)
def test_every_mistake_is_told_its_own_sentence_and_the_courses_goes_on(name, part, mistake):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        got = lesson(name)(part.name, mistake.make)
    assert got is part.recipe.right
    said = " ".join(printed.getvalue().split())
    assert said.startswith("✗ ")
    assert " ".join(mistake.cause.split()) in said, printed.getvalue()


def told(notebook) -> list[str]:
    """Lines of a solution that stand in view, in folded code or in an output."""
    found = []
    for gap in gaps(notebook):
        for i, cell in enumerate(notebook.cells):
            texts = [FOLD.sub("", cell.source) if cell.cell_type == "markdown" else cell.source]
            for output in cell.get("outputs", []):
                texts += [str(output.get("text", "")), *map(str, output.get("data", {}).values())]
            there = "\n".join(squeezed(line) for text in texts for line in text.splitlines())
            if i != gap.cell:
                found += [f"{cell.id} tells of {gap.name}: {line}" for line in gap.secret if line in there]
    return found


@pytest.mark.parametrize("name", WITH_GAPS)
def test_no_line_of_a_solution_is_told(name):
    assert all(gap.secret for gap in gaps(chapter(name)))
    assert told(chapter(name)) == []


@pytest.mark.parametrize("kind", ["markdown", "code", "folded", "output"])
def test_a_told_line_is_found(kind):
    notebook = chapter(WITH_GAPS[0])
    line = gaps(notebook)[0].secret[0]
    if kind == "output":
        notebook.cells[-1] = nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("stream", text=line)])
    elif kind == "markdown":
        notebook.cells.append(nbformat.v4.new_markdown_cell(f"Do you see that `{line}`?"))
    else:
        tags = {"tags": ["hide-input"]} if kind == "folded" else {}
        notebook.cells.append(nbformat.v4.new_code_cell(f"for x in y:\n    {line}  # so", metadata=tags))
    assert told(notebook)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda cells, gap: cells.__delitem__(gap.check_cell + 1), "must fold one solution"),
        (lambda cells, gap: cells[gap.cell].metadata.update(tags=[]), "no cell with the tag gap"),
        (lambda cells, gap: cells[gap.cell].update(source="x = 1"), "its last line, or the cell below"),
    ],
)
def test_a_gap_out_of_order_is_named(change, message):
    notebook = chapter(WITH_GAPS[0])
    change(notebook.cells, gaps(notebook)[0])
    with pytest.raises(GapError, match=message):
        gaps(notebook)


@pytest.mark.parametrize("name", WITH_GAPS)
def test_solved_the_chapter_shows_what_it_shows_unsolved(name, tmp_path):
    """All gaps filled with their solutions, in one kernel; only the checks' own lines may differ."""
    notebook = chapter(name)
    for gap in gaps(notebook):
        notebook.cells[gap.cell].source = gap.filled
        passed = f"✓ {lesson(name)._assignment.checks[gap.name].title}"
        output = notebook.cells[gap.check_cell].outputs[-1]
        output.text = re.sub(r"^○ .*$", passed, output.text, flags=re.MULTILINE)
        assert passed in output.text
    path = tmp_path / f"{name}.ipynb"
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", path]
    done = subprocess.run(command, cwd=ROOT / "notebooks", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
