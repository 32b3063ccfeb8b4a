"""From a training checkpoint to the file that is served: half the size, with its sum beside it; used by `train`."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import torch

from classifier.predictor import FORMAT, build, read_weights
from classifier.training.saving import save, write
from common.errors import ModelError

KEPT = frozenset({"model", "training", "data", "scores", "torch"})
"""What the served file says of itself besides its weights."""
FITTED = ("calibration", "face_head")
"""What `calibrate` adds."""


class Exported(NamedTuple):
    """The file that is served.

    Attributes:
        path: where it is.
        scores: of the chosen epoch, on what it was chosen by.
        is_calibrated: whether it holds what was fitted to these weights before.
    """

    path: Path
    scores: dict[str, Any]
    is_calibrated: bool


def export(checkpoint: Path, out: Path) -> Exported:
    """Write the weights of a checkpoint as 16-bit floats, and `<name>.sha256` beside them.

    Rounding to 16 bits changes no prediction that is not a tie; the served net computes in 32 bits again. What was
    calibrated of the same weights stays in the file.

    Args:
        checkpoint: `best.pt` of a run.
        out: the file to write.

    Raises:
        ModelError: the checkpoint is damaged or of another net.
        OutputError: the file cannot be written.
    """
    state = read_weights(checkpoint)
    build(state, checkpoint)
    halves = {n: v.half() if v.dtype.is_floating_point else v for n, v in state["weights"].items()}
    kept = {key: value for key, value in state.items() if key in KEPT}
    kept["training"] = {name: _placeless(value) for name, value in kept["training"].items()}
    fitted = _fitted(out, halves)
    save({"format": FORMAT, **kept, "weights": halves, **fitted}, out)
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    write(f"{digest}  {out.name}\n".encode(), out.with_suffix(".sha256"))
    return Exported(out, state["scores"], bool(fitted))


def _fitted(path: Path, weights: dict[str, torch.Tensor]) -> dict[str, Any]:
    """Give what was fitted to these very weights, if they stand in the file already."""
    try:
        state = read_weights(path)
    except ModelError:  # none, or a damaged one, which is written anew
        return {}
    before = state["weights"]
    same = before.keys() == weights.keys() and all(
        before[name].dtype == value.dtype and torch.equal(before[name], value) for name, value in weights.items()
    )
    return {name: state[name] for name in FITTED if name in state} if same else {}


def _placeless(value: Any) -> Any:
    """Leave of a path that begins at the root its name: where files lie on a machine is nobody else's business."""
    if isinstance(value, list):
        return [_placeless(one) for one in value]
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value
