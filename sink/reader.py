"""Reading what was written: cameras, epochs, tracks, samples, frames and minutes; for every page and export."""

from collections.abc import Collection, Iterator
from typing import Any

import msgspec
import redis

from common.reaching import reaching
from sink.batch import EpochLog, is_live
from sink.codec import (
    ENDED_FIELD,
    FRAME_FIELD,
    READINGS_FIELD,
    SAMPLE_FIELD,
    ZONE_FIELD,
    unpack_ended,
    unpack_frame,
    unpack_late,
    unpack_sample,
)
from sink.keys import CameraKeys, cameras_key
from sink.minute_rows import partials_of
from sink.minutes import combine
from sink.records import EpochInfo, FrameEntry, Minute, ReadBy, Sample, TrackSummary

_PAGE = 1000

_unpack_log = msgspec.json.Decoder(EpochLog).decode
_unpack_models = msgspec.json.Decoder(tuple[ReadBy, ...]).decode


class SeriesReader:
    """Reads the series of a store; every method raises `StoreError` when Redis is away or refuses.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
    """

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def cameras(self) -> list[str]:
        """List the cameras that have a series, in alphabetical order."""
        with reaching(self._client):
            found: Any = self._client.smembers(cameras_key(self._prefix))
        return sorted(name.decode() for name in found)

    def epochs(self, camera: str) -> list[EpochInfo]:
        """List the epochs of a camera that have not expired, by their begin."""
        keys = self._keys(camera)
        with reaching(self._client):
            logs: Any = self._client.hgetall(keys.epochs)
            with self._client.pipeline(transaction=False) as pipe:
                for name in logs:
                    key = keys.state(name.decode())
                    pipe.exists(key)
                    pipe.hmget(key, "last_seq", "time_ms", "arrived_ms", "models")
                found = pipe.execute()
        rows = zip(logs.values(), found[::2], found[1::2], strict=True)
        infos = [_info(_unpack_log(packed), last) for packed, there, last in rows if there]
        return sorted(infos, key=lambda info: (info.from_ms, info.epoch))

    def tracks(self, camera: str, epoch: str | None = None) -> list[TrackSummary]:
        """List the finished tracks of a camera, or of one epoch, in the order of their begin."""
        keys, found = self._keys(camera), []
        infos = [info for info in self.epochs(camera) if epoch in {None, info.epoch}]
        names = [f"{camera}-{info.epoch}-" for info in infos]
        for key in dict.fromkeys(keys.ended(info.epoch, is_live(info.mode)) for info in infos):
            found += [unpack_ended(fields[ENDED_FIELD]) for _, fields in self._entries(key)]
        mine = [one for one in found if any(one.track.startswith(name) for name in names)]
        return sorted(mine, key=lambda one: (one.from_ms, one.to_ms, one.track))

    def track_names(self, camera: str, epoch: str) -> list[str]:
        """List all tracks of an epoch, also those that have not ended, by their number."""
        with reaching(self._client):
            found: Any = self._client.zrange(self._keys(camera).tracks(epoch), 0, -1)
        return [f"{camera}-{epoch}-{number}" for number in sorted(int(one) for one in found)]

    def samples(
        self, camera: str, track: str, since_ms: int | None = None, until_ms: int | None = None
    ) -> Iterator[Sample]:
        """Read the samples of a track in order.

        Args:
            camera: the camera's name.
            track: the track's full name.
            since_ms: first event time; from the begin without it.
            until_ms: last event time, included; to the end without it.
        """
        key = self._keys(camera).named_track(track)
        for identity, fields in self._entries(key, since_ms, until_ms):
            yield unpack_sample(identity, fields[SAMPLE_FIELD], fields.get(ZONE_FIELD))

    def frames(self, camera: str, epoch: str, since_ms: int | None = None) -> Iterator[FrameEntry]:
        """Read the sampled frames of an epoch in order, analysed or not.

        Args:
            camera: the camera's name.
            epoch: the epoch.
            since_ms: first event time; from the begin without it.
        """
        for info in self.epochs(camera):
            if info.epoch != epoch:
                continue
            live = is_live(info.mode)
            since = max(info.from_ms, since_ms or 0) if live else since_ms
            for identity, fields in self._entries(self._keys(camera).readings(epoch, live), since):
                frame = unpack_frame(camera, identity, fields[FRAME_FIELD])
                if frame.epoch == epoch:
                    yield frame

    def minutes(
        self,
        camera: str,
        since_ms: int | None = None,
        until_ms: int | None = None,
        epochs: Collection[str] | None = None,
    ) -> list[Minute]:
        """List the minutes of a camera in order.

        Args:
            camera: the camera's name.
            since_ms: first begin of a minute; from the first one without it.
            until_ms: last begin of a minute, included; to the last one without it.
            epochs: only what these epochs add to a minute; all of them without it.
        """
        keys = self._keys(camera)
        first, last = ("-inf" if since_ms is None else since_ms), ("+inf" if until_ms is None else until_ms)
        with reaching(self._client):
            members: Any = self._client.zrangebyscore(keys.minutes, first, last)
            with self._client.pipeline(transaction=False) as pipe:
                for member in members:
                    pipe.hgetall(keys.minute(int(member)))
                found = pipe.execute()
        rows = zip((int(member) for member in members), found, strict=True)
        partials = ((time_ms, partials_of(fields)) for time_ms, fields in rows)
        wanted = (
            (time_ms, [part for epoch, part in parts.items() if epochs is None or epoch in epochs])
            for time_ms, parts in partials
        )
        return [combine(time_ms, parts) for time_ms, parts in wanted if parts]

    def late(self, camera: str) -> int:
        """Count the entries of a camera that came too late for their series and are still kept."""
        with reaching(self._client):
            return int(self._client.xlen(self._keys(camera).late))

    def late_frames(self, camera: str) -> Iterator[FrameEntry]:
        """Read the frames of a camera that came too late for their series and are still kept; without their faces."""
        for _, fields in self._entries(self._keys(camera).late):
            if READINGS_FIELD in fields:
                one = unpack_late(fields[READINGS_FIELD])
                yield FrameEntry(one.spine.epoch, one.spine.time_ms, one.spine.seq, one.dropped, ())
            elif FRAME_FIELD in fields:
                yield unpack_frame(camera, fields[b"id"], fields[FRAME_FIELD])

    def _keys(self, camera: str) -> CameraKeys:
        return CameraKeys(self._prefix, camera)

    def _entries(
        self, key: str, since_ms: int | None = None, until_ms: int | None = None
    ) -> Iterator[tuple[bytes, dict[bytes, bytes]]]:
        """Read a stream page by page."""
        begin = "-" if since_ms is None else str(since_ms)
        end = "+" if until_ms is None else str(until_ms)
        while True:
            with reaching(self._client):
                page: Any = self._client.xrange(key, begin, end, count=_PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            begin = f"({page[-1][0].decode()}"


def _info(log: EpochLog, last: list[bytes | None]) -> EpochInfo:
    opened, closed = log.opened, log.closed
    last_seq, time_ms, arrived_ms = (int(value) if value is not None else None for value in last[:3])
    return EpochInfo(
        camera=opened.camera,
        epoch=opened.epoch,
        recipe=log.recipe,
        mode=opened.mode,
        source=opened.source,
        rate=opened.rate,
        width=opened.width,
        height=opened.height,
        from_ms=opened.time_ms,
        to_ms=time_ms if time_ms is not None else opened.time_ms,
        last_seq=last_seq if last_seq is not None else -1,
        arrived_ms=arrived_ms or 0,
        closed=closed.reason if closed is not None else None,
        closed_seq=closed.last_seq if closed is not None else None,
        damaged=closed.damaged if closed is not None else 0,
        clamped=closed.clamped if closed is not None else 0,
        models=_unpack_models(last[3] or b"[]"),
    )
