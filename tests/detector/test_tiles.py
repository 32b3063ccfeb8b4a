import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messages import Box
from detector.tiles import CLOSE, LEAST_CELLS, TILE_FACES, Region, Scan, around, plan, smallest_face

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
    assert sorted(set(widths)) == [300, 600, 1280]


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


def regions_of(count):
    return [Region(2 * index, 0, 2, 2) for index in range(count)]


def looks(gaps, count, scan, changed):
    """What is looked at in frames this far apart, milliseconds, where some regions change all the time."""
    cells = {region: 100 if index in changed else 0 for index, region in enumerate(regions_of(count))}
    return [(time_ms, scan.due(time_ms, cells.get)) for time_ms in [0, *np.cumsum(gaps).tolist()]]


@given(st.integers(1, 60), st.integers(1, 1000), intervals, st.sets(st.integers(0, 59)))
def test_a_region_is_seen_again_in_time_whatever_the_frame_rate(count, moving_ms, gaps, changed):
    told = looks(gaps, count, Scan(regions_of(count), moving_ms, 3 * moving_ms), changed)
    assert len(told[0][1]) == count
    for index, region in enumerate(regions_of(count)):
        most_ms = moving_ms if index in changed else 3 * moving_ms
        waited_ms = 0
        for gap_ms, (_, due) in zip(gaps, told[1:], strict=True):
            waited_ms = 0 if region in due else waited_ms + gap_ms
            assert waited_ms < most_ms


@given(st.integers(1, 60), st.integers(1, 1000), intervals, st.sets(st.integers(0, 59)))
def test_no_region_is_looked_at_twice_in_a_frame(count, moving_ms, gaps, changed):
    for _, due in looks(gaps, count, Scan(regions_of(count), moving_ms, 2000), changed):
        assert len(set(due)) == len(due)


@given(st.integers(1, 60), intervals, st.sets(st.integers(0, 59)), st.integers(0, 60))
def test_a_scan_goes_on_from_its_state(count, gaps, changed, cut):
    whole = looks(gaps, count, Scan(regions_of(count), 200, 2000), changed)
    first = Scan(regions_of(count), 200, 2000)
    cells = {region: 100 if index in changed else 0 for index, region in enumerate(regions_of(count))}
    begun = [(time_ms, first.due(time_ms, cells.get)) for time_ms, _ in whole[:cut]]
    second = Scan(regions_of(count), 200, 2000, first.state)
    assert begun + [(time_ms, second.due(time_ms, cells.get)) for time_ms, _ in whole[cut:]] == whole


def test_a_few_changed_cells_are_no_change_until_they_add_up():
    (region,) = regions_of(1)
    scan = Scan([region], 40, 100_000)
    told = [bool(scan.due(time_ms, lambda _: 1)) for time_ms in range(0, 40 * 2 * LEAST_CELLS + 1, 40)]
    assert told == [True, *([False] * (LEAST_CELLS - 1) + [True]) * 2]


def test_still_regions_come_back_one_after_the_other():
    scan = Scan(regions_of(20), 100, 2000)
    counts = [len(scan.due(time_ms, lambda _: 0)) for time_ms in range(0, 8000, 100)]
    assert counts == [20] + [1] * 79


def test_coarse_levels_wait_twice_as_long_while_they_change():
    regions = [Region(0, 0, 100, 100), Region(0, 0, 400, 400)]
    scan = Scan(regions, 100, 5000)
    told = [region for time_ms in range(0, 4100, 100) for region in scan.due(time_ms, lambda _: 100)]
    assert [told.count(region) for region in regions] == [41, 21]


def test_a_finder_that_wants_whole_frames_gets_them():
    assert plan(1280, 720, 40, None) == [Region(0, 0, 1280, 720)]
