"""Where the course keeps what it makes on the student's machine, and how it writes a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def data_folder() -> Path:
    """``EFFCOURSE_DATA``, or the user's data folder as the operating system has it."""
    import platformdirs

    return Path(os.environ.get("EFFCOURSE_DATA") or platformdirs.user_data_dir("effcourse", appauthor=False))


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all: a new file takes the old one's place when it is complete and on the disk.

    Raises:
        OSError: the disk is full, the folder cannot be written to; the old file is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(prefix=".unfinished-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
