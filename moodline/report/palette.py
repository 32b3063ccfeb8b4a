"""The fixed colour of every expression and the hatching of every reason for no reading; used by all charts and marks.

Any two colours stay at least 11 apart (CIEDE2000) for each of the three kinds of colour blindness. The lighter ones are
pale on white, which is one reason why names stand beside them wherever there is room. What was not read is never a
plain colour but hatched.
"""

from common.messages import READ, Status
from sink.records import UNSETTLED

COLOURS: dict[str, str] = {
    "angry": "#b3282c",
    "disgust": "#4aa35a",
    "fear": "#c07be0",
    "happy": "#f0a81c",
    "neutral": "#8d95a1",
    "sad": "#2a5bc8",
    "surprise": "#5fd3ea",
    UNSETTLED: "#cdbb9f",
}
"""The colour of each label, and of read time in which none had settled."""

DARK_WRITING = frozenset({"disgust", "fear", "happy", "neutral", "surprise", UNSETTLED})
"""The colours that are written on in black; the others in white."""

HATCHES: dict[Status, str] = {
    "too_small": "....",
    "blurred": "////",
    "turned_away": "\\\\\\\\",
    "occluded": "xxxx",
    "badly_lit": "----",
    "cut_off": "||||",
    "static": "++++",
    "not_a_face": "oo",
    "expired": "**",
}
"""How each status without a reading is hatched."""

NO_READING = "no reading"


def words(name: str) -> str:
    """Write a status, label or reason as people do."""
    return name.replace("_", " ")


def is_reading(state: str) -> bool:
    """Whether a label or status stands for read time."""
    return state in COLOURS or state in READ
