"""Opening the store: shared by processes, kept after them, and one sentence when it cannot be."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from common.errors import SettingsError, StoreError
from common.redis_client import open_client
from common.store_settings import StoreSettings
from sink.settings import SinkSettings
from tests.sink.builders import recording, sink

ROOT = Path(__file__).parents[2]

TALK = """
import sys
from pathlib import Path
from common.redis_client import open_client
from common.store_settings import StoreSettings

with open_client(StoreSettings(home=Path(sys.argv[1]))) as client:
    client.incr("opened")
    print("open", flush=True)
    for line in sys.stdin:
        print(eval(line), flush=True)
"""


class Process:
    """Another process that has opened the store in `home`, and answers what it is asked."""

    def __init__(self, home):
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", TALK, str(home)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def opened(self):
        assert self._process.stdout.readline() == "open\n"
        return self

    def ask(self, expression):
        self._process.stdin.write(f"{expression}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def end(self):
        self._process.communicate(timeout=30)
        assert self._process.returncode == 0

    def kill(self):
        self._process.kill()
        self._process.communicate(timeout=30)


def open_at(home):
    return open_client(StoreSettings(home=home))


def test_two_processes_see_the_same_data_and_it_outlives_them(tmp_path):
    with open_at(tmp_path) as mine:
        other = Process(tmp_path).opened()
        mine.set("from", "here")
        assert other.ask("client.get('from')") == "b'here'"
        assert other.ask("client.set('back', 'there')") == "True"
        assert mine.get("back") == b"there"
    assert other.ask("client.get('from')") == "b'here'"
    other.end()
    with open_at(tmp_path) as later:
        assert later.mget("from", "back", "opened") == [b"here", b"there", b"1"]


def test_many_processes_that_begin_at_once_share_one_server(tmp_path):
    others = [Process(tmp_path) for _ in range(5)]
    answers = [one.opened().ask("client.info('server')['process_id']") for one in others]
    assert len(set(answers)) == 1
    for one in others:
        one.end()
    with open_at(tmp_path) as client:
        assert client.get("opened") == b"5"


def test_the_server_ends_with_its_last_user_and_not_before(tmp_path):
    with open_at(tmp_path) as client:
        number = client.info("server")["process_id"]
        Process(tmp_path).opened().end()
        assert client.ping()
    until = time.monotonic() + 10
    while Path(f"/proc/{number}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not Path(f"/proc/{number}").exists()


def test_a_killed_process_leaves_its_data_to_the_next(tmp_path):
    other = Process(tmp_path).opened()
    other.ask("client.set('a', 'b')")
    other.kill()
    with open_at(tmp_path) as client:
        assert client.get("a") == b"b"
    with open_at(tmp_path) as client:
        assert client.get("a") == b"b"


def test_a_deep_folder_does_not_break_the_socket(tmp_path):
    deep = tmp_path.joinpath(*["a-rather-long-name"] * 10)
    with open_at(deep) as client:
        client.set("a", "b")
        other = Process(deep).opened()
        assert other.ask("client.get('a')") == "b'b'"
        other.end()


def test_a_home_that_cannot_be_written_is_said_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StoreError, match=r"file/home' cannot be written .*; set MOODLINE_HOME"),
        open_at(tmp_path / "file" / "home"),
    ):
        pass


def test_the_embedded_redis_is_told_to_evict_nothing(client):
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_redis_that_is_away_is_said_in_one_sentence_without_its_password():
    url = f"redis://me:secret@127.0.0.1:{free_port()}/0"
    with pytest.raises(StoreError) as caught, open_client(StoreSettings(redis_url=url)):
        pass
    assert "does not answer; start it, or set MOODLINE_REDIS_URL" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://me:secret@host",
        "redis//me:secret@host:6379/0",
        "me:secret@host:6379",
        "redis://me:secret/secret@host:6379/0",
        "redis://me:secret#secret@host:6379/0",
        "redis://me:secret@host:secret/0",
    ],
)
def test_what_is_no_address_is_said_in_one_sentence_without_its_password(address):
    with pytest.raises(StoreError, match="write redis://host") as caught, open_client(StoreSettings(redis_url=address)):
        pass
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["redis", "rediss", "unix"])
def test_an_option_that_redis_does_not_know_is_named(scheme):
    address = f"{scheme}://me:secret@localhost/0?bad=secret"
    with (
        pytest.raises(StoreError, match="unknown option 'bad'") as caught,
        open_client(StoreSettings(redis_url=address)),
    ):
        pass
    assert "secret" not in str(caught.value)


def run_without_a_server(home):
    with open_at(home) as client:
        stage = sink(client)
        stage.process(recording()[:10])
        client.shutdown(nosave=True)
        stage.process(recording()[10:20])


def test_a_redis_that_goes_away_in_the_middle_is_said_in_one_sentence(tmp_path):
    with pytest.raises(StoreError, match="does not answer"):
        run_without_a_server(tmp_path)


def test_a_home_moved_elsewhere_keeps_its_data(tmp_path):
    with open_at(tmp_path / "one") as client:
        client.set("a", "b")
    shutil.move(tmp_path / "one", tmp_path / "two")
    with open_at(tmp_path / "two") as client:
        assert client.get("a") == b"b"


def test_settings_come_from_variables_and_bad_ones_are_refused(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOODLINE_HOME", os.fspath(tmp_path))
    monkeypatch.setenv("MOODLINE_SINK_TAU_S", "0.8")
    assert StoreSettings.load().home == tmp_path
    assert SinkSettings.load().tau_s == 0.8
    with pytest.raises(SettingsError, match="lead"):
        SinkSettings.load({"lead": 2.0})
    with pytest.raises(SettingsError, match="key_prefix"):
        StoreSettings.load({"key_prefix": "a{b}"})
