"""Every mistake with `moodline cameras` ends with one sentence, a named exit code, and nothing stored."""

import json

import pytest

from common.errors import EXIT_OK, EXIT_SOURCE, EXIT_STORE, EXIT_USAGE


@pytest.fixture
def refused(moodline):
    def run(code, *arguments):
        got, out, err = moodline("cameras", *arguments)
        assert got == code, err
        assert err.startswith("moodline: ")
        assert err.count("\n") == 1
        assert err.rstrip("\n").isprintable()
        assert "Traceback" not in out + err
        return err

    return run


@pytest.mark.parametrize(
    "name",
    ["Front Door", "a/b", "../x", "t\u00fcr", "\u043a\u0430\u043c\u0435\u0440\u0430", "x" * 65, "", "a\tb", "\x1b[2J"],
)
def test_a_bad_name_is_refused_with_a_good_one(refused, home, name):
    assert "as in '" in refused(EXIT_USAGE, "add", name, "rtsp://host/live")
    assert not home.exists()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("not-an-address", "is neither an address nor a file"),
        ("192.168.1.5:554/live", "is neither an address nor a file"),
        ("", "is empty"),
        ("rtsp://", "names no host"),
        ("rtsp://host:port/live", "has a port that is none"),
        ("rtsp://host:70000/live", "has a port that is none"),
        ("rtsp:/host/live", "has no '//'"),
        ("rtps://host/live", "scheme that is not known"),
        ("javascript:alert(1)", "scheme that is not known"),
        ("rtsp://ho st/live", "holds a space"),
        ("rtsp://host/${}", "begins no reference"),
        ("v4l2:video0", "names no device"),
    ],
)
def test_a_malformed_address_is_refused_with_what_is_wrong(refused, home, address, why):
    assert why in refused(EXIT_SOURCE, "add", "door", address)
    assert not home.exists()


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://admin:hunter2@host/live",
        "rtsp://admin:hunter2@host:99999/live",
        "rtsp://admin:hun/hunter2@host/live",
        "rtsp://admin:hunter2 x@host/live",
        "rtps://admin:hunter2@host/live",
        "admin:hunter2@host/live",
        "http://host/?password=hunter2",
    ],
)
def test_a_plain_password_is_refused_and_not_repeated(refused, home, address):
    assert "hunter2" not in refused(EXIT_SOURCE, "add", "door", address)
    assert not home.exists()


def test_a_plain_password_is_told_with_what_to_write_instead(refused):
    assert "write ${NAME} in its place" in refused(EXIT_SOURCE, "add", "door", "rtsp://admin:hunter2@host/live")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--rate", "-1"), "the rate"),
        (("--rate", "nan"), "the rate"),
        (("--rate", "fast"), "--rate"),
        (("--speed", "2"), "for recordings"),
        (("--speed", "quick"), "is no speed"),
        (("--loop",), "for recordings"),
        (("--transport", "pigeon"), "--transport"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_options_that_make_no_sense_are_refused(refused, home, options, why):
    assert why in refused(EXIT_USAGE, "add", "door", "rtsp://host/live", *options)
    assert not home.exists()


def test_of_fifty_cameras_with_one_name_the_second_is_refused(moodline, refused):
    assert moodline("cameras", "add", "door", "rtsp://host/0")[0] == EXIT_OK
    for number in range(1, 4):
        assert "there is a camera 'door' already" in refused(EXIT_USAGE, "add", "door", f"rtsp://host/{number}")
    told = json.loads(moodline("cameras", "list", "--json")[1].splitlines()[-1])
    assert [camera["source"] for camera in told["cameras"]] == ["rtsp://host/0"]


def test_a_redis_that_is_not_there_is_named_without_its_password(refused):
    for arguments in (("list",), ("add", "door", "rtsp://host/live"), ("show", "door"), ("remove", "door")):
        err = refused(EXIT_STORE, *arguments, "--redis", "redis://someone:hunter2@127.0.0.1:1/0")
        assert "127.0.0.1:1" in err
        assert "hunter2" not in err


def test_an_argument_that_is_missing_is_named(refused):
    assert "address" in refused(EXIT_USAGE, "add", "door").lower()
