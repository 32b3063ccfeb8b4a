"""Small made-up footage: persons stand 100 pixels apart in boxes of 40 by 40, one frame is 0.1 s."""

from common.messages import Box
from moodline.evaluation.predicted import PredictedFace, PredictedFrame
from moodline.evaluation.truth import TrueFace, TrueFrame

RATE = 10.0


def place(number, shift=0.0):
    return Box(100.0 * number + shift, 50.0, 40.0, 40.0)


def shift_for(iou):
    """How far two boxes must stand apart, sideways, to overlap by this IoU."""
    return 40.0 * (1 - iou) / (1 + iou)


def person(name, at=None, emotion="happy", visible=1.0):
    return TrueFace(name, place("abcdefgh".index(name) if at is None else at), emotion, visible)


def face(track, at, label="happy", status="ok", raw_label=None, shift=0.0):
    return PredictedFace(track, place(at, shift), status, label, raw_label or label)


def truth(*frames):
    return tuple(TrueFrame(number, number / RATE, tuple(faces)) for number, faces in enumerate(frames))


def predicted(*frames):
    return tuple(PredictedFrame(number, tuple(faces)) for number, faces in enumerate(frames))
