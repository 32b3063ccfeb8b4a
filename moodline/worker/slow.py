"""A stage made slow on purpose, to try out how workers scale; used by `moodline.worker.process`."""

import time
from collections.abc import Iterable, Sequence

from common.fused import FusedStage
from common.messages import Faces, Frame, Message, Readings
from common.stage import Stage


class SlowStage(FusedStage):
    """A stage that waits for every frame before it works.

    Args:
        stage: the stage that works.
        delay_s: the wait, seconds.
    """

    def __init__(self, stage: Stage, delay_s: float) -> None:
        super().__init__([stage])
        self._delay_s = delay_s

    def process(self, messages: Sequence[Message]) -> Iterable[Message]:
        """See `Stage.process`."""
        time.sleep(self._delay_s * sum(isinstance(message, Frame | Faces | Readings) for message in messages))
        return super().process(messages)
