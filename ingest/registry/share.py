"""How workers share cameras evenly. Pure; used by `keeper`.

Each worker computes its own part from what all of them see. With n cameras and w workers everybody is due n // w, and
n % w of them one more: those that hold most, so that as few cameras move as can be, and none once the numbers differ by
at most one. Where two workers see different things, leases keep them apart and the next turn mends the rest.
"""

from collections.abc import Collection, Mapping

from msgspec import Struct


class Share(Struct, frozen=True):
    """What one worker is to do.

    Attributes:
        take: free cameras that are its own, sorted.
        give: cameras that it holds beyond its part, sorted.
    """

    take: tuple[str, ...]
    give: tuple[str, ...]


def share(me: str, workers: Collection[str], cameras: Collection[str], owners: Mapping[str, str]) -> Share:
    """Compute the part of one worker.

    Args:
        me: its name.
        workers: names of the workers that are alive, `me` among them.
        cameras: names of the cameras that are to be read.
        owners: who holds a camera, by the camera's name; a worker that is dead holds none.
    """
    held = {worker: [name for name in sorted(cameras) if owners.get(name) == worker] for worker in sorted(workers)}
    free = [name for name in sorted(cameras) if owners.get(name) not in held]
    due = _due({worker: len(names) for worker, names in held.items()}, len(cameras))
    room = {worker: max(due[worker] - len(names), 0) for worker, names in held.items()}
    begin = sum(room[worker] for worker in held if worker < me)
    return Share(take=tuple(free[begin : begin + room[me]]), give=tuple(held[me][due[me] :]))


def _due(counts: Mapping[str, int], cameras: int) -> dict[str, int]:
    """Say how many cameras each worker is to hold, from how many it holds."""
    each, more = divmod(cameras, len(counts))
    fullest = sorted(counts, key=lambda worker: (-counts[worker], worker))
    return {worker: each + (place < more) for place, worker in enumerate(fullest)}
