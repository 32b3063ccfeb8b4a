"""The contract of a stage: messages in, messages out; no bus, no clock, no environment. Runners drive it."""

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from common.messages import Message


class Stage(Protocol):
    """One step of the pipeline.

    `process` gives its results in the order of its inputs, one output for each input (the sink gives none). It
    deals with a message that it cannot process itself: logs its coordinates and passes its spine on as dropped, with
    the failure.
    """

    def process(self, messages: Sequence[Message]) -> Iterable[Message]:
        """Turn a batch of inputs into outputs; how inputs are batched never changes the outputs."""

    def forget(self, camera: str) -> None:
        """Drop what is held in memory of a camera, which another worker goes on with."""

    def close(self) -> None:
        """Release models, threads and connections; called once, whatever happened before."""


@runtime_checkable
class StatefulStage(Stage, Protocol):
    """A stage whose output depends on what it saw before; its runner saves that state, so that it survives."""

    def state(self, camera: str) -> bytes:
        """Give what the stage must know of a camera to go on after the messages processed so far."""

    def resume(self, camera: str, state: bytes) -> None:
        """Go on from a saved state; one that an earlier version wrote or other settings made is as good as none."""
