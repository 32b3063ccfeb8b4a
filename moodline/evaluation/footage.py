"""The score card of labelled footage: every number that `moodline evaluate footage` prints."""

from collections.abc import Sequence

from common.errors import DataError
from moodline.evaluation.expression import (
    accuracy_when_read,
    change_delay,
    expression_accuracy,
    label_changes_per_minute,
    raw,
    smoothed,
)
from moodline.evaluation.hota import hota
from moodline.evaluation.identity import id_switches, idf1, track_purity
from moodline.evaluation.matching import match_frames, precision, recall
from moodline.evaluation.predicted import PredictedFrame, found_faces, read_faces
from moodline.evaluation.truth import TrueFrame

Scores = dict[str, float | int | None]


def score_footage(truth: Sequence[TrueFrame], predicted: Sequence[PredictedFrame], frames_per_second: float) -> Scores:
    """Score one piece of footage; each measure is defined where it is computed.

    Args:
        truth: the frames of the truth in order.
        predicted: the frames of the footage in order, with every tracked face whatever its status. A frame of the
            truth that is not in it counts as one without faces; one that is not in the truth is only counted.
        frames_per_second: of `predicted`, above 0.

    Returns:
        The counts `frames`, `frames_without_truth`, `truth_faces` (visible enough to be scored), `ignored_faces`
        (the others), `changes` and `changes_reached` (the true changes behind `change_delay_s`), and the
        measures by name. A measure with nothing to measure is None.

    Raises:
        DataError: the frame rate is not above 0.
    """
    if not frames_per_second > 0:
        raise DataError(f"the footage says {frames_per_second} frames a second; a rate above 0 is needed")
    read = match_frames(truth, read_faces(predicted))
    found = match_frames(truth, found_faces(predicted))
    tracking = hota(read)
    delay = change_delay(truth, read)
    listed = {frame.frame for frame in truth}
    counted = sum(len(frame.truth) for frame in read)
    return {
        "frames": len(truth),
        "frames_without_truth": sum(frame.frame not in listed for frame in predicted),
        "truth_faces": counted,
        "ignored_faces": sum(len(frame.faces) for frame in truth) - counted,
        "recall": recall(read),
        "precision": precision(read),
        "detection_recall": recall(found),
        "idf1": idf1(read),
        "hota": tracking.hota if tracking else None,
        "deta": tracking.deta if tracking else None,
        "assa": tracking.assa if tracking else None,
        "track_purity": track_purity(read),
        "id_switches": id_switches(read),
        "expression_accuracy": expression_accuracy(read, smoothed),
        "raw_expression_accuracy": expression_accuracy(read, raw),
        "accuracy_when_read": accuracy_when_read(read, smoothed),
        "raw_accuracy_when_read": accuracy_when_read(read, raw),
        "label_changes_per_minute": label_changes_per_minute(predicted, frames_per_second, smoothed),
        "raw_label_changes_per_minute": label_changes_per_minute(predicted, frames_per_second, raw),
        "change_delay_s": delay.mean_s,
        "changes": delay.changes,
        "changes_reached": delay.reached,
    }
