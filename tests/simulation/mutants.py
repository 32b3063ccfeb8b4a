"""Workers with one mistake each, to show that the simulation finds it."""

from collections.abc import Collection, Mapping
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from common.bus.base import Place
from common.messages import Frame, Message
from common.state import Saved, StateStore
from common.worker import Batch, Worker


class CommitsFirst(Worker):
    """Commits before what it polled is published and saved."""

    def _through(self, batch: Batch) -> Collection[str]:
        self._source.commit()
        return super()._through(batch)


class SavesFirst(Worker):
    """Saves its state before what it published is held safely."""

    def _through(self, batch: Batch) -> Collection[str]:
        output = self._output
        if output is None:
            return super()._through(batch)
        flush = output.flush
        with patch.object(output, "flush"):
            refused = super()._through(batch)
        flush()
        return refused


class KeepsLost(Worker):
    """Goes on with what it knew of a camera that was another worker's meanwhile."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._source.taken_away = tuple  # type: ignore[method-assign]  # the mistake


class SavesAnyway(Worker):
    """Saves its state whatever stands."""

    def __init__(self, stage: Any, source: Any, output: Any, states: StateStore, *given: Any) -> None:
        super().__init__(stage, source, output, _Overwriting(states), *given)


class _Overwriting:
    def __init__(self, states: StateStore) -> None:
        self._states = states

    def load(self, camera: str) -> Saved | None:
        return self._states.load(camera)

    def save(self, changes: Mapping[str, Saved]) -> Collection[str]:
        standing = {camera: self._states.load(camera) for camera in changes}
        versions = {camera: saved.version if saved else 0 for camera, saved in standing.items()}
        return self._states.save({c: replace(saved, version=versions[c] + 1) for c, saved in changes.items()})


class SkipsBySeq(Worker):
    """Takes the number of a frame for its place."""

    def _is_fresh(self, message: Message, place: Place) -> bool:
        super()._is_fresh(message, place)
        if self._states is None or not isinstance(message, Frame):
            return True
        return message.spine.seq > self._held[message.spine.camera].place.offset

    def _save(self, batch: Batch) -> Collection[str]:
        return super()._save([(m, Place(place.partition, m.spine.seq)) for m, place in batch if isinstance(m, Frame)])


class StartsAfresh(Worker):
    """Passes over what a saved state includes, but does not go on from it."""

    def _resume(self, camera: str, states: StateStore) -> Any:
        held = super()._resume(camera, states)
        self._stage.forget(camera)
        return held


class LosesLetters(Worker):
    """Saves its state before dead letters are held safely."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._source.flush = lambda: None  # type: ignore[method-assign]  # the mistake
