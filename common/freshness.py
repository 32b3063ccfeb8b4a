"""What is too old to be worked on: of live cameras only, since a recording waits for nobody; used by `common.shedding`.

Pure: the time comes in as an argument. A message that is too old still goes on, so that its frame is accounted for.
"""

from msgspec.structs import replace

from common.messages import Face, Faces, Frame, Spine

ABSURD_MS = 600_000
"""An age above this, milliseconds, says that the host's clock was set, and nothing of the message."""

LASTING_MS = 10_000
"""When for so long all of a camera was too old, milliseconds, and by the same amount, two clocks differ by it."""

_SAME_MS = 500


class Freshness:
    """Judges the ages of one camera's messages, by the clock of ingest's machine and that of this one.

    What is too old costs nothing, so that a stage which finds all too old soon has none that waits: the ages fall. If
    they stay, the two clocks differ by them, or the stages before are as slow, and nothing is gained by never working
    again. From then on ages count from the least one of that time, until a lower one is seen.

    Attributes:
        usual_ms: the age from which ages count, milliseconds.
    """

    def __init__(self) -> None:
        self.usual_ms = 0
        self._began_ms: int | None = None
        self._early_ms = self._late_ms = ABSURD_MS

    def is_stale(self, spine: Spine, now_ms: int, max_age_ms: int) -> bool:
        """Whether a message is too old; an age that cannot be true is none.

        Args:
            spine: which frame.
            now_ms: the time, Unix milliseconds.
            max_age_ms: the greatest age of what is still worked on, milliseconds.
        """
        age_ms = now_ms - spine.arrived_ms
        if spine.mode != "live" or age_ms > ABSURD_MS:
            return False
        if age_ms - self.usual_ms > max_age_ms:
            self._note(age_ms, now_ms)
            return age_ms - self.usual_ms > max_age_ms
        self.usual_ms = max(min(self.usual_ms, age_ms), 0)
        self._began_ms = None
        return False

    def _note(self, age_ms: int, now_ms: int) -> None:
        """Take note of something too old; at the end of the time, decide whether clocks differ."""
        passed_ms = -1 if self._began_ms is None else now_ms - self._began_ms
        if not 0 <= passed_ms <= 2 * LASTING_MS:
            self._began_ms, self._early_ms, self._late_ms = now_ms, age_ms, ABSURD_MS
        elif passed_ms < LASTING_MS // 2:
            self._early_ms = min(self._early_ms, age_ms)
        else:
            self._late_ms = min(self._late_ms, age_ms)
            if passed_ms >= LASTING_MS:
                self._began_ms = None
                if abs(self._late_ms - self._early_ms) <= _SAME_MS:
                    self.usual_ms = min(self._late_ms, self._early_ms)


def expired(message: Frame | Faces) -> Frame | Faces:
    """Take away what there would be to work on: the picture of a frame, or the crops of its faces."""
    if isinstance(message, Faces):
        return replace(message, faces=tuple(map(_expired_face, message.faces)))
    return message if message.planes is None else replace(message, planes=None, dropped="stale")


def _expired_face(face: Face) -> Face:
    return face if face.crop is None else replace(face, crop=None, refused="expired")
