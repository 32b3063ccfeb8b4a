"""Addresses of cameras: mistakes are told in sentences, references are filled in, and no secret is ever shown."""

import string
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.errors import SourceError
from ingest.registry.address import LONGEST, as_added, check, has_plain_secret, kind_of, located, resolve, shown

MARK = "Zq"
"""Stands in every secret, so that no other part of an address holds it by chance."""

PASSWORD = string.ascii_letters + string.digits + "-._~!$&'()*+,;=:%@/? #"
secrets = st.text(PASSWORD, max_size=12).map(lambda text: MARK + text + MARK)
query_secrets = st.text(string.ascii_letters + string.digits + "-._~%/", max_size=12).map(lambda text: MARK + text)


def said_of(address):
    """What is said of an address; empty if it is usable."""
    try:
        check(address)
    except SourceError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("rtsp://host/live", "url"),
        ("RTSPS://host:322/live", "url"),
        ("http://host:8080/video?channel=1", "url"),
        ("https://[2001:db8::7]:443/a", "url"),
        ("rtsp://kamera.b\u00fcro.example/live", "url"),
        ("rtsp://host", "url"),
        ("rtsp://viewer@host/live", "url"),
        ("rtsp://${USER}:${PASSWORD}@host:${PORT}/live", "url"),
        ("rtsp://${file:/run/a@b}:${file:/run/c:d}@${HOST}/live?token=${TOKEN}", "url"),
        ("v4l2:/dev/video0", "device"),
        ("/srv/clips/shop one.mp4", "file"),
        ("clips", "file"),
        ("${DOOR}", "unknown"),
    ],
)
def test_a_usable_address_is_taken_and_told_what_it_leads_to(address, kind):
    check(address)
    assert kind_of(address) == kind
    assert not has_plain_secret(address)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("rtsp://", "names no host"),
        ("rtsp:///live", "names no host"),
        ("rtsp://:554/live", "names no host"),
        ("rtsp://-host/live", "names no host"),
        ("rtsp://[::1/live", "names no host"),
        ("rtsp://[1.2.3.4]/live", "names no host"),
        ("rtsp://::1/live", "names no host"),
        ("rtsp:host/live", "no '//'"),
        ("rtsp:/host/live", "no '//'"),
        ("rstp://host/live", "scheme that is not known"),
        ("host:554/live", "scheme that is not known"),
        ("ftp://host/live", "scheme that is not known"),
        ("rtsp://host:0/live", "has a port that is none"),
        ("rtsp://host:65536/live", "has a port that is none"),
        ("rtsp://host:/live", "has a port that is none"),
        ("rtsp://host:55x/live", "has a port that is none"),
        ("rtsp://host:\u0665/live", "has a port that is none"),
        ("rtsp://host:" + "1" * 50, "has a port that is none"),
        ("rtsp://host/my live", "space or a control character"),
        ("rtsp://host/live\n", "space or a control character"),
        ("rtsp://ho\x00st/live", "space or a control character"),
        ("clips\x1b[2J", "space or a control character"),
        ("v4l2:", "names no device"),
        ("v4l2:video0", "names no device"),
        ("rtsp://host/${", "begins no reference"),
        ("rtsp://host/${1A}", "begins no reference"),
        ("rtsp://host/${file:}", "begins no reference"),
        ("rtsp://host/" + "a" * LONGEST, "longer than"),
    ],
)
def test_each_mistake_has_its_sentence(address, why):
    with pytest.raises(SourceError, match=why) as raised:
        check(address)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://admin:hunter2@host/live",
        "rtsp://admin:hun${X}@host/live",
        "rtsp://:hunter2@host/live",
        "rtsp://admin:hun/ter?2@host/live",
        "rtsp://admin:hunter 2@host/live",
        "rtsp://admin:hun?=ter 2@host/live",
        "http://host/video?user=a&password=hunter2",
        "http://host/video?Token=hunter2",
        "rtsp://host/user=admin_password=hunter2_channel=1.sdp",
        "rtsp://${USER}:${PASSWORD}@host/?api_key=hunter2",
    ],
)
def test_a_plain_secret_is_found_and_not_shown(address):
    assert has_plain_secret(address)
    assert "hunter2" not in shown(address)
    assert "hun" not in shown(address)


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://host/user=admin&password=&channel=1",
        "rtsp://host/user=admin_password=_channel=1",
        "rtsp://host/user=admin_password=${PASSWORD}_channel=1",
        "rtsp://host/a@b",
        "http://host/?who=a@b",
        "http://host:80/?who=a@b",
        "http://[::1]:80/?who=a@b",
        "/srv/password=x/clip.mp4",
    ],
)
def test_what_is_no_secret_is_not_taken_for_one(address):
    assert not has_plain_secret(address)


@example("Zq?=Zq", "", "")
@given(secrets, st.sampled_from(["", ":554", ":99999"]), st.sampled_from(["", "/live", "/?a=b"]))
def test_a_password_is_always_found_and_never_shown(secret, port, path):
    address = f"rtsp://admin:{secret}@host{port}{path}"
    assert has_plain_secret(address)
    assert MARK not in shown(address)
    assert MARK not in said_of(address)


@given(query_secrets, st.sampled_from(["password", "token", "api_key", "auth"]))
def test_a_secret_in_the_query_is_always_found_and_never_shown(secret, name):
    address = f"http://host/video?channel=1&{name}={secret}&x=1"
    assert has_plain_secret(address)
    assert shown(address) == f"http://host/video?channel=1&{name}=***&x=1"


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("rtsp://${USER}:${PASSWORD}@host:554/live", None),
        ("rtsp://${file:/run/a@b}:${file:/run/c:d}@${HOST}/live?token=${TOKEN}&channel=1", None),
        ("http://${LOGIN}@host/?a=b&password=&token=${A}${B}&key=${file:/run/a}", None),
        ("${DOOR}", None),
        ("rtsp://host/live", None),
        ("/srv/clips/" + "long " * 100 + ".mp4", None),
        ("rtsp://admin:${PASSWORD}@host/live", "rtsp://***:${PASSWORD}@host/live"),
        ("rtsp://admin@host/live", "rtsp://***@host/live"),
        ("http://host/?token=${A}x&key=${B}", "http://host/?token=***&key=${B}"),
        ("http://host/${A}?token=${B}_${C}", "http://host/${A}?token=***"),
        ("rtsp://a${USER}:${PASSWORD}@host/", "rtsp://***:${PASSWORD}@host/"),
        ("rtsp://${USER}:hunter2@host/?token=${TOKEN}", "rtsp://${USER}:***@host/?token=${TOKEN}"),
        ("rtsp://${USER}:${PASSWORD}@host/?token=hunter2", "rtsp://${USER}:${PASSWORD}@host/?token=***"),
    ],
)
def test_whoever_adds_a_camera_again_sees_its_references_and_no_secret(address, given):
    assert as_added(address) == (address if given is None else given)


parts = st.one_of(secrets, query_secrets, st.sampled_from(["${A}", "${file:/run/a}", "", ":", "@", "/", "?", "&"]))


@given(st.lists(parts, max_size=4).map("".join), st.lists(parts, max_size=4).map("".join), parts)
def test_beside_references_nothing_shows_that_is_hidden_without_them(user, password, value):
    for address in (
        f"rtsp://{user}:{password}@host/live?channel=1&token={value}&x=1",
        f"rtsp://{user}${{A}}:{password}@host/;key={value}",
        f"{user}:{password}@host/?key={value}",
        f"http://${{A}}:${{B}}@host/?token={value}&password={user}{password}",
    ):
        assert MARK not in as_added(address) or MARK in shown(address)
        assert as_added(address).isprintable()


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_has_a_sentence(text):
    assert said_of(text).isprintable()
    assert shown(text).isprintable()
    assert as_added(text).isprintable()
    assert isinstance(has_plain_secret(text), bool)


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_a_password_comes_through_as_it_is_whatever_is_in_it(password):
    filled = resolve("rtsp://${USER}:${PASSWORD}@host:554/live", {"USER": "admin", "PASSWORD": password})
    parts = urlsplit(filled)
    assert (parts.username, unquote(parts.password), parts.hostname) == ("admin", password, "host")
    assert filled.endswith("@host:554/live")


def test_a_file_may_hold_a_secret_and_its_last_line_break_is_no_part_of_it(tmp_path):
    (tmp_path / "door").write_text("pa ss\n")
    assert resolve(f"rtsp://admin:${{file:{tmp_path}/door}}@host/", {}) == "rtsp://admin:pa%20ss@host/"


def test_outside_of_user_and_password_a_value_stands_as_it_is():
    assert (
        resolve("rtsp://${HOST}:${PORT}/${PATH}", {"HOST": "h", "PORT": "99", "PATH": "a/b?c=d"})
        == "rtsp://h:99/a/b?c=d"
    )
    assert resolve("${DOOR}", {"DOOR": "rtsp://admin:x@host/"}) == "rtsp://admin:x@host/"


def test_an_address_without_references_stays():
    assert resolve("/srv/clips", {"X": "y"}) == "/srv/clips"


def test_a_missing_variable_or_file_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"variable DOOR_PASSWORD .* is not set"):
        resolve("rtsp://admin:${DOOR_PASSWORD}@host/", {})
    with pytest.raises(SourceError, match=r"file '.*/none' .*No such file"):
        resolve(f"rtsp://admin:${{file:{tmp_path}/none}}@host/", {})
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(SourceError, match="it is no text"):
        resolve(f"rtsp://admin:${{file:{tmp_path}/bytes}}@host/", {})


@pytest.mark.parametrize("value", ["host/hunter2 x", "host:hunter2", "", "hunter2\n"])
def test_values_that_make_no_address_are_refused_unseen(value):
    with pytest.raises(SourceError, match="with its references filled in") as raised:
        resolve("rtsp://${PLACE}", {"PLACE": value})
    assert "hunter2" not in str(raised.value)


def test_a_recording_is_named_by_its_whole_path_and_must_be_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clips").mkdir()
    assert located("clips") == str(tmp_path / "clips")
    assert located("rtsp://host/") == "rtsp://host/"
    assert located("${CLIPS}/door") == "${CLIPS}/door"
    assert located("") == ""
    for nowhere in ("none.mp4", "clips/\x00", "x" * 5000):
        with pytest.raises(SourceError, match=r"is neither an address nor a file") as raised:
            located(nowhere)
        assert str(raised.value).isprintable()
