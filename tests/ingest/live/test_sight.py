"""What the judge says of generated pictures: living, dark, covered and frozen ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ingest.live.sight import SightJudge
from tests.builders_video import make_video

RATE = 5
SIZE = (180, 320)


def chance(seed=1):
    return np.random.default_rng(seed)


def levels(picture):
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def room(size=SIZE, seed=7):
    """A scene with furniture: rectangles of every level before a wall that is lit from one side."""
    rng, (height, width) = chance(seed), size
    picture = np.linspace(90.0, 160.0, width)[None, :].repeat(height, 0)
    for _ in range(40):
        top, left = rng.integers(0, height - 8), rng.integers(0, width - 8)
        picture[top : top + rng.integers(6, height // 3), left : left + rng.integers(6, width // 4)] = rng.integers(
            20, 230
        )
    return picture


def noisy(picture, seconds, sigma, seed=2):
    rng = chance(seed)
    return [levels(picture + rng.normal(0, sigma, picture.shape)) for _ in range(int(seconds * RATE))]


def walked(picture, seconds, seed=3):
    """The scene with somebody who walks through it, and the noise of a sensor."""
    shots = noisy(picture, seconds, 1.0, seed)
    for index, shot in enumerate(shots):
        left = 12 * index % (shot.shape[1] - 20)
        shot[60:150, left : left + 20] = 40
    return shots


def held(picture, seconds):
    return [levels(picture)] * int(seconds * RATE)


def ramp(low, high, size=SIZE):
    return np.linspace(low, high, size[1])[None, :].repeat(size[0], 0)


def hand(size=SIZE):
    """Something near and out of focus, with light that leaks in at one side."""
    down, across = np.mgrid[0 : size[0], 0 : size[1]] / size[1]
    return 60 + 20 * np.sin(4 * across + 3 * down) + 110 * np.exp(-(((across - 1) / 0.15) ** 2))


def told(shots, judge=None, begin_s=0.0):
    """What is said, as (seconds, sight) of each change."""
    judge = judge or SightJudge()
    changes, before = [], judge.sight
    for index, shot in enumerate(shots):
        sight = judge.update(shot, begin_s + index / RATE)
        if sight != before:
            changes.append((index / RATE, sight))
        before = sight
    return changes


def test_a_judge_that_saw_nothing_says_clear():
    assert SightJudge().sight == "clear"


@pytest.mark.parametrize("sigma", [0.5, 1, 2, 6])
def test_a_still_scene_with_the_noise_of_a_sensor_is_alive(sigma):
    assert told(noisy(room(), 40, sigma)) == []


def test_a_picture_that_never_changes_is_frozen_after_nine_seconds_and_alive_again_after_three():
    shots = walked(room(), 10) + held(room(), 20) + walked(room(), 5, seed=9)
    (frozen_s, frozen), (clear_s, clear) = told(shots)
    assert (frozen, clear) == ("frozen", "clear")
    assert 8 <= frozen_s - 10 <= 11
    assert clear_s - 30 <= 3.5


def test_a_picture_that_holds_for_some_seconds_only_is_not_frozen():
    assert told(walked(room(), 10) + held(room(), 7) + walked(room(), 10, seed=9)) == []


def test_a_clock_that_runs_in_a_corner_keeps_a_still_picture_alive():
    shots = []
    for index in range(40 * RATE):
        shot = levels(room())
        shot[4:16, 250:310] = 30
        digits = index // RATE
        for place in range(4):
            shot[5:15, 252 + 14 * place : 262 + 14 * place] = 30 + 200 * ((digits >> place) & 1)
        shots.append(shot)
    assert told(shots) == []


def test_light_that_flickers_or_drifts_keeps_a_still_picture_alive():
    times = np.arange(40 * RATE) / RATE
    assert told([levels(room() + 3 * np.sin(2 * np.pi * time / 7.3)) for time in times]) == []
    assert told([levels(room() * (1 + 0.003 * time)) for time in times]) == []


def test_a_short_recording_that_is_played_again_and_again_is_not_frozen():
    assert told(walked(room(), 3) * 15) == []


@pytest.mark.parametrize("sigma", [0, 2, 8])
def test_a_black_picture_with_noise_is_dark_within_five_seconds(sigma):
    (dark_s, dark), (clear_s, clear) = told(walked(room(), 6) + noisy(ramp(16, 20), 12, sigma) + walked(room(), 5))
    assert (dark, clear) == ("dark", "clear")
    assert dark_s - 6 <= 5
    assert clear_s - 18 <= 1.5


def test_a_street_at_night_with_lamps_is_not_dark():
    street = ramp(18, 20)
    down, across = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    for top, left in ((40, 60), (30, 200), (50, 290)):
        street += 200 * np.exp(-(((across - left) / 4) ** 2 + ((down - top) / 4) ** 2))
        street += 30 * np.exp(-(((across - left) / 40) ** 2 + ((down - top - 40) / 40) ** 2))
    assert told(noisy(street, 30, 2)) == []


def test_the_name_that_a_camera_writes_into_a_black_picture_does_not_make_it_bright():
    black = ramp(16, 16)
    black[4:14, 10:90] = 230
    assert told(noisy(black, 10, 1))[0][1] == "dark"


@pytest.mark.parametrize("sigma", [0, 3, 8])
@pytest.mark.parametrize("cover", [ramp(95, 95), ramp(60, 150), hand(), ramp(230, 230)])
def test_something_before_the_lens_is_covered_within_five_seconds(cover, sigma):
    (covered_s, covered), (clear_s, clear) = told(walked(room(), 6) + noisy(cover, 12, sigma) + walked(room(), 5))
    assert (covered, clear) == ("covered", "clear")
    assert covered_s - 6 <= 5
    assert clear_s - 18 <= 1.5


def test_a_camera_that_is_covered_from_the_start_is_covered():
    assert told(noisy(hand(), 10, 2))[0][1] == "covered"


def test_a_white_wall_with_a_skirting_board_is_not_covered():
    wall = ramp(170, 190)
    wall[150:156] = 130
    assert told(noisy(wall, 60, 1.5)) == []


def test_a_scene_out_of_focus_or_in_mist_is_not_covered():
    mist = 130 + 0.3 * (room() - 130)
    assert told(noisy(mist, 30, 2)) == []


def test_somebody_who_stands_before_the_lens_for_three_seconds_does_not_cover_it():
    assert told(walked(room(), 6) + noisy(hand(), 3, 2) + walked(room(), 6)) == []


def test_dark_comes_before_covered_and_covered_before_frozen():
    assert {sight for _, sight in told(held(ramp(16, 16), 30))} == {"dark"}
    assert {sight for _, sight in told(held(hand(), 30))} == {"covered"}


def test_a_change_of_size_starts_the_comparison_anew():
    large, small = held(room(), 8), held(room((120, 200)), 8)
    assert told(large + small) == []


def test_few_looks_a_second_are_enough():
    judge = SightJudge()
    said = [judge.update(levels(room()), float(second)) for second in range(40)]
    assert said[20:] == ["frozen"] * 20


def test_a_long_pause_between_two_looks_proves_nothing():
    judge = SightJudge()
    black = levels(ramp(16, 16))
    assert [judge.update(black, now_s) for now_s in (0.0, 100.0, 200.0)] == ["clear"] * 3


@settings(max_examples=60, deadline=None)
@given(
    st.lists(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=70)), max_size=6)
)
def test_no_picture_of_any_size_raises(shots):
    judge = SightJudge()
    for index, shot in enumerate(shots * 4):
        assert judge.update(shot, index / RATE) in ("clear", "dark", "covered", "frozen")


def decoded(path):
    import av  # noqa: PLC0415  # only the encoded tests need it

    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index % 2 == 0:
                plane = frame.planes[0]
                yield np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]


def encoded(path, shots, bits):
    """Ten frames a second with a key frame every second, as a camera with a fixed bit rate."""
    options = {"preset": "superfast", "tune": "zerolatency", "g": "10", "b": bits, "maxrate": bits, "bufsize": bits}
    paint = lambda index, _width, _height: np.repeat(shots[index // 2][:, :, None], 3, 2)  # noqa: E731  # one use
    make_video(path, size=SIZE[::-1], rate=10, frames=2 * len(shots), options=options, paint=paint)
    return list(decoded(path))


def test_a_frozen_picture_that_is_encoded_anew_is_frozen_and_a_still_scene_is_not(tmp_path):
    frozen = encoded(tmp_path / "frozen.mkv", walked(room(), 6) + held(room(), 15), "600k")
    ((frozen_s, sight),) = told(frozen)
    assert sight == "frozen"
    assert frozen_s - 6 <= 14
    assert told(encoded(tmp_path / "still.mkv", noisy(room(), 20, 1), "600k")) == []
    assert told(encoded(tmp_path / "starved.mkv", noisy(room(), 20, 1), "60k")) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_frozen_picture_is_found_within_fifteen_seconds_however_irregular_the_looks(tmp_path, seed):
    shots = encoded(tmp_path / "frozen.mkv", walked(room(), 6) + held(room(), 20), "600k")
    judge, rng, at_s = SightJudge(), chance(seed), 0.0
    while judge.sight != "frozen":
        judge.update(shots[int(at_s * RATE)], at_s)
        at_s += rng.uniform(0.15, 0.6)
    assert 6 <= at_s - 6 <= 15
