"""The accounts: what became of every sampled frame; pure, fed by `moodline.ledger.reading`.

The number of sampled frames comes from their numbers: `seq` has no holes, so the highest one that was seen anywhere,
or that the end of the epoch names, says how many there are. What became of each comes from where it was seen. The
two must meet: what is left over is unaccounted for. However often a frame was seen, it counts once, by where it got
furthest.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct, field

MINUTE_MS = 60_000

Where = Literal["passed", "dead", "detector", "classifier", "sink", "late", "stored"]
"""Where a frame was seen, from the least to the furthest: on a topic whose stage says that it is through with it; among
the dead letters; waiting on a topic for a stage; in the store, but beside its series; in its series."""

_RANK: dict[Where, int] = {
    "passed": 0,
    "dead": 1,
    "detector": 2,
    "classifier": 3,
    "sink": 4,
    "late": 5,
    "stored": 6,
}
_WHERE = {rank: where for where, rank in _RANK.items()}
DEAD = "dead_letter"


class Sighting(Struct, frozen=True):
    """A sampled frame seen somewhere.

    Attributes:
        camera: its camera.
        epoch: its epoch.
        seq: its number in the epoch.
        time_ms: its event time, Unix milliseconds.
        where: where it was seen.
        dropped: why it was not analysed, as far as was known there.
    """

    camera: str
    epoch: str
    seq: int
    time_ms: int
    where: Where
    dropped: str | None = None


class Ends(Struct, frozen=True):
    """What is known of an epoch besides its frames.

    Attributes:
        time_ms: event time of its first frame; None if not known.
        first_seq: number of the first frame to account for; None for the first one seen, where older ones expired.
        last_seq: number of its last frame; None while it is open.
    """

    time_ms: int | None = None
    first_seq: int | None = 0
    last_seq: int | None = None


class Row(Struct):
    """The account of one epoch, or of one minute of it.

    Attributes:
        camera: the camera.
        epoch: the epoch.
        time_ms: event time of its first frame, or begin of the minute.
        sampled: frames sampled.
        analysed: frames in the store, analysed.
        dropped: frames that were not, by reason.
        dead: frames among the dead letters.
        in_flight: frames that a stage has not dealt with yet, by stage.
        unaccounted: frames of which nothing is left; 0 if the row adds up.
    """

    camera: str
    epoch: str
    time_ms: int
    sampled: int = 0
    analysed: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    dead: int = 0
    in_flight: Counter[str] = field(default_factory=Counter)
    unaccounted: int = 0

    @property
    def accounted(self) -> int:
        """Frames of which is known what became of them."""
        return self.analysed + self.dropped.total() + self.dead + self.in_flight.total()

    def add(self, part: "Row") -> None:
        """Add the counts of another row."""
        self.sampled += part.sampled
        self.analysed += part.analysed
        self.dropped += part.dropped
        self.dead += part.dead
        self.in_flight += part.in_flight
        self.unaccounted += part.unaccounted


Key = tuple[str, str]
_Seen = tuple[int, int, str | None]


class Ledger:
    """Takes sightings in any order and gives the accounts."""

    def __init__(self) -> None:
        self._frames: defaultdict[Key, dict[int, _Seen]] = defaultdict(dict)
        self._ends: dict[Key, Ends] = {}

    def see(self, one: Sighting) -> None:
        """Note where a frame was seen."""
        frames = self._frames[one.camera, one.epoch]
        rank = _RANK[one.where]
        there = frames.get(one.seq)
        if there is None or rank > there[0]:
            frames[one.seq] = (rank, one.time_ms, one.dropped)

    def know(self, camera: str, epoch: str, ends: Ends) -> None:
        """Note what is known of an epoch; what is not known now leaves what was known before.

        Of two ends the later one stands: an epoch that was cut short goes on when it is begun again.
        """
        known = self._ends.get((camera, epoch), Ends())
        self._ends[camera, epoch] = Ends(
            time_ms=known.time_ms if ends.time_ms is None else ends.time_ms,
            first_seq=ends.first_seq,
            last_seq=max((one.last_seq for one in (known, ends) if one.last_seq is not None), default=None),
        )

    def epochs(self) -> list[Row]:
        """Give one row for each epoch, by camera and time."""
        rows = []
        for key in self._keys():
            begin = self._begin(key)
            row = Row(*key, begin)
            for part in self._minutes(key):
                row.add(part)
            rows.append(row)
        return sorted(rows, key=_order)

    def minutes(self) -> list[Row]:
        """Give one row for each minute of each epoch, by camera and time."""
        return sorted((row for key in self._keys() for row in self._minutes(key)), key=_order)

    def _keys(self) -> list[Key]:
        return sorted(self._frames.keys() | self._ends.keys())

    def _begin(self, key: Key) -> int:
        ends, frames = self._ends.get(key, Ends()), self._frames.get(key, {})
        if ends.time_ms is not None:
            return ends.time_ms
        return frames[min(frames)][1] if frames else 0

    def _minutes(self, key: Key) -> Iterator[Row]:
        """Account for an epoch; what never arrived stands in the minute of the frame after it, or of the last one."""
        ends, frames = self._ends.get(key, Ends()), self._frames.get(key, {})
        rows: dict[int, Row] = {}

        def row_at(time_ms: int) -> Row:
            minute = time_ms // MINUTE_MS * MINUTE_MS
            if minute not in rows:
                rows[minute] = Row(*key, minute)
            return rows[minute]

        time_ms = self._begin(key)
        due = ends.first_seq
        for seq in sorted(frames):
            rank, time_ms, dropped = frames[seq]
            row = row_at(time_ms)
            missing = max(seq - due, 0) if due is not None else 0
            row.sampled += missing + 1
            row.unaccounted += missing
            _enter(row, rank, dropped)
            due = max(due or 0, seq + 1)
        if ends.last_seq is not None and due is not None and ends.last_seq >= due:
            row = row_at(time_ms)
            row.sampled += ends.last_seq + 1 - due
            row.unaccounted += ends.last_seq + 1 - due
        return iter(rows.values())


def _enter(row: Row, rank: int, dropped: str | None) -> None:
    """Put one frame where it belongs."""
    if rank == _RANK["passed"]:
        row.unaccounted += 1
    elif rank == _RANK["dead"] or (rank == _RANK["stored"] and dropped == DEAD):
        row.dead += 1
    elif rank == _RANK["late"]:
        row.dropped["late"] += 1
    elif rank == _RANK["stored"]:
        if dropped is None:
            row.analysed += 1
        else:
            row.dropped[dropped] += 1
    else:
        row.in_flight[_WHERE[rank]] += 1


def _order(row: Row) -> tuple[str, int, str]:
    return row.camera, row.time_ms, row.epoch
