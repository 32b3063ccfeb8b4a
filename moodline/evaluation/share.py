"""The one rule for ratios of all measures here: nothing to measure is None, never 0 or 1."""


def share(part: float, whole: float) -> float | None:
    """`part / whole`, or None where `whole` is zero; None becomes `null` in JSON."""
    return part / whole if whole > 0 else None
