"""The report page: whole, self-contained, honest about gaps."""

import re
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest

from common.errors import OutputError, StoreError
from moodline.report.page import MOST_TRACK_CHARTS, percent, write_report
from sink.minutes import MINUTE_MS
from tests.moodline.report.builders import Series, epoch, sample

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Nesting(HTMLParser):
    """Checks that every element is closed in its place, and collects ids and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self._note(attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self.open or tag in VOID, f"<{tag}/> closes itself only in SVG"
        self._note(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> is out of place"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "title"}:
            self.text += data

    def _note(self, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in {"href", "xlink:href"}:
                self.links.append(value or "")


def parsed(html: str) -> Nesting:
    page = Nesting()
    page.feed(html)
    page.close()
    assert not page.open
    return page


def shop() -> Series:
    series = Series([epoch("shop", "e1", 0, 150_000), epoch("store-room", "e1", 0, 12_000)])
    series.with_track("shop", "e1", 1, [sample(t, "happy" if t < 4000 else "sad") for t in range(1000, 8000, 100)])
    seen = [sample(t, None if t < 5600 else "neutral") for t in range(5000, 9000, 100)]
    series.with_track("shop", "e1", 2, seen + [sample(t, None, "turned_away") for t in range(9000, 12_000, 100)])
    series.with_track("shop", "e1", 3, [sample(t, None, "too_small") for t in range(70_000, 71_000, 100)])
    series.dropped["shop", 60_000] = {"damaged": 40, "missing": 2}
    return series


def write(series: Series, folder, **options):
    return write_report(series, series.cameras(), series.infos, folder, **options).read_text("utf-8")


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    return write(shop(), tmp_path_factory.mktemp("report"), title="Monday")


def test_every_element_is_closed_in_its_place_and_every_link_inside_the_page_leads_somewhere(page):
    found = parsed(page)
    assert len(found.ids) == len(set(found.ids))
    assert found.links
    assert {link.removeprefix("#") for link in found.links} <= set(found.ids)
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(found.ids)


def test_the_page_needs_nothing_from_outside(page):
    assert not re.search(r"(?i)https?://|<script|<link|<img|<iframe|@import|src=", page)


def test_every_track_has_its_row_and_its_chart(page):
    for number in (1, 2, 3):
        assert page.count(f">shop-e1-{number}<") == 2
    assert page.count('class="chart"') == 3


def test_the_figures_say_how_much_was_seen_and_why_not_the_rest(page):
    text = " ".join(parsed(page).text.split())
    assert "1 622 of 1 664 sampled frames were analysed" in text
    assert "damaged 40, missing 2" in text
    assert "97.5 %" in text
    assert "tracks with a reading, of 3 tracks" in text
    assert "turned away" in text
    assert "no reading" in text


def test_the_shares_and_no_reading_sum_to_all_that_was_seen(page):
    table = re.search(r"<th>Expression</th>.*?</table>", page, re.DOTALL).group()
    values = [float(v) for v in re.findall(r"<td>.*?</td><td class=\"number\">([\d.]+)</td>", table)]
    assert sum(values[:-1]) == pytest.approx(values[-1], abs=0.2)


def test_times_of_a_recording_without_a_clock_are_relative(page):
    text = parsed(page).text
    assert "+0:00:01.0" in text
    assert "1970" not in text


def test_times_with_a_date_are_written_in_the_zone_that_was_asked_for(tmp_path):
    begin = int(datetime(2026, 3, 1, 12, 0, tzinfo=UTC).timestamp() * 1000)
    series = Series([epoch(from_ms=begin, to_ms=begin + 5000)])
    series.with_track("shop", "e1", 1, [sample(begin + t) for t in range(0, 5000, 100)])
    html = write(series, tmp_path, zone=timezone(timedelta(hours=2)))
    assert "2026-03-01 14:00:00" in html
    assert "UTC+02:00" in html


def test_html_in_a_name_is_shown_and_not_obeyed(tmp_path):
    series = Series([epoch(source="<b onclick=x>&.mp4", name="<i>")])
    series.with_track("shop", "<i>", 1, [sample(t) for t in range(0, 3000, 100)])
    html = write(series, tmp_path, title="<script>alert(1)</script>")
    parsed(html)
    assert not re.search(r"<script|<b |<i>", html)
    assert "&lt;script&gt;" in html


def test_a_password_in_a_source_is_not_shown(tmp_path):
    assert "hunter2" not in write(Series([epoch(source="rtsp://me:hunter2@cam/1")]), tmp_path)


def test_a_camera_without_tracks_says_so(page):
    text = " ".join(parsed(page).text.split())
    assert "Coverage 100 % · no face was tracked" in text


def test_a_camera_without_anything_and_a_report_without_cameras_are_pages_too(tmp_path):
    assert "Nothing was recorded for this camera." in write_report(Series(), ["yard"], [], tmp_path).read_text("utf-8")
    parsed(write_report(Series(), [], [], tmp_path).read_text("utf-8"))


def test_minutes_without_frames_are_drawn_as_a_gap(tmp_path):
    series = Series([epoch(to_ms=60_000), epoch(name="e2", from_ms=300_000, to_ms=400_000)])
    assert ">no frames</text>" in write(series, tmp_path)


def test_an_epoch_without_an_end_is_called_cut_off_and_its_going_tracks_are_counted(tmp_path):
    series = Series([epoch(closed=None, closed_seq=None)], ended=False)
    series.with_track("shop", "e1", 1, [sample(t) for t in range(0, 3000, 100)])
    html = write(series, tmp_path)
    assert "cut off, or still open" in html
    assert "1 track has not ended yet" in html


def test_other_openings_in_the_same_minutes_do_not_count(tmp_path):
    series = Series([epoch()]).with_track("shop", "e1", 1, [sample(t) for t in range(0, 3000, 100)])
    alone = write_report(series, ["shop"], series.infos, tmp_path / "alone").read_text("utf-8")
    mixed = Series([*series.infos, epoch(name="e2")], series.kept)
    mixed.with_track("shop", "e2", 1, [sample(t) for t in range(0, 3000, 100)])
    assert write_report(mixed, ["shop"], series.infos, tmp_path / "mixed").read_text("utf-8") == alone


def test_of_many_tracks_the_longest_read_are_charted_and_the_page_says_so(tmp_path):
    series = Series([epoch()])
    for number in range(1, MOST_TRACK_CHARTS + 6):
        series.with_track("shop", "e1", number, [sample(t) for t in range(0, 1000 + 100 * (number > 5), 100)])
    html = write(series, tmp_path)
    assert html.count('class="chart"') == MOST_TRACK_CHARTS
    assert f"The {MOST_TRACK_CHARTS} tracks that were read longest are drawn, of 65." in html
    assert "<td>shop-e1-1</td>" in html


def test_a_track_whose_samples_have_expired_keeps_its_row(tmp_path):
    series = shop()
    series.samples = lambda *_: iter(())
    assert "Its samples are no longer kept." in write(series, tmp_path)


def test_the_same_series_gives_the_same_page(page, tmp_path):
    assert write(shop(), tmp_path, title="Monday") == page


def test_a_folder_that_cannot_be_written_is_refused_with_one_sentence(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match=r"^the folder '.*taken/report' cannot be written: not a directory"):
        write(shop(), tmp_path / "taken" / "report")


def test_a_failure_in_the_middle_leaves_the_old_page_and_nothing_beside_it(tmp_path):
    write(shop(), tmp_path)
    before = (tmp_path / "index.html").read_bytes()
    series = shop()

    def away(*_):
        raise StoreError("Redis is away")
        yield

    series.samples = away
    with pytest.raises(StoreError):
        write(series, tmp_path)
    assert (tmp_path / "index.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_a_share_is_neither_all_nor_nothing_unless_it_is_exactly_that():
    shares = (0.0, 0.0001, 0.5, 0.99999, 1.0)
    assert [percent(share) for share in shares] == [
        text.replace(" ", "\u00a0") for text in ("0 %", "< 0.1 %", "50.0 %", "99.9 %", "100 %")
    ]


def test_a_long_series_of_minutes_is_put_into_fewer_bars(tmp_path):
    series = Series([epoch(to_ms=0)])
    series.dropped = {("shop", minute * MINUTE_MS): {"damaged": 1} for minute in range(600)}
    series.infos = [epoch(to_ms=600 * MINUTE_MS)]
    assert "every 5 minutes" in write(series, tmp_path)
