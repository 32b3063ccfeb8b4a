"""The command line in this process, on a home of its own, and clips to run it on."""

import os

import pytest

from moodline.cli import invoke
from tests.builders_video import make_video
from tests.moodline.builders_records import Kafka


@pytest.fixture(scope="session")
def pattern(tmp_path_factory):
    """A clip without anybody, 1 s at 25 frames a second."""
    return make_video(tmp_path_factory.mktemp("clips") / "pattern.mp4")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("MOODLINE_") and name != "MOODLINE_REQUIRE_ALL"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOODLINE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def moodline(capsys):
    """Run one command line; gives its exit code, what it printed, and what it complained about."""

    def run(*arguments):
        capsys.readouterr()
        code = invoke([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def kafka(kafka_settings, topic_prefix, monkeypatch):
    """Topics of their own in a real broker; the command line knows them."""
    monkeypatch.setenv("MOODLINE_TOPIC_PREFIX", topic_prefix)
    monkeypatch.setenv("MOODLINE_KAFKA_BOOTSTRAP_SERVERS", kafka_settings.bootstrap_servers)
    one = Kafka(kafka_settings, topic_prefix)
    yield one
    one.close()
