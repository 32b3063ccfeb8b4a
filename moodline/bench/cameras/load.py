"""What is offered in a measurement of live cameras, and what came of it; used by the ways to run the stages."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from common.messages import Status
from moodline.bench.cameras.arrivals import Arrival
from moodline.bench.cameras.processes import Held
from moodline.chaos.clips import ClipFormat
from moodline.ledger.accounts import Row


@dataclass(frozen=True)
class Load:
    """What is offered.

    Attributes:
        cameras: how many.
        rate: sampled frames a second of each; 0 takes all that they send.
        seconds: how long is measured, seconds.
        form: how the cameras encode their pictures.
        slow_ms: what the classifier waits for every frame, milliseconds.
        warm_s: from the first frame until the measurement begins, seconds: about 20 are needed to believe a clock.
    """

    cameras: int
    rate: float
    seconds: float
    form: ClipFormat
    slow_ms: float = 0.0
    warm_s: float = 30.0

    @property
    def names(self) -> list[str]:
        """Names of the cameras."""
        return [f"cam{number}" for number in range(self.cameras)]


@dataclass
class Outcome:
    """What a run did while it was measured.

    Attributes:
        began_ms: when the measurement began, Unix milliseconds.
        seconds: how long it took.
        arrivals: the frames that came into the store meanwhile.
        clocks: how often each clock of event time was seen, over all cameras, once a second.
        decoded: pictures that were decoded a second, of all cameras.
        sent: pictures that the cameras sent meanwhile.
        cpu_s: processor seconds meanwhile, by role: `readers`, `redis`, `cameras`, and `main` or the stages.
        held: what the processes of the run, readers too, held at the begin and at the end.
        reconnects: how often cameras were connected again within the hour.
        sampled: frames of the whole run that ingest sampled, by its own count.
        accounts: what became of each frame, from the first to the last one of the run.
    """

    began_ms: float = 0.0
    seconds: float = 0.0
    arrivals: list[Arrival] = field(default_factory=list)
    clocks: Counter[str] = field(default_factory=Counter)
    decoded: float = 0.0
    sent: int = 0
    cpu_s: Mapping[str, float] = field(default_factory=dict)
    held: tuple[Held, Held] = (Held(), Held())
    reconnects: int = 0
    sampled: int = 0
    accounts: list[Row] = field(default_factory=list)

    @property
    def readings(self) -> Counter[Status]:
        """Faces that came into the store while it was measured, by status."""
        return Counter(status for one in self.arrivals for status in one.statuses)


Way = Callable[[Load], Outcome]
"""A way to run the stages: takes what is offered, and gives what came of it."""
