"""Consecutive stages as one, so that what is between them crosses no network; used by the workers."""

from collections.abc import Iterable, Sequence

import msgspec

from common.messages import Message
from common.stage import Stage, StatefulStage


class FusedStage:
    """A `StatefulStage` made of stages that follow each other.

    Its state is that of its stages, one after another. What a repeat does to it is what it does to the first stage.

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
        states = [stage.state(camera) if isinstance(stage, StatefulStage) else b"" for stage in self._stages]
        return msgspec.msgpack.encode(states) if any(states) else b""

    def resume(self, camera: str, state: bytes) -> None:
        """See `StatefulStage.resume`."""
        states = msgspec.msgpack.decode(state, type=list[bytes]) if state else [b""] * len(self._stages)
        for stage, own in zip(self._stages, states, strict=True):
            if isinstance(stage, StatefulStage):
                stage.resume(camera, own)

    def forget(self, camera: str) -> None:
        """See `Stage.forget`."""
        for stage in self._stages:
            stage.forget(camera)

    def close(self) -> None:
        """See `Stage.close`."""
        for stage in self._stages:
            stage.close()
