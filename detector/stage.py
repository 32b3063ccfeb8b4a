"""The detector stage: searches frames, follows faces, cuts crops. Driven by the embedded run and the workers.

For each frame it looks at the parts that are due (`tiles.Scan`) and closer at every place where a track should be;
what the search proposes and no track explains gets a closer look of its own, because at that scale faces and
look-alikes differ most. Only closer looks reach the tracker. The looks of a frame run in parallel; what they give
does not depend on how many threads there are.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import cv2

from common.crop import cut
from common.messages import Closed, Face, Faces, Frame, Message, Opened, coordinates, recipe_of
from detector.faces import Detection, FaceFinder, Picture
from detector.merge import merge
from detector.quality import QualityGate, measure
from detector.settings import DetectorSettings
from detector.tiles import Region, Scan, around, plan, smallest_face
from detector.tracks import Tracker, TrackerSettings

log = logging.getLogger(__name__)

DETECTOR_VERSION = 1
"""Part of the recipe: raised whenever the same settings would give other faces."""


@dataclass
class Watch:
    """What the stage remembers of one camera: its epoch, its tracker, and whose turn it is in the search."""

    epoch: str
    size: tuple[int, int]
    scan: Scan
    tracker: Tracker


class DetectorStage:
    """A `Stage` from `Frame` to `Faces`.

    Raises:
        ModelError: the model file is missing or cannot be loaded.
    """

    def __init__(self, settings: DetectorSettings) -> None:
        cv2.setNumThreads(1)
        self._settings = settings
        shared = {"min_height", "min_sharpness", "max_turn", "min_light", "max_light", "min_inside"}
        self._gate = QualityGate(**settings.model_dump(include=shared))
        self._tracking = TrackerSettings(**settings.model_dump(include={"believe", "sure", "hits", "lost_ms"}))
        self._watches: dict[str, Watch] = {}
        self._finders: SimpleQueue[FaceFinder] = SimpleQueue()
        self._all = [FaceFinder(settings.model) for _ in range(settings.threads)]
        for finder in self._all:
            self._finders.put(finder)
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="look")
        made_by = settings.model_dump(mode="json", exclude={"threads", "model"})
        self.recipe = recipe_of("detector", DETECTOR_VERSION, settings.model.name, made_by)

    def process(self, messages: Sequence[Message]) -> Iterator[Message]:
        """See `Stage.process`."""
        for message in messages:
            if isinstance(message, Frame):
                yield self._frame(message)
                continue
            if isinstance(message, Opened | Closed):
                self._watches.pop(message.camera, None)
            yield message

    def close(self) -> None:
        """See `Stage.close`."""
        self._pool.shutdown(cancel_futures=True)
        for finder in self._all:
            finder.close()

    def _frame(self, frame: Frame) -> Faces:
        if frame.planes is None:
            return Faces(frame.spine, (), self.recipe, frame.dropped)
        try:
            return Faces(frame.spine, self._find(frame), self.recipe)
        except Exception:
            log.exception("no faces could be searched in %s; the frame counts as dropped", coordinates(frame))
            return Faces(frame.spine, (), self.recipe, "dead_letter")

    def _find(self, frame: Frame) -> tuple[Face, ...]:
        assert frame.planes is not None  # noqa: S101  # the caller looked
        watch = self._watch(frame)
        picture, time_ms = Picture.of(frame.planes), frame.spine.time_ms
        expected = [around(box, frame.width, frame.height) for box in watch.tracker.expected(time_ms)]
        due = watch.scan.due(time_ms)
        looks = self._look(picture, expected + due)
        followed = merge(d for look in looks[: len(expected)] for d in look if d.score >= self._settings.follow)
        proposed = (d for look in looks[len(expected) :] for d in look if d.score >= self._settings.propose)
        closer = [around(d.box, frame.width, frame.height) for d in merge(proposed, kept=followed)]
        fresh = merge(
            (d for look in self._look(picture, closer) for d in look if d.score >= self._settings.believe),
            kept=followed,
        )
        seen = watch.tracker.update(followed + fresh, time_ms)
        return tuple(self._face(picture, number, detection) for number, detection in seen)

    def _look(self, picture: Picture, regions: list[Region]) -> list[list[Detection]]:
        if len(regions) <= 1:
            return [self._look_once(picture, region) for region in regions]
        return list(self._pool.map(lambda region: self._look_once(picture, region), regions))

    def _look_once(self, picture: Picture, region: Region) -> list[Detection]:
        finder = self._finders.get()
        try:
            return finder.look(picture, region)
        finally:
            self._finders.put(finder)

    def _watch(self, frame: Frame) -> Watch:
        spine, size = frame.spine, (frame.width, frame.height)
        watch = self._watches.get(spine.camera)
        if watch is None or watch.epoch != spine.epoch:
            watch = Watch(spine.epoch, size, self._scan(size), Tracker(self._tracking))
            self._watches[spine.camera] = watch
        if watch.size != size:
            watch.size, watch.scan = size, self._scan(size)
        return watch

    def _scan(self, size: tuple[int, int]) -> Scan:
        return Scan(plan(*size, self._settings.smallest_face or smallest_face(size[1])), self._settings.scan_ms)

    def _face(self, picture: Picture, number: int, detection: Detection) -> Face:
        crop = cut(picture.luma, detection.box)
        height, width = picture.luma.shape
        quality = measure(detection.box, detection.landmarks, crop, width, height)
        refused = self._gate.refuse(quality)
        kept = crop if refused is None else None
        return Face(number, detection.box, detection.score, detection.landmarks, quality, refused, kept)
