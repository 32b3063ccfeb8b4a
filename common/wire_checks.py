"""Whether a message can be handed on, whoever wrote it: anything may stand on a topic. Used by `common.wire`.

What passes here harms no stage: every number is finite and of a sensible size, and every name may be part of a key.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

import msgspec

from common.labels import LABELS
from common.messages import (
    CROP_SIDE,
    READ,
    SLUG,
    Box,
    Closed,
    Face,
    Faces,
    Frame,
    Landmarks,
    Message,
    Opened,
    Quality,
    Reading,
    Readings,
    Spine,
)

MAX_SIDE = 8192
"""Longest side of a picture, pixels."""

MAX_PIXELS = 36_000_000
"""Largest picture, pixels."""

MAX_RECIPE = 200
"""Longest recipe, and longest name of a net, characters."""

_READ_NOW = READ - {"carried"}
_SENTENCE = 300
_MAX_SOURCE = 8192
_MAX_STATED_SIDE = 99_999
_LARGEST = 1e6
_MAX_WHOLE = 2**53
_LAST_MS = 253_402_300_799_999  # the end of the year 9999
_SUM_ERROR = 1e-3
_EPOCH = re.compile(r"[A-Za-z0-9_-]{1,64}")


class FrameFacts(Protocol):
    """What stands in a frame besides its picture, in whichever form that is."""

    @property
    def spine(self) -> Spine:
        """Which frame."""

    @property
    def width(self) -> int:
        """Pixels."""

    @property
    def height(self) -> int:
        """Pixels."""

    @property
    def dropped(self) -> str | None:
        """Why there is no picture."""


class WireError(Exception):
    """A record that is not a message of Moodline's, or not a sound one; its text is one sentence that says why.

    What the sentence quotes of the record is cut to one printable line, since it goes to logs and terminals.
    """

    def __init__(self, sentence: str) -> None:
        line = " ".join(sentence.split())[:_SENTENCE]
        super().__init__("".join(character if character.isprintable() else "?" for character in line))


def check(message: Message) -> None:
    """Check everything in a message but its pictures.

    Raises:
        WireError: something in it is not as documented.
    """
    if isinstance(message, Frame):
        check_frame(message)
    elif isinstance(message, Faces):
        check_spine(message.spine)
        _check_all(message, message.faces)
        for face in message.faces:
            _check_face(face)
    elif isinstance(message, Readings):
        check_spine(message.spine)
        _check_all(message, message.readings)
        for reading in message.readings:
            _check_reading(reading)
    elif isinstance(message, Opened):
        _check_opened(message)
    elif isinstance(message, Closed):
        _check_closed(message)
    else:
        _whole("partition", message.partition)


def check_frame(frame: FrameFacts) -> None:
    """Check everything in a frame but its picture. Raises as `check`."""
    check_spine(frame.spine)
    _check_stated(frame)


@lru_cache(4096)
def check_names(camera: str, epoch: str) -> None:
    """Check the names of a camera and an epoch. Raises as `check`."""
    if not SLUG.fullmatch(camera):
        raise WireError(
            f"the camera name {camera!r:.80} is not up to 64 lower-case letters, digits, '-' and '_' as it must be"
        )
    if not _EPOCH.fullmatch(epoch):
        raise WireError(f"the epoch {epoch!r:.80} is not up to 64 letters, digits, '-' and '_' as it must be")


def check_spine(spine: Spine) -> None:
    """Check a spine. Raises as `check`."""
    check_names(spine.camera, spine.epoch)
    whole = 0 <= spine.seq <= _MAX_WHOLE
    if not (whole and 0 <= spine.time_ms <= _LAST_MS and 0 <= spine.arrived_ms <= _LAST_MS):
        _whole("seq", spine.seq)
        _whole("time_ms", spine.time_ms, most=_LAST_MS)
        _whole("arrived_ms", spine.arrived_ms, most=_LAST_MS)
    if not 0 <= spine.clock_error_ms <= _LAST_MS:
        raise WireError(f"clock_error_ms is {spine.clock_error_ms}, which is no time span")


def check_sides(width: int, height: int) -> None:
    """Check the size of a frame that has a picture. Raises as `check`."""
    fits = 2 <= width <= MAX_SIDE and 2 <= height <= MAX_SIDE and width * height <= MAX_PIXELS
    if not fits or width % 2 or height % 2:
        raise WireError(
            f"a picture of {width} x {height} pixels is refused: its sides must be even, from 2 to {MAX_SIDE},"
            f" and it may have {MAX_PIXELS // 10**6} million pixels at most"
        )


def check_recipe(recipe: str) -> None:
    """Check a recipe. Raises as `check`."""
    if len(recipe) > MAX_RECIPE:
        raise WireError(f"the recipe has {len(recipe)} characters, at most {MAX_RECIPE} are allowed")


def _check_stated(message: FrameFacts | Opened) -> None:
    if not (0 <= message.width <= _MAX_STATED_SIDE and 0 <= message.height <= _MAX_STATED_SIDE):
        _whole("width", message.width, most=_MAX_STATED_SIDE)
        _whole("height", message.height, most=_MAX_STATED_SIDE)


def _check_closed(message: Closed) -> None:
    check_names(message.camera, message.epoch)
    _whole("time_ms", message.time_ms, most=_LAST_MS)
    _whole("last_seq", message.last_seq, least=-1)
    _whole("damaged", message.damaged)
    _whole("clamped", message.clamped)


def _check_opened(message: Opened) -> None:
    check_names(message.camera, message.epoch)
    check_recipe(message.recipe)
    _whole("time_ms", message.time_ms, most=_LAST_MS)
    _check_stated(message)
    _finite("rate", [message.rate])
    if message.rate < 0:
        raise WireError(f"the rate is {message.rate}, it cannot be below 0")
    if len(message.source) > _MAX_SOURCE:
        raise WireError(f"the source has {len(message.source)} characters, at most {_MAX_SOURCE} are allowed")


def _check_all(message: Faces | Readings, found: Sequence[Face | Reading]) -> None:
    """Check what the faces of a frame have in common."""
    check_recipe(message.recipe)
    if isinstance(message, Readings) and len(message.model) > MAX_RECIPE:
        raise WireError(f"the name of the net has {len(message.model)} characters, at most {MAX_RECIPE} are allowed")
    if not found:
        return
    if message.dropped is not None:
        raise WireError(f"the frame was dropped ({message.dropped}), yet there are faces in it")
    numbers = [one.track for one in found]
    for number in numbers:
        _whole("track", number)
    if len(set(numbers)) != len(numbers):
        twice = next(number for number in numbers if numbers.count(number) > 1)
        raise WireError(f"track {twice} stands twice in one frame")


def _check_face(face: Face) -> None:
    _check_measured(face.box, face.score, face.quality)
    _check_zone(face.zone)
    _finite("a landmark", _coordinates(face.landmarks))
    if face.refused in _READ_NOW:
        raise WireError(f"a face is refused as '{face.refused}', which is no reason")
    if face.crop is None:
        return
    if face.refused is not None:
        raise WireError(f"a face is refused ({face.refused}), yet it has a crop")
    if face.crop.shape != (CROP_SIDE, CROP_SIDE):
        raise WireError(f"a crop has the shape {face.crop.shape}, it must be {CROP_SIDE} x {CROP_SIDE}")


def _check_reading(reading: Reading) -> None:
    _check_measured(reading.box, reading.score, reading.quality)
    _check_zone(reading.zone)
    vector = reading.probabilities
    if vector is None:
        if reading.status in _READ_NOW:
            raise WireError(f"a reading is '{reading.status}', yet it has no probabilities")
        return
    if len(vector) != len(LABELS):
        raise WireError(f"a reading has {len(vector)} probabilities, there must be {len(LABELS)}")
    _finite("a probability", vector)
    if min(vector) < -_SUM_ERROR or abs(sum(vector) - 1) > _SUM_ERROR:
        raise WireError("the probabilities of a reading are not from 0 to 1 with the sum 1")


def _check_measured(box: Box, score: float, quality: Quality) -> None:
    _finite("a box", (box.x, box.y, box.width, box.height))
    if box.width < 0 or box.height < 0:
        raise WireError("a box has a negative side")
    if not 0 <= score <= 1:
        raise WireError(f"a score is {score}, it must be from 0 to 1")
    _finite("a quality", msgspec.structs.astuple(quality))


def _check_zone(zone: str | None) -> None:
    if zone is not None and not SLUG.fullmatch(zone):
        raise WireError(f"the zone {zone!r:.80} is not up to 64 lower-case letters, digits, '-' and '_' as it must be")


def _coordinates(marks: Landmarks) -> Iterable[float]:
    points = (marks.left_eye, marks.right_eye, marks.nose, marks.mouth, marks.left_ear, marks.right_ear)
    return [value for point in points for value in (point.x, point.y)]


def _finite(what: str, values: Iterable[float]) -> None:
    for value in values:
        # What is not a number is in no range.
        if not -_LARGEST <= value <= _LARGEST:
            raise WireError(f"{what} has a value that is not finite, or beyond a million")


def _whole(what: str, value: int, least: int = 0, most: int = _MAX_WHOLE) -> None:
    if not least <= value <= most:
        raise WireError(f"{what} is {value}, it must be from {least} to {most}")
