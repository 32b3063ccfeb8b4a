"""The name of every key that the sink writes; used by the store and the reader, and nowhere else spelled out.

All keys of one camera share the hash tag `{<camera>}`, so that one transaction can hold them in a cluster too. The
one key outside is the set of cameras that have a series.
"""

from msgspec import Struct

from common.messages import track_name


def cameras_key(prefix: str) -> str:
    """Set: the cameras that have a series."""
    return f"{prefix}:series"


class CameraKeys(Struct, frozen=True):
    """The keys of one camera.

    Attributes:
        prefix: first part of every key.
        camera: the camera's name.
    """

    prefix: str
    camera: str

    def _name(self, rest: str) -> str:
        return f"{self.prefix}:{{{self.camera}}}:{rest}"

    @property
    def epochs(self) -> str:
        """Hash: epoch to JSON with how it was opened and closed, and its recipe."""
        return self._name("epochs")

    @property
    def fence(self) -> str:
        """String: the highest epoch of a live camera that was begun; it never expires."""
        return self._name("newest")

    @property
    def minutes(self) -> str:
        """Sorted set: the begins of all minutes with a hash, by themselves."""
        return self._name("minutes")

    @property
    def late(self) -> str:
        """Stream: entries that came too late for their series, with the key and id they were meant for."""
        return self._name("late")

    def minute(self, time_ms: int) -> str:
        """Hash: the sums of each epoch in one minute (`epoch:<epoch>`), and the summary of all."""
        return self._name(f"minute:{time_ms}")

    def state(self, epoch: str) -> str:
        """Hash: recipe, last frame and the saved state of an epoch."""
        return self._name(f"state:{epoch}")

    def tracks(self, epoch: str) -> str:
        """Sorted set: the numbers of an epoch's tracks by the time of their first sample."""
        return self._name(f"tracks:{epoch}")

    def track(self, epoch: str, track: int) -> str:
        """Stream: the samples of one track."""
        return self.named_track(track_name(self.camera, epoch, track))

    def named_track(self, track: str) -> str:
        """Stream: the samples of one track, by its full name."""
        return self._name(f"track:{track}")

    def readings(self, epoch: str, live: bool) -> str:
        """Stream: one entry for each sampled frame; one stream for a live camera, one for each recorded epoch."""
        return self._name("readings" if live else f"readings:{epoch}")

    def ended(self, epoch: str, live: bool) -> str:
        """Stream: one entry for each finished track; divided like `readings`."""
        return self._name("ended" if live else f"ended:{epoch}")
