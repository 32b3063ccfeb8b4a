import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messages import Box
from detector.tiles import CLOSE, TILE_FACES, Region, Scan, around, plan, smallest_face

even = st.integers(8, 1200).map(lambda n: 2 * n)
smallest = st.integers(12, 200)


def test_smaller_frames_are_searched_for_smaller_faces():
    assert [smallest_face(height) for height in (120, 270, 720, 1080, 2160)] == [12, 15, 40, 40, 40]


@given(even, even, smallest)
def test_tiles_are_even_and_lie_in_the_frame(width, height, face):
    for region in plan(width, height, face):
        assert all(value % 2 == 0 for value in region)
        assert region.x >= 0
        assert region.y >= 0
        assert region.x + region.width <= width
        assert region.y + region.height <= height


@given(even, even, smallest)
def test_every_level_covers_every_pixel(width, height, face):
    levels = {}
    for region in plan(width, height, face):
        levels.setdefault((region.width, region.height), []).append(region)
    for regions in levels.values():
        seen = np.zeros((height // 2, width // 2), bool)
        for x, y, across, down in regions:
            seen[y // 2 : (y + down) // 2, x // 2 : (x + across) // 2] = True
        assert seen.all()


@given(even, even, smallest, st.floats(0, 1), st.floats(0, 1))
def test_a_face_of_the_smallest_size_is_whole_in_a_finest_tile(width, height, face, across, down):
    x, y = across * max(width - face, 0), down * max(height - face, 0)
    side = max(region.width for region in plan(width, height, face)[:1])
    finest = [r for r in plan(width, height, face) if r.width == side]
    assert side <= max(TILE_FACES * face + 1, width)
    assert any(
        r.x <= x and r.y <= y and min(x + face, width) <= r.x + r.width and min(y + face, height) <= r.y + r.height
        for r in finest
    )


@given(even, even, smallest)
def test_the_whole_frame_is_looked_at_last_and_once(width, height, face):
    regions = plan(width, height, face)
    assert regions[-1] == Region(0, 0, width, height)
    assert len(set(regions)) == len(regions)


def test_a_frame_that_a_tile_would_fill_is_looked_at_as_a_whole_only():
    assert plan(320, 240, 40) == [Region(0, 0, 320, 240)]


def test_the_levels_of_a_camera_picture():
    widths = [region.width for region in plan(1280, 720, 40)]
    assert sorted(set(widths)) == [360, 720, 1280]


boxes = st.builds(Box, st.floats(-300, 2500), st.floats(-300, 2500), st.floats(1, 900), st.floats(1, 900))


@given(boxes, even, even)
def test_a_closer_look_is_even_and_lies_in_the_frame(box, width, height):
    region = around(box, width, height)
    assert all(value % 2 == 0 for value in region)
    assert 0 <= region.x <= region.x + region.width <= width
    assert 0 <= region.y <= region.y + region.height <= height
    assert min(region.width, region.height) >= 16


def test_a_closer_look_has_the_face_in_its_middle():
    region = around(Box(300.0, 200.0, 60.0, 66.0), 1280, 720)
    assert region.width == region.height == 60 * CLOSE
    assert region.x + region.width / 2 == pytest.approx(330, abs=2)
    assert region.y + region.height / 2 == pytest.approx(233, abs=2)


def test_a_closer_look_at_the_border_is_moved_into_the_frame():
    assert around(Box(-20.0, -20.0, 60.0, 66.0), 1280, 720) == Region(0, 0, 180, 180)
    assert around(Box(1260.0, 700.0, 60.0, 66.0), 1280, 720) == Region(1100, 540, 180, 180)


intervals = st.one_of(
    st.integers(1, 500).map(lambda ms: [ms] * 60),
    st.lists(st.integers(0, 400), min_size=2, max_size=60),
)


@given(st.integers(1, 60), st.integers(1, 1000), intervals)
def test_frames_that_last_the_scan_time_have_seen_every_region_whatever_the_rate(count, scan_ms, gaps):
    scan = Scan([Region(2 * index, 0, 2, 2) for index in range(count)], scan_ms)
    times = [0, *np.cumsum(gaps).tolist()]
    looked = [scan.due(time_ms) for time_ms in times]
    assert len(looked[0]) == count
    for begin, begin_ms in enumerate(times):
        end = next((i for i, time_ms in enumerate(times) if time_ms - begin_ms >= scan_ms), None)
        if end is not None:
            assert len({region for one in looked[begin + 1 : end + 1] for region in one}) == count


@given(st.integers(1, 60), st.integers(1, 1000), intervals)
def test_no_region_is_looked_at_twice_in_a_frame(count, scan_ms, gaps):
    scan = Scan([Region(2 * index, 0, 2, 2) for index in range(count)], scan_ms)
    for time_ms in [0, *np.cumsum(gaps).tolist()]:
        due = scan.due(time_ms)
        assert len(set(due)) == len(due)


@given(st.integers(1, 60), st.integers(1, 1000), intervals)
def test_the_same_frames_get_the_same_regions(count, scan_ms, gaps):
    regions = [Region(2 * index, 0, 2, 2) for index in range(count)]
    one, other = Scan(regions, scan_ms), Scan(regions, scan_ms)
    for time_ms in [0, *np.cumsum(gaps).tolist()]:
        assert one.due(time_ms) == other.due(time_ms)


def test_the_work_of_the_search_is_spread_evenly_over_the_frames():
    scan = Scan([Region(2 * index, 0, 2, 2) for index in range(20)], 200)
    assert [len(scan.due(time_ms)) for time_ms in range(0, 400, 40)] == [20] + [4] * 9
