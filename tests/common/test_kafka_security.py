"""Kafka as people run it: a listener with TLS and a sign-in, against a real broker; no password is ever shown."""

import logging
import subprocess

import pytest
from pydantic import SecretStr

from common.bus import topics
from common.bus.kafka import KafkaBus
from common.bus.kafka_client import first_contact
from common.bus.kafka_settings import KafkaSettings
from common.bus.routes import Routes
from common.errors import BrokerError, SettingsError
from tests.builders_messages import empty_frame
from tests.kafka_broker import Broker
from tests.servers import HOST, free_ports

PASSWORD = "open-sesame-4711"  # noqa: S105  # of a broker that lives as long as the tests
STORE_PASSWORD = "changeit-0815"  # noqa: S105  # the same

_MORE = """
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_bob="{password}";
listener.name.sasl_ssl.ssl.keystore.location={store}
listener.name.sasl_ssl.ssl.keystore.password={store_password}
listener.name.sasl_ssl.ssl.keystore.type=PKCS12
"""


def keytool(*arguments):
    subprocess.run(["keytool", *map(str, arguments)], check=True, capture_output=True)  # noqa: S607  # Java is on PATH


def certificate(folder, name):
    """Make a key with a certificate that it signed itself; gives the key's store and the certificate's file."""
    store, file = folder / f"{name}.p12", folder / f"{name}.pem"
    into = ("-keystore", store, "-storetype", "PKCS12", "-storepass", STORE_PASSWORD, "-alias", name)
    extensions = ("-ext", "san=ip:127.0.0.1", "-ext", "bc=ca:true")
    keytool("-genkeypair", *into, "-keyalg", "RSA", "-keysize", "2048", "-dname", f"CN={name}", *extensions)
    keytool("-exportcert", *into, "-rfc", "-file", file)
    return store, file


@pytest.fixture(scope="module")
def secured(kafka_jars, tmp_path_factory):
    """Settings for a broker that wants TLS and a sign-in, and the certificate of an authority it does not know."""
    folder = tmp_path_factory.mktemp("secured")
    store, authority = certificate(folder, "broker")
    _, stranger = certificate(folder, "stranger")
    address = f"{HOST}:{free_ports(1)[0]}"
    broker = Broker(
        folder,
        kafka_jars,
        more=_MORE.format(password=PASSWORD, store=store, store_password=STORE_PASSWORD),
        listener=f"SASL_SSL://{address}",
        format_options=("--add-scram", f"SCRAM-SHA-512=[name=alice,password={PASSWORD}]"),
    )
    settings = KafkaSettings(
        bootstrap_servers=address,
        security_protocol="SASL_SSL",
        sasl_username="alice",
        sasl_password=SecretStr(PASSWORD),
        ssl_cafile=str(authority),
        partitions=2,
        connect_s=20,
    )
    try:
        broker.start()
        yield settings, str(stranger)
    finally:
        broker.stop()


def changed(settings, **changes):
    return KafkaSettings(**{**settings.model_dump(), **changes})


def refused(settings, caplog):
    """Give the sentence with which a broker refuses; neither it nor the log shows a password."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(BrokerError) as caught:
        first_contact(settings)
    sentence = str(caught.value)
    for text in (sentence, caplog.text):
        assert settings.sasl_password.get_secret_value() not in text
        assert PASSWORD not in text
    assert "\n" not in sentence
    return sentence


@pytest.mark.kafka
@pytest.mark.parametrize(("user", "mechanism"), [("alice", "SCRAM-SHA-512"), ("bob", "PLAIN")])
def test_messages_pass_a_listener_with_tls_and_a_sign_in(secured, topic_prefix, caplog, user, mechanism):
    caplog.set_level(logging.DEBUG)
    settings = changed(secured[0], sasl_username=user, sasl_mechanism=mechanism)
    topics.ensure(settings, topic_prefix)
    name = topics.name_of(topic_prefix, topics.FRAMES)
    with KafkaBus(name, settings, Routes(lambda _: 1), group=topic_prefix) as bus:
        bus.publish(empty_frame(3))
        bus.flush()
        assert list(bus.poll(1, 60.0)) == [empty_frame(3)]
    assert PASSWORD not in caplog.text


@pytest.mark.kafka
def test_a_wrong_password_is_said_at_once_in_one_sentence(secured, caplog):
    sentence = refused(changed(secured[0], sasl_password=SecretStr("guess-0042"), connect_s=300), caplog)
    assert "refuses user 'alice' or the password; correct MOODLINE_KAFKA_SASL_USERNAME" in sentence


@pytest.mark.kafka
def test_an_authority_that_did_not_sign_is_said_at_once_in_one_sentence(secured, caplog):
    sentence = refused(changed(secured[0], ssl_cafile=secured[1], connect_s=300), caplog)
    assert "shows a certificate that is not trusted here; set MOODLINE_KAFKA_SSL_CAFILE" in sentence


@pytest.mark.kafka
def test_a_sign_in_that_the_broker_does_not_have_is_said_at_once(secured, caplog):
    sentence = refused(changed(secured[0], sasl_mechanism="SCRAM-SHA-256", connect_s=300), caplog)
    assert "has no sign-in by SCRAM-SHA-256; set MOODLINE_KAFKA_SASL_MECHANISM" in sentence


@pytest.mark.kafka
def test_plain_text_to_a_secured_listener_is_said_in_one_sentence(secured, caplog):
    sentence = refused(changed(secured[0], security_protocol="PLAINTEXT", connect_s=1), caplog)
    assert "does not answer as PLAINTEXT" in sentence
    assert "MOODLINE_KAFKA_SECURITY_PROTOCOL" in sentence


def test_a_file_that_is_no_certificate_is_said_in_one_sentence(tmp_path):
    for name, content in (("missing.pem", None), ("text.pem", "no certificate")):
        if content is not None:
            (tmp_path / name).write_text(content)
        with pytest.raises(SettingsError, match=rf"MOODLINE_KAFKA_SSL_CAFILE '.*{name}' cannot be used"):
            first_contact(KafkaSettings(security_protocol="SSL", ssl_cafile=str(tmp_path / name)))


class TestSettings:
    def test_they_come_from_variables_and_show_no_password(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("MOODLINE_KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
        monkeypatch.setenv("MOODLINE_KAFKA_SASL_USERNAME", "alice")
        monkeypatch.setenv("MOODLINE_KAFKA_SASL_PASSWORD", PASSWORD)
        settings = KafkaSettings.load()
        assert settings.sasl_password.get_secret_value() == PASSWORD
        assert PASSWORD not in repr(settings) + str(settings) + str(settings.model_dump())

    def test_a_sign_in_without_a_user_is_refused_without_showing_the_password(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("MOODLINE_KAFKA_SASL_PASSWORD", PASSWORD)
        with pytest.raises(SettingsError, match="needs 'sasl_username' and 'sasl_password'") as caught:
            KafkaSettings.load({"security_protocol": "SASL_SSL"})
        assert PASSWORD not in str(caught.value) + str(caught.value.__cause__)

    @pytest.mark.parametrize("servers", ["host", "host:port", "kafka://host:9092", "me:secret@host:9092", ""])
    def test_an_address_of_another_form_is_refused(self, servers, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(SettingsError, match="host:port"):
            KafkaSettings.load({"bootstrap_servers": servers})

    def test_a_key_without_its_certificate_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(SettingsError, match="'ssl_keyfile' needs 'ssl_certfile'"):
            KafkaSettings.load({"ssl_keyfile": "key.pem"})
