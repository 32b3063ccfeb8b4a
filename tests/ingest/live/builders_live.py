"""Builders of what a reader says of its camera, and of cameras that make messages of it."""

import numpy as np

from common.messages import Closed, Frame, Opened
from ingest.live.camera import LiveCamera, Named
from ingest.live.clock import CameraClock, ClockLimits
from ingest.live.host_time import HostTime
from ingest.live.records import Sampled
from tests.builders_messages import spine

BEGIN_MS = 1_770_000_000_000
BOOTED_S = 5000.0
SIZE = (32, 24)


def planes(size=SIZE, level=128):
    """I420 planes as a reader sends them."""
    width, height = size
    return np.full((height * 3 // 2, width), level, np.uint8).tobytes()


DAY_MS = 86_400_000


def sampled(
    number=0, at_s=None, *, stamp_ms=None, damaged=False, size=SIZE, sight="clear", played=None, set_ahead_ms=0
):
    """A sampled picture; `at_s` is when, seconds after the beginning; `played` is its spine in a recording.

    `set_ahead_ms` is how far the wall clock was set ahead; it is believed with the second picture that shows it.
    """
    at_s = number / 5 if at_s is None else at_s
    wall_ms = BEGIN_MS + round(1000 * at_s) + set_ahead_ms
    return Sampled(number, stamp_ms, None, BOOTED_S + at_s, wall_ms, *size, damaged, sight, played)


def played_spine(seq=0, epoch="recorded"):
    return spine(seq, camera="door", epoch=epoch, mode="replay")


def live_camera(fence=7, not_before_ms=None):
    """A camera that has just been connected to."""
    named = Named("door", "rtsp://***@host/door", 5.0)
    camera = LiveCamera(named, fence, CameraClock(ClockLimits(), HostTime(), not_before_ms))
    camera.connected(40.0)
    return camera


def check_series(messages):
    """Check what must hold of all messages of a camera in order; gives its frames.

    Each frame lies in an open epoch; numbers have no holes; time never goes back within an epoch; epochs rise; each
    end counts what was there; a picture is there or a reason why not.
    """
    open_epoch, before, frames = None, "", []
    for message in messages:
        match message:
            case Opened():
                assert open_epoch is None, "an epoch begins within another"
                assert message.epoch > before, "an epoch does not rise"
                open_epoch, last = message, None
            case Frame():
                assert open_epoch is not None, "a frame lies in no epoch"
                assert message.spine.epoch == open_epoch.epoch
                assert message.spine.seq == (0 if last is None else last.spine.seq + 1)
                assert message.spine.time_ms >= (open_epoch.time_ms if last is None else last.spine.time_ms)
                assert (message.planes is None) == (message.dropped is not None)
                last = message
                frames.append(message)
            case Closed():
                assert open_epoch is not None, "an end without a begin"
                assert message.epoch == open_epoch.epoch
                assert message.last_seq == (-1 if last is None else last.spine.seq)
                assert message.time_ms == (open_epoch.time_ms if last is None else last.spine.time_ms)
                open_epoch, before = None, message.epoch
    return frames
