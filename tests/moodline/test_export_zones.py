"""Series by zone: what `moodline series --zone` shows and refuses."""

import pytest

from common.errors import UsageError
from moodline.export import Selection, print_tracks, rows_of
from tests.sink.builders import START_MS, closed, face, feed, frame, opened, sink


@pytest.fixture
def visited(client, reader):
    """One person goes from the door to the till, another stays in no zone."""
    zones = ["door", "door", "till", "till", "till", None]
    frames = [
        frame(seq, START_MS + 1000 * seq, face(1, "happy", zone=zone), face(2, "sad")) for seq, zone in enumerate(zones)
    ]
    feed(sink(client), [opened(), *frames, closed(5, START_MS + 5000)])
    return reader


def test_each_sample_names_its_zone_and_a_selection_takes_those_of_one(visited):
    rows = list(rows_of(visited, Selection()))
    assert [row["zone"] for row in rows] == ["door", "door", "till", "till", "till", None, *[None] * 6]
    chosen = list(rows_of(visited, Selection(zone="till")))
    assert [row["id"] for row in chosen] == ["shop-e1-1/2", "shop-e1-1/3", "shop-e1-1/4"]


def test_the_table_lists_the_tracks_that_were_in_a_zone_with_their_seconds(visited, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert print_tracks(visited, Selection(zone="door")) == 1
    printed = capsys.readouterr().out
    assert "till 3.0 s, door 2.0 s" in printed
    assert "shop-e1-2" not in printed
    assert print_tracks(visited, Selection()) == 2


def test_a_zone_that_nobody_was_in_is_refused_and_the_known_ones_named(visited):
    Selection(zone="till").check(visited)
    with pytest.raises(UsageError, match="no face was seen in a zone 'tills'; known are: door, till"):
        Selection(zone="tills").check(visited)
