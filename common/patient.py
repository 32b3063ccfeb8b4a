"""A stage that waits for the store while it is away; used by the live run around the sink.

Meanwhile the bus before it fills, so that cameras lose pictures, counted as `behind`, and memory stays bounded.
"""

import threading
from collections.abc import Iterable, Sequence

from common.messages import Message
from common.retry import patiently
from common.stage import Stage


class PatientStage:
    """A `Stage` around one that may be given the same messages again after a `StoreError`.

    Args:
        stage: the stage that works; the caller closes it.
        stop: once set, there are no more attempts.
    """

    def __init__(self, stage: Stage, stop: threading.Event) -> None:
        self._stage = stage
        self._stop = stop

    def process(self, messages: Sequence[Message]) -> Iterable[Message]:
        """See `Stage.process`.

        Raises:
            StoreError: told to stop while the store was away.
        """
        return patiently(lambda: list(self._stage.process(messages)), self._stop)

    def forget(self, camera: str) -> None:
        """See `Stage.forget`."""
        self._stage.forget(camera)

    def close(self) -> None:
        """See `Stage.close`."""
        self._stage.close()
