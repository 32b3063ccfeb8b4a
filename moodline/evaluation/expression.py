"""How right, how steady and how prompt the labels of apparent expression are, over labelled footage."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from moodline.evaluation.matching import MatchedFrame
from moodline.evaluation.predicted import PredictedFace, PredictedFrame
from moodline.evaluation.share import share
from moodline.evaluation.truth import TrueFace, TrueFrame

SECONDS_A_MINUTE = 60.0

LabelOf = Callable[[PredictedFace], str | None]


def smoothed(face: PredictedFace) -> str | None:
    """Give the label that a reader of the series sees."""
    return face.label


def raw(face: PredictedFace) -> str | None:
    """Give the label of the frame alone, before smoothing; of the last one that was read, where that is carried."""
    return face.raw_label


def expression_accuracy(frames: Sequence[MatchedFrame], label_of: LabelOf) -> float | None:
    """Share of the visible person-seconds with the right label.

    Every frame in which a person is visible enough lasts the same, so this is the share of counted truth faces
    that are hit by a face with a reading whose label is the person's. No reading, or no label, is wrong.

    Args:
        frames: the truth matched with the faces given a reading.
        label_of: `smoothed` or `raw`.

    Returns:
        0 to 1; None where nobody was visible.
    """
    return share(_right(frames, label_of), sum(len(frame.truth) for frame in frames))


def accuracy_when_read(frames: Sequence[MatchedFrame], label_of: LabelOf) -> float | None:
    """Share of the person-seconds with a reading that have the right label: as above, but no reading is left out.

    Returns:
        0 to 1; None where nobody was read.
    """
    return share(_right(frames, label_of), sum(len(frame.pairs) for frame in frames))


def _right(frames: Sequence[MatchedFrame], label_of: LabelOf) -> int:
    return sum(label_of(face) == person.emotion for frame in frames for person, face in frame.pairs)


def label_changes_per_minute(
    predicted: Sequence[PredictedFrame], frames_per_second: float, label_of: LabelOf
) -> float | None:
    """Count changes of the predicted label per minute of read track time, over all tracks together.

    Along each track, every label is compared with the track's label before it; faces without a reading or without
    a label are stepped over. Read track time is the number of faces given a reading, divided by the frame rate.
    The true changes of expression are among the changes, and false tracks among the tracks.

    Args:
        predicted: the frames in order.
        frames_per_second: of the footage.
        label_of: `smoothed` or `raw`.

    Returns:
        At least 0; None where there was no reading.
    """
    last: dict[str, str] = {}
    changes = read = 0
    for face in (face for frame in predicted for face in frame.faces if face.read):
        read += 1
        label = label_of(face)
        if label is not None:
            changes += last.get(face.track, label) != label
            last[face.track] = label
    return share(changes, read / frames_per_second / SECONDS_A_MINUTE)


@dataclass(frozen=True)
class ChangeDelay:
    """How long the smoothed label takes to follow the truth.

    Attributes:
        changes: true changes that could be seen.
        reached: those that the smoothed label followed.
        mean_s: mean delay of the reached ones, seconds; None if there are none.
    """

    changes: int
    reached: int
    mean_s: float | None


def change_delay(truth: Sequence[TrueFrame], frames: Sequence[MatchedFrame]) -> ChangeDelay:
    """How long after a person's true change of expression the smoothed label first becomes the new one.

    A change counts where the person is visible enough in the frame that shows it and in the frame before. Its
    segment runs to the person's next change, or until the person leaves the truth. The delay runs, by the truth's
    clock, from the frame that shows the change to the first frame of the segment in which the person is hit by a
    face with the new label; 0 if that is the same frame. A segment without such a frame is not reached: it stands
    in `changes` and not in the mean, so read the two numbers together.

    Args:
        truth: the frames in order.
        frames: the same frames, matched with the faces given a reading.

    Returns:
        The counts and the mean.
    """
    labels = {(frame.frame, person.person): face.label for frame in frames for person, face in frame.pairs}
    changes = 0
    delays: list[float] = []
    for stay in _stays(truth):
        for index, ((_, before), (_, after)) in enumerate(pairwise(stay), 1):
            if before.emotion != after.emotion and before.counted and after.counted:
                changes += 1
                delays.extend(_delay(stay[index:], labels))
    return ChangeDelay(changes, len(delays), share(sum(delays), len(delays)))


_Moment = tuple[TrueFrame, TrueFace]


def _delay(stay: Sequence[_Moment], labels: Mapping[tuple[int, str], str | None]) -> Iterator[float]:
    """Yield the delay of the change that a stay begins with, seconds; nothing if it is not reached."""
    start, changed = stay[0]
    for at, face in stay:
        if face.emotion != changed.emotion:
            return
        if labels.get((at.frame, face.person)) == changed.emotion:
            yield at.time_s - start.time_s
            return


def _stays(truth: Sequence[TrueFrame]) -> Iterator[list[_Moment]]:
    """Each person's unbroken appearances: moments in frames that follow each other."""
    present: dict[str, list[_Moment]] = {}
    for frame in truth:
        now: dict[str, list[_Moment]] = {}
        for face in frame.faces:
            now[face.person] = present.pop(face.person, [])
            now[face.person].append((frame, face))
        yield from present.values()
        present = now
    yield from present.values()
