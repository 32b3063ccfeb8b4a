"""Recordings that are damaged, cut off, or no recordings at all."""

import os
import threading

import av
import pytest

from common.errors import SourceError
from ingest import recording
from ingest.discover import VideoFile
from ingest.settings import IngestSettings
from ingest.source import FileSource
from ingest.stage import check
from tests.builders_video import cut, damage, make_sound, make_video
from tests.ingest.reading import read


def refusal(path):
    """The sentence with which a file is refused, by `open` and by `messages` alike, before any message."""
    source = FileSource(VideoFile(path, "lobby"), IngestSettings(), lambda: 0, threading.Event())
    with pytest.raises(SourceError) as opening:
        source.open()
    with pytest.raises(SourceError) as reading:
        next(source.messages())
    sentence = str(opening.value)
    assert sentence == str(reading.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    return sentence


def test_a_missing_file_is_refused_with_one_sentence(tmp_path):
    assert "does not exist" in refusal(tmp_path / "a.mp4")


def test_a_folder_is_refused_with_one_sentence(tmp_path):
    assert "is a folder" in refusal(tmp_path)


def test_an_empty_file_is_refused_with_one_sentence(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"")
    assert "is empty" in refusal(tmp_path / "a.mp4")


def test_a_text_file_named_mp4_is_refused_with_one_sentence(tmp_path):
    (tmp_path / "a.mp4").write_text("hello\n" * 500)
    assert "cannot be read as video" in refusal(tmp_path / "a.mp4")


def test_subtitles_named_mp4_are_refused_with_one_sentence(tmp_path):
    (tmp_path / "a.mp4").write_text("1\n00:00:01,000 --> 00:00:02,000\nhello\n\n" * 50)
    assert "holds no video" in refusal(tmp_path / "a.mp4")


def test_sound_alone_is_refused_with_one_sentence(tmp_path):
    assert "holds no video" in refusal(make_sound(tmp_path / "a.mp4"))


def test_an_mp4_without_its_index_is_refused_with_one_sentence(tmp_path):
    assert "no index (moov)" in refusal(cut(make_video(tmp_path / "whole.mp4"), tmp_path / "a.mp4"))


def test_a_recording_without_one_decodable_picture_is_refused_with_one_sentence(tmp_path):
    whole = make_video(tmp_path / "whole.webm")
    content = bytearray(whole.read_bytes())
    with av.open(str(whole)) as container:
        for packet in container.demux(video=0):
            if packet.size:
                place = content.find(bytes(packet))
                content[place : place + packet.size] = bytes(packet.size)
    (tmp_path / "a.webm").write_bytes(content)
    assert "no picture" in refusal(tmp_path / "a.webm")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused_with_one_sentence(tmp_path):
    path = make_video(tmp_path / "a.mp4")
    path.chmod(0)
    assert "may not be read" in refusal(path)


def test_a_playlist_never_leads_to_another_file_or_host(tmp_path):
    other = make_video(tmp_path / "other.ts")
    playlist = tmp_path / "a.mp4"
    for target in (f"{other}", "http://127.0.0.1:9/a.ts"):
        playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.0,\n{target}\n#EXT-X-ENDLIST\n")
        refusal(playlist)


def test_check_refuses_before_anything_is_read_and_tells_durations(tmp_path):
    good, bad = make_video(tmp_path / "a.mp4"), tmp_path / "b.mp4"
    settings = IngestSettings()
    assert check([VideoFile(good, "a")], settings) == [1.0]
    with pytest.raises(SourceError, match=r"b\.mp4"):
        check([VideoFile(good, "a"), VideoFile(bad, "b")], settings)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.avi"])
def test_a_file_cut_off_is_read_as_far_as_it_goes_and_called_truncated(tmp_path, name):
    whole = make_video(tmp_path / f"whole-{name}", frames=75, faststart=name.endswith("mp4"))
    reading = read(cut(whole, tmp_path / name))
    (closed,) = reading.closed
    assert closed.reason == "truncated"
    assert 10 < len(reading.frames) < 60


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi"])
def test_damaged_pictures_are_counted_and_sent_without_picture_and_reading_goes_on(tmp_path, name):
    whole = make_video(tmp_path / f"whole-{name}", frames=75, faststart=name.endswith("mp4"))
    reading = read(damage(whole, tmp_path / name))
    (closed,) = reading.closed
    without = [frame for frame in reading.frames if frame.planes is None]
    assert closed.reason == "end"
    assert without
    assert all(frame.dropped == "damaged" for frame in without)
    assert closed.damaged >= len(without)
    assert reading.frames[-1].planes is not None
    assert reading.frames[-1].spine.time_ms > 2800
    assert [frame.spine.seq for frame in reading.frames] == list(range(len(reading.frames)))


@pytest.mark.parametrize("codec", ["libvpx-vp9", "libx265"])
def test_pictures_that_the_decoder_refuses_are_counted(tmp_path, codec):
    whole = make_video(tmp_path / "whole.mp4", codec=codec, frames=75, faststart=True)
    reading = read(damage(whole, tmp_path / "a.mp4", count=60))
    (closed,) = reading.closed
    assert closed.damaged >= 75 - len(reading.frames) > 0
    assert reading.frames[-1].spine.time_ms > 2800


def test_damaged_recordings_too_are_the_same_every_time(tmp_path):
    for name in ("a.mp4", "a.mkv", "a.webm"):
        path = damage(make_video(tmp_path / f"whole-{name}", frames=50), tmp_path / name, within=(0.3, 0.6))
        assert len({read(path).digest for _ in range(3)}) == 1


def test_damage_that_looks_like_a_new_stream_does_not_end_a_transport_stream(tmp_path):
    whole = make_video(tmp_path / "whole.ts", frames=60)
    for seed_share in range(8):
        start = 0.1 + seed_share / 10
        reading = read(damage(whole, tmp_path / "a.ts", count=200, within=(start, start + 0.1)))
        assert reading.frames[-1].spine.time_ms > 1500


class FailingDisk:
    """A container whose file cannot be read any more after some packets."""

    def __init__(self, container, packets):
        self._container = container
        self._packets = packets

    def __getattr__(self, name):
        return getattr(self._container, name)

    def demux(self, stream):
        for count, packet in enumerate(self._container.demux(stream)):
            if count == self._packets:
                raise av.error.OSError(5, "Input/output error")
            yield packet


def test_a_disk_that_fails_ends_the_epoch_with_a_read_error_and_loses_nothing_read(tmp_path, monkeypatch, caplog):
    whole = recording.open_container
    monkeypatch.setattr(recording, "open_container", lambda path: FailingDisk(whole(path), 12))
    reading = read(make_video(tmp_path / "a.mp4"))
    (closed,) = reading.closed
    assert (closed.reason, closed.last_seq) == ("read_error", 11)
    assert len(reading.frames) == 12
    assert "Input/output error" in caplog.text
