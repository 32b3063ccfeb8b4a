import av
import numpy as np
import pytest

from moodline.chaos.clips import SOUND_PACKET, ClipFormat, write_clip, write_clip_of_video, write_tone
from moodline.chaos.pictures import draw
from moodline.chaos.rtsp_clip import read_clip
from tests.builders_video import make_video


def decoded(clip):
    """The luma of the clip's pictures in the order of display."""
    decoder = av.CodecContext.create(clip.codec, "r")
    frames = [frame for unit in clip.units for frame in decoder.decode(av.Packet(unit.data))]
    return [frame.to_ndarray(format="gray") for frame in [*frames, *decoder.decode(None)]]


@pytest.mark.parametrize(
    "form", [ClipFormat(), ClipFormat(b_frames=2), ClipFormat("hevc"), ClipFormat("mjpeg", quality=3)]
)
def test_a_clip_is_decoded_to_the_pictures_that_were_written(tmp_path, form):
    pictures = list(draw("moving", form.width, form.height, 30))
    clip = read_clip(write_clip(tmp_path / "clip", pictures, form))
    assert (clip.codec, clip.width, clip.height, clip.rate) == (form.codec, 320, 240, 25)
    seen = decoded(clip)
    assert len(seen) == len(clip.units) == 30
    # Gray from limited range is a little stretched; the order of the pictures must not depend on it.
    for number, picture in enumerate(seen):
        near = [float(np.abs(picture.astype(int) - _stretched(pictures[each])).mean()) for each in range(30)]
        assert min(near) == near[number] < 6


def _stretched(luma):
    return np.clip((luma.astype(float) - 16) * 255 / 219, 0, 255).astype(int)


def test_every_clip_begins_with_a_key_unit_and_has_one_each_gop(tmp_path):
    clip = read_clip(write_clip(tmp_path / "clip", draw("moving", 160, 120, 30), ClipFormat("h264", 160, 120, gop=10)))
    assert [number for number, unit in enumerate(clip.units) if unit.key] == [0, 10, 20]


def test_b_frames_are_sent_later_than_they_were_captured(tmp_path):
    plain, reordered = (
        read_clip(
            write_clip(
                tmp_path / f"{count}", draw("moving", 160, 120, 20), ClipFormat("h264", 160, 120, b_frames=count)
            )
        )
        for count in (0, 2)
    )
    assert (plain.lag, reordered.lag) == (0, 2)
    assert sorted(unit.place for unit in reordered.units) == list(range(20))
    assert [unit.place for unit in reordered.units] != list(range(20))


def test_a_video_file_becomes_a_clip_of_the_wanted_size(tmp_path):
    video = make_video(tmp_path / "video.mp4", frames=20)
    clip = read_clip(write_clip_of_video(tmp_path / "clip", video, ClipFormat("h264", 96, 64), most=12))
    assert [picture.shape for picture in decoded(clip)] == [(64, 96)] * 12


def test_a_tone_is_packets_of_forty_milliseconds(tmp_path):
    clip = read_clip(write_tone(tmp_path / "tone", seconds=1.0))
    assert (clip.codec, clip.rate, len(clip.units)) == ("alaw", 25, 25)
    assert {len(unit.data) for unit in clip.units} == {SOUND_PACKET}


def test_scenes_look_as_they_are_called():
    moving, still, dark, covered = (list(draw(scene, 160, 120, 8)) for scene in ("moving", "still", "dark", "covered"))
    assert not np.array_equal(moving[0], moving[4])
    assert all(np.array_equal(picture, still[0]) for picture in still)
    assert all(picture.max() < 30 and picture.std() > 0 for picture in dark)
    assert not np.array_equal(dark[0], dark[1])
    assert all(50 < picture.mean() < 90 and picture.std() < 6 for picture in covered)
    assert moving[0].std() > 20
