import numpy as np
import pytest

from classifier.calibration import Calibration
from classifier.face_head import FaceHead
from classifier.looks import Looks
from classifier.reading import Rule, verdicts
from common.labels import LABELS

PLAIN = Calibration(weight=1.0)
HEAD = FaceHead(np.array([1.0], np.float32), 0.0, 0.5)


def looks(*probabilities, features=None):
    """Faces of which the FER2013 head says this: (happy, sad) each, the rest shared."""
    rows = np.full((1, len(probabilities), 7), 1e-6)
    for place, (happy, sad) in enumerate(probabilities):
        rows[0, place, 3], rows[0, place, 4] = happy, sad
    seen = np.ones((1, len(probabilities), 1)) if features is None else np.array(features)[None, :, None]
    plus = np.zeros((1, len(probabilities), 8), np.float32)
    return Looks(plus, np.log(rows).astype(np.float32), seen.astype(np.float32))


def test_a_reading_whose_label_is_too_uncertain_is_ambiguous_and_keeps_its_probabilities():
    rule = Rule.of(Calibration(weight=1.0, ambiguous=0.7), None)
    clear, unclear = verdicts(looks((0.9, 0.1), (0.6, 0.4)), rule)
    assert (clear.status, unclear.status) == ("ok", "ambiguous")
    assert unclear.probabilities[LABELS.index("happy")] == pytest.approx(0.6, abs=1e-3)
    assert unclear.probabilities[LABELS.index("sad")] == pytest.approx(0.4, abs=1e-3)


def test_the_limit_is_of_the_majority_and_not_of_one_vote():
    # Six of ten people say happy: most of them do nearly always where the votes are that sure.
    rule = Rule.of(Calibration(weight=1.0, reading_majority=0.3, ambiguous=0.75), None)
    (found,) = verdicts(looks((0.6, 0.4)), rule)
    assert found.status == "ok"
    assert max(found.probabilities) == pytest.approx(0.6, abs=1e-3)


def test_what_is_not_a_face_gets_no_probabilities_however_sure_the_label():
    face, thing = verdicts(looks((0.9, 0.1), (0.9, 0.1), features=[2.0, -2.0]), Rule.of(PLAIN, HEAD))
    assert (face.status, thing.status) == ("ok", "not_a_face")
    assert face.probabilities is not None
    assert thing.probabilities is None


def test_a_limit_that_is_set_goes_before_that_of_the_weights():
    given = looks((0.6, 0.4), features=[-2.0])
    assert verdicts(given, Rule.of(PLAIN, HEAD, not_a_face=0.0))[0].status == "ok"
    assert verdicts(given, Rule.of(PLAIN, HEAD, ambiguous=0.9, not_a_face=0.0))[0].status == "ambiguous"
    assert verdicts(given, Rule.of(Calibration(weight=1.0, ambiguous=0.9), None, ambiguous=0.0))[0].status == "ok"


def test_a_net_without_a_test_for_faces_refuses_none_and_no_faces_give_no_verdicts():
    assert verdicts(looks((0.9, 0.1), features=[-9.0]), Rule.of(PLAIN, None))[0].status == "ok"
    assert verdicts(looks(), Rule.of(PLAIN, HEAD)) == []
