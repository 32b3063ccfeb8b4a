"""The detector stage: searches frames, follows faces, cuts crops. Driven by the embedded run and the workers.

For each frame it looks at the parts that are due (`tiles.Scan`) and closer at every place where a track should be;
what the search proposes and no track explains gets a closer look of its own, because at that scale faces and
look-alikes differ most. Only closer looks reach the tracker. Looks run in parallel, and the search of the next frames
begins while the tracker still waits for this one; what is found does not depend on how many threads there are or on
how frames come in batches.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import cv2

from common.crop import cut
from common.messages import Closed, Face, Faces, Frame, Message, Opened, Spine, coordinates, recipe_of
from detector.faces import FaceFinder
from detector.finder import Detection, Finder
from detector.merge import merge
from detector.picture import Picture
from detector.quality import QualityGate, measure
from detector.settings import DetectorSettings
from detector.state import WatchState, pack, unpack
from detector.tiles import START, Region, Scan, ScanState, around, plan, smallest_face
from detector.tracks import Tracker, TrackerSettings

log = logging.getLogger(__name__)

DETECTOR_VERSION = 1
"""Part of the recipe: raised whenever the same settings would give other faces."""


NOT_SEARCHED = "no faces could be searched in %s; the frame counts as dropped"

AHEAD = 4
"""Frames whose search begins before the frame in hand is finished, so that no thread waits for the tracker."""


@dataclass
class Watch:
    """What the stage remembers of one camera: its epoch, its tracker, and whose turn it is in the search.

    Attributes:
        epoch: the epoch that is open.
        seq: number of the last frame seen.
        size: width and height of its frames, pixels.
    """

    epoch: str
    seq: int
    size: tuple[int, int]
    scan: Scan
    tracker: Tracker


Looks = list[Future[list[Detection]]]


class Search(NamedTuple):
    """A frame whose search has begun: the looks at the parts that are due are under way."""

    frame: Frame
    watch: Watch
    picture: Picture
    scanned: Looks


class DetectorStage:
    """A `StatefulStage` from `Frame` to `Faces`.

    A frame whose number is not above that of the last one of its epoch is passed over: a bus may repeat itself.

    Args:
        settings: where and how to look.
        finder: makes a finder from the model file.

    Raises:
        ModelError: the model file is missing or cannot be loaded.
    """

    def __init__(self, settings: DetectorSettings, finder: Callable[[Path], Finder] = FaceFinder) -> None:
        cv2.setNumThreads(1)
        self._settings = settings
        shared = {"min_height", "min_sharpness", "max_turn", "min_light", "max_light", "min_inside"}
        self._gate = QualityGate(**settings.model_dump(include=shared))
        self._tracking = TrackerSettings(**settings.model_dump(include={"believe", "sure", "hits", "lost_ms"}))
        self._watches: dict[str, Watch] = {}
        self._finders: SimpleQueue[Finder] = SimpleQueue()
        self._all = [finder(settings.model) for _ in range(settings.threads)]
        for made in self._all:
            self._finders.put(made)
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="look")
        made_by = settings.model_dump(mode="json", exclude={"threads", "batch", "model"})
        self.recipe = recipe_of("detector", DETECTOR_VERSION, settings.model.name, made_by)

    def process(self, messages: Sequence[Message]) -> Iterator[Message]:
        """See `Stage.process`."""
        begun: deque[Message | Search] = deque()
        for message in messages:
            if self._is_repeat(message):
                continue
            begun.append(self._begin(message))
            if len(begun) > AHEAD:
                yield self._finish(begun.popleft())
        while begun:
            yield self._finish(begun.popleft())

    def state(self, camera: str) -> bytes:
        """See `StatefulStage.state`."""
        watch = self._watches.get(camera)
        if watch is None:
            return b""
        tracker = watch.tracker
        return pack(
            WatchState(
                recipe=self.recipe,
                epoch=watch.epoch,
                seq=watch.seq,
                size=watch.size,
                scan=watch.scan.state,
                tracks=tracker.tracks,
                begun=tracker.begun,
            )
        )

    def resume(self, camera: str, state: bytes) -> None:
        """See `StatefulStage.resume`."""
        self.forget(camera)
        saved = unpack(state, self.recipe)
        if saved is not None:
            tracker = Tracker(self._tracking, saved.tracks, saved.begun)
            self._watches[camera] = Watch(
                saved.epoch, saved.seq, saved.size, self._scan(saved.size, saved.scan), tracker
            )

    def forget(self, camera: str) -> None:
        """See `Stage.forget`."""
        self._watches.pop(camera, None)

    def close(self) -> None:
        """See `Stage.close`."""
        self._pool.shutdown(cancel_futures=True)
        for made in self._all:
            made.close()

    def _is_repeat(self, message: Message) -> bool:
        if not isinstance(message, Frame):
            return False
        spine = message.spine
        watch = self._watches.get(spine.camera)
        return watch is not None and watch.epoch == spine.epoch and spine.seq <= watch.seq

    def _begin(self, message: Message) -> Message | Search:
        """Start what does not depend on the frames before: the search."""
        if isinstance(message, Opened | Closed):
            self._watches.pop(message.camera, None)
        if not isinstance(message, Frame):
            return message
        if message.planes is None:
            self._pass_over(message.spine)
            return Faces(message.spine, (), self.recipe, message.dropped)
        try:
            watch, picture = self._watch(message), Picture.of(message.planes)
            return Search(message, watch, picture, self._look(picture, watch.scan.due(message.spine.time_ms)))
        except Exception as error:
            log.exception(NOT_SEARCHED, coordinates(message))
            return self._failed(message, error)

    def _finish(self, begun: Message | Search) -> Message:
        if not isinstance(begun, Search):
            return begun
        try:
            return Faces(begun.frame.spine, self._find(begun), self.recipe)
        except Exception as error:
            log.exception(NOT_SEARCHED, coordinates(begun.frame))
            return self._failed(begun.frame, error)

    def _failed(self, frame: Frame, error: Exception) -> Faces:
        return Faces(frame.spine, (), self.recipe, "dead_letter", repr(error))

    def _find(self, search: Search) -> tuple[Face, ...]:
        frame, watch, picture, scanned = search
        time_ms, size = frame.spine.time_ms, (frame.width, frame.height)
        expected = self._look(picture, [around(box, *size) for box in watch.tracker.expected(time_ms)])
        followed = merge(_from(expected, self._settings.follow))
        proposed = merge(_from(scanned, self._settings.propose), kept=followed)
        closer = self._look(picture, [around(detection.box, *size) for detection in proposed])
        fresh = merge(_from(closer, self._settings.believe), kept=followed)
        seen = watch.tracker.update(followed + fresh, time_ms)
        return tuple(self._face(picture, number, detection) for number, detection in seen)

    def _look(self, picture: Picture, regions: list[Region]) -> Looks:
        return [self._pool.submit(self._look_once, picture, region) for region in regions]

    def _look_once(self, picture: Picture, region: Region) -> list[Detection]:
        finder = self._finders.get()
        try:
            return finder.look(picture, region)
        finally:
            self._finders.put(finder)

    def _pass_over(self, spine: Spine) -> None:
        watch = self._watches.get(spine.camera)
        if watch is not None and watch.epoch == spine.epoch:
            watch.seq = spine.seq

    def _watch(self, frame: Frame) -> Watch:
        spine, size = frame.spine, (frame.width, frame.height)
        watch = self._watches.get(spine.camera)
        if watch is None or watch.epoch != spine.epoch:
            watch = Watch(spine.epoch, -1, size, self._scan(size), Tracker(self._tracking))
            self._watches[spine.camera] = watch
        if watch.size != size:
            watch.size, watch.scan = size, self._scan(size)
        watch.seq = spine.seq
        return watch

    def _scan(self, size: tuple[int, int], state: ScanState = START) -> Scan:
        regions = plan(*size, self._settings.smallest_face or smallest_face(size[1]))
        return Scan(regions, self._settings.scan_ms, state)

    def _face(self, picture: Picture, number: int, detection: Detection) -> Face:
        crop = cut(picture.luma, detection.box)
        height, width = picture.luma.shape
        quality = measure(detection.box, detection.landmarks, crop, width, height)
        refused = self._gate.refuse(quality)
        kept = crop if refused is None else None
        return Face(number, detection.box, detection.score, detection.landmarks, quality, refused, kept)


def _from(looks: Looks, least: float) -> Iterator[Detection]:
    """Wait for looks; gives what they found from this score on, in their order."""
    return (detection for look in looks for detection in look.result() if detection.score >= least)
