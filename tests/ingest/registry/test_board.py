"""States and events of cameras come back as they were written, and hold no password."""

import pytest

from common.errors import StoreError
from ingest.registry.board import KEPT_MS, CameraState, StateBoard
from ingest.registry.events import KEPT, Event, EventLog

FULL = CameraState(
    state="live",
    reason="pictures come",
    since_ms=1_700_000_000_000,
    worker="host-1",
    epoch="6564a1c00001",
    last_frame_ms=1_700_000_001_000,
    last_time_ms=1_700_000_000_900,
    frames_per_second=24.8,
    width=1280,
    height=720,
    codec="h264",
    clock="camera",
    clock_error_ms=12.5,
    reconnects=3,
    stalls_per_hour=0.5,
    dropped={"behind": 7, "dark": 2},
)


@pytest.fixture
def board(client):
    return StateBoard(client, "moodline")


@pytest.fixture
def log(client):
    return EventLog(client, "moodline")


@pytest.mark.parametrize("state", [FULL, CameraState(state="connecting")])
def test_a_state_is_read_back_as_it_was_written(board, state):
    board.put({"door": state})
    assert board.get(["door", "till"]) == {"door": state}


def test_a_state_takes_the_place_of_the_one_before_it_whole(board):
    board.put({"door": FULL, "till": FULL})
    board.put({"door": CameraState(state="offline", reason="no route")})
    assert board.get(["door", "till"]) == {"door": CameraState(state="offline", reason="no route"), "till": FULL}


def test_a_state_is_forgotten_unless_it_is_written_again(client, board):
    board.put({"door": FULL})
    assert 0 < client.pttl("moodline:{door}:state") <= KEPT_MS


def test_a_worker_takes_away_the_states_that_it_wrote_and_no_others(board):
    board.put({"door": FULL, "till": FULL, "aisle": CameraState(state="live", worker="host-2")})
    for camera in ("door", "aisle", "never there"):
        board.take_away(camera, "host-1")
    assert sorted(board.get(["door", "till", "aisle"])) == ["aisle", "till"]


@pytest.mark.parametrize(("field", "value"), [("clock", "sundial"), ("width", "wide"), ("dropped", "{")])
def test_a_state_that_cannot_be_read_is_told_with_its_camera(client, board, field, value):
    board.put({"door": FULL})
    client.hset("moodline:{door}:state", field, value)
    with pytest.raises(StoreError, match="state of camera 'door' cannot be read"):
        board.get(["door"])


def test_fields_of_a_later_version_are_passed_over(client, board):
    board.put({"door": FULL})
    client.hset("moodline:{door}:state", "later", "1")
    assert board.get(["door"]) == {"door": FULL}


def test_nothing_is_asked_and_nothing_is_written(board):
    board.put({})
    assert board.get([]) == {}


def test_events_come_back_the_newest_last(log):
    for number in range(5):
        log.add("door", number, "stalled", {"reason": f"no picture for {number} s"})
    log.add("till", 9, "live", {})
    assert log.read("door", 2) == [
        Event(3, "stalled", {"reason": "no picture for 3 s"}),
        Event(4, "stalled", {"reason": "no picture for 4 s"}),
    ]
    assert log.read("till", 10) == [Event(9, "live", {})]
    assert log.read("aisle", 10) == []


def test_old_events_are_trimmed(client, log):
    for number in range(KEPT + 300):
        log.add("door", number, "live", {})
    assert KEPT <= client.xlen("moodline:{door}:events") < KEPT + 200
    assert log.read("door", 1)[0].time_ms == KEPT + 299
    assert client.ttl("moodline:{door}:events") > 0


def test_a_password_in_a_reason_is_hidden(board, log):
    reason = "cannot open rtsp://admin:hunter2@host/live"
    board.put({"door": CameraState(state="auth_failed", reason=reason)})
    log.add("door", 1, "auth_failed", {"reason": reason})
    assert board.get(["door"])["door"].reason == "cannot open rtsp://***@host/live"
    assert log.read("door", 1)[0].fields == {"reason": "cannot open rtsp://***@host/live"}
