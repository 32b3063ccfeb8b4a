"""What becomes of proposals that are looked at closer and judged."""

import numpy as np
import pytest

from detector.looks import Eyes, Looker
from detector.picture import Picture
from tests.detector.builders import seen

PICTURE = Picture.of(np.zeros((360 * 3 // 2, 640), np.uint8))
FACE, MOUTH = seen(100, width=100.0, score=0.8), seen(120, 120, width=40.0, score=0.9)


class FindsBoth:
    """A finder for which a mouth looks more like a face than the face around it."""

    tile_faces = 2.0

    def look(self, _picture, _region):
        return [FACE, MOUTH]

    def close(self):
        pass


class Judge:
    def __init__(self, chances):
        self._chances = chances

    def probability(self, _picture, box):
        return self._chances[box.width]


@pytest.mark.parametrize(
    ("of_face", "of_mouth", "left"), [(0.9, 0.1, [FACE]), (0.1, 0.9, [MOUTH]), (0.9, 0.9, [MOUTH]), (0.1, 0.1, [])]
)
def test_of_a_face_and_what_looks_like_one_inside_of_it_the_judge_says_which_is_one(of_face, of_mouth, left):
    looker = Looker(lambda: Eyes(FindsBoth(), Judge({100.0: of_face, 40.0: of_mouth})), 1, 0.3, 0.5)
    assert looker.faces_among([FACE], [], PICTURE) == left
    looker.close()
