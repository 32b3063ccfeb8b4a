"""An old holder of a camera that was paused wakes up at any step: nothing of it gets into the series, all is counted.

As in `test_pipeline`, with MOODLINE_SIMULATION_RUNS set to a number, so many fresh scenarios are drawn.
"""

import os
import random

import pytest
from hypothesis import HealthCheck, given, seed, settings

from common.messages import Closed, Frame, Opened, coordinates
from common.shedding import SheddingStage
from common.shedding_settings import SheddingSettings
from common.worker import Worker
from moodline.ledger.accounts import Ledger
from moodline.ledger.reading import Scope, Store, add_store
from sink.digest import digest
from sink.reader import SeriesReader
from sink.settings import SinkSettings
from sink.stage import SinkStage
from sink.store import RedisStore
from tests.simulation.bus import without_content
from tests.simulation.faults import Scenario, scenarios
from tests.simulation.footage import is_unreadable
from tests.simulation.holders import NEW, OLD, LiveWorld, of_epoch
from tests.simulation.stages import classifier_stage, detector_stage
from tests.sink.builders import KEEPING

FRESH = os.environ.get("MOODLINE_SIMULATION_RUNS")
RUNS = int(FRESH or 200)
SHARDS = 4


def kept(world, camera):
    """What the store must have of a camera: the old holder's messages up to the new one's begin, then the new one's."""
    log = [
        one for one in world.frames.logs[world.footage.partition(camera)] if coordinates(one).startswith(f"{camera}/")
    ]
    begin = next(place for place, one in enumerate(log) if isinstance(one, Opened) and one.epoch == NEW)
    in_time = {coordinates(one) for one in log[:begin]}
    messages = world.footage.cameras[camera]
    old = [one for one in of_epoch(messages, OLD) if coordinates(one) in in_time]
    return old, of_epoch(messages, NEW), [one for one in of_epoch(messages, OLD) if coordinates(one) not in in_time]


def undisturbed(client, world):
    """Run what must be kept through the stages, one camera after another; gives the digest."""
    detector, classifier = detector_stage(), classifier_stage()
    sink = SinkStage(RedisStore(client, "calm", KEEPING), SinkSettings())
    for camera in world.footage.cameras:
        old, new, late = kept(world, camera)
        messages = [*old, *new, *(one for one in late if isinstance(one, Closed))]
        messages = [without_content(one) if is_unreadable(one) else one for one in messages]
        sink.process(list(classifier.process(list(detector.process(messages)))))
    detector.close()
    return digest(SeriesReader(client, "calm"))


def seqs(messages):
    return [one.spine.seq for one in messages if isinstance(one, Frame)]


def check_accounts(world, client):
    """Of every frame is known what became of it, and no frame of the old holder stands where it must not."""
    reader = SeriesReader(client, world.prefix)
    ledger = Ledger()
    add_store(ledger, Scope(), Store(reader, 10**12))
    rows = {(row.camera, row.epoch): row for row in ledger.epochs()}
    for camera in world.footage.cameras:
        old, new, late = kept(world, camera)
        for epoch, messages in ((OLD, old), (NEW, new)):
            assert [one.seq for one in reader.frames(camera, epoch)] == seqs(messages), (camera, epoch)
        row = rows[camera, OLD]
        assert (row.sampled, row.unaccounted) == (len(seqs([*old, *late])), 0)
        assert row.dropped["late"] == len(seqs(late))
        assert (rows[camera, NEW].sampled, rows[camera, NEW].unaccounted) == (len(seqs(new)), 0)
        tracks = [one.track for one in reader.tracks(camera)]
        assert len(tracks) == len(set(tracks))


def simulate(client, scenario, now_ms):
    client.flushdb()

    def make_worker(stage, *given):
        return Worker(SheddingStage(stage, SheddingSettings(), now_ms), *given)

    world = LiveWorld(client, "run", scenario, make_worker)
    world.run()
    check_accounts(world, client)
    return world


def without_new_ingest(scenario):
    """A worker of ingest that crashed would open its camera under another epoch, which is another run."""
    faults = tuple(fault for fault in scenario.faults if fault.role != "ingest")
    return Scenario(scenario.footage, scenario.schedule, faults)


live_scenarios = scenarios().map(without_new_ingest)


@pytest.mark.timeout(120 + RUNS // SHARDS)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_series_has_nothing_of_an_old_holder_whatever_goes_wrong(client, shard):
    @seed(random.randrange(2**32) if FRESH else shard)
    @settings(max_examples=RUNS // SHARDS, suppress_health_check=[HealthCheck.too_slow])
    @given(scenario=live_scenarios)
    def is_as_if_it_had_never_woken_up(scenario):
        world = simulate(client, scenario, lambda: 0)
        assert digest(SeriesReader(client, "run")) == undisturbed(client, world)

    is_as_if_it_had_never_woken_up()


@pytest.mark.parametrize("shard", range(2))
def test_with_work_that_is_shed_too_every_frame_is_accounted_for(client, shard):
    @seed(random.randrange(2**32) if FRESH else shard)
    @settings(max_examples=RUNS // SHARDS // 2, suppress_health_check=[HealthCheck.too_slow])
    @given(scenario=live_scenarios)
    def adds_up(scenario):
        # Frames of the old holder have come from 0 ms on, of the new one from 60 000 ms on, one each 100 ms.
        chance = random.Random(scenario.schedule)
        simulate(client, scenario, lambda: chance.choice((0, 60_000)) + chance.randint(0, 4000))

    adds_up()
