"""How wrong the net is at each value of each measure of quality; the core of `moodline evaluate quality`.

Every face is read as it is and with each fault by each stated amount (`degrade`). For each measure, the readings are
sorted by its value: the accuracy at a value, as a share of what the same faces have undegraded, is a curve that may
only fall towards the bad end. The learned limit is where it falls below `KEEP`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.crop_measures import measure_crop
from detector.curves import LOW_IS_BAD, Measure
from moodline.evaluation.degrade import degradations
from moodline.evaluation.falling import Falling, crossing, falling
from moodline.evaluation.quality_faces import LabelledFaces

KEEP = 0.8
"""Share of the undegraded accuracy that a reading must have left."""

RESAMPLES = 200
"""Bootstrap samples of the faces behind each interval, unless told otherwise."""

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Read = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.int64]]
"""Crops to the place of the likeliest label of each."""


@dataclass(frozen=True)
class Sweep:
    """What was measured and read under one fault by one amount; N faces.

    Attributes:
        name: the fault and its amount; `undegraded` for the faces as they are.
        values: (N,) of the measure; NaN where there is none.
        right: (N,) whether the label was read.
        same: (N,) whether the same was read as undegraded.
    """

    name: str
    values: Floats
    right: Flags
    same: Flags


def sweep(faces: LabelledFaces, read: Read, step: Callable[[], None]) -> dict[Measure, list[Sweep]]:
    """Read all faces under all faults; the undegraded ones come first in each measure's list.

    Args:
        faces: as they are.
        read: the net.
        step: called after each fault.
    """
    plain = read(faces.crops)
    right, same = plain == faces.labels, np.ones(len(plain), bool)
    whole = {"turn": faces.turns, "height": faces.heights, "inside": np.ones(len(plain))}
    result: dict[Measure, list[Sweep]] = {}
    for measure in LOW_IS_BAD:
        values = whole[measure] if measure in whole else _measured(measure, faces.crops)
        result[measure] = [Sweep("undegraded", values, right, same)]
    for number, fault in enumerate(degradations()):
        chance = np.random.default_rng(number)
        worse = np.stack([fault.change(crop, chance) for crop in faces.crops])
        values = np.full(len(worse), fault.value) if fault.value is not None else _measured(fault.measure, worse)
        got = read(worse)
        result[fault.measure].append(Sweep(fault.name, values, got == faces.labels, got == plain))
        step()
    return result


def _measured(measure: Measure, crops: npt.NDArray[np.uint8]) -> Floats:
    return np.array([getattr(measure_crop(crop), measure) for crop in crops])


def score(
    sweeps: Mapping[Measure, list[Sweep]], limits: Mapping[Measure, float], resamples: int = RESAMPLES
) -> dict[str, Any]:
    """Learn curves and limits, and say what the limits in use cost and prevent.

    Args:
        sweeps: as `sweep` gives them.
        limits: in use.
        resamples: bootstrap samples of the faces behind each interval.

    Returns:
        `faces`, `accuracy` (undegraded), `keep`, and for each of `measures`: `limit` (in use), `learned` with its 95 %
        interval `low`, `high` (None where the curve never falls so far), `error_at_limit`, `changed_at_limit` (share
        read otherwise than undegraded), `error_kept`, `error_refused`, `clean_refused` (share of undegraded faces),
        `curve` [value, share], `risk_coverage` [coverage, error] from the best value to the worst, and `faults`
        (`name`, median `value`, `accuracy`, `same`, `refused`).
    """
    right = sweeps["detail"][0].right
    measured = {name: _score_one(name, found, limits[name], resamples) for name, found in sweeps.items()}
    return {"faces": len(right), "accuracy": float(right.mean()), "keep": KEEP, "measures": measured}


def _score_one(measure: Measure, sweeps: list[Sweep], limit: float, resamples: int) -> dict[str, Any]:
    sign = 1.0 if LOW_IS_BAD[measure] else -1.0
    # Signed so that low is always bad.
    values = sign * np.stack([one.values for one in sweeps])
    right, same = (np.stack([getattr(one, name) for one in sweeps]) for name in ("right", "same"))
    left, kept_same = _shares(values, right, right[0]), _shares(values, same, same[0])
    base, refused = float(right[0].mean()), values < sign * limit
    known = ~np.isnan(values)
    low, high = _interval(values, right, resamples)
    return {
        "limit": limit,
        **_of_limit(_value(crossing(left, KEEP), sign), _value(low, sign), _value(high, sign)),
        "error_at_limit": 1 - base * left.at(sign * limit),
        "changed_at_limit": 1 - kept_same.at(sign * limit),
        "error_kept": _mean(~right[known & ~refused]),
        "error_refused": _mean(~right[refused]),
        "clean_refused": _mean(refused[0][known[0]]),
        "curve": sorted([sign * value, share] for value, share in zip(left.values, left.shares, strict=True)),
        "risk_coverage": _risk_coverage(values[known], right[known]),
        "faults": [
            {
                "name": one.name,
                "value": _mean(np.nanmedian(one.values)) if known[row].any() else None,
                "accuracy": float(one.right.mean()),
                "same": float(one.same.mean()),
                "refused": _mean(refused[row][known[row]]),
            }
            for row, one in enumerate(sweeps)
        ],
    }


def _of_limit(learned: float | None, *ends: float | None) -> dict[str, float | None]:
    known = [end for end in ends if end is not None]
    return {"learned": learned, "low": min(known, default=None), "high": max(known, default=None)}


def _shares(values: Floats, right: Flags, whole: Flags) -> Falling:
    """Give the curve; `whole` is what the same faces (columns) reach undegraded."""
    # Natural values have no undegraded twin: all faces together stand in for it.
    expected = np.broadcast_to(whole if len(values) > 1 else whole.mean(), values.shape)
    known = ~np.isnan(values)
    return falling(values[known], right[known].astype(float), expected[known].astype(float))


def _interval(values: Floats, right: Flags, resamples: int) -> tuple[float | None, float | None]:
    chance, faces = np.random.default_rng(0), values.shape[1]
    found = []
    for _ in range(resamples):
        drawn = chance.integers(0, faces, faces)
        found.append(crossing(_shares(values[:, drawn], right[:, drawn], right[0, drawn]), KEEP))
    reached = [value for value in found if value is not None]
    if len(reached) < resamples * 0.95:
        return None, None
    return float(np.quantile(reached, 0.025)), float(np.quantile(reached, 0.975))


def _risk_coverage(values: Floats, right: Flags) -> list[list[float]]:
    wrong = np.cumsum(~right[np.argsort(-values, kind="stable")])
    coverage = np.linspace(0.05, 1, 20)
    places = np.maximum(np.round(coverage * len(values)).astype(int), 1)
    return [[float(c), float(wrong[place - 1] / place)] for c, place in zip(coverage, places, strict=True)]


def _value(signed: float | None, sign: float) -> float | None:
    return None if signed is None else sign * signed


def _mean(values: Any) -> float | None:
    return float(np.mean(values)) if np.size(values) else None
