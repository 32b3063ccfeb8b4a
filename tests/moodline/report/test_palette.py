"""The colours of expressions stay apart for everybody."""

from itertools import combinations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from common.labels import LABELS
from common.messages import READ, Status
from moodline.report.palette import COLOURS, HATCHES
from sink.records import UNSETTLED

SIGHT = {
    "normal": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
"""What is seen of linear RGB (Machado, Oliveira and Fernandes 2009, full severity)."""


@pytest.mark.parametrize("sight", SIGHT)
def test_any_two_colours_can_be_told_apart(sight):
    rgb = np.array([[int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)] for colour in COLOURS.values()])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(SIGHT[sight]).T, 0, 1)
    lab = rgb2lab(np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)[None])[0]
    closest = min((float(deltaE_ciede2000(lab[a], lab[b])), a, b) for a, b in combinations(range(len(lab)), 2))
    assert closest[0] >= 11


def test_every_state_has_its_colour_or_its_hatching():
    assert set(COLOURS) == {*LABELS, UNSETTLED}
    assert set(HATCHES) == set(Status.__args__) - READ
    assert len(set(HATCHES.values())) == len(HATCHES)
