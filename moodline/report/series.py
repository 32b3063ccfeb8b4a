"""One track as arrays and stretches, read once from its samples; used by the track charts."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from common.labels import LABELS
from common.messages import READ
from sink.records import UNSETTLED, Sample

LONGEST_HOLD_MS = 1000
"""A sample stands for the time to the next one, capped at this; beyond it nobody was seen."""

MOST_STRETCHES = 400
_UNKNOWN = (float("nan"),) * len(LABELS)
_BREAK = _UNKNOWN * 2


class Stretch(NamedTuple):
    """Event time, milliseconds, in which a track kept one label (or `unsettled`), or one status without a reading."""

    from_ms: float
    to_ms: float
    state: str


@dataclass(frozen=True)
class TrackSeries:
    """The samples of a track.

    Attributes:
        times: (n,) event times of its readings, milliseconds; after each unbroken run of them stand its last reading
            again, at the time to which it holds, and a row of NaN.
        smoothed: (n, 7) smoothed probabilities.
        raw: (n, 7) probabilities of the single frames; where a reading was carried, still its own.
        stretches: what the track showed, in order, without overlap; gaps between them are times unseen.
    """

    times: npt.NDArray[np.float64]
    smoothed: npt.NDArray[np.float64]
    raw: npt.NDArray[np.float64]
    stretches: tuple[Stretch, ...]

    @classmethod
    def of(cls, samples: Iterable[Sample]) -> "TrackSeries":
        """Read the samples of one track, in order."""
        times, values = array("d"), array("d")
        stretches: list[Stretch] = []
        raw = _UNKNOWN
        for sample, until, follower in _held(samples):
            state = _state(sample)
            if stretches and stretches[-1].state == state and stretches[-1].to_ms == sample.time_ms:
                stretches[-1] = stretches[-1]._replace(to_ms=until)
            else:
                stretches.append(Stretch(sample.time_ms, until, state))
            if sample.smoothed is None:
                continue
            raw = sample.raw or raw
            row = sample.smoothed + raw
            times.append(sample.time_ms)
            values.extend(row)
            if follower is None or follower.smoothed is None or follower.time_ms > until:
                times.extend((until, until))
                values.extend(row + _BREAK)
        table = np.array(values).reshape(len(times), 2, len(LABELS))
        return cls(np.array(times), table[:, 0], table[:, 1], _fewer(stretches))


def _held(samples: Iterable[Sample]) -> Iterator[tuple[Sample, float, Sample | None]]:
    """Each sample with the time to which it stands and the sample after it."""
    hold = 0
    previous: Sample | None = None
    for sample in samples:
        if previous is not None:
            hold = min(sample.time_ms - previous.time_ms, LONGEST_HOLD_MS)
            yield previous, previous.time_ms + hold, sample
        previous = sample
    if previous is not None:
        yield previous, previous.time_ms + hold, None


def _state(sample: Sample) -> str:
    return (sample.label or UNSETTLED) if sample.status in READ else sample.status


def _fewer(stretches: list[Stretch]) -> tuple[Stretch, ...]:
    """No more stretches than a chart can show: if there are, what is shown at the middle of each of its columns."""
    if len(stretches) <= MOST_STRETCHES:
        return tuple(stretches)
    begin, end = stretches[0].from_ms, stretches[-1].to_ms
    edges = np.linspace(begin, end, MOST_STRETCHES + 1).tolist()
    begins = [stretch.from_ms for stretch in stretches]
    columns: list[Stretch] = []
    for left, right in pairwise(edges):
        middle = (left + right) / 2
        shown = stretches[bisect_right(begins, middle) - 1]
        if shown.to_ms < middle:
            continue
        if columns and columns[-1].state == shown.state and columns[-1].to_ms == left:
            columns[-1] = columns[-1]._replace(to_ms=right)
        else:
            columns.append(Stretch(left, right, shown.state))
    return tuple(columns)
