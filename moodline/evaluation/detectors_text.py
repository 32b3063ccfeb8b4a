"""The tables of `evaluate detectors`, for people."""

from collections.abc import Mapping
from typing import Any

from moodline.terminal import say, table


def show_comparison(compared: Mapping[str, Any]) -> None:
    """Print what `detectors.compare` gave: scores and cost by scene, recall by face height, what is missing."""
    present = {name: one for name, one in compared["backends"].items() if "missing" not in one}
    rows = [
        (
            name,
            scene,
            one["faces"],
            _ratio(one["recall"]),
            _ratio(one["precision"]),
            f"{one['seconds_per_frame']:.3f}",
            f"{one['bare_calls_per_frame']:.0f}",
        )
        for name, backend in present.items()
        for scene, one in backend["scenes"].items()
    ]
    columns = ("backend", "scene", "faces", "recall", "precision", "s a frame", "bare calls")
    table(f"Single frames, every {compared['every']}th, one core", columns, rows)
    bins = list(dict.fromkeys((one["from"], one["to"]) for b in present.values() for one in b["by_height"]))
    found = {name: {one["from"]: one["recall"] for one in backend["by_height"]} for name, backend in present.items()}
    by_height = [(name, *(_ratio(found[name].get(low)) for low, _ in bins)) for name in present]
    table("Recall by face height, pixels", ("backend", *(span(low, high) for low, high in bins)), by_height)
    say("a bare call: MediaPipe's short-range model once, timed between the frames of the same backend")
    for name, one in compared["backends"].items():
        if "missing" in one:
            say(f"{name} is not installed: pip install '.[{one['missing']}]'")


def span(low: int, high: int) -> str:
    """Name a bin of heights, `20–24`; the last one has no end."""
    return f"{low}+" if high >= 1_000_000 else f"{low}–{high}"


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
