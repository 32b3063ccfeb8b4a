"""One hash of everything that a series says: the same for the same input, however it was batched, stopped or resumed.

It covers samples, frames, finished tracks and minutes, with their event times, in a fixed order. It leaves out what
belongs to a run and not to its result: write times, arrival times, recipes, addresses of sources.
"""

import hashlib

import msgspec

from sink.reader import SeriesReader

_encode = msgspec.msgpack.Encoder().encode


def digest(reader: SeriesReader, camera: str | None = None) -> str:
    """Hash the series of one camera, or of all.

    Args:
        reader: the store.
        camera: the camera's name; all cameras without it.

    Returns:
        64 hexadecimal digits of SHA-256; of nothing if there is no series.

    Raises:
        StoreError: Redis is away or refuses.
    """
    total = hashlib.sha256()
    for name in [camera] if camera is not None else reader.cameras():
        for info in reader.epochs(name):
            _add(total, "epoch", (name, info.epoch, info.from_ms, info.last_seq, info.closed))
            for track in reader.track_names(name, info.epoch):
                _add(total, "track", track)
                for sample in reader.samples(name, track):
                    _add(total, "sample", sample)
            for frame in reader.frames(name, info.epoch):
                _add(total, "frame", frame)
            for summary in reader.tracks(name, info.epoch):
                _add(total, "ended", summary)
        for minute in reader.minutes(name):
            _add(total, "minute", minute)
    return total.hexdigest()


def _add(total: "hashlib._Hash", kind: str, value: object) -> None:
    total.update(_encode((kind, value)))
