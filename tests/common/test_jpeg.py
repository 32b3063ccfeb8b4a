from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import jpeg
from common.jpeg import JpegError


def scene(width=160, height=96, *, noise=2, seed=1):
    """A picture like a camera's: slow gradients, an edge, some noise; in I420."""
    rng = np.random.default_rng(seed)

    def plane(w, h, low, high):
        values = np.linspace(low, high, w)[None, :] + np.linspace(0, 20, h)[:, None]
        values[:, w // 2 :] += 30
        return np.clip(values + rng.normal(0, noise, (h, w)), 0, 255).astype(np.uint8)

    half = (width // 2, height // 2)
    parts = [plane(width, height, 20, 180), plane(*half, 100, 130), plane(*half, 110, 120)]
    return np.concatenate([part.reshape(-1) for part in parts]).reshape(height * 3 // 2, width)


def difference(one, other):
    return np.abs(one.astype(int) - other)


def decoded(data, picture):
    return jpeg.decode(data, picture.shape[1], picture.shape[0] * 2 // 3)


def segments(data):
    """Where each segment of a JPEG's header begins, by marker."""
    places, place = {}, 2
    while data[place + 1] != 0xDA:
        places[data[place + 1]] = place
        place += 2 + int.from_bytes(data[place + 2 : place + 4])
    return places | {0xDA: place}


SCENE = scene()
DATA = jpeg.encode(SCENE)
SMALL = scene(32, 18)
SMALL_DATA = jpeg.encode(SMALL)


def test_a_picture_comes_back_nearly_as_it_was():
    changed = difference(decoded(DATA, SCENE), SCENE)
    assert changed.max() <= 16
    assert changed.mean() <= 1.5
    assert len(DATA) < SCENE.size / 2


@pytest.mark.parametrize("level", [0, 16, 128, 235, 255])
def test_levels_keep_their_range(level):
    flat = np.full((48, 32), level, np.uint8)
    assert difference(decoded(jpeg.encode(flat), flat), flat).max() <= 1


def test_colour_planes_stay_apart():
    planes = np.full((96, 64), 90, np.uint8)
    planes[64:80], planes[80:] = 60, 200
    assert difference(decoded(jpeg.encode(planes), planes), planes).max() <= 1


@given(st.integers(1, 40), st.integers(1, 40))
def test_every_even_size_comes_back(half_width, half_height):
    picture = scene(half_width * 2, half_height * 2, noise=1)
    result = decoded(jpeg.encode(picture), picture)
    assert result.shape == picture.shape
    assert result.dtype == np.uint8
    assert difference(result, picture).mean() <= 3


def test_a_higher_scale_is_smaller_and_farther_from_the_picture():
    data = [jpeg.encode(SCENE, quality) for quality in (1, 2, 8, 31)]
    sizes = [len(one) for one in data]
    changes = [difference(decoded(one, SCENE), SCENE).mean() for one in data]
    assert sizes == sorted(sizes, reverse=True)
    assert changes == sorted(changes)
    assert data[1] == DATA


@pytest.mark.parametrize("quality", [0, 32, -1])
def test_a_scale_that_does_not_exist_is_refused(quality):
    with pytest.raises(ValueError, match="not between 1 and 31"):
        jpeg.encode(SCENE, quality)


def test_planes_may_be_read_only_or_part_of_a_larger_array():
    locked = SCENE.copy()
    locked.flags.writeable = False
    larger = np.zeros((SCENE.shape[0], SCENE.shape[1] + 10), np.uint8)
    larger[:, :-10] = SCENE
    assert jpeg.encode(locked) == jpeg.encode(larger[:, :-10]) == DATA


def test_the_bytes_depend_on_the_picture_alone_in_every_thread():
    pictures = [scene(64, 48, seed=seed) for seed in range(6)]
    alone = [jpeg.encode(picture) for picture in pictures]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(jpeg.encode, pictures)) == alone
        together = list(pool.map(decoded, alone, pictures))
    assert all(np.array_equal(one, decoded(data, one)) for one, data in zip(together, alone, strict=True))


def test_a_picture_that_ends_early_is_refused_wherever_it_ends():
    for length in range(len(SMALL_DATA)):
        with pytest.raises(JpegError):
            decoded(SMALL_DATA[:length], SMALL)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_picture_without_its_lower_part_is_refused_even_if_it_has_an_end(share):
    with pytest.raises(JpegError, match="is damaged"):
        decoded(DATA[: int(len(DATA) * share)] + b"\xff\xd9", SCENE)


def test_a_picture_of_another_size_is_refused_before_it_is_decompressed():
    place = segments(DATA)[0xC0]
    huge = DATA[: place + 5] + (8000).to_bytes(2) + (6250).to_bytes(2) + DATA[place + 9 :]
    with pytest.raises(JpegError, match="has 6250 x 8000 pixels, not 160 x 96"):
        decoded(huge, SCENE)
    with pytest.raises(JpegError, match="has 160 x 96 pixels, not 96 x 160"):
        jpeg.decode(DATA, 96, 160)


def foreign_forms():
    at = segments(DATA)
    header = DATA[at[0xC0] : at[0xDA]]
    yield "a second header", DATA[: at[0xDA]] + header + DATA[at[0xDA] :]
    yield "a note", DATA[:2] + b"\xff\xfe\x00\x06note" + DATA[2:]
    yield "progressive", DATA[: at[0xC0]] + b"\xff\xc2" + DATA[at[0xC0] + 2 :]
    yield "no header", DATA[: at[0xC0]] + DATA[at[0xDA] :]
    yield "12 bits", DATA[: at[0xC0] + 4] + b"\x0c" + DATA[at[0xC0] + 5 :]
    yield "full chroma", DATA[: at[0xC0] + 11] + b"\x11" + DATA[at[0xC0] + 12 :]


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in foreign_forms()])
def test_a_jpeg_of_another_form_is_refused(data):
    with pytest.raises(JpegError, match="is not a JPEG as Moodline writes it"):
        decoded(data, SCENE)


@pytest.mark.parametrize("tail", [b"\x00", b"\xff\xd9", DATA])
def test_what_follows_the_end_is_refused(tail):
    with pytest.raises(JpegError, match="does not end where its data end"):
        decoded(DATA + tail, SCENE)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_picture_are_refused(data):
    with pytest.raises(JpegError):
        jpeg.decode(data, 32, 18)
    with pytest.raises(JpegError):
        jpeg.decode(b"\xff\xd8" + data, 32, 18)


@given(st.integers(0, len(SMALL_DATA) - 1), st.binary(max_size=6), st.integers(0, 6))
def test_a_changed_picture_is_refused_or_has_its_size(place, put, taken):
    try:
        result = decoded(SMALL_DATA[:place] + put + SMALL_DATA[place + taken :], SMALL)
    except JpegError:
        return
    assert result.shape == SMALL.shape
