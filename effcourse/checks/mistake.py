"""What may come of a student's code, beside a value."""

from __future__ import annotations

from typing import Any


class NotDone(Exception):
    """The work is still a stub that raises NotImplementedError."""


class Mistake(Exception):
    """What differs from the right answer, and the likely cause, empty where none is known.

    Args:
        where: what kind of error the student's code raised and where, if it did: two errors are the same mistake when
            these are equal. It never holds an error's wording, which every release of PyTorch may change.
        final: nothing further is to be found out about it: it took too long, or is the library's own code.
    """

    def __init__(self, differs: str, cause: str = "", where: tuple[Any, ...] = (), final: bool = False) -> None:
        super().__init__(differs, cause)
        self.differs = differs
        self.cause = cause
        self.where = where
        self.final = final
