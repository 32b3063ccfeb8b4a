"""The classifier stage: reads the faces of many frames, of any cameras, in shared batches.

Driven by the embedded run and the workers. What a face gets depends on its crop alone.
"""

import logging
from collections.abc import Iterator, Sequence

import numpy as np

from classifier.predictor import Predictor, Scores, Serving
from classifier.settings import ClassifierSettings
from common.errors import ModelError
from common.messages import CROP_SIDE, Face, Faces, Message, Reading, Readings, Status, coordinates, recipe_of

log = logging.getLogger(__name__)

CLASSIFIER_VERSION = 1
"""Part of the recipe: raised whenever the same settings and weights would give other readings."""


class ClassifierStage:
    """A `Stage` from `Faces` to `Readings`.

    Raises:
        ModelError: the weights or the device cannot be used.
    """

    def __init__(self, settings: ClassifierSettings) -> None:
        serving = settings.model_dump(include={"device", "precision", "shape", "threads"})
        self.predictor = Predictor(settings.weights, Serving(**serving))
        if self.predictor.size != CROP_SIDE:
            size = self.predictor.size
            raise ModelError(
                f"'{settings.weights}' reads faces of {size} pixels, but they are cut at {CROP_SIDE}; train one"
            )
        self._ambiguous, self._views = settings.ambiguous, settings.views
        made_by = {
            "weights": self.predictor.sha256,
            "precision": self.predictor.precision,
            "device": self.predictor.device.type,
            "shape": settings.shape,
            "threads": settings.threads,
            "ambiguous": settings.ambiguous,
            "views": settings.views,
        }
        self.recipe = recipe_of("classifier", CLASSIFIER_VERSION, made_by)

    def process(self, messages: Sequence[Message]) -> Iterator[Message]:
        """See `Stage.process`."""
        scored = self._score([message for message in messages if isinstance(message, Faces)])
        for message in messages:
            yield scored.pop(0) if isinstance(message, Faces) else message

    def forget(self, camera: str) -> None:
        """See `Stage.forget`; nothing is held."""

    def close(self) -> None:
        """See `Stage.close`."""

    def _score(self, batch: list[Faces]) -> list[Readings]:
        try:
            crops = [face.crop for faces in batch for face in faces.faces if face.crop is not None]
            scores = iter(
                self.predictor.predict(np.stack(crops), self._views) if crops else np.empty((0, 7), np.float32)
            )
            return [self._readings(faces, [next(scores) for f in faces.faces if f.crop is not None]) for faces in batch]
        except Exception as error:
            if len(batch) > 1:
                return [readings for faces in batch for readings in self._score([faces])]
            log.exception("%s could not be read; the frame counts as dropped", coordinates(batch[0]))
            return [Readings(batch[0].spine, (), self._recipe(batch[0]), "dead_letter", repr(error), batch[0].replayed)]

    def _readings(self, faces: Faces, scores: list[Scores]) -> Readings:
        left = iter(scores)
        readings = tuple(self._reading(face, None if face.crop is None else next(left)) for face in faces.faces)
        return Readings(faces.spine, readings, self._recipe(faces), faces.dropped, faces.failure, faces.replayed)

    def _reading(self, face: Face, scores: Scores | None) -> Reading:
        status: Status = face.refused or "ok"
        probabilities = None
        if scores is not None:
            probabilities = tuple(float(value) for value in scores)
            second, first = np.partition(scores, -2)[-2:]
            status = "ambiguous" if first - second < self._ambiguous else "ok"
        return Reading(face.track, face.box, face.score, face.quality, status, probabilities, face.zone)

    def _recipe(self, faces: Faces) -> str:
        return recipe_of(faces.recipe, self.recipe)
