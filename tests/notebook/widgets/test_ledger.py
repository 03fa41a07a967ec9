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


def keep(key="a", guess=1.0, truth=2.0, right=False):
    """An answer and its verdict; what there is to say about the file."""
    said = ledger.record(key, question="q?", guess=guess, unit="%")
    return said or ledger.judge(key, truth, lambda *_: right)


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


def test_entries_that_are_not_judged_yet():
    ledger.record("01-a", question="q?", guess=3, unit="%")
    assert "1 prediction, 0 right, 1 not judged yet: run the cell after each." in calibration().text
    keep("02-b", guess=4, truth=4, right=True)
    text = calibration().text
    assert "2 predictions, 1 right, 1 not judged yet" in text
    assert [line.split() for line in text.splitlines() if line.startswith("01")] == [
        ["01-a", "3", "%", "–", "not", "judged", "yet"]
    ]


def test_a_ledger_of_earlier_releases_still_reads(path):
    """It holds the truth and a verdict from the first press of the button on."""
    path.parent.mkdir()
    old = {"question": "q?", "guess": 3, "truth": 14.61, "unit": "%", "right": False, "replied": False, "when": "2026"}
    path.write_text(json.dumps({"version": 1, "predictions": {"01-a": old, "02-b": old | {"replied": True}}}))
    text = calibration().text
    assert "2 predictions, 0 right." in text
    assert "Of 2 numbers 2 fell too low and 0 too high." in text
    assert ledger.judge("01-a", 3, lambda *_: True) == ""
    assert ledger.judge("02-b", 3, lambda *_: True) == ""  # its truth has been seen
    assert "2 predictions, 1 right." in calibration().text


def test_entries_of_several_kernels_stay_side_by_side(path):
    keep("a")
    ledger.record("b", question="q?", guess=1, unit="%")
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
        assert keep("b") == ledger.judge("a", 1, lambda *_: True) == expected
        assert calibration().text.startswith(expected)
    assert path.read_bytes() == before


def test_calibration_says_it_too(path):
    path.parent.mkdir()
    path.write_text("{")
    assert "could not be read" in calibration().text
    assert calibration().text.startswith("No predictions yet")  # said once; the file is aside now


def test_a_folder_that_is_a_file_stops_no_chapter(path):
    path.parent.write_text("in the way")
    prediction = Prediction("00-vgg-or-v2")
    prediction.set_state({"guess": 3, "commits": 1})
    assert "cannot be" in prediction.note
    assert "You said 3 times. Right!" in prediction.reply(3).text
    assert "cannot be read" in calibration().text
