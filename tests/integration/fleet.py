"""Workers as processes, between a broker and a Redis, for the tests of this folder."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from common.bus.kafka_settings import KafkaSettings
from common.bus.topics import name_of
from common.redis_client import open_client
from common.store_settings import StoreSettings
from moodline.topic_reader import TopicReader
from sink.digest import digest
from sink.reader import SeriesReader

LONG_S = 120.0
"""So long that a test which really waits for it has failed."""


class Fleet:
    """Starts workers with settings in common; `close` ends those that still run.

    Args:
        folder: for their logs.
        servers: the broker's address.
        redis_url: of the Redis.
        settings: variables without `MOODLINE_`, as `FRAME_CODEC="raw"`.
    """

    def __init__(self, folder, servers, redis_url, **settings):
        self.folder = Path(folder)
        self.store = StoreSettings(redis_url=redis_url, key_prefix=settings.get("KEY_PREFIX", "moodline"))
        mine = {"KAFKA_BOOTSTRAP_SERVERS": servers, "REDIS_URL": redis_url, "LOG_LEVEL": "INFO", **settings}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MOODLINE_")}
        # Several processes share few cores here: none may take them all.
        kept |= {"OMP_NUM_THREADS": "1"}
        self.environment = {**kept, **{f"MOODLINE_{name}": str(value) for name, value in mine.items()}}
        self._processes = []

    def start(self, *arguments, **settings):
        """Start `moodline worker ARGUMENTS…`."""
        return self.command("worker", *arguments, "--json", **settings)

    def command(self, *arguments, **settings):
        """Start `moodline ARGUMENTS…`."""
        number = len(self._processes)
        with (self.folder / f"{number}.out").open("wb") as out, (self.folder / f"{number}.err").open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "moodline.cli", *map(str, arguments)],
                env={**self.environment, **{f"MOODLINE_{name}": str(value) for name, value in settings.items()}},
                cwd=self.folder,
                stdout=out,
                stderr=err,
            )
        process.number = number
        self._processes.append(process)
        return process

    def wait_until_ready(self, *processes):
        """Wait until workers have loaded everything and ask for messages."""
        wait_until(lambda: all("waiting for messages" in self.errors(process) for process in processes))

    def result(self, process, code=0, seconds=LONG_S):
        """Wait for a worker's end, which must be in good order; gives its JSON."""
        got = process.wait(seconds)
        assert got == code, self.errors(process)
        return json.loads((self.folder / f"{process.number}.out").read_text().strip().splitlines()[-1])

    def run(self, *arguments, code=0):
        """Run `moodline ARGUMENTS… --json` to its end; gives its JSON."""
        return self.result(self.command(*arguments, "--json"), code)

    def errors(self, process):
        return (self.folder / f"{process.number}.err").read_text()[-4000:]

    def results(self, *processes, seconds=LONG_S):
        return [self.result(process, seconds=seconds) for process in processes]

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait(30)

    def digest(self, camera=None):
        with self.reader() as reader:
            return digest(reader, camera)

    @contextlib.contextmanager
    def reader(self):
        with open_client(self.store) as client:
            yield SeriesReader(client, self.store.key_prefix)

    def contents(self):
        """Everything that the digest covers, line by line."""
        lines = []
        with self.reader() as reader:
            for camera in reader.cameras():
                for info in reader.epochs(camera):
                    lines.append((camera, "epoch", info.epoch, info.from_ms, info.last_seq, info.closed))
                    lines += [(camera, "frame", frame) for frame in reader.frames(camera, info.epoch)]
                    for track in reader.track_names(camera, info.epoch):
                        lines += [(track, "sample", sample) for sample in reader.samples(camera, track)]
                    lines += [(camera, "ended", summary) for summary in reader.tracks(camera, info.epoch)]
                lines += [(camera, "minute", minute) for minute in reader.minutes(camera)]
        return [str(line) for line in lines]

    def difference(self, other):
        """What stands in one store and not in the other; empty if they say the same."""
        mine, others = self.contents(), other.contents()
        return [f"- {line}" for line in mine if line not in others] + [
            f"+ {line}" for line in others if line not in mine
        ]

    def frames(self, camera):
        """How many frames of a camera stand in the store."""
        with self.reader() as reader:
            return sum(1 for epoch in reader.epochs(camera) for _ in reader.frames(camera, epoch.epoch))

    def wait_for_frames(self, camera, count, seconds=LONG_S):
        wait_until(lambda: self.frames(camera) >= count, seconds)

    def closed(self, camera):
        """How many epochs of a camera have ended."""
        with self.reader() as reader:
            return sum(epoch.closed is not None for epoch in reader.epochs(camera))

    @property
    def kafka(self):
        return KafkaSettings(bootstrap_servers=self.environment["MOODLINE_KAFKA_BOOTSTRAP_SERVERS"])

    def topic(self, name):
        return name_of(self.environment["MOODLINE_TOPIC_PREFIX"], name)

    def records(self, topic):
        """What stands on one of the fleet's topics now."""
        with TopicReader(self.kafka) as reader:
            return list(reader.read(self.topic(topic)))

    def close(self):
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            if process.poll() is None:
                self.kill(process)


def wait_until(condition, seconds=LONG_S):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def memory_mib(process):
    """What a process holds in memory, MiB; 0 once it has ended."""
    held = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    return int(held[1]) / 1024 if held else 0.0
