"""One detection a face: what tiles, levels and closer looks found twice becomes one; pure, used by the stage."""

from collections.abc import Iterable

from detector.finder import Detection

SAME = 0.6
"""Overlap, as a share of the smaller box, from which two detections are one face."""


def merge(detections: Iterable[Detection], kept: Iterable[Detection] = ()) -> list[Detection]:
    """Keep the best of every group of overlapping detections.

    Args:
        detections: what was found, in any order.
        kept: detections that win over every other, whatever their score; not returned.

    Returns:
        The winners, best score first.
    """
    taken = list(kept)
    winners = []
    for detection in sorted(detections, key=rank):
        if not any(same(detection, other) for other in taken):
            taken.append(detection)
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
