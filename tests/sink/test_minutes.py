"""Minutes and finished tracks against sums made by hand."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.messages import Quality
from sink.epoch import EpochState, Rules, is_sound
from sink.minutes import combine, wilson
from sink.series import Smoothing
from tests.sink.builders import QUALITY, START_MS, face, frame, recording

RULES = Rules(Smoothing(0.5, 0.1), track_gap_ms=2000, facing_turn=0.35)


def play(frames, last_seq=None):
    """Give the minutes and the finished tracks of some frames."""
    state, minutes, ended = EpochState("shop", "e1", time_ms=START_MS), {}, []
    for one in frames:
        step = state.advance(one, RULES)
        minutes.update(step.minutes)
        ended += step.ended
    step = state.close(frames[-1].spine.seq if last_seq is None else last_seq)
    minutes.update(step.minutes)
    return {begin: combine(begin, [one]) for begin, one in minutes.items()}, [one for _, one in ended + step.ended]


def test_person_seconds_of_two_people_equal_the_sums_made_by_hand():
    frames = [
        frame(0, START_MS, face(1, "happy"), face(2, "sad")),
        frame(1, START_MS + 500, face(1, "happy"), face(2, status="blurred")),
        frame(2, START_MS + 700, dropped="damaged"),
        frame(3, START_MS + 900, face(1, "happy")),
    ]
    minutes, _ = play(frames)
    minute = minutes[START_MS]
    # Samples stand 0.5 s, 0.2 s (to the dropped frame) and, at the end, 0.2 s as the one before.
    assert minute.seen_s == pytest.approx(2 * 0.5 + 2 * 0.2 + 0.2)
    assert minute.read_s == pytest.approx(1.0 + 0.2 + 0.2)
    assert minute.expression_s["happy"] == pytest.approx(0.9)
    assert minute.expression_s["sad"] == pytest.approx(0.5)
    assert minute.status_s == {"blurred": pytest.approx(0.2), "ok": pytest.approx(1.4)}
    assert (minute.sampled, minute.analysed, minute.dropped) == (4, 3, {"damaged": 1})
    assert minute.coverage == pytest.approx(0.75)
    assert minute.people == 2
    assert minute.positive_share == pytest.approx(0.9 / 1.4)
    assert minute.positive_low < minute.positive_share < minute.positive_high


@pytest.mark.parametrize("status", ["static", "not_a_face"])
def test_the_time_of_what_is_no_person_is_nobodys(status):
    frames = [frame(0, START_MS, face(1, "happy"), face(2, status=status)), frame(1, START_MS + 500)]
    minutes, _ = play(frames)
    assert minutes[START_MS].seen_s == 0.5
    assert minutes[START_MS].status_s == {"ok": 0.5, status: 0.5}


def test_a_sample_stands_for_one_second_at_most():
    minutes, _ = play([frame(0, START_MS, face()), frame(1, START_MS + 30_000)])
    assert minutes[START_MS].seen_s == 1.0


def test_the_time_of_a_sample_belongs_to_the_minute_of_the_sample():
    minutes, _ = play([frame(0, START_MS + 59_900, face()), frame(1, START_MS + 60_300, face())])
    assert [minutes[START_MS + at].seen_s for at in (0, 60_000)] == [0.4, 0.4]
    assert [minutes[START_MS + at].people for at in (0, 60_000)] == [1, 1]


def test_frames_that_never_arrived_are_missing_and_lower_the_coverage():
    minutes, _ = play([frame(0, START_MS), frame(3, START_MS + 300)], last_seq=5)
    assert minutes[START_MS].dropped == {"missing": 4}
    assert (minutes[START_MS].sampled, minutes[START_MS].coverage) == (6, pytest.approx(2 / 6))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 400))
def test_every_minute_adds_up(seed, step_ms):
    frames = recording(seed, frames=80, step_ms=step_ms * 10)[1:-1]
    minutes, ended = play(frames)
    assert sum(one.sampled for one in minutes.values()) == len(frames)
    for one in minutes.values():
        assert one.sampled == one.analysed + sum(one.dropped.values())
        assert sum(one.expression_s.values()) == pytest.approx(one.read_s)
        assert sum(one.status_s.values()) == pytest.approx(one.seen_s)
    assert sum(one.seen_s for one in ended) == pytest.approx(sum(one.seen_s for one in minutes.values()))
    assert sum(one.samples for one in ended) == sum(len(one.readings) for one in frames)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 79))
def test_an_epoch_saved_and_loaded_anywhere_goes_on_to_the_same_bits(seed, cut):
    frames = recording(seed, frames=80, step_ms=900)[1:-1]
    whole, parts = EpochState("shop", "e1"), EpochState("shop", "e1")
    for place, one in enumerate(frames):
        if place == cut:
            parts = msgspec.msgpack.decode(msgspec.msgpack.encode(parts), type=EpochState)
        assert whole.advance(one, RULES) == parts.advance(one, RULES)
    assert whole.close(79) == parts.close(79)


def test_a_track_ends_as_lost_after_the_gap_and_its_record_says_what_it_showed():
    turned = Quality(height=60.0, sharpness=8.0, turn=0.5, light=0.5, inside=1.0)
    frames = [
        frame(0, START_MS, face(7, "happy")),
        frame(1, START_MS + 1000, face(7, "happy", quality=turned)),
        frame(2, START_MS + 2000, face(7, status="blurred"), face(8, "sad")),
        frame(3, START_MS + 4000, face(8, "sad")),
        frame(4, START_MS + 4001, face(8, "sad")),
    ]
    _, ended = play(frames)
    lost, at_end = ended
    assert (lost.track, lost.end_reason, lost.from_ms, lost.to_ms) == ("shop-e1-7", "lost", START_MS, START_MS + 2000)
    assert (lost.samples, lost.seen_s, lost.read_s, lost.facing_s) == (3, 3.0, 2.0, 2.0)
    assert (lost.share["happy"], sum(lost.share.values()), lost.label_changes) == (1.0, 1.0, 0)
    assert lost.quality.height == pytest.approx((80 + 60 + 80) / 3)
    assert (at_end.track, at_end.end_reason) == ("shop-e1-8", "closed")


def test_a_sample_without_a_reading_does_not_move_the_filter():
    state = EpochState("shop", "e1")
    state.advance(frame(0, START_MS, face(1, "happy")), RULES)
    before = msgspec.msgpack.encode(state.tracks[1].filter)
    step = state.advance(frame(1, START_MS + 100, face(1, status="turned_away")), RULES)
    sample = step.samples[0][1]
    assert (sample.status, sample.label, sample.raw, sample.smoothed) == ("turned_away", None, None, None)
    assert msgspec.msgpack.encode(state.tracks[1].filter) == before


def test_the_state_does_not_grow_with_the_length_of_a_recording():
    state, sizes = EpochState("shop", "e1"), []
    for place, one in enumerate(recording(3, frames=4000, step_ms=400)[1:-1]):
        state.advance(one, RULES)
        if place % 100 == 0:
            sizes.append(len(msgspec.msgpack.encode(state)))
    assert max(sizes[20:]) < 2 * max(sizes[:20])
    assert len(state.minutes) == 1


def test_sums_of_two_epochs_of_one_minute_are_added_exactly():
    one, _ = play([frame(0, START_MS, face(1)), frame(1, START_MS + 333, face(1))])
    state, partials = EpochState("shop", "e1", time_ms=START_MS), []
    for _ in range(2):
        state = EpochState("shop", "e1", time_ms=START_MS)
        state.advance(frame(0, START_MS, face(1)), RULES)
        state.advance(frame(1, START_MS + 333, face(1)), RULES)
        partials.append(state.close(1).minutes[START_MS])
    both = combine(START_MS, partials)
    assert (both.seen_s, both.people, both.sampled) == (2 * one[START_MS].seen_s, 2, 4)


def test_the_wilson_interval_is_that_of_the_books():
    low, high = wilson(0.5, 10)
    assert (low, high) == (pytest.approx(0.2366, abs=1e-4), pytest.approx(0.7634, abs=1e-4))
    assert wilson(0.3, 0) == (0.0, 1.0)
    assert wilson(0.0, 5)[0] == pytest.approx(0.0)


def test_a_frame_with_a_broken_vector_or_a_track_twice_is_not_sound():
    good = face()
    assert is_sound(frame(0, START_MS, good))
    assert not is_sound(frame(0, START_MS, good, good))
    assert not is_sound(frame(0, START_MS, msgspec.structs.replace(good, probabilities=(0.5, 0.5))))
    assert not is_sound(frame(0, START_MS, msgspec.structs.replace(good, probabilities=(float("nan"),) * 7)))
    assert good.quality is QUALITY
