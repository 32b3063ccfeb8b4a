"""Where Kafka is, how to sign in there, and what goes over it; used by every worker and by `doctor`."""

from typing import ClassVar, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from common.settings import VARIABLE_PREFIX, Settings


class KafkaSettings(Settings):
    """Where Kafka is and how it is used."""

    section: ClassVar[str] = "kafka"
    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=f"{VARIABLE_PREFIX}KAFKA_", hide_input_in_errors=True
    )

    bootstrap_servers: str = Field("127.0.0.1:9092", description="host:port of one or more brokers, joined by commas")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="whether the connection is encrypted (SSL) and whether there is a sign-in (SASL)"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="how the sign-in is done"
    )
    sasl_username: str = Field("", description="user who signs in")
    sasl_password: SecretStr = Field(SecretStr(""), description="the user's password")
    ssl_cafile: str = Field("", description="PEM file of the authority that signed the brokers' certificate")
    ssl_certfile: str = Field("", description="PEM file of the client's own certificate, where brokers ask for one")
    ssl_keyfile: str = Field("", description="PEM file of the client's private key")
    ssl_check_hostname: bool = Field(True, description="whether the certificate must name the host that was asked for")
    connect_s: float = Field(30.0, gt=0, le=600, description="longest wait for a first answer at the start, seconds")
    partitions: int = Field(
        12, ge=1, le=1000, description="partitions of each topic: workers of one stage at most; fixed once topics exist"
    )
    replication: int = Field(1, ge=1, le=10, description="copies of each topic; three where there are three brokers")
    inflight_mb: int = Field(64, ge=1, le=4096, description="published and not yet acknowledged at most, MiB")
    max_record_mb: int = Field(4, ge=1, le=64, description="biggest record, MiB; a bigger one is a dead letter")
    fetch_mb: int = Field(16, ge=1, le=512, description="fetched at once at most, MiB")
    fetch_wait_ms: int = Field(100, ge=1, le=5000, description="longest wait of a broker to answer a fetch, ms")
    frames_retention_min: int = Field(60, ge=1, description="how long frames are kept for the detectors, minutes")
    faces_retention_min: int = Field(240, ge=1, description="how long faces are kept for the classifiers, minutes")
    ahead_mb: int = Field(
        4096,
        ge=1,
        le=2**20,
        description="how far ingest may be ahead of the next stage, MiB; in time half of the retention",
    )
    drain_s: float = Field(
        5.0, ge=0, le=600, description="how long all must stay finished before a draining worker ends, seconds"
    )

    @field_validator("bootstrap_servers")
    @classmethod
    def _are_addresses(cls, text: str) -> str:
        for server in text.split(","):
            host, _, port = server.strip().rpartition(":")
            if not host or not port.isdigit() or "@" in host or "/" in host:
                raise ValueError("each server must be written host:port, several joined by commas")
        return text

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.uses_sasl and not (self.sasl_username and self.sasl_password.get_secret_value()):
            raise ValueError(f"'security_protocol' {self.security_protocol} needs 'sasl_username' and 'sasl_password'")
        if self.ssl_keyfile and not self.ssl_certfile:
            raise ValueError("'ssl_keyfile' needs 'ssl_certfile'")
        if self.max_record_mb > self.inflight_mb:
            raise ValueError("'max_record_mb' must not be above 'inflight_mb'")
        return self

    @property
    def uses_sasl(self) -> bool:
        """Whether there is a sign-in."""
        return self.security_protocol.startswith("SASL")

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.security_protocol.endswith("SSL")

    @property
    def max_record_bytes(self) -> int:
        """Key, value and headers of one record at most, bytes."""
        return self.max_record_mb * 2**20


class WireSettings(Settings):
    """What goes over the bus; top-level keys of `moodline.toml`, `MOODLINE_TOPIC_PREFIX` and so on as variables."""

    topic_prefix: str = Field(
        "moodline", pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$", description="first part of every topic's name"
    )
    frame_codec: Literal["jpeg", "raw"] = Field(
        "jpeg", description="how frames travel: jpeg is ten times smaller, raw gives the same digest as one process"
    )
