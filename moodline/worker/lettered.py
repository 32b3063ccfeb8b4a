"""A stage fused to ingest, whose inputs stand on no topic: what it fails on becomes a dead letter all the same.

Used by `moodline.worker.feed`. A stage that reads a topic needs none of this: `common.worker` rejects the record.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from common import wire
from common.bus.dead_letters import NEVER_WRITTEN, Letter
from common.bus.routes import Routes
from common.fused import FusedStage
from common.messages import Faces, Message, Readings, camera_of, coordinates
from common.stage import Stage


class Box(Protocol):
    """Takes dead letters; `common.bus.dead_letters` is one."""

    def put(self, letter: Letter, reason: str, stage: str | None = None) -> None:
        """Write one letter of a stage; `reason` is one sentence."""


class Unwritten(NamedTuple):
    """Where the inputs of a fused stage would stand if it were a worker of its own.

    Attributes:
        stage: the stage's name.
        topic: whole name of its topic.
        codec: how the pictures of frames would travel.
        routes: know the partition of each camera.
    """

    stage: str
    topic: str
    codec: wire.FrameCodec
    routes: Routes


class LetteredStage(FusedStage):
    """A stage that writes a dead letter for each input it fails on: the record that would have stood on its topic.

    The failure ends here, so that no stage behind writes a second letter.

    Args:
        stage: the stage that works.
        place: where its inputs would stand.
        dead: takes the letters.
    """

    def __init__(self, stage: Stage, place: Unwritten, dead: Box) -> None:
        super().__init__([stage])
        self._place = place
        self._dead = dead

    def process(self, messages: Sequence[Message]) -> Iterable[Message]:
        """See `Stage.process`."""
        for message in super().process(messages):
            if isinstance(message, Faces | Readings) and message.failure:
                failed = next((one for one in messages if coordinates(one) == coordinates(message)), message)
                self._bury(failed, message.failure)
                yield replace(message, failure=None)
            else:
                yield message

    def _bury(self, message: Message, reason: str) -> None:
        name, topic, codec, routes = self._place
        packed = wire.encode(message, codec)
        camera = camera_of(message) or ""
        place = topic, routes.partition(camera), NEVER_WRITTEN
        self._dead.put(Letter(*place, camera.encode(), packed.value, packed.headers), reason, name)
