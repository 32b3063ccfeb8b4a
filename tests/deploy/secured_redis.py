"""A Redis with TLS, and with the users of docs/scaling.md: real, on loopback."""

import re
import shutil
import subprocess

import redis

from tests.deploy.compose import ROOT
from tests.redis_server import RedisServer
from tests.servers import HOST, free_ports, missing

PASSWORD = "open-sesame-4711"  # noqa: S105  # of a server that lives as long as the tests


def documented_users():
    """The lines of docs/scaling.md that make the users, by name."""
    text = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    lines = re.findall(r"^user (\S+) on >PASSWORD (.+)$", text, re.MULTILINE)
    return {name: rules.split() for name, rules in lines}


def self_signed(folder, name):
    """Make a key with a certificate that it signed itself; gives the files of both."""
    if shutil.which("openssl") is None:
        missing("no openssl on PATH; install Debian's package 'openssl'")
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    names = ("-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{HOST}")
    command = ["openssl", "req", "-x509", *kind, *names, "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    return key, certificate


class SecuredRedis:
    """A Redis that listens with TLS for the documented users, and without for whoever runs it."""

    def __init__(self, folder):
        self.key, self.authority = self_signed(folder, "redis")
        _, self.stranger = self_signed(folder, "stranger")
        (self.port,) = free_ports(1)
        files = ("--tls-cert-file", self.authority, "--tls-key-file", self.key, "--tls-ca-cert-file", self.authority)
        tls = ("--tls-port", self.port, *files, "--tls-auth-clients", "no")
        self.server = RedisServer(folder, *map(str, tls)).start()
        self.admin = redis.Redis.from_url(self.server.url, protocol=2, legacy_responses=True)
        for name, rules in documented_users().items():
            self.admin.execute_command("ACL", "SETUSER", name, "on", f">{PASSWORD}", *rules)

    def url(self, user, password=PASSWORD, authority=None):
        return f"rediss://{user}:{password}@{HOST}:{self.port}/0?ssl_ca_certs={authority or self.authority}"

    def stop(self):
        self.admin.close()
        self.server.stop()
