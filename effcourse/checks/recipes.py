'''The right answer with holes in it, and what mistakes put there: one notation for everything that is often written.

A recipe is read once and used three times: its right answer is what a student's work is held against, each mistake is
a *suspect* that a student's wrong work may agree with, and in the tests each mistake is handed in as a student would.

Writing one
-----------
The right answer is the source of one function or class, as a student might write it, with ``«name = code»`` around
what may go wrong. (What makes a module is written as a class; a student may hand in a function.) Below it stand the
mistakes: what is in a hole instead, and, indented, the sentence that it gets::

    SIZE = recipe(
        """
        def output_size(size, kernel_size, stride=1, padding=0):
            return «all = (size + «pad = 2 * padding» - kernel_size) // stride + 1»
        """,
        """
        pad = padding
            You padded one side only: padding is added on both, so the length grows by 2 × padding.

        all = size // stride
        or all = math.ceil(size / stride)
            You divided by the stride alone, which is right only for an even size with 'same' padding.
        """,
    )

- A hole holds an expression, a part of one, a statement or several lines; it may be empty (``«note = »``), and a
  mistake may empty it (``pad =``). ``«pad»`` alone repeats a hole. A hole may hold holes: to fill the outer one
  replaces them all.
- Two holes at once: ``early = stride; late = 1``. Another spelling that deserves the same sentence is a line
  beginning with ``or``. More lines of code for a hole follow as lines beginning with ``|``::

      body =
      | total = sum(sizes)
      | return total
          You added all of them up.

- A mistake that is no small change fills a hole around the whole body.
- ``torch``, ``nn``, ``F``, ``np`` and ``math`` are there. ``uses=(SIZE, MACS)`` names the recipes of earlier parts: the
  code finds their right answers under their names, and a student's later part whose earlier one has failed is tried
  with them. ``names={...}`` adds what else the notebook hands out.
- ``branches=("left", "right")``: attributes of a class that run side by side, and may run in any order.

Reading it fails (:class:`RecipeError` names the mistake) where a hole is not there, where an entry changes nothing or
repeats another, where a sentence is missing, and where the code is no Python.

From a recipe to a check
------------------------
``assignment.part("output_size", title, why, SIZE, [case(224, 3, 2, 1), ...])`` registers the check that a notebook
calls by its first word. A recipe may have several parts (one class, three checks): they share their cases when a cause
is looked for. A class's case has the module's arguments and ``inputs=(2, 16, 9, 9)``; the tensors of a function's case
come before its arguments. ``seconds=`` is what one call of the student's may take, where 4 are too few (imports count).

- ``Assignment(name, allow=(...))`` lists which of the library's functions and classes the notebook hands out. Whatever
  else of ``effcourse``, torchvision or timm a student's code enters is told as "the library's own"; methods and
  attributes of an object are free.
- What is no recipe stays code: ``@assignment.check(title, why, uses=...)`` on a function that meets the work only
  through ``Work`` and ``Built`` (``work.py``) and raises ``Mistake(differs, cause)``. It may hold the work against
  ``RECIPE.answer`` and ``RECIPE.mistakes`` with ``same_values`` and ``same_module``. Where it asks what an error was,
  it compares ``mistake.where``, (kind, operation, shapes ...), and never the error's text.

Choosing mistakes and cases
---------------------------
A wrong cause is worse than none. A suspect is named only if it agrees with the student's work in *every* visible case
of all checks of the recipe, the passed ones too, and if no suspect with another sentence does. So:

- Before you add a mistake, ask which case tells it from its neighbours, and add that case: two mistakes that no visible
  case separates both lose their sentences. Three small cases that differ in one thing each beat one large one.
  Odd sizes, half steps, a batch of 2, channels in ≠ channels out, a stride of 3, values that are no default.
- The sentence says what is wrong in the student's work, then what belongs there. It must be true of everybody whose
  work gives these answers: where two slips give the same numbers, write one sentence that covers both.
- No entry for what the engine tells by itself: a float for a whole number, None, arguments changed in place, random or
  batch-dependent modules, more MACs than needed, one constant factor, ``forward`` missing, loops without end.

What the tests demand (``tests/checks/test_mistakes.py``)
---------------------------------------------------------
Every mistake, handed in as a student's answer, fails a visible check of its recipe and a hidden one, and is told its
own sentence. Where that cannot be, the entry says why in a line of its own after the sentence: ``(except: reason)``.
The banks in ``tests/mistakes`` need not repeat them: they hold other people's answers, spelled otherwise, each with
the sentence that it must get, or none where no entry is true of it; and right answers written differently.
``neighbours(recipe, cases)`` lists for an author the mistakes that the cases do not tell apart.
'''

from __future__ import annotations

import ast
import math
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

GIVEN = {"math": math, "np": np, "torch": torch, "nn": nn, "F": F}
OPEN, CLOSE = "«»"
HOLE = re.compile(r"(\w+)(?:\s*=[ \t]*(.*))?\Z", re.DOTALL)
FILLING = re.compile(r"(\w+)\s*=(?!=)[ \t]*(.*)\Z", re.DOTALL)


class RecipeError(ValueError):
    """A recipe that cannot be read; the message names the entry and what to do."""


@dataclass(frozen=True)
class _Hole:
    name: str
    code: tuple[str | _Hole, ...] | None  # None repeats the hole of this name


@dataclass(frozen=True)
class Answer:
    """An answer's source: the right one, or a known mistake with its ``cause``."""

    name: str
    source: str
    cause: str = ""
    excepted: str = ""
    label: str = "the right answer"
    names: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    code: CodeType | None = field(default=None, repr=False, compare=False)

    @cached_property
    def make(self) -> Any:
        """The function, class or value itself."""
        names = {"__name__": "recipe", **GIVEN, **{key: _right(value) for key, value in self.names.items()}}
        exec(self.code or compile(self.source, f"<{self.label}>", "exec"), names)
        return names[self.name]


@dataclass(frozen=True)
class Recipe:
    """What :func:`recipe` reads."""

    name: str
    kind: str  # "class", "function" or "value"
    answer: Answer
    mistakes: tuple[Answer, ...]
    uses: tuple[Recipe, ...] = ()
    branches: tuple[str, ...] = ()

    @property
    def right(self) -> Any:
        """The right answer itself."""
        return self.answer.make

    def mistake(self, sentence: str) -> Answer:
        """The first mistake whose sentence holds ``sentence``."""
        return next(one for one in self.mistakes if sentence in one.cause)


def _right(value: Any) -> Any:
    return value.right if isinstance(value, Recipe) else value


def recipe(
    right: str,
    mistakes: str = "",
    *,
    uses: Sequence[Recipe] = (),
    names: Mapping[str, Any] | None = None,
    branches: Sequence[str] = (),
) -> Recipe:
    """Read a right answer and its mistakes; see the top of this file.

    Raises:
        RecipeError: they cannot be read, or an entry is no mistake.
    """
    parts = _parse(textwrap.dedent(right).strip() + "\n")
    holes = set(_names(parts))
    source = _render(parts, {}, set())
    name, kind = _made(source)
    given = {**{one.name: one for one in uses}, **(names or {})}
    answer = Answer(name, source, names=given, code=_compiled(source, "the right answer"))
    known = {_squeezed(source): "the right answer"}
    suspects = []
    for fillings, cause, excepted, label in _entries(mistakes):
        for hole in fillings:
            if hole not in holes:
                raise RecipeError(f"{label}: there is no hole {hole!r}; the holes are {', '.join(sorted(holes))}")
        reached: set[str] = set()
        wrong = _render(parts, fillings, reached)
        if left := set(fillings) - reached:
            raise RecipeError(f"{label}: the hole {', '.join(left)} lies in another one that the entry fills")
        if other := known.get(_squeezed(wrong)):
            raise RecipeError(f"{label}: the code is the same as that of {other}")
        known[_squeezed(wrong)] = label
        code = _compiled(wrong, label)
        suspects.append(Answer(name, wrong, cause, excepted, label, given, code))
    return Recipe(name, kind, answer, tuple(suspects), tuple(uses), tuple(branches))


def _parse(text: str) -> tuple[str | _Hole, ...]:
    parts: list[str | _Hole] = []
    while text:
        before, mark, rest = text.partition(OPEN)
        parts.append(before)
        if not mark:
            break
        inner, text = _split_hole(rest)
        found = HOLE.match(inner)
        if found is None:
            raise RecipeError(f"{OPEN}{inner}{CLOSE}: a hole is {OPEN}name = code{CLOSE}, or {OPEN}name{CLOSE} again")
        code = found[2]
        parts.append(_Hole(found[1], None if code is None else _parse(code)))
    return tuple(parts)


def _split_hole(text: str) -> tuple[str, str]:
    """What stands before the mark that closes a hole, and what follows."""
    depth = 1
    for i, letter in enumerate(text):
        depth += (letter == OPEN) - (letter == CLOSE)
        if depth == 0:
            return text[:i], text[i + 1 :]
    raise RecipeError(f"{OPEN}{text[:40]}…: this hole is not closed by {CLOSE}")


def _names(parts: Sequence[str | _Hole]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, _Hole):
            yield part.name
            yield from _names(part.code or ())


def _render(parts: Sequence[str | _Hole], fillings: Mapping[str, str], reached: set[str]) -> str:
    first: dict[str, _Hole] = {}

    def find(parts: Sequence[str | _Hole]) -> None:
        for part in parts:
            if isinstance(part, _Hole) and part.code is not None:
                first.setdefault(part.name, part)
                find(part.code)

    def write(parts: Sequence[str | _Hole], done: str) -> str:
        text = ""
        for part in parts:
            if isinstance(part, str):
                text += part
            elif part.name in fillings:
                reached.add(part.name)
                text += _indented(fillings[part.name], done + text)
            elif part.name in first:
                text += write(first[part.name].code or (), done + text)
            else:
                raise RecipeError(f"{OPEN}{part.name}{CLOSE} repeats a hole that is nowhere given its code")
        return text

    find(parts)
    return write(parts, "")


def _indented(code: str, before: str) -> str:
    """Further lines of a filling stand as deep as its first."""
    line = before.rpartition("\n")[2]
    return code.replace("\n", "\n" + " " * (len(line) - len(line.lstrip())))


def _entries(text: str) -> Iterator[tuple[dict[str, str], str, str, str]]:
    """Fillings, sentence, exception and label of each spelling of each entry."""
    headings: list[str] = []
    sentence: list[str] = []
    for line in [*textwrap.dedent(text).strip().splitlines(), "end ="]:
        if not line.strip():
            continue
        if line.startswith("|"):
            headings[-1] += "\n" + line[1:].removeprefix(" ")
        elif line[0].isspace():
            sentence.append(line.strip())
        else:
            if sentence:
                yield from _entry(headings, " ".join(sentence))
                headings, sentence = [], []
            headings.append(line)
    if len(headings) > 1:
        raise RecipeError(f"{headings[0]}: no sentence stands below it, indented")


def _entry(headings: Sequence[str], sentence: str) -> Iterator[tuple[dict[str, str], str, str, str]]:
    for i, heading in enumerate(headings):
        if heading.startswith("or ") == (i == 0):
            problem = "begins with or" if i == 0 else "has no sentence, or lacks an or"
            raise RecipeError(f"{heading}: the entry {problem}")
    excepted = re.search(r"\(except: (.*)\)\Z", sentence)
    cause = sentence[: excepted.start()].strip() if excepted else sentence
    if not cause:
        raise RecipeError(f"{headings[0]}: no sentence stands below it, indented")
    for heading in headings:
        label = heading.removeprefix("or ")
        yield _fillings(label), cause, excepted[1] if excepted else "", label


def _fillings(heading: str) -> dict[str, str]:
    """``early = stride; late = 1`` as a dictionary."""
    fillings = {}
    for part in re.split(r";\s*(?=\w+\s*=(?!=))", heading):
        found = FILLING.match(part)
        if found is None:
            raise RecipeError(f"{heading}: a mistake is written hole = code")
        fillings[found[1]] = found[2].removeprefix("\n")
    return fillings


def _made(source: str) -> tuple[str, str]:
    """The name and the kind of the last thing that the source makes."""
    try:
        last = ast.parse(source).body[-1]
    except SyntaxError as error:
        raise RecipeError(f"the right answer is no Python: {error.msg}: {error.text}") from error
    if isinstance(last, ast.ClassDef):
        return last.name, "class"
    if isinstance(last, ast.FunctionDef):
        return last.name, "function"
    if isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
        return last.targets[0].id, "value"
    raise RecipeError("the right answer must end with a function, a class, or a value that gets a name")


def _compiled(source: str, label: str) -> CodeType:
    try:
        return compile(source, f"<{label}>", "exec")
    except SyntaxError as error:
        raise RecipeError(f"{label}: the code is no Python: {error.msg}: {(error.text or '').strip()}") from error


def _squeezed(source: str) -> str:
    return " ".join(source.split())


def neighbours(recipe: Recipe, cases: Collection[Any]) -> list[tuple[str, str]]:
    """Pairs of a mistake and another answer, perhaps the right one, that ``cases`` do not tell apart.

    An author's helper: for each pair add a case that does, or write one sentence that covers both.
    """
    from .results import as_work, explains, results_of

    pairs = []
    for wrong in recipe.mistakes:
        results = results_of(as_work(wrong), cases, recipe.kind == "class")
        for other in (recipe.answer, *recipe.mistakes):
            if other.cause != wrong.cause and explains(other, results, recipe.branches, recipe.answer):
                pairs.append((wrong.label, other.label))
    return pairs
