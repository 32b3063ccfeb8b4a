"""Which files a command means, and under which camera name; used by `run` and by the ingest worker."""

import os
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.errors import SourceError, UsageError
from common.logs import redact

EXTENSIONS = frozenset(["mp4", "mkv", "mov", "avi", "webm", "m4v", "mpg", "mpeg", "ts", "mjpeg"])
"""Endings of the files that are taken from a folder; a file named itself may have any."""

ANNOTATED = ".annotated.mp4"
"""Ending of the videos that reports write: never footage, so a folder's are passed over."""

MAX_NAME = 64
_NAME = re.compile(rf"[a-z0-9_-]{{1,{MAX_NAME}}}")


@dataclass(frozen=True)
class VideoFile:
    """One recording.

    Attributes:
        path: the file.
        camera: the name of its camera: lower-case letters, digits, `-` and `_`.
    """

    path: Path
    camera: str


def find_sources(arguments: Sequence[str], camera: str | None = None) -> list[VideoFile]:
    """Find the recordings that files and folders stand for, each once, in the order given.

    Folders are searched with all folders in them, by name, with numbers in names by value. A camera is called
    after its file; where two files would share a name, their folder goes in front, and then a number behind.

    Args:
        arguments: files and folders.
        camera: one name for all; None to name each after its file.

    Raises:
        UsageError: the camera's name is not allowed.
        SourceError: a source is an address, a file is missing or not a regular file, or a folder holds no video.
    """
    if camera is not None and not _NAME.fullmatch(camera):
        raise UsageError(
            f"camera name '{camera}' is not allowed: use up to {MAX_NAME} lower-case letters, digits, '-' and '_'"
        )
    found: dict[Path, Path] = {}
    for argument in arguments:
        for path in _files(argument):
            found.setdefault(path.resolve(), path)
    paths = list(found.values())
    names = [camera] * len(paths) if camera is not None else _names(paths)
    return [VideoFile(path, name) for path, name in zip(paths, names, strict=True)]


def slug(text: str) -> str:
    """Make a camera name of any text: `Kasse Süd (2)` becomes `kasse-sud-2`; `camera` if nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain)[:MAX_NAME].strip("-") or "camera"


def _files(argument: str) -> Iterator[Path]:
    if "://" in argument:
        raise SourceError(f"'{redact(argument)}' is an address, and only files and folders are read here")
    path = Path(argument)
    try:
        mode = path.stat().st_mode
    except PermissionError:
        raise SourceError(f"'{redact(argument)}' may not be read; give yourself permission to read it") from None
    except (OSError, ValueError):
        raise SourceError(f"'{redact(argument)}' does not exist; check the name") from None
    if stat.S_ISDIR(mode):
        yield from _videos_below(path)
    elif stat.S_ISREG(mode):
        yield path
    else:
        raise SourceError(f"'{argument}' is not a regular file; name a video file or a folder of them")


def _videos_below(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise SourceError(f"folder '{error.filename}' cannot be read; give yourself permission to read it") from error

    videos = [
        Path(where) / name
        for where, _, names in os.walk(folder, onerror=refuse)
        for name in names
        if not name.startswith(".")
        and not name.endswith(ANNOTATED)
        and Path(name).suffix.lower().removeprefix(".") in EXTENSIONS
    ]
    videos = sorted((video for video in videos if video.is_file()), key=_by_name)
    if not videos:
        raise SourceError(f"folder '{folder}' holds no video; these endings are taken: {' '.join(sorted(EXTENSIONS))}")
    return videos


def _by_name(path: Path) -> list[tuple[tuple[int, int | str], ...]]:
    """Key that puts `part2` before `part10`."""
    return [
        tuple((0, int(piece)) if piece.isdecimal() else (1, piece) for piece in re.split(r"([0-9]+)", part) if piece)
        for part in path.parts
    ]


def _names(paths: Sequence[Path]) -> list[str]:
    names = [slug(path.stem) for path in paths]
    shared = {name for name, count in Counter(names).items() if count > 1}
    names = [
        slug(f"{path.resolve().parent.name}-{name}") if name in shared else name
        for path, name in zip(paths, names, strict=True)
    ]
    taken: set[str] = set()
    for place, name in enumerate(names):
        number, free = 1, name
        while free in taken:
            number += 1
            free = f"{name[: MAX_NAME - 5]}-{number}"
        names[place] = free
        taken.add(free)
    return names
