"""Several reads in one round trip on keys that are watched; used by the store.

A pipeline of redis-py that watches asks one thing after the other, and waits for each answer. Of many cameras the sink
writes little of each at a time, so that it would wait for more than it works.
"""

from collections.abc import Sequence
from typing import Any

from redis import ResponseError
from redis.client import Pipeline


def read_watched(pipe: Pipeline, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Read at once.

    Args:
        pipe: a pipeline that watches, and queues nothing yet.
        commands: the reads, each as its name and arguments.

    Returns:
        The answers, in the order of the reads.

    Raises:
        redis.RedisError: the connection was lost, with what it watched, or a read was refused.
    """
    connection: Any = pipe.connection
    connection.send_packed_command(connection.pack_commands(commands))
    answers = [_answer(pipe, connection, str(name)) for name, *_ in commands]
    for answer in answers:
        if isinstance(answer, ResponseError):
            raise answer
    return answers


def _answer(pipe: Any, connection: Any, name: str) -> Any:
    """Take one answer; a refusal is given back, so that the answers behind it are taken too."""
    try:
        return pipe.parse_response(connection, name)
    except ResponseError as error:
        return error
