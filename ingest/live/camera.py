"""One camera as messages: `Opened`, a `Frame` for every sampled picture, `Closed`; used by `post`.

Pure: it is told what the reader announced and handed over, and gives what goes onto the bus. A picture waits here, as
its record alone, until it is handed over or a newer one has come; then it goes on without its picture, so that the
numbers have no holes.
"""

from collections import Counter, deque
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from common.messages import Closed, CloseReason, Dropped, Frame, Message, Opened, Spine, recipe_of
from ingest.live.clock import CameraClock, ClockStep
from ingest.live.findings import Finding
from ingest.live.records import Sampled

OPENINGS = 1 << 16
"""How many epochs one fencing number is good for."""
_SPARE = 256


class Named(NamedTuple):
    """What a camera's messages say of it.

    Attributes:
        camera: its name.
        source: its address as people may see it.
        rate: sampled frames a second.
        recipe: hash of what decides which frames are sampled.
    """

    camera: str
    source: str
    rate: float
    recipe: str = ""


class _Waiting(NamedTuple):
    """A sampled picture that is neither handed over nor given up yet."""

    sampled: Sampled
    spine: Spine


def live_epoch(fence: int, opening: int) -> str:
    """Name a live epoch: 12 hexadecimal digits that rise with every opening and every owner of a camera.

    Args:
        fence: the fencing number of the camera's lease, below 2^32.
        opening: 0 for the first epoch under it, one more for each next one, below `OPENINGS`.
    """
    return f"{fence:08x}{opening:04x}"


class LiveCamera:
    """Numbers and dates the pictures of one camera.

    Args:
        named: what its messages say of it.
        fence: the fencing number under which it is held.
        clock: dates its pictures; lives as long as the camera.

    Attributes:
        sampled: pictures so far.
        dropped: how many of them went on without a picture, by reason.
        last: the newest message's spine; None before the first.
        epoch: the epoch that is open; empty while none is.
        size: width and height of the last sampled picture, pixels; 0 before the first.
        openings: epochs begun under this fencing number.
        findings: what was found about its clocks and is not told yet; whoever tells it empties the list.
    """

    def __init__(self, named: Named, fence: int, clock: CameraClock) -> None:
        self.sampled = 0
        self.dropped: Counter[str] = Counter()
        self.last: Spine | None = None
        self.openings = 0
        self.findings: list[Finding] = []
        self._named = named
        self._fence = fence
        self._clock = clock
        self._floor_ms = 0
        self._waiting: deque[_Waiting] = deque()
        self.epoch = ""
        self.size = (0, 0)
        self._seq = 0
        self._played: Opened | None = None
        self._damaged = self._damaged_before = 0

    @property
    def offered_s(self) -> float | None:
        """When the newest picture that can be asked for arrived, seconds; None if there is none."""
        return next((one.sampled.arrived_s for one in reversed(self._waiting) if not one.sampled.damaged), None)

    def follow(self, before: "LiveCamera") -> None:
        """Take the place of the same camera, watched in another way under the same fencing number."""
        self.openings = before.openings

    def connected(self, frame_ms: float) -> None:
        """Begin a connection, whose numbers and stamps have nothing to do with those before.

        Args:
            frame_ms: nominal duration of a frame, milliseconds; 0 if it is not known.
        """
        self._clock.reopened(frame_ms)
        self._damaged = self._damaged_before = 0

    def decoded(self, damaged: int) -> None:
        """Take note of how many pictures of this connection were damaged so far, sampled or not."""
        self._damaged = damaged

    def take(self, sampled: Sampled, *, coming: bool = False) -> Iterator[Message]:
        """Take a sampled picture; older ones that still wait are given up, unless one of them is on its way.

        Args:
            sampled: what the reader announced.
            coming: whether a picture was asked for that has not been handed over yet.
        """
        if not coming:
            yield from self._give_up()
        if sampled.spine is not None:
            self._wait(sampled, sampled.spine)
            return
        step = self._clock.step(sampled.stamp_ms, sampled.camera_ms, sampled.arrived_s, sampled.wall_ms)
        self.findings.extend(step.notes)
        if self.epoch and step.jumped:
            yield from self.close("time_jump")
        time_ms = max(step.time_ms, self._floor_ms)
        if not self.epoch:
            yield self._open(sampled, time_ms)
        # The store takes nothing of a new epoch at the very time at which the one before ended.
        self._floor_ms = time_ms
        self._wait(sampled, self._spine(sampled, step, time_ms))

    def passed(self, message: Opened | Closed) -> Iterator[Message]:
        """Take the begin or end of an epoch that is numbered and dated already; what still waits is given up."""
        yield from self._give_up()
        self._played = message if isinstance(message, Opened) else None
        yield message

    def hand(self, number: int, planes: bytes | None) -> Iterator[Message]:
        """Take the picture that was asked for; older ones that still wait are given up.

        Args:
            number: the sampled picture's.
            planes: its I420 planes; None if it could not be converted.
        """
        while self._waiting and self._waiting[0].sampled.number < number:
            yield self._without_picture(self._waiting.popleft())
        if not self._waiting or self._waiting[0].sampled.number != number:
            return
        one = self._waiting.popleft()
        if planes is None:
            yield self._drop(one, "damaged")
        else:
            width, height = one.sampled.width, one.sampled.height
            picture = np.frombuffer(planes, np.uint8).reshape(height * 3 // 2, width)
            yield Frame(one.spine, width, height, picture)

    def pass_over(self) -> Iterator[Message]:
        """Give up what still waits."""
        return self._give_up()

    def close(self, reason: CloseReason) -> Iterator[Message]:
        """End the epoch, if one is open; what still waits is given up."""
        yield from self._give_up()
        if self._played is not None:
            yield self._closed(self._played.epoch, self._played.time_ms, reason)
            self._played = None
        if self.epoch:
            yield self._closed(self.epoch, 0, reason)
            self.epoch, self._damaged_before = "", self._damaged

    def _closed(self, epoch: str, began_ms: int, reason: CloseReason) -> Closed:
        last = self.last if self.last is not None and self.last.epoch == epoch else None
        return Closed(
            camera=self._named.camera,
            epoch=epoch,
            time_ms=began_ms if last is None else last.time_ms,
            last_seq=-1 if last is None else last.seq,
            reason=reason,
            damaged=self._damaged - self._damaged_before,
            clamped=0,
        )

    @property
    def used_up(self) -> bool:
        """Whether a new fencing number is needed soon, as few epochs are left under this one."""
        return self.openings >= OPENINGS - _SPARE

    def _wait(self, sampled: Sampled, spine: Spine) -> None:
        self.last = spine
        self.sampled += 1
        self.size = sampled.width, sampled.height
        self._waiting.append(_Waiting(sampled, spine))

    def _give_up(self) -> Iterator[Message]:
        while self._waiting:
            yield self._without_picture(self._waiting.popleft())

    def _without_picture(self, one: _Waiting) -> Frame:
        return self._drop(one, "damaged" if one.sampled.damaged else "behind")

    def _drop(self, one: _Waiting, reason: Dropped) -> Frame:
        self.dropped[reason] += 1
        return Frame(one.spine, one.sampled.width, one.sampled.height, None, reason)

    def _open(self, sampled: Sampled, time_ms: int) -> Opened:
        self.epoch = live_epoch(self._fence, self.openings)
        self.openings += 1
        self._seq = 0
        return Opened(
            camera=self._named.camera,
            epoch=self.epoch,
            time_ms=time_ms,
            mode="live",
            rate=self._named.rate,
            width=sampled.width,
            height=sampled.height,
            source=self._named.source,
            recipe=recipe_of(self._named.recipe),
        )

    def _spine(self, sampled: Sampled, step: ClockStep, time_ms: int) -> Spine:
        seq, self._seq = self._seq, self._seq + 1
        return Spine(
            camera=self._named.camera,
            epoch=self.epoch,
            seq=seq,
            time_ms=time_ms,
            clock=step.clock,
            clock_error_ms=round(step.error_ms, 3),
            arrived_ms=sampled.wall_ms,
            mode="live",
        )
