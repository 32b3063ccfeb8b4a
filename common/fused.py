"""Consecutive stages as one, so that what is between them crosses no network; used by the workers."""

from collections.abc import Iterable, Sequence

from common.errors import MoodlineError
from common.messages import Message
from common.stage import Stage, StatefulStage


class FusedStage:
    """A `StatefulStage` made of stages that follow each other.

    Its state is that of the one stage among them that has any, as it is: a camera may come from a worker where that
    stage is alone, and go to one. What a repeat does to it is what it does to the first stage.

    Args:
        stages: in the order of the flow; the caller closes them.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        self._stages = stages

    def process(self, messages: Sequence[Message]) -> Iterable[Message]:
        """See `Stage.process`."""
        for stage in self._stages:
            messages = list(stage.process(messages))
        return messages

    def state(self, camera: str) -> bytes:
        """See `StatefulStage.state`."""
        states = [stage.state(camera) for stage in self._stages if isinstance(stage, StatefulStage)]
        held = [state for state in states if state]
        if len(held) > 1:
            raise MoodlineError("two stages with a state of their own cannot be one worker")
        return held[0] if held else b""

    def resume(self, camera: str, state: bytes) -> None:
        """See `StatefulStage.resume`."""
        for stage in self._stages:
            if isinstance(stage, StatefulStage):
                stage.resume(camera, state)

    def forget(self, camera: str) -> None:
        """See `Stage.forget`."""
        for stage in self._stages:
            stage.forget(camera)

    def close(self) -> None:
        """See `Stage.close`."""
        for stage in self._stages:
            stage.close()
