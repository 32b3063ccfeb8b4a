"""The topics are created once, and each that is not what it must be is named in one sentence."""

import time
from contextlib import ExitStack

import pytest

from common.bus import topics
from common.bus.kafka import KafkaBus
from common.bus.kafka_client import make_producer
from common.bus.routes import Routes
from common.errors import BrokerError
from tests.common.kafka_place import in_background

pytestmark = pytest.mark.kafka


def ensured(settings, prefix, **changes):
    topics.ensure(settings.model_copy(update=changes), prefix)


def test_many_workers_may_create_them_at_once(kafka_settings, topic_prefix):
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(in_background(lambda: topics.ensure(kafka_settings, topic_prefix)))
    assert topics.describe(kafka_settings, f"{topic_prefix}.frames").partitions == 3
    assert topics.describe(kafka_settings, f"{topic_prefix}.dead").partitions == 1


def test_another_number_of_partitions_is_refused_with_both_numbers(kafka_settings, topic_prefix):
    ensured(kafka_settings, topic_prefix)
    with pytest.raises(BrokerError, match=r"frames' has 3 partitions, wanted are 5; set MOODLINE_KAFKA_PARTITIONS"):
        ensured(kafka_settings, topic_prefix, partitions=5)


def test_a_topic_that_takes_only_smaller_records_is_refused(kafka_settings, topic_prefix):
    ensured(kafka_settings, topic_prefix)
    with pytest.raises(BrokerError, match=r"max\.message\.bytes 4259840, wanted are 8454144; raise it"):
        ensured(kafka_settings, topic_prefix, max_record_mb=8)


def test_more_copies_than_brokers_are_refused(kafka_settings, topic_prefix):
    with pytest.raises(BrokerError, match=r"cannot be kept 9 times.*lower MOODLINE_KAFKA_REPLICATION"):
        ensured(kafka_settings, topic_prefix, replication=9)


@pytest.mark.parametrize("ahead_s", [-86_400, 7200])
def test_records_of_a_machine_whose_clock_is_wrong_bear_the_time_of_the_broker(kafka_settings, topic_prefix, ahead_s):
    ensured(kafka_settings, topic_prefix)
    now_ms = round(time.time() * 1000)
    producer = make_producer(kafka_settings)
    try:
        name = f"{topic_prefix}.frames"
        told = producer.send(name, b"", partition=0, timestamp_ms=now_ms + 1000 * ahead_s).get(timeout=60)
    finally:
        producer.close()
    assert now_ms - 1000 <= told.timestamp <= time.time() * 1000 + 1000


def test_a_topic_that_is_missing_is_named(kafka_settings, topic_prefix):
    with pytest.raises(BrokerError, match=f"has no topic '{topic_prefix}'"):
        KafkaBus(topic_prefix, kafka_settings, Routes())
