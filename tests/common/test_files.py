"""A file is written whole or not at all."""

import os

import pytest

from effcourse.common.files import data_folder, write_whole


def test_a_new_folder_a_new_file_and_the_next_version(tmp_path):
    path = tmp_path / "new" / "file.json"
    write_whole(path, "première")
    write_whole(path, "zweite\n")
    assert path.read_text(encoding="utf-8") == "zweite\n"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, step):
    def full(*args):
        raise OSError(28, "No space left on device")

    path = tmp_path / "file.json"
    write_whole(path, "old")
    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_data_folder_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("EFFCOURSE_DATA", str(tmp_path))
    assert data_folder() == tmp_path
