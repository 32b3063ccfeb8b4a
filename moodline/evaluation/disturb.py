"""Faces that are lost or blurred on purpose before they are read; used by `evaluate footage`.

What happens to a face depends on the seed, its frame and its track alone, so that every run disturbs the same ones.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from msgspec.structs import replace

from common.messages import Face, Faces, Message, Spine
from detector.crop_measures import measure_crop
from detector.quality import QualityGate, left
from detector.settings import DetectorSettings


@dataclass(frozen=True)
class Disturbance:
    """How faces are made worse.

    Attributes:
        drop: share of the faces that are never read, 0 to 1, as if they had waited too long.
        blur: share of the others that are out of focus, 0 to 1.
        sigma: by how much, pixels of the 48 of a crop.
        seed: which ones.
    """

    drop: float = 0.0
    blur: float = 0.0
    sigma: float = 1.5
    seed: int = 0


NO_DISTURBANCE = Disturbance()


class DisturbedFaces:
    """A `Stage` from `Faces` to `Faces`, behind the detector."""

    def __init__(self, disturbance: Disturbance, settings: DetectorSettings) -> None:
        self._disturbance = disturbance
        self._gate = QualityGate(**settings.model_dump(include=set(QualityGate.__dataclass_fields__)))

    def process(self, messages: Sequence[Message]) -> Iterator[Message]:
        """See `Stage.process`."""
        for message in messages:
            if isinstance(message, Faces):
                faces = tuple(self._face(face, message.spine) for face in message.faces)
                yield replace(message, faces=faces)
            else:
                yield message

    def forget(self, camera: str) -> None:
        """See `Stage.forget`; nothing is held."""

    def close(self) -> None:
        """See `Stage.close`."""

    def _face(self, face: Face, spine: Spine) -> Face:
        if face.crop is None:
            return face
        by, place = self._disturbance, (spine.epoch, spine.seq, face.track)
        if _coin("drop", by.seed, *place) < by.drop:
            return replace(face, crop=None, refused="expired")
        return self._blurred(face) if _coin("blur", by.seed, *place) < by.blur else face

    def _blurred(self, face: Face) -> Face:
        assert face.crop is not None  # noqa: S101  # the caller looked
        crop = np.asarray(cv2.GaussianBlur(face.crop, (0, 0), self._disturbance.sigma), np.uint8)
        quality = replace(face.quality, **measure_crop(crop)._asdict())
        quality = replace(quality, left=left(quality))
        refused = self._gate.refuse(quality)
        return replace(face, quality=quality, refused=refused, crop=crop if refused is None else None)


def _coin(*names: object) -> float:
    """Throw a coin that always falls the same way: 0 to 1."""
    digest = hashlib.sha256(repr(names).encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48
