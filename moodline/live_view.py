"""What people see of a live run: a line for each change of a camera or of the net, a table at the end.

Used by `moodline run`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from rich.progress import Progress, TaskID

from ingest.live.fleet import Fleet
from moodline.live_job import LiveResult
from moodline.terminal import clock, progress, say, table
from sink.stage import Counters


class LiveView:
    """Shows how a live run goes.

    Args:
        bar: where the running figures stand.
    """

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task: TaskID = bar.add_task("frames", total=None, note="")
        self._states: dict[str, str] = {}
        self._net = ""

    def __call__(self, fleet: Fleet, counters: Counters, elsewhere: Mapping[str, str], net: str) -> None:
        """Show the present; see `LiveJob.watch`."""
        left = {name: why for name, why in fleet.left.copy().items() if name not in elsewhere}
        for name, post in fleet.posts.items():
            left.pop(name, None)
            self._tell(name, post.health.state, post.health.reason)
        for name, why in left.items():
            self._tell(name, "watched no more", why)
        for name, owner in elsewhere.items():
            self._tell(name, "waiting", f"{owner} holds it")
        if self._net != net:
            self._net = net
            _say_now(f"live cameras are read with {net or 'the net of the settings'}")
        self._bar.update(self._task, completed=counters.frames, note=f"{counters.faces} faces")

    def _tell(self, camera: str, state: str, why: str) -> None:
        if self._states.get(camera) != state:
            self._states[camera] = state
            _say_now(f"{camera}: {state} ({why})")


def _say_now(words: str) -> None:
    say(f"{datetime.now().astimezone():%H:%M:%S} {words}")


@contextmanager
def live_view(shown: bool) -> Iterator[LiveView]:
    """Make the view; the bar is shown only on a terminal."""
    with progress(shown) as bar:
        yield LiveView(bar)


def print_result(result: LiveResult) -> None:
    """Print a table for people."""
    rows = []
    for one in result.cameras:
        lost = ", ".join(f"{count} {reason}" for reason, count in sorted(one.dropped.items())) or "none"
        rows.append((one.camera, one.state, one.sampled, lost, one.reconnects))
    table("Cameras", ("camera", "at the end", "sampled", "not handed on", "connected again"), rows)
    counts = result.counts
    dropped = ", ".join(f"{count} {reason}" for reason, count in sorted(counts["dropped"].items())) or "none"
    read = ", ".join(f"{count} {status}" for status, count in sorted(counts["readings"].items())) or "none"
    say(f"{counts['frames']} frames written in {clock(result.seconds)}; not analysed: {dropped}")
    if counts["duplicates"] or counts["late"]:
        known, late = counts["duplicates"], counts["late"]
        say(f"{known} frames stood there already, {late} came later than what stands there: see docs/cameras.md")
    say(f"{counts['faces']} faces: {read}; moodline series prints them")
