"""The classifier stage: reads the faces of many frames, of any cameras, in shared batches.

Driven by the embedded run and the workers. What a face gets depends on its crop alone.
"""

import logging
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from classifier.reading import Verdict, verdicts
from classifier.served import Served, load
from classifier.settings import ClassifierSettings
from common.messages import Face, Faces, Gray, Message, Mode, Reading, Readings, coordinates, recipe_of

log = logging.getLogger(__name__)

CLASSIFIER_VERSION = 3
"""Part of the recipe: raised whenever the same settings and weights would give other readings."""


class ClassifierStage:
    """A `Stage` from `Faces` to `Readings`.

    Attributes:
        served: the net that reads recordings, always: that of the settings.
        live: the net that reads live cameras; another may be put here at any time, by any thread.

    Raises:
        ModelError: the weights or the device cannot be used.
    """

    def __init__(self, settings: ClassifierSettings) -> None:
        self.served = self.live = load(settings.weights, settings)
        self._views = settings.views

    def process(self, messages: Sequence[Message]) -> Iterator[Message]:
        """See `Stage.process`."""
        batch = [message for message in messages if isinstance(message, Faces)]
        live = iter(self._score([faces for faces in batch if _is_live(faces)], self.live, live=True))
        recorded = iter(self._score([faces for faces in batch if not _is_live(faces)], self.served, live=False))
        for message in messages:
            yield next(live if _is_live(message) else recorded) if isinstance(message, Faces) else message

    def forget(self, camera: str) -> None:
        """See `Stage.forget`; nothing is held."""

    def close(self) -> None:
        """See `Stage.close`."""

    def _score(self, batch: Sequence[Faces], served: Served, *, live: bool) -> list[Readings]:
        def look(crops: Sequence[Gray]) -> list[Verdict]:
            return verdicts(served.predictor.look(np.stack(crops), self._views, live), served.rule)

        crops = [[face.crop for face in faces.faces if face.crop is not None] for faces in batch]
        return [_readings(faces, found, served) for faces, found in zip(batch, _read(crops, look), strict=True)]


def _read(
    crops: Sequence[Sequence[Gray]], look: Callable[[Sequence[Gray]], list[Verdict]]
) -> list[list[Verdict] | Exception]:
    """Read the crops of frames; a frame that cannot be read spoils no other."""
    try:
        together = [crop for frame in crops for crop in frame]
        left = iter(look(together) if together else ())
        return [[next(left) for _ in frame] for frame in crops]
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told with its frame
        return [error] if len(crops) == 1 else [one for frame in crops for one in _read([frame], look)]


def _is_live(faces: Faces) -> bool:
    return faces.spine.mode == "live"


def _readings(faces: Faces, found: list[Verdict] | Exception, served: Served) -> Readings:
    recipe = recipe_of(faces.recipe, recipe_for(served, faces.spine.mode))
    if isinstance(found, Exception):
        log.error("%s could not be read; the frame counts as dropped", coordinates(faces), exc_info=found)
        return Readings(faces.spine, (), recipe, "dead_letter", repr(found), faces.replayed)
    left = iter(found)
    readings = tuple(_reading(face, None if face.crop is None else next(left)) for face in faces.faces)
    model = served.name if faces.dropped is None else ""
    return Readings(faces.spine, readings, recipe, faces.dropped, faces.failure, faces.replayed, model)


def recipe_for(served: Served, mode: Mode) -> str:
    """Give the classifier's part of a recipe.

    That of a recording holds the weights: other weights replace its series. A live camera cannot be read again, so
    that its series goes on when its net is changed: each reading names the net.
    """
    weights = {} if mode == "live" else {"weights": served.predictor.sha256}
    return recipe_of("classifier", CLASSIFIER_VERSION, served.made_by | weights)


def _reading(face: Face, verdict: Verdict | None) -> Reading:
    """Tell what was read on a face, or without a verdict why there is none."""
    status, probabilities = verdict or (face.refused or "ok", None)
    return Reading(face.track, face.box, face.score, face.quality, status, probabilities, face.zone)
