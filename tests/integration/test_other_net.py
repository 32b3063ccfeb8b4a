"""Live cameras are given another net while all works: in workers between Kafka and Redis, and in one process."""

import shutil

import pytest

from classifier.settings import WEIGHTS
from moodline.chaos.cameras import CameraSpec
from moodline.chaos.clips import ClipFormat
from tests.integration.fleet import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.rtsp, pytest.mark.slow]

WAYS = [
    pytest.param([("ingest",), ("detector",), ("classifier",), ("sink",)], id="a worker for each stage"),
    pytest.param([("ingest", "detector", "classifier", "sink")], id="all fused"),
    pytest.param([], id="one process"),
]


@pytest.fixture(scope="module")
def cameras(open_cameras):
    return open_cameras(CameraSpec("door", form=ClipFormat(width=320, height=240, rate=10, gop=20)))


def nets(fleet):
    """Which nets read the camera, one after the other, in each of its epochs; none of these has a hole."""
    with fleet.reader() as reader:
        epochs = reader.epochs("door")
        for epoch in epochs:
            seqs = [frame.seq for frame in reader.frames("door", epoch.epoch)]
            assert seqs == list(range(len(seqs)))
    return [[one.model.partition("@")[0] for one in epoch.models] for epoch in epochs]


def wait_for(fleet, net):
    wait_until(lambda: [epoch[-1:] for epoch in nets(fleet)][-1:] == [[net]])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("way", WAYS)
def test_another_net_is_taken_within_an_epoch_and_a_damaged_one_is_not(make_fleet, cameras, tmp_path, way):
    fleet = make_fleet(INGEST_RATE=4, KAFKA_PARTITIONS=2)
    fleet.run("cameras", "add", "door", cameras.url("door"))
    workers = [fleet.start(*stages) for stages in way] or [fleet.command("run", "--cameras", "--json")]
    wait_for(fleet, "expression")

    other = shutil.copy(WEIGHTS, tmp_path / "other.pt")
    fleet.run("models", "use", other)
    wait_for(fleet, "other")
    (user,) = fleet.run("models", "list")["users"]
    assert (user["model"].partition("@")[0], user["refused"]) == ("other", "")

    (tmp_path / "damaged.pt").write_bytes(WEIGHTS.read_bytes()[:-1000])
    damaged = fleet.command("models", "use", tmp_path / "damaged.pt")
    assert damaged.wait(60) == 7
    fleet.run("models", "use", "--default")
    wait_for(fleet, "expression")
    assert any(len(epoch) > 1 for epoch in nets(fleet))
    assert all(worker.poll() is None for worker in workers)
