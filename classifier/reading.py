"""From what the net says of faces to their status and probabilities; used by the stage."""

from typing import NamedTuple

import numpy as np

from classifier.looks import Looks, combine, heads
from common.messages import Status


class Verdict(NamedTuple):
    """What is read on one face: `ok` or `ambiguous`, and a probability for each of `common.labels.LABELS`."""

    status: Status
    probabilities: tuple[float, ...]


def verdicts(looks: Looks, ambiguous: float) -> list[Verdict]:
    """Judge every face.

    Args:
        looks: what the net says of N faces.
        ambiguous: lead of the likeliest label over the next below which a face is ambiguous.

    Returns:
        One verdict for each face.
    """
    scores = combine(*heads(looks))
    seconds, firsts = np.partition(scores, -2, axis=1)[:, -2:].T
    unclear = firsts - seconds < ambiguous
    return [
        Verdict("ambiguous" if doubt else "ok", tuple(row)) for doubt, row in zip(unclear, scores.tolist(), strict=True)
    ]
