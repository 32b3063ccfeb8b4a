"""A real Kafka broker for the tests: one node on loopback, in a process of its own, which can be stopped and killed.

The fixture `broker` gives the running one of the session. Tests that stop it use `own_broker`, a broker for them alone.
"""

import os
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from common.bus.kafka_settings import KafkaSettings
from tests.servers import HOST, Server, free_ports, missing

ROOT = Path(__file__).parents[1]

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


class Broker(Server):
    """A broker of one node; `start` it first, and `stop` it in the end.

    Args:
        folder: where its data and logs go.
        jars: folder with the jars of Kafka.
        more: lines for its properties.
        listener: a further listener, as `SASL_SSL://127.0.0.1:1234`.
        format_options: for the tool that prepares its folder.
    """

    def __init__(self, folder, jars, *, more="", listener="", format_options=()):
        super().__init__(Path(folder))
        self.jars = Path(jars)
        self.port, controller = free_ports(2)
        self.servers = f"{HOST}:{self.port}"
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

    def command(self):
        return self._command("kafka.Kafka", self._file)


def fetched_jars():
    """Give the folder of Kafka's jars, fetched if need be; skips without Java, or fails if nothing may be skipped."""
    if shutil.which("java") is None:
        missing("no Java on PATH; install Debian's package 'default-jre-headless'")
    done = subprocess.run([ROOT / "scripts" / "kafka.sh", "fetch"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        missing(f"Kafka cannot be fetched: {done.stderr.strip()[-300:]}")
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
    with Broker(tmp_path_factory.mktemp("kafka"), request.getfixturevalue("kafka_jars")) as one:
        yield one.servers


@pytest.fixture
def own_broker(kafka_jars, tmp_path):
    """A running `Broker` for one test, which may stop and kill it."""
    with Broker(tmp_path, kafka_jars) as one:
        yield one


@pytest.fixture
def kafka_settings(broker):
    return KafkaSettings(bootstrap_servers=broker, partitions=3, drain_s=0, inflight_mb=8)


@pytest.fixture
def topic_prefix():
    """A prefix of its own for each test, so that no test meets the topics of another."""
    return f"test-{uuid.uuid4().hex[:8]}"
