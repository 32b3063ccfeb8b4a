"""Addresses of cameras: what is wrong with one, where its secrets come from, and what people see of it.

An address is a URL (`rtsp://`, `rtsps://`, `http://`, `https://`), a device (`v4l2:/dev/video0`), or the path of a
recording or of a folder of them. In place of a secret, or of anything else, it holds references, `${NAME}` for a
variable and `${file:/run/secrets/x}` for the content of a file; the worker that opens the camera fills them in, so
that no secret is ever stored. Used by the registry, the workers and `moodline cameras`.
"""

import re
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv6Address
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from common.errors import SourceError
from common.logs import redact

Kind = Literal["url", "device", "file", "unknown"]
"""What an address leads to; `unknown` while a reference stands where the scheme should be."""

SCHEMES = ("rtsp", "rtsps", "http", "https")
DEVICE = "v4l2"
LONGEST = 2000
"""Most characters of an address."""

_SHOWN = 200
_FILLED = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands for each character of a reference, which may itself hold `:`, `/` and `@`."""

_REFERENCE = re.compile(r"\$\{(?:file:(?P<file>[^{}]+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*))\}")
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):")
_AUTHORITY = re.compile(
    r"[^/?#]*?://(?:(?P<user>[^/?#]*)@)?(?P<host>\[[^/?#@]*\]|[^/?#@:\[\]]*)(?P<port>:[^/?#@]*)?(?:[/?#]|$)"
)
_HOST = re.compile(rf"[\w{_FILLED}](?:[\w.{_FILLED}-]*[\w{_FILLED}.])?")
_PLACE = re.compile(rf"://(?:\[[^\]]*\]|[\w.{_FILLED}-]*)(?::[0-9{_FILLED}]*)?(?:[/?#]|$)")
"""A host, and perhaps a port, as they stand in an address without user and password."""
_BEFORE_AT = re.compile(r"://(?P<user>(?:[^?]|\?(?=[^=]*@))*)@")
"""What may still be user and password after something that looks like host and port; a query may hold an `@`."""
_BEFORE_ANY_AT = re.compile(r"://(?P<user>.*)@", re.DOTALL)
"""The same where nothing looks like host and port; people write `/`, `?` and `@` in passwords as they are."""

_NAMED = r"(?i:pass|pas|passwd|password|pwd|token|key|secret|auth)="
_PLAIN_VALUE = re.compile(rf"{_NAMED}(?!{_FILLED}|[&;#]|_\w+=|$)")
_ANY_VALUE = re.compile(rf"({_NAMED})[^&;\s]+")
_EMPTY = re.compile(rf"{_NAMED}(?=&|$)")
_REFERENCES = re.compile(rf"(?:{_REFERENCE.pattern})+")
_REFERENCED = re.compile(rf"(?P<to>{_NAMED})(?P<value>(?:{_REFERENCE.pattern})*)(?=&|$)")
"""A value that is made of references alone, or empty."""


def kind_of(address: str) -> Kind:
    """Say what an address leads to, whether or not it is usable."""
    masked = _masked(address)
    if masked.startswith(_FILLED):
        return "unknown"
    found = _SCHEME.match(masked)
    if found is None:
        return "file"
    return "device" if found["scheme"].lower() == DEVICE else "url"


def check(address: str) -> None:
    """Refuse an address that could never be opened.

    Raises:
        SourceError: says what is wrong with it, without any secret.
    """
    if fault := _fault(address):
        raise SourceError(f"the address '{shown(address)}' {fault}")


def resolve(address: str, environment: Mapping[str, str]) -> str:
    """Fill in the references of an address; within user and password their values are percent-encoded.

    Args:
        address: as it was registered.
        environment: the variables that it may name.

    Returns:
        The address to open. It holds secrets: it may go to nobody but the opener.

    Raises:
        SourceError: a variable or file is missing, or what comes out is no usable address.
    """
    authority = _AUTHORITY.match(_masked(address))
    begin, end = authority.span("user") if authority else (-1, -1)

    def value(found: re.Match[str]) -> str:
        text = _value_of(found, environment)
        return quote(text, safe="") if begin <= found.start() < end else text

    filled = _REFERENCE.sub(value, address)
    if fault := _fault(filled):
        raise SourceError(f"the address '{shown(address)}', with its references filled in, {fault}")
    return filled


def has_plain_secret(address: str) -> bool:
    """Whether a password or token stands in an address as it is; where that is not clear, it does."""
    masked = _masked(address)
    if "://" not in masked:
        return False
    begin, end = _user_span(masked)
    password = masked[begin:end].partition(":")[2]
    return bool(password.replace(_FILLED, "") or _PLAIN_VALUE.search(masked))


def shown(address: str) -> str:
    """Give an address for people: `rtsp://***@host/path`, without control characters, and not longer than a line."""
    begin, end = _user_span(_masked(address))
    text = _hidden(f"{address[:begin]}***{address[end:]}" if begin < end else address)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def as_added(address: str) -> str:
    """Give an address for whoever wants to add its camera again: whole, as `shown`, but with its references.

    References stand as they are where all of a user name, a password or a token is one; all else that may be a secret
    is hidden.
    """
    begin, end = _user_span(_masked(address))
    login = _login_as_added(address[begin:end])
    bare = address[:begin] + address[end + 1 :] if login else address
    values = [found["value"] for found in _REFERENCED.finditer(bare)]
    text = _hidden(_REFERENCED.sub(lambda found: found["to"], bare))

    def filled(login: str, values: list[str]) -> str:
        given = iter(values)
        whole = _EMPTY.sub(lambda found: found[0] + next(given, ""), text)
        return f"{whole[:begin]}{login}{whole[begin:]}"

    # Nothing may come out beside the references that does not without them.
    hidden = _hidden(f"{address[:begin]}***{address[end:]}" if login else address)
    same = filled("***@" if login else "", ["***" if value else "" for value in values]) == hidden
    return filled(login, values) if same else hidden


def located(address: str) -> str:
    """Make the path of a recording or folder whole, so that it means the same wherever a worker runs.

    Raises:
        SourceError: there is nothing at that path, or it may not be looked at.
    """
    if kind_of(address) != "file" or _REFERENCE.search(address) or not address.strip():
        return address
    path = Path(address).absolute()
    try:
        path.stat()
    except (OSError, ValueError):
        raise SourceError(
            f"'{shown(address)}' is neither an address nor a file that can be read here; write rtsp://host/path, or an "
            "existing path"
        ) from None
    return str(path)


def _login_as_added(text: str) -> str:
    """Give user name and password, and the `@` behind them; hides what is no reference. Empty if there are none."""
    if not text:
        return ""
    place = _masked(text).find(":")
    parts = [text] if place < 0 else [text[:place], text[place + 1 :]]
    return ":".join(part if _REFERENCES.fullmatch(part) else "***" for part in parts) + "@"


def _hidden(text: str) -> str:
    """Hide every secret but that of a user, and what would steer a terminal."""
    text = _ANY_VALUE.sub(r"\1***", redact(text))
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def _masked(address: str) -> str:
    return _REFERENCE.sub(lambda found: _FILLED * len(found[0]), address)


def _user_span(masked: str) -> tuple[int, int]:
    """Say from where to where user and password may stand; (0, 0) if there are none."""
    found = (_BEFORE_AT if _PLACE.search(masked) else _BEFORE_ANY_AT).search(masked)
    return found.span("user") if found else (0, 0)


def _value_of(found: re.Match[str], environment: Mapping[str, str]) -> str:
    if found["file"] is None:
        if found["name"] not in environment:
            raise SourceError(
                f"variable {found['name']} of a camera's address is not set; set it for the ingest worker"
            )
        return environment[found["name"]]
    try:
        return Path(found["file"]).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SourceError(
            f"file '{found['file']}' of a camera's address cannot be read by the ingest worker ({why})"
        ) from None


def _fault(address: str) -> str | None:
    """Say what is wrong with an address, without quoting it; None if nothing is."""
    masked = _masked(address)
    kind = kind_of(address)
    if not masked.strip():
        return "is empty; write rtsp://host/path, v4l2:/dev/video0, or the path of a recording"
    if len(address) > LONGEST:
        return f"is longer than {LONGEST} characters; shorten it"
    if "${" in masked:
        return "has a '${' that begins no reference; write ${NAME} or ${file:/run/secrets/NAME}"
    if any(not one.isprintable() or (one.isspace() and kind != "file") for one in masked):
        return "holds a space or a control character; remove it, or write a space as %20"
    if kind == "device":
        return None if masked[len(DEVICE) + 1 :].startswith("/") else "names no device; write v4l2:/dev/video0"
    return _fault_of_url(masked) if kind == "url" else None


def _fault_of_url(masked: str) -> str | None:
    scheme, _, rest = masked.partition(":")
    if scheme.lower() not in SCHEMES:
        known = ", ".join(f"{one}://" for one in SCHEMES)
        return f"has a scheme that is not known; begin it with {known} or {DEVICE}:, or write the path of a file"
    if not rest.startswith("//"):
        return f"has no '//' after its scheme; write {scheme.lower()}://host/path"
    found = _AUTHORITY.match(masked)
    if found is None or not _is_host(found["host"]):
        return f"names no host; write {scheme.lower()}://host/path, or [address] for IPv6"
    return None if _is_port(found["port"]) else "has a port that is none; use 1 to 65535, or leave it out"


def _is_host(host: str) -> bool:
    if not host.startswith("["):
        return bool(_HOST.fullmatch(host))
    try:
        IPv6Address(host[1:-1])
    except AddressValueError:
        return _FILLED in host
    return True


def _is_port(port: str | None) -> bool:
    """Whether `:port` is one; a reference may be."""
    if port is None or _FILLED in port:
        return True
    digits = port[1:]
    return digits.isascii() and digits.isdecimal() and len(digits) <= 5 and 1 <= int(digits) <= 65535
