"""The contract of a stage: messages in, messages out; no bus, no clock, no environment. Runners drive it."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from common.messages import Message


class Stage(Protocol):
    """One step of the pipeline.

    `process` gives its results in the order of its inputs, one output for each input (the sink gives none). It
    deals with a message that it cannot process itself: logs its coordinates and passes its spine on as dropped.
    """

    def process(self, messages: Sequence[Message]) -> Iterable[Message]:
        """Turn a batch of inputs into outputs; how inputs are batched never changes the outputs."""

    def close(self) -> None:
        """Release models, threads and connections; called once, whatever happened before."""
