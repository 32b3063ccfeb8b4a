import io
import logging
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.logs import RedactingFormatter, redact, set_up_logs

UNRESERVED = string.ascii_letters + string.digits + "-._~"
USER_INFO = UNRESERVED + "!$&'()*+,;=:%@"
"""What may stand before the host; a raw `@` is not allowed there, but people write it."""
VALUE = UNRESERVED + "!$'()*+,;=:@/?%"
"""What may stand in the value of a query parameter."""

MARK = "Zq"
"""Stands in every password, so that no other part of a line holds the password by chance."""

passwords = st.text(USER_INFO, min_size=1, max_size=20).map(lambda text: MARK + text + MARK)
values = st.text(VALUE, min_size=1, max_size=20).map(lambda text: MARK + text + MARK)
schemes = st.sampled_from(["rtsp", "rtsps", "redis", "rediss", "http", "https", "kafka+ssl"])
keys = st.sampled_from(
    ["password", "passwd", "pwd", "pass", "token", "key", "secret", "Password", "api_key", "access_token", "loginpas"]
)
around = st.sampled_from(["{}", "cannot open {}: refused", "'{}'", '{{"url": "{}", "n": 1}}', "({}), ({})", "{} {}"])


def filled(pattern, url):
    return pattern.replace("{}", url)


@given(schemes, passwords, around)
def test_a_password_before_the_host_never_appears(scheme, password, pattern):
    text = redact(filled(pattern, f"{scheme}://user:{password}@camera.example:554/live"))
    assert MARK not in text
    assert "user" not in text
    assert f"{scheme}://***@camera.example:554/live" in text


@given(schemes, keys, values, around)
def test_a_password_in_a_query_never_appears(scheme, key, value, pattern):
    text = redact(filled(pattern, f"{scheme}://camera.example/live?channel=1&{key}={value}"))
    assert MARK not in text
    assert "camera.example/live?channel=1" in text


@given(schemes, passwords, keys, values)
def test_a_password_in_both_places_never_appears(scheme, password, key, value):
    assert MARK not in redact(f"{scheme}://:{password}@host/?{key}={value}&x=1")


@pytest.mark.parametrize(
    "text",
    ["", "no address here", "rtsp://camera.example:554/live?channel=1", "a mail to someone@example.org", "1 / 2 @ 3"],
)
def test_what_holds_no_secret_stays(text):
    assert redact(text) == text


def test_what_follows_a_query_stays():
    assert redact("rtsp://h/?token=abc&channel=2 is away") == "rtsp://h/?token=***&channel=2 is away"


@pytest.mark.parametrize(
    "address",
    [
        "redis//user:{}@host:6399/0",
        "user:{}@127.0.0.1:6399",
        "redis:/user:{}@host",
        "redis://user:{}/{}@host:6379/0",
        "redis://user:{}?{}@host:6379/0",
        "redis://user:{}@{}/{}@host:6379/0",
        "redis://user:{}@{}?{}@host:6379/0",
        "rtsp://:{}?{}={}@host/live",
        "url=user:{}@host",
    ],
)
@pytest.mark.parametrize("pattern", ["{}", "cannot open {}: refused", "'{}' is not usable", "({}), ({})"])
def test_a_password_in_an_address_that_is_none_never_appears(address, pattern):
    text = redact(pattern.replace("{}", address.replace("{}", MARK)))
    assert MARK not in text
    assert "***@" in text


def fail_twice(url):
    try:
        raise OSError(f"refused by {url}")  # noqa: TRY301  # the chain is what is tested
    except OSError as error:
        raise ValueError(url) from error


@given(passwords, values)
def test_neither_message_nor_traceback_of_a_record_shows_a_password(password, value):
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(RedactingFormatter("%(levelname)s %(message)s"))
    logger = logging.Logger("test")  # noqa: LOG001  # one that the next case does not share
    logger.addHandler(handler)
    url = f"redis://user:{password}@store/0?password={value}"
    try:
        fail_twice(url)
    except ValueError:
        logger.exception("cannot reach %s", url)
    assert MARK not in written.getvalue()
    assert written.getvalue().count("redis://***@store/0") == 3
    assert "Traceback" in written.getvalue()


@pytest.fixture
def _root_logger_as_before():
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], _ = before
    root.setLevel(before[1])


@pytest.mark.usefixtures("_root_logger_as_before")
def test_the_logs_of_the_process_are_redacted_and_go_to_standard_error(capsys):
    set_up_logs("INFO")
    logging.getLogger("any.module").info("opened %s", "rtsp://u:secret@h/1")
    logging.getLogger("any.module").debug("not shown")
    printed = capsys.readouterr()
    assert "rtsp://***@h/1" in printed.err
    assert "secret" not in printed.err
    assert "not shown" not in printed.err
    assert printed.out == ""
