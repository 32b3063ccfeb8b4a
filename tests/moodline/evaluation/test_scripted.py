"""Scripted tracks: the same every time, every expression in them; what they measure goes up and down as it should."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from classifier.labels import FERPLUS_LABELS
from classifier.settings import ClassifierSettings
from classifier.training.data import FaceData
from common.errors import EXIT_DATA, DataError
from common.labels import LABELS
from detector.settings import DetectorSettings
from moodline.evaluation.disturb import Disturbance
from moodline.evaluation.scripted import HEIGHTS, RATE, SECONDS, pool_of, tracks
from moodline.evaluation.scripted_job import Reading, Script, measure_scripted
from sink.settings import SinkSettings
from tests.classifier.builders import random_net, state_of, write_fer


def face_data(labels=LABELS, each=2):
    """Stripes of another kind for each label."""
    pixels, votes = [], []
    for label in labels:
        stripes = 120 + 80 * np.sin(np.arange(48) * (LABELS.index(label) + 1) / 3)
        for _ in range(each):
            pixels.append(np.broadcast_to(stripes, (48, 48)).astype(np.uint8))
            votes.append([10 if name == label else 0 for name in FERPLUS_LABELS] + [0, 0])
    count = len(pixels)
    return FaceData(np.stack(pixels), np.zeros(count, np.int64), np.array(votes, np.float32), np.zeros(count, np.bool_))


POOL = pool_of(face_data())


def test_tracks_are_the_same_every_time_and_as_long_and_high_as_said():
    first, again = list(tracks(POOL, 3, 5)), list(tracks(POOL, 3, 5))
    assert [one.labels for one in first] == [one.labels for one in again]
    assert all(np.array_equal(a.crops, b.crops) for a, b in zip(first, again, strict=True))
    assert list(tracks(POOL, 5, 5))[2].labels == first[2].labels
    assert next(tracks(POOL, 1, 6)).labels != first[0].labels
    for one in first:
        assert SECONDS[0] * RATE - 1 <= len(one.crops) == len(one.labels) <= SECONDS[1] * RATE
        assert HEIGHTS[0] <= one.height <= HEIGHTS[1]
        assert {(crop.shape, crop.dtype) for crop in one.crops} == {((48, 48), np.dtype(np.uint8))}


def test_every_expression_comes_up_and_each_stays_a_while():
    labels = [one.labels for one in tracks(POOL, 12, 0)]
    assert {label for one in labels for label in one} == set(LABELS)
    changes = sum(a != b for one in labels for a, b in pairwise(one))
    assert 0.15 < changes / (sum(map(len, labels)) / RATE) < 0.6


def test_an_expression_without_pictures_is_told():
    with pytest.raises(DataError, match="most taggers call fear"):
        pool_of(face_data([label for label in LABELS if label != "fear"]))


@pytest.fixture
def measure(tmp_path):
    weights, threads = tmp_path / "small.pt", torch.get_num_threads()
    torch.save(state_of(random_net()), weights)

    def run(carry="never", every=1, **disturbance):
        reading = Reading(
            DetectorSettings(carry=carry),
            ClassifierSettings(weights=weights, device="cpu", not_a_face=0.0),
            SinkSettings(),
        )
        return measure_scripted(POOL, Script(2, every, 3, Disturbance(**disturbance)), reading)

    yield run
    torch.set_num_threads(threads)


def test_carried_lost_and_left_out_faces_are_read_less_often(measure):
    whole = measure()
    assert whole["frames"] == whole["truth_faces"]
    assert whole["readings"] <= whole["frames"]
    assert measure("always")["readings"] < whole["readings"] / 2
    assert measure(drop=0.5)["readings"] == pytest.approx(whole["readings"] / 2, rel=0.2)
    assert measure(every=5)["readings"] == pytest.approx(whole["readings"] / 5, rel=0.1)


def test_a_split_that_lacks_an_expression_is_a_mistake_in_the_data(moodline, tmp_path):
    data = write_fer(tmp_path / "data", training=16, public=64)  # its taggers never agree on neutral
    code, _, err = moodline("evaluate", "scripted", data)
    assert code == EXIT_DATA
    assert "most taggers call neutral" in err
