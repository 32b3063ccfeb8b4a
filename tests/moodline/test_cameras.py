"""`moodline cameras`: what is added, listed, shown, paused, resumed and removed."""

import json

import pytest

from common.errors import EXIT_OK, EXIT_USAGE
from common.redis_client import open_client
from common.store_settings import StoreSettings
from ingest.registry.board import CameraState, StateBoard
from ingest.registry.camera import Camera
from ingest.registry.events import Event, EventLog
from moodline.cameras_text import COLUMNS, NO_WORKER, details, event_row, row
from moodline.times import now_ms

SOURCE = "rtsp://${DOOR_USER}:${file:/run/secrets/door}@host:554/live?token=${TOKEN}"
LIVE = CameraState(
    state="live",
    reason="pictures come",
    since_ms=1_700_000_000_000,
    worker="host-1",
    epoch="6564a1c00001",
    last_frame_ms=1_700_000_060_000,
    last_time_ms=1_700_000_059_900,
    frames_per_second=24.8,
    width=1280,
    height=720,
    codec="h264",
    clock="camera",
    clock_error_ms=12.4,
    reconnects=3,
    stalls_per_hour=0.5,
    dropped={"behind": 7, "damaged": 2},
)
NOW_MS = 1_700_000_061_000


def last_line(text):
    return json.loads(text.splitlines()[-1])


@pytest.fixture
def writing(home):
    """What a worker writes, into the embedded Redis of the commands; kept running between them."""
    with open_client(StoreSettings(home=home)) as client:
        yield StateBoard(client, "moodline"), EventLog(client, "moodline")


@pytest.mark.usefixtures("writing")
def test_a_camera_lives_from_its_adding_to_its_removal(moodline):
    before = now_ms()
    code, printed, _ = moodline("cameras", "add", "door", SOURCE, "--rate", 2.5, "--transport", "udp", "--json")
    added = last_line(printed)
    assert (code, added["name"], added["rate"], added["transport"]) == (EXIT_OK, "door", 2.5, "udp")
    assert before <= added["added_ms"] <= now_ms()
    code, printed, _ = moodline("cameras", "list", "--json")
    told = last_line(printed)
    assert (code, told["count"], told["live"]) == (EXIT_OK, 1, 0)
    assert (told["cameras"][0]["source"], told["cameras"][0]["state"]) == (SOURCE, None)
    assert last_line(moodline("cameras", "pause", "door", "--json")[1])["paused"]
    assert "disabled" in moodline("cameras", "list")[1]
    resumed = last_line(moodline("cameras", "resume", "door", "--json")[1])
    assert (resumed["paused"], resumed["retry"]) == (False, 1)
    assert last_line(moodline("cameras", "remove", "door", "--json")[1]) == {"removed": "door"}
    assert "There are no cameras" in moodline("cameras", "list")[1]
    for command in ("show", "pause", "resume", "remove"):
        code, _, said = moodline("cameras", command, "door")
        assert (code, said.count("\n")) == (EXIT_USAGE, 1)
        assert "there is no camera 'door'" in said


def test_what_was_added_is_still_there_when_its_redis_starts_anew(moodline):
    moodline("cameras", "add", "door", SOURCE)
    assert last_line(moodline("cameras", "list", "--json")[1])["count"] == 1


@pytest.mark.usefixtures("writing")
def test_a_recording_may_stand_for_a_camera(moodline, pattern, tmp_path):
    code, printed, _ = moodline("cameras", "add", "door", pattern, "--speed", "max", "--loop", "--json")
    told = last_line(printed)
    assert (code, told["source"], told["speed"], told["loop"]) == (EXIT_OK, str(pattern), 0.0, True)
    (tmp_path / "clips").mkdir()
    assert last_line(moodline("cameras", "add", "till", "clips", "--json")[1])["source"] == str(tmp_path / "clips")


def test_one_camera_is_shown_with_its_state_and_its_last_events(moodline, writing):
    board, log = writing
    moodline("cameras", "add", "door", SOURCE)
    board.put({"door": LIVE})
    for number in range(12):
        log.add("door", LIVE.since_ms + number * 1000, "stalled", {"reason": f"nothing for {number} s"})
    code, printed, _ = moodline("cameras", "show", "door", "--events", 2, "--json")
    told = last_line(printed)
    assert code == EXIT_OK
    assert told["state"]["clock_error_ms"] == 12.4
    assert [event["fields"]["reason"] for event in told["events"]] == ["nothing for 10 s", "nothing for 11 s"]
    assert told["source"] == SOURCE
    for text in (SOURCE, "camera, to within 12 ms", "1280×720 h264", "7 behind, 2 damaged", "nothing for 11 s"):
        assert text in printed
    code, printed, _ = moodline("cameras", "list")
    assert (code, "1 camera, 1 live." in printed) == (EXIT_OK, True)


def test_what_is_printed_of_an_address_adds_the_camera_again_unless_a_part_is_hidden(moodline, writing):
    board, _ = writing
    moodline("cameras", "add", "door", SOURCE)
    moodline("cameras", "add", "till", "rtsp://admin:${TILL}@host/live")
    board.put({"door": LIVE, "till": LIVE})
    for command in ("show", "pause", "resume"):
        assert last_line(moodline("cameras", command, "door", "--json")[1])["source"] == SOURCE
        assert last_line(moodline("cameras", command, "till", "--json")[1])["source"] == "rtsp://***:${TILL}@host/live"
    moodline("cameras", "remove", "door")
    assert last_line(moodline("cameras", "add", "door", SOURCE, "--json")[1])["source"] == SOURCE


def test_a_row_says_how_a_camera_is():
    camera = Camera(name="door", source=SOURCE)
    live = row(camera, LIVE, NOW_MS)
    assert live == ("door", "live", "1:01", "24.8", "1280×720", "host-1", SOURCE)
    assert len(live) == len(COLUMNS)
    assert row(camera, None, NOW_MS)[:3] == ("door", NO_WORKER, "")
    assert row(Camera(name="door", source=SOURCE, paused=True), LIVE, NOW_MS)[:3] == ("door", "disabled", "")
    assert row(camera, CameraState(state="connecting", since_ms=NOW_MS + 5000), NOW_MS)[2] == "0:00"


def test_details_leave_out_what_is_not_known():
    camera = Camera(name="door", source="/clips", speed=0.0, loop=True, added_ms=1_700_000_000_000)
    assert dict(details(camera, None, NOW_MS)) == {
        "address": "/clips",
        "added": "2023-11-14 22:13:20Z",
        "transport": "as set for live cameras",
        "rate": "as set for ingest",
        "plays": "at full speed, over and over",
        "state": NO_WORKER,
    }
    told = dict(details(camera, CameraState(state="connecting", since_ms=NOW_MS), NOW_MS))
    assert (told["state"], told["for"]) == ("connecting", "0:00")
    assert not {"picture", "clock", "epoch", "dropped", "last picture"} & set(told)


@pytest.mark.parametrize(
    ("time_ms", "shown"), [(180_000, "3:00"), (0, "0:00"), (1_700_000_000_000, "2023-11-14 22:13:20Z")]
)
def test_event_time_without_a_date_counts_from_0(time_ms, shown):
    state = CameraState(state="live", last_time_ms=time_ms)
    assert dict(details(Camera(name="door", source="/clips"), state, NOW_MS))["last event time"] == shown


def test_what_others_wrote_does_not_steer_the_terminal():
    event = Event(1_700_000_000_000, "\x1b[2J", {"reason": "\x1b]0;x\x07", "b": "2"})
    assert event_row(event) == ("2023-11-14 22:13:20Z", "\ufffd[2J", "b 2, \ufffd]0;x\ufffd")
    state = CameraState(state="\x1b[2J", reason="\x07", worker="\n")
    assert all(str(value).isprintable() for _, value in details(Camera(name="a", source="b"), state, NOW_MS))
