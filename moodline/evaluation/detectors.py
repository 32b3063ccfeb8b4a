"""The face detectors side by side on labelled footage, single frames without tracks; used by `evaluate detectors`.

Every frame is read by the real detector stage as the first of an epoch of its own: it searches all of the picture,
looks closer, and begins a track for each face at once. Each scene is also read scaled down, for recall by face height;
its precision and cost are those of the original size.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple, get_args

import cv2
import numpy as np
import numpy.typing as npt

from common.errors import DataError, MoodlineError
from common.messages import Box, Faces, Frame, Spine
from detector.backends.choose import PACKAGES, is_installed, version
from detector.picture import Picture
from detector.settings import Backend, DetectorSettings
from detector.stage import DetectorStage
from ingest.planes import PlaneReader
from ingest.recording import Recording
from moodline.evaluation.bare_call import BareCall
from moodline.evaluation.matching import MatchedFrame, match_frames, precision, recall
from moodline.evaluation.predicted import PredictedFace, PredictedFrame
from moodline.evaluation.share import share
from moodline.evaluation.truth import TrueFrame, read_truth

HEIGHTS = (12, 16, 20, 24, 32, 40, 56, 80, 112, 160, 1_000_000)
"""Edges of the bins of face height, pixels."""

Planes = npt.NDArray[np.uint8]


class Scene(NamedTuple):
    """A recording and its truth."""

    video: Path
    truth: tuple[TrueFrame, ...]


@dataclass(frozen=True)
class Comparison:
    """What is compared.

    Attributes:
        every: every how manieth frame is read.
        scales: sizes at which each scene is read, 1 for its own; it is always read at that.
    """

    every: int
    scales: tuple[float, ...]


class Scored(NamedTuple):
    """One scene at one size, read by one backend: what was found, seconds for all of it, and for one bare call."""

    matched: tuple[MatchedFrame, ...]
    seconds: float
    bare_seconds: float


def find_scenes(folder: Path) -> list[Scene]:
    """List the pairs `NAME.mp4` and `NAME.jsonl` of a folder, by name.

    Raises:
        DataError: there is none, or a truth file is not as documented.
    """
    videos = [path for path in sorted(folder.glob("*.mp4")) if path.with_suffix(".jsonl").is_file()]
    if not videos:
        raise DataError(f"'{folder}' holds no labelled scene: a video NAME.mp4 beside its truth NAME.jsonl is needed")
    return [Scene(video, read_truth(video.with_suffix(".jsonl"))) for video in videos]


def compare(
    scenes: Sequence[Scene], settings: DetectorSettings, comparison: Comparison, done: Callable[[str], None]
) -> dict[str, Any]:
    """Compare all backends.

    Args:
        scenes: from `find_scenes`.
        settings: of the detector; its backend is each in turn.
        comparison: which frames and sizes.
        done: called with a backend's name after each scene.

    Returns:
        What `--json` prints: what was compared, and for each backend its scores, or the extra it needs.
    """
    backends: dict[str, Any] = {}
    for backend in get_args(Backend):
        if not is_installed(backend):
            backends[backend] = {"missing": PACKAGES[backend].extra}
            continue
        one = settings.model_copy(update={"backend": backend, "threads": 1})
        scored: dict[str, dict[float, Scored]] = {}
        for scene in scenes:
            scored[scene.video.stem] = _read(scene, one, comparison)
            done(backend)
        backends[backend] = {"version": version(backend), **_summary(scored)}
    return {"every": comparison.every, "scales": list(comparison.scales), "backends": backends}


def _summary(scored: dict[str, dict[float, Scored]]) -> dict[str, Any]:
    full = [scales[1.0] for scales in scored.values()]
    together = Scored(
        tuple(frame for one in full for frame in one.matched),
        sum(one.seconds for one in full),
        mean(one.bare_seconds for one in full),
    )
    return {
        **_scores(together),
        "scenes": {name: _scores(scales[1.0]) for name, scales in scored.items()},
        "by_height": _by_height([one for scales in scored.values() for one in scales.values()]),
    }


def _scores(one: Scored) -> dict[str, Any]:
    seconds = one.seconds / len(one.matched)
    return {
        "frames": len(one.matched),
        "faces": sum(len(frame.truth) for frame in one.matched),
        "recall": recall(one.matched),
        "precision": precision(one.matched),
        "seconds_per_frame": seconds,
        "bare_call_seconds": one.bare_seconds,
        "bare_calls_per_frame": seconds / one.bare_seconds,
    }


def _by_height(all_scored: Sequence[Scored]) -> list[dict[str, Any]]:
    frames = [frame for one in all_scored for frame in one.matched]
    there = np.array([face.box.height for frame in frames for face in frame.truth])
    hit = np.array([face.box.height for frame in frames for face, _ in frame.pairs])
    faces, hits = (np.histogram(heights, HEIGHTS)[0] for heights in (there, hit))
    return [
        {"from": low, "to": high, "faces": int(count), "recall": share(int(found), int(count))}
        for low, high, count, found in zip(HEIGHTS, HEIGHTS[1:], faces, hits, strict=False)
        if count
    ]


def _read(scene: Scene, settings: DetectorSettings, comparison: Comparison) -> dict[float, Scored]:
    """Read the chosen frames of a scene at every size.

    Raises:
        DataError: none of its frames is chosen.
        MoodlineError: the detector fails on a picture.
    """
    truth = [frame for frame in scene.truth if frame.frame % comparison.every == 0]
    if not truth:
        raise DataError(f"no frame of '{scene.video.name}' is read: its truth has none that {comparison.every} divides")
    scales = sorted({1.0, *comparison.scales}, reverse=True)
    found: dict[float, list[PredictedFrame]] = {scale: [] for scale in scales}
    seconds = dict.fromkeys(scales, 0.0)
    bare = BareCall(settings)
    stage = DetectorStage(settings)
    try:
        for number, planes in _frames(scene.video, comparison.every):
            bare.time(planes)
            for scale in scales:
                boxes, spent = _look(stage, scaled(planes, scale), f"{number} {scale}")
                faces = tuple(PredictedFace(str(i), box, "ok", None, None) for i, box in enumerate(boxes))
                found[scale].append(PredictedFrame(number, faces))
                seconds[scale] += spent
    finally:
        stage.close()
        bare.close()
    return {
        scale: Scored(match_frames(_scaled_truth(truth, scale), found[scale]), seconds[scale], bare.seconds)
        for scale in scales
    }


def _look(stage: DetectorStage, planes: Planes, epoch: str) -> tuple[list[Box], float]:
    """Read one picture as the first of an epoch; the faces in it, and seconds of one core."""
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    frame = Frame(Spine("still", epoch, 0, 0, "file", 0.0, 0, "file"), width, height, planes)
    began = time.process_time()
    read = [faces for faces in stage.process([frame]) if isinstance(faces, Faces)]
    spent = time.process_time() - began
    if read[0].dropped is not None:
        raise MoodlineError(f"a picture could not be searched: {read[0].failure}")
    return [face.box for face in read[0].faces], spent


def _frames(video: Path, every: int) -> Iterator[tuple[int, Planes]]:
    """Give number and I420 planes of every `every`th picture."""
    reader = PlaneReader()
    with Recording(video, threads=1) as recording:
        for number, picture in enumerate(recording.pictures()):
            if number % every == 0:
                yield number, reader.read(picture.frame)


def scaled(planes: Planes, scale: float) -> Planes:
    """Scale I420 planes, (H * 3 / 2, W), to the nearest even size."""
    if scale == 1.0:
        return planes
    picture = Picture.of(planes)
    width, height = (2 * max(round(side * scale / 2), 1) for side in (planes.shape[1], picture.luma.shape[0]))
    sizes = ((width, height), (width // 2, height // 2), (width // 2, height // 2))
    parts = [
        np.ravel(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
        for plane, size in zip(picture, sizes, strict=True)
    ]
    return np.concatenate(parts).astype(np.uint8).reshape(height * 3 // 2, width)


def _scaled_truth(truth: Sequence[TrueFrame], scale: float) -> list[TrueFrame]:
    return [
        replace(frame, faces=tuple(replace(face, box=_scaled_box(face.box, scale)) for face in frame.faces))
        for frame in truth
    ]


def _scaled_box(box: Box, scale: float) -> Box:
    return Box(box.x * scale, box.y * scale, box.width * scale, box.height * scale)
