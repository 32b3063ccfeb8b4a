"""What earlier runs teach a new one: their readings as soft targets, and their weights to start from.

Used by `train`. The labels of FER2013 are noisy; a target that is partly the reading of a trained net is nearer to
the chance of each label than the one label that was written down (Hinton et al., 2015; with a teacher of the same
size, Furlanello et al., ICML 2018).
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from classifier.model import ExpressionNet, ModelSettings, place
from classifier.predictor import build, read_weights
from common.errors import ModelError

log = logging.getLogger(__name__)


class Teachers:
    """Earlier nets that read every view that a new net learns from.

    They read the view as it was moved, covered and blended, not the picture that it was made of, which they know by
    heart (Beyer et al., CVPR 2022: a patient and consistent teacher).

    Args:
        paths: checkpoints, one or more.
        device: where they run.
        precision: number format of their convolutions, as `TrainSettings.precision`.

    Raises:
        ModelError: a checkpoint is missing or damaged.
    """

    def __init__(self, paths: Sequence[Path], device: torch.device, precision: str) -> None:
        for path in paths:
            if not path.is_file():
                raise ModelError(f"the teacher '{path}' does not exist; change MOODLINE_TRAIN_TEACHERS")
        self._nets = [place(build(read_weights(path), path).fuse().eval(), device) for path in paths]
        self._cast = torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")

    @torch.no_grad()
    def read(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Give their mean reading.

        Args:
            inputs: (N, 1, H, W), standardised, on the device.

        Returns:
            FER+ probabilities (N, 8) and FER2013 probabilities (N, 7), float32, on the device.
        """
        with self._cast:
            read = [net(inputs) for net in self._nets]
        first, second = (
            torch.stack([scores.float().softmax(1) for scores in head]).mean(0) for head in zip(*read, strict=True)
        )
        return first, second


@torch.no_grad()
def start_from(net: ExpressionNet, path: Path) -> None:
    """Copy an earlier run's weights into a net, block by block, counted from the last.

    A block that the earlier net has not, or has in another shape, keeps its fresh weights: a net with a new stem
    starts with the old body, and a net whose FER2013 head gets a step of its own starts it with a copy. What of the
    file is not used is told in the log.

    Raises:
        ModelError: the checkpoint is missing or damaged, or fewer than half of its layers fit.
    """
    if not path.is_file():
        raise ModelError(f"the checkpoint '{path}' to start from does not exist; name another with --init-from")
    source = build(read_weights(path), path)
    own = net.state_dict()
    layers: dict[str, bool] = {}
    for name, value in source.state_dict().items():
        fitting = [key for key in _places(name, net, source) if key in own and own[key].shape == value.shape]
        for key in fitting:
            own[key].copy_(value)
        layer = _layer(name)
        layers[layer] = layers.get(layer, True) and bool(fitting)
    unused = [layer for layer, fits in layers.items() if not fits]
    if 2 * len(unused) > len(layers):
        raise ModelError(
            f"'{path}' does not fit this net: {', '.join(unused)} have other shapes; give the widths, depths and stem "
            f"that it was trained with ({_shape(source.settings)})"
        )
    if unused:
        log.warning("of '%s', %s do not fit this net and are not used", path, ", ".join(unused))


def _places(name: str, net: ExpressionNet, source: ExpressionNet) -> list[str]:
    """Give where a value of the earlier net belongs in the new one."""
    kind, place_, *rest = name.split(".")
    if kind != "blocks":
        return [name]
    at = int(place_) + len(net.blocks) - len(source.blocks)
    places = [".".join([kind, str(at), *rest])]
    if not source.own:
        places.append(".".join(["own", str(at - net.shared), *rest]))
    return places


def _layer(name: str) -> str:
    kind, place_, *_ = name.split(".")
    return f"{kind}.{place_}" if kind in {"blocks", "own"} else kind


def _shape(settings: ModelSettings) -> str:
    return f"widths {list(settings.widths)}, depths {list(settings.depths)}, stem {settings.stem}"
