"""Workers as processes for the time of a measurement, on topics and keys of their own.

Used by `moodline bench workers` and `moodline bench cameras`.
"""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from kafka import errors as kafka_errors

from common.bus import topics
from common.bus.kafka_client import asking, make_admin
from common.bus.kafka_settings import KafkaSettings
from common.errors import MoodlineError
from common.redis_client import open_client
from common.store_settings import StoreSettings
from sink.reader import SeriesReader

WAIT_S = 600.0
"""Longest wait for anything in a measurement, seconds."""


class BenchFleet:
    """Starts workers, waits for what they do, and leaves neither processes, topics nor keys behind.

    Args:
        kafka: where Kafka is.
        store: where Redis is; its key prefix is replaced by one of the measurement's own.
        variables: settings of the workers, as `MOODLINE_…` variables.
    """

    def __init__(self, kafka: KafkaSettings, store: StoreSettings, variables: dict[str, str]) -> None:
        self.name = f"bench{uuid.uuid4().hex[:8]}"
        self.kafka = kafka
        self.store = store.model_copy(update={"key_prefix": self.name})
        own = {
            "MOODLINE_TOPIC_PREFIX": self.name,
            "MOODLINE_KEY_PREFIX": self.name,
            "MOODLINE_HOME": str(store.home.resolve()),
            "MOODLINE_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "MOODLINE_KAFKA_PARTITIONS": str(kafka.partitions),
            # Many processes share these cores: none may start a thread for each.
            "OMP_NUM_THREADS": "1",
        }
        url = store.redis_url
        redis = {} if url is None else {"MOODLINE_REDIS_URL": url.get_secret_value()}
        given = {name: value for name, value in os.environ.items() if name != "MOODLINE_REDIS_URL"}
        self._environment = {**given, **own, **redis, **variables}
        self._folder = TemporaryDirectory()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._killed: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: object, variables: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start `moodline worker ARGUMENTS…`, with more variables of its own."""
        place = Path(self._folder.name) / str(len(self._processes))
        with place.with_suffix(".out").open("wb") as out, place.with_suffix(".err").open("wb") as err:
            process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-m", "moodline.cli", "worker", *map(str, arguments), "--json"],
                env={**self._environment, **(variables or {})},
                stdout=out,
                stderr=err,
                # As a service has: many systems share the processor among sessions first.
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def result(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        """Wait for a worker's end; gives what it printed.

        Raises:
            MoodlineError: it failed.
        """
        place = Path(self._folder.name) / str(self._processes.index(process))
        if process.wait(WAIT_S) != 0:
            raise MoodlineError(place.with_suffix(".err").read_text()[-2000:])
        found: dict[str, Any] = json.loads(place.with_suffix(".out").read_text().strip().splitlines()[-1])
        return found

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so.

        Raises:
            MoodlineError: a worker failed meanwhile, or it never was.
        """
        deadline = time.monotonic() + WAIT_S
        while not condition():
            self.check()
            if time.monotonic() > deadline:
                raise MoodlineError("a measurement took too long")
            time.sleep(0.02)

    def check(self) -> None:
        """Look whether every worker goes on, or has ended as it should.

        Raises:
            MoodlineError: one failed.
        """
        for process in self._processes:
            if process.poll() and process not in self._killed:
                self.result(process)

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End a worker without a word, as a power cut does."""
        self._killed.append(process)
        process.kill()
        process.wait()

    def wait_for_members(self, stage: str, count: int) -> None:
        """Wait until so many workers of a stage share its partitions."""
        admin = make_admin(self.kafka)
        group = f"{self.name}.{stage}"

        def shared() -> bool:
            try:
                found = admin.describe_groups([group])[group]
            except kafka_errors.CoordinatorNotAvailableError:
                return False  # a broker that never had a group makes what it needs for the first one
            members = [one for one in found["members"] if _partitions(one)]
            return found["group_state"] == "Stable" and len(members) == count

        try:
            with asking(self.kafka):
                self.wait(shared)
        finally:
            admin.close()

    def wait_for_end(self, cameras: Sequence[str]) -> None:
        """Wait until the last epoch of each camera is closed in the store."""
        with open_client(self.store) as client:
            reader = SeriesReader(client, self.name)
            self.wait(lambda: all((epochs := reader.epochs(camera)) and epochs[-1].closed for camera in cameras))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(30)
        self._folder.cleanup()
        with open_client(self.store) as client:
            for key in client.scan_iter(f"{self.name}:*", count=1000):
                client.delete(key)
        admin = make_admin(self.kafka)
        admin.delete_topics([topic.name for topic in topics.wanted(self.kafka, self.name)], raise_errors=False)
        admin.close()


def _partitions(member: dict[str, Any]) -> bool:
    """Whether a member of a group has partitions."""
    assigned: dict[str, Any] = member["member_assignment"] or {}
    return bool(assigned.get("assigned_partitions"))
