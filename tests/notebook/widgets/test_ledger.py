"""The ledger of predictions: local, whole, and never in the way."""

import json
import os
from pathlib import Path

import platformdirs
import pytest

from effcourse.notebook.widgets import Prediction, calibration, ledger


@pytest.fixture(autouse=True)
def path(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("EFFCOURSE_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "predictions.json"


def keep(key="a", guess=1.0, truth=2.0, right=False, **more):
    return ledger.record(key, question="q?", guess=guess, truth=truth, unit="%", right=right, **more)


def test_no_predictions_no_file(path):
    assert "No predictions yet" in calibration().text
    assert "No predictions yet" in calibration()._repr_html_()
    assert not path.parent.exists()


def test_it_lives_in_the_users_data_folder_and_not_in_the_repository(monkeypatch):
    monkeypatch.delenv("EFFCOURSE_DATA")
    assert ledger.folder() == Path(platformdirs.user_data_dir("effcourse", appauthor=False))
    assert Path(__file__).parents[3] not in ledger.folder().parents


def test_calibration_counts_and_leans():
    keep("01-a", guess=1.0, truth=14.6)
    keep("02-b", guess=9, truth=5.76)
    keep("02-c", guess=2, truth=4)
    keep("03-d", guess=4, truth=4, right=True)
    keep("04-e", guess="depthwise", truth="pointwise")
    text = calibration().text
    assert "5 predictions, 1 right." in text
    assert "Of 4 numbers 2 fell too low and 1 too high." in text
    assert "the middle guess is 0.75 × it" in text  # of 0.068, 0.5, 1 and 1.56
    rows = [line.split() for line in text.splitlines() if line[:2] in ("01", "02", "03", "04")]
    assert rows == [
        ["01-a", "1", "%", "14.6", "%", "too", "low"],
        ["02-b", "9", "%", "5.76", "%", "too", "high"],
        ["02-c", "2", "%", "4", "%", "too", "low"],
        ["03-d", "4", "%", "4", "%", "right"],
        ["04-e", "depthwise", "pointwise", "something", "else"],
    ]


def test_calibration_of_truths_at_zero_and_below():
    keep("a", guess=1, truth=0)
    keep("b", guess=-2, truth=-2, right=True)
    keep("c", guess=3, truth=-1)
    text = calibration().text
    assert "Of 3 numbers 0 fell too low and 2 too high." in text
    assert "the middle guess is the truth" in text  # only b has a factor


def test_entries_of_several_kernels_stay_side_by_side(path):
    keep("a")
    keep("b")
    ledger.replied("a")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept["version"] == 1
    assert {key: entry["replied"] for key, entry in kept["predictions"].items()} == {"a": True, "b": False}


def test_nothing_is_left_of_a_write_that_fails(path, monkeypatch):
    keep("a")
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    said = keep("b")
    assert said == f"The ledger of your predictions, {path}, cannot be written: No space left on device."
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "broken",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"predictions": {"a": {}}}', b'{"predictions": {"a": 1}}', b"{}"],
)
def test_a_ledger_that_cannot_be_read_is_kept_aside_and_said(path, broken):
    path.parent.mkdir()
    for n in (1, 2):
        path.write_bytes(broken)
        said = keep()
        aside = path.with_name(f"predictions.unreadable-{n}.json")
        assert f"it is kept as {aside}, and a new one begins" in said
        assert aside.read_bytes() == broken
        assert list(json.loads(path.read_text(encoding="utf-8"))["predictions"]) == ["a"]


def test_a_ledger_that_may_not_be_read_is_not_replaced(path, monkeypatch):
    keep("a")
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(
            Path, "read_text", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
        )
        expected = f"The ledger of your predictions, {path}, cannot be read: Permission denied."
        assert keep("b") == ledger.replied("a") == expected
        assert calibration().text.startswith(expected)
    assert path.read_bytes() == before


def test_calibration_says_it_too(path):
    path.parent.mkdir()
    path.write_text("{")
    assert "could not be read" in calibration().text
    assert calibration().text.startswith("No predictions yet")  # said once; the file is aside now


def test_a_folder_that_is_a_file_stops_no_chapter(path):
    path.parent.write_text("in the way")
    prediction = Prediction("k", "q?", answer=1)
    prediction.set_state({"guess": 3, "commits": 1})
    assert "cannot be" in prediction.note
    assert "You said 3. That is too high." in prediction.reply().text
    assert "cannot be read" in calibration().text
