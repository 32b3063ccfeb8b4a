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
from common.messages import Closed, Opened
from common.reaching import place_of, reaching
from sink.batch import Batch, Entry, EpochLog, is_live
from sink.codec import FRAME_FIELD
from sink.epoch import EpochState
from sink.erase import queue_erase
from sink.fence import admits, passes, queue_raise
from sink.keys import CameraKeys, cameras_key
from sink.late import LateEntries, Written
from sink.minute_rows import partials_of, queue_minute
from sink.minutes import MINUTE_MS, Partial
from sink.watched import read_watched

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


class _FencedError(Exception):
    """A batch is of a live epoch below the fence."""


class RedisStore:
    """Writes series; one for each process.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
        keeping: how long series are kept.

    Attributes:
        late: what may not be added to its series any more.
    """

    def __init__(self, client: redis.Redis, prefix: str, keeping: Keeping) -> None:
        self._client = client
        self._prefix = prefix
        self._keeping = keeping
        self.late = LateEntries(client, prefix, keeping.expire_s)

    def keys(self, camera: str) -> CameraKeys:
        """Give the keys of a camera."""
        return CameraKeys(self._prefix, camera)

    def announce(self, opened: Opened) -> None:
        """Note that an epoch begins, without touching what may stand under its name.

        A live epoch raises the camera's fence; one below it is not noted.

        Raises:
            StoreError: Redis is away, full, or refuses.
        """
        keys = self.keys(opened.camera)
        with reaching(self._client), self._client.pipeline(transaction=True) as pipe:
            left = self._try(keys, pipe, lambda: self._announce(pipe, keys, opened))
            if left is None:
                return
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

    def live_epoch(self, camera: str) -> str | None:
        """Give the highest live epoch of a camera that was begun; None if there is none.

        Raises:
            StoreError: Redis is away or refuses.
        """
        with reaching(self._client):
            highest: Any = self._client.get(self.keys(camera).fence)
        return highest.decode() if highest is not None else None

    def note_end(self, closed: Closed) -> None:
        """Note the end of a live epoch that a higher one has ended already; its series stays as it is.

        Raises:
            StoreError: Redis is away, full, or refuses.
        """
        log = self.find_log(closed.camera, closed.epoch)
        if log is None or log.closed is not None:
            return
        packed = msgspec.json.encode(msgspec.structs.replace(log, closed=closed))
        with reaching(self._client):
            self._client.hset(self.keys(closed.camera).epochs, closed.epoch, packed)

    def begin_epoch(self, opened: Opened, recipe: str, seq: int) -> Standing | None:
        """Make an epoch ready for its next frame.

        The same recipe goes on from the saved state. A recording under another recipe, or one that was closed before
        its end, is deleted whole if the frame is its first. A live epoch always goes on, unless a higher one of its
        camera was begun.

        Args:
            opened: how the epoch was opened.
            recipe: hash of everything that makes its values.
            seq: number of the frame that comes next.

        Returns:
            The state to go on from; None if the frame must not be added, since values of another recipe stand there, or
            a higher live epoch was begun.

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

        What comes of a live epoch when a higher one of its camera was begun is kept as late, if it is not there.

        Raises:
            StoreError: Redis is away, full, or refuses, or another run has begun to replace the epoch.
        """
        with reaching(self._client), self._client.pipeline(transaction=True) as pipe:
            try:
                refused = self._try(batch.keys, pipe, lambda: self._transact(pipe, batch))
            except _FencedError:
                return self._written_late(batch)
            return Written(duplicates=batch.frames) if refused is None else self.late.look(batch.keys, refused)

    def _written_late(self, batch: Batch) -> Written:
        """Keep the frames of an epoch that is over beside its series, and note its end."""
        if batch.closed is not None:
            self.note_end(batch.closed)
        frames = [entry for entry in batch.entries if FRAME_FIELD in entry.fields]
        return msgspec.structs.replace(self.late.look(batch.keys, frames), fenced=True)

    def _announce(self, pipe: Pipeline, keys: CameraKeys, opened: Opened) -> int | None:
        """Note a begin in one transaction; gives for how long its state is kept, seconds, or None if it is fenced."""
        if is_live(opened.mode) and not passes(pipe, keys, opened.epoch):
            return None
        pipe.multi()
        queue_raise(pipe, keys, opened)
        pipe.hsetnx(keys.epochs, opened.epoch, msgspec.json.encode(EpochLog(opened)))
        pipe.hset(keys.state(opened.epoch), "opening", msgspec.json.encode(opened))
        pipe.expire(keys.epochs, self._keeping.expire_s)
        pipe.ttl(keys.state(opened.epoch))
        *_, left = pipe.execute()
        return int(left)

    def _begin(
        self, pipe: Pipeline, keys: CameraKeys, opened: Opened, recipe: str, seq: int
    ) -> tuple[Standing | None, bool]:
        """Make an epoch ready in one transaction; what stands then, and whether something was written."""
        if is_live(opened.mode) and not passes(pipe, keys, opened.epoch):
            return None, False
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
        queue_raise(pipe, keys, opened)
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
        others = self._watch(pipe, batch)
        if others is None:
            return None
        pipe.multi()
        self._queue(pipe, batch)
        for time_ms, partial in batch.minutes.items():
            queue_minute(pipe, batch.keys, time_ms, {**others[time_ms], batch.epoch: partial})
        self._queue_expiry(pipe, batch)
        return _refused(batch.entries, pipe.execute(raise_on_error=False))

    def _watch(self, pipe: Pipeline, batch: Batch) -> dict[int, dict[str, Partial]] | None:
        """Watch what the batch depends on, and read it.

        Returns:
            The sums that other epochs have in its minutes; None if it has nothing to add.

        Raises:
            StoreError: another run has begun to replace the epoch.
            _FencedError: a higher live epoch was begun.
        """
        keys, key = batch.keys, batch.keys.state(batch.epoch)
        minutes = [keys.minute(time_ms) for time_ms in batch.minutes]
        pipe.watch(keys.fence, key, *minutes)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        asked = [("HGETALL", minute) for minute in minutes]
        highest, found, *sums = read_watched(pipe, [("GET", keys.fence), ("HMGET", key, "recipe", "last_seq"), *asked])
        if batch.live and not admits(highest, batch.epoch):
            raise _FencedError
        recipe, last = found
        if recipe is None or recipe.decode() != batch.log.recipe:
            raise StoreError(
                f"another run is replacing epoch '{batch.epoch}' of camera '{batch.keys.camera}', or its keys were "
                f"deleted in Redis at {place_of(self._client)}; let one run end, then start the other again"
            )
        if int(last) >= batch.state.last_seq and batch.closed is None and batch.frames:
            return None
        return {time_ms: partials_of(one, batch.epoch) for time_ms, one in zip(batch.minutes, sums, strict=True)}

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
            "models": msgspec.json.encode(state.models),
            "state": _pack_state(state),
        }
        pipe.hset(keys.state(state.epoch), mapping=values)

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
