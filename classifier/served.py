"""A net as it is served: the predictor, how its looks are judged, and the name by which readings tell it.

Used by the stage, and by whoever gives the stage another net while it works.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.predictor import Predictor, Serving
from classifier.reading import Rule
from classifier.settings import ClassifierSettings
from common.errors import ModelError
from common.messages import CROP_SIDE


@dataclass(frozen=True)
class Served:
    """A net that is ready to read faces.

    Attributes:
        predictor: looks at faces.
        rule: judges the looks.
        name: that of its file without the ending, `@`, and the first twelve digits of the file's SHA-256.
        made_by: what decides its readings besides the weights, for the recipe.
    """

    predictor: Predictor
    rule: Rule
    name: str
    made_by: dict[str, Any]


def load(weights: Path, settings: ClassifierSettings) -> Served:
    """Load a net and warm it up.

    Args:
        weights: its file.
        settings: how it is to be run, and what its readings are; the file that they name is not looked at.

    Raises:
        ModelError: the file is missing, damaged or of another net, it reads faces of another size, or the device is not
            there or cannot hold it.
    """
    predictor = Predictor(weights, Serving(**settings.model_dump(include={"device", "precision", "shape", "threads"})))
    if predictor.size != CROP_SIDE:
        raise ModelError(
            f"'{weights}' reads faces of {predictor.size} pixels, but they are cut at {CROP_SIDE}; train one"
        )
    predictor.warm_up()
    calibration = predictor.calibration(settings.views)
    rule = Rule.of(calibration, predictor.face_head, settings.ambiguous, settings.not_a_face)
    made_by = {
        "precision": predictor.precision,
        "device": predictor.device.type,
        "shape": settings.shape,
        "ambiguous": settings.ambiguous,
        "not_a_face": settings.not_a_face,
        "views": settings.views,
    }
    return Served(predictor, rule, f"{weights.stem[:40]}@{predictor.sha256[:12]}", made_by)
