"""The student's predictions, kept on the student's own machine: a JSON file in the user's data folder."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import NoneType
from typing import Any

from ...common.files import data_folder as folder, write_whole
from ...common.numbers import NOTHING, plural, with_unit
from .. import show

FILE = "predictions.json"


def read() -> tuple[dict[str, dict[str, Any]] | None, str]:
    """The entries by key, and what there is to say about the file, usually nothing.

    A file whose content is no ledger is put aside, never lost. None: it cannot be read, so it must not be replaced.
    """
    path = folder() / FILE
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["predictions"]
        if not all("guess" in entry and isinstance(entry.get("right"), (bool, NoneType)) for entry in entries.values()):
            raise ValueError("an entry lacks its guess, or its verdict is none")
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return None, _cannot("read", path, error)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        aside = next(
            p for n in range(1, 10**6) if not (p := path.with_name(f"predictions.unreadable-{n}.json")).exists()
        )
        try:
            os.replace(path, aside)
        except OSError as failure:
            return None, _cannot("read", path, failure)
        said = (
            f"The ledger of your predictions could not be read ({error}); it is kept as {aside}, and a new one begins."
        )
        return {}, said
    return entries, ""


def record(key: str, **entry: Any) -> str:
    """Keep an answer that is still to be judged, unless the truth had been shown before it: the first answer counts.

    Returns what there is to say about the file. A ledger that cannot be read or written stops no chapter.
    """
    entries, said = read()
    if entries is None:
        return said
    if entries.get(key, {}).get("replied"):
        return "You have seen the truth before, so your first answer stays in the ledger."
    when = datetime.now(timezone.utc).isoformat(timespec="seconds")
    entries[key] = entry | {"right": None, "replied": False, "when": when}
    return " ".join(filter(None, (said, _write(entries))))


def judge(key: str, truth: float | str, is_right: Callable[[Any, Any], bool]) -> str:
    """Judge the answer that is kept under ``key``, the first time that the student sees its truth."""
    entries, said = read()
    if not entries or key not in entries or entries[key].get("replied"):
        return said
    entry = entries[key]
    entry.update(truth=truth, right=is_right(entry["guess"], truth), replied=True)
    return " ".join(filter(None, (said, _write(entries))))


def calibration() -> show.Shown:
    """How well the predictions did so far: how many were right, and on which side the others fell."""
    entries, said = read()
    if not entries:
        return _shown([said, "No predictions yet. Commit to one where a chapter asks, and this table fills."])
    judged = [entry for entry in entries.values() if entry.get("right") is not None]
    waiting = len(entries) - len(judged)
    still = f", {waiting} not judged yet: run the cell after each" if waiting else ""
    lines = [said, f"{plural(len(entries), 'prediction')}, {sum(e['right'] for e in judged)} right{still}."]
    numbers = [e for e in judged if _is_number(e["guess"]) and _is_number(e.get("truth"))]
    missed = [e for e in numbers if not e["right"]]
    if missed:
        low = sum(e["guess"] < e["truth"] for e in missed)
        lines.append(f"Of {len(numbers)} numbers {low} fell too low and {len(missed) - low} too high.")
    factors = [e["guess"] / e["truth"] for e in numbers if e["truth"] and e["guess"] / e["truth"] > 0]
    if factors:
        middle = statistics.median(factors)
        lean = "the middle guess is the truth" if 0.95 <= middle <= 1.05 else f"the middle guess is {middle:.2g} × it"
        lines.append(f"Against the truth, {lean}.")
    rows = [
        {"prediction": key, "you said": _text(e["guess"], e), "it is": _truth(e), "": _verdict(e)}
        for key, e in entries.items()
    ]
    lines.append(f"Kept in {folder() / FILE}; delete that file to begin anew.")
    return _shown(lines, show.table(rows))


def _truth(entry: dict[str, Any]) -> str:
    """A dash for an entry that is not judged yet, as old ledgers may hold its truth."""
    return NOTHING if entry.get("right") is None else _text(entry.get("truth"), entry)


def _verdict(entry: dict[str, Any]) -> str:
    if entry.get("right") is None:
        return "not judged yet"
    if entry["right"]:
        return "right"
    if _is_number(entry["guess"]) and _is_number(entry.get("truth")):
        return "too low" if entry["guess"] < entry["truth"] else "too high"
    return "something else"


def _text(value: Any, entry: dict[str, Any]) -> str:
    return with_unit(value, entry.get("unit") or "") if _is_number(value) else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shown(lines: list[str], table: show.Shown | None = None) -> show.Shown:
    import html

    lines = [line for line in lines if line]
    markup = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    text = "\n".join(lines)
    if table is None:
        return show.Shown(markup, text)
    return show.Shown(markup + table.markup, f"{text}\n\n{table.text}")


def _write(entries: dict[str, dict[str, Any]]) -> str:
    """Whole or not at all: a new file takes the old one's place."""
    path = folder() / FILE
    try:
        write_whole(path, json.dumps({"version": 1, "predictions": entries}, ensure_ascii=False, indent=1))
    except OSError as error:
        return _cannot("written", path, error)
    return ""


def _cannot(what: str, path: Path, error: OSError) -> str:
    return f"The ledger of your predictions, {path}, cannot be {what}: {error.strerror or error}."
