"""The store keeps its contract on every Redis: the embedded one, and a server reached by its address."""

import msgspec
import pytest

from common.redis_client import open_client
from common.store_settings import StoreSettings
from sink.digest import digest
from sink.reader import SeriesReader
from tests.redis_server import RedisServer
from tests.sink.builders import feed, opened, recording, sink


class StoreContract:
    """What every store does; a subclass gives the `client`."""

    @pytest.fixture
    def reader(self, client):
        return SeriesReader(client, "moodline")

    def test_what_was_written_is_read_back(self, client, reader):
        feed(sink(client), recording())
        assert len(list(reader.frames("shop", "e1"))) == 60
        assert sum(one.sampled for one in reader.minutes("shop")) == 60
        assert reader.tracks("shop")

    def test_a_repeat_changes_nothing(self, client, reader):
        feed(sink(client), recording())
        first = digest(reader)
        feed(sink(client), recording(), 5)
        assert digest(reader) == first
        assert reader.late("shop") == 0

    def test_another_recipe_leaves_nothing_of_the_old_one(self, client, reader):
        feed(sink(client), recording(2, recipe="new"))
        alone, keys = digest(reader), set(client.keys())
        client.flushdb()
        feed(sink(client), recording(1, frames=100, recipe="old"))
        feed(sink(client), recording(2, recipe="new"))
        assert (digest(reader), set(client.keys())) == (alone, keys)

    def test_a_run_that_was_cut_off_is_resumed_to_the_same_digest(self, client, reader):
        feed(sink(client), recording())
        whole = digest(reader)
        client.flushdb()
        feed(sink(client), recording()[:33], 4)
        assert digest(reader) != whole
        feed(sink(client), recording())
        assert digest(reader) == whole

    def test_live_samples_are_trimmed_by_event_time_and_minutes_are_kept(self, client, reader):
        hour_ms = 3_600_000
        feed(sink(client), recording(1, epoch="1", mode="live", frames=300, step_ms=10 * hour_ms, people=1))
        kept = list(reader.frames("shop", "1"))
        assert 0 < len(kept) < 300
        assert kept[-1].seq == 299
        assert len(reader.minutes("shop")) > len(kept)

    def test_nothing_is_added_to_a_live_epoch_once_a_higher_one_has_begun(self, client, reader):
        old, new = (recording(1, epoch=f"0000000{holder}0001", mode="live")[:-1] for holder in "ab")
        later = [msgspec.structs.replace(one, spine=_later(one.spine)) for one in new[1:]]
        feed(sink(client), old[:31])
        feed(sink(client), [new[0], *later])
        feed(sink(client), old[31:])
        assert [one.seq for one in reader.frames("shop", "0000000a0001")] == list(range(30))
        assert [one.seq for one in reader.frames("shop", "0000000b0001")] == list(range(60))
        assert [one.seq for one in reader.late_frames("shop")] == list(range(30, 60))

    def test_the_begin_of_a_higher_live_epoch_ends_the_tracks_of_the_one_before(self, client, reader):
        feed(sink(client), recording(1, epoch="0000000a0001", mode="live")[:31])
        seen = set(reader.track_names("shop", "0000000a0001"))
        feed(sink(client), [opened(epoch="0000000b0001", mode="live")])
        assert {one.track for one in reader.tracks("shop")} == seen


def _later(spine):
    return msgspec.structs.replace(spine, time_ms=spine.time_ms + 60_000)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    with open_client(StoreSettings(home=tmp_path_factory.mktemp("home"))) as client:
        yield client


@pytest.fixture(scope="module")
def by_address(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("server"), "--requirepass", "secret") as server:
        url = server.url.replace("redis://", "redis://:secret@")
        with open_client(StoreSettings(redis_url=url)) as client:
            yield client


class TestEmbedded(StoreContract):
    @pytest.fixture
    def client(self, embedded):
        embedded.flushdb()
        return embedded


class TestByAddress(StoreContract):
    @pytest.fixture
    def client(self, by_address):
        by_address.flushdb()
        return by_address
