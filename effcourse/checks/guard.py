"""Run a student's code: within a time limit, quietly, and so that whatever it raises becomes a sentence."""

from __future__ import annotations

import dis
import io
import linecache
import sys
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from types import CodeType, FrameType, TracebackType
from typing import Any
from weakref import WeakSet

import torch
from torch.overrides import TorchFunctionMode

from ..common.torch_state import in_function_mode
from .limits import TookTooLong, limited
from .mistake import Mistake, NotDone

SECONDS = 4.0  # for one call of a student's code, unless the check says otherwise
ONCE_LATE = 1.0  # for one whose code did not end before
REFERENCES = ("effcourse", "torchvision", "timm")
OPEN = ("effcourse.checks", "effcourse.common", "effcourse.notebook")  # the library's rooms that hold no answer
EVENTS = 50_000  # of a work's calls are watched for the library's code; one that runs longer has shown what it calls
PRINTED = 10_000  # characters that are kept


_endless: WeakSet[Any] = WeakSet()


def is_endless(made: Any) -> bool:
    """Whether a call of a student's function or class has been stopped before: nobody shall wait for it again."""
    try:
        return made in _endless
    except TypeError:
        return False


class Guard:
    """Runs code that may do anything.

    Args:
        name: what the student calls the work.
        allow: names of the library that the exercise lets a student use; None watches for nothing.
        seconds: how long one call may take.
        made: the work itself, which is given less time where it has once been too long.
    """

    def __init__(self, name: str, allow: Collection[str] | None, seconds: float = SECONDS, made: Any = None) -> None:
        self.name = name
        self.allow = allow
        self.longest = seconds
        self.made = made
        self.printed = ""
        self._watch = _Watch(allow)

    @property
    def seconds(self) -> float:
        """How long the next call may take."""
        return min(self.longest, ONCE_LATE) if is_endless(self.made) else self.longest

    def run(self, what: str, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """What ``function`` gives; ``what`` is the call as a sentence would name it.

        Raises:
            NotDone: a stub.
            Mistake: anything else that it raised, a call that did not end, or one that leaves the work to the library.
        """
        output, operations, watch = _Output(), _Operations(), self._watch
        result: Any = None
        problem: Exception | None = None
        seconds = self.seconds
        try:
            with redirect_stdout(output), redirect_stderr(output), _exit_raises(), in_function_mode(operations):
                result = limited(seconds, watch.run, function, arguments, keywords)
        except TookTooLong:
            problem = too_long(what, seconds)
            with suppress(TypeError):
                _endless.add(self.made)
        except KeyboardInterrupt:
            raise
        except Mistake as mistake:
            problem = mistake
        except BaseException as error:
            problem = _told(what, error, operations.failed)
        finally:
            self.printed = (self.printed + output.getvalue())[:PRINTED]
        if watch.seen:
            raise library_used(self.name, *watch.seen)
        if problem is not None:
            raise problem
        return result


def too_long(what: str, seconds: float) -> Mistake:
    """The mistake of a call that was stopped."""
    return Mistake(
        f"{what} does not end: it was stopped after {seconds:g} seconds",
        "A loop that does not end, or far more work than the question needs.",
        ("too long",),
        final=True,
    )


def library_used(name: str, package: str, what: str) -> Mistake:
    """The mistake of handing in what the library has."""
    return Mistake(
        f"{name} uses {package}'s {what}",
        f"This is the library's own, from {package}: write your own.",
        ("library",),
        final=True,
    )


@contextmanager
def _exit_raises() -> Iterator[None]:
    """In a notebook ``exit()`` asks the kernel to stop; here it must raise SystemExit, as anywhere else."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        yield
        return

    def ask_exit() -> None:
        raise SystemExit

    shell.ask_exit = ask_exit
    try:
        yield
    finally:
        del shell.ask_exit


class _Output(io.StringIO):
    """Keeps the beginning of what is printed: a loop may print without end."""

    def write(self, text: str) -> int:
        if self.tell() < PRINTED:
            super().write(text[:PRINTED])
        return len(text)


class _Operations(TorchFunctionMode):
    """Notes which torch operation raised an error, and the shapes that it was given."""

    failed: tuple[Any, ...] = ()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        try:
            return func(*args, **(kwargs or {}))
        except Exception:
            given = [each for value in args for each in (value if isinstance(value, (list, tuple)) else [value])]
            shapes = sorted(tuple(value.shape) for value in given if isinstance(value, torch.Tensor))
            self.failed = (_plain_name(func), *shapes)
            raise


def _plain_name(func: Any) -> str:
    """``add`` for ``add``, ``add_``, ``__add__``, ``__radd__`` and ``__iadd__``: a sum is a sum."""
    name = getattr(func, "__name__", "operation")
    if name.startswith("__") and name.endswith("__"):
        name = name.strip("_")
        name = name[1:] if name[:1] in "ri" and name[1:] in ("add", "sub", "mul", "truediv", "matmul") else name
    return name.strip("_")


class _Watch:
    """Marks when the library's own code is entered from the student's."""

    def __init__(self, allow: Collection[str] | None) -> None:
        self.allow = allow
        self.seen: tuple[str, str] | None = None
        self.inside: FrameType | None = None  # of an allowed call: what runs below it is allowed with it
        self.left = EVENTS
        self.packages: dict[CodeType, str] = {}
        self.own: dict[CodeType, bool] = {}

    def run(self, function: Callable[..., Any], arguments: Any, keywords: Any) -> Any:
        if self.allow is None or self.left <= 0 or sys.getprofile() is not None:  # another profiler is left alone
            return function(*arguments, **keywords)
        self.seen = self.inside = None
        sys.setprofile(self._event)
        try:
            return function(*arguments, **keywords)
        finally:
            sys.setprofile(None)

    def _event(self, frame: FrameType, event: str, _arg: Any) -> None:
        if self.inside is not None:
            if frame is self.inside and event == "return":
                self.inside = None
            return
        self.left -= 1
        if self.left <= 0 or self.seen:
            sys.setprofile(None)
        if event != "call":
            return
        package = self._package(frame)
        if package and frame.f_back is not None and self._is_the_students(frame.f_back):
            name = _name_of(frame)
            if name in self.allow:  # type: ignore[operator]
                self.inside = frame
            elif name and not name.startswith("<"):
                self.seen = (package, name)

    def _package(self, frame: FrameType) -> str:
        """The package whose answers the frame holds, or nothing."""
        if frame.f_code not in self.packages:
            module = str(frame.f_globals.get("__name__", ""))
            top = module.partition(".")[0]
            answers = top in REFERENCES and module != "effcourse" and not module.startswith(OPEN)
            self.packages[frame.f_code] = top if answers else ""
        return self.packages[frame.f_code]

    def _is_the_students(self, frame: FrameType) -> bool:
        """Whether the frame's code was not installed, or is the guard's that calls the student's."""
        if frame.f_code not in self.own:
            is_guard = str(frame.f_globals.get("__name__", "")).startswith("effcourse.checks")
            self.own[frame.f_code] = is_guard or not _is_installed(frame)
        return self.own[frame.f_code]


def _name_of(frame: FrameType) -> str:
    """The function's name, or that of the class which is called; nothing for the methods of an object: who has one
    may use it.
    """
    first = frame.f_code.co_varnames[:1]
    if first == ("cls",) and "cls" in frame.f_locals:
        return frame.f_locals["cls"].__name__
    if first == ("self",) and "self" in frame.f_locals:
        return type(frame.f_locals["self"]).__name__ if frame.f_code.co_name == "__init__" else ""
    return frame.f_code.co_name


def _told(what: str, error: BaseException, operation: tuple[Any, ...]) -> Exception:
    last = error.__traceback__
    frames: list[TracebackType] = []
    while last is not None:
        frames.append(last)
        last = last.tb_next
    if isinstance(error, NotImplementedError) and not error.args and _raised_by_student(frames[-1]):
        return NotDone(what)
    kind = type(error).__name__
    if isinstance(error, SystemExit):
        return Mistake(f"{what} calls exit()", "exit() ends Python: to leave a function, return.", (kind,))
    if isinstance(error, RecursionError):
        return Mistake(f"{what} calls itself without end{_students_line(error)}", "", (kind,))
    text = f"{kind}: {_text_of(error)}".rstrip(": ")
    return Mistake(f"{what} raises {text}{_students_line(error)}", "", (kind, *_place(error, frames, operation)))


def _raised_by_student(frame: TracebackType) -> bool:
    """Whether the error came from a ``raise`` of the student's own, and from no function that the student called."""
    code = frame.tb_frame.f_code
    is_raise = dis.opname[code.co_code[frame.tb_lasti]] == "RAISE_VARARGS"
    return is_raise and not _is_installed(frame.tb_frame)


def _is_installed(frame: FrameType) -> bool:
    module = str(frame.f_globals.get("__name__", ""))
    top = module.partition(".")[0]
    if top in ("__main__", "", "recipe"):
        return False
    return (
        top in sys.stdlib_module_names
        or top in REFERENCES
        or "site-packages" in frame.f_code.co_filename
        or "dist-packages" in frame.f_code.co_filename
    )


def _place(error: BaseException, frames: list[TracebackType], operation: tuple[Any, ...]) -> tuple[Any, ...]:
    """Where the error arose, without its wording."""
    if operation:
        return operation
    if isinstance(error, LookupError) and error.args and isinstance(error.args[0], (str, int)):
        return error.args[:1] if isinstance(error, KeyError) else ("index",)
    inner = frames[-1].tb_frame
    return (inner.f_globals.get("__name__"), inner.f_code.co_name) if _is_installed(inner) else ()


def _text_of(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        return ""
    return text if len(text) <= 300 else f"{text[:300]} …"


def _students_line(error: BaseException) -> str:
    """The last line of the student's own that the error passed through, where its source is at hand."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if "ipykernel" in frame.filename or frame.filename.startswith("<"):
            line = linecache.getline(frame.filename, frame.lineno or 0).strip()
            return f", at your line: {line}" if line else ""
    return ""
