"""How much a stage works through in a given time, by what it has needed so far; used by `common.shedding`.

Pure: seconds come in as arguments.
"""

from collections import deque
from statistics import median

from common.messages import Faces, Frame, Message, Readings

REMEMBERED = 9
"""So many measurements back it looks; one in nine may be far off and changes nothing for long."""

_QUICKEST_S = 1e-4


class Pace:
    """A bound on the number of messages that a stage takes on at a time.

    What counts is the median of the latest measurements, or the last one if it was slower: a stage that becomes slow
    is believed at once, one that becomes quick after a few measurements.

    Args:
        budget_s: for how long it may work at a time, seconds.
    """

    def __init__(self, budget_s: float) -> None:
        self._budget_s = budget_s
        self._each_s: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def limit(self) -> int:
        """Messages with work that fit into the budget; at least 1, and 1 before anything was measured."""
        if not self._each_s:
            return 1
        each_s = max(median(self._each_s), self._each_s[-1])
        return max(int(self._budget_s / each_s), 1)

    def note(self, count: int, seconds: float) -> None:
        """Take note of a measurement.

        Args:
            count: messages with work that were worked on together.
            seconds: how long that took; nonsense of a clock that was set is taken for the quickest there is.
        """
        if count:
            self._each_s.append(max(seconds / count, _QUICKEST_S))


def is_work(message: Message) -> bool:
    """Whether a message gives a stage more to do than to pass it on: a picture, a crop, or a frame to be written."""
    match message:
        case Frame():
            return message.planes is not None
        case Faces():
            return any(face.crop is not None for face in message.faces)
        case _:
            return isinstance(message, Readings) and message.dropped is None


def cost_of(message: Message) -> int:
    """Give how much work a message is, beside others of its kind: one for each face that is to be read, else one."""
    return sum(face.crop is not None for face in message.faces) if isinstance(message, Faces) else int(is_work(message))
