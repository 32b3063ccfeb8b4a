"""The demonstration clip: its length, its size, and that it is the same every time."""

import hashlib
from itertools import islice

import av
import numpy as np
import pytest

from common.errors import OutputError
from moodline.demo import HEIGHT, RATE, SECONDS, WIDTH, compose_demo, demo_frames


def digest(pictures) -> str:
    total = hashlib.sha256()
    for picture in pictures:
        total.update(picture.tobytes())
    return total.hexdigest()


def test_the_clip_lasts_twelve_seconds_and_shows_what_was_drawn(tmp_path):
    compose_demo(tmp_path / "home" / "demo.mp4")
    with av.open(str(tmp_path / "home" / "demo.mp4")) as file:
        stream = file.streams.video[0]
        pictures = [(picture.time, picture.width, picture.height) for picture in file.decode(video=0)]
        file.seek(0)
        first = next(file.decode(video=0)).to_ndarray(format="rgb24")
        assert stream.codec_context.name == "h264"
        assert float(stream.duration * stream.time_base) == pytest.approx(SECONDS)
    assert len(pictures) == RATE * SECONDS
    assert {(width, height) for _, width, height in pictures} == {(WIDTH, HEIGHT)}
    assert [time for time, *_ in pictures] == pytest.approx([n / RATE for n in range(RATE * SECONDS)], abs=1e-3)
    assert np.abs(first.astype(int) - next(demo_frames())).mean() < 4


def test_the_pictures_are_the_same_every_time():
    once, again = (digest(islice(demo_frames(), 40)) for _ in range(2))
    assert once == again


def test_a_place_that_cannot_be_written_is_refused_with_one_sentence(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        compose_demo(tmp_path / "taken" / "demo.mp4")
