"""The same recording gives the same series, in one process and in many."""

import shutil

import pytest

from tests.integration.fleet import Fleet

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

WAYS = {
    "a process for each stage": (("ingest",), ("detector",), ("classifier",), ("sink",)),
    "ingest and detector fused": (("ingest", "detector"), ("classifier",), ("sink",)),
    "detector, classifier and sink fused": (("ingest",), ("detector", "classifier", "sink")),
    "all but the sink fused": (("ingest", "detector", "classifier"), ("sink",)),
}
STAGES = ("detector", "classifier", "sink")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory, redis_server, walkers):
    """The digest of the run in one process."""
    fleet = Fleet(tmp_path_factory.mktemp("embedded"), "127.0.0.1:1", redis_server.url, KEY_PREFIX="embedded")
    fleet.result(fleet.command("run", walkers, "--json"))
    return fleet.digest()


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_raw_frames_through_kafka_give_the_digest_of_the_run_in_one_process(make_fleet, walkers, embedded, way):
    fleet = make_fleet(FRAME_CODEC="raw")
    first, *others = way
    feeding = fleet.start(*first, "--source", walkers)
    draining = [fleet.start(*stages, "--drain") for stages in others]
    fleet.results(feeding, *draining)
    assert fleet.frames("walkers") == 60
    assert fleet.digest() == embedded


def test_jpeg_frames_replace_whole_what_raw_ones_gave_and_are_replaced_by_them(make_fleet, walkers, embedded):
    def through_kafka(fleet):
        fleet.results(fleet.start("ingest", "--source", walkers), *[fleet.start(stage, "--drain") for stage in STAGES])
        return fleet.digest()

    fleet = make_fleet(FRAME_CODEC="jpeg")
    fleet.result(fleet.command("run", walkers, "--json"))
    assert fleet.digest() == embedded
    coded = through_kafka(fleet)
    assert coded != embedded
    assert coded == through_kafka(make_fleet(FRAME_CODEC="jpeg"))
    fleet.result(fleet.command("run", walkers, "--json"))
    assert fleet.digest() == embedded


def test_two_workers_of_each_stage_and_four_cameras_give_what_one_process_gives(make_fleet, walkers, tmp_path):
    cameras = [f"shop{number}" for number in range(4)]
    for camera in cameras:
        shutil.copy(walkers, tmp_path / f"{camera}.mp4")
    sources = [part for camera in cameras for part in ("--source", tmp_path / f"{camera}.mp4")]
    alone = make_fleet()
    alone.result(alone.command("run", *sources[1::2], "--json"))
    fleet = make_fleet(FRAME_CODEC="raw")
    workers = [fleet.start(stage, "--drain") for stage in STAGES for _ in range(2)]
    fleet.results(fleet.start("ingest", *sources), *workers)
    assert [fleet.frames(camera) for camera in cameras] == [60] * 4
    assert fleet.digest() == alone.digest()
