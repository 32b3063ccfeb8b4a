"""The classifier stage: reads the faces of many frames, of any cameras, in shared batches.

Driven by the embedded run and the workers. What a face gets depends on its crop alone.
"""

import logging
from collections.abc import Iterator, Sequence

import numpy as np

from classifier.choice import with_crop
from classifier.predictor import Predictor, Serving
from classifier.reading import Rule, Verdict, verdicts
from classifier.settings import ClassifierSettings
from common.errors import ModelError
from common.messages import CROP_SIDE, Face, Faces, Gray, Message, Reading, Readings, coordinates, recipe_of

log = logging.getLogger(__name__)

CLASSIFIER_VERSION = 3
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
        self._views = settings.views
        calibration, face_head = self.predictor.calibration(settings.views), self.predictor.face_head
        self._rule = Rule.of(calibration, face_head, settings.ambiguous, settings.not_a_face)
        made_by = {
            "weights": self.predictor.sha256,
            "precision": self.predictor.precision,
            "device": self.predictor.device.type,
            "shape": settings.shape,
            "ambiguous": settings.ambiguous,
            "not_a_face": settings.not_a_face,
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

    def _score(self, batch: Sequence[Faces]) -> list[Readings]:
        chosen = [with_crop(faces) for faces in batch]
        crops = [
            [face.crop for face, wanted in zip(faces.faces, choice, strict=True) if wanted]
            for faces, choice in zip(batch, chosen, strict=True)
        ]
        found = self._read(crops)
        return [self._readings(*one) for one in zip(batch, chosen, found, strict=True)]

    def _read(self, crops: Sequence[Sequence[Gray | None]]) -> list[list[Verdict] | Exception]:
        """Read the chosen crops of frames; a frame that cannot be read spoils no other."""
        try:
            together = [crop for frame in crops for crop in frame if crop is not None]
            found = verdicts(self.predictor.look(np.stack(together), self._views), self._rule) if together else ()
            left = iter(found)
            return [[next(left) for _ in frame] for frame in crops]
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told with its frame
            return [error] if len(crops) == 1 else [one for frame in crops for one in self._read([frame])]

    def _readings(self, faces: Faces, chosen: Sequence[bool], found: list[Verdict] | Exception) -> Readings:
        recipe = self._recipe(faces)
        if isinstance(found, Exception):
            log.error("%s could not be read; the frame counts as dropped", coordinates(faces), exc_info=found)
            return Readings(faces.spine, (), recipe, "dead_letter", repr(found), faces.replayed)
        left = iter(found)
        readings = tuple(
            _reading(face, next(left) if wanted else None) for face, wanted in zip(faces.faces, chosen, strict=True)
        )
        return Readings(faces.spine, readings, recipe, faces.dropped, faces.failure, faces.replayed)

    def _recipe(self, faces: Faces) -> str:
        return recipe_of(faces.recipe, self.recipe)


def _reading(face: Face, verdict: Verdict | None) -> Reading:
    """Tell what was read on a face, or without a verdict why there is none."""
    status, probabilities = verdict or (face.refused or "ok", None)
    return Reading(face.track, face.box, face.score, face.quality, status, probabilities, face.zone)
