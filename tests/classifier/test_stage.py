import logging

import msgspec
import numpy as np
import pytest
import torch
from msgspec.structs import replace

from classifier.model import ModelSettings
from classifier.served import load
from classifier.settings import ClassifierSettings
from classifier.stage import ClassifierStage, recipe_for
from common.errors import ModelError
from common.labels import LABELS
from common.messages import READ, Reading, Readings
from tests.builders_messages import QUALITY, closed, face, faces, opened
from tests.classifier.builders import SMALL, noise, random_net, state_of

CROPS = noise(20)


@pytest.fixture
def make(weights):
    return lambda **options: ClassifierStage(ClassifierSettings(weights=weights, device="cpu", **options))


@pytest.fixture
def stage(make):
    return make()


def told(stage, *messages):
    return list(stage.process(messages))


def test_every_face_is_read_in_its_place(stage):
    (found,) = told(stage, faces(4, face(7, crop=CROPS[0]), face(9, crop=CROPS[1])))
    assert found.spine == faces(4).spine
    assert [reading.track for reading in found.readings] == [7, 9]
    expected = stage.served.predictor.predict(CROPS[:2])
    for reading, scores in zip(found.readings, expected, strict=True):
        assert reading.status in READ
        assert reading.probabilities == tuple(float(value) for value in scores)
        assert len(reading.probabilities) == len(LABELS)
        assert (reading.score, reading.quality) == (0.9, QUALITY)


def test_a_refused_face_keeps_its_reason_and_gets_no_probabilities(stage):
    inside = (face(1, refused="blurred"), face(2, crop=CROPS[0]), face(3, refused="cut_off"))
    (found,) = told(stage, faces(0, *inside))
    assert [reading.status for reading in found.readings][::2] == ["blurred", "cut_off"]
    assert [reading.probabilities is None for reading in found.readings] == [True, False, True]
    (alone,) = told(stage, faces(0, inside[1]))
    assert found.readings[1] == alone.readings[0]


def test_what_the_stage_before_failed_on_is_still_told_behind_it(stage):
    (found,) = told(stage, replace(faces(4, dropped="dead_letter"), failure="ValueError('odd')"))
    assert (found.dropped, found.failure) == ("dead_letter", "ValueError('odd')")


def test_a_face_keeps_its_zone(stage):
    (found,) = told(
        stage, faces(0, face(1, crop=CROPS[0], zone="till"), face(2, refused="blurred", zone="door"), face(3))
    )
    assert [reading.zone for reading in found.readings] == ["till", "door", None]


def test_only_refused_faces_or_none_need_no_net(stage):
    refused, empty = told(stage, faces(0, face(1, refused="too_small")), faces(1))
    box = face().box
    assert refused.readings == (Reading(1, box, 0.9, QUALITY, "too_small", None),)
    assert empty.readings == ()


def test_messages_keep_their_order_with_openings_and_closings_between(stage):
    sent = [opened(), faces(0, face(crop=CROPS[0])), faces(1), closed(1), opened(epoch="e2"), faces(0, epoch="e2")]
    found = told(stage, *sent)
    assert [found[0], found[3], found[4]] == [sent[0], sent[3], sent[4]]
    assert [found[index].spine for index in (1, 2, 5)] == [sent[index].spine for index in (1, 2, 5)]
    assert told(stage) == []


@pytest.mark.parametrize("reason", ["damaged", "dead_letter"])
def test_a_dropped_frame_travels_with_its_reason(stage, reason):
    (found,) = told(stage, faces(3, dropped=reason))
    assert (found.spine, found.readings, found.dropped) == (faces(3).spine, (), reason)


def test_how_messages_are_batched_does_not_change_what_is_read(stage):
    sent = [faces(seq, *(face(n, crop=CROPS[(3 * seq + n) % 20]) for n in range(seq % 4))) for seq in range(12)]
    together = told(stage, *sent)
    assert [one for message in sent for one in told(stage, message)] == together
    assert told(stage, *sent[:5]) + told(stage, *sent[5:]) == together


@pytest.mark.parametrize(
    "poison",
    [np.zeros((30, 48), np.uint8), np.zeros(5, np.uint8), np.array([["a"] * 48] * 48)],
    ids=["size", "flat", "text"],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_poisoned_message_is_isolated_and_its_neighbours_are_read(stage, caplog, poison, place):
    sent = [faces(seq, face(seq, crop=CROPS[seq])) for seq in range(3)]
    healthy = told(stage, *sent)
    sent[place] = faces(place, face(1, crop=CROPS[0]), face(2, crop=poison))
    with caplog.at_level(logging.ERROR):
        found = told(stage, *sent)
    dropped = Readings(sent[place].spine, (), healthy[0].recipe, "dead_letter", found[place].failure)
    assert found[place] == dropped
    assert "Error" in dropped.failure
    assert [one for seq, one in enumerate(found) if seq != place] == [
        one for seq, one in enumerate(healthy) if seq != place
    ]
    assert f"shop/e1/{place}" in caplog.text
    assert len(caplog.records) == 1


def test_limits_of_readings_are_settings(make):
    sent = faces(0, *(face(n, crop=CROPS[n]) for n in range(20)))
    (never,), (always,) = (told(make(ambiguous=limit), sent) for limit in (0.0, 1.0))
    assert {reading.status for reading in never.readings} == {"ok"}
    assert {reading.status for reading in always.readings} == {"ambiguous"}
    assert [one.probabilities for one in never.readings] == [one.probabilities for one in always.readings]


def test_what_the_weights_were_calibrated_with_is_applied(tmp_path, make):
    path = tmp_path / "calibrated.pt"
    values = {"reading_votes": 2.0, "reading_majority": 1.0, "ambiguous": 1.0}
    head = {"weight": [0.0] * SMALL.widths[-1], "bias": -5.0, "below": 0.5}
    sent = faces(0, *(face(n, crop=CROPS[n]) for n in range(4)))

    def read(**held):
        torch.save(state_of(random_net(), **held), path)
        return told(ClassifierStage(ClassifierSettings(weights=path, device="cpu")), sent)[0].readings

    plain = told(make(), sent)[0].readings
    flat = read(calibration={"views": {1: values}})
    assert {one.status for one in flat} == {"ambiguous"}
    assert all(max(one.probabilities) < max(other.probabilities) for one, other in zip(flat, plain, strict=True))
    refused = read(face_head=head)
    assert {(one.status, one.probabilities) for one in refused} == {("not_a_face", None)}
    open_ = ClassifierStage(ClassifierSettings(weights=path, device="cpu", not_a_face=0.0))
    assert told(open_, sent)[0].readings == plain


def test_the_recipe_holds_what_found_the_faces_and_what_read_them(make):
    def recipe(stage, found_by="recipe"):
        return told(stage, msgspec.structs.replace(faces(0), recipe=found_by))[0].recipe

    stage = make()
    assert recipe(stage) == recipe(make()) == recipe(make(batch=3, wait_ms=0))
    others = [recipe(stage, "other"), recipe(make(ambiguous=0.2)), recipe(make(not_a_face=0.2)), recipe(make(shape=8))]
    assert len({recipe(stage), *others}) == 5


def test_missing_weights_are_told_when_the_stage_is_made(tmp_path):
    with pytest.raises(ModelError, match="does not exist"):
        ClassifierStage(ClassifierSettings(weights=tmp_path / "none.pt"))


def test_a_net_for_faces_of_another_size_is_refused(tmp_path):
    path = tmp_path / "other.pt"
    torch.save(state_of(random_net(ModelSettings(widths=(8, 12), depths=(1, 1), size=32))), path)
    with pytest.raises(ModelError, match="reads faces of 32 pixels, but they are cut at 48"):
        ClassifierStage(ClassifierSettings(weights=path, device="cpu"))


def test_what_was_given_back_is_marked_until_the_sink(stage):
    (found,) = told(stage, msgspec.structs.replace(faces(3, face(crop=CROPS[0])), replayed=True))
    assert found.replayed
    assert found.readings[0].status == "ok"


@pytest.fixture
def other(tmp_path):
    """Another net, as it is served."""
    path = tmp_path / "other.pt"
    torch.save(state_of(random_net(seed=5)), path)
    return load(path, ClassifierSettings(device="cpu"))


def test_a_net_that_is_changed_reads_live_cameras_and_no_recording(stage, other):
    recorded, live = faces(0, face(crop=CROPS[0])), faces(0, face(crop=CROPS[0]), mode="live", camera="door")
    before = told(stage, recorded, live)
    stage.live = other
    after = told(stage, recorded, live)
    assert after[0] == before[0]
    assert [one.model for one in before] == [stage.served.name] * 2
    assert after[1].model == other.name
    assert after[1].readings[0].probabilities != before[1].readings[0].probabilities


def test_the_net_is_part_of_the_recipe_of_a_recording_and_not_of_a_live_camera(other, stage):
    assert recipe_for(stage.served, "live") == recipe_for(other, "live")
    assert len({recipe_for(stage.served, "file"), recipe_for(other, "file"), recipe_for(other, "live")}) == 3


def test_a_net_is_named_by_its_file_and_its_sum(other):
    assert other.name == f"other@{other.predictor.sha256[:12]}"


def test_a_frame_that_was_dropped_was_read_by_no_net(stage):
    assert told(stage, faces(0, dropped="damaged"))[0].model == ""
