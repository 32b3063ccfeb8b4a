"""What comes too late for its series: kept beside it, as it came, and counted; used by the store and the sink.

Whether something is late or only comes again is told by looking: what stands in the series already is a duplicate.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import redis

from common.messages import Readings
from common.reaching import reaching
from sink.batch import Entry, is_live
from sink.codec import FRAME_FIELD, READINGS_FIELD, entry_id, pack_late, unpack_frame
from sink.keys import CameraKeys

LATE_ENTRIES = 10_000
"""About how many late entries are kept for each camera."""


class Written(msgspec.Struct, frozen=True):
    """What became of a batch besides its plain writes.

    Attributes:
        duplicates: frames that were already there.
        late: entries that came late.
        fenced: whether nothing of it was written, since a higher live epoch was begun.
    """

    duplicates: int = 0
    late: int = 0
    fenced: bool = False


class LateEntries:
    """The late streams of all cameras.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
        expire_s: seconds from the last write that they are kept.
    """

    def __init__(self, client: redis.Redis, prefix: str, expire_s: int) -> None:
        self._client = client
        self._prefix = prefix
        self._expire_s = expire_s

    def sort(self, frames: Sequence[Readings]) -> Written:
        """Deal with frames at or below their epoch's last one, or of a live epoch that is over.

        Each is a duplicate if it stands in the store with the same fate, analysed or dropped for the same reason;
        otherwise it is late: a replayed dead letter, a frame that never arrived in its turn, or one of an old holder.

        Raises:
            StoreError: Redis is away, full, or refuses.
        """
        if not frames:
            return Written()
        places = [self._place(one) for one in frames]
        with reaching(self._client):
            with self._client.pipeline(transaction=False) as pipe:
                for key, identity in places:
                    pipe.xrange(key, identity, identity)
                found = pipe.execute()
            late = [
                one
                for one, rows in zip(frames, found, strict=True)
                if not any(_same_fate(one, identity, fields) for identity, fields in rows)
            ]
        return Written(duplicates=len(frames) - len(late), late=self.put(late).late)

    def put(self, frames: Sequence[Readings]) -> Written:
        """Keep frames that may no longer be added beside the series, as they came.

        Raises:
            StoreError: Redis is away, full, or refuses.
        """
        with reaching(self._client):
            for one in frames:
                key, identity = self._place(one)
                fields = {"key": key, "id": identity, READINGS_FIELD: pack_late(one)}
                self._add(self._keys(one.spine.camera), fields)
        return Written(late=len(frames))

    def look(self, keys: CameraKeys, refused: Sequence[Entry]) -> Written:
        """Look at entries that were refused: the same one is there, or it is late; errors are the caller's.

        Args:
            keys: the keys of their camera.
            refused: the entries.
        """
        duplicates = late = 0
        for entry in refused:
            rows: Any = self._client.xrange(entry.key, entry.identity, entry.identity)
            if any(fields == entry.fields for _, fields in rows):
                duplicates += FRAME_FIELD in entry.fields
            else:
                late += 1
                self._add(keys, {"key": entry.key, "id": entry.identity, **entry.fields})
        return Written(duplicates, late)

    def _add(self, keys: CameraKeys, fields: dict[Any, Any]) -> None:
        self._client.xadd(keys.late, fields, maxlen=LATE_ENTRIES, approximate=True)
        self._client.expire(keys.late, self._expire_s)

    def _place(self, frame: Readings) -> tuple[str, str]:
        spine = frame.spine
        key = self._keys(spine.camera).readings(spine.epoch, is_live(spine.mode))
        return key, entry_id(spine.time_ms, spine.seq)

    def _keys(self, camera: str) -> CameraKeys:
        return CameraKeys(self._prefix, camera)


def _same_fate(frame: Readings, identity: bytes, fields: dict[bytes, bytes]) -> bool:
    entry = unpack_frame(frame.spine.camera, identity, fields[FRAME_FIELD])
    return entry.epoch == frame.spine.epoch and entry.dropped == frame.dropped
