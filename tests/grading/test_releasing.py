"""Releasing exercises, and what a class is handed."""

import shutil
import subprocess
import sys

import nbformat
import pytest
from click.testing import CliRunner
from exercise_bank import ROOT

from effcourse import doctor
from effcourse.cli import main
from effcourse.grading.releasing import (
    STUDENT_EDITION,
    ReleaseError,
    list_assignments,
    outdated,
    release,
    student_edition,
)

pytest.importorskip("nbgrader", reason="the grading extra is not installed")
pytestmark = pytest.mark.filterwarnings("default")  # nbgrader's own

NAME = "01_flops_math"


@pytest.fixture
def course(tmp_path):
    """A course with one assignment."""
    for folder in ("solutions", "exercises"):
        shutil.copytree(ROOT / folder / NAME, tmp_path / "course" / folder / NAME)
    return tmp_path / "course"


def edit(course, old, new):
    path = course / "solutions" / NAME / f"{NAME}.ipynb"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_release_is_repeatable_and_tells_what_changed(course):
    before = files(course / "exercises")
    assert release(course) == []
    shutil.rmtree(course / "exercises")
    assert outdated(course) == [NAME]
    assert release(course) == [NAME]
    assert files(course / "exercises") == before


def test_change_of_a_solution_alone_changes_no_exercise(course):
    edit(course, "// stride + 1", "// stride + 1 + 0")
    assert outdated(course) == []


def test_change_of_a_statement_is_noticed(course):
    edit(course, "replace each", "exchange each")
    assert outdated(course, [NAME]) == [NAME]
    assert release(course, [NAME]) == [NAME]
    released = course / "exercises" / NAME / f"{NAME}.ipynb"
    assert "exchange each" in released.read_text(encoding="utf-8")
    assert not [path for path in (course / "exercises").iterdir() if path.name != NAME]


def test_files_beside_the_notebook_are_released_and_stray_ones_removed(course):
    (course / "solutions" / NAME / "table.csv").write_text("a,b\n", encoding="utf-8")
    (course / "exercises" / NAME / "stray.txt").write_text("", encoding="utf-8")
    release(course)
    assert {path.name for path in files(course / "exercises" / NAME)} == {f"{NAME}.ipynb", "table.csv"}


def test_solution_that_cannot_be_released_leaves_the_exercise(course):
    before = files(course / "exercises")
    edit(course, "### END SOLUTION", "### THE END")
    with pytest.raises(ReleaseError, match=rf"solutions/{NAME} cannot be released: .*(?i:solution)"):
        release(course)
    assert files(course / "exercises") == before


def test_unknown_assignment_and_empty_course_are_told(course, tmp_path):
    with pytest.raises(ReleaseError, match=r"unknown assignment '01_flop'; did you mean 01_flops_math\?"):
        release(course, ["01_flop"])
    with pytest.raises(ReleaseError, match="holds no assignment"):
        release(tmp_path)


def test_command(course, monkeypatch):
    monkeypatch.setattr(doctor, "find_course", lambda: course)

    def run(*arguments):
        result = CliRunner().invoke(main, ["release", *arguments])
        return result.exit_code, result.output

    assert run("--check") == (0, "every exercise is up to date\n")
    assert run() == (0, "every exercise was up to date\n")
    edit(course, "replace each", "exchange each")
    assert run("--check") == (1, f"out of date: {NAME}\n")
    assert run(NAME) == (0, f"released {NAME}\n")
    code, output = run("02_none")
    assert (code, "unknown assignment '02_none'" in output) == (2, True)
    shutil.rmtree(course / "solutions")
    code, output = run()
    assert (code, "there is no solutions/" in output) == (2, True)


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    out = tmp_path_factory.mktemp("class") / "effcourse"
    student_edition(ROOT, out)
    return out


def test_student_edition_has_the_course_and_nothing_of_the_instructors(edition):
    assert {path.name for path in edition.iterdir()} == set(STUDENT_EDITION)
    names = {path.relative_to(edition).parts for path in edition.rglob("*")}
    assert not any(
        {"solutions", "tests", "mistakes", "nbgrader_config.py", "__pycache__"} & set(parts) for parts in names
    )
    for assignment in list_assignments(ROOT):
        assert (edition / "exercises" / assignment / f"{assignment}.ipynb").is_file()


def test_student_edition_holds_no_line_of_a_hidden_test_or_model_answer(edition):
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in edition.rglob("*")
        if path.suffix in (".py", ".ipynb", ".md", ".json", ".csv", ".toml")
    )
    for assignment in list_assignments(ROOT):
        notebook = nbformat.read(ROOT / "solutions" / assignment / f"{assignment}.ipynb", as_version=4)
        for cell in notebook.cells:
            about = cell.metadata.get("nbgrader", {})
            if about.get("grade") and ("HIDDEN TESTS" in cell.source or cell.cell_type == "markdown"):
                region = cell.source.split("### BEGIN ")[1].split("### END")[0].splitlines()[1:]
                telling = [line.strip() for line in region if len(line.strip()) > 40]
                assert telling
                assert [line for line in telling if line in text or line.replace('"', '\\"') in text] == []


def test_student_edition_works(edition):
    code = "import effcourse, sys; from effcourse.checks import ASSIGNMENTS, checker; [checker(a) for a in ASSIGNMENTS]"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print(effcourse.__file__)"], cwd=edition, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(edition / "effcourse" / "__init__.py")


def test_student_edition_overwrites_nothing(course, tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(ReleaseError, match="exists already"):
        student_edition(course, tmp_path / "there")
    with pytest.raises(ReleaseError, match="inside the course"):
        student_edition(course, course / "out")
    edit(course, "replace each", "exchange each")
    with pytest.raises(ReleaseError, match="out of date for 01_flops_math"):
        student_edition(course, tmp_path / "new")
    assert not (tmp_path / "new").exists()
