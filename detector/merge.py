"""One detection a face: what tiles, levels and closer looks found twice becomes one; pure, used by the stage."""

from collections.abc import Iterable

from detector.finder import Detection

SAME = 0.6
"""Overlap, as a share of the smaller box, from which two detections are one face."""

ALIKE = 0.7
"""Width of the smaller of two detections, as a share of the larger's, from which they surely are one face."""


def merge(detections: Iterable[Detection], kept: Iterable[Detection] = (), *, nested: bool = False) -> list[Detection]:
    """Keep the best of every group of overlapping detections.

    Args:
        detections: what was found, in any order.
        kept: detections that win over every other, whatever their score; not returned.
        nested: keep also a much smaller detection inside another one: which of them is the face is judged later.

    Returns:
        The winners, best score first.
    """
    known = list(kept)
    winners: list[Detection] = []
    for detection in sorted(detections, key=rank):
        if any(same(detection, other) and not (nested and differs(detection, other)) for other in winners):
            continue
        if not any(same(detection, other) for other in known):
            winners.append(detection)
    return winners


def rank(detection: Detection) -> tuple[float, ...]:
    """Give the key that sorts the best first, however detections were ordered before."""
    box = detection.box
    return -detection.score, box.x, box.y, box.width, box.height


def same(one: Detection, other: Detection) -> bool:
    """Whether two detections are of one face."""
    smaller = min(one.box.width * one.box.height, other.box.width * other.box.height)
    return one.box.overlap(other.box) > SAME * smaller


def differs(one: Detection, other: Detection) -> bool:
    """Whether one is so much smaller that it may be a part of a face that looks like one."""
    return min(one.box.width, other.box.width) < ALIKE * max(one.box.width, other.box.width)
