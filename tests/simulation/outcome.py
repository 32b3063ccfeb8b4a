"""What a simulated run must give: all that an undisturbed one gives, and a dead letter for each poisonous message."""

from dataclasses import dataclass

import redis

from common.bus.base import Place
from common.messages import Closed, Faces, Frame, Message, Opened, Readings, coordinates
from sink.digest import digest
from sink.reader import SeriesReader
from sink.settings import SinkSettings
from sink.stage import SinkStage
from sink.store import RedisStore
from tests.simulation.bus import without_content
from tests.simulation.footage import footage, is_unreadable
from tests.simulation.pipeline import World
from tests.simulation.stages import classifier_stage, detector_stage
from tests.simulation.topic import Topic
from tests.sink.builders import KEEPING


@dataclass(frozen=True)
class Outcome:
    """What an undisturbed run gives.

    Attributes:
        digest: of the series.
        fates: for each camera and epoch, how each frame ended: None, or why it was dropped.
        failures: coordinates of the frames on which a stage failed, by stage.
    """

    digest: str
    fates: dict[tuple[str, str], list[str | None]]
    failures: dict[str, set[str]]


_known: dict[int, Outcome] = {}


def undisturbed(client: redis.Redis, number: int) -> Outcome:
    """Run recordings through the stages, one camera after another, in one batch, without any bus."""
    if number not in _known:
        _known[number] = _through_all(client, number)
    return _known[number]


def _through_all(client: redis.Redis, number: int) -> Outcome:
    client.flushdb()
    detector, classifier = detector_stage(), classifier_stage()
    sink = SinkStage(RedisStore(client, "calm", KEEPING), SinkSettings())
    failures: dict[str, set[str]] = {"detector": set(), "classifier": set()}
    for messages in footage(number).cameras.values():
        faces = list(detector.process([without_content(one) if is_unreadable(one) else one for one in messages]))
        readings = list(classifier.process(faces))
        failures["detector"] |= _failed(faces)
        failures["classifier"] |= _failed(readings) - _failed(faces)
        sink.process(readings)
    detector.close()
    reader = SeriesReader(client, "calm")
    return Outcome(digest(reader), _fates(reader, number), failures)


def _failed(messages: list[Message]) -> set[str]:
    return {coordinates(one) for one in messages if isinstance(one, Faces | Readings) and one.failure is not None}


def _fates(reader: SeriesReader, number: int) -> dict[tuple[str, str], list[str | None]]:
    """Read how every frame ended; each must be there once, in its order."""
    found = {}
    for camera, messages in footage(number).cameras.items():
        for closed in (one for one in messages if isinstance(one, Closed)):
            frames = list(reader.frames(camera, closed.epoch))
            assert [frame.seq for frame in frames] == list(range(closed.last_seq + 1)), (camera, closed.epoch)
            found[camera, closed.epoch] = [frame.dropped for frame in frames]
    return found


def check(world: World, client: redis.Redis, number: int, calm: Outcome) -> None:
    """Compare a run that is over with an undisturbed one.

    Raises:
        AssertionError: something is missing, double, late, or other than it should be.
    """
    reader, tails = SeriesReader(client, world.prefix), _tails(world.frames)
    assert _fates(reader, number) == calm.fates
    late = {f"{camera}/{one.epoch}/{one.seq}" for camera in reader.cameras() for one in reader.late_frames(camera)}
    assert late <= tails
    assert digest(reader) == calm.digest
    _check_dead_letters(world.frames, calm.failures["detector"], tails)
    _check_dead_letters(world.faces, calm.failures["classifier"], tails)


def _tails(topic: Topic) -> set[str]:
    """Give the frames that a producer wrote once more after the end of their epoch.

    A tracker has forgotten an epoch by then, and may find other crops in such a frame: one that the classifier can
    read where it could not, so that the sink finds another fate than what stands, and keeps the frame as late.
    """
    found = set()
    for log in topic.logs:
        ended: set[tuple[str, str]] = set()
        for message in log:
            match message:
                case Opened():
                    ended.discard((message.camera, message.epoch))
                case Closed():
                    ended.add((message.camera, message.epoch))
                case Frame() if (message.spine.camera, message.spine.epoch) in ended:
                    found.add(coordinates(message))
    return found


def _check_dead_letters(topic: Topic, failures: set[str], tails: set[str]) -> None:
    places = {letter.place for letter in topic.dead}
    dead = {coordinates(topic.logs[place.partition][place.offset]) for place in places}
    logged = [
        (Place(partition, offset), message)
        for partition, log in enumerate(topic.logs)
        for offset, message in enumerate(log)
    ]
    unreadable = {place: coordinates(message) for place, message in logged if topic.unreadable(message)}
    assert unreadable.keys() <= places
    expected = failures | set(unreadable.values())
    assert expected <= dead <= expected | tails
