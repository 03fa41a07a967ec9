"""Anybody's network from one line of text: ``mobilenet_v2``, ``timm:NAME``, ``a.module:NAME``, ``file.py:NAME``."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from ..common.errors import unknown_name
from . import create_model, list_models


def find_model(name: str, args: str = "", **kwargs: Any) -> nn.Module:
    """Build the network that ``name`` names.

    Args:
        name: one of ``list_models()``, ``timm:`` and one of timm's names, or a module or a Python file, a colon, and a
            class or function in it that returns an ``nn.Module``.
        args: its arguments as Python writes them: ``24, 24, stride=2``.
        kwargs: more arguments by name.

    Raises:
        ValueError: in one line, no such module or name (with what was likely meant), an import that fails, arguments
            that do not fit, or something that is no network.
    """
    where, _, what = name.rpartition(":")
    values, named = parse_arguments(args)
    named.update(kwargs)
    if not where:
        if values:
            raise ValueError(f"{name} takes its arguments by name, such as width_mult=0.5, got {args!r}")
        if name not in list_models() and "." in name:
            raise ValueError(f"{name!r} names no network; put a colon before the class, as in package.module:Class")
        return create_model(name, **named)
    if where == "timm":
        return _from_timm(what, named)
    module = _from_file(Path(where)) if where.endswith(".py") else _from_module(where)
    found = getattr(module, what, None)
    if found is None or what.startswith("_"):
        raise _no_such_name(where, what, module)
    if isinstance(found, nn.Module):
        return found
    if not callable(found):
        raise ValueError(
            f"{name} is {type(found).__name__} {found!r}; expected a class or function that makes a network"
        )
    try:
        model = found(*values, **named)
    except Exception as error:
        hint = "" if args else "; if it takes arguments, give them: --args '24, 24, stride=2'"
        raise ValueError(f"{name}({args}) raises {_in_one_line(error)}{hint}") from error
    if not isinstance(model, nn.Module):
        raise ValueError(f"{name}({args}) returns {type(model).__name__} {model!r}; expected an nn.Module")
    return model


def parse_arguments(text: str) -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments from text.

    >>> parse_arguments("24, 24, stride=2")
    ([24, 24], {'stride': 2})
    """
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call):
            raise SyntaxError
        named = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
        return [ast.literal_eval(value) for value in call.args], named
    except (SyntaxError, ValueError) as error:
        raise ValueError(
            f"arguments must be Python values, as in 24, 24, stride=2 (text in quotes), got {text!r}"
        ) from error


def _from_timm(name: str, named: dict[str, Any]) -> nn.Module:
    timm = _from_module("timm")
    if not timm.is_model(name):
        raise _unknown("network of timm", name, timm.list_models())
    try:
        model = timm.create_model(name, **named)
    except Exception as error:
        raise ValueError(f"timm:{name} raises {_in_one_line(error)}") from error
    if not hasattr(model, "input_size"):
        model.input_size = tuple(model.pretrained_cfg["input_size"])
    return model


def _from_module(name: str) -> ModuleType:
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # as Python itself does for a script
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise ValueError(
                f"there is no module {name!r} in this Python or in {Path.cwd()}; install it (pip install "
                f"{name.split('.')[0]}), or give the path of a Python file: folder/file.py:Class"
            ) from error
        raise ValueError(f"importing {name} raises {_in_one_line(error)}") from error
    except Exception as error:
        raise ValueError(f"importing {name} raises {_in_one_line(error)}") from error


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        near = get_close_matches(path.name, [p.name for p in path.parent.glob("*.py")], n=1)
        hint = f"; did you mean {path.with_name(near[0])}?" if near else ""
        raise ValueError(f"there is no file {path}{hint}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses and pickle look there
    sys.path.insert(0, str(path.resolve().parent))  # its neighbours can be imported, as when it is run
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"importing {path} raises {_in_one_line(error)}") from error
    return module


def _no_such_name(where: str, what: str, module: ModuleType) -> ValueError:
    public = [n for n, value in vars(module).items() if callable(value) and not n.startswith("_")]
    return _unknown(f"name in {where}", what, public)


def _unknown(what: str, name: str, known: Iterable[str]) -> ValueError:
    """As ``unknown_name``, without a list of hundreds."""
    known = sorted(known)
    if len(known) <= 20:
        return unknown_name(what, name, known)
    close = get_close_matches(name, known, n=3)
    return ValueError(f"unknown {what} {name!r}" + (f"; did you mean {' or '.join(close)}?" if close else ""))


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
