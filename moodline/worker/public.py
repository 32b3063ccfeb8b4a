"""The public topic `readings.v1`: where a sink worker publishes its records; used by `moodline.worker.process`."""

from collections.abc import Sequence

from common.bus.kafka_settings import KafkaSettings
from common.bus.kafka_writer import KafkaWriter
from common.bus.routes import Routes
from common.wire import Packed
from sink.public import PublicRecord


class PublicTopic(KafkaWriter):
    """Publishes public records, each camera's in order.

    Args:
        topic: whole name of the topic.
        settings: where Kafka is.
        routes: which partition each camera has.
    """

    def __init__(self, topic: str, settings: KafkaSettings, routes: Routes) -> None:
        super().__init__(topic, settings)
        self._routes = routes

    def publish(self, records: Sequence[PublicRecord]) -> None:
        """Publish records; returns once all are held safely.

        Raises:
            BusClosed: the topic was aborted.
            BrokerError: Kafka refuses for good.
        """
        for record in records:
            packed = Packed(record.encode(), [("content-type", b"application/json")])
            self.send(self._routes.partition(record.key), record.key.encode(), packed)
        self.flush()
