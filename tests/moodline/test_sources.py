"""What the sources of a command are: recordings or cameras, and how cameras that nobody named are called."""

import pytest

from common.errors import SourceError, UsageError
from common.messages import SLUG
from ingest.discover import MAX_NAME
from moodline.sources import Playing, are_live, cameras_of


@pytest.mark.parametrize(
    ("sources", "live"),
    [
        (["rtsp://host/live"], True),
        (["http://host/video", "v4l2:/dev/video0"], True),
        (["${DOOR}"], True),
        (["footage/${DAY}.mp4", "door.mp4"], False),
        (["door.mp4", "/footage"], False),
        ([], False),
    ],
)
def test_addresses_are_cameras_and_paths_are_recordings(sources, live):
    assert are_live(sources) is live


def test_recordings_and_cameras_do_not_mix():
    with pytest.raises(UsageError, match="--as-cameras"):
        are_live(["rtsp://host/live", "door.mp4"])


def names(*sources, **how):
    return [camera.name for camera in cameras_of(sources, **how)]


def test_a_camera_is_called_after_its_host_and_path_and_nothing_else_of_its_address():
    assert names("rtsp://ann:hunter2@host:554/Kasse/1?token=abc#x") == ["host-554-kasse-1"]
    assert names("v4l2:/dev/video0") == ["dev-video0"]


def test_a_camera_whose_password_holds_what_ends_an_address_is_not_called_after_it():
    assert names("rtsp://ann:123/hunter2@host/live") == ["host-live"]
    assert names("rtsp://ann:hun@ter2@host/live") == ["host-live"]


def test_a_camera_whose_address_stands_in_a_variable_is_called_after_that():
    assert names("${DOOR_ADDRESS}") == ["door_address"]


def test_cameras_that_would_be_called_alike_get_numbers():
    assert names("rtsp://host/a?b=1", "rtsp://host/a?b=2", "rtsp://host/a") == ["host-a", "host-a-2", "host-a-3"]


def test_the_same_address_twice_is_one_camera():
    assert names("rtsp://host/a", "rtsp://host/a") == ["host-a"]


def test_a_long_address_makes_a_name_that_is_allowed():
    found = names("rtsp://host/" + "a" * 300, "rtsp://host/" + "a" * 301)
    assert len(set(found)) == 2
    assert all(SLUG.fullmatch(name) and len(name) <= MAX_NAME for name in found)


def test_one_camera_may_be_named_and_several_may_not():
    assert names("rtsp://host/a", name="door") == ["door"]
    with pytest.raises(UsageError, match="several cameras"):
        names("rtsp://host/a", "rtsp://host/b", name="door")
    with pytest.raises(UsageError, match="Front Door"):
        names("rtsp://host/a", name="Front Door")


def test_an_address_keeps_its_secrets_for_the_reader_alone():
    (camera,) = cameras_of(["rtsp://${USER}:${PASSWORD}@host/a"])
    assert camera.source == "rtsp://${USER}:${PASSWORD}@host/a"


@pytest.mark.parametrize(
    "address", ["rtsp://", "rtsp://ho st/a", "rtps://host/a", "rtsp://host:99999/a", "v4l2:video0", ""]
)
def test_an_address_that_could_never_be_opened_is_refused(address):
    with pytest.raises(SourceError):
        cameras_of([address])


def test_recordings_are_played_as_asked_and_cameras_are_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Door 1.mp4").touch()
    recorded, camera = cameras_of(["Door 1.mp4", "rtsp://host/a"], playing=Playing(2.0, loop=True))
    assert (recorded.name, recorded.source) == ("door-1", str(tmp_path / "Door 1.mp4"))
    assert (recorded.speed, recorded.loop) == (2.0, True)
    assert (camera.speed, camera.loop) == (1.0, False)


def test_a_recording_that_is_not_there_is_named():
    with pytest.raises(SourceError, match=r"none\.mp4"):
        cameras_of(["none.mp4"])
