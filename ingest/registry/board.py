"""How each live camera is now, for people; written by the worker that holds it, read by `moodline cameras`.

Its worker takes it away when it lets the camera go. It expires soon, so that a camera whose worker died is not shown as
it was then.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import redis
from msgspec import Struct

from common.errors import StoreError
from common.logs import redact
from common.messages import Clock
from common.reaching import reaching

KEPT_MS = 30_000
"""How long a state is shown after it was written, milliseconds; write it every ten seconds or more often."""


# Only what this worker wrote: by now another one may hold the camera, and have told of it.
_TAKE_AWAY = """
if redis.call('HGET', KEYS[1], 'worker') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""


class CameraState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a camera is.

    Attributes:
        state: one of the words in `ingest.live.states`.
        reason: why, in words.
        since_ms: when it came to be so, Unix milliseconds by the worker's clock.
        worker: who holds the camera.
        epoch: the epoch that is open; None if none is.
        last_frame_ms: when its last picture came, Unix milliseconds by the worker's clock; None before the first.
        last_time_ms: event time of its last sampled frame, Unix milliseconds.
        frames_per_second: pictures that came in a second, sampled or not.
        width: width of a picture, pixels.
        height: height of a picture, pixels.
        codec: how the pictures are compressed.
        clock: where event time comes from.
        clock_error_ms: estimated error of event time, milliseconds.
        reconnects: how often it was opened again.
        stalls_per_hour: how often it stood still in the last hour.
        dropped: sampled frames that were not analysed, by reason.
    """

    state: str
    reason: str = ""
    since_ms: int = 0
    worker: str = ""
    epoch: str | None = None
    last_frame_ms: int | None = None
    last_time_ms: int | None = None
    frames_per_second: float | None = None
    width: int | None = None
    height: int | None = None
    codec: str | None = None
    clock: Clock | None = None
    clock_error_ms: float | None = None
    reconnects: int = 0
    stalls_per_hour: float = 0.0
    dropped: dict[str, int] = {}


class StateBoard:
    """The states of all cameras: a hash for each.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
    """

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._take_away = client.register_script(_TAKE_AWAY)

    def _key(self, camera: str) -> str:
        return f"{self._prefix}:{{{camera}}}:state"

    def put(self, states: Mapping[str, CameraState]) -> None:
        """Write the states of cameras, each in place of the one before; all in one round trip.

        Raises:
            StoreError: Redis is away, full, or refuses.
        """
        with reaching(self._client), self._client.pipeline() as pipe:
            for camera, state in states.items():
                pipe.delete(self._key(camera))
                pipe.hset(self._key(camera), mapping=_fields(state))
                pipe.pexpire(self._key(camera), KEPT_MS)
            pipe.execute()

    def take_away(self, camera: str, worker: str) -> None:
        """Take the state of a camera away that this worker wrote and is to tell of no more; others' stay.

        Raises:
            StoreError: Redis is away or refuses.
        """
        with reaching(self._client):
            self._take_away([self._key(camera)], [worker])

    def get(self, cameras: Iterable[str]) -> dict[str, CameraState]:
        """Read the states of cameras; those that nobody has written of late are left out.

        Raises:
            StoreError: Redis is away or refuses, or what it holds is no state.
        """
        asked = list(cameras)
        with reaching(self._client), self._client.pipeline(transaction=False) as pipe:
            for camera in asked:
                pipe.hgetall(self._key(camera))
            found: list[Any] = pipe.execute()
        return {camera: _state(camera, fields) for camera, fields in zip(asked, found, strict=True) if fields}


def _fields(state: CameraState) -> Any:
    """Give what differs from the defaults as text; what is neither text nor number as JSON."""
    held: dict[str, Any] = msgspec.to_builtins(state)
    texts = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode() for name, value in held.items()
    }
    return {name: redact(text) if name == "reason" else text for name, text in texts.items()}


def _state(camera: str, fields: Mapping[bytes, bytes]) -> CameraState:
    held: dict[str, Any] = {name.decode(): text.decode() for name, text in fields.items()}
    try:
        if "dropped" in held:
            held["dropped"] = msgspec.json.decode(held["dropped"])
        return msgspec.convert(held, CameraState, strict=False)
    except ValueError as error:
        raise StoreError(
            f"what Redis holds of the state of camera '{camera}' cannot be read ({error}); let all workers and this "
            "command have one version"
        ) from error
