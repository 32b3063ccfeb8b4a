"""Single pictures read the way a frame is read."""

import cv2
import pytest

from classifier.settings import ClassifierSettings
from common.labels import LABELS
from detector.settings import DetectorSettings
from moodline.evaluation.stills import StillReader
from tests.builders_pictures import astronaut, pasted


@pytest.fixture
def reader():
    reader = StillReader(DetectorSettings(), ClassifierSettings())
    yield reader
    reader.close()


def test_a_picture_that_is_listed_twice_is_read_twice_and_alike(reader, tmp_path):
    picture = tmp_path / "face.png"
    cv2.imwrite(str(picture), pasted(astronaut(), 200, 100)[..., ::-1])
    first, second = reader.read(picture), reader.read(picture)
    assert first in LABELS
    assert second == first
