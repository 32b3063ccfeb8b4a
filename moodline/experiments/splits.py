"""Deals faces out at random, and finds pictures that stand in a set more than once; used by `leak`."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

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


def identify(faces: Faces) -> Classes:
    """Give every face a number; pictures of the same bytes, twins, have the same one."""
    numbers: dict[bytes, int] = {}
    return np.array([numbers.setdefault(face.tobytes(), len(numbers)) for face in faces], np.int64)


def count_twins(identity: Classes, labels: Classes) -> dict[str, int]:
    """Count pictures that stand in a set more than once.

    Args:
        identity: (N,) see `identify`.
        labels: (N,) classes.

    Returns:
        `groups` of twins, `pictures` in them, `contradicting` groups in which labels differ, and the
        `contradicting_pictures` in those.
    """
    held = defaultdict(list)
    for number, label in zip(identity.tolist(), labels.tolist(), strict=True):
        held[number].append(label)
    groups = [found for found in held.values() if len(found) > 1]
    apart = [found for found in groups if len(set(found)) > 1]
    return {
        "groups": len(groups),
        "pictures": sum(map(len, groups)),
        "contradicting": len(apart),
        "contradicting_pictures": sum(map(len, apart)),
    }
