"""A clip, and for each stage an environment in which only the packages of its own extra can be imported."""

import pytest

from tests.deploy.compose import STAGES
from tests.deploy.environments import make_environment


@pytest.fixture(scope="session")
def pythons(tmp_path_factory):
    """The Python of each stage's environment, by stage."""
    return {stage: make_environment(tmp_path_factory.mktemp("extras") / stage, stage) for stage in STAGES}
