"""Portraits sorted by what their files offer: colour and size; used by the experiment on generalisation."""

import cv2

from common.errors import DataError
from moodline.evaluation.portraits import Portrait

Seen = list[tuple[Portrait, str | None]]
"""Portraits, and what was read of each; None where nothing was."""

GRAY, COLOUR = "gray", "colour"
SIZES = {"shorter side below 168 px": (0, 168), "168 to 223 px": (168, 224), "224 px and more": (224, 1_000_000)}
"""Kinds of pictures by their shorter side: from, and below, pixels."""
KINDS = (GRAY, COLOUR, *SIZES)


def kinds_of(seen: Seen) -> dict[str, Seen]:
    """Sort portraits by what their files offer: gray or colour, and the shorter side in pixels."""
    found: dict[str, Seen] = {name: [] for name in KINDS}
    for portrait, said in seen:
        picture = cv2.imread(str(portrait.image), cv2.IMREAD_COLOR)
        if picture is None:
            raise DataError(f"picture '{portrait.image}' cannot be decoded")
        found[GRAY if (picture.min(2) == picture.max(2)).all() else COLOUR].append((portrait, said))
        side = min(picture.shape[:2])
        name = next(name for name, (low, high) in SIZES.items() if low <= side < high)
        found[name].append((portrait, said))
    return found
