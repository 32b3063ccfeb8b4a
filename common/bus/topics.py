"""The topics: their names, what each must be, and seeing to it at the start that they are; used by every worker.

Frames, faces and scores have the same number of partitions, because each stage publishes a camera's messages to the
same partition number that it read them from.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from kafka import errors as kafka_errors
from kafka.admin import ConfigResource

from common.bus.kafka_client import ROOM_BYTES, asking, make_admin
from common.bus.kafka_settings import KafkaSettings
from common.errors import BrokerError

FRAMES = "frames"
FACES = "faces"
SCORES = "scores"
READINGS = "readings.v1"
DEAD = "dead"

_MINUTE_MS = 60_000
_DAY_MS = 24 * 60 * _MINUTE_MS
_LIMIT = "max.message.bytes"
_RETENTION = "retention.ms"


class Topic(NamedTuple):
    """What a topic must be.

    Attributes:
        name: its whole name.
        partitions: how many it has, exactly.
        limit: biggest batch of records that it takes, bytes, at least.
        options: how the broker keeps it, when it is created here; another choice of whoever runs the broker stands.
    """

    name: str
    partitions: int
    limit: int
    options: dict[str, str]


class Described(NamedTuple):
    """What a topic is.

    Attributes:
        identity: its name and the number that the broker gave it, so that a topic made anew is another.
        partitions: how many it has.
    """

    identity: str
    partitions: int


def name_of(prefix: str, topic: str) -> str:
    """Give the whole name of a topic: the prefix and `frames`, `faces`, `scores`, `readings.v1` or `dead`."""
    return f"{prefix}.{topic}"


def wanted(settings: KafkaSettings, prefix: str) -> Sequence[Topic]:
    """Give all topics; only closed segments expire, so each is a fraction of the time that records are kept."""
    limit, partitions = settings.max_record_bytes + ROOM_BYTES, settings.partitions
    frames_ms, faces_ms = settings.frames_retention_min * _MINUTE_MS, settings.faces_retention_min * _MINUTE_MS
    return (
        Topic(name_of(prefix, FRAMES), partitions, limit, _kept(frames_ms)),
        Topic(name_of(prefix, FACES), partitions, limit, _kept(faces_ms)),
        Topic(name_of(prefix, SCORES), partitions, limit, _kept(_DAY_MS)),
        Topic(name_of(prefix, READINGS), partitions, limit, _kept(7 * _DAY_MS)),
        Topic(name_of(prefix, DEAD), 1, limit, _kept(14 * _DAY_MS)),
    )


def _kept(retention_ms: int) -> dict[str, str]:
    segment_ms = max(retention_ms // 12, _MINUTE_MS)
    return {
        _RETENTION: str(retention_ms),
        "segment.ms": str(segment_ms),
        "compression.type": "producer",
        # By a worker's clock, records of a machine whose clock is wrong would be deleted unread, or be refused.
        "message.timestamp.type": "LogAppendTime",
    }


def ensure(settings: KafkaSettings, prefix: str) -> None:
    """Create what is missing, and check what is there; many workers may do so at once.

    Raises:
        BrokerError: Kafka is away or refuses, or a topic is not what it must be.
        SettingsError: a file of a certificate cannot be used.
    """
    topics = wanted(settings, prefix)
    admin = make_admin(settings)
    try:
        with asking(settings):
            there = _partitions(admin, topics)
            _create(admin, [topic for topic in topics if topic.name not in there], settings)
            there = _partitions(admin, topics)
            limits = _limits(admin, topics)
    finally:
        admin.close()
    for topic in topics:
        _check(topic, there[topic.name], limits[topic.name])


def missing(settings: KafkaSettings, prefix: str) -> list[str]:
    """List the topics that are not there yet, and check those that are; nothing is created. Raises as `ensure`."""
    topics = wanted(settings, prefix)
    admin = make_admin(settings)
    try:
        with asking(settings):
            there = _partitions(admin, topics)
            limits = _limits(admin, [topic for topic in topics if topic.name in there]) if there else {}
    finally:
        admin.close()
    for topic in topics:
        if topic.name in there:
            _check(topic, there[topic.name], limits[topic.name])
    return [topic.name for topic in topics if topic.name not in there]


def describe(settings: KafkaSettings, name: str) -> Described:
    """Look up one topic.

    Raises:
        BrokerError: Kafka is away or refuses, or there is no such topic.
        SettingsError: a file of a certificate cannot be used.
    """
    admin = make_admin(settings)
    try:
        with asking(settings):
            (found,) = admin.describe_topics([name])
            kafka_errors_of(found["error_code"])
    except BrokerError as error:
        if isinstance(error.__cause__, kafka_errors.UnknownTopicOrPartitionError):
            raise BrokerError(
                f"Kafka at {settings.bootstrap_servers} has no topic '{name}'; start a worker, which creates it, or "
                f"correct MOODLINE_TOPIC_PREFIX"
            ) from error
        raise
    finally:
        admin.close()
    return Described(f"{name}/{found['topic_id']}", len(found["partitions"]))


def retention_s(settings: KafkaSettings, name: str) -> float:
    """Look up how long a topic keeps its records, seconds; whoever runs the broker may have changed it.

    Raises:
        BrokerError: Kafka is away or refuses.
        SettingsError: a file of a certificate cannot be used.
    """
    admin = make_admin(settings)
    try:
        with asking(settings):
            asked = [ConfigResource("TOPIC", name, {_RETENTION: ""})]
            kept_ms = int(admin.describe_configs(asked, config_filter="all")["topic"][name][_RETENTION]["value"])
    finally:
        admin.close()
    return kept_ms / 1000 if kept_ms >= 0 else float("inf")


def kafka_errors_of(code: int) -> None:
    """Raise the error that a broker's code stands for; 0 stands for none."""
    kind = kafka_errors.for_code(code)
    if kind is not kafka_errors.NoError:
        raise kind


def _partitions(admin: Any, topics: Sequence[Topic]) -> dict[str, int]:
    """Give the number of partitions of each topic that is there."""
    found = {}
    for one in admin.describe_topics([topic.name for topic in topics]):
        if kafka_errors.for_code(one["error_code"]) is kafka_errors.UnknownTopicOrPartitionError:
            continue
        kafka_errors_of(one["error_code"])
        found[str(one["name"])] = len(one["partitions"])
    return found


def _create(admin: Any, topics: Sequence[Topic], settings: KafkaSettings) -> None:
    if not topics:
        return
    asked = {
        topic.name: {
            "num_partitions": topic.partitions,
            "replication_factor": settings.replication,
            "configs": {**topic.options, _LIMIT: str(topic.limit)},
        }
        for topic in topics
    }
    for one in admin.create_topics(asked, raise_errors=False)["topics"]:
        kind = kafka_errors.for_code(one["error_code"])
        if kind is kafka_errors.InvalidReplicationFactorError:
            raise BrokerError(
                f"topic '{one['name']}' cannot be kept {settings.replication} times: Kafka at "
                f"{settings.bootstrap_servers} has fewer brokers; lower MOODLINE_KAFKA_REPLICATION"
            )
        if kind is not kafka_errors.TopicAlreadyExistsError:
            kafka_errors_of(one["error_code"])
    admin.wait_for_topics(list(asked))


def _limits(admin: Any, topics: Sequence[Topic]) -> dict[str, int]:
    asked = [ConfigResource("TOPIC", topic.name, {_LIMIT: ""}) for topic in topics]
    found = admin.describe_configs(asked, config_filter="all")["topic"]
    return {name: int(configs[_LIMIT]["value"]) for name, configs in found.items()}


def _check(topic: Topic, partitions: int, limit: int) -> None:
    if partitions != topic.partitions:
        raise BrokerError(
            f"topic '{topic.name}' has {partitions} partitions, wanted are {topic.partitions}; set "
            f"MOODLINE_KAFKA_PARTITIONS to {partitions}, or delete the topics and let a worker create them"
        )
    if limit < topic.limit:
        raise BrokerError(
            f"topic '{topic.name}' has {_LIMIT} {limit}, wanted are {topic.limit}; raise it there, or lower "
            f"MOODLINE_KAFKA_MAX_RECORD_MB"
        )
