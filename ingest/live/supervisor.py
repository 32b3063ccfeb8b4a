"""Keeps a fleet as the registry wants it, and tells Redis how its cameras are; used by the embedded run and the worker.

It has a thread of its own, so that a Redis that is away is not felt by the cameras: they go on with what they are, and
fencing protects the series should another worker take one over meanwhile.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import redis

from common.errors import StoreError
from common.messages import CloseReason
from ingest.live.findings import Finding
from ingest.live.fleet import Fleet
from ingest.live.post import Post, Watched
from ingest.live.states import Turn
from ingest.registry.address import shown
from ingest.registry.board import CameraState, StateBoard
from ingest.registry.events import EventLog
from ingest.registry.keeper import TURN_S, Holding, Keeper, Reason
from ingest.registry.last_times import LastTimes

log = logging.getLogger(__name__)

TELL_S = 1.0
"""How often Redis is told how the cameras are, seconds."""

QUIET_S = 5.0
"""For so long a camera keeps its pictures a second though no more were counted, seconds."""

_CLOSED: Mapping[Reason, CloseReason] = {
    "shared": "handed_over",
    "draining": "handed_over",
    "removed": "removed",
    "paused": "interrupted",
}
"""Why an epoch ends whose camera is given back."""


class Place(NamedTuple):
    """Where cameras are told of.

    Attributes:
        client: the opened Redis.
        prefix: first part of every key.
        worker: name of this worker.
    """

    client: redis.Redis
    prefix: str
    worker: str


class Sampling(NamedTuple):
    """How a camera is watched that does not say.

    Attributes:
        rate: sampled frames a second.
        transport: how an RTSP camera sends.
    """

    rate: float
    transport: Literal["tcp", "udp"]


class Supervisor:
    """Use it as a context: its thread works while inside; at the end every lease is given back.

    Args:
        fleet: the cameras' loop.
        keeper: knows which cameras this worker holds.
        place: where cameras are told of.
        sampling: how a camera is watched that does not say.
        now_ms: gives the wall clock, Unix milliseconds.

    Attributes:
        elsewhere: cameras that are waited for, as somebody else holds them, and who.
    """

    def __init__(
        self, fleet: Fleet, keeper: Keeper, place: Place, sampling: Sampling, now_ms: Callable[[], int]
    ) -> None:
        self._fleet = fleet
        self._keeper = keeper
        self._worker = place.worker
        self._sampling = sampling
        self._now_ms = now_ms
        self._board = StateBoard(place.client, place.prefix)
        self._events = EventLog(place.client, place.prefix)
        self._times = LastTimes(place.client, place.prefix)
        self._watched: dict[str, Holding] = {}
        self._handing_back: dict[str, threading.Event] = {}
        self._counts: dict[str, tuple[float, int, float]] = {}
        self._untold: tuple[str, Turn | Finding] | None = None
        self.elsewhere: Mapping[str, str] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="supervisor", daemon=True)
        self._turned_s = float("-inf")

    def __enter__(self) -> "Supervisor":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        try:
            self._tell_changes()
            self._keeper.drain()
            for camera in self._keeper.turn().giving:
                self._release(camera)
        except StoreError as error:
            log.warning("the cameras of this worker are free once their leases have run out: %s", error)

    def _work(self) -> None:
        while True:
            try:
                self._turn(time.monotonic())
            except StoreError as error:
                log.warning("cameras go on as they are: %s", error)
            except Exception:  # whatever it is, the leases must go on being renewed
                log.exception("cameras go on as they are")
            if self._closing.wait(TELL_S):
                return

    def _turn(self, now_s: float) -> None:
        self._give_back()
        if now_s - self._turned_s >= TURN_S:
            self._turned_s = now_s
            self._keep()
        self._tell_changes()
        posts = self._fleet.posts
        for name, post in posts.items():
            if post.live.used_up and name not in self._handing_back:
                self._hand_back(name, "interrupted")
        self._board.put({name: self._state(post, now_s) for name, post in posts.items()})
        self._times.put({name: post.live.last.time_ms for name, post in posts.items() if post.live.last is not None})

    def _keep(self) -> None:
        holdings = self._keeper.turn()
        self._wait_for(holdings.elsewhere)
        # What is lost is told once, so that nothing may fail before it is stopped; it may be held anew already.
        for name in holdings.lost:
            self._watched.pop(name, None)
            self._fleet.remove(name, "handed_over")
        for name, why in holdings.giving.items():
            if name not in self._handing_back:
                self._hand_back(name, _CLOSED[why], paused=why == "paused")
        fresh = [name for name in holdings.held if name not in self._watched]
        times = self._times.get(fresh)
        for name, held in holdings.held.items():
            if self._watched.get(name) != held and name not in self._handing_back:
                self._watched[name] = held
                self._fleet.put(self._asked(held, times.get(name, 0)))

    def _wait_for(self, elsewhere: Mapping[str, str]) -> None:
        for name, owner in elsewhere.items():
            if self.elsewhere.get(name) != owner:
                log.warning("%s is held by %s; it is watched here once that one has let it go", name, owner)
        self.elsewhere = elsewhere

    def _hand_back(self, camera: str, reason: CloseReason, *, paused: bool = False) -> None:
        self._watched.pop(camera, None)
        self._handing_back[camera] = self._fleet.remove(camera, reason, paused=paused)

    def _give_back(self) -> None:
        for name, gone in list(self._handing_back.items()):
            if gone.is_set():
                self._release(name)
                del self._handing_back[name]

    def _release(self, camera: str) -> None:
        """Hand a camera back that was stopped, once it is noted how far it has come and no more said how it is."""
        reached_ms = self._fleet.reached_ms(camera)
        if reached_ms is not None:
            self._times.put({camera: reached_ms})
        self._board.take_away(camera, self._worker)
        self._keeper.released(camera)

    def _asked(self, held: Holding, not_before_ms: int) -> Watched:
        camera = held.camera
        return Watched(
            camera=camera.name,
            address=camera.source,
            shown=shown(camera.source),
            rate=self._sampling.rate if camera.rate is None else camera.rate,
            transport=camera.transport or self._sampling.transport,
            fence=held.number,
            not_before_ms=not_before_ms,
            retry=camera.retry,
            speed=camera.speed,
            loop=camera.loop,
        )

    def _tell_changes(self) -> None:
        """Write every change into the camera's log; one that could not be written is tried again."""
        while True:
            if self._untold is None:
                try:
                    self._untold = self._fleet.changes.get_nowait()
                except queue.Empty:
                    return
            camera, change = self._untold
            if isinstance(change, Finding):
                fields = {"change": change.change, "amount": f"{change.amount:g}", "text": change.text}
                self._events.add(camera, self._now_ms(), change.kind, fields)
            else:
                fields = {"before": change.before, "reason": change.reason}
                self._events.add(camera, self._now_ms(), change.state, fields)
            self._untold = None

    def _state(self, post: Post, now_s: float) -> CameraState:
        health, live, connected, last = post.health, post.live, post.connected, post.live.last
        now_ms = self._now_ms()
        return CameraState(
            state=health.state,
            reason=health.reason,
            since_ms=now_ms - round((now_s - health.since_s) * 1000),
            worker=self._worker,
            epoch=live.epoch or None,
            last_frame_ms=None if last is None else last.arrived_ms,
            last_time_ms=None if last is None else last.time_ms,
            frames_per_second=self._rate(post, now_s),
            width=live.size[0] or None,
            height=live.size[1] or None,
            codec=None if connected is None else connected.codec,
            clock=None if last is None else last.clock,
            clock_error_ms=None if last is None else last.clock_error_ms,
            reconnects=health.reconnects(now_s),
            stalls_per_hour=float(health.stalls(now_s)),
            dropped=dict(live.dropped),
        )

    def _rate(self, post: Post, now_s: float) -> float | None:
        """Pictures a second between the last two counts of this connection; 0 if there is no new one for long."""
        name, counted_s, decoded = post.watched.camera, post.counted_s, post.progress.decoded
        if post.connected is None:
            self._counts.pop(name, None)
            return None
        since_s, before, rate = self._counts.get(name, (counted_s, decoded, 0.0))
        if decoded < before:  # a new connection counts anew
            before = 0
        if counted_s > since_s:
            since_s, before, rate = counted_s, decoded, (decoded - before) / (counted_s - since_s)
        self._counts[name] = since_s, before, rate
        return round(rate, 2) if now_s - since_s < QUIET_S else 0.0
