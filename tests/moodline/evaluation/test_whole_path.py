"""What the path said, as it is scored: a carried reading keeps the raw label of the frame that was read."""

from common.messages import Box
from moodline.evaluation.whole_path import predicted_of
from sink.records import FrameEntry, FrameFace

BOX = Box(0.0, 0.0, 40.0, 40.0)


def entry(seq, *faces):
    return FrameEntry("e1", seq * 40, seq, None, faces)


def face(status="ok", raw=None, label="happy", track="shop-e1-1"):
    return FrameFace(track, BOX, status, label, raw)


def raws(*entries):
    return [one.raw_label for frame in predicted_of(entries) for one in frame.faces]


def test_a_carried_face_keeps_the_raw_label_of_its_own_track_until_it_is_read_again():
    other = face(raw="fear", track="shop-e1-2")
    seen = [
        entry(0, face(raw="sad"), other),
        entry(1, face("carried")),
        entry(2),
        entry(3, face("carried")),
        entry(4, face(raw="neutral")),
    ]
    assert raws(*seen) == ["sad", "fear", "sad", "sad", "neutral"]


def test_after_a_face_could_not_be_read_nothing_is_kept():
    assert raws(entry(0, face(raw="sad")), entry(1, face("blurred", label=None)), entry(2, face("carried"))) == [
        "sad",
        None,
        None,
    ]


def test_frames_are_numbered_on():
    assert [frame.frame for frame in predicted_of([entry(0), entry(1)], 7)] == [7, 8]
