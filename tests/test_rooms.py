"""Rooms of the package: who may import whom, and how long a file may be."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "effcourse"
# A room imports from those named, and so no arrow runs back. Files at the top (cli, doctor) may import from every room.
ARROWS = {
    "common": set(),
    "cost": {"common"},
    "models": {"common", "cost"},
    "measure": {"common", "cost"},
    "papers": {"common", "cost", "models", "measure"},
    "notebook": {"common", "cost", "models", "measure", "papers"},
    "lessons": {"common", "cost", "models", "measure", "papers", "doctor", "notebook"},
    "training": {"common", "models", "notebook"},
    "checks": {"common", "cost", "models", "papers"},
    "grading": {"common", "checks"},
}
LONGEST = 400  # lines that a reader takes in
FILES = sorted(path for path in PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Rooms that a file imports from, also inside its functions; not what only a type checker sees."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = []
    here = ["effcourse", *path.relative_to(PACKAGE).parts[:-1]]
    rooms = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) - node.level + 1] if node.level else []
            module = ".".join([*start, *filter(None, [node.module])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        rooms |= {name.split(".")[1] for name in names if name.startswith("effcourse.")}
    return rooms & {path.stem for path in PACKAGE.iterdir()}


def test_every_room_has_its_arrows():
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} == set(ARROWS)


def test_arrows_run_one_way():
    left = {room: set(to) for room, to in ARROWS.items()}
    while left:
        ends = {room for room, to in left.items() if not to & set(left)}
        assert ends, f"a circle among {', '.join(left)}"
        left = {room: to for room, to in left.items() if room not in ends}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_file(path):
    room, *rest = path.relative_to(PACKAGE).parts
    if rest:
        assert imported(path) <= {room, *ARROWS[room]}
    assert room == "lessons" or "lessons" not in imported(path), "only notebooks import a chapter's figures"
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, "split it into files of one idea each"


def test_no_module_has_the_name_of_what_its_room_exports():
    """``from .trace import trace`` would hide the module behind the function, or the other way round."""
    for init in (*PACKAGE.rglob("__init__.py"), *PACKAGE.rglob("__init__.pyi")):
        siblings = {path.stem for path in init.parent.iterdir() if path.suffix == ".py" or path.is_dir()}
        tree = ast.parse(init.read_text(encoding="utf-8"))
        exports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
        assert not {alias.name for node in exports for alias in node.names} & siblings, init


def test_the_checker_sees_an_arrow(tmp_path, monkeypatch):
    (tmp_path / "cost").mkdir()
    file = tmp_path / "cost" / "new.py"
    for room in ("models", "notebook"):
        (tmp_path / room).mkdir()
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    for line in ("from ..models import x", "from .. import models", "import effcourse.models.layers"):
        file.write_text(f"def f():\n    {line}\n")
        assert imported(file) == {"models"}, line
    file.write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..notebook import show\n")
    assert imported(file) == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing_private_is_imported(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert not [name for name in names if name.startswith("_") and not name.startswith("__")]
