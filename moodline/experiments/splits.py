"""Dealing faces out into those learned from and those measured on, and the same bytes on both sides; used by `leak`."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from moodline.experiments.features import Faces
from moodline.experiments.sight import Classes


def deal_randomly(count: int, shares: Sequence[float], seed: int) -> list[Classes]:
    """Deal the numbers 0 to `count` - 1 out at random.

    Args:
        count: of what is dealt.
        shares: of each part but the last, which gets what is left.
        seed: fixes the order.

    Returns:
        The numbers of each part, in random order.
    """
    order = np.random.default_rng(seed).permutation(count)
    return list(np.split(order, np.round(np.cumsum(shares) * count).astype(int)))


def known(tested: Faces, learned: Faces) -> npt.NDArray[np.bool_]:
    """Give for each tested face whether the very same bytes stand among those learned from."""
    learned_bytes = {face.tobytes() for face in learned}
    return np.array([face.tobytes() in learned_bytes for face in tested], bool)


def count_twins(faces: Faces, labels: Classes) -> dict[str, int]:
    """Count pictures that stand in a set more than once.

    Returns:
        `groups` of pictures with the same bytes, `pictures` in them, `contradicting` groups in which labels differ,
        and the `contradicting_pictures` in those.
    """
    held = defaultdict(list)
    for face, label in zip(faces, labels, strict=True):
        held[face.tobytes()].append(int(label))
    groups = [found for found in held.values() if len(found) > 1]
    apart = [found for found in groups if len(set(found)) > 1]
    return {
        "groups": len(groups),
        "pictures": sum(map(len, groups)),
        "contradicting": len(apart),
        "contradicting_pictures": sum(map(len, apart)),
    }
