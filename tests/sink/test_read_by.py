"""Which net read an epoch, from when on: in the store and in the public records."""

import pytest
from msgspec.structs import replace

from sink.records import ReadBy
from sink.settings import SinkSettings
from sink.stage import SinkStage
from sink.store import RedisStore
from tests.sink.builders import KEEPING, START_MS, closed, face, feed, frame, opened, sink

FIRST, OTHER = "first@0123456789ab", "other@ba9876543210"


def frames(models, mode="live"):
    return [
        replace(frame(seq, START_MS + seq * 100, face(), mode=mode, dropped=None), model=model)
        for seq, model in enumerate(models)
    ]


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_a_net_that_is_changed_goes_on_with_the_epoch_and_is_noted_from_its_first_frame_on(client, reader, batch):
    feed(sink(client), [opened(mode="live"), *frames([FIRST] * 4 + [OTHER] * 3 + [FIRST])], batch)
    (info,) = reader.epochs("shop")
    assert info.last_seq == 7
    assert info.models == (
        ReadBy(0, START_MS, FIRST),
        ReadBy(4, START_MS + 400, OTHER),
        ReadBy(7, START_MS + 700, FIRST),
    )
    assert len(list(reader.samples("shop", "shop-e1-1"))) == 8


def test_a_sink_that_goes_on_after_another_notes_no_net_twice(client, reader):
    sent = [opened(mode="live"), *frames([FIRST, FIRST, OTHER, OTHER])]
    feed(sink(client), sent[:3])
    feed(sink(client), sent)
    assert [one.model for one in reader.epochs("shop")[0].models] == [FIRST, OTHER]


def test_a_recording_that_another_recipe_replaces_names_only_the_net_of_that(client, reader):
    feed(sink(client), [opened(), *frames([FIRST] * 3, "file"), closed(2, START_MS + 200)])
    again = [replace(one, recipe="r2") for one in frames([OTHER] * 3, "file")]
    feed(sink(client), [opened(), *again, closed(2, START_MS + 200)])
    assert [one.model for one in reader.epochs("shop")[0].models] == [OTHER]


def test_a_frame_whose_net_is_not_told_changes_nothing(client, reader):
    feed(sink(client), [opened(mode="live"), *frames([FIRST, "", FIRST])])
    assert [one.model for one in reader.epochs("shop")[0].models] == [FIRST]
    feed(sink(client), [opened(epoch="e2", mode="live"), frame(0, START_MS + 900, epoch="e2", mode="live")])
    assert reader.epochs("shop")[1].models == ()


def test_every_public_frame_names_its_net(client):
    told = []
    stage = SinkStage(RedisStore(client, "moodline", KEEPING), SinkSettings(), told.extend)
    feed(stage, [opened(mode="live"), *frames([FIRST, OTHER])])
    assert [one.model for one in told if one.id.endswith(("/0", "/1"))] == [FIRST, OTHER]
