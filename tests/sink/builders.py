"""Builders of messages for the tests of the sink: a made-up camera with people whose expressions change."""

import random

from common.labels import LABELS
from common.messages import Box, Closed, Message, Mode, Opened, Quality, Reading, Readings, Spine, Status
from sink.settings import SinkSettings
from sink.stage import SinkStage
from sink.store import Keeping, RedisStore

START_MS = 1_700_000_000_000 - 1_700_000_000_000 % 60_000
KEEPING = Keeping(expire_s=30 * 86_400, trim_s=7 * 86_400)
QUALITY = Quality(height=80.0, sharpness=12.0, turn=0.1, light=0.5, inside=1.0)


def sure_of(label: str, p: float = 0.94) -> tuple[float, ...]:
    rest = (1 - p) / (len(LABELS) - 1)
    return tuple(p if name == label else rest for name in LABELS)


def face(
    track: int = 1, label: str = "happy", status: Status = "ok", p: float = 0.94, quality: Quality = QUALITY, zone=None
) -> Reading:
    read = status in {"ok", "ambiguous", "carried"}
    return Reading(track, Box(10.0, 20.0, 64.0, 80.0), 0.9, quality, status, sure_of(label, p) if read else None, zone)


def frame(seq, time_ms, *faces, camera="shop", epoch="e1", recipe="r1", mode: Mode = "file", dropped=None) -> Readings:
    spine = Spine(camera, epoch, seq, time_ms, "file", 0.0, time_ms + 500, mode)
    return Readings(spine, faces, recipe, dropped)


def opened(camera="shop", epoch="e1", time_ms=START_MS, mode: Mode = "file", rate=10.0) -> Opened:
    return Opened(camera, epoch, time_ms, mode, rate, 640, 480, f"{camera}.mp4")


def closed(last_seq, time_ms, camera="shop", epoch="e1", reason="end") -> Closed:
    return Closed(camera, epoch, time_ms, last_seq, reason, 0, 0)


def recording(seed=0, frames=60, step_ms=100, start_ms=START_MS, people=3, **names) -> list[Message]:
    """Opened, `frames` frames with people that come, go and change, Closed."""
    rng = random.Random(seed)
    mode = names.get("mode", "file")
    spot = {key: value for key, value in names.items() if key in {"camera", "epoch"}}
    messages: list[Message] = [opened(time_ms=start_ms, mode=mode, **spot)]
    number = list(range(1, people + 1))
    fresh = people
    time_ms = start_ms
    for seq in range(frames):
        faces = []
        for place in range(people):
            if rng.random() < 0.02:
                fresh += 1
                number[place] = fresh
            if rng.random() < 0.1:
                continue
            status = rng.choices(("ok", "carried", "turned_away", "blurred"), (8, 1, 1, 1))[0]
            label = LABELS[(seq // 15 + place) % len(LABELS)]
            faces.append(face(number[place], label, status, 0.5 + rng.random() / 2))
        dropped = "damaged" if rng.random() < 0.05 else None
        messages.append(frame(seq, time_ms, *([] if dropped else faces), dropped=dropped, **names))
        time_ms += step_ms
    messages.append(closed(frames - 1, time_ms - step_ms, **spot))
    return messages


def sink(client, **settings) -> SinkStage:
    return SinkStage(RedisStore(client, "moodline", KEEPING), SinkSettings(**settings))


def feed(stage: SinkStage, messages: list[Message], batch: int = 16) -> None:
    for start in range(0, len(messages), batch):
        assert list(stage.process(messages[start : start + batch])) == []
