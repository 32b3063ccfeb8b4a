"""A stage made slow on purpose, to try out how workers scale and shed; used by `moodline.worker.process`."""

import time
from collections.abc import Iterable, Sequence

from common.fused import FusedStage
from common.messages import Faces, Frame, Message, Readings
from common.pace import is_work
from common.stage import Stage


class SlowStage(FusedStage):
    """A stage that waits for every frame before it works; of live cameras, for those that it has to work on.

    Args:
        stage: the stage that works.
        delay_s: the wait, seconds.
    """

    def __init__(self, stage: Stage, delay_s: float) -> None:
        super().__init__([stage])
        self._delay_s = delay_s

    def process(self, messages: Sequence[Message]) -> Iterable[Message]:
        """See `Stage.process`."""
        time.sleep(self._delay_s * sum(map(_is_waited_for, messages)))
        return super().process(messages)


def _is_waited_for(message: Message) -> bool:
    return isinstance(message, Frame | Faces | Readings) and (message.spine.mode != "live" or is_work(message))
