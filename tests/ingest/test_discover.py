"""Which files are meant, and how their cameras are called."""

import os

import pytest

from common.errors import SourceError, UsageError
from ingest.discover import find_sources, slug


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(files):
    return [(file.path.name, file.camera) for file in files]


def test_a_folder_gives_its_videos_by_name_and_nothing_else(tmp_path):
    touch(tmp_path, "b.MP4", "a.mkv", "notes.txt", ".hidden.mp4", "deep/c.Avi")
    assert names(find_sources([str(tmp_path)])) == [("a.mkv", "a"), ("b.MP4", "b"), ("c.Avi", "c")]


def test_numbers_in_names_are_sorted_by_value(tmp_path):
    touch(tmp_path, "part10.mp4", "part2.mp4", "part1.mp4")
    assert [file.camera for file in find_sources([str(tmp_path)])] == ["part1", "part2", "part10"]


def test_names_that_mix_numbers_and_letters_can_be_sorted(tmp_path):
    touch(tmp_path, "1a.mp4", "a1.mp4", "1.mp4", "a/1.mp4")
    assert len(find_sources([str(tmp_path)])) == 4


def test_arguments_keep_their_order(tmp_path):
    touch(tmp_path, "b.mp4", "a.mp4")
    assert names(find_sources([str(tmp_path / "b.mp4"), str(tmp_path / "a.mp4")])) == [("b.mp4", "b"), ("a.mp4", "a")]


def test_a_file_named_itself_may_have_any_ending(tmp_path):
    touch(tmp_path, "recording.dav")
    assert names(find_sources([str(tmp_path / "recording.dav")])) == [("recording.dav", "recording")]


def test_the_same_file_given_twice_is_read_once(tmp_path):
    touch(tmp_path, "a.mp4")
    assert len(find_sources([str(tmp_path), str(tmp_path / "a.mp4")])) == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Kasse Süd (2)", "kasse-sud-2"),
        ("store_A", "store_a"),
        ("入口", "camera"),
        ("--x--", "x"),
        ("a" * 99, "a" * 64),
    ],
)
def test_a_camera_name_is_made_of_lower_case_letters_digits_and_dashes(text, name):
    assert slug(text) == name


def test_files_of_one_name_get_their_folder_in_front(tmp_path):
    touch(tmp_path, "North/door.mp4", "south/door.mp4", "south/till.mp4")
    assert [file.camera for file in find_sources([str(tmp_path)])] == ["north-door", "south-door", "till"]


def test_files_of_one_name_in_folders_of_one_name_get_a_number(tmp_path):
    touch(tmp_path, "a/x/door.mp4", "b/x/door.mp4", "b/x/Door.mkv")
    assert sorted(file.camera for file in find_sources([str(tmp_path)])) == ["x-door", "x-door-2", "x-door-3"]


def test_one_name_can_be_given_to_all(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4")
    assert [file.camera for file in find_sources([str(tmp_path)], "lobby")] == ["lobby", "lobby"]


@pytest.mark.parametrize("name", ["Lobby", "a b", "", "ä", "a/b", "a" * 65, "lobby\n"])
def test_another_camera_name_is_refused(tmp_path, name):
    touch(tmp_path, "a.mp4")
    with pytest.raises(UsageError, match="not allowed"):
        find_sources([str(tmp_path)], name)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(SourceError, match="does not exist"):
        find_sources([str(tmp_path / "nowhere.mp4")])


def test_no_password_of_an_address_is_repeated():
    with pytest.raises(SourceError) as caught:
        find_sources(["rtsp://admin:secret@10.0.0.1/live"])
    assert "secret" not in str(caught.value)


def test_a_folder_without_video_is_refused(tmp_path):
    touch(tmp_path, "notes.txt")
    with pytest.raises(SourceError, match="holds no video"):
        find_sources([str(tmp_path)])


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(SourceError, match="not a regular file"):
        find_sources([str(tmp_path / "pipe.mp4")])


def test_videos_that_a_report_wrote_are_no_footage(tmp_path):
    for name in ("door.mp4", "door-0ee54991881d.annotated.mp4"):
        (tmp_path / name).touch()
    assert [source.path.name for source in find_sources([str(tmp_path)])] == ["door.mp4"]
