"""Clients of Kafka made from the settings, and its errors as sentences for people; used by the Kafka bus and `doctor`.

A client of the library says only that it had no answer in time, whatever the reason. So a first contact is made
here before any client is: it knows a wrong password from a broker that is away.
"""

import logging
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors as kafka_errors
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.net.compat import KafkaNetClient

from common.bus.kafka_settings import KafkaSettings
from common.errors import BrokerError, SettingsError
from common.logs import redact

log = logging.getLogger(__name__)

FOREVER_MS = 2**31 - 1
REQUEST_MS = 10_000
SESSION_MS = 10_000
HEARTBEAT_MS = 3_000
POLL_INTERVAL_MS = 600_000
LONGEST_RECONNECT_MS = 2_000
BLOCK_MS = 1_000
BATCH_BYTES = 2**20
LINGER_MS = 5
ROOM_BYTES = 64 * 1024
"""What the brokers are told to take above the biggest record, for the frame of a batch around it."""

_AGAIN_S = 0.25
_AWAY_S = 5.0
"""An outage of that many seconds is worth a line in the log."""

_QUIET = {
    "kafka": logging.WARNING,
    "kafka.net": logging.CRITICAL,
    "kafka.net.selector": logging.ERROR,
    "kafka.cluster": logging.CRITICAL,
    "kafka.coordinator": logging.CRITICAL,
    "kafka.producer": logging.CRITICAL,
}
"""Lowest level that the library logs: its debug lines hold passwords and whole records, and every lost connection is
reported many times, which the bus does once."""

_REFUSALS = (
    kafka_errors.SaslAuthenticationFailedError,
    kafka_errors.UnsupportedSaslMechanismError,
    kafka_errors.IllegalSaslStateError,
    kafka_errors.AuthorizationError,
)


Headers = Sequence[tuple[str, bytes]]
Told = tuple[Callable[[Any], None], Callable[[Exception], None]]


class Producer(KafkaProducer):  # type: ignore[misc]  # the library ships no types
    """The library's producer, with a shorter way for many small records."""

    def append(self, where: TopicPartition, key: bytes | None, value: bytes, headers: Headers, told: Told) -> None:
        """Do as `send` for a small and sound record, to a topic that was sent to before; half as much work.

        `send` checks its arguments, looks up the topic and estimates the size, each time.

        Args:
            where: its place.
            key: its key.
            value: its value.
            headers: its headers.
            told: called with what becomes of it: when it arrived, and when it failed.
        """
        future, full, begun, _ = self._accumulator.append(where, None, key, value, headers)
        future._add_cb_eb(*told)  # noqa: SLF001  # both at once take half the time
        if full or begun:
            self._sender.wakeup()


def make_admin(settings: KafkaSettings) -> Any:
    """Make the client that creates and describes topics; the caller closes it.

    Raises:
        BrokerError: no broker answers within `connect_s`, or it refuses.
        SettingsError: a file of a certificate cannot be used.
    """
    given = _connection(settings)
    first_contact(settings)
    with asking(settings):
        return KafkaAdminClient(**given, **_times(settings))


def make_producer(settings: KafkaSettings) -> Producer:
    """Make a producer that neither loses, repeats nor reorders; the caller closes it. Raises as `make_admin`."""
    given = _connection(settings)
    first_contact(settings)
    with asking(settings):
        return Producer(
            **given,
            **_times(settings),
            acks="all",
            enable_idempotence=True,
            max_in_flight_requests_per_connection=5,
            delivery_timeout_ms=FOREVER_MS,
            batch_size=BATCH_BYTES,
            linger_ms=LINGER_MS,
            max_request_size=settings.max_record_bytes + ROOM_BYTES,
            max_block_ms=BLOCK_MS,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )


def make_consumer(settings: KafkaSettings, group: str | None) -> Any:
    """Make a consumer, which commits only when told; without a group it just reads. Raises as `make_admin`."""
    given = _connection(settings)
    first_contact(settings)
    with asking(settings):
        return KafkaConsumer(
            **given,
            **_times(settings),
            group_id=group,
            partition_assignment_strategy=[CooperativeStickyAssignor()],
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            max_poll_interval_ms=POLL_INTERVAL_MS,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=settings.max_record_bytes + ROOM_BYTES,
            fetch_max_bytes=settings.fetch_mb * 2**20,
            fetch_max_wait_ms=settings.fetch_wait_ms,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )


def first_contact(settings: KafkaSettings) -> None:
    """Wait until a broker answers and lets us in.

    Raises:
        BrokerError: none does within `connect_s`, or one refuses, which is said at once.
        SettingsError: a file of a certificate cannot be used.
    """
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
    given = _connection(settings)
    deadline = time.monotonic() + settings.connect_s
    while True:
        try:
            _knock(given, deadline)
        except kafka_errors.KafkaError as error:
            if _is_refusal(error) or time.monotonic() + _AGAIN_S > deadline:
                raise BrokerError(sentence(error, settings)) from error
            time.sleep(_AGAIN_S)
        else:
            return


class Outage:
    """Says once that a broker is away, when it has been for a while."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._since: float | None = None
        self._said = False

    def note(self, error: Exception) -> None:
        """Take note that a broker did not answer."""
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if not self._said and now - self._since > _AWAY_S:
            self._said = True
            log.warning("waiting: %s", error if isinstance(error, BrokerError) else sentence(error, self._settings))

    def over(self) -> None:
        """Take note that a broker answered."""
        if self._said:
            log.warning("Kafka at %s answers again", self._settings.bootstrap_servers)
        self._since, self._said = None, False


@contextmanager
def asking(settings: KafkaSettings) -> Iterator[None]:
    """Turn whatever Kafka raises inside into a `BrokerError` of one sentence, without any password.

    Raises:
        BrokerError: Kafka is away or refuses.
    """
    try:
        yield
    except kafka_errors.KafkaError as error:
        raise BrokerError(sentence(error, settings)) from error


def is_final(error: Exception) -> bool:
    """Whether an error of a client that was connected will not pass by itself."""
    passing = (
        kafka_errors.RetriableError,
        kafka_errors.CommitFailedError,
        kafka_errors.UnknownMemberIdError,
        kafka_errors.IllegalGenerationError,
        kafka_errors.RebalanceInProgressError,
    )
    return _is_refusal(error) or not isinstance(error, passing)


def sentence(error: Exception, settings: KafkaSettings) -> str:
    """Say in one sentence what Kafka refused, and what to change."""
    place = f"Kafka at {settings.bootstrap_servers}"
    reason = _reason(error, settings)
    if isinstance(error, kafka_errors.SaslAuthenticationFailedError):
        return (
            f"{place} refuses user '{settings.sasl_username}' or the password; correct MOODLINE_KAFKA_SASL_USERNAME "
            f"and MOODLINE_KAFKA_SASL_PASSWORD ({reason})"
        )
    if isinstance(error, kafka_errors.UnsupportedSaslMechanismError | kafka_errors.IllegalSaslStateError):
        return f"{place} has no sign-in by {settings.sasl_mechanism}; set MOODLINE_KAFKA_SASL_MECHANISM ({reason})"
    if isinstance(error, kafka_errors.AuthorizationError):
        return f"{place} does not allow user '{settings.sasl_username}' to do this; grant it there ({reason})"
    if _is_mistrust(error):
        return f"{place} shows a certificate that is not trusted here; set MOODLINE_KAFKA_SSL_CAFILE ({reason})"
    return (
        f"{place} does not answer as {settings.security_protocol}; start it, or correct "
        f"MOODLINE_KAFKA_BOOTSTRAP_SERVERS and MOODLINE_KAFKA_SECURITY_PROTOCOL ({reason})"
    )


def _reason(error: Exception, settings: KafkaSettings) -> str:
    text = redact(" ".join(f"{type(error).__name__}: {error}".split()))
    password = settings.sasl_password.get_secret_value()
    return text.replace(password, "***") if password else text


def _is_refusal(error: Exception) -> bool:
    return isinstance(error, _REFUSALS) or _is_mistrust(error)


def _is_mistrust(error: Exception) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


class _Files(NamedTuple):
    """The files that a connection by TLS needs; empty names are not given."""

    authority: str
    certificate: str
    key: str


def _connection(settings: KafkaSettings) -> dict[str, Any]:
    servers = [server.strip() for server in settings.bootstrap_servers.split(",")]
    given: dict[str, Any] = {"bootstrap_servers": servers, "security_protocol": settings.security_protocol}
    if settings.uses_tls:
        files = _Files(settings.ssl_cafile, settings.ssl_certfile, settings.ssl_keyfile)
        given["ssl_context"] = _context(files, check_hostname=settings.ssl_check_hostname)
    if settings.uses_sasl:
        given["sasl_mechanism"] = settings.sasl_mechanism
        given["sasl_plain_username"] = settings.sasl_username
        given["sasl_plain_password"] = settings.sasl_password.get_secret_value()
    return given


def _times(settings: KafkaSettings) -> dict[str, Any]:
    return {
        "request_timeout_ms": REQUEST_MS,
        "reconnect_backoff_max_ms": LONGEST_RECONNECT_MS,
        "bootstrap_timeout_ms": settings.connect_s * 1000,
    }


def _context(files: _Files, *, check_hostname: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = check_hostname
    _load(files.authority, "SSL_CAFILE", lambda: context.load_verify_locations(files.authority))
    key = files.key or None
    _load(files.certificate, "SSL_CERTFILE", lambda: context.load_cert_chain(files.certificate, key))
    return context


def _load(name: str, variable: str, load: Callable[[], None]) -> None:
    if not name:
        return
    try:
        load()
    except OSError as error:
        raise SettingsError(f"MOODLINE_KAFKA_{variable} '{name}' cannot be used: {error}") from error


def _knock(given: dict[str, Any], deadline: float) -> None:
    """Connect and sign in once at each broker in turn, until one lets us in; raises the last one's error."""
    client = KafkaNetClient(**given)
    manager = client._manager  # noqa: SLF001  # only the manager tells why a connection failed
    client._net.start()  # noqa: SLF001  # the same

    async def connect(node: Any) -> None:
        left_ms = max(deadline - time.monotonic(), _AGAIN_S) * 1000
        await manager.get_connection(
            node, timeout_ms=left_ms, pop_on_close=False, refresh_metadata_on_err=False, reset_backoff_on_connect=False
        )

    try:
        brokers = manager.cluster.bootstrap_brokers()
        for number, broker in enumerate(brokers, 1):
            try:
                manager.run(connect, broker.node_id)
            except kafka_errors.KafkaError as error:
                if number == len(brokers) or _is_refusal(error):
                    raise
            else:
                return
    finally:
        client.close()
