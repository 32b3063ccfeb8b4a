"""Whether anything can be seen in the pictures of a camera: they may be dark, covered or frozen; used by `reader`.

Pure. It looks at decoded luma only, a few times a second. All limits are levels of limited-range luma: 16 is black.
Between the limit from which something holds and the one from which it does not, nothing is said either way.
"""

from dataclasses import dataclass

from ingest.live.glance import Glance, Luma, glance
from ingest.live.lasting import Lasting
from ingest.live.repeats import RESIZED, Difference, Repeats
from ingest.live.states import Sight

BLACK = 16.0
"""The level of no light."""

BRIGHT = 80.0
"""A picture with a lower mean level than this has less detail in proportion to its light."""

FORGET = 2.0
"""How many times faster signs of life count than their absence. One is not enough: encoders change their mind."""

LEARNING_S = 60.0
"""How fast the usual detail is learnt: the time in which two thirds of a change are taken over, seconds."""

USUAL_DETAIL = 80.0
"""The detail that a camera is taken to show before it was seen, levels."""


@dataclass(frozen=True)
class SightLimits:
    """From where on nothing can be seen.

    Attributes:
        lasting_s: for how long a picture must be dark or covered, seconds.
        frozen_s: for how long a picture must have repeated one from three or more seconds before, seconds.
        leaving_s: for how long it must be well again, seconds; three times as long if it was frozen, since the seam of
            a recording that is played again and again is no life.
        dark_mean: a picture is dark below this mean level,
        dark_brightest: and if nearly nothing in it is above this level.
        covered_share: it is covered with less than this share of the detail that the camera usually shows,
        covered_least: but always with less than this detail, levels,
        covered_most: and never with more than this, levels.
        frozen_share: it repeats another with a mean difference below this share of its texture, since that is where
            encoders err; with twice as much it does not.
        frozen_least: but always with less than this mean difference, levels,
        frozen_most: and never with more than this, levels.
        frozen_anywhere: nor if anything in it differs by more than this, levels, from that one or from those just
            before: a clock that runs is enough;
        frozen_light: nor if the light has changed by more than this within three seconds, levels.
        apart: how many times a limit must be passed so that dark or covered pictures are well again.
    """

    lasting_s: float = 4.0
    frozen_s: float = 6.0
    leaving_s: float = 1.0
    dark_mean: float = 26.0
    dark_brightest: float = 36.0
    covered_share: float = 0.15
    covered_least: float = 6.0
    covered_most: float = 14.0
    frozen_share: float = 0.045
    frozen_least: float = 0.3
    frozen_most: float = 0.45
    frozen_anywhere: float = 20.0
    frozen_light: float = 1.0
    apart: float = 1.2


class SightJudge:
    """Watches one camera.

    Args:
        limits: from where on nothing can be seen.

    Attributes:
        sight: what can be seen now.
    """

    def __init__(self, limits: SightLimits | None = None) -> None:
        self.sight: Sight = "clear"
        self._limits = limits or SightLimits()
        self._dark = Lasting(self._limits.lasting_s, self._limits.leaving_s)
        self._covered = Lasting(self._limits.lasting_s, self._limits.leaving_s)
        self._frozen = self._unfrozen()
        self._repeats = Repeats()
        self._detail = USUAL_DETAIL
        self._last_s: float | None = None

    def update(self, luma: Luma, now_s: float) -> Sight:
        """Look at a picture; two a second are enough, five find a frozen picture sooner.

        Args:
            luma: (height, width), limited range; one that is smaller than 40 pixels either way changes nothing.
            now_s: when it was decoded, seconds of any clock that never goes back.
        """
        seen = glance(luma)
        if seen is None:
            return self.sight
        self._dark.update(self._is_dark(seen), now_s)
        covered = self._is_covered(seen)
        self._covered.update(covered, now_s)
        self._look_for_life(seen, now_s)
        if covered is False and not self._covered.believed:
            self._learn(seen.detail, now_s)
        self._last_s = now_s
        self.sight = self._judge()
        return self.sight

    def _unfrozen(self) -> Lasting:
        return Lasting(self._limits.frozen_s, 3 * self._limits.leaving_s, FORGET)

    def _look_for_life(self, seen: Glance, now_s: float) -> None:
        difference = self._repeats.update(seen.grid, now_s)
        if difference is RESIZED or self._dark.believed or self._covered.believed:
            # What cannot be seen cannot be frozen either, nor is it once it can be seen again.
            self._frozen = self._unfrozen()
        else:
            self._frozen.update(self._is_frozen(seen, difference), now_s)

    def _judge(self) -> Sight:
        if self._dark.believed:
            return "dark"
        if self._covered.believed:
            return "covered"
        return "frozen" if self._frozen.believed else "clear"

    def _is_dark(self, seen: Glance) -> bool | None:
        limits = self._limits
        if seen.mean < limits.dark_mean and seen.brightest < limits.dark_brightest:
            return True
        well = seen.mean > limits.apart * limits.dark_mean or seen.brightest > limits.apart * limits.dark_brightest
        return None if not well else False

    def _is_covered(self, seen: Glance) -> bool | None:
        limits = self._limits
        limit = min(max(limits.covered_share * self._detail, limits.covered_least), limits.covered_most)
        limit *= min((seen.mean - BLACK) / (BRIGHT - BLACK), 1.0)
        if seen.detail < limit:
            return True
        return None if seen.detail < limits.apart * limit else False

    def _is_frozen(self, seen: Glance, difference: Difference | None) -> bool | None:
        limits = self._limits
        if difference is None:
            return None
        limit = min(max(limits.frozen_share * seen.texture, limits.frozen_least), limits.frozen_most)
        somewhere = max(difference.most, difference.lately) > limits.frozen_anywhere
        if somewhere or difference.light > limits.frozen_light or difference.mean > 2 * limit:
            return False
        return True if difference.mean < limit else None

    def _learn(self, detail: float, now_s: float) -> None:
        if self._last_s is not None:
            share = min((now_s - self._last_s) / LEARNING_S, 1.0)
            self._detail += (detail - self._detail) * share
