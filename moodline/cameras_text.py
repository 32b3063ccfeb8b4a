"""Live cameras as rows of tables and as JSON, without any secret; used by `moodline cameras`."""

from typing import Any

from msgspec.structs import asdict

from ingest.registry.address import as_added
from ingest.registry.board import CameraState
from ingest.registry.camera import Camera
from ingest.registry.events import Event
from moodline.dead_text import printable
from moodline.terminal import UNDATED_MS, clock, moment

COLUMNS = ("camera", "state", "for", "fps", "picture", "worker", "address")

NO_WORKER = "no worker"
"""What is shown of a camera that nobody has told of lately."""


def word(camera: Camera, state: CameraState | None) -> str:
    """Say in a word how a camera is."""
    if camera.paused:
        return "disabled"
    return printable(state.state) if state else NO_WORKER


def row(camera: Camera, state: CameraState | None, now_ms: int) -> tuple[str, ...]:
    """Give one line of the list, in the order of `COLUMNS`.

    Args:
        camera: the camera.
        state: how it is; None if nobody has told lately.
        now_ms: the time of now, Unix milliseconds.
    """
    name, address = camera.name, as_added(camera.source)
    if state is None or camera.paused:
        return name, word(camera, state), "", "", "", "", address
    fps = "" if state.frames_per_second is None else f"{state.frames_per_second:.1f}"
    return (
        name,
        word(camera, state),
        _age(state.since_ms, now_ms),
        fps,
        _picture(state),
        printable(state.worker),
        address,
    )


def details(camera: Camera, state: CameraState | None, now_ms: int) -> list[tuple[str, object]]:
    """Give everything about one camera as lines of name and value; arguments as for `row`."""
    lines: list[tuple[str, object]] = [("address", as_added(camera.source)), ("added", _day(camera.added_ms))]
    lines += [
        ("transport", camera.transport or "as set for live cameras"),
        ("rate", "as set for ingest" if camera.rate is None else camera.rate),
    ]
    if camera.speed != 1 or camera.loop:
        lines.append(("plays", f"at {camera.speed or 'full'} speed{', over and over' if camera.loop else ''}"))
    lines.append(("state", word(camera, state)))
    return lines if state is None else lines + _now(state, now_ms)


def _now(state: CameraState, now_ms: int) -> list[tuple[str, object]]:
    error = "" if state.clock_error_ms is None else f", to within {state.clock_error_ms:.0f} ms"
    dropped = ", ".join(f"{count} {printable(reason)}" for reason, count in sorted(state.dropped.items()))
    told = [
        ("reason", printable(state.reason)),
        ("for", _age(state.since_ms, now_ms)),
        ("worker", printable(state.worker)),
        ("epoch", printable(state.epoch or "")),
        ("last picture", "" if state.last_frame_ms is None else f"{_age(state.last_frame_ms, now_ms)} ago"),
        ("last event time", "" if state.last_time_ms is None else _day(state.last_time_ms)),
        ("pictures a second", "" if state.frames_per_second is None else f"{state.frames_per_second:.1f}"),
        ("picture", f"{_picture(state)} {printable(state.codec or '')}".strip()),
        ("clock", f"{state.clock or ''}{error}"),
        ("reconnects", state.reconnects),
        ("stalls an hour", f"{state.stalls_per_hour:g}"),
        ("dropped", dropped),
    ]
    return [(name, value) for name, value in told if value != ""]


def event_row(event: Event) -> tuple[str, str, str]:
    """Give one line of the list of events: when, what, and more about it."""
    more = ", ".join(
        printable(text if name == "reason" else f"{name} {text}") for name, text in sorted(event.fields.items())
    )
    return _day(event.time_ms), printable(event.kind), more


def as_dict(camera: Camera, state: CameraState | None) -> dict[str, Any]:
    """Give a camera and how it is, ready for JSON."""
    return {**asdict(camera), "source": as_added(camera.source), "state": None if state is None else asdict(state)}


def _picture(state: CameraState) -> str:
    return f"{state.width}×{state.height}" if state.width and state.height else ""


def _age(time_ms: int, now_ms: int) -> str:
    # The clock of the worker may be ahead of the one here.
    return clock(max(now_ms - time_ms, 0) / 1000)


def _day(time_ms: int) -> str:
    # A recording without a date counts from 0.
    return moment(time_ms, 0 if time_ms < UNDATED_MS else time_ms)
