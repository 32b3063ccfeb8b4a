"""Files that are written whole or not at all."""

import errno

import pytest

from common.errors import OutputError
from moodline.output import check_folder, replaced


def fill(path, error: OSError) -> None:
    with replaced(path) as part:
        part.write_text("half")
        raise error


def test_a_full_disk_is_told_in_one_sentence_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "page"
    path.write_text("old")
    with pytest.raises(OutputError, match=r"page' cannot be written: no space left"):
        fill(path, OSError(errno.ENOSPC, "No space left on device"))
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("page", "old")]


def test_an_error_that_has_nothing_to_do_with_the_file_passes_as_it_is(tmp_path):
    with pytest.raises(ConnectionResetError):
        fill(tmp_path / "page", ConnectionResetError(errno.ECONNRESET, "reset"))
    assert not list(tmp_path.iterdir())


def test_a_finished_file_is_as_readable_as_any_other(tmp_path):
    (tmp_path / "other").write_text("")
    with replaced(tmp_path / "page") as part:
        part.write_text("new")
    assert (tmp_path / "page").read_text() == "new"
    assert (tmp_path / "page").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_missing_folder_is_made_and_left_empty(tmp_path):
    check_folder(tmp_path / "a" / "b")
    assert not list((tmp_path / "a" / "b").iterdir())
