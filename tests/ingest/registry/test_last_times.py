"""How far each camera's series has come: it outlives whoever wrote it."""

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import StoreError
from ingest.registry.last_times import LastTimes


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.dictionaries(st.from_regex(r"[a-z0-9_-]{1,64}", fullmatch=True), st.integers(0, 2**53), max_size=5))
def test_what_was_noted_is_read_again(client, times):
    client.flushdb()
    LastTimes(client, "moodline").put(times)
    assert LastTimes(client, "moodline").get(times) == times


def test_a_camera_of_which_nothing_is_known_is_left_out(client):
    times = LastTimes(client, "moodline")
    assert times.get([]) == {}
    times.put({})
    assert times.get(["door"]) == {}
    times.put({"door": 5})
    assert times.get(["till", "door"]) == {"door": 5}


def test_the_later_note_stands_and_the_others_stay(client):
    times = LastTimes(client, "moodline")
    times.put({"door": 5, "till": 6})
    times.put({"door": 7})
    assert times.get(["door", "till"]) == {"door": 7, "till": 6}


def test_it_does_not_expire_and_is_kept_apart_by_its_prefix(client):
    LastTimes(client, "moodline").put({"door": 5})
    (key,) = client.keys("*")
    assert client.pttl(key) == -1
    assert LastTimes(client, "other").get(["door"]) == {}


def test_while_redis_is_away_it_says_so(tmp_path):
    times = LastTimes(redis.Redis(unix_socket_path=str(tmp_path / "none.sock"), retry=None), "moodline")
    with pytest.raises(StoreError, match="does not answer"):
        times.put({"door": 5})
    with pytest.raises(StoreError, match="does not answer"):
        times.get(["door"])
