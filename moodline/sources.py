"""What the sources of a command are: recordings, or live cameras; used by `moodline run` and the ingest worker."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from common.errors import UsageError
from common.messages import SLUG
from ingest.discover import MAX_NAME, slug
from ingest.registry import address
from ingest.registry.camera import Camera, check_name

_HOST_AND_PATH = re.compile(r"[^/]*://(?:[^/?#]*@)?(?P<place>[^?#]*)")


def are_live(sources: Sequence[str]) -> bool:
    """Whether sources are live cameras.

    Raises:
        UsageError: some are, and some are not.
    """
    # What an address begins with may stand in a variable; the path of a recording has no need of that.
    live = [address.kind_of(source) != "file" for source in sources]
    if any(live) and not all(live):
        raise UsageError("recordings end and cameras do not; run them by two commands, or add --as-cameras")
    return any(live)


class Playing(NamedTuple):
    """How recordings are played that stand for cameras: seconds of them in a second, and whether again and again."""

    speed: float = 1.0
    loop: bool = False


def cameras_of(sources: Sequence[str], name: str | None = None, playing: Playing | None = None) -> list[Camera]:
    """Make cameras of addresses that are named at once.

    Args:
        sources: their addresses; also recordings, and folders of them, that are played as cameras.
        name: the name of the one camera; None to name each after its host and path.
        playing: how recordings are played.

    Raises:
        UsageError: one name was given for several cameras, or it is not allowed.
        SourceError: an address is not usable.
    """
    if name is not None and len(sources) > 1:
        raise UsageError("one name does not do for several cameras; leave --camera out, or register each by its name")
    if name is not None:
        check_name(name)
    cameras: dict[str, Camera] = {}
    for source in dict.fromkeys(sources):
        address.check(source)
        whole = address.located(source)
        chosen = name or _free(slug(_place(source)), cameras)
        recorded = address.kind_of(source) == "file"
        speed, loop = (playing or Playing()) if recorded else Playing()
        cameras[chosen] = Camera(name=chosen, source=whole, speed=speed, loop=loop)
    return list(cameras.values())


def check_recordings(cameras: Sequence[Camera]) -> None:
    """Look at the recordings that are to be played as cameras, before any of them is.

    Raises:
        SourceError: one of them cannot be used.
    """
    from ingest.live.replay import check_playable  # noqa: PLC0415  # needs a decoder, which only ingest's image has

    for camera in cameras:
        if address.kind_of(camera.source) == "file":
            check_playable(camera.source, camera.name)


def _place(source: str) -> str:
    if address.kind_of(source) == "file":
        return Path(source).absolute().stem
    seen = address.shown(source)
    found = _HOST_AND_PATH.match(seen)
    return found["place"] if found else seen.partition(":")[2] or seen


def _free(wanted: str, taken: dict[str, Camera]) -> str:
    number, free = 1, wanted
    while free in taken:
        number += 1
        free = f"{wanted[: MAX_NAME - 5]}-{number}"
    assert SLUG.fullmatch(free)  # noqa: S101  # a slug with a number is one
    return free
