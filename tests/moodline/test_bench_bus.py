import json

import pytest

from common.bus.kafka_client import make_admin
from common.errors import EXIT_BROKER, EXIT_OK

pytestmark = pytest.mark.kafka


def test_both_loops_are_measured_and_no_topic_is_left_behind(kafka_settings, moodline):
    servers = kafka_settings.bootstrap_servers
    options = ("--messages", "1000", "--rounds", "1", "--batch", "100", "--json")
    code, printed, _ = moodline("bench", "bus", "--kafka", servers, *options)
    told = json.loads(printed.splitlines()[-1])
    assert code == EXIT_OK
    assert 2000 <= told["value_bytes"] <= 2200
    for measure in ("messages_per_second", "cpu_us_per_message"):
        assert set(told[measure]) == {"bare", "ours"}
        assert all(value > 0 for value in told[measure].values())
    assert told["ratio"] > 0
    assert told["cpu_ratio"] > 0
    admin = make_admin(kafka_settings)
    assert not [name for name in admin.list_topics() if name.startswith("bench")]
    admin.close()


def test_without_a_broker_it_says_so(moodline, monkeypatch):
    monkeypatch.setenv("MOODLINE_KAFKA_CONNECT_S", "1")
    code, _, said = moodline("bench", "bus", "--kafka", "127.0.0.1:1")
    assert (code, said.count("\n")) == (EXIT_BROKER, 1)
    assert "does not answer" in said
