"""Every store of states keeps the contract in `common.state`; a subclass gives the store."""

import pytest
import redis

from common.bus.base import Place
from common.errors import StoreError
from common.state import MemoryStateStore, Saved
from common.state_redis import RedisStateStore


def saved(version, offset=0, state=b"\x00\xff tracks", bus="frames:1"):
    return Saved(version, bus, Place(3, offset), state)


class StateContract:
    """What every store of states does; `states` is empty."""

    def test_nothing_is_known_of_a_camera_that_was_never_saved(self, states):
        assert states.load("shop") is None

    def test_what_was_saved_is_given_back(self, states):
        assert not states.save({"shop": saved(1), "door": saved(1, 7, b"")})
        assert (states.load("shop"), states.load("door")) == (saved(1), saved(1, 7, b""))

    def test_each_save_follows_the_one_before_it(self, states):
        for version in (1, 2, 3):
            assert not states.save({"shop": saved(version, version)})
        assert states.load("shop") == saved(3, 3)

    @pytest.mark.parametrize("version", [0, 1, 2, 4, 5])
    def test_a_save_that_does_not_follow_what_stands_is_refused_and_changes_nothing(self, states, version):
        states.save({"shop": saved(1)})
        states.save({"shop": saved(2, 5, b"stands")})
        assert set(states.save({"shop": saved(version, 9, b"other")})) == {"shop"}
        assert states.load("shop") == saved(2, 5, b"stands")

    def test_a_first_save_of_a_version_above_one_is_refused(self, states):
        assert set(states.save({"shop": saved(2)})) == {"shop"}
        assert states.load("shop") is None

    def test_one_refused_camera_does_not_keep_the_others_from_being_saved(self, states):
        states.save({"shop": saved(1), "door": saved(1)})
        assert set(states.save({"door": saved(2), "shop": saved(7), "yard": saved(1)})) == {"shop"}
        versions = [states.load(camera).version for camera in ("door", "shop", "yard")]
        assert versions == [2, 1, 1]

    def test_saving_nothing_is_allowed(self, states):
        assert not states.save({})


class TestMemoryStateStore(StateContract):
    @pytest.fixture
    def states(self):
        return MemoryStateStore()


@pytest.mark.redis
class TestRedisStateStore(StateContract):
    @pytest.fixture
    def states(self, client):
        return RedisStateStore(client, "moodline", "detector", 60)

    def test_stages_and_prefixes_do_not_share_states(self, client, states):
        states.save({"shop": saved(1)})
        assert RedisStateStore(client, "moodline", "sink", 60).load("shop") is None
        assert RedisStateStore(client, "other", "detector", 60).load("shop") is None

    def test_a_state_expires_from_its_last_save(self, client, states):
        states.save({"shop": saved(1)})
        (key,) = client.keys()
        client.persist(key)
        states.save({"shop": saved(2)})
        assert 0 < client.ttl(key) <= 60

    def test_a_redis_that_is_away_is_told_in_one_sentence(self, tmp_path):
        nowhere = redis.Redis(unix_socket_path=str(tmp_path / "none.sock"), retry=None)
        states = RedisStateStore(nowhere, "moodline", "detector", 60)
        with pytest.raises(StoreError, match="does not answer"):
            states.load("shop")
        with pytest.raises(StoreError, match="does not answer"):
            states.save({"shop": saved(1)})
