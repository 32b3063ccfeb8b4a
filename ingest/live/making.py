"""How a camera of the fleet is made from what is known of it and from the settings; used by `supervisor`."""

import time
from collections.abc import Callable

from common.messages import recipe_of
from ingest.identity import INGEST_VERSION
from ingest.live.camera import LiveCamera, Named
from ingest.live.clock import CameraClock, ClockLimits
from ingest.live.health import Health, HealthLimits
from ingest.live.host_time import HostTime
from ingest.live.post import Post, Tools, Watched
from ingest.live.settings import LiveSettings


def post_maker(settings: LiveSettings, lossy: str | None = None) -> Callable[[Watched, Tools], Post]:
    """Give a function that makes posts; all of them share the host's time, so that their series stay aligned.

    Args:
        settings: how cameras are watched.
        lossy: what frames lose on their way to the detector, as the name and quality of a codec; None for nothing.
    """
    host = HostTime()

    def make(watched: Watched, tools: Tools) -> Post:
        recipe = recipe_of({"rate": watched.rate, "ingest": INGEST_VERSION}, *([lossy] if lossy else []))
        named = Named(watched.camera, watched.shown, watched.rate, recipe)
        clock = CameraClock(ClockLimits(trust_s=settings.trust_s), host, watched.not_before_ms)
        limits = HealthLimits(connect_s=settings.connect_s, stall_s=settings.stall_s)
        return Post(watched, LiveCamera(named, watched.fence, clock), Health(time.monotonic(), limits), tools)

    return make
