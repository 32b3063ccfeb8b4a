"""A live run whose classifier can be slowed down, to measure overload; used by `program`."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from common.logs import set_up_logs
from ingest.live.settings import LiveSettings
from moodline.bench.cameras.own_redis import own_redis
from moodline.job import JobSettings, Stages
from moodline.live_job import LiveJob, LiveResult, Wanted
from moodline.watching import Watch
from moodline.worker.slow import SlowStage


@dataclass
class SlowedJob(LiveJob):
    """A live run whose classifier waits.

    Attributes:
        slow_s: how long for every frame, seconds.
    """

    slow_s: float = 0.0

    def _through(self, watch: Watch, stages: Stages, stop: threading.Event) -> LiveResult:
        if self.slow_s:
            slow: Any = SlowStage(stages.classifier, self.slow_s)  # a stage as any other, though no ClassifierStage
            stages = stages._replace(classifier=slow)
        return super()._through(watch, stages, stop)


def run(home: Path, slow_s: float) -> dict[str, Any]:
    """Watch the registered cameras until told to stop.

    Args:
        home: folder of the embedded Redis.
        slow_s: what the classifier waits for every frame, seconds.

    Returns:
        What `moodline run --json` gives.
    """
    set_up_logs("WARNING")
    settings = replace(JobSettings.load(None), store=own_redis(home))
    return SlowedJob(Wanted(()), settings, LiveSettings.load(), lambda *_: None, slow_s).run().as_dict()
