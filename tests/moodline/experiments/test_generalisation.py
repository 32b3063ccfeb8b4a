"""Portraits are sorted by what their files offer, and pictures of one person count as belonging together."""

import numpy as np
import pytest

from classifier.settings import WEIGHTS
from moodline.evaluation.portraits import Portrait
from moodline.experiments.datasets import Datasets
from moodline.experiments.experiment import Bench
from moodline.experiments.generalisation import EXPERIMENT, _ckplus, interval_by_person
from moodline.experiments.generalisation_story import _against, _learned_from, _recalls, _stills, same_pictures
from moodline.experiments.portrait_kinds import kinds_of
from tests.classifier.training.builders import face, write_picture


def portraits(folder, *sides):
    return [
        (Portrait(write_picture(folder / f"{side}.png", face(1, side=side)), "happy", f"p{side}"), "happy")
        for side in sides
    ]


def test_a_portrait_is_sorted_by_its_colour_and_by_its_shorter_side(tmp_path):
    seen = portraits(tmp_path, 100, 200, 224)
    red = np.zeros((180, 300, 3), np.uint8)
    red[..., 2] = 200
    seen.append((Portrait(write_picture(tmp_path / "red.png", red), "sad", "r"), None))
    found = {name: len(some) for name, some in kinds_of(seen).items()}
    assert found == {
        "gray": 3,
        "colour": 1,
        "shorter side below 168 px": 1,
        "168 to 223 px": 2,
        "224 px and more": 1,
    }


def test_many_pictures_of_few_persons_say_less_than_as_many_of_many(tmp_path):
    path = tmp_path / "one.png"
    said = ["happy", "sad"] * 20
    few = [(Portrait(path, "happy", f"p{number % 4}"), label) for number, label in enumerate(said)]
    many = [(Portrait(path, "happy", f"p{number}"), label) for number, label in enumerate(said)]
    narrow, wide = (np.ptp(interval_by_person(seen, 500, 0)) for seen in (many, few))
    assert wide > narrow > 0


def test_a_picture_without_a_reading_is_not_read_rightly():
    table = np.zeros((7, 8), int)
    table[3, 3], table[3, 7] = 3, 1
    assert _recalls({"confusion": table.tolist()})["happy"]["recall"] == pytest.approx(0.75)


def test_every_sequence_of_ckplus_counts_once_and_contempt_is_scored_apart(data):
    found = _ckplus(Bench(EXPERIMENT.tiny, Datasets(data, None), None, None, WEIGHTS))
    assert found["with_contempt"]["images"] == 70
    assert found["readings"]["images"] == 60
    assert "contempt" in found["with_contempt"]["names"]


def shares(low, high):
    return {"interval": [low, high]}


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (shares(0.7, 0.8), "clearly less than the first, clearly more than the second"),
        (shares(0.5, 0.55), "clearly less than both"),
        (shares(0.8, 0.88), "not clearly apart from the first, clearly more than the second"),
    ],
)
def test_a_collection_is_compared_with_both_figures_of_the_net_s_own(one, told):
    assert _against(one, shares(0.85, 0.88), shares(0.62, 0.66)) == told


def kind(*rows):
    table = np.zeros((7, 8), int)
    for label, said, count in rows:
        table[label, said] = count
    return {"images": int(table.sum()), "accuracy": float(np.trace(table) / table.sum()), "confusion": table.tolist()}


def test_sizes_are_left_out_only_where_they_are_the_same_pictures_as_the_colours():
    gray, colour = kind((0, 0, 100), (1, 1, 3)), kind((1, 0, 9))
    kinds = {"gray": gray, "colour": colour, "224 px and more": kind((0, 0, 99), (1, 1, 3))}
    assert "differ by 1)" in same_pictures(kinds)
    assert not same_pictures(kinds | {"224 px and more": kind((0, 0, 50))})
    assert not same_pictures({"colour": colour})


def test_what_most_stills_show_is_counted_and_their_labels_are_blamed_only_where_they_are_read_worse():
    gray, colour = kind((0, 0, 100), (1, 1, 3)), kind((1, 0, 9))
    told = _stills({"gray": gray, "colour": colour})
    assert "9 of the 12 faces of disgust." in told
    assert "the fault of the labels as much as of the net" in told
    assert "the fault" not in _stills({"gray": colour, "colour": gray})


def test_it_is_said_what_the_weights_file_says_that_the_net_learned_from():
    assert "does not say so" in _learned_from(None)
    assert "votes of FER+, as its weights file says" in _learned_from("fer2013")
    assert "another set" in _learned_from("folders")
