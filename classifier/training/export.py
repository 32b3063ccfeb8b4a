"""From a training checkpoint to the file that is served: half the size, with its sum beside it; used by `train`."""

import hashlib
from pathlib import Path
from typing import Any

from classifier.predictor import FORMAT, build, read_weights
from classifier.training.saving import save, write

KEPT = frozenset({"model", "training", "data", "scores", "torch"})
"""What the served file says of itself besides its weights."""


def export(checkpoint: Path, out: Path) -> tuple[Path, dict[str, Any]]:
    """Write the weights of a checkpoint as 16-bit floats, and `<name>.sha256` beside them.

    Rounding to 16 bits changes no prediction that is not a tie; the served net computes in 32 bits again.

    Args:
        checkpoint: `best.pt` of a run.
        out: the file to write.

    Returns:
        The written file, and the PublicTest scores of the chosen epoch.

    Raises:
        ModelError: the checkpoint is damaged or of another net.
        OutputError: the file cannot be written.
    """
    state = read_weights(checkpoint)
    build(state, checkpoint)
    halves = {n: v.half() if v.dtype.is_floating_point else v for n, v in state["weights"].items()}
    kept = {key: value for key, value in state.items() if key in KEPT}
    kept["training"] = {name: _placeless(value) for name, value in kept["training"].items()}
    save({"format": FORMAT, **kept, "weights": halves}, out)
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    write(f"{digest}  {out.name}\n".encode(), out.with_suffix(".sha256"))
    return out, state["scores"]


def _placeless(value: Any) -> Any:
    """Leave of a path that begins at the root its name: where files lie on a machine is nobody else's business."""
    if isinstance(value, list):
        return [_placeless(one) for one in value]
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value
