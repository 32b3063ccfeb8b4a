"""The detector stage: searches frames, follows faces, cuts crops. Driven by the embedded run and the workers.

For each frame it looks at the parts that are due (`tiles.Scan`) and closer at every place where a track should be;
what the search proposes and no track explains gets a closer look of its own and a second opinion (`looks`), and what
is followed gets the second opinion again and again. Looks run in parallel, and the search of the next frames begins
while the tracker still waits for this one; what is found does not depend on how many threads there are or on how
frames come in batches.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import cv2

from common.crop import cut
from common.messages import Closed, Face, Faces, Frame, Message, Opened, Spine, Status, coordinates, recipe_of
from detector.assign import Moment
from detector.backends.choose import make_finder, version
from detector.finder import Detection, Finder
from detector.looks import Eyes, Judge, Looker, Looks, found_in
from detector.merge import merge
from detector.motion import Change
from detector.picture import Picture
from detector.quality import QualityGate, measure
from detector.settings import DetectorSettings
from detector.settled import Given, Pace
from detector.state import pack, unpack
from detector.stay import stay_at
from detector.still import observe
from detector.tiles import Region, around, shows
from detector.track import Track
from detector.verifier import Verifier
from detector.watch import Watch, Watches
from detector.zone_file import read_zones

log = logging.getLogger(__name__)

DETECTOR_VERSION = 6
"""Part of the recipe: raised whenever the same settings would give other faces."""

NOT_SEARCHED = "no faces could be searched in %s; the frame counts as dropped"

AHEAD = 4
"""Frames whose search begins before the frame in hand is finished, so that no thread waits for the tracker."""


class Search(NamedTuple):
    """A frame whose search has begun: the looks at the parts that are due are under way."""

    frame: Frame
    watch: Watch
    picture: Picture
    change: Change
    scanned: Looks


class DetectorStage:
    """A `StatefulStage` from `Frame` to `Faces`.

    A frame whose number is not above that of the last one of its epoch is passed over: a bus may repeat itself.

    Args:
        settings: where and how to look.
        finder: makes a finder from the settings.
        judge: makes what gives the second opinion.

    Raises:
        ModelError: the model file is missing or cannot be loaded.
        SettingsError: the extra of the backend is not installed, or the file of zones is not as documented.
    """

    def __init__(
        self,
        settings: DetectorSettings,
        finder: Callable[[DetectorSettings], Finder] = make_finder,
        judge: Callable[[], Judge] = Verifier,
    ) -> None:
        cv2.setNumThreads(1)
        self._settings = settings
        self._zones = read_zones(settings.zones)
        self._gate = QualityGate(**settings.model_dump(include=set(QualityGate.__dataclass_fields__)))
        self._pace = Pace(settings.changing_ms, settings.settled_ms)
        pair = settings.propose, settings.believe
        self._looker = Looker(lambda: Eyes(finder(settings), judge()), settings.threads, *pair)
        self._make = Watches(settings, self._looker.tile_faces)
        self._watches: dict[str, Watch] = {}
        made_by = settings.model_dump(mode="json", exclude={"threads", "batch", "model", "zones"})
        nets = version(settings.backend), version("mtcnn")
        self.recipe = recipe_of("detector", DETECTOR_VERSION, *nets, settings.model.name, made_by)

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
        return pack(watch.saved(self._recipe(camera)))

    def resume(self, camera: str, state: bytes) -> None:
        """See `StatefulStage.resume`."""
        self.forget(camera)
        saved = unpack(state, self._recipe(camera))
        if saved is not None:
            self._watches[camera] = self._make.resume(saved, self._zones.of(camera))

    def forget(self, camera: str) -> None:
        """See `Stage.forget`."""
        self._watches.pop(camera, None)

    def close(self) -> None:
        """See `Stage.close`."""
        self._looker.close()

    def _is_repeat(self, message: Message) -> bool:
        if not isinstance(message, Frame):
            return False
        spine = message.spine
        watch = self._watches.get(spine.camera)
        return watch is not None and watch.epoch == spine.epoch and spine.seq <= watch.seq

    def _begin(self, message: Message) -> Message | Search:
        """Start what does not depend on the frames before: the search."""
        if isinstance(message, Opened | Closed):
            self._end(message)
        if not isinstance(message, Frame):
            return message
        if message.planes is None:
            self._pass_over(message.spine)
            return Faces(message.spine, (), self._recipe(message.spine.camera), message.dropped)
        try:
            watch, picture = self._watch(message), Picture.of(message.planes)
            change = watch.motion.update(picture.luma)
            due = watch.scan.due(message.spine.time_ms, change.within)
            return Search(message, watch, picture, change, self._looker.look(picture, due))
        except Exception as error:
            log.exception(NOT_SEARCHED, coordinates(message))
            return self._failed(message, error)

    def _end(self, message: Opened | Closed) -> None:
        watch = self._watches.get(message.camera)
        # The end of an epoch may come when another worker has opened its camera anew.
        if watch is not None and (isinstance(message, Opened) or watch.epoch == message.epoch):
            del self._watches[message.camera]

    def _finish(self, begun: Message | Search) -> Message:
        if not isinstance(begun, Search):
            return begun
        try:
            spine = begun.frame.spine
            return Faces(spine, self._find(begun), self._recipe(spine.camera))
        except Exception as error:
            log.exception(NOT_SEARCHED, coordinates(begun.frame))
            return self._failed(begun.frame, error)

    def _failed(self, frame: Frame, error: Exception) -> Faces:
        return Faces(frame.spine, (), self._recipe(frame.spine.camera), "dead_letter", repr(error))

    def _recipe(self, camera: str) -> str:
        return self._zones.recipe(camera, self.recipe)

    def _find(self, search: Search) -> tuple[Face, ...]:
        frame, watch, picture, _, scanned = search
        time_ms, size = moment = Moment(frame.spine.time_ms, (frame.width, frame.height))
        tracker = watch.tracker
        followed, left = tracker.follow(merge(watch.looked_at(self._followed(search))), moment)
        known = [track.sighting for track in followed]
        proposed = merge(watch.looked_at([*left, *found_in(scanned, self._settings.propose)]), kept=known, nested=True)
        proposed = [one for one in proposed if not tracker.doubts(one.box, time_ms)]
        fresh = watch.looked_at(self._looker.faces_among(proposed, known, picture))
        seen = tracker.settle(fresh, followed, moment)
        tracker.suspect([one.box for one in merge(proposed, kept=fresh)], time_ms)
        doubtful = [track for track in seen if track.is_doubtful(time_ms)]
        for track, chance in zip(doubtful, self._looker.judge(picture, [t.box for t in doubtful]), strict=True):
            track.judge(chance, time_ms)
        elapsed_ms, watch.seen_ms = time_ms - watch.seen_ms, time_ms
        for track in seen:
            zone = watch.zones.zone_of(track.box, *size)
            track.stay = stay_at(zone, time_ms, track.stay, self._settings.zone_dwell_ms)
            if self._settings.static_ms:
                track.rest = observe(track.rest, track.box, picture.luma, elapsed_ms, 2 * self._settings.static_ms)
        return tuple(self._face(search, track, elapsed_ms) for track in seen)

    def _followed(self, search: Search) -> list[Detection]:
        """Look where tracks should be; where nothing has changed the answer is the one of before."""
        frame, watch, picture, change, _ = search
        time_ms, size = frame.spine.time_ms, (frame.width, frame.height)
        found: list[Detection] = []
        regions: list[Region] = []
        for track in watch.tracker.alive(time_ms):
            box = track.at(time_ms)
            region = around(box, *size)
            if change.within(region) or change.within(around(track.box, *size)):
                if track.is_due(time_ms) and not any(shows(other, box) for other in regions):
                    track.looked_ms = time_ms
                    regions.append(region)
            elif track.seen_ms == watch.seen_ms:
                found.append(track.sighting)
        return [*found, *found_in(self._looker.look(picture, regions), self._settings.follow)]

    def _pass_over(self, spine: Spine) -> None:
        watch = self._watches.get(spine.camera)
        if watch is not None and watch.epoch == spine.epoch:
            watch.seq = spine.seq

    def _watch(self, frame: Frame) -> Watch:
        spine, size = frame.spine, (frame.width, frame.height)
        watch = self._watches.get(spine.camera)
        if watch is None or watch.epoch != spine.epoch:
            watch = self._make.begin(spine.epoch, size, self._zones.of(spine.camera))
            self._watches[spine.camera] = watch
        if watch.size != size:
            self._make.resize(watch, size)
        watch.seq = spine.seq
        return watch

    def _face(self, search: Search, track: Track, elapsed_ms: int) -> Face:
        detection, luma = track.sighting, search.picture.luma
        crop = cut(luma, detection.box)
        height, width = luma.shape
        quality = measure(detection.box, detection.landmarks, crop, width, height)
        refused = self._refused(track) or self._gate.refuse(quality)
        if refused is not None:
            track.given = None
        elif self._carries(search.frame.spine):
            now = Given.of(crop, quality.left, search.frame.spine.time_ms)
            if self._pace.is_due(track.given, now, elapsed_ms):
                track.given = now
            else:
                refused = "carried"
        return Face(
            track=track.number,
            box=detection.box,
            score=detection.score,
            landmarks=detection.landmarks,
            quality=quality,
            refused=refused,
            crop=crop if refused is None else None,
            zone=None if track.stay is None else track.stay.zone,
        )

    def _carries(self, spine: Spine) -> bool:
        return self._settings.carry == "always" or (self._settings.carry == "live" and spine.mode == "live")

    def _refused(self, track: Track) -> Status | None:
        """Say why a track is not of a person's face; None if it is."""
        settings = self._settings
        if track.rest is not None and track.rest.still_ms >= settings.static_ms:
            return "static"
        return "not_a_face" if track.belief < settings.least_belief else None
