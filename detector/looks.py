"""Looks at parts of pictures, in parallel, and what several looks at one face agree on; used by the detector stage."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from detector.finder import Detection, Finder
from detector.merge import merge, same
from detector.picture import Picture
from detector.tiles import Region, around

FARTHER = (4.0, 5.5)
"""Sides of the looks from farther away that a new face must pass, in widths of the face box."""

DOUBT = 0.1
"""A closer look that scores lower than what is asked for on average, by more than this, is not followed up."""

Looks = list[Future[list[Detection]]]


class Looker:
    """A pool of face finders, one a thread.

    Args:
        make: makes a finder.
        threads: looks at once.
        propose: score of a look from which it may be of a face.
        agree: mean score of three looks from which a new face is one.

    Attributes:
        tile_faces: side of the smallest tile its finders want, in heights of the smallest face; None: whole frames.
    """

    def __init__(self, make: Callable[[], Finder], threads: int, propose: float, agree: float) -> None:
        self._propose, self._agree = propose, agree
        self._all = [make() for _ in range(threads)]
        self.tile_faces = self._all[0].tile_faces
        self._free: SimpleQueue[Finder] = SimpleQueue()
        for made in self._all:
            self._free.put(made)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="look")

    def look(self, picture: Picture, regions: list[Region]) -> Looks:
        """Begin to look at regions of a picture."""
        return [self._pool.submit(self._look_once, picture, region) for region in regions]

    def faces_among(self, proposed: list[Detection], kept: list[Detection], picture: Picture) -> list[Detection]:
        """Look closer at what may be faces and keep those that are.

        A finder that searches whole frames has seen each at its own scale already.

        Args:
            proposed: what may be faces, each once.
            kept: faces that are known.
            picture: where they were found.
        """
        if self.tile_faces is None:
            return [detection for detection in proposed if detection.score >= self._agree]
        height, width = picture.luma.shape
        closer = self.look(picture, [around(detection.box, width, height) for detection in proposed])
        fresh = merge(found_in(closer, self._propose), kept=kept)
        likely = [d for d in fresh if d.score >= self._agree - DOUBT]
        farther = [self.look(picture, [around(d.box, width, height, side) for side in FARTHER]) for d in likely]
        return [d for d, looks in zip(likely, farther, strict=True) if _mean(d, looks) >= self._agree]

    def close(self) -> None:
        """Release every finder; looks that have not begun are cancelled."""
        self._pool.shutdown(cancel_futures=True)
        for made in self._all:
            made.close()

    def _look_once(self, picture: Picture, region: Region) -> list[Detection]:
        finder = self._free.get()
        try:
            return finder.look(picture, region)
        finally:
            self._free.put(finder)


def found_in(looks: Looks, least: float) -> Iterator[Detection]:
    """Wait for looks; gives what they found from this score on, in their order."""
    return (detection for look in looks for detection in look.result() if detection.score >= least)


def _mean(detection: Detection, looks: Looks) -> float:
    """Mean score of a face in all its looks; one that does not find it counts as 0: look-alikes are seldom found."""
    found = [max((d.score for d in look.result() if same(d, detection)), default=0.0) for look in looks]
    return (detection.score + sum(found)) / (1 + len(found))
