"""The reading side of a Kafka bus: one topic, one consumer of a group; used by `common.bus.kafka`.

What was polled is committed only when told. A commit that Kafka refuses, because the partition moved or a broker is
away, is not an error: what it covers comes again, here or at another consumer.
"""

import logging
import threading
import time
from collections.abc import Collection, Sequence
from typing import Any

from kafka import ConsumerRebalanceListener, OffsetAndMetadata, TopicPartition
from kafka import errors as kafka_errors
from kafka.structs import MemberState

from common import wire_headers
from common.bus.base import BusClosed
from common.bus.gaps import Gaps
from common.bus.kafka_client import Outage, is_final, make_consumer, sentence
from common.bus.kafka_settings import KafkaSettings
from common.errors import BrokerError

log = logging.getLogger(__name__)

CLOSE_S = 4.0
HASTE_S = 0.3
"""How long leaving takes at most when nobody answers anyway."""
ANSWER_S = 5.0
LOST_S = 30.0
"""An answer to a commit that takes that long will not come."""
FINISHED = "finished"
"""What a commit says of a partition whose last record closed it."""
_SLICE_S = 0.5
_MOVED = (
    kafka_errors.CommitFailedError,
    kafka_errors.UnknownMemberIdError,
    kafka_errors.IllegalGenerationError,
    kafka_errors.RebalanceInProgressError,
)
"""Why a commit is refused when the partitions are, or may be, another's by now."""
_ASK_S = 1.0


class _Moves(ConsumerRebalanceListener):  # type: ignore[misc]  # the library ships no types
    """Notes which partitions left; called by the library's own thread while `poll` waits for it."""

    def __init__(self) -> None:
        self.left: set[int] = set()

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self.left.update(one.partition for one in revoked)

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Nothing is known of a partition before its first record."""

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        self.on_partitions_revoked(lost)


class KafkaReader:
    """Polls the records of one topic as a member of a group. Its consumer is made when it is first needed.

    Args:
        topic: whole name of the topic.
        partitions: how many it has.
        settings: where Kafka is.
        group: name of the group; its members share the partitions.
    """

    def __init__(self, topic: str, partitions: int, settings: KafkaSettings, group: str) -> None:
        self._all = [TopicPartition(topic, number) for number in range(partitions)]
        self._topic = topic
        self._settings = settings
        self._group = group
        self._consumer: Any = None
        self._one_at_a_time = threading.RLock()
        self._closed = threading.Event()
        self._moves = _Moves()
        self._left: set[int] = set()
        self._polled: dict[TopicPartition, OffsetAndMetadata] = {}
        self._due: dict[TopicPartition, OffsetAndMetadata] = {}
        self._asking = False
        self._sent = 0.0
        self._again_at = 0.0
        self._outage = Outage(settings)
        self._open: set[int] = set()
        self._asked = float("-inf")
        self._finished_since: float | None = None
        self._gaps = Gaps()
        self.deleted_unread = 0
        self.refused_commits = 0
        self.unanswered = False

    def poll(self, limit: int, timeout_s: float, fill_s: float) -> Sequence[Any]:
        """Take up to `limit` records, in the order of their partitions.

        Args:
            limit: records at most.
            timeout_s: longest wait for the first one, seconds.
            fill_s: longest wait, from then on, for `limit` of them; a finished partition ends it.

        Raises:
            BusClosed: the reader was aborted.
            BrokerError: Kafka refuses for good.
        """
        taken: list[Any] = []
        deadline = time.monotonic() + timeout_s
        while True:
            found, left, closes = self._slice(limit - len(taken), deadline)
            if left:
                taken = [one for one in taken if one.partition not in left]
            if found and not taken:
                deadline = time.monotonic() + fill_s
            taken += found
            if closes or len(taken) >= limit or time.monotonic() >= deadline:
                return taken

    def taken_away(self) -> Collection[int]:
        """Give the partitions that left since this was last asked."""
        left, self._left = self._left, set()
        return left

    def commit(self) -> None:
        """Commit everything polled so far, without waiting; what is refused is counted, and tried again later."""
        with self._one_at_a_time:
            self._due |= self._polled
            self._polled = {}
            if time.monotonic() >= self._again_at:
                self._commit_due()

    @property
    def drained(self) -> bool:
        """Whether every partition is finished and committed to its end, and has been so for `drain_s`."""
        if self._open or self._consumer is None:
            self._finished_since = None
            return False
        now = time.monotonic()
        if now - self._asked >= min(_ASK_S, self._settings.drain_s or _SLICE_S):
            self._asked = now
            if not self._is_finished():
                self._finished_since = None
            elif self._finished_since is None:
                self._finished_since = now
        return self._finished_since is not None and now - self._finished_since >= self._settings.drain_s

    def abort(self) -> None:
        """Wake and end everybody who waits."""
        self._closed.set()

    def close(self) -> None:
        """Commit what is due, leave the group and release the connection; in haste if the reader was aborted."""
        self.unanswered = self._closed.is_set()
        self.abort()
        if not self._one_at_a_time.acquire(timeout=CLOSE_S):
            log.warning("a poller did not end; its consumer is left to the end of the process")
            return
        try:
            if not self.unanswered:
                self._commit_rest()
            consumer, self._consumer = self._consumer, None
            if consumer is not None:
                seconds = HASTE_S if self.unanswered else CLOSE_S
                consumer.close(autocommit=False, timeout_ms=seconds * 1000)
        finally:
            self._one_at_a_time.release()

    def _slice(self, limit: int, deadline: float) -> tuple[list[Any], set[int], bool]:
        """Poll once, so shortly that an abort is noticed soon.

        Returns:
            The records, the partitions that left before them, and whether one is now finished.
        """
        with self._one_at_a_time:
            if self._closed.is_set():
                raise BusClosed
            left_s = min(max(deadline - time.monotonic(), 0.0), _SLICE_S)
            found: dict[Any, list[Any]] = {}
            try:
                consumer = self._consumer or self._make()
                if time.monotonic() >= self._again_at:
                    self._commit_due()
                found = consumer.poll(timeout_ms=left_s * 1000, max_records=limit)
                if not found:
                    self._join_again(consumer)
            except kafka_errors.KafkaError as error:
                if is_final(error):
                    raise BrokerError(sentence(error, self._settings)) from error
                self._outage.note(error)
                self._closed.wait(left_s)
            except BrokerError as error:
                self._outage.note(error)
            if self._closed.is_set():
                raise BusClosed
            left = self._let_go()
            closes = False
            for where, records in found.items():
                self._outage.over()
                self._count_deleted(where, records)
                closes |= self._keep(where, records[-1])
            return [record for records in found.values() for record in records], left, closes

    def _join_again(self, consumer: Any) -> None:
        """See a rebalance through that the library forgets: one begun by new metadata, when a poll ends before it."""
        if consumer.group_metadata().state == MemberState.REBALANCING:
            consumer._coordinator.request_rejoin()  # noqa: SLF001  # what the library does for every other rebalance

    def _make(self) -> Any:
        consumer = make_consumer(self._settings, self._group)
        consumer.subscribe([self._topic], listener=self._moves)
        self._consumer = consumer
        return consumer

    def _keep(self, where: TopicPartition, last: Any) -> bool:
        """Remember what the next commit covers of a partition; whether its last record says that it is finished."""
        closes = wire_headers.closes(last.headers)
        (self._open.discard if closes else self._open.add)(where.partition)
        self._polled[where] = OffsetAndMetadata(last.offset + 1, FINISHED if closes else "", -1)
        return closes

    def _count_deleted(self, where: TopicPartition, records: Sequence[Any]) -> None:
        """Say how many records are missing before these; at first it is compared with what the group committed."""
        if not self._gaps.knows(where.partition) and (begin := self._committed(where)) is not None:
            self._gaps.begin(where.partition, begin)
        missing = self._gaps.see(where.partition, records[0].offset, records[-1].offset)
        if missing:
            self.deleted_unread += missing
            log.warning(
                "%d records of '%s', partition %d, were deleted before they were read, since they are kept no longer; "
                "add workers, or raise the retention",
                *(missing, where.topic, where.partition),
            )

    def _committed(self, where: TopicPartition) -> int | None:
        try:
            stands: int | None = self._consumer.committed(where, timeout_ms=ANSWER_S * 1000)
        except kafka_errors.KafkaError as error:
            log.debug("not known where '%s' begins: %s", self._topic, type(error).__name__)
            return None
        return stands

    def _let_go(self) -> set[int]:
        """Forget what was to be committed of partitions that left; they are now another's."""
        left, self._moves.left = self._moves.left, set()
        self._left |= left
        self._open -= left
        for number in left:
            self._gaps.leave(number)
            self._polled.pop(TopicPartition(self._topic, number), None)
            self._due.pop(TopicPartition(self._topic, number), None)
        return left

    def _commit_due(self) -> None:
        """Send what is due, unless a commit is on its way; nothing waits for its answer, which comes with a poll."""
        now = time.monotonic()
        waited = now - self._sent
        if not self._due or self._consumer is None or (self._asking and waited < LOST_S):
            return
        self._asking, self._sent = True, now
        try:
            self._consumer.commit_async(dict(self._due), self._answered)
        except kafka_errors.KafkaError as error:
            self._refused(error)

    def _answered(self, offsets: dict[TopicPartition, OffsetAndMetadata], answer: Any) -> None:
        """Take the answer to a commit; called by the library within a poll or a commit."""
        self._asking = False
        if isinstance(answer, Exception):
            self._refused(answer)
            return
        self._again_at = 0.0
        for where, offset in offsets.items():
            if self._due.get(where) == offset:
                del self._due[where]

    def _refused(self, error: Exception) -> None:
        self._asking = False
        self._again_at = time.monotonic() + _ASK_S
        self.refused_commits += 1
        if isinstance(error, _MOVED):
            log.warning("commit refused, what it covers may come again: %s: %s", type(error).__name__, error)
        else:
            self._outage.note(error)

    def _commit_rest(self) -> None:
        """Wait for the commit of what is due, before leaving."""
        if not self._due or self._consumer is None:
            return
        try:
            self._consumer.commit(self._due, timeout_ms=CLOSE_S * 1000)
        except kafka_errors.KafkaError as error:
            self.unanswered = not isinstance(error, _MOVED)
            self._refused(error)

    def _is_finished(self) -> bool:
        with self._one_at_a_time:
            try:
                ends = self._consumer.end_offsets(self._all, timeout_ms=ANSWER_S * 1000)
                for where in self._all:
                    stands = self._consumer.committed(where, metadata=True, timeout_ms=ANSWER_S * 1000)
                    if stands is None or stands.metadata != FINISHED or stands.offset != ends[where]:
                        return False
            except kafka_errors.KafkaError as error:
                log.debug("not known whether '%s' is drained: %s", self._topic, type(error).__name__)
                return False
            return True
