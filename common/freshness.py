"""What is too old to be worked on: of live cameras only, since a recording waits for nobody; used by `common.shedding`.

Pure: the time comes in as an argument. A message that is too old still goes on, so that its frame is accounted for.
"""

from msgspec.structs import replace

from common.messages import Face, Faces, Frame, Spine

ABSURD_MS = 600_000
"""An age above this, milliseconds, says that the host's clock was set, and nothing of the message."""


def is_stale(spine: Spine, now_ms: int, max_age_ms: int) -> bool:
    """Whether a frame is of a live camera and too old; an age that cannot be true is none.

    Args:
        spine: which frame.
        now_ms: the time, Unix milliseconds, by the clock that `arrived_ms` is of.
        max_age_ms: the greatest age of what is still worked on, milliseconds.
    """
    return spine.mode == "live" and max_age_ms < now_ms - spine.arrived_ms <= ABSURD_MS


def expired(message: Frame | Faces) -> Frame | Faces:
    """Take away what there would be to work on: the picture of a frame, or the crops of its faces."""
    if isinstance(message, Faces):
        return replace(message, faces=tuple(map(_expired_face, message.faces)))
    return message if message.planes is None else replace(message, planes=None, dropped="stale")


def _expired_face(face: Face) -> Face:
    return face if face.crop is None else replace(face, crop=None, refused="expired")
