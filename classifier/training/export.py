"""From a training checkpoint to the file that is served: half the size, with its sum beside it; used by `train`."""

import hashlib
from pathlib import Path
from typing import Any

import torch

from classifier.predictor import FORMAT, build, read_weights


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
    """
    state = read_weights(checkpoint)
    build(state, checkpoint)
    halves = {n: v.half() if v.dtype.is_floating_point else v for n, v in state["weights"].items()}
    kept = {key: state[key] for key in ("model", "training", "scores", "torch")}
    part = out.with_suffix(".part")
    torch.save({"format": FORMAT, **kept, "weights": halves}, part)
    part.replace(out)
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    out.with_suffix(".sha256").write_text(f"{digest}  {out.name}\n", encoding="ascii")
    return out, state["scores"]
