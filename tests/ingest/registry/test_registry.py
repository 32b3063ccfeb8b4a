"""The registry: what it takes, what it refuses, and that no change is lost, however many make one at once."""

import threading

import pytest
import redis
from msgspec.structs import replace

from common.errors import SourceError, StoreError, UsageError
from ingest.registry.camera import Camera, decode, encode
from ingest.registry.registry import Registry


@pytest.fixture
def registry(client):
    return Registry(client, "moodline")


def camera(name="door", source="rtsp://host/live", **options):
    return Camera(name=name, source=source, **options)


def test_what_was_added_is_read_back_sorted_by_name(registry):
    for name in ("till", "aisle", "door"):
        registry.add(camera(name, rate=2.5, transport="udp"))
    read = registry.read()
    assert list(read.cameras) == ["aisle", "door", "till"]
    assert read.serial == registry.serial() == 3
    assert registry.get("till") == read.cameras["till"] == camera("till", rate=2.5, transport="udp", serial=1)


def test_a_new_registry_is_empty(registry):
    assert (registry.serial(), registry.read().cameras) == (0, {})


def test_a_name_is_given_once_also_if_fifty_ask_at_once(client):
    refused = []

    def add(number):
        try:
            Registry(client, "moodline").add(camera(source=f"rtsp://host/{number}"))
        except UsageError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=add, args=[number]) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 49
    assert "there is a camera 'door' already" in refused[0]
    assert Registry(client, "moodline").serial() == 1


def test_changes_made_at_once_are_all_kept(client, registry):
    registry.add(camera())
    threads = [threading.Thread(target=Registry(client, "moodline").resume, args=["door"]) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert registry.get("door").retry == 20
    assert registry.serial() == 21


def test_each_change_raises_the_serial_of_its_camera_alone(registry):
    registry.add(camera("door"))
    registry.add(camera("till"))
    assert registry.pause("door").paused
    assert registry.get("door") == camera("door", paused=True, serial=3)
    resumed = registry.resume("door")
    assert resumed == camera("door", retry=1, serial=4)
    assert registry.change("door", lambda one: replace(one, rate=1.0)).rate == 1.0
    assert (registry.get("till").serial, registry.serial()) == (2, 5)
    registry.remove("door")
    assert (list(registry.read().cameras), registry.serial()) == (["till"], 6)


def test_a_camera_that_is_added_again_has_a_higher_serial(registry):
    first = registry.add(camera())
    registry.remove("door")
    assert registry.add(camera()).serial > first.serial


def test_a_camera_that_is_not_there_is_told_with_what_was_meant(registry):
    registry.add(camera("entrance"))
    for act in (registry.get, registry.remove, registry.pause, registry.resume):
        with pytest.raises(UsageError, match="there is no camera 'entrence'; did you mean 'entrance'"):
            act("entrence")
        with pytest.raises(UsageError, match="'moodline cameras list' lists them"):
            act("zzz")
        with pytest.raises(UsageError, match="is not allowed"):
            act("No Name")
    assert registry.serial() == 1


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Kasse S\u00fcd", "kasse-sud"),
        ("a/b", "a-b"),
        ("\u043a\u0430\u043c\u0435\u0440\u0430", "camera"),
        ("", "camera"),
        ("a\nb", "a-b"),
        ("x" * 65, "x" * 64),
        (":serial", "serial"),
    ],
)
def test_a_name_that_is_not_allowed_is_refused_with_one_that_is(registry, name, meant):
    with pytest.raises(UsageError, match=f"as in '{meant}'$") as raised:
        registry.add(camera(name))
    assert str(raised.value).isprintable()
    assert registry.serial() == 0


def test_a_password_is_never_stored(client, registry):
    for source in ("rtsp://admin:hunter2@host/", "http://host/?token=hunter2"):
        with pytest.raises(SourceError, match=r"holds a password; .*write \$\{NAME\}") as raised:
            registry.add(camera(source=source))
        assert "hunter2" not in str(raised.value)
    registry.add(camera(source="rtsp://admin:${PASSWORD}@host/"))
    with pytest.raises(SourceError):
        registry.change("door", lambda one: replace(one, source="rtsp://admin:hunter2@host/"))
    assert registry.get("door").source == "rtsp://admin:${PASSWORD}@host/"
    assert b"hunter2" not in b"".join(client.hgetall("moodline:cameras").values())


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"rate": -1.0}, "the rate"),
        ({"rate": float("nan")}, "the rate"),
        ({"rate": 1001.0}, "the rate"),
        ({"speed": float("inf"), "source": "/clips"}, "the speed"),
        ({"speed": 2.0}, "are for recordings"),
        ({"loop": True}, "are for recordings"),
        ({"loop": True, "source": "v4l2:/dev/video0"}, "are for recordings"),
        ({"transport": "udp", "source": "/clips"}, "transport is for"),
    ],
)
def test_options_that_make_no_sense_are_refused(registry, options, why):
    with pytest.raises(UsageError, match=why):
        registry.add(camera(**options))


def test_a_recording_may_play_faster_and_over_and_over(registry):
    assert registry.add(camera(source="/clips", speed=0.0, loop=True)).loop


def test_fields_of_a_later_version_are_passed_over():
    text = encode(camera(rate=2.0)).replace(b"{", b'{"later":{"a":[1]},', 1)
    assert decode(text) == camera(rate=2.0)


def test_an_entry_that_is_no_camera_is_named_and_can_be_removed(client, registry):
    registry.add(camera("till"))
    client.hset("moodline:cameras", "door", "no json")
    for read in (registry.read, lambda: registry.get("door")):
        with pytest.raises(StoreError, match="moodline cameras remove door"):
            read()
    registry.remove("door")
    assert list(registry.read().cameras) == ["till"]


def test_registries_of_other_prefixes_are_apart(client, registry):
    registry.add(camera())
    assert Registry(client, "other").read().cameras == {}


def test_a_redis_that_is_away_is_told_in_one_sentence(tmp_path):
    registry = Registry(redis.Redis(unix_socket_path=str(tmp_path / "none.sock"), retry=None), "moodline")
    for act in (registry.serial, registry.read, lambda: registry.add(camera()), lambda: registry.remove("door")):
        with pytest.raises(StoreError, match="does not answer"):
            act()
