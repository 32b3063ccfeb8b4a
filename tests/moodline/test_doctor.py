import sys

import pytest
import torch

from classifier.settings import ClassifierSettings
from common.errors import ModelError
from detector.settings import DetectorSettings
from moodline import doctor
from moodline.doctor import Finding, examine
from moodline.self_test import find_known_face, time_net
from tests.classifier.builders import random_net, state_of


@pytest.fixture(autouse=True)
def torch_as_before():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def weights(tmp_path, monkeypatch):
    path = tmp_path / "small.pt"
    torch.save(state_of(random_net()), path)
    monkeypatch.setenv("MOODLINE_CLASSIFIER_WEIGHTS", str(path))
    return path


def by_part(findings):
    return {finding.part: finding for finding in findings}


PARTS = [
    "python",
    "processor",
    "packages",
    "opencv",
    "model files",
    "video",
    "faces",
    "expression net",
    "store",
    "kafka",
    "disk",
]


@pytest.mark.usefixtures("weights")
def test_every_part_is_tried_for_real_and_works_here():
    findings = examine(None, None)
    assert [finding.part for finding in findings] == PARTS
    # The files that ship are checked by `moodline models verify`; here only what this machine can do.
    wrong = [finding for finding in findings if finding.state == "wrong" and finding.part != "model files"]
    assert wrong == []
    assert "small.pt" in by_part(findings)["expression net"].found
    assert "embedded" in by_part(findings)["store"].found


def test_what_is_wrong_is_told_with_advice_and_stops_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("MOODLINE_CLASSIFIER_WEIGHTS", str(tmp_path / "none.pt"))
    monkeypatch.setenv("MOODLINE_DETECTOR_MODEL", str(tmp_path / "none.tflite"))
    findings = by_part(examine(None, "redis://user:hidden@127.0.0.1:1/0"))
    assert list(findings) == PARTS
    assert "none.pt" in findings["expression net"].advice
    assert "moodline models fetch" in findings["faces"].advice
    assert findings["store"].state == "wrong"
    assert "hidden" not in str(findings)
    assert findings["disk"].state == "ok"


def test_an_old_python_is_wrong(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    assert doctor._python() == Finding("python", "wrong", doctor._python().found, "use Python 3.11 or newer")


def test_two_versions_of_opencv_are_wrong(monkeypatch):
    versions = {"opencv-python": "4.12.0", "opencv-contrib-python": "4.14.0"}
    monkeypatch.setattr("importlib.metadata.version", versions.__getitem__)
    finding = doctor._opencv()
    assert finding.state == "wrong"
    assert "4.12.0 and 4.14.0" in finding.found


def test_a_missing_package_fails_its_own_check_only():
    def check():
        raise ImportError("No module named 'av'", name="av")

    assert doctor._tried("video", check) == Finding("video", "wrong", "av is missing", "install it: make setup")


def test_an_error_that_nobody_expected_is_told_too():
    def check():
        raise ZeroDivisionError("so it is")

    finding = doctor._tried("disk", check)
    assert (finding.part, finding.state) == ("disk", "wrong")
    assert "so it is" in finding.found + finding.advice


def test_the_known_face_is_found():
    face = find_known_face(DetectorSettings())
    assert min(face.score, face.probability) > 0.8


def test_a_missing_face_model_is_told(tmp_path):
    with pytest.raises(ModelError, match="is not installed"):
        find_known_face(DetectorSettings(model=tmp_path / "none.tflite"))


@pytest.mark.usefixtures("weights")
def test_the_net_is_timed():
    predictor, seconds = time_net(ClassifierSettings())
    assert predictor.name == "small.pt"
    assert 0 < seconds < 60


def test_a_kafka_that_nobody_named_is_not_looked_for():
    assert by_part(examine(None, None))["kafka"].found.startswith("not used")


def test_a_kafka_that_was_named_and_is_away_is_wrong(monkeypatch):
    monkeypatch.setenv("MOODLINE_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("MOODLINE_KAFKA_CONNECT_S", "0.2")
    kafka = by_part(examine(None, None))["kafka"]
    assert kafka.state == "wrong"
    assert "127.0.0.1:1" in kafka.advice


@pytest.mark.kafka
def test_a_kafka_that_answers_is_told_and_nothing_is_made_there(monkeypatch, broker, topic_prefix):
    monkeypatch.setenv("MOODLINE_KAFKA_BOOTSTRAP_SERVERS", broker)
    monkeypatch.setenv("MOODLINE_TOPIC_PREFIX", topic_prefix)
    for _ in range(2):
        kafka = by_part(examine(None, None))["kafka"]
        assert kafka.state == "note"
        assert f"{topic_prefix}.frames" in kafka.found
