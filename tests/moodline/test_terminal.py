import json

import pytest

from moodline.terminal import PIPED_WIDTH, clock, finish, progress, say, table


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0:00"),
        (0.4, "0:00"),
        (59.6, "1:00"),
        (61, "1:01"),
        (3599.4, "59:59"),
        (3600, "1:00:00"),
        (86_405, "24:00:05"),
    ],
)
def test_seconds_as_people_write_them(seconds, shown):
    assert clock(seconds) == shown


def test_a_table_shows_every_cell_and_is_no_wider_than_a_pipe(capsys):
    table("Tracks of [a].mp4", ("name", "share"), [("shop-1", "12 %"), ("a [bold]name[/bold] in brackets " * 8, 3)])
    printed = capsys.readouterr().out
    assert "Tracks of [a].mp4" in printed
    assert "12 %" in printed
    assert "[bold]name[/bold]" in printed
    assert max(len(line) for line in printed.splitlines()) <= PIPED_WIDTH


def test_columns_of_numbers_stand_on_the_right(capsys):
    table("", ("word", "number"), [("a", "1.5"), ("b", "100.25")])
    rows = [line for line in capsys.readouterr().out.splitlines() if "1.5" in line or "100.25" in line]
    assert len(rows) == 2
    assert len({line.rstrip(" │").rindex("5") for line in rows}) == 1


def test_a_table_without_rows_has_its_header(capsys):
    table("Nothing", ("name", "share"), [])
    assert "name" in capsys.readouterr().out


def test_a_sentence_stays_on_one_line_and_is_not_read_as_markup(capsys):
    sentence = "[red]long[/red] " * 40
    say(sentence)
    assert capsys.readouterr().out == sentence + "\n"


def test_a_result_is_one_json_object_on_the_last_line_when_asked(capsys):
    say("for people")
    finish({"b": 1, "a": {"share": 0.5}}, as_json=True)
    last = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(last) == {"a": {"share": 0.5}, "b": 1}
    finish({"b": 1}, as_json=False)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("shown", [True, False])
def test_a_progress_bar_writes_nothing_into_a_pipe(capsys, shown):
    with progress(shown) as bar:
        task = bar.add_task("reading", total=2, note="")
        bar.update(task, completed=1)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "reading" not in printed.err
