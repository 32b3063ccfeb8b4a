"""Portraits are sorted by what their files offer, and pictures of one person count as belonging together."""

import numpy as np
import pytest

from classifier.settings import WEIGHTS
from moodline.evaluation.portraits import Portrait
from moodline.experiments.datasets import Datasets
from moodline.experiments.experiment import Bench
from moodline.experiments.generalisation import EXPERIMENT, _ckplus, interval_by_person
from moodline.experiments.generalisation_story import _recalls
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
