"""Redis as people run it: TLS, and users that may do only what docs/scaling.md says they must; no password is shown."""

import pytest
import redis

from common.redis_client import open_client
from common.store_settings import StoreSettings
from tests.contracts.test_store import StoreContract
from tests.deploy.secured_redis import PASSWORD, SecuredRedis, documented_users
from tests.integration.fleet import Fleet

pytestmark = pytest.mark.redis

NOWHERE = "127.0.0.1:1"


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    one = SecuredRedis(tmp_path_factory.mktemp("secured"))
    yield one
    one.stop()


@pytest.fixture
def make_fleet(tmp_path):
    made = []

    def make(url, servers=NOWHERE, **settings):
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Fleet(folder, servers, url, **settings))
        return made[-1]

    yield make
    for fleet in made:
        fleet.close()


def refused(fleet, *arguments):
    """Run a command that ends with exit code 6; gives its one sentence, in which there is no password."""
    process = fleet.command(*arguments)
    assert process.wait(60) == 6, fleet.errors(process)
    lines = fleet.errors(process).splitlines()
    assert len(lines) == 1, lines
    assert PASSWORD not in lines[0]
    return lines[0]


class TestStoreOfALimitedUser(StoreContract):
    @pytest.fixture
    def client(self, secured):
        """The client of the user; only the test itself, as whoever runs the server, deletes and lists everything."""
        secured.admin.flushdb()
        with open_client(StoreSettings(redis_url=secured.url("moodline"))) as client:
            client.flushdb, client.keys = secured.admin.flushdb, secured.admin.keys
            yield client


@pytest.mark.parametrize("user", documented_users())
def test_a_documented_user_may_do_nothing_dangerous_and_nothing_elsewhere(secured, user):
    with open_client(StoreSettings(redis_url=secured.url(user))) as client:
        for command in (("FLUSHALL",), ("KEYS", "*"), ("CONFIG", "GET", "*"), ("HGETALL", "other:slots")):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*command)


@pytest.mark.slow
def test_run_and_its_readers_work_over_tls_as_limited_users(secured, make_fleet, walkers):
    secured.admin.flushdb()
    fleet = make_fleet(secured.url("moodline"))
    assert fleet.result(fleet.command("run", walkers, "--json"))
    fleet.result(fleet.command("run", walkers, "--rate", "4", "--json"))
    assert fleet.frames("walkers") == 48
    reading = make_fleet(secured.url("moodline-reader"))
    assert reading.result(reading.command("series", "--json"))
    assert reading.result(reading.command("digest", "--json"))["digest"] == fleet.digest()
    assert reading.digest() == fleet.digest()


def test_a_wrong_password_is_said_in_one_sentence_without_it(secured, make_fleet, walkers):
    fleet = make_fleet(secured.url("moodline", "guess-0042"))
    sentence = refused(fleet, "run", walkers)
    assert "refuses this user or password; correct them in MOODLINE_REDIS_URL" in sentence
    assert "guess-0042" not in sentence


def test_a_prefix_that_the_user_may_not_use_is_said_in_one_sentence(secured, make_fleet, walkers):
    sentence = refused(make_fleet(secured.url("moodline"), KEY_PREFIX="other"), "run", walkers, "--no-progress")
    assert "refuses this user or password" in sentence


def test_an_authority_that_did_not_sign_is_said_in_one_sentence(secured, make_fleet):
    sentence = refused(make_fleet(secured.url("moodline", authority=secured.stranger)), "digest")
    assert "certificate" in sentence.lower()


def test_an_authority_whose_file_is_missing_is_said_in_one_sentence(secured, make_fleet):
    sentence = refused(make_fleet(secured.url("moodline", authority="missing.pem")), "digest")
    assert "is not there; name the file" in sentence
