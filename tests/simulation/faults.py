"""What may go wrong in a simulated run, as a value that can be printed, pasted and run again."""

from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st

Role = Literal["ingest", "detector", "classifier", "sink"]

CALLS: dict[Role, tuple[str, ...]] = {
    "ingest": ("publish", "published", "flush", "flushed"),
    "detector": (
        *("poll", "polled", "redis", "redis done", "publish", "published", "reject", "flush", "flushed"),
        *("commit", "committed", "wait"),
    ),
    "classifier": ("poll", "polled", "publish", "published", "reject", "flush", "flushed", "commit", "committed"),
    "sink": ("poll", "polled", "redis", "redis done", "commit", "committed", "wait"),
}
"""Where something may go wrong: before a call, or, by its past tense, after its effect."""

Kind = Literal["crash", "zombie", "blackout", "outage", "rebalance", "pause"]


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        role: in a process of this stage,
        call: at this call,
        nth: when such processes have reached it so often.
        kind: `crash` ends the process; `zombie` gives its partitions to others, which take turns before it goes on;
            `blackout` is the same, and once its turn is over all processes of its stage crash; `outage` takes Redis
            away; `rebalance` gives partitions to other members; `pause` lets it rest.
        turns: for how long: turns of others, or tenths of a second.
    """

    role: Role
    call: str
    nth: int
    kind: Kind
    turns: int


@dataclass(frozen=True)
class Scenario:
    """One simulated run.

    Attributes:
        footage: number of the recordings, see `footage.footage`.
        schedule: number that decides who takes turns, how much comes at once, and what a producer writes twice.
        faults: what goes wrong besides.
    """

    footage: int
    schedule: int
    faults: tuple[Fault, ...] = ()


SELDOM, OFTEN = 3, 25
MOSTLY: dict[tuple[Role, str], int] = {("sink", "redis"): 120, ("sink", "redis done"): 120}


def reached(role: Role, call: str) -> int:
    """Give about how often processes of a stage reach a call in one run."""
    if call in {"reject", "wait"}:
        return SELDOM
    return MOSTLY.get((role, call), 50 if call.startswith("publish") else OFTEN)


FOOTAGES = 40
"""So many different recordings; what an undisturbed run gives of each is computed once."""


def _faults_at(place: tuple[Role, str]) -> st.SearchStrategy[Fault]:
    role, call = place
    kinds: list[Kind] = (
        ["crash"] if role == "ingest" else ["crash", "zombie", "blackout", "outage", "rebalance", "pause"]
    )
    return st.builds(
        Fault,
        role=st.just(role),
        call=st.just(call),
        nth=st.integers(1, reached(role, call)),
        kind=st.sampled_from(kinds),
        turns=st.integers(1, 12),
    )


def scenarios() -> st.SearchStrategy[Scenario]:
    """Give scenarios with up to ten faults."""
    fault = st.sampled_from([(role, call) for role, calls in CALLS.items() for call in calls]).flatmap(_faults_at)
    return st.builds(
        Scenario,
        footage=st.integers(0, FOOTAGES - 1),
        schedule=st.integers(0, 2**32 - 1),
        faults=st.lists(fault, max_size=10).map(tuple),
    )
