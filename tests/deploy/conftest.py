"""A clip, and for each stage an environment in which only the packages of its own extra can be imported."""

import pytest

from moodline.demo import compose_demo
from tests.deploy.compose import STAGES
from tests.deploy.environments import make_environment
from tests.redis_server import RedisServer, need_redis_server


@pytest.fixture(scope="session")
def walkers(tmp_path_factory):
    """A folder with the demonstration clip: two portraits walk through a drawn shop, 12 s at 15 frames a second."""
    folder = tmp_path_factory.mktemp("footage")
    compose_demo(folder / "walkers.mp4")
    return folder


@pytest.fixture(scope="session")
def pythons(tmp_path_factory):
    """The Python of each stage's environment, by stage."""
    return {stage: make_environment(tmp_path_factory.mktemp("extras") / stage, stage) for stage in STAGES}


@pytest.fixture
def own_redis(tmp_path):
    """A running `RedisServer` for one test."""
    need_redis_server()
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis")
    try:
        yield server.start()
    finally:
        server.stop()
