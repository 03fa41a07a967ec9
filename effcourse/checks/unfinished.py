"""Whether ``...`` still stands where a student's code should."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from types import CodeType, EllipsisType, FunctionType
from typing import Any

from .work import functions_of

DEEP = 5  # levels of lists in lists that are looked into


def is_unfinished(made: Any, deep: int = DEEP) -> bool:
    """Whether a function's, class's or value's source has an open gap: an expression, an argument or a statement
    ``...``. In a subscript, ``x[..., None]``, and in an annotation it is ordinary Python.
    """
    if isinstance(made, EllipsisType):
        return True
    if isinstance(made, (list, tuple, dict)) and deep:
        return any(is_unfinished(one, deep - 1) for one in (made.values() if isinstance(made, dict) else made))
    functions = list(functions_of(made))
    if isinstance(made, type) and not functions:  # class Block(nn.Module): ...
        return True
    node = _source_of(made, functions)
    return node is not None and _has_ellipsis(node)


def may_be_unfinished(made: Any) -> bool:
    """Where there is no source: whether a function's or class's code has a ``...`` that is no part of a tuple. It may
    still be a subscript, so this says something only of work that has failed its check.
    """
    functions = list(functions_of(made))
    return _source_of(made, functions) is None and any(
        one is Ellipsis for function in functions for one in _constants(function.__code__, function.__defaults__)
    )


def _constants(code: CodeType, defaults: tuple[Any, ...] | None = None) -> Iterator[Any]:
    yield from defaults or ()
    for one in code.co_consts:
        yield one
        if isinstance(one, CodeType):
            yield from _constants(one)


def _source_of(made: Any, functions: list[FunctionType]) -> ast.AST | None:
    """The definition in the cell or file that the code came from; None where that is not at hand."""
    for function in functions:
        code = function.__code__
        try:
            tree = ast.parse("".join(linecache.getlines(code.co_filename)))
        except (SyntaxError, ValueError):
            continue
        name = made.__name__ if isinstance(made, type) else code.co_name
        there = [node for node in ast.walk(tree) if _is_called(node, name) and _first(node) <= code.co_firstlineno]
        there = [node for node in there if code.co_firstlineno <= (getattr(node, "end_lineno", None) or 0)]
        if there:
            return max(there, key=_first)
    return None


def _is_called(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Lambda):
        return name == "<lambda>"
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == name


def _first(node: ast.AST) -> int:
    """The first line, that of a decorator where there is one."""
    return min(one.lineno for one in (node, *getattr(node, "decorator_list", ())))


def _has_ellipsis(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is Ellipsis
    ordinary = {"Subscript": ("slice",), "arg": ("annotation",), "AnnAssign": ("annotation",)}
    skipped = {"returns", *ordinary.get(type(node).__name__, ())}
    children = [child for name, field in ast.iter_fields(node) if name not in skipped for child in _as_list(field)]
    return any(_has_ellipsis(child) for child in children if isinstance(child, ast.AST))


def _as_list(field: Any) -> list[Any]:
    return field if isinstance(field, list) else [field]
