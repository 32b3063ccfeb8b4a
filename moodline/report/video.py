"""The annotated video of a recording: every tracked face blurred, boxed and labelled; used by `moodline run`.

What remains unblurred: a face that the detector never found; one more than half a second before its first sighting or
more than a second after its last; what of a face reaches beyond the box and its margin of 40 %; and all else by which
people are known, such as clothes, gait and bystanders' hands. Where nobody looked for faces, or the series has no
entry, the whole frame is blurred.
"""

from collections.abc import Iterable, Mapping
from contextlib import closing
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from common.errors import OutputError
from common.messages import Frame
from moodline.output import replaced
from moodline.report.blur import Coverings, blur, blur_all
from moodline.report.marks import draw_mark
from sink.records import FrameEntry

_OPTIONS = {"crf": "23", "preset": "veryfast", "threads": "2"}
_MILLISECOND = Fraction(1, 1000)
_NOMINAL_RATE = 30
"""Only for the encoder's budget of bits; every picture keeps its own time."""


def write_video(frames: Iterable[Frame], entries: Mapping[int, FrameEntry], path: Path) -> int:
    """Write the annotated video of one epoch: MP4, H.264, every picture at its event time from the first on.

    Frames without a picture are passed over. Frames of another size than the first are scaled to it.

    Args:
        frames: the sampled frames of the epoch in order; read once, one at a time.
        entries: the entry of every sampled frame by its number, as in `SeriesReader.frames`.
        path: the file; written whole or not at all.

    Returns:
        How many pictures were written.

    Raises:
        OutputError: the file cannot be written, or no frame has a picture.
    """
    pictures = (frame for frame in frames if frame.planes is not None)
    first = next(pictures, None)
    if first is None:
        raise OutputError(f"no video was written to '{path}': no frame of the recording has a picture")
    coverings = Coverings(entries.values())
    with replaced(path) as part, closing(_Writer(part, first.width, first.height)) as writer:
        for frame in chain((first,), pictures):
            writer.write(_annotated(frame, entries.get(frame.spine.seq), coverings), frame.spine.time_ms)
        writer.finish()
    return writer.written


def _annotated(frame: Frame, entry: FrameEntry | None, coverings: Coverings) -> npt.NDArray[np.uint8]:
    assert frame.planes is not None  # noqa: S101  # the caller looked
    planes = frame.planes.copy()
    if entry is None or entry.dropped is not None:
        blur_all(planes)
        return planes
    for box in coverings.at(frame.spine.time_ms):
        blur(planes, box)
    for face in entry.faces:
        draw_mark(planes, face)
    return planes


class _Writer:
    """An H.264 file that is being written."""

    def __init__(self, path: Path, width: int, height: int) -> None:
        self._path, self._size = path, (width, height)
        self._begin_ms = 0
        self._last = -1
        self.written = 0
        self._file = av.open(str(path), "w", format="mp4")
        self._stream: Any = self._file.add_stream("libx264", rate=_NOMINAL_RATE, options=_OPTIONS)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.codec_context.time_base = _MILLISECOND

    def write(self, planes: npt.NDArray[np.uint8], time_ms: int) -> None:
        """Add a picture at an event time; one at the same time as that before it comes a millisecond later."""
        if self.written == 0:
            self._begin_ms = time_ms
        self._last = max(time_ms - self._begin_ms, self._last + 1)
        picture = av.VideoFrame.from_ndarray(_scaled(planes, self._size), format="yuv420p")
        picture.pts, picture.time_base = self._last, _MILLISECOND
        self._file.mux(self._stream.encode(picture))
        self.written += 1

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._file.mux(self._stream.encode(None))

    def close(self) -> None:
        """Close the file, whole or not."""
        self._file.close()


def _scaled(planes: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Bring planes to another size; a source may change its own in the middle."""
    width, height = size
    old_height, old_width = planes.shape[0] * 2 // 3, planes.shape[1]
    if (old_width, old_height) == size:
        return planes
    scaled = np.empty((height * 3 // 2, width), np.uint8)
    cv2.resize(planes[:old_height], size, dst=scaled[:height], interpolation=cv2.INTER_AREA)
    old = planes[old_height:].reshape(2, old_height // 2, old_width // 2)
    new = scaled[height:].reshape(2, height // 2, width // 2)
    for number in (0, 1):
        cv2.resize(old[number], (width // 2, height // 2), dst=new[number], interpolation=cv2.INTER_AREA)
    return scaled
