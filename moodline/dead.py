"""The dead letters of one Kafka: finding them, and giving them back; used by `moodline dead`."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from common.bus import topics
from common.bus.base import Place
from common.bus.kafka_settings import KafkaSettings
from common.bus.kafka_writer import KafkaWriter
from common.dead import DeadLetter, unpack
from common.errors import UsageError
from common.wire import Packed
from common.wire_headers import REPLAYED
from moodline.dead_text import camera_of, kind_of, name_of, place_of, printable
from moodline.topic_reader import TopicReader

_KINDS_GIVEN_BACK = frozenset({"faces", "readings"})


@dataclass(frozen=True)
class Choice:
    """Which dead letters; None means every.

    Attributes:
        camera: of this camera.
        stage: of this stage.
        since_ms: dead since then, Unix milliseconds.
    """

    camera: str | None = None
    stage: str | None = None
    since_ms: int | None = None

    def meets(self, letter: DeadLetter) -> bool:
        """Whether a letter is meant."""
        return (
            self.camera in {None, camera_of(letter)}
            and self.stage in {None, letter.stage}
            and (self.since_ms is None or letter.dead_ms >= self.since_ms)
        )


class DeadBox:
    """The dead letters of one Kafka; every method raises `BrokerError` when it is away or refuses.

    Args:
        settings: where Kafka is.
        prefix: first part of every topic's name.
    """

    def __init__(self, settings: KafkaSettings, prefix: str) -> None:
        self._settings = settings
        self._prefix = prefix
        self._topic = topics.name_of(prefix, topics.DEAD)

    def letters(self, choice: Choice) -> Iterator[DeadLetter]:
        """Read the letters that are meant, the oldest first."""
        with TopicReader(self._settings) as reader:
            yield from filter(choice.meets, map(_letter_of, reader.read(self._topic)))

    def find(self, names: Iterable[str]) -> list[DeadLetter]:
        """Give letters by their names.

        Raises:
            UsageError: a name is none, or nothing stands there.
        """
        places = {name: place_of(name) for name in names}
        found = []
        with TopicReader(self._settings) as reader:
            for name, place in places.items():
                record = reader.find(self._topic, place)
                if record is None:
                    raise UsageError(f"there is no dead letter {name}; 'moodline dead list' lists them")
                found.append(_letter_of(record))
        return found

    def refusal(self, letter: DeadLetter) -> str | None:
        """Say why a letter cannot be given back; None if it can."""
        frames, faces, scores = (
            topics.name_of(self._prefix, one) for one in (topics.FRAMES, topics.FACES, topics.SCORES)
        )
        if letter.topic == frames:
            return (
                "it is a frame, and frames cannot be analysed out of order, because faces are tracked from frame to "
                "frame; run the recording again"
            )
        if letter.topic not in {faces, scores}:
            return (
                f"it stood on '{printable(letter.topic)}'; only what stood on '{faces}' or '{scores}' can be given back"
            )
        return _content_refusal(letter)

    def replay(self, letters: Sequence[DeadLetter]) -> None:
        """Give letters back to the topic and partition where they stood, marked as replayed; returns once all are safe.

        Raises:
            UsageError: one cannot be given back; then none was.
        """
        for letter in letters:
            if why := self.refusal(letter):
                raise UsageError(f"dead letter {name_of(letter)} cannot be given back: {why}")
        for topic in sorted({letter.topic for letter in letters}):
            self._send(topic, [letter for letter in letters if letter.topic == topic])

    def _send(self, topic: str, letters: Sequence[DeadLetter]) -> None:
        partitions = topics.describe(self._settings, topic).partitions
        for letter in letters:
            if letter.partition >= partitions:
                raise UsageError(
                    f"topic '{topic}' has no partition {letter.partition} any more; run the recording again"
                )
        with closing(KafkaWriter(topic, self._settings)) as writer:
            for letter in letters:
                headers = [(name, held) for name, held in letter.headers if name != REPLAYED]
                writer.send(letter.partition, letter.key, Packed(letter.value, [*headers, (REPLAYED, b"1")]))
            writer.flush()


def _content_refusal(letter: DeadLetter) -> str | None:
    """Say why a letter from a topic that takes letters back cannot be given back; None if it can."""
    if letter.header(REPLAYED) is not None:
        return "it was given back before and failed again; its first letter is still there, give that one back"
    if not letter.whole:
        return f"only a part of its {letter.size} bytes was kept; run the recording again"
    if kind_of(letter) not in _KINDS_GIVEN_BACK:
        return "its headers do not say of which frame it is; run the recording again"
    return None


def _letter_of(record: Any) -> DeadLetter:
    return unpack(record.value, record.headers, Place(record.partition, record.offset), record.key)
