"""A live run whose Redis goes away for some seconds: it goes on, and everything it sampled adds up."""

import json
import signal
import subprocess
import sys
import time

import pytest
import redis

from common.errors import EXIT_OK, EXIT_STORE
from sink.reader import SeriesReader

PATIENCE_S = 90.0
AWAY_S = 6.0


@pytest.fixture
def live(own_redis, walkers, tmp_path, monkeypatch):
    """A live run of one recording that plays again and again, which writes to a Redis of its own."""
    monkeypatch.setenv("MOODLINE_REDIS_URL", own_redis.url)
    command = [sys.executable, "-m", "moodline.cli", "run", str(walkers), "--as-cameras", "--loop", "--json"]
    with (
        (tmp_path / "out").open("w+") as out,
        (tmp_path / "err").open("w+") as err,
        subprocess.Popen(command, stdout=out, stderr=err, text=True) as process,
    ):
        yield process, lambda: ((tmp_path / "out").read_text(), (tmp_path / "err").read_text())
        process.kill()


def frames(server):
    """Every frame that stands in the store, by epoch."""
    with redis.Redis.from_url(server.url) as client:
        reader = SeriesReader(client, "moodline")
        return {
            epoch.epoch: [frame.seq for frame in reader.frames(camera, epoch.epoch)]
            for camera in reader.cameras()
            for epoch in reader.epochs(camera)
        }


def written(server):
    return sum(map(len, frames(server).values()))


def wait_until(true, process):
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert process.poll() is None, "the run has ended"
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.redis
@pytest.mark.timeout(300)
def test_a_live_run_goes_on_when_its_redis_is_back_and_everything_adds_up(live, own_redis):
    process, said = live
    wait_until(lambda: written(own_redis) > 5, process)
    own_redis.kill()
    time.sleep(AWAY_S)
    assert process.poll() is None, said()
    own_redis.start()
    before = written(own_redis)
    wait_until(lambda: written(own_redis) > before + 10, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == EXIT_OK, said()
    out, err = said()
    assert "waiting: " in err
    assert "Traceback" not in out + err
    assert all(seqs == list(range(len(seqs))) for seqs in frames(own_redis).values())
    (camera,) = json.loads(out.strip().splitlines()[-1])["cameras"]
    assert written(own_redis) == camera["sampled"]


@pytest.mark.redis
@pytest.mark.timeout(300)
def test_a_live_run_that_is_stopped_while_its_redis_is_away_says_so(live, own_redis):
    process, said = live
    wait_until(lambda: written(own_redis) > 5, process)
    own_redis.kill()
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == EXIT_STORE
    assert "Traceback" not in "".join(said())
