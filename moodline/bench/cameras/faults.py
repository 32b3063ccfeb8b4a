"""One camera of several fails in every way there is, one after the other; used by `moodline bench cameras faults`."""

import time
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any, Literal

from msgspec.structs import replace

from common.errors import UsageError
from ingest.live.findings import Finding
from ingest.live.post import Watched
from moodline.bench.cameras.fault_cases import CASES, Case, Scene
from moodline.bench.cameras.watch import FleetWatch
from moodline.chaos.cameras import Cameras, CameraSpec
from moodline.chaos.proxy import FaultProxy

BACK_S = 10.0
"""In this time a camera must be back, after the fault or after the next attempt, seconds."""
_HEARD = "heard"
_LIVE_S = 20.0
_LONGEST_S = 60.0


def bench_faults(cameras: int, rate: float, only: Iterable[str] = ()) -> dict[str, Any]:
    """Let the first of several small cameras fail.

    Args:
        cameras: how many.
        rate: sampled frames a second of each.
        only: names of the faults to try; all of them if empty.

    Returns:
        For each fault what became of the camera, how soon it was back, and what the others lost.

    Raises:
        UsageError: there is no such fault.
    """
    wanted = list(only) or list(CASES)
    if unknown := [name for name in wanted if name not in CASES]:
        raise UsageError(f"there is no fault '{unknown[0]}'; choose among: {', '.join(CASES)}")
    names = [f"cam{number}" for number in range(cameras)]
    with ExitStack() as stack:
        server = stack.enter_context(Cameras(*map(CameraSpec, names), CameraSpec(_HEARD, sound=True)))
        proxy = stack.enter_context(FaultProxy(server.port))
        trial = _Trial(stack.enter_context(FleetWatch(rate)), server, names[1:], rate)
        scenes = {False: Scene(server, proxy, names[0]), True: Scene(server, proxy, _HEARD)}
        results = {name: trial.run(CASES[name], scenes[CASES[name].heard]) for name in wanted}
    return {"cameras": cameras, "rate": rate, "faults": results, "failed": [n for n, r in results.items() if _bad(r)]}


class _Trial:
    """Tries faults, each on a fresh connection of the one camera."""

    def __init__(self, watch: FleetWatch, server: Cameras, others: list[str], rate: float) -> None:
        self._watch, self._others, self._rate = watch, others, rate
        self._fence = 0
        for name in others:
            watch.fleet.put(Watched(name, server.url(name), name, rate))
        watch.need(others, _LIVE_S)

    def run(self, case: Case, scene: Scene) -> dict[str, Any]:
        """Try one fault."""
        watch, name = self._watch, scene.camera
        watched = self._connect(scene)
        time.sleep(case.rest_s)
        watch.changes()
        began_s = time.monotonic()
        case.begin(scene)
        after_s = None if case.stays_live else watch.wait_for(name, case.states, case.within_s + 5)
        time.sleep(max(began_s + case.lasts_s - time.monotonic(), 0.0))
        lifted_s, state = time.monotonic(), watch.state(name)
        post = watch.fleet.posts[name]
        reason = post.health.reason
        own = watch.losses(name, began_s, lifted_s)
        case.lift(scene)
        if case.resumed:
            watch.fleet.put(replace(watched, retry=1))
        back_s = watch.wait_for_picture(name, lifted_s, _LONGEST_S)
        attempt_s = next((at_s for at_s in watch.attempts[watched.address] if at_s >= lifted_s), None)
        others = [watch.losses(one, began_s, time.monotonic()) for one in self._others]
        watch.fleet.remove(name, "removed").wait(_LIVE_S)
        return {
            "wanted": list(case.states),
            "within_s": case.within_s,
            "state": state,
            "reason": reason,
            "after_s": _rounded(after_s),
            "gap_s": own.gap_s,
            "lost": dict(own.lost),
            "back_s": _rounded(back_s),
            "back_after_attempt_s": _rounded(lifted_s + back_s - attempt_s if back_s and attempt_s else None),
            "others": {
                "frames": sum(one.frames for one in others),
                "lost": dict(sum((one.lost for one in others), Counter())),
                "largest_gap_s": max((one.gap_s for one in others), default=0.0),
            },
            "finding_wanted": case.finding,
            "findings": [f"{one.kind} {one.change}" for _, one in watch.changes() if isinstance(one, Finding)],
        }

    def _connect(self, scene: Scene) -> Watched:
        """Watch the camera as one that nothing has happened to yet."""
        name = scene.camera
        self._fence += 1
        watched = Watched(name, scene.proxy.through(scene.server.url(name)), name, self._rate, fence=self._fence)
        self._watch.fleet.put(watched)
        self._watch.need([name], _LIVE_S)
        return watched


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)


def _bad(result: dict[str, Any]) -> Literal["state", "back", "others", "finding"] | None:
    """Name the first thing that is not as it must be."""
    if result["state"] not in result["wanted"] or (result["after_s"] or 0.0) > result["within_s"]:
        return "state"
    back_s, after_attempt_s = result["back_s"], result["back_after_attempt_s"]
    if back_s is None or min(back_s, after_attempt_s or back_s) > BACK_S:
        return "back"
    if result["others"]["lost"]:
        return "others"
    wanted = result["finding_wanted"]
    return "finding" if wanted and not any(one.startswith(wanted) for one in result["findings"]) else None
