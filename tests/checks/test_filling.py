"""The gaps of a chapter, met as a student meets them: whatever stands there, the chapter goes on."""

import functools
import linecache
import random

import numpy as np
import pytest
import torch

from effcourse.checks import Gaps, lesson
from effcourse.checks.cases import case
from effcourse.checks.engine import Assignment
from effcourse.checks.recipes import recipe
from effcourse.checks.unfinished import is_unfinished

assignment = Assignment("test")
AREA = recipe("def area(h, w):\n    return «all = h * w»", "all = h + w\n    You added the sides.")
BLOCK = recipe(
    """
    class Block(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.conv = nn.Conv2d(channels, channels, 3, padding=1, groups=«groups = channels»)

        def forward(self, x):
            return self.conv(x)
    """,
    "groups = 1\n    One group mixes the channels.",
)
NUMBER = recipe("number = «n = 8»", "n = 9\n    One too many.")
assignment.part("area", "The area", "it matters", AREA, [case(2, 3), case(4, 5)])
assignment.part("block", "The block", "it matters", BLOCK, [case(4, inputs=(1, 4, 5, 5))])
assignment.part("number", "The number", "it matters", NUMBER)
check = Gaps(assignment)


def typed(source: str, known: bool = True) -> dict:
    """What a cell with ``source`` makes; its text is at hand, as in a notebook, or not."""
    name = f"<cell {hash(source)} {known}>"
    if known:
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    names = {"torch": torch, "nn": torch.nn}
    exec(compile(source, name, "exec"), names)
    return names


OPEN = {
    "expression": "def area(h, w):\n    return ...",
    "part": "def area(h, w):\n    return h * ...",
    "argument": "def area(h, w):\n    return max(h, ...)",
    "statement": "def area(h, w):\n    ...",
    "assigned": "def area(h, w):\n    a = ...  # your line\n    return a",
    "inside": "def area(h, w):\n    def inner():\n        return ...\n    return inner()",
    "default": "def area(h, w=...):\n    return h",
    "lambda": "area = lambda h, w: ...",
    "stub": "def area(h, w):\n    raise NotImplementedError",
}


@pytest.mark.parametrize("source", OPEN.values(), ids=OPEN)
@pytest.mark.parametrize("known", [True, False])
def test_an_open_function_is_not_done(source, known, capsys):
    if not known and source in (OPEN["statement"], OPEN["inside"]):
        pytest.skip("Python drops the statement; without the source nothing is left of it")
    assert check("area", typed(source, known)["area"]) is AREA.right
    assert capsys.readouterr().out == "○ The area: not done yet; what follows uses the course's area\n"


@pytest.mark.parametrize(
    "source",
    [
        "class Block(nn.Module): ...",
        "class Block(nn.Module):\n    pass",
        "class Block(nn.Module):\n    def __init__(self, c):\n        super().__init__()\n"
        "        self.conv = nn.Conv2d(c, c, 3, padding=1, groups=...)\n"
        "    def forward(self, x):\n        return self.conv(x)",
        "class Block(nn.Module):\n    def forward(self, x):\n        ...",
        "class Block(nn.Module):\n    groups = ...\n    def forward(self, x):\n        return x",
        "class Block(nn.Module):\n    @property\n    def groups(self):\n        return ...",
    ],
)
def test_an_open_class_is_not_done(source, capsys):
    assert check("block", typed(source)["Block"]) is BLOCK.right
    assert capsys.readouterr().out == "○ The block: not done yet; what follows uses the course's Block\n"


@pytest.mark.parametrize("value", [..., [1, ...], (..., ...), {"a": [...]}])
def test_an_open_value_is_not_done(value, capsys):
    assert check("number", value) == 8
    assert capsys.readouterr().out == "○ The number: not done yet; what follows uses the course's number\n"


@pytest.mark.parametrize(
    "source",
    [
        "def area(h, w):\n    return int((torch.ones(h, w)[..., None] * torch.ones(1)[...]).sum())",
        "def area(h: ..., w: tuple[int, ...]) -> ...:\n    return h * w",
        "def area(h, w):\n    '''... and so on'''\n    return h * w  # ...",
        "def helper():\n    return ...\n\ndef area(h, w):\n    return h * w",
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_an_ellipsis_that_is_python_is_no_gap(source, known, capsys):
    area = typed(source, known)["area"]
    assert check("area", area) is area
    assert capsys.readouterr().out == "✓ The area\n"


def test_what_passes_is_the_students(capsys):
    mine = typed(OPEN["assigned"].replace("...", "w * h", 1))["area"]
    assert check("area", mine) is mine
    assert check("number", 8) == 8
    block = typed(BLOCK.answer.source)["Block"]
    assert check("block", block) is block
    assert capsys.readouterr().out == "✓ The area\n✓ The number\n✓ The block\n"


@pytest.mark.parametrize(
    ("name", "work", "said"),
    [
        ("area", lambda h, w: h + w, "You added the sides."),
        ("area", lambda h, w: torch.ones(h)[..., None].sum(), "What differs"),
        ("area", lambda h: h, "raises TypeError"),
        ("area", lambda h, w: exit(), "calls exit()"),
        ("area", None, "of type NoneType"),
        ("area", functools.partial(max, 3), "What differs"),
        ("block", BLOCK.mistakes[0].make, "One group mixes the channels."),
        ("block", 3, "of type int"),
        ("number", 9, "One too many."),
        ("number", "many", "What differs"),
        ("number", object(), "What differs"),
    ],
)
def test_what_fails_is_told_and_the_courses_goes_on(name, work, said, capsys):
    one = {"area": AREA, "block": BLOCK, "number": NUMBER}[name]
    assert check(name, work) is one.right
    out = capsys.readouterr().out
    assert said in out
    assert out.startswith("✗ ")
    assert out.endswith(f"\n  Until it passes, what follows uses the course's {one.name}.\n")


class Hostile(dict):
    def values(self):
        raise OSError("no")

    @property
    def __class__(self):
        raise OSError("no")


def test_an_object_that_cannot_be_looked_at_stops_nothing(capsys):
    assert check("number", Hostile(a=1)) == 8
    assert "✗ The number" in capsys.readouterr().out


def test_run_again_without_the_cell_above(capsys):
    course = check("area", ...)
    assert check("area", course) is course
    again = "the cell with your area must run before this one; what follows uses the course's area"
    assert capsys.readouterr().out.splitlines()[1] == f"○ The area: not done yet: {again}"


def test_a_chapters_own_slip_stops_nothing(capsys):
    assert check("aera", 3) == 3
    assert check("area", 3, 4) == 3
    assert "did you mean area" in capsys.readouterr().out


def test_all_at_once(capsys):
    names = typed("def area(h, w):\n    return h * w\n\nnumber = ...\n") | {"check": check}
    exec("check()", names)
    out = capsys.readouterr().out
    assert "✓ The area\n" in out
    assert "test: 1 of 3 passed, 2 not done yet" in out


def test_the_dice_are_as_they_were():
    """Or a chapter would show other numbers after a gap is filled."""

    def rolled():
        return float(torch.rand(())), float(np.random.rand()), random.random()

    def dice(h, w):
        rolled()
        return h * w

    def seed():
        torch.manual_seed(0)
        np.random.seed(0)
        random.seed(0)

    seed()
    before = rolled()
    seed()
    assert check("area", dice) is dice
    check("block", BLOCK.mistakes[0].make)
    assert rolled() == before


def test_no_such_chapter():
    with pytest.raises(
        ValueError, match="unknown chapter with gaps '02_depthwise'; did you mean 02_depthwise_separable"
    ):
        lesson("02_depthwise")


def test_a_list_that_holds_itself():
    loop: list = []
    loop.append(loop)
    assert not is_unfinished(loop)
