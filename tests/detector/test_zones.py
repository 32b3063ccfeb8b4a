"""Polygons, what is looked at, and which zone a face is in: against OpenCV, by hand, and for drawn-up cases."""

import math
import re
from itertools import pairwise

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from common.messages import Box
from detector.polygon import MAX_POINTS, Polygon, Rect, flaw_of
from detector.stay import Stay, stay_at
from detector.tiles import Region
from detector.zones import EVERYWHERE, CameraZones

SQUARE = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
LEFT = Polygon(((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
RIGHT = Polygon(((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)))
ALL = Polygon(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
SIZE = (1280, 720)
DWELL_MS = 500

shares = st.floats(0, 1, allow_subnormal=False)
spots = st.tuples(shares, shares)


@st.composite
def stars(draw):
    """Polygons whose every corner is seen from their middle."""
    count = draw(st.integers(3, 12))
    x, y = draw(st.tuples(st.floats(0.3, 0.7), st.floats(0.3, 0.7)))
    begin, points = draw(st.floats(0, 7)), []
    for number in range(count):
        turn = begin + (number + draw(st.floats(-0.2, 0.2))) * 2 * math.pi / count
        far = draw(st.floats(0.05, 0.3))
        points.append((x + far * math.cos(turn), y + far * math.sin(turn)))
    return Polygon(tuple(points))


@st.composite
def rects(draw):
    (left, right), (top, bottom) = (sorted(draw(spots)) for _ in range(2))
    assume(right - left > 1e-3 and bottom - top > 1e-3)
    return Rect(left, top, right, bottom)


def strip(left, right, top=0.0, bottom=1.0):
    return Polygon(((left, top), (right, top), (right, bottom), (left, bottom)))


def at(x, y, size=SIZE):
    """A face whose middle is at these shares of the frame."""
    return Box(x * size[0] - 20, y * size[1] - 25, 40.0, 50.0)


def distance(polygon, x, y):
    """From a point to the nearest edge, by OpenCV, with its sign: above 0 inside."""
    contour = np.array(polygon.points, np.float32).reshape(-1, 1, 2)
    return cv2.pointPolygonTest(contour, (x, y), measureDist=True)


@given(stars())
def test_a_polygon_drawn_in_order_is_accepted_from_any_corner_and_either_way_round(polygon):
    points = polygon.points
    for turned in (points, points[::-1], points[1:] + points[:1]):
        assert flaw_of(turned) is None
        assert Polygon(turned).area == pytest.approx(polygon.area)
    contour = np.array(points, np.float32).reshape(-1, 1, 2)
    assert polygon.area == pytest.approx(cv2.contourArea(contour), abs=1e-5)


@given(stars(), spots)
def test_a_point_is_inside_where_opencv_says_so(polygon, spot):
    away = distance(polygon, *spot)
    assume(abs(away) > 1e-5)
    assert polygon.holds(*spot) == (away > 0)


@given(st.lists(spots, min_size=3, max_size=8), spots)
def test_whatever_is_accepted_can_be_measured(points, spot):
    if flaw_of(points) is None:
        polygon = Polygon(tuple(points))
        assert 0 < polygon.area <= 1
        assert not (polygon.holds(*spot) and distance(polygon, *spot) < -1e-5)


@given(spots, spots, spots)
def test_a_point_on_or_beside_the_line_between_two_zones_is_in_exactly_one(top, bottom, spot):
    one = Polygon(((0.0, 0.0), (top[0], 0.0), (bottom[0], 1.0), (0.0, 1.0)))
    other = Polygon(((top[0], 0.0), (1.0, 0.0), (1.0, 1.0), (bottom[0], 1.0)))
    down = min(spot[1], 1 - 1e-9)
    edge = (top[0] + (bottom[0] - top[0]) * down, down)
    for x, y in (edge, (min(spot[0], 1 - 1e-9), down)):
        if x < 1:
            assert one.holds(x, y) != other.holds(x, y)


@given(stars(), rects(), st.lists(spots, max_size=20))
def test_what_is_said_of_a_rectangle_holds_for_every_point_in_it(polygon, rect, inside):
    place = polygon.against(rect)
    for across, down in inside:
        x, y = rect.left + across * (rect.right - rect.left), rect.top + down * (rect.bottom - rect.top)
        if place != "cut" and abs(distance(polygon, x, y)) > 1e-5:
            assert polygon.holds(x, y) == (place == "inside")


@pytest.mark.parametrize(
    ("rect", "place"),
    [
        (Rect(0.3, 0.3, 0.7, 0.7), "inside"),
        (Rect(0.25, 0.25, 0.75, 0.75), "inside"),
        (Rect(0.0, 0.0, 0.25, 1.0), "outside"),
        (Rect(0.8, 0.8, 0.9, 0.9), "outside"),
        (Rect(0.0, 0.0, 1.0, 1.0), "cut"),
        (Rect(0.4, 0.0, 0.6, 1.0), "cut"),
        (Rect(0.7, 0.7, 0.8, 0.8), "cut"),
    ],
)
def test_a_rectangle_is_inside_outside_or_cut(rect, place):
    assert Polygon(SQUARE).against(rect) == place


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ([], "no points; a polygon needs at least three"),
        ([(0, 0)], "one point;"),
        ([(0, 0), (1, 1)], "two points;"),
        ([(0, 0), (1, 0), (1.2, 1)], r"point 3 is \[1.2, 1\], outside of the picture"),
        ([(-0.1, 0), (1, 0), (1, 1)], r"point 1 is \[-0.1, 0\]"),
        ([(0, 0), (640, 0), (640, 480)], r"point 2 is \[640, 0\].*shares of its width and height, from 0 to 1"),
        ([(0, 0), (1, 0), (math.nan, 1)], "point 3 is"),
        ([(0, 0), (1, 0), (1, math.inf)], "point 3 is"),
        ([(0, 0), (1, 0), (1, 0), (1, 1)], "points 2 and 3 are the same; leave one out$"),
        ([(0, 0), (1, 0), (1, 1), (0, 0)], "points 4 and 1 are the same.*joined to the first by itself"),
        ([(0, 0), (0.5, 0.5), (1, 1)], "lie on one line"),
        ([(0, 0), (1, 0), (0.5, 0)], "lie on one line"),
        ([(0, 0), (1e-4, 0), (0, 1e-4)], "lie on one line|almost nothing"),
        ([(0, 0), (1, 1), (1, 0), (0, 1)], "edges from point 1 to 2 and from point 3 to 4 cross"),
        ([(0, 0), (1, 0), (0, 1), (1, 1)], "edges from point 2 to 3 and from point 4 to 1 cross"),
        ([(0, 0), (0.5, 0.5), (1, 0), (1, 1), (0.5, 0.5), (0, 1)], "cross or touch"),
        ([(0, 0), (1, 0), (0.5, 0), (0.5, 1)], "cross or touch"),
        ([(0, 0), (1, 0), (1, 1), (1, 0.5), (0, 0.5), (0.5, 0.5)], "cross or touch"),
        ([(0, 0), (0.5, 0), (0.2, 0.8), (0.5, 0)], "cross or touch"),
        ([(n / 400, (n % 2) / 9) for n in range(MAX_POINTS + 1)], "65 points; draw it with 64 at most"),
    ],
)
def test_a_polygon_that_is_none_is_refused_and_what_to_change_is_said(points, why):
    flaw = flaw_of(points)
    assert flaw is not None
    assert re.search(why, flaw)


def test_the_largest_polygon_is_checked_in_a_moment_and_a_concave_one_accepted():
    turns = [n * math.tau / MAX_POINTS for n in range(MAX_POINTS)]
    circle = [(0.5 + 0.5 * math.cos(turn), 0.5 + 0.5 * math.sin(turn)) for turn in turns]
    assert flaw_of(circle) is None
    assert flaw_of([(0, 0), (1, 0), (1, 1), (0.6, 1), (0.6, 0.4), (0.4, 0.4), (0.4, 1), (0, 1)]) is None


def test_without_areas_everything_is_looked_at_and_nothing_has_a_zone():
    assert EVERYWHERE.admits(Box(-50, -50, 10, 10), *SIZE)
    assert EVERYWHERE.sees(Region(0, 0, 2, 2), *SIZE)
    assert EVERYWHERE.zone_of(at(0.5, 0.5), *SIZE) is None


def test_a_face_counts_where_its_middle_is_looked_at_and_not_masked():
    zones = CameraZones(look=(LEFT,), mask=(strip(0.0, 0.1),))
    assert [zones.admits(at(x, 0.5), *SIZE) for x in (0.05, 0.2, 0.49, 0.51)] == [False, True, True, False]
    wide = Box(0.05 * SIZE[0], 100, 0.3 * SIZE[0], 100)
    assert zones.admits(wide, *SIZE)


def test_several_look_areas_add_up():
    zones = CameraZones(look=(strip(0, 0.2), strip(0.8, 1)))
    assert [zones.admits(at(x, 0.5), *SIZE) for x in (0.1, 0.5, 0.9)] == [True, False, True]


@pytest.mark.parametrize("x", [-200.0, 0.0, 1279.0, 1500.0])
def test_a_face_whose_middle_is_beyond_the_frame_counts_as_at_its_edge(x):
    zones = CameraZones(look=(ALL,), zones={"left": LEFT, "right": RIGHT})
    box = Box(x - 20, 719.0, 40.0, 50.0)
    assert zones.admits(box, *SIZE)
    assert zones.zone_of(box, *SIZE) == ("left" if x < 640 else "right")


@pytest.mark.parametrize("size", [(16, 16), (640, 480), (4320, 7680), (7680, 4320)])
def test_areas_do_not_depend_on_the_size_of_the_frame(size):
    zones = CameraZones(mask=(RIGHT,), zones={"left": LEFT})
    assert [zones.admits(at(x, 0.5, size), *size) for x in (0.4, 0.6)] == [True, False]
    assert zones.zone_of(at(0.4, 0.5, size), *size) == "left"
    width, height = size
    half = width // 2
    assert zones.sees(Region(0, 0, half, height), *size)
    assert not zones.sees(Region(half, 0, half, height), *size)


def test_of_zones_that_overlap_the_smallest_counts():
    till = strip(0.4, 0.6, 0.4, 0.6)
    for zones in ({"floor": ALL, "till": till}, {"till": till, "floor": ALL}):
        camera = CameraZones(zones=zones)
        assert [camera.zone_of(at(x, 0.5), *SIZE) for x in (0.5, 0.7)] == ["till", "floor"]
    assert CameraZones(zones={"b": ALL, "a": ALL}).zone_of(at(0.5, 0.5), *SIZE) == "a"


def test_a_region_is_searched_unless_nothing_in_it_is_looked_at():
    corner = Region(0, 0, 320, 320)
    cases = {
        "one mask over all of it": (CameraZones(mask=(strip(0, 0.3),)), False),
        "a mask over a part": (CameraZones(mask=(strip(0, 0.2),)), True),
        "two masks that overlap": (CameraZones(mask=(strip(0, 0.15), strip(0.12, 0.3))), False),
        "two masks with a gap": (CameraZones(mask=(strip(0, 0.12), strip(0.13, 0.3))), True),
        "the area to look at is elsewhere": (CameraZones(look=(strip(0.3, 1),)), False),
        "it begins where the region ends": (CameraZones(look=(strip(0.25, 1),)), False),
        "it is in the region": (CameraZones(look=(strip(0.1, 0.12, 0.1, 0.12),)), True),
        "it is in the region and masked": (
            CameraZones(look=(strip(0.1, 0.12, 0.1, 0.12),), mask=(strip(0.05, 0.2),)),
            False,
        ),
        "it is all, and masked in the region": (CameraZones(look=(ALL,), mask=(strip(0, 0.25),)), False),
    }
    assert {name: zones.sees(corner, *SIZE) for name, (zones, _) in cases.items()} == {
        name: seen for name, (_, seen) in cases.items()
    }


@given(
    st.lists(stars(), max_size=2),
    st.lists(stars(), max_size=3),
    st.tuples(*[st.integers(0, 300)] * 2, *[st.integers(1, 600)] * 2),
    st.lists(spots, max_size=20),
)
def test_where_a_face_may_be_is_always_searched(look, mask, place, inside):
    zones, region = CameraZones(look=tuple(look), mask=tuple(mask)), Region(*place)
    if zones.sees(region, 1000, 1000):
        return
    for across, down in inside:
        x, y = region.x + across * region.width, region.y + down * region.height
        near_an_edge = any(abs(distance(one, x / 1000, y / 1000)) < 1e-5 for one in look + mask)
        assert near_an_edge or not zones.admits(Box(x - 1, y - 1, 2, 2), 1000, 1000)


def walk(zones, *sightings, dwell_ms=DWELL_MS):
    """The zones of one track, from where it is across the frame and when."""
    return [stay.zone for stay in stays(zones, sightings, dwell_ms)]


def stays(zones, sightings, dwell_ms=DWELL_MS, before=None):
    found = []
    for x, time_ms in sightings:
        before = stay_at(zones.zone_of(at(x, 0.5), *SIZE), time_ms, before, dwell_ms)
        found.append(before)
    return found


SIDES = CameraZones(zones={"left": LEFT, "right": strip(0.5, 0.9)})


def test_a_track_is_at_once_in_the_zone_where_it_begins():
    assert walk(SIDES, (0.1, 0)) == ["left"]
    assert walk(SIDES, (0.95, 0)) == [None]
    assert walk(EVERYWHERE, (0.1, 0)) == [None]


def test_a_track_changes_zones_when_it_has_been_in_another_for_long_enough():
    sightings = [(0.4, 0), *((0.6, 100 + 100 * n) for n in range(7))]
    assert walk(SIDES, *sightings) == ["left"] * 6 + ["right"] * 2
    assert walk(SIDES, (0.4, 0), (0.6, 40), dwell_ms=0) == ["left", "right"]


def test_it_changes_to_no_zone_and_back_in_the_same_way():
    sightings = [(0.6, 0), (0.95, 100), (0.95, 599), (0.95, 600), (0.6, 700), (0.6, 1200)]
    assert walk(SIDES, *sightings) == ["right"] * 3 + [None, None, "right"]


def test_going_on_to_a_third_zone_begins_the_time_anew():
    assert walk(SIDES, (0.1, 0), (0.6, 100), (0.95, 500), (0.95, 700), (0.95, 1000)) == ["left"] * 4 + [None]


@pytest.mark.parametrize("step_ms", [40, 100, 200, 400])
def test_a_face_on_an_edge_does_not_flicker_at_any_frame_rate(step_ms):
    sightings = [(0.499 if n % 2 else 0.501, n * step_ms) for n in range(50)]
    assert set(walk(SIDES, *sightings)) == {"right"}


@given(st.lists(st.tuples(shares, st.integers(0, 700)), min_size=1, max_size=30), st.integers(0, 30))
def test_zones_change_only_after_their_time_and_a_saved_state_goes_on_to_the_same(steps, cut):
    time_ms, sightings = 0, []
    for x, step_ms in steps:
        time_ms += step_ms
        sightings.append((x, time_ms))
    found = walk(SIDES, *sightings)
    changes = [when for (one, other), (_, when) in zip(pairwise(found), sightings[1:], strict=True) if one != other]
    assert all(later - earlier >= DWELL_MS for earlier, later in pairwise(changes))
    first = stays(SIDES, sightings[:cut])
    saved = msgspec.msgpack.encode(first[-1] if first else None)
    rest = stays(SIDES, sightings[cut:], before=msgspec.msgpack.decode(saved, type=Stay | None))
    assert [stay.zone for stay in first + rest] == found
