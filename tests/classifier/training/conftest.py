"""What tests of training share: small data, read once for each file of tests."""

import pytest

from tests.classifier.builders import write_fer


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_fer(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")
