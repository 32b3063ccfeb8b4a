"""Gives a classifier that is at work the net that was chosen for live cameras; used by live runs and by workers.

A thread looks every two seconds. It gets the file, verifies its sum, loads it and warms it up while the classifier goes
on with what it has; only then is the new net put in the place of the old one. What is damaged, of another net or for
another size of face is refused: the old net stays, and the log and `moodline models` say why. While Redis is away
everything stays as it is.
"""

import logging
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import redis

from classifier.served import Served, load
from classifier.settings import ClassifierSettings
from classifier.stage import ClassifierStage
from common.errors import ModelError, StoreError
from common.redis_client import Patience
from moodline.nets.chosen import Choice, ChosenNet, User

log = logging.getLogger(__name__)

LOOK_S = 2.0
"""How often it looks, seconds."""
PATIENCE = Patience(answer_s=1.0, retries=0)
"""A look that fails is repeated soon, and the process that it belongs to must be able to end."""

Opening = Callable[[], AbstractContextManager[redis.Redis]]
"""Opens Redis for the time of one look."""


class NetWatch:
    """Watches the choice for one classifier.

    Args:
        stage: the classifier.
        settings: how it runs its nets.
        opening: opens Redis.
        prefix: first part of every key.
        now_ms: the clock, Unix milliseconds.
    """

    def __init__(
        self,
        stage: ClassifierStage,
        settings: ClassifierSettings,
        opening: Opening,
        prefix: str,
        now_ms: Callable[[], int],
    ) -> None:
        self._stage, self._settings = stage, settings
        self._opening, self._prefix, self._now_ms = opening, prefix, now_ms
        self._process = f"{socket.gethostname()} {os.getpid()}"
        self._seen: Choice | None = None
        self._refused = ""
        self._is_away = False

    def look(self) -> None:
        """Look once, and take the net that was chosen if it is another than before."""
        try:
            with self._opening() as client:
                chosen = ChosenNet(client, self._prefix)
                choice = chosen.read()
                if choice != self._seen:
                    self._take(chosen, choice)
                    self._seen = choice
                chosen.tell(User(self._process, self._stage.live.name, self._refused, self._now_ms()))
            self._is_away = False
        except StoreError as error:
            if not self._is_away:
                log.warning("live cameras keep their net %s: %s", self._stage.live.name, error)
            self._is_away = True

    def leave(self) -> None:
        """Tell that this process has ended."""
        if self._is_away:
            return
        try:
            with self._opening() as client:
                ChosenNet(client, self._prefix).leave(self._process)
        except StoreError as error:
            log.debug("not told that this process has ended: %s", error)

    def _take(self, chosen: ChosenNet, choice: Choice | None) -> None:
        self._refused = ""
        try:
            self._stage.live = self._stage.served if choice is None else self._loaded(chosen, choice)
        except ModelError as error:
            self._refused = str(error)
            log.error("live cameras keep their net %s: %s", self._stage.live.name, error)  # noqa: TRY400  # says it all
        else:
            log.info("live cameras are read with %s from now on", self._stage.live.name)

    def _loaded(self, chosen: ChosenNet, choice: Choice) -> Served:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(choice.name).name
            path.write_bytes(chosen.content(choice))
            return load(path, self._settings)


@contextmanager
def watching(watch: NetWatch) -> Iterator[None]:
    """Look once at the begin, and then again and again in a thread, for the time of a `with` block."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(LOOK_S):
            watch.look()

    watch.look()
    thread = threading.Thread(target=work, name="nets", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(LOOK_S)
        watch.leave()
