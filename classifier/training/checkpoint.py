"""What a run keeps to go on, and what it gives away: `last.pt` and `best.pt`; used by `train`."""

import logging
from pathlib import Path
from typing import Any, NamedTuple

import torch

from classifier.model import ExpressionNet, ModelSettings
from classifier.predictor import FORMAT, build, read_weights
from classifier.training.dropout import dropout_state, restore_dropout
from classifier.training.saving import save
from classifier.training.settings import TrainSettings
from common.errors import DataError, ModelError

log = logging.getLogger(__name__)

OF_THE_MACHINE = frozenset({"cache", "device", "threads"})
"""Settings that may differ from one part of a run to the next without being another recipe."""


class Moving(NamedTuple):
    """Everything that changes while a run learns."""

    net: ExpressionNet
    average: ExpressionNet
    optimiser: torch.optim.Optimizer
    chance: torch.Generator


def state_of(
    net: ExpressionNet, settings: TrainSettings, data: dict[str, Any], scores: dict[str, Any]
) -> dict[str, Any]:
    """Make a checkpoint of plain values: enough to rebuild the net without this code."""
    return {
        "format": FORMAT,
        "model": net.settings.as_dict(),
        "weights": {name: value.contiguous().cpu() for name, value in net.state_dict().items()},
        "training": settings.model_dump(mode="json"),
        "data": data,
        "scores": scores,
        "torch": str(torch.__version__),
    }


def save_last(path: Path, state: dict[str, Any], moving: Moving, next_epoch: int, best: float) -> None:
    """Write a checkpoint with all that is needed to go on to the same bits.

    Raises:
        OutputError: the file cannot be written.
    """
    more = {
        "net": moving.net.state_dict(),
        "optimiser": moving.optimiser.state_dict(),
        "chance": moving.chance.get_state(),
        **dropout_state(moving.net),
    }
    save({**state, **more, "next_epoch": next_epoch, "best": best}, path)


def finished_epochs(out: Path) -> int:
    """Count the finished epochs that the run in a folder would go on after; 0 where there is no `last.pt`.

    Raises:
        ModelError: `last.pt` is damaged.
    """
    path = out / "last.pt"
    return int(read_weights(path).get("next_epoch", 0)) if path.is_file() else 0


def resume(out: Path, moving: Moving, settings: TrainSettings, sha256: str) -> tuple[int, float]:
    """Go on where the run in a folder stopped; a folder without `last.pt` is a new run.

    Args:
        out: folder of the run.
        moving: what is set to the state of then.
        settings: of now; those that differ are told.
        sha256: hash of the data.

    Returns:
        The epoch to go on with, and the best score until then.

    Raises:
        ModelError: `last.pt` or `best.pt` is damaged, or of another net.
        DataError: the run learned from other data.
    """
    path = out / "last.pt"
    if not path.is_file():
        return 0, 0.0
    state = read_weights(path)
    _same_net(state, path, moving.net.settings)
    if (known := state.get("data", {}).get("sha256", sha256)) != sha256:
        raise DataError(
            f"the run in '{out}' learned from other data (SHA-256 {known[:12]}, not {sha256[:12]}); "
            "choose another folder with --out"
        )
    # Seen now rather than at the end of a long run, when it would be too late; before the state of chance is set,
    # because making a net draws from it.
    chosen = out / "best.pt"
    if not chosen.is_file():
        raise ModelError(f"'{chosen}' is missing beside last.pt; restore it, or choose another folder with --out")
    build(read_weights(chosen), chosen)
    try:
        moving.net.load_state_dict(state["net"])
        moving.average.load_state_dict(state["weights"])
        moving.optimiser.load_state_dict(state["optimiser"])
        moving.chance.set_state(state["chance"])
        restore_dropout(state, moving.net)
        next_epoch, best = int(state["next_epoch"]), float(state["best"])
    except (RuntimeError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"'{path}' cannot be gone on with; choose another folder with --out") from error
    _tell_changes(state["training"], settings, out, is_finished=next_epoch >= settings.epochs)
    return next_epoch, best


def _same_net(state: dict[str, Any], path: Path, shape: ModelSettings) -> None:
    found = build(state, path).settings.as_dict()
    other = [
        f"{name} {found[name]} instead of {value}" for name, value in shape.as_dict().items() if found[name] != value
    ]
    if other:
        raise ModelError(
            f"'{path}' is of another net ({', '.join(other)}); train with its settings, or choose another folder "
            "with --out"
        )


def _tell_changes(before: dict[str, Any], settings: TrainSettings, out: Path, *, is_finished: bool) -> None:
    now = settings.model_dump(mode="json")
    changed = [
        f"{name} {before[name]} → {value}"
        for name, value in now.items()
        if name in before and name not in OF_THE_MACHINE and before[name] != value
    ]
    if not changed:
        return
    if is_finished:
        log.warning("the run in '%s' is finished and does not learn with other settings: %s", out, ", ".join(changed))
    else:
        log.warning("the run in '%s' goes on with other settings than it had: %s", out, ", ".join(changed))
