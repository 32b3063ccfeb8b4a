"""The file in which the areas of each camera are written, see `docs/zones.md`; read by the detector stage."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from msgspec import to_builtins

from common.errors import SettingsError
from common.messages import SLUG, recipe_of
from detector.polygon import Polygon, Spot, flaw_of
from detector.tiles import Region
from detector.zones import EVERYWHERE, CameraZones

OTHERS = "*"
"""The name under which the areas of all cameras without a table of their own stand."""

_RULE = "up to 64 lower-case letters, digits, '-' and '_'"
_FRAME = Region(0, 0, 1, 1)


class ZoneMap:
    """The areas of every camera.

    Args:
        cameras: by name; those under `*` are of all others.
    """

    def __init__(self, cameras: Mapping[str, CameraZones] = MappingProxyType({})) -> None:
        self._cameras = cameras
        self._hashes = {
            name: "" if areas == EVERYWHERE else recipe_of(to_builtins(areas)) for name, areas in cameras.items()
        }

    def of(self, camera: str) -> CameraZones:
        """Give the areas of a camera: its own, or those for all others."""
        return self._cameras.get(camera, self._cameras.get(OTHERS, EVERYWHERE))

    def recipe(self, camera: str, made_by: str) -> str:
        """Add the areas of a camera to the recipe of what else made its faces.

        A change of the file concerns only the cameras whose areas it changes; where none were drawn the recipe stays.
        """
        hashed = self._hashes.get(camera, self._hashes.get(OTHERS, ""))
        return recipe_of(made_by, hashed) if hashed else made_by


def read_zones(path: Path | None) -> ZoneMap:
    """Read a file of zones; without one every camera is looked at everywhere.

    Raises:
        SettingsError: it is missing, not TOML, or something in it is not as documented; in one sentence.
    """
    if path is None:
        return ZoneMap()
    cameras = _table(_content(path), f"zones file '{path}'", ("cameras",)).get("cameras")
    if not isinstance(cameras, dict) or not cameras:
        raise SettingsError(f"zones file '{path}' names no camera; write [cameras.NAME] above the areas of one")
    return ZoneMap({name: _camera(path, name, table) for name, table in cameras.items()})


def _content(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise SettingsError(f"zones file '{path}' does not exist; name another with MOODLINE_DETECTOR_ZONES")
    try:
        # With a line after the last one, a mistake in that is named by its number too.
        return tomllib.loads(path.read_text(encoding="utf-8") + "\n")
    except (ValueError, RecursionError, OSError) as error:
        twice = any(word in str(error) for word in ("overwrite", "twice"))
        hint = "; every camera and every zone of a camera may stand once only" if twice else ""
        raise SettingsError(f"zones file '{path}' cannot be read as TOML: {error}{hint}") from error


def _camera(path: Path, name: str, table: Any) -> CameraZones:
    where = f"zones file '{path}', camera '{name}'"
    if name != OTHERS and not SLUG.fullmatch(name):
        raise SettingsError(f"{where}: a camera's name is {_RULE}, or '{OTHERS}' for all others")
    areas = _table(table, where, ("look", "mask", "zones"))
    made = CameraZones(
        look=_polygons(areas.get("look", []), f"{where}, look"),
        mask=_polygons(areas.get("mask", []), f"{where}, mask"),
        zones={zone: _zone(where, zone, points) for zone, points in _table(areas.get("zones", {}), where).items()},
    )
    if not made.sees(_FRAME, 1, 1):
        raise SettingsError(f"{where}: its masks cover all that is looked at; make one smaller")
    return made


def _table(value: Any, where: str, known: tuple[str, ...] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"{where}: here must be a table of {' and '.join(known or ('zones',))}, not {value!r:.80}")
    for key in value:
        if known is not None and key not in known:
            raise SettingsError(f"{where}: unknown key '{key}'; known are: {', '.join(known)}")
    return value


def _zone(where: str, name: str, points: Any) -> Polygon:
    if not SLUG.fullmatch(name):
        raise SettingsError(f"{where}: zone '{name}' needs another name: {_RULE}")
    return _polygon(points, f"{where}, zone '{name}'")


def _polygons(value: Any, where: str) -> tuple[Polygon, ...]:
    if not isinstance(value, list):
        raise SettingsError(f"{where}: here must be a list of polygons, not {value!r:.80}")
    if value and _is_spot(value[0]):
        raise SettingsError(f"{where}: this is one polygon; put it in brackets, since here is a list of polygons")
    return tuple(_polygon(points, f"{where} {number}") for number, points in enumerate(value, 1))


def _polygon(value: Any, where: str) -> Polygon:
    if not isinstance(value, list) or not all(map(_is_spot, value)):
        raise SettingsError(f"{where}: a polygon is a list of points [x, y] with two numbers each, not {value!r:.80}")
    points: tuple[Spot, ...] = tuple((_near(x), _near(y)) for x, y in value)
    flaw = flaw_of(points)
    if flaw is not None:
        raise SettingsError(f"{where}: {flaw}")
    return Polygon(points)


def _near(value: float) -> float:
    # TOML knows whole numbers that no float can hold.
    return float(min(max(value, -1e6), 1e6))


def _is_spot(value: Any) -> bool:
    def is_number(one: Any) -> bool:
        return isinstance(one, int | float) and not isinstance(one, bool)

    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))
