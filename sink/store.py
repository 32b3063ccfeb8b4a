"""The store: what the sink writes to Redis, each batch in one transaction, so that a repeat changes nothing.

Entries carry explicit ids made of event time and `seq`. Redis refuses an id that is not above a stream's last one; then
the store looks: the same entry is there (a duplicate, fine), or it is not, and goes to `…:late`, counted. Sums, state
and the number of the last frame are overwritten in the same transaction, never incremented. The keys are watched, so
that two writers of one camera cannot undo each other.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
import redis
from redis.client import Pipeline

from common.errors import StoreError
from common.messages import Closed, Opened, Readings
from common.reaching import place_of, reaching
from sink.batch import Batch, Entry, EpochLog, is_live
from sink.codec import FRAME_FIELD, READINGS_FIELD, entry_id, pack_late, unpack_frame
from sink.epoch import EpochState
from sink.erase import queue_erase
from sink.keys import CameraKeys, cameras_key
from sink.minute_rows import queue_minute, read_partials
from sink.minutes import MINUTE_MS

LATE_ENTRIES = 10_000
"""About how many late entries are kept for each camera."""
_TRIES = 20
_Result = TypeVar("_Result")

_pack_state = msgspec.msgpack.Encoder().encode
_unpack_state = msgspec.msgpack.Decoder(EpochState).decode
_unpack_log = msgspec.json.Decoder(EpochLog).decode
_unpack_opened = msgspec.json.Decoder(Opened).decode


class Keeping(msgspec.Struct, frozen=True):
    """How long series are kept.

    Attributes:
        expire_s: seconds from the last write of everything but live samples.
        trim_s: seconds of event time of live samples.
    """

    expire_s: int
    trim_s: int


class Standing(msgspec.Struct, frozen=True):
    """An epoch that is ready for its next frame: the state to go on from, and its end if it has one already."""

    state: EpochState
    closed: Closed | None = None


class Written(msgspec.Struct, frozen=True):
    """What became of a batch besides its plain writes: frames that were already there, entries that came late."""

    duplicates: int = 0
    late: int = 0


class RedisStore:
    """Writes series; one for each process.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
        keeping: how long series are kept.
    """

    def __init__(self, client: redis.Redis, prefix: str, keeping: Keeping) -> None:
        self._client = client
        self._prefix = prefix
        self._keeping = keeping

    def keys(self, camera: str) -> CameraKeys:
        """Give the keys of a camera."""
        return CameraKeys(self._prefix, camera)

    def announce(self, opened: Opened) -> None:
        """Note that an epoch begins, without touching what may stand under its name.

        Raises:
            StoreError: Redis is away, full, or refuses.
        """
        keys = self.keys(opened.camera)
        with reaching(self._client), self._client.pipeline(transaction=True) as pipe:
            pipe.hsetnx(keys.epochs, opened.epoch, msgspec.json.encode(EpochLog(opened)))
            pipe.hset(keys.state(opened.epoch), "opening", msgspec.json.encode(opened))
            pipe.expire(keys.epochs, self._keeping.expire_s)
            pipe.ttl(keys.state(opened.epoch))
            *_, left = pipe.execute()
            # A state that outlived its samples would make a later run take expired samples for late ones.
            if left < 0:
                self._client.expire(keys.state(opened.epoch), self._keeping.expire_s)
            self._client.sadd(cameras_key(self._prefix), opened.camera)

    def find_opened(self, camera: str, epoch: str) -> Opened | None:
        """Look up how an epoch was opened last; None if it never was.

        Raises:
            StoreError: Redis is away or refuses.
        """
        with reaching(self._client):
            packed: Any = self._client.hget(self.keys(camera).state(epoch), "opening")
        return _unpack_opened(packed) if packed else None

    def find_log(self, camera: str, epoch: str) -> EpochLog | None:
        """Look up what stands under an epoch's name; None if nothing does.

        Raises:
            StoreError: Redis is away or refuses.
        """
        with reaching(self._client):
            packed: Any = self._client.hget(self.keys(camera).epochs, epoch)
        return _unpack_log(packed) if packed else None

    def begin_epoch(self, opened: Opened, recipe: str, seq: int) -> Standing | None:
        """Make an epoch ready for its next frame.

        The same recipe goes on from the saved state. A recording under another recipe, or one that was closed before
        its end, is deleted whole if the frame is its first. A live epoch always goes on.

        Args:
            opened: how the epoch was opened.
            recipe: hash of everything that makes its values.
            seq: number of the frame that comes next.

        Returns:
            The state to go on from; None if the frame must not be added, since values of another recipe stand there.

        Raises:
            StoreError: Redis is away, full, or refuses.
        """
        keys = self.keys(opened.camera)
        with reaching(self._client), self._client.pipeline(transaction=True) as pipe:
            standing, begun = self._try(keys, pipe, lambda: self._begin(pipe, keys, opened, recipe, seq))
            if begun:
                self._client.sadd(cameras_key(self._prefix), opened.camera)
                self._forget_expired(keys)
            return standing

    def write(self, batch: Batch) -> Written:
        """Write a batch whole or not at all; a repeat changes nothing.

        Raises:
            StoreError: Redis is away, full, or refuses, or another run has begun to replace the epoch.
        """
        with reaching(self._client), self._client.pipeline(transaction=True) as pipe:
            refused = self._try(batch.keys, pipe, lambda: self._transact(pipe, batch))
            if refused is None:
                return Written(duplicates=batch.frames)
            return self._look(batch.keys, refused)

    def repeats(self, frames: Sequence[Readings]) -> Written:
        """Deal with frames at or below their epoch's last one.

        Each is a duplicate if it stands in the store with the same fate, analysed or dropped for the same reason;
        otherwise it is late: a replayed dead letter, or a frame that never arrived in its turn.

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
        return Written(duplicates=len(frames) - len(late), late=self.put_late(late).late)

    def put_late(self, frames: Sequence[Readings]) -> Written:
        """Keep frames that may no longer be added beside the series, as they came.

        Raises:
            StoreError: Redis is away, full, or refuses.
        """
        with reaching(self._client):
            for one in frames:
                key, identity = self._place(one)
                fields = {"key": key, "id": identity, READINGS_FIELD: pack_late(one)}
                self._add_late(self.keys(one.spine.camera), fields)
        return Written(late=len(frames))

    def _begin(
        self, pipe: Pipeline, keys: CameraKeys, opened: Opened, recipe: str, seq: int
    ) -> tuple[Standing | None, bool]:
        """Make an epoch ready in one transaction; what stands then, and whether something was written."""
        pipe.watch(keys.state(opened.epoch), keys.epochs)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        found: Any = pipe.hmget(keys.state(opened.epoch), "recipe", "state")
        made_by, packed = (found[0] or b"").decode(), found[1]
        packed_log: Any = pipe.hget(keys.epochs, opened.epoch)
        log = _unpack_log(packed_log) if packed_log else None
        stale = made_by != recipe or (log is not None and log.cut_short and seq == 0)
        state = EpochState(opened.camera, opened.epoch, time_ms=opened.time_ms)
        standing = Standing(state)
        if packed is not None and (is_live(opened.mode) or not stale):
            state = _unpack_state(packed)
            standing = Standing(state, log.closed if log is not None else None)
            if made_by == recipe:
                return standing, False
            pipe.multi()
        elif made_by and seq != 0:
            return None, False
        else:
            queue_erase(pipe, keys, opened.epoch, log)
        pipe.hset(keys.epochs, opened.epoch, msgspec.json.encode(EpochLog(opened, recipe)))
        self._queue_state(pipe, keys, recipe, state)
        pipe.hset(keys.state(opened.epoch), "opening", msgspec.json.encode(opened))
        self._expire(pipe, [keys.epochs, keys.state(opened.epoch)], self._keeping.expire_s)
        pipe.execute()
        return standing, True

    def _try(self, keys: CameraKeys, pipe: Pipeline, attempt: Callable[[], _Result]) -> _Result:
        """Try a transaction until nobody changes what it watches meanwhile."""
        for _ in range(_TRIES):
            try:
                return attempt()
            except redis.WatchError:
                pipe.reset()
        raise StoreError(f"camera '{keys.camera}' is written by too many others at once; let one of them end first")

    def _transact(self, pipe: Pipeline, batch: Batch) -> list[Entry] | None:
        """Write a batch; the entries that Redis refused for their ids, or None if all of it was there already."""
        if not self._watch(pipe, batch):
            return None
        others = read_partials(pipe, batch.keys, batch.minutes, without=batch.epoch)
        pipe.multi()
        self._queue(pipe, batch)
        for time_ms, partial in batch.minutes.items():
            queue_minute(pipe, batch.keys, time_ms, {**others[time_ms], batch.epoch: partial})
        self._queue_expiry(pipe, batch)
        return _refused(batch.entries, pipe.execute(raise_on_error=False))

    def _watch(self, pipe: Pipeline, batch: Batch) -> bool:
        """Watch what the batch depends on; whether it still has something to add.

        Raises:
            StoreError: another run has begun to replace the epoch.
        """
        key = batch.keys.state(batch.epoch)
        minutes = (batch.keys.minute(time_ms) for time_ms in batch.minutes)
        pipe.watch(key, *minutes)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        found: Any = pipe.hmget(key, "recipe", "last_seq")
        recipe, last = found
        if recipe is None or recipe.decode() != batch.log.recipe:
            raise StoreError(
                f"another run is replacing epoch '{batch.epoch}' of camera '{batch.keys.camera}', or its keys were "
                f"deleted in Redis at {place_of(self._client)}; let one run end, then start the other again"
            )
        return int(last) < batch.state.last_seq or batch.closed is not None or not batch.frames

    def _queue(self, pipe: Pipeline, batch: Batch) -> None:
        keys, epoch = batch.keys, batch.epoch
        put: Callable[..., object] = pipe.execute_command
        oldest = batch.state.time_ms - self._keeping.trim_s * 1000
        for entry in batch.entries:
            limit = ("MINID", "~", max(oldest, 0)) if entry.trimmed else ()
            put("XADD", entry.key, *limit, entry.identity, *entry.flat)
        if batch.fresh:
            pipe.zadd(keys.tracks(epoch), {str(number): time_ms for number, time_ms in batch.fresh.items()})
        if batch.live:
            pipe.zremrangebyscore(keys.tracks(epoch), "-inf", f"({oldest - self._keeping.trim_s * 1000}")
            pipe.zremrangebyscore(keys.minutes, "-inf", batch.state.time_ms - self._keeping.expire_s * 1000 - MINUTE_MS)
        if batch.closed is not None:
            log = msgspec.structs.replace(batch.log, closed=batch.closed)
            pipe.hset(keys.epochs, epoch, msgspec.json.encode(log))
        self._queue_state(pipe, keys, batch.log.recipe, batch.state)

    def _queue_expiry(self, pipe: Pipeline, batch: Batch) -> None:
        keys, epoch = batch.keys, batch.epoch
        lasting = {keys.ended(epoch, batch.live), keys.state(epoch), keys.tracks(epoch), keys.epochs, keys.minutes}
        lasting.update(keys.minute(time_ms) for time_ms in batch.minutes)
        samples = {entry.key for entry in batch.entries} - lasting
        self._expire(pipe, sorted(lasting), self._keeping.expire_s)
        self._expire(pipe, sorted(samples), self._keeping.trim_s if batch.live else self._keeping.expire_s)

    def _queue_state(self, pipe: Pipeline, keys: CameraKeys, recipe: str, state: EpochState) -> None:
        values: dict[Any, Any] = {
            "recipe": recipe,
            "last_seq": state.last_seq,
            "time_ms": state.time_ms,
            "arrived_ms": state.arrived_ms,
            "state": _pack_state(state),
        }
        pipe.hset(keys.state(state.epoch), mapping=values)

    def _look(self, keys: CameraKeys, refused: list[Entry]) -> Written:
        """Look at entries that Redis refused: the same one is there, or it is late."""
        duplicates = late = 0
        for entry in refused:
            rows: Any = self._client.xrange(entry.key, entry.identity, entry.identity)
            if any(fields == entry.fields for _, fields in rows):
                duplicates += FRAME_FIELD in entry.fields
            else:
                late += 1
                self._add_late(keys, {"key": entry.key, "id": entry.identity, **entry.fields})
        return Written(duplicates, late)

    def _add_late(self, keys: CameraKeys, fields: dict[Any, Any]) -> None:
        self._client.xadd(keys.late, fields, maxlen=LATE_ENTRIES, approximate=True)
        self._client.expire(keys.late, self._keeping.expire_s)

    def _place(self, frame: Readings) -> tuple[str, str]:
        spine = frame.spine
        key = self.keys(spine.camera).readings(spine.epoch, is_live(spine.mode))
        return key, entry_id(spine.time_ms, spine.seq)

    def _forget_expired(self, keys: CameraKeys) -> None:
        """Take epochs whose series have expired out of the hash that lists them."""
        found: Any = self._client.hkeys(keys.epochs)
        names = [name.decode() for name in found]
        with self._client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.exists(keys.state(name))
            gone = [name for name, there in zip(names, pipe.execute(), strict=True) if not there]
        if gone:
            self._client.hdel(keys.epochs, *gone)

    @staticmethod
    def _expire(pipe: Pipeline, names: Sequence[str], seconds: int) -> None:
        for name in names:
            pipe.expire(name, seconds)


def _refused(entries: Sequence[Entry], results: Sequence[object]) -> list[Entry]:
    """Give the entries whose ids were refused; any other refusal is raised."""
    refused = []
    for place, result in enumerate(results):
        if not isinstance(result, Exception):
            continue
        if place >= len(entries) or "equal or smaller" not in str(result):
            raise result
        refused.append(entries[place])
    return refused


def _same_fate(frame: Readings, identity: bytes, fields: dict[bytes, bytes]) -> bool:
    entry = unpack_frame(frame.spine.camera, identity, fields[FRAME_FIELD])
    return entry.epoch == frame.spine.epoch and entry.dropped == frame.dropped
