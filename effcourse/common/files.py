"""Where the course keeps what it makes on the student's machine."""

from __future__ import annotations

import os
from pathlib import Path


def data_folder() -> Path:
    """``EFFCOURSE_DATA``, or the user's data folder as the operating system has it."""
    import platformdirs

    return Path(os.environ.get("EFFCOURSE_DATA") or platformdirs.user_data_dir("effcourse", appauthor=False))
