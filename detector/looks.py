"""Looks at parts of pictures and second opinions on what was found there, in parallel; used by the detector stage."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import NamedTuple, Protocol

from common.messages import Box
from detector.finder import Detection, Finder
from detector.merge import merge
from detector.picture import Picture
from detector.tiles import Region, around

Looks = list[Future[list[Detection]]]


class Judge(Protocol):
    """What gives a second opinion; each thread has its own."""

    def probability(self, picture: Picture, box: Box) -> float:
        """Say how likely it is that there is a face in a box, 0 to 1."""


class Eyes(NamedTuple):
    """What one thread looks with."""

    finder: Finder
    judge: Judge


class Looker:
    """A pool of threads that look.

    Args:
        make: makes what one thread looks with.
        threads: looks at once.
        propose: score of a look from which it may be of a face.
        believe: probability from which a new face is one.

    Attributes:
        tile_faces: side of the smallest tile its finders want, in heights of the smallest face; None: whole frames.
    """

    def __init__(self, make: Callable[[], Eyes], threads: int, propose: float, believe: float) -> None:
        self._propose, self._believe = propose, believe
        self._all = [make() for _ in range(threads)]
        self.tile_faces = self._all[0].finder.tile_faces
        self._free: SimpleQueue[Eyes] = SimpleQueue()
        for made in self._all:
            self._free.put(made)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="look")

    def look(self, picture: Picture, regions: list[Region]) -> Looks:
        """Begin to look at regions of a picture."""
        return [self._pool.submit(self._look_once, picture, region) for region in regions]

    def judge(self, picture: Picture, boxes: Iterable[Box]) -> list[float]:
        """Say of each box how likely it is that there is a face, 0 to 1."""
        asked = [self._pool.submit(self._judge_once, picture, box) for box in boxes]
        return [answer.result() for answer in asked]

    def faces_among(self, proposed: list[Detection], kept: list[Detection], picture: Picture) -> list[Detection]:
        """Look closer at what may be faces and keep those that are.

        A finder that searches whole frames has seen each at its own scale already.

        Args:
            proposed: what may be faces, each once.
            kept: faces that are known.
            picture: where they were found.
        """
        if self.tile_faces is not None:
            height, width = picture.luma.shape
            closer = self.look(picture, [around(detection.box, width, height) for detection in proposed])
            proposed = merge(found_in(closer, self._propose), kept=kept, nested=True)
        chances = self.judge(picture, [detection.box for detection in proposed])
        return merge(one for one, chance in zip(proposed, chances, strict=True) if chance >= self._believe)

    def close(self) -> None:
        """Release every finder; looks that have not begun are cancelled."""
        self._pool.shutdown(cancel_futures=True)
        for made in self._all:
            made.finder.close()

    def _look_once(self, picture: Picture, region: Region) -> list[Detection]:
        eyes = self._free.get()
        try:
            return eyes.finder.look(picture, region)
        finally:
            self._free.put(eyes)

    def _judge_once(self, picture: Picture, box: Box) -> float:
        eyes = self._free.get()
        try:
            return eyes.judge.probability(picture, box)
        finally:
            self._free.put(eyes)


def found_in(looks: Looks, least: float) -> Iterator[Detection]:
    """Wait for looks; gives what they found from this score on, in their order."""
    return (detection for look in looks for detection in look.result() if detection.score >= least)
