"""The loops that join a stage to its buses; used by the embedded run and by the workers.

A runner does, in this order: poll, process, publish, commit. It stops when its input is drained or aborted, and
finishes its output when it stops in good order.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from msgspec.structs import replace

from common.bus.base import Bus, BusClosed
from common.messages import Frame, Message
from common.stage import Stage

log = logging.getLogger(__name__)

POLL_S = 0.5
"""Longest wait for a message, in seconds; the bus wakes its poller earlier for every message and for its end."""


Feed = Callable[[Bus], None]
"""Gives messages to a bus by itself, and returns at its end: for what must know how much room the bus has."""


def run_feed(feed: Feed, output: Bus) -> None:
    """Let a feed publish all that it has.

    Args:
        feed: what publishes.
        output: where it publishes.
    """
    try:
        feed(output)
        output.finish()
        output.flush()
    except BusClosed:
        log.debug("source stopped: its bus was closed")


def run_source(messages: Iterable[Message], output: Bus, when_behind: Literal["wait", "drop"] = "wait") -> None:
    """Publish everything that a source gives.

    Args:
        messages: what to publish.
        output: where it goes.
        when_behind: what a frame does for which the bus has no room: wait, or go on at once as dropped (`behind`).
    """

    def feed(output: Bus) -> None:
        for message in messages:
            late = when_behind == "drop" and isinstance(message, Frame) and output.crowded
            output.publish(_without_picture(message) if late else message)

    run_feed(feed, output)


def _without_picture(message: Message) -> Message:
    if isinstance(message, Frame) and message.planes is not None:
        return replace(message, planes=None, dropped="behind")
    return message


class Take(NamedTuple):
    """How messages are taken from a bus: how many at a time, at most, and the longest wait for so many, seconds."""

    batch: int
    fill_s: float = 0.0


def run_stage(stage: Stage, source: Bus, output: Bus | None, take: Callable[[], Take]) -> None:
    """Run one stage until its input ends.

    Args:
        stage: the stage; the caller closes it.
        source: where its inputs come from.
        output: where its outputs go; None for the last stage.
        take: says each time how inputs are taken.
    """
    try:
        while not source.drained:
            batch, fill_s = take()
            inputs = source.poll(batch, POLL_S, fill_s)
            for message in stage.process(inputs) if inputs else ():
                if output is not None:
                    output.publish(message)
            source.commit()
        if output is not None:
            output.finish()
    except BusClosed:
        log.debug("stage stopped: a bus was closed")
