"""The compose files: valid, and each service, started as a process as its file says, takes a clip through."""

import os
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import yaml

from common.bus.kafka_settings import KafkaSettings
from common.redis_client import open_client
from common.settings import VARIABLE_PREFIX
from common.store_settings import StoreSettings
from moodline.settings import check_settings
from sink.reader import SeriesReader
from tests.deploy.compose import PLAIN, ROOT, SECURE, STAGES, WORKERS, MissingVariable, images, services
from tests.deploy.containers import Containers
from tests.deploy.environments import project

FRAMES = 60
GIVEN = {
    "MOODLINE_KAFKA_BOOTSTRAP_SERVERS": "broker-1:9093,broker-2:9093",
    "MOODLINE_KAFKA_SASL_USERNAME": "worker",
    "MOODLINE_KAFKA_SASL_PASSWORD": "p$ss:word",
    "MOODLINE_REDIS_URL": "rediss://worker:secret@redis.internal:6379/0?ssl_ca_certs=/run/certificates/ca.pem",
}
"""What must be given with the secured file."""


@pytest.mark.parametrize("file", sorted({PLAIN, SECURE, *ROOT.glob("deploy/*.yml")}), ids=lambda path: path.name)
def test_a_compose_file_is_valid(file):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_there_is_one_target_for_each_stage_and_it_installs_only_its_own_extra():
    built = images()
    assert set(built) == set(STAGES) <= project()["optional-dependencies"].keys()
    for stage, image in built.items():
        installed = re.findall(r"pip install .*\.\[([^\]]*)\]", " ".join(image.runs))
        assert installed == [stage]
        assert image.command == (stage,)


def test_each_service_is_built_from_the_target_of_its_stage():
    found = {name: one["build"]["target"] for name, one in services(PLAIN).items() if "build" in one}
    assert found == {stage: stage for stage in STAGES} | {"cameras": "ingest"}


def test_the_images_get_every_package_of_the_project_and_nothing_else():
    copied = re.findall(r"^COPY (\w+) /\1$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    let_in = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(copied) == packages
    assert let_in == packages | {"pyproject.toml", "constraints.txt", "README.md", "LICENSE"}


def test_kafka_is_of_the_version_that_the_tests_run():
    fetched = re.search(r"^kafka=(.+)$", (ROOT / "scripts" / "kafka.sh").read_text(encoding="utf-8"), re.MULTILINE)
    assert services(PLAIN)["kafka"]["image"] == f"apache/kafka:{fetched[1]}"


@pytest.mark.parametrize("files", [(PLAIN,), (PLAIN, SECURE)], ids=["plain", "secure"])
def test_every_variable_of_a_worker_is_a_setting(files):
    for worker in WORKERS:
        environment = services(*files, **GIVEN)[worker]["environment"]
        check_settings(environment)
        assert all(name.startswith(VARIABLE_PREFIX) for name in environment)


def test_nothing_is_published_and_no_worker_may_write_or_gain_rights():
    for files in ((PLAIN,), (PLAIN, SECURE)):
        for name, service in services(*files, **GIVEN).items():
            assert "ports" not in service
            assert "no-new-privileges:true" in service["security_opt"]
            if name in WORKERS:
                assert service["read_only"]
                assert service["cap_drop"] == ["ALL"]
                assert all(mount["read_only"] for mount in service.get("volumes", ()))


@pytest.mark.parametrize("name", GIVEN)
def test_the_secured_file_asks_for_what_must_be_given(name):
    with pytest.raises(MissingVariable, match=name):
        services(PLAIN, SECURE, **{**GIVEN, name: ""})


def test_the_secured_file_signs_in_over_tls_and_starts_no_kafka_or_redis_of_its_own(monkeypatch, tmp_path):
    found = services(PLAIN, SECURE, **GIVEN)
    assert [found[name]["profiles"] for name in ("kafka", "redis")] == [["local"], ["local"]]
    assert not any(one["required"] for worker in WORKERS for one in found[worker]["depends_on"].values())
    monkeypatch.chdir(tmp_path)
    for name, value in found["detector"]["environment"].items():
        monkeypatch.setenv(name, str(value))
    kafka, store = KafkaSettings.load(), StoreSettings.load()
    assert kafka.uses_tls
    assert kafka.uses_sasl
    assert kafka.sasl_password.get_secret_value() == GIVEN["MOODLINE_KAFKA_SASL_PASSWORD"]
    assert kafka.replication == 3
    assert store.redis_url.get_secret_value() == GIVEN["MOODLINE_REDIS_URL"]
    certificates = next(one for one in found["detector"]["volumes"] if one["target"] == "/run/certificates")
    assert Path(kafka.ssl_cafile).parent == Path(certificates["target"])


def test_no_compose_file_holds_a_password():
    for file in (PLAIN, SECURE):
        for name, value in _strings(yaml.safe_load(file.read_text(encoding="utf-8"))):
            assert "PASSWORD" not in name or value.startswith("${")
            assert not re.search(r"://[^/\s]*@", value)


def _strings(value, name=""):
    if isinstance(value, dict):
        return [pair for key, one in value.items() for pair in _strings(one, str(key))]
    if isinstance(value, list):
        return [pair for one in value for pair in _strings(one, name)]
    return [(name, str(value))]


def test_every_worker_reads_the_folder_of_settings_and_the_file_that_comes_with_it_is_sound():
    for stage, service in services(PLAIN, MOODLINE_SETTINGS="/etc/shop").items():
        if stage in WORKERS:
            (mount,) = [one for one in service["volumes"] if one["target"] == service["working_dir"]]
            assert mount["source"] == "/etc/shop"
    given = Path(services(PLAIN)["detector"]["volumes"][0]["source"]) / "moodline.toml"
    check_settings({}, ROOT / given)
    # What it shows as an example is sound too.
    example = re.findall(r"^#   (.*)$", (ROOT / given).read_text(encoding="utf-8"), re.MULTILINE)
    assert tomllib.loads("\n".join(example)).keys() == {"topic_prefix", "ingest", "detector"}


@pytest.fixture
def settings(tmp_path):
    """A folder of settings that change what the containers do."""
    made = tmp_path / "settings"
    made.mkdir()
    (made / "moodline.toml").write_text('topic_prefix = "shop"\n[detector]\nzones = "zones.toml"\n', encoding="utf-8")
    (made / "zones.toml").write_text(
        '[cameras."*".zones]\nwindow = [[0, 0], [1, 0], [1, 1], [0, 1]]\n', encoding="utf-8"
    )
    return made


@pytest.fixture
def containers(pythons, tmp_path, own_broker, own_redis, walkers, settings):
    places = {
        "/settings": settings,
        "kafka:9092": own_broker.servers,
        "redis:6379": own_redis.url.removeprefix("redis://").removesuffix("/0"),
        "/footage": walkers.parent,
    }
    made = Containers(services(PLAIN), pythons, tmp_path, places)
    yield made
    made.kill()


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.redis
def test_the_services_as_their_file_says_take_a_clip_through_and_end_in_good_order(containers, own_redis):
    for name in STAGES:
        containers.start(name)
    code, log = containers.ended("ingest")
    assert code == 0, log
    with open_client(StoreSettings(redis_url=own_redis.url)) as client:
        reader = SeriesReader(client, "moodline")
        deadline = time.monotonic() + 120
        while not _is_closed(reader):
            assert not containers.ended_early(STAGES[1:])
            assert time.monotonic() < deadline, [containers.log(name).read_text()[-2000:] for name in STAGES]
            time.sleep(0.1)
        (epoch,) = reader.epochs("walkers")
        frames = list(reader.frames("walkers", epoch.epoch))
        samples = [
            one for name in reader.track_names("walkers", epoch.epoch) for one in reader.samples("walkers", name)
        ]
    assert {sample.zone for sample in samples} == {"window"}
    assert len(frames) == FRAMES
    assert not any(frame.dropped for frame in frames)
    for name in STAGES[1:]:
        assert containers.healthy(name)
        containers.terminate(name)
    for name in STAGES[1:]:
        code, log = containers.ended(name, 20)
        assert code == 0, log
        minutes_ago = time.time() - 120
        os.utime(containers.alive_file(name), (minutes_ago, minutes_ago))
        assert not containers.healthy(name)


def _is_closed(reader):
    return any(epoch.closed for epoch in reader.epochs("walkers"))
