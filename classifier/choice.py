"""Which faces of a frame are read; used by the stage."""

from common.messages import Faces


def with_crop(faces: Faces) -> tuple[bool, ...]:
    """Choose every face that has a crop; one answer for each face."""
    return tuple(face.crop is not None for face in faces.faces)
