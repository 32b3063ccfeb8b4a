"""Times things beside the served net, in a process of its own; started by the experiment on time per face.

What else runs on a machine slows both alike, so each is called in turn with the served net. A large one slows the
served net that is called after it, too; the page says how far. On one core, seconds of the processor are counted, which
say the same on a machine that others use too; on several cores and on a GPU, seconds of the clock. How many cores a
process uses is set when it starts, so each count has a process of its own.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from common.errors import MoodlineError
from moodline.experiments.subjects import MAKERS, Place, Sizes, Subject

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Order:
    """What one process times.

    Attributes:
        subjects: names of `MAKERS`.
        batches: faces at once, each timed.
        seconds: of turns with each, at least.
        turns: of each, at least.
        weights: path of the served net's weights.
        device: `cpu` or `cuda`.
        threads: cores at once.
        sizes: of the classical models.
    """

    subjects: Sequence[str]
    batches: Sequence[int]
    seconds: float
    turns: int
    weights: str
    device: str
    threads: int
    sizes: Sizes

    @property
    def by_processor(self) -> bool:
        """Whether seconds of the processor are counted, not of the clock."""
        return self.device == "cpu" and self.threads == 1


class Turn(NamedTuple):
    """Seconds of one call of each, and the share of a core that the served net had meanwhile."""

    subject: float
    served: float
    busy: float


def run_apart(order: Order) -> dict[str, Any]:
    """Carry out an order in a process of its own; gives what `carry_out` gives.

    Raises:
        MoodlineError: the process ended badly; its last words are in the message.
    """
    environment = os.environ | dict.fromkeys(THREADS, str(order.threads))
    command = [sys.executable, "-m", "moodline.experiments.race", json.dumps(asdict(order))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # ourselves
    if done.returncode:
        words = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise MoodlineError(f"timing on {order.device} with {order.threads} core(s) failed: {words}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def carry_out(order: Order) -> dict[str, Any]:
    """Time everything of an order.

    Returns:
        `subjects` by name: `numbers`, `multiply_adds`, `batches` by faces at once, see `summary`; `device`;
        `by_processor`, see `Order`.
    """
    where = Place(Path(order.weights), order.device, order.threads)
    reference = MAKERS["served"](where, order.sizes)
    faces = np.random.default_rng(1).integers(0, 256, (max(order.batches), 48, 48), np.uint8)
    found = {}
    for name in order.subjects:
        subject = MAKERS[name](where, order.sizes)
        found[name] = {
            "numbers": subject.numbers,
            "multiply_adds": subject.multiply_adds,
            "batches": {
                str(count): summary(_turns(subject, reference, faces[:count], order), count) for count in order.batches
            },
        }
    name = torch.cuda.get_device_name() if order.device == "cuda" else "processor"
    return {"device": name, "by_processor": order.by_processor, "subjects": found}


def _turns(subject: Subject, reference: Subject, faces: Any, order: Order) -> list[Turn]:
    found: list[Turn] = []
    began = time.perf_counter()
    while len(found) < order.turns or time.perf_counter() - began < order.seconds:
        own, _ = _timed(subject, faces, order.by_processor)
        served, busy = _timed(reference, faces, order.by_processor)
        found.append(Turn(own, served, busy))
    return found


def _timed(subject: Subject, faces: Any, by_processor: bool) -> tuple[float, float]:
    """Call once to warm up, and once for its seconds and its share of a core."""
    torch.set_num_threads(subject.threads)
    subject.say(faces)
    wall, cpu = time.perf_counter(), time.process_time()
    subject.say(faces)
    cpu, wall = time.process_time() - cpu, max(time.perf_counter() - wall, 1e-9)
    return cpu if by_processor else wall, cpu / wall


def summary(turns: Sequence[Turn], count: int) -> dict[str, Any]:
    """Sum turns up.

    Args:
        turns: of one subject.
        count: faces at once.

    Returns:
        `turns`; `ms` a face and `times` the served net in the same turn, each as `middle` (median), `low` and `high`
        (quartiles); `served_ms` a face; `busy`, the share of a core that the served net got while it ran.
    """
    own, served, busy = np.array(turns).T
    return {
        "turns": len(turns),
        "ms": _spread(own / count * 1e3),
        "times": _spread(own / served),
        "served_ms": _spread(served / count * 1e3),
        "busy": float(np.median(busy)),
    }


def _spread(values: Any) -> dict[str, float]:
    low, middle, high = (float(value) for value in np.quantile(values, (0.25, 0.5, 0.75)))
    return {"low": low, "middle": middle, "high": high}


def main(argument: str, tell: Callable[[str], None]) -> None:
    """Carry out an order given as JSON."""
    given = json.loads(argument)
    order = Order(**{**given, "sizes": Sizes(**given["sizes"])})
    tell(json.dumps(carry_out(order)))


if __name__ == "__main__":
    main(sys.argv[1], print)
