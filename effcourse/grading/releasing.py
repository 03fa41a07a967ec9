"""From solutions to what students get: ``exercises/`` and the student edition. nbgrader does the cutting."""

from __future__ import annotations

import filecmp
import re
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..common.errors import unknown_name

STUDENT_EDITION = (
    "LICENSE",
    "Makefile",
    "README.md",
    "constraints.txt",
    "docs",
    "effcourse",
    "environment.yml",
    "exercises",
    "notebooks",
    "pyproject.toml",
)
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "*.pyc", ".DS_Store")


class ReleaseError(ValueError):
    """Nothing was released; the message says why."""


def list_assignments(course: Path) -> list[str]:
    """The folders of ``solutions/`` that hold a notebook of their own name."""
    return sorted(
        folder.name for folder in (course / "solutions").glob("*") if (folder / f"{folder.name}.ipynb").is_file()
    )


def release(course: Path, assignments: Sequence[str] = ()) -> list[str]:
    """Write ``exercises/<assignment>`` from ``solutions/<assignment>``, without solutions and hidden tests.

    All are cut in a temporary folder first, so a notebook that cannot be released leaves every exercise as it was.

    Returns:
        The assignments whose exercise has changed.
    """
    chosen = _choose(course, assignments)
    with tempfile.TemporaryDirectory() as folder:
        fresh = generate(course, chosen, Path(folder))
        changed = [name for name in chosen if not _same(fresh / name, course / "exercises" / name)]
        for name in changed:
            _replace(fresh / name, course / "exercises" / name)
    return changed


def outdated(course: Path, assignments: Sequence[str] = ()) -> list[str]:
    """The assignments whose exercise is not what :func:`release` would write now."""
    chosen = _choose(course, assignments)
    with tempfile.TemporaryDirectory() as folder:
        fresh = generate(course, chosen, Path(folder))
        return [name for name in chosen if not _same(fresh / name, course / "exercises" / name)]


def generate(course: Path, assignments: Sequence[str], folder: Path) -> Path:
    """Run nbgrader's generate_assignment for each assignment, without a gradebook, into ``folder``.

    Returns:
        The folder that holds the released assignments.
    """
    try:
        from nbgrader.apps import NbGraderAPI
    except ImportError as error:
        raise ReleaseError('releasing needs nbgrader: pip install "nbgrader>=0.9.5,<0.10"') from error
    from traitlets.config import Config

    config: Any = Config()
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.course_id = "effcourse"
    config.CourseDirectory.source_directory = "solutions"
    config.CourseDirectory.release_directory = str(folder / "release")
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False
    api = NbGraderAPI(config=config)
    for name in assignments:
        result = api.generate_assignment(name, force=True, create=True)
        if not result["success"]:
            reason = _reason(result.get("log") or result.get("error") or "")
            raise ReleaseError(f"solutions/{name} cannot be released: {reason}")
    return folder / "release"


def _reason(log: str) -> str:
    """The line of nbgrader's log that names the exception, which stands before its own summary."""
    lines = [line.strip() for line in log.splitlines()]
    raised = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b.*:", line)]
    return next(iter(raised or lines[-1:]), "nbgrader does not say why")


def student_edition(course: Path, out: Path) -> None:
    """Copy what a class is handed to the new folder ``out``: notebooks, exercises and package; no solutions, no tests.

    Raises:
        ReleaseError: ``out`` exists, or the exercises are not up to date.
    """
    if out.exists():
        raise ReleaseError(f"{out} exists already; name a folder that is to be made, or remove it")
    if out.resolve().is_relative_to(course.resolve()):
        raise ReleaseError(f"{out} lies inside the course; name a folder outside of {course}")
    if stale := outdated(course):
        raise ReleaseError(f"exercises/ is out of date for {', '.join(stale)}; run `effcourse release` first")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as folder:
        for name in STUDENT_EDITION:
            source, target = course / name, Path(folder, "edition", name)
            if source.is_dir():
                shutil.copytree(source, target, ignore=LEFT_BEHIND)
            elif source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        Path(folder, "edition").rename(out)


def _choose(course: Path, assignments: Sequence[str]) -> list[str]:
    known = list_assignments(course)
    if not known:
        raise ReleaseError(f"{course / 'solutions'} holds no assignment: solutions/<assignment>/<assignment>.ipynb")
    for name in assignments:
        if name not in known:
            raise ReleaseError(str(unknown_name("assignment", name, known)))
    return list(assignments) or known


def _replace(fresh: Path, exercise: Path) -> None:
    """Put ``fresh`` where ``exercise`` is, which keeps its place until the new one stands beside it."""
    exercise.parent.mkdir(exist_ok=True)
    arriving, leaving = (exercise.with_name(f".{exercise.name}.{word}") for word in ("new", "old"))
    for path in (arriving, leaving):
        with suppress(FileNotFoundError):
            shutil.rmtree(path)
    shutil.copytree(fresh, arriving)
    if exercise.exists():
        exercise.rename(leaving)
    arriving.rename(exercise)
    with suppress(FileNotFoundError):
        shutil.rmtree(leaving)


def _same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files, byte for byte; JupyterLab's checkpoints do not count."""
    if not other.is_dir():
        return False
    compared = filecmp.dircmp(one, other, ignore=[".ipynb_checkpoints", ".DS_Store"])
    if compared.left_only or compared.right_only or compared.funny_files:
        return False
    _, mismatch, errors = filecmp.cmpfiles(one, other, compared.common_files, shallow=False)
    return not mismatch and not errors and all(_same(one / name, other / name) for name in compared.common_dirs)
