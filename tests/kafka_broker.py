"""A real Kafka broker for the tests: one node on loopback, in a process of its own, which can be stopped and killed.

The fixture `broker` gives the running one of the session. Tests that stop it use `own_broker`, a broker for them alone.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

import pytest

from common.bus.kafka_settings import KafkaSettings

ROOT = Path(__file__).parents[1]
START_S = 60.0
HOST = "127.0.0.1"

_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}{more_listeners}
advertised.listeners=PLAINTEXT://{host}:{port}{more_listeners}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
"""


class Broker:
    """A broker of one node; `start` it first, and `stop` it in the end.

    Args:
        folder: where its data and logs go.
        jars: folder with the jars of Kafka.
        more: lines for its properties.
        listener: a further listener, as `SASL_SSL://127.0.0.1:1234`.
        format_options: for the tool that prepares its folder.
    """

    def __init__(self, folder, jars, *, more="", listener="", format_options=()):
        self.folder, self.jars = Path(folder), Path(jars)
        self.port, controller = free_ports(2)
        self.servers = f"{HOST}:{self.port}"
        self._process = None
        self._file = self.folder / "server.properties"
        text = _PROPERTIES.format(
            host=HOST,
            port=self.port,
            controller=controller,
            data=self.folder / "data",
            more_listeners=f",{listener}" if listener else "",
        )
        self._file.write_text(text + more)
        self._java("kafka.tools.StorageTool", "format", "-t", uuid.uuid4().hex[:22], "-c", self._file, *format_options)

    def _command(self, *arguments):
        quick = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
        return ["java", *quick, "-cp", f"{self.jars}/*", *map(str, arguments)]

    def _java(self, *arguments):
        done = subprocess.run(self._command(*arguments), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self):
        """Start it, or start it again on the same data and port, and wait until it listens."""
        with (self.folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command("kafka.Kafka", self._file), stdout=log, stderr=log, cwd=self.folder
            )
        deadline = time.monotonic() + START_S
        while not listens(self.port):
            assert self._process.poll() is None, (self.folder / "broker.log").read_text()[-3000:]
            assert time.monotonic() < deadline, "the broker does not listen"
            time.sleep(0.05)
        return self

    def freeze(self):
        """Stop it as a machine that hangs: connections stay, nothing answers."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        """End it at once, as a power cut does."""
        self._process.kill()
        self._process.wait(30)

    def stop(self):
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
            self.kill()


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind((HOST, 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def fetched_jars():
    """Give the folder of Kafka's jars, fetched if need be; skips without Java, or fails if nothing may be skipped."""
    if shutil.which("java") is None:
        if os.environ.get("MOODLINE_REQUIRE_ALL") == "1":
            pytest.fail("no Java on PATH; install Debian's package 'default-jre-headless'")
        pytest.skip("no Java on PATH, and no KAFKA_BOOTSTRAP_SERVERS")
    done = subprocess.run([ROOT / "scripts" / "kafka.sh", "fetch"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        if os.environ.get("MOODLINE_REQUIRE_ALL") == "1":
            pytest.fail(done.stderr)
        pytest.skip(f"Kafka cannot be fetched: {done.stderr.strip()[-300:]}")
    return ROOT / done.stdout.split()[-1]


@pytest.fixture(scope="session")
def kafka_jars():
    return fetched_jars()


@pytest.fixture(scope="session")
def broker(request, tmp_path_factory):
    """The address of a running broker: the one named by the environment, else one started for the session."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if given:
        yield given
        return
    one = Broker(tmp_path_factory.mktemp("kafka"), request.getfixturevalue("kafka_jars"))
    try:
        yield one.start().servers
    finally:
        one.stop()


@pytest.fixture
def own_broker(kafka_jars, tmp_path):
    """A running `Broker` for one test, which may stop and kill it."""
    one = Broker(tmp_path, kafka_jars)
    try:
        yield one.start()
    finally:
        one.stop()


@pytest.fixture
def kafka_settings(broker):
    return KafkaSettings(bootstrap_servers=broker, partitions=3, drain_s=0, inflight_mb=8)


@pytest.fixture
def topic_prefix():
    """A prefix of its own for each test, so that no test meets the topics of another."""
    return f"test-{uuid.uuid4().hex[:8]}"
