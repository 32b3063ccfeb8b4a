"""The clock of a live camera: event time that never decreases, its source and its honest error; used by `fleet`.

Event time comes from the first of these that can be believed:

1. `camera`: the wall clock of the camera, while it is close to the host's and runs steadily;
2. `stream`: the timestamps of the stream, laid on the host's time at the least delay of the last minute;
3. `arrival`: the time at which the picture came.

Changing from one to another, event time neither goes back nor leaps: it runs a little faster or slower until it is
where it should be, and the claimed error includes the difference. Only what is ahead by more than a limit is leapt
over.
"""

from dataclasses import dataclass

from common.messages import Clock
from ingest.live.cadence import Cadence
from ingest.live.findings import Finding, found, passed
from ingest.live.host_time import HostMoment, HostTime
from ingest.live.slew import Slew
from ingest.live.stream import StreamClock, StreamMoment
from ingest.live.trust import CameraTrust, TrustLimits


@dataclass(frozen=True)
class ClockLimits:
    """What is believed, and how fast event time follows.

    Attributes:
        trust_s: a camera's clock that differs from the host's by more than this is not used, seconds.
        steady_ms: nor one that wavers by more than this within half a minute, milliseconds.
        settle_s: a camera's clock must have been good for this long before it is used, seconds.
        drift_ppm: a camera's clock that drifts by more than this is named, parts in a million.
        wrong_rate: timestamps whose rate is wrong by more than this share are named.
        hidden_delay_ms: delay from exposure to arrival that is taken to be usual, although nothing shows it.
        jump_s: a difference ahead of more than this is leapt over, and ends the epoch, seconds.
        slew: how much faster or slower event time may run to make up for a difference, as a share of time.
        slower: how much slower it runs while it is ahead by more than `jump_s`.
    """

    trust_s: float = 2.0
    steady_ms: float = 500.0
    settle_s: float = 5.0
    drift_ppm: float = 100.0
    wrong_rate: float = 0.02
    hidden_delay_ms: float = 200.0
    jump_s: float = 10.0
    slew: float = 0.05
    slower: float = 0.1


@dataclass(frozen=True)
class ClockStep:
    """Where a picture stands in time.

    Attributes:
        time_ms: event time, Unix milliseconds.
        clock: where it comes from.
        error_ms: its estimated error, milliseconds: of the source (see `docs/clocks.md`), and what event time is still
            away from where the source would have it, and the host's steady time from its wall clock.
        jumped: whether an epoch must end before this picture, as event time leaps ahead.
        notes: what was found just now.
    """

    time_ms: int
    clock: Clock
    error_ms: float
    jumped: bool
    notes: tuple[Finding, ...]


class CameraClock:
    """Dates the pictures of one camera, over all its connections.

    Args:
        limits: what is believed.
        host: the time of the host, shared by all cameras of a worker.
        not_before_ms: the last event time that is known of this camera, Unix milliseconds; None if none is.
    """

    def __init__(self, limits: ClockLimits, host: HostTime, not_before_ms: int | None = None) -> None:
        self._limits = limits
        self._host = host
        self._host_steps = host.steps
        self._host_away = False
        self._stream = StreamClock(limits.wrong_rate)
        self._cadence = Cadence()
        self._trust = CameraTrust(
            TrustLimits(
                trust_ms=limits.trust_s * 1000,
                steady_ms=limits.steady_ms,
                settle_ms=limits.settle_s * 1000,
                drift_ppm=limits.drift_ppm,
                hidden_delay_ms=limits.hidden_delay_ms,
            )
        )
        self._slew = Slew(not_before_ms, limits.jump_s * 1000, limits.slew, limits.slower)
        self._frame_ms = 0.0
        self._clock: Clock | None = None
        self._arrived_ms: float | None = None
        self._stamp_at_ms: float | None = None

    def reopened(self, frame_ms: float = 0.0) -> None:
        """Take note that the camera was connected to again: its timestamps start anew.

        Args:
            frame_ms: nominal duration of a frame, milliseconds; 0 where the stream does not say. Pictures that are
                dated may be fewer than the camera takes, so that the time between them says little.
        """
        self._frame_ms = frame_ms
        self._stream.reopened()
        self._trust.reopened()
        self._slew.restart()
        self._clock = None
        self._stamp_at_ms = None

    def step(self, stamp_ms: float | None, camera_ms: float | None, arrived_s: float, wall_ms: float) -> ClockStep:
        """Date the next picture.

        Args:
            stamp_ms: its timestamp on the stream's own scale, milliseconds; None if it has none.
            camera_ms: the camera's wall clock for it, Unix milliseconds; None if the camera did not say.
            arrived_s: the host's monotonic clock when it came, seconds, never decreasing.
            wall_ms: the host's wall clock at that moment, Unix milliseconds.
        """
        moment = self._host.at(arrived_s, wall_ms)
        host_notes = self._host_notes()
        arrived_ms = arrived_s * 1000
        elapsed_ms = 0.0 if self._arrived_ms is None else max(arrived_ms - self._arrived_ms, 0.0)
        if self._arrived_ms is not None:
            self._cadence.take(elapsed_ms)
        self._arrived_ms = arrived_ms
        stream, notes = self._stream.take(stamp_ms, arrived_ms)
        camera_aim_ms, more = self._judge(camera_ms, stream, moment, arrived_ms)
        clock, aim_ms = self._choose(camera_aim_ms, stream, moment, arrived_ms)
        self._go_on(clock, aim_ms, stream, elapsed_ms)
        slewed = self._slew.step(aim_ms, elapsed_ms)
        self._clock, self._stamp_at_ms = clock, stream.at_ms
        error_ms = self._error_ms(clock) + slewed.away_ms + moment.error_ms
        return ClockStep(int(slewed.time_ms), clock, error_ms, slewed.jumped, (*host_notes, *notes, *more))

    def _judge(
        self, camera_ms: float | None, stream: StreamMoment, moment: HostMoment, arrived_ms: float
    ) -> tuple[float | None, list[Finding]]:
        if camera_ms is None:
            return None, []
        # Where all other times are ahead of the wall clock, the camera's has to be so too.
        aim_ms = camera_ms + moment.ahead_ms
        delayed_ms = 0.0 if stream.at_ms is None else arrived_ms - stream.at_ms
        ahead_ms = aim_ms - (moment.time_ms - delayed_ms)
        notes = self._trust.judge(ahead_ms, arrived_ms) if stream.at_ms is None or stream.sure else []
        usable = self._trust.trusted and abs(ahead_ms) <= self._limits.trust_s * 1000
        return aim_ms if usable else None, notes

    @staticmethod
    def _choose(
        camera_aim_ms: float | None, stream: StreamMoment, moment: HostMoment, arrived_ms: float
    ) -> tuple[Clock, float]:
        if camera_aim_ms is not None:
            return "camera", camera_aim_ms
        if stream.at_ms is not None and stream.settled:
            return "stream", moment.time_ms - (arrived_ms - stream.at_ms)
        return "arrival", moment.time_ms

    def _go_on(self, clock: Clock, aim_ms: float, stream: StreamMoment, elapsed_ms: float) -> None:
        if self._clock is None or self._slew.last_ms is None:
            return
        passed_ms = None
        if stream.continues and stream.at_ms is not None and self._stamp_at_ms is not None:
            passed_ms = max(stream.at_ms + stream.earlier_ms - self._stamp_at_ms, 0.0)
        if clock == self._clock == "stream" and passed_ms is not None:
            self._slew.revised(stream.earlier_ms)
        elif clock != self._clock or clock == "stream":
            self._slew.continued(aim_ms, self._slew.last_ms + (elapsed_ms if passed_ms is None else passed_ms))

    def _error_ms(self, clock: Clock) -> float:
        between_ms = self._cadence.interval_ms
        half_frame_ms = min(self._frame_ms or between_ms, between_ms) / 2
        if clock == "camera":
            return self._trust.error_ms(half_frame_ms)
        known_ms = half_frame_ms + self._limits.hidden_delay_ms
        if clock == "stream":
            return known_ms + self._stream.spread_ms
        return known_ms + self._cadence.spread_ms + self._cadence.late_ms

    def _host_notes(self) -> list[Finding]:
        if self._host.steps != self._host_steps:
            self._host_steps = self._host.steps
            self._trust.reopened()
            self._host_away = self._host.catching_up
            return [found("host_clock_stepped", self._host.stepped_ms, "began" if self._host_away else "once")]
        if self._host_away and not self._host.catching_up:
            self._host_away = False
            return [passed("host_clock_stepped")]
        return []
