import csv
import io
import json

import pytest
from pyarrow import parquet

from common.errors import OutputError, UsageError
from common.labels import LABELS
from common.messages import Box
from moodline.export import COLUMNS, Selection, print_tracks, rows_of, write
from sink.records import EpochInfo, Sample, TrackSummary
from tests.builders_messages import QUALITY

SURE = tuple(0.94 if label == "happy" else 0.01 for label in LABELS)


def sample(seq, status="ok", label="happy"):
    read = status == "ok"
    values = SURE if read else None
    box = Box(1.5, 2.0, 30.0, 33.0)
    return Sample(1000 + 100 * seq, seq, status, label if read else None, values, values, box, 0.875, QUALITY)


def epoch(camera, name, from_ms=1000):
    return EpochInfo(
        camera=camera,
        epoch=name,
        recipe="r",
        mode="file",
        source=f"{camera}.mp4",
        rate=10.0,
        width=640,
        height=480,
        from_ms=from_ms,
        to_ms=from_ms + 1000,
        last_seq=9,
        arrived_ms=0,
        closed="end",
        closed_seq=9,
        damaged=0,
        clamped=0,
    )


class Reader:
    """A `SeriesReader` over what it is given: samples by camera, epoch and track number."""

    def __init__(self, series):
        self._series = series

    def cameras(self):
        return sorted(self._series)

    def epochs(self, camera):
        return [epoch(camera, name) for name in self._series[camera]]

    def track_names(self, camera, epoch):
        return [f"{camera}-{epoch}-{number}" for number in self._series[camera][epoch]]

    def samples(self, camera, track, since_ms=None, until_ms=None):
        _, name, number = track.split("-")
        for one in self._series[camera][name][int(number)]:
            if (since_ms is None or one.time_ms >= since_ms) and (until_ms is None or one.time_ms <= until_ms):
                yield one

    def tracks(self, camera, epoch):
        for number, samples in self._series[camera][epoch].items():
            first, last = samples[0].time_ms, samples[-1].time_ms
            share = {"happy": 0.75, "sad": 0.245, "fear": 0.005}
            track = f"{camera}-{epoch}-{number}"
            yield TrackSummary(track, first, last, len(samples), 2.0, 1.5, share, 3, QUALITY, 1.0, "closed")


@pytest.fixture
def reader():
    return Reader(
        {
            "shop": {"e1": {1: [sample(0), sample(1, "blurred"), sample(2)], 2: [sample(2)]}, "e2": {1: [sample(0)]}},
            "door": {"e1": {1: [sample(5)]}},
        }
    )


IDS = ["door-e1-1/5", "shop-e1-1/0", "shop-e1-1/1", "shop-e1-1/2", "shop-e1-2/2", "shop-e2-1/0"]


def ids(reader, **chosen):
    return [row["id"] for row in rows_of(reader, Selection(**chosen))]


def test_there_is_one_row_a_sample_with_an_id_of_its_own(reader):
    assert ids(reader) == IDS


def test_a_selection_narrows_by_camera_track_and_time(reader):
    assert ids(reader, camera="door") == IDS[:1]
    assert ids(reader, track="shop-e1-2") == ["shop-e1-2/2"]
    assert ids(reader, since_ms=1100, until_ms=1200) == ["shop-e1-1/1", "shop-e1-1/2", "shop-e1-2/2"]
    assert ids(reader, track="shop-e9-9") == []


def test_an_unknown_camera_is_refused_and_the_known_ones_named(reader):
    with pytest.raises(UsageError, match="no camera 'roof' has a series; known are: door, shop"):
        ids(reader, camera="roof")
    with pytest.raises(UsageError, match="known are: none"):
        ids(Reader({}), camera="roof")


def test_every_row_has_the_documented_columns(reader):
    for row in rows_of(reader, Selection()):
        assert list(row) == list(COLUMNS)
        assert all(value is None or isinstance(value, COLUMNS[name]) for name, value in row.items())


def test_csv_goes_to_a_file_with_a_header_and_empty_cells_without_a_reading(reader, tmp_path):
    out = tmp_path / "series.csv"
    assert write(reader, Selection(), "csv", out) == 6
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == IDS
    read, blurred = rows[1], rows[2]
    assert (read["label"], read["raw_happy"], read["width"], read["score"]) == ("happy", "0.94", "30.0", "0.875")
    assert (blurred["status"], blurred["label"], blurred["raw_happy"], blurred["smoothed_sad"]) == (
        "blurred",
        "",
        "",
        "",
    )


def test_json_is_one_object_a_line_on_standard_output(reader, capsys):
    assert write(reader, Selection(camera="shop"), "json", None) == 5
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["id"] for row in rows] == IDS[1:]
    assert rows[1]["raw_happy"] is None
    assert sum(rows[0][f"smoothed_{label}"] for label in LABELS) == pytest.approx(1)


def test_parquet_holds_the_same_rows_as_csv(reader, tmp_path):
    assert write(reader, Selection(), "parquet", tmp_path / "series.parquet") == 6
    assert parquet.read_table(tmp_path / "series.parquet").to_pylist() == list(rows_of(reader, Selection()))


def test_a_file_has_the_same_columns_whatever_was_read(reader, tmp_path, capsys):
    unread = Reader({"shop": {"e1": {1: [sample(0, "blurred")]}}})
    for name, source in (("all", reader), ("unread", unread), ("none", Reader({}))):
        write(source, Selection(), "parquet", tmp_path / name)
    schemas = [parquet.read_schema(tmp_path / name) for name in ("all", "unread", "none")]
    assert schemas[0] == schemas[1] == schemas[2]
    assert write(Reader({}), Selection(), "csv", None) == 0
    assert next(csv.reader(io.StringIO(capsys.readouterr().out))) == list(COLUMNS)


def test_parquet_without_a_file_is_refused(reader):
    with pytest.raises(UsageError, match="parquet needs a file; name one with --out"):
        write(reader, Selection(), "parquet", None)


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_a_place_that_cannot_be_written_is_refused_with_one_sentence(reader, tmp_path, form):
    with pytest.raises(OutputError, match="cannot write") as caught:
        write(reader, Selection(), form, tmp_path / "missing" / "series")
    assert "\n" not in str(caught.value)


def test_tracks_are_printed_one_a_line_with_times_from_the_begin_of_their_epoch(reader, capsys):
    assert print_tracks(reader, Selection(camera="shop", since_ms=1050)) == 2
    printed = capsys.readouterr().out
    assert "shop-e1-1" in printed
    assert "shop-e2-1" not in printed
    assert "happy 75%, sad 24%" in printed
    assert "fear" not in printed
    assert "apparent expression" in printed
