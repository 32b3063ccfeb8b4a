"""How every net of the experiments learns: from one split, the epoch chosen by another, measured on a third once.

Used by the experiments that learn nets from FER2013.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from torch import nn

from classifier.training.data import FaceData
from moodline.experiments.fit import FitSettings, Lesson, fit
from moodline.experiments.measured import measure

Votes = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""Makes of FER+ votes (N, 10) what the first of two heads learns, (N, 8)."""


class Split(NamedTuple):
    """Faces to learn from, to choose the epoch by, and to measure on."""

    learn: FaceData
    judge: FaceData
    test: FaceData


def official(splits: Mapping[str, FaceData]) -> Split:
    """Give the official splits of FER2013."""
    return Split(splits["Training"], splits["PublicTest"], splits["PrivateTest"])


def learned(
    split: Split,
    make: Callable[[], nn.Module],
    settings: FitSettings,
    seed: int,
    folder: Path,
    votes: Votes | None = None,
) -> dict[str, Any]:
    """Learn the labels of FER2013, and measure.

    Args:
        split: the faces.
        make: makes the net.
        settings: how it learns.
        seed: fixes every random choice.
        folder: of the run, see `fit`; removed at its end.
        votes: for a net with two heads.

    Returns:
        What `measure` returns, and `learned_from` (how many faces).

    Raises:
        SettingsError: the learning rate is too high.
        OutputError: the folder cannot be written.
    """
    shares = None if votes is None else votes(split.learn.votes)
    lesson = Lesson(split.learn.pixels, split.learn.fer2013, shares)
    judge = Lesson(split.judge.pixels, split.judge.fer2013)
    fitted = fit(make, lesson, judge, settings, seed, folder)
    found = {**measure(fitted, split.test, settings), "learned_from": len(split.learn)}
    # Nobody goes on with a finished run, and its state is large.
    shutil.rmtree(folder)
    return found


def epoch_seconds(
    make: Callable[[], nn.Module], faces: FaceData, few: int, settings: FitSettings, folder: Path
) -> float:
    """Time learning with a few faces; gives the processor seconds of an epoch over all.

    Args:
        make: makes the net.
        faces: all that would be learned from.
        few: how many are.
        settings: how it learns; of the epochs, two are taken.
        folder: something may be written in it, and is removed.
    """
    lesson = Lesson(faces.pixels[:few], faces.fer2013[:few])
    with TemporaryDirectory(dir=folder) as part:
        fitted = fit(make, lesson, None, replace(settings, epochs=2, watched=1), 0, Path(part))
    # The second epoch: in the first, memory is asked for.
    return float(fitted.curve[-1]["processor"] / len(lesson.pixels) * len(faces))
