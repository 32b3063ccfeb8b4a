"""What each fault does and what its amounts mean, in plain words; used by the story of `robustness`."""

from typing import NamedTuple

from moodline.evaluation.degrade import NOISE


class Words(NamedTuple):
    """How one fault is told.

    Attributes:
        phrase: a face with this fault, for an amount (`amount`, as a percentage `share`, and an `s` for more than one).
        axis: name of the axis of its amounts.
        meaning: what is done, and what an amount says.
    """

    phrase: str
    axis: str
    meaning: str


WORDS = {
    "darker": Words(
        "{amount:g} stop{s} darker",
        "stops darker",
        f"stops: each halves the light; a sensor's noise is added (spread of {NOISE:g} gray level)",
    ),
    "brighter": Words(
        "{amount:g} stop{s} brighter",
        "stops brighter",
        "stops: each doubles the light; what goes beyond white is lost",
    ),
    "gamma above 1": Words(
        "gamma {amount:g}", "gamma (above 1: darker)", "power of every gray level (0 to 1): above 1 darkens"
    ),
    "gamma below 1": Words("gamma {amount:g}", "gamma (below 1: brighter)", "the same power: below 1 brightens"),
    "less contrast": Words(
        "{share:g} % of the contrast",
        "share of the contrast left",
        "share of the contrast that is left; what then lies between two gray levels is lost",
    ),
    "light from a side": Words(
        "one side {amount:g} stop{s} darker",
        "stops, dark side to lit side",
        "stops by which one side lies darker than the other; noise as in 'darker'",
    ),
    "fewer pixels": Words(
        "a face {amount:g} px high", "height of the face, px", "height of the face in pixels, then made large again"
    ),
    "out of focus": Words(
        "a blur of {amount:g} px", "sigma of the blur, px of 48", "spread (sigma) of the blur, pixels of the crop's 48"
    ),
    "moving": Words(
        "a smear of {amount:g} px",
        "length of the smear, px of 48",
        "length of the smear, pixels of the crop's 48, in any direction",
    ),
    "noise": Words(
        "noise of {amount:g} gray level{s}", "spread of the noise, gray levels", "spread of the noise, gray levels"
    ),
    "JPEG": Words("JPEG quality {amount:g}", "JPEG quality", "quality of the JPEG file: 100 is the best"),
    "turned": Words(
        "a turn of {amount:g} degree{s}", "degrees", "degrees, in the plane of the picture, to either side"
    ),
    "off its place": Words(
        "a crop off by {share:g} % of its side",
        "share of the crop's side",
        "how far the crop lies beside the face, as a share of its side",
    ),
    "patch in front": Words(
        "a patch over {share:g} % of the picture",
        "share of the picture",
        "share of the picture behind a square of one gray, anywhere",
    ),
}
"""By the names of `FAMILIES`."""


def with_amount(name: str, amount: float) -> str:
    """Say a fault with its amount, as in `2 stops darker`."""
    share = round(100 * amount, 6)
    return WORDS[name].phrase.format(amount=amount, share=share, s="" if amount == 1 else "s")


def listed(names: list[str]) -> str:
    """Join words as a sentence does: `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
