"""One camera of the fleet: what its reader says becomes messages and states, and it is told when something fails."""

import pytest

from common.errors import SourceError
from common.messages import Closed, Frame, Opened
from ingest.live import records
from ingest.live.connection import Heard
from ingest.live.findings import Finding
from ingest.live.making import post_maker
from ingest.live.post import LOOKING_S, OVERDUE_S, Tools
from ingest.live.reconnect import DELAYS_S, SPREAD
from ingest.live.settings import LiveSettings
from ingest.live.states import Failure, Turn
from tests.ingest.live.builders_live import DAY_MS, SIZE, planes, played_spine, sampled
from tests.ingest.live.scripted import CONNECTED, ENDED, watched

MARGIN_S = 0.1
"""Times are floats of the clock of this machine, so that sums of them are not exact."""

DAMAGED = records.Progress(decoded=10, damaged=3, behind_s=0.0, skipping="default")


class Silent:
    """A reader of which nothing is wanted but that it was asked."""

    def __init__(self):
        self.asked = 0

    def ask(self):
        self.asked += 1


class Bench:
    """A post with all that it needs; what it tells is kept."""

    def __init__(self, resolve=lambda address: address, **camera):
        self.told, self.orders = [], []
        settings = LiveSettings(connect_s=8.0, stall_s=5.0)
        tools = Tools(resolve, self._start, lambda _, change: self.told.append(change), 12.0, 1)
        self.post = post_maker(settings)(watched("door", **camera), tools)
        # Its health lives by the clock of this machine, and begins now.
        self.now_s = self.post.health.since_s

    def _start(self, order):
        self.orders.append(order)
        return Silent()

    def attempt(self):
        self.post.attempt(self.now_s)
        return self

    def hear(self, record, planes=None, **how):
        return list(self.post.hear(Heard(record, planes), self.now_s, **how))

    @property
    def states(self):
        return [(turn.state, turn.reason) for turn in self.told if isinstance(turn, Turn)]


@pytest.fixture
def live():
    """A post whose camera has sent its first picture."""
    bench = Bench().attempt()
    bench.hear(CONNECTED)
    bench.hear(sampled(0))
    return bench


def test_a_camera_is_live_with_its_first_picture_and_not_before():
    bench = Bench().attempt()
    assert bench.hear(CONNECTED) == []
    assert bench.states == []
    (begin,) = bench.hear(sampled(0))
    assert isinstance(begin, Opened)
    assert bench.states == [("live", "pictures come")]
    assert bench.post.connected == CONNECTED


def test_what_a_camera_shows_is_its_state(live):
    live.hear(sampled(1, sight="dark"))
    live.hear(records.Progress(20, 0, 0.0, "default"))
    live.now_s += LOOKING_S + MARGIN_S
    live.hear(sampled(2, sight="clear"))
    assert [state for state, _ in live.states] == ["live", "dark", "live"]


def test_a_dark_camera_stays_dark_until_its_new_reader_has_looked_long_enough(live):
    live.hear(sampled(1, sight="dark"))
    list(live.post.give_up(Failure("lost", "the connection was reset"), live.now_s))
    live.post.reader = None
    live.now_s += 1.0
    live.attempt()
    live.hear(CONNECTED)
    live.hear(sampled(0, at_s=1.0))
    assert [state for state, _ in live.states] == ["live", "dark"]
    live.now_s += LOOKING_S + MARGIN_S
    live.hear(sampled(1, at_s=1.0 + LOOKING_S))
    assert [state for state, _ in live.states] == ["live", "dark", "live"]


def test_a_picture_is_asked_for_once_and_again_once_it_has_come(live):
    assert live.post.offered_s is not None
    live.post.ask(live.now_s)
    assert live.post.offered_s is None
    (frame,) = live.hear(records.Handed(0, len(planes())), planes())
    assert frame.planes is not None
    assert live.post.offered_s is None
    live.hear(sampled(1))
    assert live.post.offered_s is not None
    assert live.post.reader.asked == 1


def test_a_picture_that_is_on_its_way_is_kept_until_it_is_overdue(live):
    live.post.ask(live.now_s)
    assert live.hear(sampled(1)) == []
    assert live.post.is_coming(live.now_s)
    live.now_s += OVERDUE_S + MARGIN_S
    assert not live.post.is_coming(live.now_s)
    given_up = live.hear(sampled(2))
    assert [frame.dropped for frame in given_up] == ["behind", "behind"]


def test_a_picture_for_which_there_is_no_room_any_more_is_dropped_as_behind(live):
    live.post.ask(live.now_s)
    (frame,) = live.hear(records.Handed(0, len(planes())), planes(), room=False)
    assert (frame.planes, frame.dropped) == (None, "behind")
    assert live.post.asked_s is None


def test_a_picture_that_could_not_be_converted_is_damaged(live):
    live.post.ask(live.now_s)
    (frame,) = live.hear(records.Handed(0, 0))
    assert frame.dropped == "damaged"


@pytest.mark.parametrize("how", [ENDED, None])
def test_a_connection_that_ends_in_whatever_way_ends_its_epoch_as_lost(live, how):
    live.hear(DAMAGED)
    frame, end = live.hear(how) if how else live.post.hear(None, live.now_s)
    assert isinstance(frame, Frame)
    assert isinstance(end, Closed)
    assert (frame.dropped, end.reason, end.damaged) == ("behind", "lost", 3)
    assert live.post.over
    assert live.post.connected is None


def test_a_dead_reader_is_told_as_what_it_is():
    bench = Bench().attempt()
    list(bench.post.hear(None, bench.now_s))
    assert bench.states == [("offline", "the reader process died")]


def test_an_attempt_without_an_answer_is_given_up():
    bench = Bench().attempt()
    assert list(bench.post.tick(bench.now_s + 7.9)) == []
    assert not bench.post.over
    assert list(bench.post.tick(bench.now_s + 8.1)) == []
    assert bench.post.over
    assert bench.states == [("offline", "no answer for 8 s")]


def test_pictures_that_stop_end_the_epoch_and_the_connection(live):
    messages = list(live.post.tick(live.now_s + 5.1))
    assert [type(one).__name__ for one in messages] == ["Frame", "Closed"]
    assert live.post.over
    assert live.states[-1][0] == "stalled"


def test_pictures_that_are_decoded_but_not_sampled_keep_a_connection(live):
    for _ in range(10):
        live.now_s += 4.0
        live.hear(records.Progress(1, 0, 0.0, "default"))
        assert list(live.post.tick(live.now_s)) == []
    assert not live.post.over


def test_a_secret_that_is_missing_makes_a_camera_offline_and_is_looked_for_again_with_the_usual_delays():
    def missing(_address):
        raise SourceError("variable DOOR_PASSWORD of a camera's address is not set; set it for the ingest worker")

    bench = Bench(missing, address="rtsp://ann:${DOOR_PASSWORD}@host").attempt()
    assert bench.post.reader is None
    assert not bench.orders
    ((state, reason),) = bench.states
    assert state == "offline"
    assert "DOOR_PASSWORD" in reason
    for delay_s in DELAYS_S:
        assert bench.post.health.due(bench.now_s + delay_s * (1 + SPREAD) + MARGIN_S)
        bench.now_s += delay_s * (1 + SPREAD) + MARGIN_S
        bench.attempt()
    assert len(bench.states) == 1


def test_a_resolved_address_goes_to_the_reader_and_nowhere_else():
    bench = Bench(lambda address: address.replace("${P}", "hunter2"), address="rtsp://ann:${P}@host").attempt()
    assert bench.orders[0].address == "rtsp://ann:hunter2@host"
    bench.hear(CONNECTED)
    (begin,) = bench.hear(sampled(0))
    list(bench.post.give_up(Failure("lost", "the connection was reset"), bench.now_s))
    assert "hunter2" not in f"{begin} {bench.told} {bench.post.watched}"


def test_what_is_found_about_the_clocks_is_told_once(live):
    live.hear(sampled(1, set_ahead_ms=DAY_MS))
    live.hear(sampled(2, set_ahead_ms=DAY_MS))
    live.hear(sampled(3, set_ahead_ms=DAY_MS))
    found = [one.kind for one in live.told if isinstance(one, Finding)]
    assert found.count("host_clock_stepped") == 1


def test_a_paused_camera_is_disabled_and_is_tried_at_once_when_it_is_resumed(live):
    live.post.pause(live.now_s)
    assert not live.post.health.due(live.now_s + 1000)
    live.post.resume(live.now_s)
    assert live.post.health.due(live.now_s)
    assert live.states[1:] == [("disabled", "paused"), ("connecting", "resumed")]


@pytest.fixture
def playing():
    """A post that plays a recording, of which the first frame was announced."""
    bench = Bench(address="/footage/door.mp4", speed=0.0, loop=True).attempt()
    bench.hear(records.Connected("recording", 0, 0, 0.0))
    bench.hear(records.Passed(Opened("door", "recorded", 0, "replay", 5.0, *SIZE, "door.mp4")))
    bench.hear(sampled(0, played=played_spine(0)))
    return bench


def test_a_path_is_played_as_the_camera_says(playing):
    assert playing.orders[0].playing == records.Playing("door", 0.0, loop=True)


def test_a_recording_may_wait_for_its_next_picture_as_long_as_it_likes(playing):
    assert list(playing.post.tick(playing.now_s + 1000)) == []
    assert not playing.post.over
    assert playing.states == [("live", "pictures come")]


def test_a_recording_that_is_at_its_end_is_not_played_again(playing):
    playing.hear(records.Handed(0, len(planes())), planes())
    playing.hear(records.Passed(Closed("door", "recorded", 0, 0, "end", 0, 0)))
    assert playing.hear(records.Ended(Failure("played", "the recording is at its end"))) == []
    assert playing.post.played
    assert not playing.post.health.due(playing.now_s + 1000)
    assert playing.states[-1] == ("disabled", "the recording is at its end")
