"""The notation for mistakes: what it gives, and what it refuses."""

import pytest
import torch

from effcourse.checks.cases import case
from effcourse.checks.recipes import RecipeError, neighbours, recipe

SUM = """
    def total(sizes, start=0):
        result = «start = start»
        «loop = for size in sizes:
            result += «step = size»»
        return «two = »result
"""


def test_right_answer_and_mistakes_come_from_one_source():
    read = recipe(
        SUM,
        """
        start = 0
            The start is not used:
            begin with it.

        two = 2 *
        or two = 3 *
            Too much.

        step = 1; start = 0
            You counted them.

        loop =
        | for size in sizes:
        |     if size:
        |         result = size
            Only the last one is there. (except: as good as right for one size)

        loop =
            Nothing is added.
        """,
    )
    assert (read.name, read.kind) == ("total", "function")
    assert read.right([1, 2], 3) == 6
    assert [one.make([1, 2], 3) for one in read.mistakes] == [3, 12, 18, 2, 2, 3]
    assert read.mistakes[0].cause == "The start is not used: begin with it."
    assert read.mistakes[2].cause == "Too much."
    assert read.mistakes[4].excepted == "as good as right for one size"
    assert read.mistakes[4].cause == "Only the last one is there."
    assert "«" not in read.answer.source
    assert "if size:\n            result = size" in read.mistakes[4].source


def test_class_finds_torch_and_earlier_parts():
    width = recipe("def width(channels):\n    return 2 * channels")
    read = recipe(
        "class Block(nn.Module):\n"
        "    def __init__(self, channels):\n"
        "        super().__init__()\n"
        "        self.layer = nn.Conv2d(channels, width(channels), 1, bias=«bias = False»)\n"
        "        self.other = nn.Conv2d(channels, width(channels), 1, bias=«bias»)\n"
        "    def forward(self, x):\n"
        "        return self.layer(x) + self.other(x)\n",
        "bias = True\n    No bias.",
        uses=[width],
        branches=["layer", "other"],
    )
    assert read.kind == "class"
    assert read.right(2)(torch.zeros(1, 2, 1, 1)).shape == (1, 4, 1, 1)
    assert read.mistakes[0].make(2).other.bias is not None


def test_value():
    read = recipe("answer = «n = 3»", "n = 4\n    One too many.")
    assert (read.kind, read.right, read.mistakes[0].make) == ("value", 3, 4)


@pytest.mark.parametrize(
    ("mistakes", "problem"),
    [
        ("begin = 0\n    Text.", "there is no hole 'begin'; the holes are loop, start, step, two"),
        ("start = start\n    Text.", "the same as that of the right answer"),
        ("start =   start\n    Text.", "the same as that of the right answer"),
        ("start = 0\n    Text.\nstart = 0\n    Other text.", "the same as that of start = 0"),
        ("start = 0 +\n    Text.", "the code is no Python"),
        ("start = 0", "no sentence stands below it"),
        ("start = 0\nstep = 1\n    Text.", "lacks an or"),
        ("or start = 0\n    Text.", "begins with or"),
        ("start\n    Text.", "hole = code"),
        ("loop = pass; step = 2\n    Text.", "the hole step lies in another one"),
    ],
)
def test_entry_that_is_no_mistake_is_refused(mistakes, problem):
    with pytest.raises(RecipeError, match=problem):
        recipe(SUM, mistakes)


@pytest.mark.parametrize(
    ("right", "problem"),
    [
        ("def f(:\n    pass", "the right answer is no Python"),
        ("print(3)", "must end with a function"),
        ("def f():\n    return «n = 3", "not closed"),
        ("def f():\n    return «3»", "nowhere given its code"),
        ("def f():\n    return «n»", "nowhere given its code"),
        ("def f():\n    return «n + 1»", "a hole is «name = code»"),
    ],
)
def test_right_answer_that_cannot_be_read_is_refused(right, problem):
    with pytest.raises(RecipeError, match=problem):
        recipe(right)


def test_neighbours_are_the_mistakes_that_the_cases_do_not_tell_apart():
    read = recipe(
        "def area(height, width):\n    return «all = height * width»",
        "all = height * height\n    Only the height.\n"
        "all = width * width\n    Only the width.\n"
        "all = 2 * height\n    A sum.",
    )
    assert neighbours(read, [case(2, 2)]) != []
    assert neighbours(read, [case(2, 3)]) == [("all = height * height", "all = 2 * height"),
                                              ("all = 2 * height", "all = height * height")]  # fmt: skip
    assert neighbours(read, [case(2, 3), case(3, 4)]) == []
