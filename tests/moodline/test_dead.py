"""`moodline dead`: what is listed and shown, what is given back, and what is refused with one sentence."""

import json

import pytest
from msgspec.structs import replace

from common import wire
from common.bus import topics
from common.bus.base import Place
from common.bus.kafka_settings import KafkaSettings
from common.dead import VALUE_BYTES
from common.errors import EXIT_OK, EXIT_OUTPUT, EXIT_USAGE, UsageError
from moodline.dead import Choice, DeadBox
from moodline.dead_text import details, frame_of, name_of, place_of, printable
from moodline.topic_reader import TopicReader
from tests.moodline.builders_records import START_MS, faces, frame, letter, opened, readings

BOX = DeadBox(KafkaSettings(), "moodline")


@pytest.mark.parametrize(("name", "place"), [("0", Place(0, 0)), ("17", Place(0, 17)), ("2/17", Place(2, 17))])
def test_a_letter_is_named_by_its_number_or_its_place(name, place):
    assert place_of(name) == place
    assert name_of(letter(readings(0), place=place)) == name


@pytest.mark.parametrize("name", ["", "x", "-1", "1/", "/1", "1/2/3", "1 2", "9" * 30, "٣"])
def test_what_names_no_letter_is_refused(name):
    with pytest.raises(UsageError, match="names no dead letter"):
        place_of(name)


def test_letters_are_chosen_by_camera_stage_and_time():
    one = letter(readings(0, camera="door"), stage="sink", dead_ms=1000)
    for choice in (Choice(), Choice(camera="door"), Choice(stage="sink"), Choice(since_ms=1000)):
        assert choice.meets(one)
    for choice in (Choice(camera="shop"), Choice(stage="detector"), Choice(since_ms=1001)):
        assert not choice.meets(one)


def test_frames_are_not_given_back_since_faces_are_tracked_in_order():
    assert "out of order" in BOX.refusal(letter(frame(3), topic="moodline.frames"))


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (letter(faces(0), size=VALUE_BYTES + 1), "only a part of its 1048577 bytes was kept"),
        (letter(faces(0), headers_left_out=1), "only a part"),
        (letter(faces(0), topic=""), "stood on ''"),
        (letter(faces(0), topic="other.faces"), "stood on 'other.faces'"),
        (letter(faces(0), headers=[]), "do not say of which frame"),
        (letter(opened()), "do not say of which frame"),
        (letter(faces(1), headers=[("moodline", b'{"v":"1.0","kind":"faces"}')]), "do not say of which frame"),
        (letter(faces(1), headers=[("moodline", b"{}"), ("replayed", b"1")]), "failed again"),
    ],
)
def test_a_letter_that_would_do_harm_or_nothing_is_not_given_back(one, why):
    assert why in BOX.refusal(one)
    with pytest.raises(UsageError, match="cannot be given back"):
        BOX.replay([one])


@pytest.mark.parametrize("topic", ["moodline.faces", "moodline.scores"])
def test_faces_and_scores_may_be_given_back(topic):
    assert BOX.refusal(letter(faces(1), topic=topic)) is None


def test_a_letter_names_its_frame_as_far_as_it_can():
    assert frame_of(letter(readings(7))) == "shop/e1/7"
    assert frame_of(letter(opened())) == "shop/e1"
    assert frame_of(letter(readings(7), headers=[])) == "shop"
    assert frame_of(letter(readings(7), headers=[], key=None)) == ""


def test_nothing_in_a_letter_steers_the_terminal_or_shows_a_password():
    told = details(
        letter(readings(0), headers=[("a\x1b[31m", b"\x1b]0;x\x07"), ("u", b"rtsp://a:b@h/"), ("z", b"\xff\xfe")])
    )
    assert told["headers"] == {"a\ufffd[31m": "\ufffd]0;x\ufffd", "u": "rtsp://***@h/", "z": "ff fe"}
    assert printable("a\nb") == "a\ufffdb"


def test_replay_wants_either_names_or_all(moodline):
    for arguments in ((), ("1", "--all"), ("1", "--stage", "sink")):
        code, _, said = moodline("dead", "replay", *arguments)
        assert (code, said.count("\n")) == (EXIT_USAGE, 1)


def last_line(text):
    return json.loads(text.splitlines()[-1])


@pytest.mark.kafka
def test_letters_are_listed_the_newest_last_and_chosen(kafka, moodline):
    code, printed, _ = moodline("dead", "list", "--json")
    assert (code, last_line(printed)) == (EXIT_OK, {"count": 0, "letters": []})
    kafka.bury(*(letter(readings(n), topic=kafka.name("scores"), dead_ms=START_MS + n * 1000) for n in range(4)))
    kafka.bury(letter(faces(0, camera="door"), topic=kafka.name("faces"), stage="classifier"))
    kafka.put_raw(topics.DEAD, b"hello")
    code, printed, _ = moodline("dead", "list", "--limit", "3", "--json")
    told = last_line(printed)
    assert (told["count"], [one["id"] for one in told["letters"]]) == (6, ["3", "4", "5"])
    assert "shop/e1/3" in printed
    for options, ids in (
        (("--camera", "door"), ["4"]),
        (("--stage", "sink", "--since", str(START_MS / 1000 + 2)), ["2", "3"]),
    ):
        _, printed, _ = moodline("dead", "list", *options, "--json")
        assert [one["id"] for one in last_line(printed)["letters"]] == ids


@pytest.mark.kafka
def test_a_letter_is_shown_and_its_bytes_are_written(kafka, moodline, tmp_path):
    kafka.bury(letter(readings(7), topic=kafka.name("scores"), value=b"\x00\x01poison", size=8))
    code, printed, _ = moodline("dead", "show", "0", "--out", tmp_path / "bytes", "--json")
    told = last_line(printed)
    assert (code, told["kind"], told["size"], told["head"][:5]) == (EXIT_OK, "readings", 8, "00 01")
    assert json.loads(told["headers"]["moodline"])["spine"]["seq"] == 7
    assert (tmp_path / "bytes").read_bytes() == b"\x00\x01poison"
    assert moodline("dead", "show", "0/0", "--out", tmp_path / "no" / "bytes")[0] == EXIT_OUTPUT
    for name in ("1", "7/0"):
        code, _, said = moodline("dead", "show", name)
        assert code == EXIT_USAGE
        assert f"no dead letter {name}" in said


@pytest.mark.kafka
def test_a_letter_goes_back_to_its_partition_byte_for_byte_and_marked(kafka, moodline):
    original = letter(readings(7), topic=kafka.name("scores"), partition=2)
    kafka.bury(original, letter(frame(1), topic=kafka.name("frames")))
    code, printed, _ = moodline("dead", "replay", "0", "--json")
    assert (code, last_line(printed)) == (EXIT_OK, {"replayed": ["0"], "refused": {}})
    with TopicReader(kafka.settings) as reader:
        (record,) = reader.read(kafka.name("scores"))
    assert (record.partition, record.key, record.value) == (2, b"shop", original.value)
    assert list(record.headers) == [*original.headers, ("replayed", b"1")]
    assert wire.is_replayed(record.headers)
    assert wire.decode(record.value, record.headers) == replace(readings(7), replayed=True)


@pytest.mark.kafka
def test_all_that_can_be_given_back_is_and_the_rest_is_told(kafka, moodline):
    kafka.bury(
        letter(frame(1), topic=kafka.name("frames"), stage="detector"),
        letter(faces(2), topic=kafka.name("faces"), stage="classifier"),
        letter(readings(3), topic=kafka.name("scores"), size=VALUE_BYTES * 2),
        letter(readings(4), topic=kafka.name("scores")),
    )
    code, printed, _ = moodline("dead", "replay", "--all", "--stage", "sink", "--json")
    told = last_line(printed)
    assert (code, told["replayed"], list(told["refused"])) == (EXIT_OK, ["3"], ["2"])
    code, printed, _ = moodline("dead", "replay", "--all", "--json")
    assert last_line(printed)["replayed"] == ["1", "3"]
    assert "out of order" in printed
    code, _, said = moodline("dead", "replay", "1", "0")
    assert (code, "out of order" in said, said.count("\n")) == (EXIT_USAGE, True, 1)
    with TopicReader(kafka.settings) as reader:
        assert len(list(reader.read(kafka.name("faces")))) == 1
