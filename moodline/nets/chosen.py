"""The expression net that was chosen for live cameras, and which process uses which, in Redis.

Used by `moodline models`, which chooses, and by `moodline.nets.watch`, which obeys. The file itself lies in Redis, so
that every machine has it.
"""

import hashlib
from typing import Any

import msgspec
import redis

from common.errors import ModelError
from common.reaching import reaching

FRESH_MS = 60_000
"""What a process told longer ago is not shown: it has ended."""


class Choice(msgspec.Struct, frozen=True):
    """The net that was chosen.

    Attributes:
        name: of its file.
        sha256: of its file.
    """

    name: str
    sha256: str


class User(msgspec.Struct, frozen=True):
    """A process that reads live cameras.

    Attributes:
        process: where it runs, and its number there.
        model: the net that it uses, as its readings name it.
        refused: why it did not take the one that was chosen; empty if it did.
        told_ms: when it told this, Unix milliseconds.
    """

    process: str
    model: str
    refused: str
    told_ms: int


_unpack_choice = msgspec.json.Decoder(Choice).decode
_unpack_user = msgspec.json.Decoder(User).decode


class ChosenNet:
    """The choice as it stands in Redis; every method raises `StoreError` when Redis is away, full, or refuses.

    Args:
        client: the opened Redis.
        prefix: first part of every key.
    """

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client = client
        self._choice, self._file, self._users = f"{prefix}:net", f"{prefix}:net:file", f"{prefix}:net:users"

    def choose(self, name: str, content: bytes) -> Choice:
        """Choose a net.

        Args:
            name: of its file.
            content: of its file.
        """
        choice = Choice(name, hashlib.sha256(content).hexdigest())
        with reaching(self._client), self._client.pipeline(transaction=True) as pipe:
            pipe.set(self._file, content)
            pipe.set(self._choice, msgspec.json.encode(choice))
            pipe.execute()
        return choice

    def clear(self) -> None:
        """Choose that of everybody's settings again."""
        with reaching(self._client):
            self._client.delete(self._choice, self._file)

    def read(self) -> Choice | None:
        """Give the choice; None for that of everybody's settings."""
        with reaching(self._client):
            packed: Any = self._client.get(self._choice)
        return _unpack_choice(packed) if packed else None

    def content(self, choice: Choice) -> bytes:
        """Give the file of a choice.

        Raises:
            ModelError: what lies in Redis is not that file.
        """
        with reaching(self._client):
            content: Any = self._client.get(self._file)
        if hashlib.sha256(content or b"").hexdigest() != choice.sha256:
            raise ModelError(f"'{choice.name}' is damaged in Redis; choose it again with `moodline models use`")
        return bytes(content)

    def tell(self, user: User) -> None:
        """Note what a process uses."""
        with reaching(self._client):
            self._client.hset(self._users, user.process, msgspec.json.encode(user))

    def leave(self, process: str) -> None:
        """Note that a process has ended."""
        with reaching(self._client):
            self._client.hdel(self._users, process)

    def users(self, now_ms: int) -> list[User]:
        """List the processes that told lately what they use, by name; the others are forgotten.

        Args:
            now_ms: the time, Unix milliseconds.
        """
        with reaching(self._client):
            found: Any = self._client.hgetall(self._users)
            users = [_unpack_user(packed) for packed in found.values()]
            old = [user.process for user in users if now_ms - user.told_ms > FRESH_MS]
            if old:
                self._client.hdel(self._users, *old)
        return sorted((user for user in users if user.process not in old), key=lambda user: user.process)
