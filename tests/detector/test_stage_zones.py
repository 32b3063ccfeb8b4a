"""The detector stage with zones: what is masked is never searched or tracked, and each face has its zone."""

import pytest

from common.errors import SettingsError
from common.messages import Box
from detector.finder import Detection
from detector.settings import DetectorSettings
from detector.stage import DetectorStage
from tests.builders_messages import gray_frame, landmarks_of

SIZE = (1280, 720)
LEFT, RIGHT = "[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]", "[[0.5, 0], [1, 0], [1, 1], [0.5, 1]]"


class FixedFinder:
    """Finds faces of 60 pixels whose upper left corners are given, in whatever is searched, and notes where."""

    tile_faces = 9.0

    def __init__(self, corners):
        self.corners, self.searched = corners, []

    def look(self, picture, region):
        del picture
        self.searched.append(region)
        boxes = [Box(float(x), float(y), 60.0, 66.0) for x, y in self.corners]
        return [
            Detection(box, 0.95, landmarks_of(box))
            for box in boxes
            if region.x <= box.x
            and region.y <= box.y
            and box.x + 60 <= region.x + region.width
            and box.y + 66 <= region.y + region.height
        ]

    def close(self):
        pass


class Believing:
    def probability(self, *_):
        return 1.0


@pytest.fixture
def make(tmp_path):
    made = []

    def stage(text, corners):
        path = tmp_path / f"zones-{len(made)}.toml"
        path.write_text(text, encoding="utf-8")
        finder = FixedFinder(corners)
        made.append(DetectorStage(DetectorSettings(zones=path, threads=1), lambda _: finder, Believing))
        return made[-1], finder

    yield stage
    for one in made:
        one.close()


def frame(seq, camera="shop"):
    """A frame that differs everywhere from the one before."""
    return gray_frame(seq, size=SIZE, level=60 + 40 * (seq % 2), camera=camera)


def told(stage, frames):
    return list(stage.process(frames))


def test_a_masked_face_is_never_tracked_and_a_masked_part_never_searched(make):
    stage, finder = make(f"[cameras.shop]\nmask = [{RIGHT}]", [(100, 300), (1000, 300)])
    found = told(stage, [frame(seq) for seq in range(6)])
    assert [[face.box.x for face in one.faces] for one in found] == [[100.0]] * 6
    assert [face.track for face in found[-1].faces] == [1]
    assert all(region.x < SIZE[0] / 2 for region in finder.searched)


def test_where_there_are_areas_to_look_at_nothing_else_is(make):
    stage, finder = make(f"[cameras.shop]\nlook = [{LEFT}]", [(100, 300), (1000, 300)])
    found = told(stage, [frame(seq) for seq in range(6)])
    assert [[face.box.x for face in one.faces] for one in found] == [[100.0]] * 6
    assert all(region.x < SIZE[0] / 2 for region in finder.searched)


def test_areas_are_those_of_the_camera(make):
    stage, _ = make(f"[cameras.shop]\nmask = [{RIGHT}]\n[cameras.'*']\nmask = [{LEFT}]", [(100, 300), (1000, 300)])
    found = told(stage, [frame(0), frame(0, "lobby"), frame(1), frame(1, "lobby")])
    assert [[face.box.x for face in one.faces] for one in found[2:]] == [[100.0], [1000.0]]


def test_a_face_has_the_zone_of_its_track_also_after_a_handover(make):
    text = f"[cameras.shop.zones]\nentrance = {LEFT}\ntill = {RIGHT}"
    stage, finder = make(text, [(590, 300)])
    before = told(stage, [frame(0)])
    finder.corners = [(640, 300)]
    between = told(stage, [frame(seq) for seq in range(1, 4)])
    other, _ = make(text, finder.corners)
    other.resume("shop", stage.state("shop"))
    after = told(other, [frame(seq) for seq in range(4, 9)])
    zones = [face.zone for one in before + between + after for face in one.faces]
    assert zones == ["entrance"] * 6 + ["till"] * 3
    assert {face.track for one in before + between + after for face in one.faces} == {1}


def test_another_drawing_is_another_recipe_of_that_camera_only(make):
    first, _ = make(f"[cameras.shop]\nmask = [{RIGHT}]", [])
    other, _ = make(f"[cameras.shop]\nmask = [{LEFT}]", [])
    one, two = (told(stage, [frame(0), frame(0, "lobby")]) for stage in (first, other))
    assert one[0].recipe != two[0].recipe
    assert one[1].recipe == two[1].recipe == first.recipe
    other.resume("shop", first.state("shop"))
    assert other.state("shop") == b""


def test_a_file_of_zones_that_cannot_be_used_stops_the_stage_before_a_model_is_loaded(tmp_path):
    with pytest.raises(SettingsError, match="does not exist"):
        DetectorStage(DetectorSettings(zones=tmp_path / "none.toml"), lambda _: pytest.fail("a model was loaded"))
