"""The file of zones: what it means, and one sentence for each mistake that names where it is and what to change."""

import re
from pathlib import Path

import pytest

from common.errors import EXIT_SETTINGS, SettingsError
from common.messages import Box
from detector.zone_file import read_zones
from detector.zones import EVERYWHERE

SQUARE = "[[0.1, 0.1], [0.4, 0.1], [0.4, 0.4], [0.1, 0.4]]"
WHOLE = "[[0, 0], [1, 0], [1, 1], [0, 1]]"


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "zones.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_file_gives_each_camera_its_areas_and_all_others_the_default(written):
    zones = read_zones(
        written(f"""
[cameras.shop]
look = [{WHOLE}]
mask = [{SQUARE}, [[0.8, 0], [1, 0], [1, 0.2]]]

[cameras.shop.zones]
till = {SQUARE}
door-2_b = {WHOLE}

[cameras.lobby]

[cameras."*"]
mask = [{SQUARE}]
""")
    )
    shop = zones.of("shop")
    assert (len(shop.look), len(shop.mask), list(shop.zones)) == (1, 2, ["till", "door-2_b"])
    assert zones.of("lobby") == EVERYWHERE
    assert (len(zones.of("other").mask), zones.of("other").zones) == (1, {})
    assert not zones.of("other").admits(Box(24, 24, 2, 2), 100, 100)


def test_without_a_file_or_a_default_every_camera_is_looked_at_everywhere(written):
    assert read_zones(None).of("shop") is EVERYWHERE
    assert read_zones(written("[cameras.lobby]")).of("shop") is EVERYWHERE


def test_comments_and_layout_do_not_change_what_is_read(written):
    one = read_zones(written(f"[cameras.shop]\nmask = [{SQUARE}]")).of("shop")
    other = read_zones(written(f"# the screen\n[cameras]\nshop = {{ mask = [ {SQUARE} ] }} # here")).of("shop")
    assert one == other


def test_the_documented_example_can_be_used(written):
    page = (Path(__file__).parents[2] / "docs" / "zones.md").read_text(encoding="utf-8")
    zones = read_zones(written(re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[0]))
    entrance = zones.of("entrance")
    assert [entrance.zone_of(Box(x, 59, 2, 2), 100, 100) for x in (30, 80)] == ["queue", "till"]
    assert [entrance.admits(Box(80, y, 2, 2), 100, 100) for y in (5, 22, 50)] == [False, False, True]
    assert zones.of("any").zone_of(Box(30, 59, 2, 2), 100, 100) is None


def test_what_was_drawn_is_in_the_recipe_of_its_camera_only(written):
    def recipes(text):
        zones = read_zones(written(text))
        return [zones.recipe(camera, "made") for camera in ("shop", "lobby")]

    shop = f"[cameras.shop]\nmask = [{SQUARE}]\n"
    first, untouched = recipes(shop)
    assert (untouched, read_zones(None).recipe("shop", "made")) == ("made", "made")
    assert recipes("# moved\n" + shop) == [first, "made"]
    assert recipes(shop.replace("0.4", "0.41"))[0] not in {first, "made"}
    assert recipes(f"{shop}zones.till = {SQUARE}")[0] not in {first, "made"}
    assert recipes(shop.replace("shop", '"*"')) == [first, first]
    assert recipes(f"{shop}[cameras.lobby]\n[cameras.'*']\nmask = [{SQUARE}]") == [first, "made"]


CAMERA = "[cameras.shop]\n"
MISTAKES = [
    ("", "names no camera; write .cameras.NAME. above"),
    ("cameras = 3", "names no camera"),
    ("[cameras]", "names no camera"),
    ("[camera.shop]", "unknown key 'camera'; known are: cameras"),
    ("[cameras.shop", "cannot be read as TOML"),
    (b"\xff\xfe", "cannot be read as TOML"),
    (f"{CAMERA}mask = {'[' * 5000}", "cannot be read as TOML"),
    (f"{CAMERA}look = [[[{'9' * 5000}, 0]]]", "cannot be read as TOML"),
    ("[cameras]\nshop = 1", "camera 'shop': here must be a table of look and mask and zones, not 1"),
    ("[cameras.Shop]", "camera 'Shop': a camera's name is up to 64 lower-case letters"),
    (f"{CAMERA}masks = []", "camera 'shop': unknown key 'masks'; known are: look, mask, zones"),
    (f"{CAMERA}mask = 'left'", "camera 'shop', mask: here must be a list of polygons, not 'left'"),
    (f"{CAMERA}mask = {SQUARE}", "camera 'shop', mask: this is one polygon; put it in brackets"),
    (f"{CAMERA}mask = [[]]", "camera 'shop', mask 1: it has no points"),
    (f"{CAMERA}mask = [{SQUARE}, [[0, 0], [1, 1]]]", "camera 'shop', mask 2: it has two points"),
    (f"{CAMERA}look = [[[0, 0], [1, 0], [1, 1.5]]]", r"camera 'shop', look 1: point 3 is \[1, 1.5\], outside"),
    (f"{CAMERA}look = [[[0, 0], [1, 0], [1, {'9' * 400}]]]", r"look 1: point 3 is \[1, 1e\+06\], outside"),
    (f"{CAMERA}look = [[[0, 0], [1, 0], [1, nan]]]", "look 1: point 3 is"),
    (f"{CAMERA}look = [[[0, 0], [1, 0], [1]]]", r"look 1: a polygon is a list of points \[x, y\]"),
    (f"{CAMERA}look = [[[0, 0], [1, 0], [1, true]]]", "look 1: a polygon is a list of points"),
    (f"{CAMERA}look = [[0, 0, 1, 1, 0, 1]]", "look 1: a polygon is a list of points"),
    (f"{CAMERA}look = [[[0, 0], [1, 1], [1, 0], [0, 1]]]", "look 1: its edges from point 1 to 2 and from point 3 to 4"),
    (f"{CAMERA}zones = []", "camera 'shop': here must be a table of zones, not"),
    (f"{CAMERA}zones.till = [[0, 0], [0.5, 0.5], [1, 1]]", "camera 'shop', zone 'till': its points lie on one line"),
    (f"{CAMERA}zones.Till = {SQUARE}", "zone 'Till' needs another name: up to 64 lower-case letters, digits"),
    (f"{CAMERA}zones.'the till' = {SQUARE}", "zone 'the till' needs another name"),
    (f"{CAMERA}zones.'' = {SQUARE}", "zone '' needs another name"),
    (f"{CAMERA}zones.till = 'left'", "zone 'till': a polygon is a list of points"),
    (f"{CAMERA}zones.till = [{SQUARE}]", "zone 'till': a polygon is a list of points"),
    (f"{CAMERA}zones.till = {SQUARE}\nzones.till = {WHOLE}", "line 3.*every zone of a camera may stand once only"),
    (f"{CAMERA}{CAMERA}", "line 2.*every camera and every zone"),
    (f"{CAMERA}mask = [{WHOLE}]", "camera 'shop': its masks cover all that is looked at; make one smaller"),
    (f"{CAMERA}look = [{SQUARE}]\nmask = [[[0, 0], [1, 0], [0, 1]]]", "its masks cover all that is looked at"),
]


@pytest.mark.parametrize(("text", "why"), MISTAKES, ids=[why[:40] for _, why in MISTAKES])
def test_a_mistake_is_one_sentence_that_names_the_file_and_the_place(written, text, why):
    path = written(text)
    with pytest.raises(SettingsError, match=why) as found:
        read_zones(path)
    sentence = str(found.value)
    assert sentence.startswith(f"zones file '{path}'")
    assert "\n" not in sentence
    assert len(sentence) < 500
    assert found.value.exit_code == EXIT_SETTINGS


def test_a_file_that_is_missing_or_a_folder_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="does not exist; name another with MOODLINE_DETECTOR_ZONES"):
        read_zones(tmp_path / "zones.toml")
    with pytest.raises(SettingsError, match="cannot be read as TOML"):
        read_zones(tmp_path)
