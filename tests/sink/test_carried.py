"""A face that was not read this time keeps what the last reading said, or the reason why there was none."""

import pytest
from msgspec.structs import replace

from common.labels import LABELS
from sink.epoch import EpochState, Rules
from sink.reader import SeriesReader
from sink.series import Smoothing
from tests.sink.builders import START_MS, closed, face, feed, frame, opened, sink

RULES = Rules(Smoothing(0.5, 0.1), track_gap_ms=2000, facing_turn=0.35)
CARRIED = replace(face(), status="carried", probabilities=None)


def run(*faces, step_ms=100):
    state, steps = EpochState("shop", "e1"), []
    for seq, one in enumerate(faces):
        steps.append(state.advance(frame(seq, START_MS + seq * step_ms, one), RULES))
    return state, steps


def samples(*faces):
    return [step.samples[0][1] for step in run(*faces)[1]]


def test_a_carried_face_has_the_label_and_the_smoothed_probabilities_of_the_last_reading_and_none_of_its_own():
    read, carried, again = samples(face(label="sad"), CARRIED, CARRIED)
    assert (carried.status, carried.label, carried.raw) == ("carried", "sad", None)
    assert carried.smoothed == again.smoothed == read.smoothed
    assert read.raw is not None


def test_evidence_fades_no_more_while_it_is_carried_than_within_tau():
    gap = [face(label="sad"), *[CARRIED] * 30, face(label="happy")]
    carried = run(*gap, step_ms=20)[1][-1].samples[0][1]
    unread = run(face(label="sad"), *[face(status="blurred")] * 30, face(label="happy"), step_ms=20)[1][-1].samples[0][
        1
    ]
    sad = LABELS.index("sad")
    assert unread.smoothed[sad] < carried.smoothed[sad] < 0.5


def test_time_that_was_carried_counts_as_read():
    state, _ = run(face(label="sad"), CARRIED, CARRIED, face(label="sad"))
    step = state.close(3)
    ((_, track),) = step.ended
    assert (track.seen_s, track.read_s) == (0.4, 0.4)
    assert track.share["sad"] == 1


@pytest.mark.parametrize("status", ["expired", "not_a_face", "blurred"])
def test_what_could_not_be_read_stays_so_until_it_is_read(status):
    refused = face(status=status)
    found = samples(face(label="sad"), refused, CARRIED, face(label="sad"), CARRIED)
    assert [one.status for one in found] == ["ok", status, status, "ok", "carried"]
    assert [one.label for one in found] == ["sad", None, None, "sad", "sad"]
    assert found[2].smoothed is None


def test_a_face_that_is_carried_before_its_reading_came_has_waited_too_long():
    (found,) = samples(CARRIED)
    assert (found.status, found.label, found.smoothed) == ("expired", None, None)


def test_an_ambiguous_reading_is_carried_too():
    found = samples(face(label="sad", status="ambiguous"), CARRIED)
    assert [one.status for one in found] == ["ambiguous", "carried"]


def test_a_sink_that_was_stopped_in_between_carries_on(client):
    readings = [frame(seq, START_MS + seq * 100, face() if seq % 4 == 0 else CARRIED) for seq in range(12)]
    messages = [opened(), *readings, closed(11, START_MS + 1100)]
    for place in range(0, len(messages), 3):
        feed(sink(client), messages[place : place + 3])
    found = list(SeriesReader(client, "moodline").samples("shop", "shop-e1-1"))
    assert [one.status for one in found] == ["ok", "carried", "carried", "carried"] * 3
    assert {one.label for one in found} == {"happy"}
