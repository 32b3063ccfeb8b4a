"""The fence of a live camera in Redis: the highest epoch that was begun, below which none is; used by the store.

Ingest holds a camera through a lease, and an old holder that wakes up may go on under its old epoch. Epochs of a live
camera rise as text, and the fence is read and raised in the transactions that begin an epoch and write to it. So
nothing of the old holder gets into the series once the new one has begun, whichever process writes it, and whenever.
"""

from typing import Any

from redis.client import Pipeline

from common.messages import Opened
from sink.batch import is_live
from sink.keys import CameraKeys


def passes(pipe: Pipeline, keys: CameraKeys, epoch: str) -> bool:
    """Whether no higher epoch was begun; a transaction that follows fails if one is meanwhile.

    Args:
        pipe: a pipeline that queues nothing yet; afterwards it watches the fence.
        keys: the keys of the camera.
        epoch: a live epoch.
    """
    pipe.watch(keys.fence)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    return admits(pipe.get(keys.fence), epoch)


def admits(highest: Any, epoch: str) -> bool:
    """Whether a live epoch is not below the highest that was begun, as Redis gives it; None for none."""
    return highest is None or epoch >= highest.decode()


def queue_raise(pipe: Pipeline, keys: CameraKeys, opened: Opened) -> None:
    """Raise the fence to a live epoch that begins, on a pipeline that queues and watches the fence."""
    if is_live(opened.mode):
        pipe.set(keys.fence, opened.epoch)
