"""Workers that are killed at random moments and started again lose nothing, repeat nothing, and change nothing."""

import os
import random
import shutil

import pytest

from tests.integration.fleet import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]

ROUNDS = int(os.environ.get("MOODLINE_TEST_KILLS", "3"))
"""How often each kind of worker is killed."""

FRAMES = 60
KINDS = ("ingest", "detector", "classifier", "sink")


@pytest.fixture
def chance():
    seed = int(os.environ.get("MOODLINE_TEST_SEED", random.randrange(10**6)))
    print(f"MOODLINE_TEST_SEED={seed}")  # noqa: T201  # shown when the test fails, to try the same moments again
    return random.Random(seed)


def closed(fleet, camera):
    with fleet.reader() as reader:
        return any(epoch.closed for epoch in reader.epochs(camera))


@pytest.mark.timeout(60 + 90 * ROUNDS)
def test_each_kind_of_worker_is_killed_at_random_moments_and_nothing_is_lost_or_doubled(
    make_fleet, walkers, tmp_path, chance
):
    videos = [tmp_path / f"round{number}.mp4" for number in range(ROUNDS)]
    for video in videos:
        shutil.copy(walkers, video)
    alone = make_fleet()
    alone.result(alone.command("run", *videos, "--json"), seconds=60 + 30 * ROUNDS)

    fleet = make_fleet(FRAME_CODEC="raw", DETECTOR_BATCH=2, CLASSIFIER_BATCH=4, CLASSIFIER_WAIT_MS=20)
    working = {kind: fleet.start(kind) for kind in KINDS[1:]}
    for video in videos:
        camera = video.stem

        def start(kind, video=video):
            return fleet.start("ingest", "--source", video, "--speed", "6") if kind == "ingest" else fleet.start(kind)

        working["ingest"] = start("ingest")
        moments = sorted(chance.randrange(FRAMES - 5) for _ in KINDS)
        for kind, moment in zip(chance.sample(KINDS, len(KINDS)), moments, strict=True):
            fleet.wait_for_frames(camera, moment)
            if working[kind].poll() is None:
                fleet.kill(working[kind])
            working[kind] = start(kind)
        wait_until(lambda camera=camera: closed(fleet, camera))
        assert fleet.frames(camera) == FRAMES
        fleet.result(working["ingest"])
    assert fleet.difference(alone) == []
    assert fleet.digest() == alone.digest()
