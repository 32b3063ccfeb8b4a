"""The secured compose file: each worker, with users that may do only what docs/scaling.md says, takes a clip through.

Kafka asks for TLS and a sign-in and knows who may do what; so does Redis.
"""

import re

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType

from tests.common.test_kafka_security import STORE_PASSWORD, certificate
from tests.deploy.compose import PLAIN, ROOT, SECURE, STAGES, services
from tests.deploy.containers import Containers
from tests.deploy.secured_redis import PASSWORD, SecuredRedis
from tests.integration.fleet import Fleet, wait_until
from tests.kafka_broker import Broker
from tests.servers import HOST, free_ports

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]

PREFIX = "moodline."
USERS = (*STAGES, "watcher")

_MORE = """
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required {users};
listener.name.sasl_ssl.ssl.keystore.location={store}
listener.name.sasl_ssl.ssl.keystore.password={store_password}
listener.name.sasl_ssl.ssl.keystore.type=PKCS12
"""


def documented_rights():
    """What docs/scaling.md says that each user needs: (kind, name, operation, whether the name is a prefix)."""
    text = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    rights = {}
    for user, reads, writes, group in re.findall(r"^\| `(\w+)` \|(.*)\|(.*)\|(.*)\|$", text, re.MULTILINE):
        rights[user] = [
            *(("topic", name, "READ", False) for name in re.findall(r"`(\S+)`", reads)),
            *(("topic", name, "WRITE", False) for name in re.findall(r"`(\S+)`", writes)),
            *(("group", name, "READ", False) for name in re.findall(r"`(\S+)`", group)),
            ("topic", PREFIX, "DESCRIBE", True),
            ("topic", PREFIX, "DESCRIBE_CONFIGS", True),
        ]
    rights["ingest"].append(("topic", PREFIX, "CREATE", True))
    rights["ingest"].append(("group", f"{PREFIX}detector", "DESCRIBE", False))
    rights["watcher"].append(("group", PREFIX, "DESCRIBE", True))
    return rights


def allow(servers, rights):
    """Grant rights, as whoever runs the broker."""
    admin = KafkaAdminClient(bootstrap_servers=servers)
    admin.create_acls(
        [
            ACL(
                f"User:{user}",
                "*",
                ACLOperation[operation],
                ACLPermissionType.ALLOW,
                ResourcePattern(
                    ResourceType[kind.upper()],
                    name,
                    ACLResourcePatternType.PREFIXED if begins else ACLResourcePatternType.LITERAL,
                ),
            )
            for user, those in rights.items()
            for kind, name, operation, begins in those
        ]
    )
    admin.close()


@pytest.fixture(scope="module")
def kafka(kafka_jars, tmp_path_factory):
    """The address of the secured listener, and the file of its authority."""
    folder = tmp_path_factory.mktemp("kafka")
    store, authority = certificate(folder, "broker")
    address = f"{HOST}:{free_ports(1)[0]}"
    users = " ".join(f'user_{name}="{PASSWORD}"' for name in USERS)
    more = _MORE.format(users=users, store=store, store_password=STORE_PASSWORD)
    broker = Broker(folder, kafka_jars, more=more, listener=f"SASL_SSL://{address}")
    try:
        broker.start()
        allow(broker.servers, documented_rights())
        yield address, authority
    finally:
        broker.stop()


@pytest.fixture(scope="module")
def redis_of_users(tmp_path_factory):
    one = SecuredRedis(tmp_path_factory.mktemp("redis"))
    yield one
    one.stop()


@pytest.fixture
def containers(pythons, tmp_path, kafka, redis_of_users, walkers):
    address, authority = kafka
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    both = authority.read_text() + redis_of_users.authority.read_text()
    (certificates / "ca.pem").write_text(both)

    def of(stage):
        redis_url = redis_of_users.url(f"moodline-{stage}", authority="/run/certificates/ca.pem")
        given = {
            "MOODLINE_KAFKA_BOOTSTRAP_SERVERS": address,
            "MOODLINE_KAFKA_SASL_MECHANISM": "PLAIN",
            "MOODLINE_KAFKA_SASL_USERNAME": stage,
            "MOODLINE_KAFKA_SASL_PASSWORD": PASSWORD,
            "MOODLINE_KAFKA_REPLICATION": 1,
            "MOODLINE_REDIS_URL": redis_url,
        }
        return services(PLAIN, SECURE, **given)[stage]

    places = {"/settings": ROOT / "deploy" / "settings", "/run/certificates": certificates, "/footage": walkers.parent}
    made = Containers({stage: of(stage) for stage in STAGES}, pythons, tmp_path, places)
    yield made
    made.kill()


@pytest.fixture
def watching(tmp_path, kafka, redis_of_users):
    """Commands of somebody who may only read."""
    address, authority = kafka
    folder = tmp_path / "watching"
    folder.mkdir()
    settings = {
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "PLAIN",
        "KAFKA_SASL_USERNAME": "watcher",
        "KAFKA_SASL_PASSWORD": PASSWORD,
        "KAFKA_SSL_CAFILE": authority,
    }
    fleet = Fleet(folder, address, redis_of_users.url("moodline-reader"), **settings)
    yield fleet
    fleet.close()


def test_the_secured_services_with_the_documented_rights_take_a_clip_through(containers, watching):
    containers.start("ingest")
    code, log = containers.ended("ingest")
    assert code == 0, log
    for name in STAGES[1:]:
        containers.start(name)
    wait_until(lambda: watching.frames("walkers") == 60 or containers.ended_early(STAGES[1:]))
    assert not containers.ended_early(STAGES[1:])
    wait_until(lambda: is_closed(watching))
    account = watching.result(watching.command("ledger", "--json"))["cameras"]["walkers"]
    assert (account["sampled"], account["analysed"], account["unaccounted"]) == (60, 60, 0)
    assert watching.result(watching.command("dead", "list", "--json"))["count"] == 0
    for name in STAGES[1:]:
        containers.terminate(name)
    for name in STAGES[1:]:
        code, log = containers.ended(name, 20)
        assert code == 0, log
        assert PASSWORD not in log


def is_closed(fleet):
    with fleet.reader() as reader:
        return any(epoch.closed for epoch in reader.epochs("walkers"))


def test_a_user_who_may_not_do_what_a_stage_does_is_told_so_in_one_sentence(watching):
    process = watching.start("detector", REDIS_URL=watching.store.redis_url.get_secret_value())
    assert process.wait(60) == 10, watching.errors(process)
    last = watching.errors(process).splitlines()[-1]
    assert last.startswith("moodline: ")
    assert "does not allow user 'watcher' to do this" in last
    assert PASSWORD not in watching.errors(process)
