"""The annotated video: faces are gone, the rest and the times are as they were."""

import av
import numpy as np
import pytest

from common.errors import OutputError
from common.messages import Box, Frame, Spine
from moodline.report.blur import Coverings, blur
from moodline.report.video import write_video
from sink.records import FrameEntry, FrameFace

WIDTH, HEIGHT = 320, 240
FACE = Box(120, 80, 60, 66)
INSIDE = (slice(80, 146), slice(120, 180))
BARE = (slice(92, 134), slice(132, 168))
"""Inside the box, where nothing is drawn."""


def planes(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A checkerboard on the face, two pixels a field, and a gray slope everywhere else."""
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    picture[:height] = np.linspace(60, 180, width).astype(np.uint8)
    down, across = np.mgrid[0:66, 0:60]
    picture[INSIDE] = np.where((down // 2 + across // 2) % 2, 235, 16)
    return picture


def frame(seq: int, time_ms: int, picture: np.ndarray | None) -> Frame:
    height, width = (HEIGHT, WIDTH) if picture is None else (picture.shape[0] * 2 // 3, picture.shape[1])
    dropped = "damaged" if picture is None else None
    return Frame(Spine("shop", "e1", seq, time_ms, "file", 0.0, 0, "file"), width, height, picture, dropped)


def entry(seq: int, time_ms: int, *boxes: Box, status: str = "ok", dropped: str | None = None) -> FrameEntry:
    faces = tuple(FrameFace(f"shop-e1-{n}", box, status, "happy", "happy") for n, box in enumerate(boxes, 1))
    return FrameEntry("e1", time_ms, seq, dropped, faces)


def decoded(path) -> list[tuple[int, np.ndarray]]:
    with av.open(str(path)) as file:
        return [(round(picture.time * 1000), picture.to_ndarray()) for picture in file.decode(video=0)]


def detail(picture: np.ndarray) -> float:
    """Mean step from pixel to pixel in the face: about 110 in the checkerboard."""
    return float(np.abs(np.diff(picture[BARE].astype(float), axis=1)).mean())


@pytest.mark.parametrize("status", ["ok", "turned_away", "not_a_face"])
def test_a_face_loses_its_detail_whatever_its_status_and_the_rest_stays(tmp_path, status):
    picture = planes()
    write_video([frame(0, 0, picture)], {0: entry(0, 0, FACE, status=status)}, tmp_path / "out.mp4")
    ((_, shown),) = decoded(tmp_path / "out.mp4")
    assert detail(picture) > 100
    assert detail(shown) < 3
    far = (slice(0, 40), slice(0, 80))
    assert np.abs(shown[far].astype(int) - picture[far]).mean() < 3


def test_the_margin_around_a_face_is_blurred_and_nothing_beyond_it_is_touched():
    picture = np.random.default_rng(1).integers(0, 256, (HEIGHT * 3 // 2, WIDTH), np.uint8)
    changed = picture.copy()
    (box,) = Coverings([entry(0, 0, FACE)]).at(0)
    blur(changed, box)
    rows, columns = np.nonzero(changed[:HEIGHT] != picture[:HEIGHT])
    assert (columns.min(), columns.max() + 1) == (96, 204)
    assert (rows.min(), rows.max() + 1) == pytest.approx((80 - 26, 146 + 26), abs=2)


def test_two_faces_that_differ_in_detail_only_look_alike_after_the_blur():
    even, odd = planes(), planes()
    odd[INSIDE] = 251 - odd[INSIDE]
    for picture in (even, odd):
        blur(picture, FACE)
    assert np.abs(even[INSIDE].astype(int) - odd[INSIDE]).max() <= 4


def test_a_face_at_the_border_or_outside_is_no_trouble():
    for box in (Box(-50, -50, 80, 88), Box(300, 220, 80, 88), Box(500, 500, 10, 11), Box(10, 10, 0.5, 0.5)):
        before, after = planes(), planes()
        blur(after, box)
        assert after.shape == before.shape
        assert np.array_equal(after[INSIDE], before[INSIDE])


def test_a_face_stays_blurred_for_a_second_after_it_was_seen_and_half_a_second_before(tmp_path):
    times = list(range(0, 4001, 250))
    entries = {n: entry(n, t, *([FACE] if t in {1500, 1750} else [])) for n, t in enumerate(times)}
    write_video([frame(n, t, planes()) for n, t in enumerate(times)], entries, tmp_path / "out.mp4")
    hidden = [time for time, picture in decoded(tmp_path / "out.mp4") if detail(picture) < 3]
    assert hidden == list(range(1000, 2751, 250))


def test_a_face_that_is_briefly_missing_is_covered_where_it_was_where_it_will_be_and_between():
    away = Box(200, 80, 60, 66)
    boxes = list(Coverings([entry(0, 0, FACE), entry(2, 400, away)]).at(200))
    middle = Box(160, 80, 60, 66)
    assert all(any(box.overlap(one) >= one.width * one.height - 1e-6 for box in boxes) for one in (FACE, away, middle))


@pytest.mark.parametrize("known", [None, "dead_letter"])
def test_a_frame_in_which_nobody_looked_for_faces_is_blurred_whole(tmp_path, known):
    entries = {} if known is None else {0: entry(0, 0, dropped=known)}
    write_video([frame(0, 0, planes())], entries, tmp_path / "out.mp4")
    assert detail(decoded(tmp_path / "out.mp4")[0][1]) < 3


def test_every_picture_keeps_its_event_time_and_frames_without_one_are_passed_over(tmp_path):
    times = [1_700_000_000_000 + t for t in (0, 40, 40, 333, 1000, 5000)]
    frames = [frame(n, t, None if n == 4 else planes()) for n, t in enumerate(times)]
    entries = {n: entry(n, t) for n, t in enumerate(times)}
    assert write_video(frames, entries, tmp_path / "out.mp4") == 5
    assert [time for time, _ in decoded(tmp_path / "out.mp4")] == [0, 40, 41, 333, 5000]


def test_frames_of_another_size_are_scaled_to_the_first(tmp_path):
    frames = [frame(0, 0, planes()), frame(1, 40, planes(640, 480))]
    write_video(frames, {n: entry(n, 40 * n) for n in (0, 1)}, tmp_path / "out.mp4")
    assert [picture.shape for _, picture in decoded(tmp_path / "out.mp4")] == [(HEIGHT * 3 // 2, WIDTH)] * 2


def test_a_recording_without_pictures_gives_no_video_and_one_sentence(tmp_path):
    with pytest.raises(OutputError, match="no frame of the recording has a picture"):
        write_video([frame(0, 0, None)], {}, tmp_path / "out.mp4")
    assert not list(tmp_path.iterdir())


def test_a_failure_in_the_middle_leaves_the_old_video_and_nothing_beside_it(tmp_path):
    (tmp_path / "out.mp4").write_bytes(b"old")

    def broken():
        yield frame(0, 0, planes())
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError):
        write_video(broken(), {0: entry(0, 0)}, tmp_path / "out.mp4")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out.mp4": b"old"}


def test_a_folder_that_is_not_there_is_refused_with_one_sentence(tmp_path):
    with pytest.raises(OutputError, match="cannot be written: no such file or directory"):
        write_video([frame(0, 0, planes())], {}, tmp_path / "none" / "out.mp4")
