"""A small trainer for any net that reads faces: cross-entropy, Adam or SGD, a curve, and a file to go on from.

Used by the experiments that learn nets (`plain`, `recipe`, `attention`, `transfer`). The trainer of the served net is
`classifier.training.train`; this one is here to change one thing at a time.
"""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from classifier.device import device_of
from classifier.preprocess import FLAT
from classifier.training.augment import AugmentSettings, augment, mix
from classifier.training.averaging import follow
from classifier.training.dropout import dropout_state, restore_dropout
from classifier.training.record import device_name
from classifier.training.saving import make_folder, save
from common.errors import SettingsError

CLASSES = 7
"""Outputs of the head that learns the labels."""

READ_AT_ONCE = 256


@dataclass(frozen=True)
class FitSettings:
    """How a net learns.

    Attributes:
        epochs: passes over the faces, at most.
        batch: faces a step.
        optimiser: `adam`, or `sgd` with Nesterov momentum 0.9.
        rate: learning rate, at its peak.
        cosine: whether the rate falls to zero along a cosine; else it stays.
        warmup: epochs in which the rate rises.
        decay: weight decay.
        side: of the views, pixels; faces are enlarged to it.
        standardised: whether each view has mean 0 and spread 1; else it goes from 0 to 1.
        augmented: whether each view is a random one, see `classifier.training.augment`.
        mixup: share of batches whose faces are blended in pairs.
        smoothing: label smoothing.
        averaging: decay of a moving average of the weights, a step; with it, the average is what is judged.
        labels_share: of two heads, the weight of the one that learns the labels.
        bfloat16: whether convolutions compute with 16 bits.
        watched: of how many faces learned from the accuracy is followed, in their plain view.
        until: the run ends once that accuracy is above.
    """

    epochs: int
    batch: int = 64
    optimiser: Literal["adam", "sgd"] = "adam"
    rate: float = 0.001
    cosine: bool = False
    warmup: float = 0.0
    decay: float = 0.0
    side: int = 48
    standardised: bool = False
    augmented: bool = False
    mixup: float = 0.0
    smoothing: float = 0.0
    averaging: float = 0.0
    labels_share: float = 0.7
    bfloat16: bool = True
    watched: int = 3589
    until: float = 1.0


class Lesson(NamedTuple):
    """Faces with what is to be said of them.

    Attributes:
        pixels: (N, 48, 48) gray, 0 to 255.
        labels: (N,) class numbers from 0 to 6, learned by the net's last head.
        votes: (N, 8) shares of FER+ votes, learned by the first of two heads; zeros teach nothing. None: one head.
    """

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    votes: npt.NDArray[np.float32] | None = None


class Fitted(NamedTuple):
    """A net that learned.

    Attributes:
        net: with the weights of the epoch that judged best; of the last one where nothing judged.
        curve: an entry for each epoch: `epoch` (from 1), `loss`, `training` and `judged` (accuracies), `seconds` of
            learning alone by the clock, `processor` seconds of it, and `device` (`cpu`, or the name of a GPU).
        epoch: whose weights the net has, from 1.
    """

    net: nn.Module
    curve: list[dict[str, Any]]
    epoch: int


def fit(
    make: Callable[[], nn.Module],
    lesson: Lesson,
    judge: Lesson | None,
    settings: FitSettings,
    seed: int,
    folder: Path,
) -> Fitted:
    """Learn, or go on with learning; on one core, the same seed gives the same net.

    Args:
        make: makes the net on the device where it is to learn; its answer to (N, 1, side, side) is logits (N, 7), or a
            pair of logits with those of the FER+ head, (N, 8), first.
        lesson: what is learned.
        judge: the faces by which the epoch is chosen.
        settings: how.
        seed: fixes every random choice.
        folder: of this run: `last.pt`, written after each epoch.

    Raises:
        SettingsError: the loss is not a number any more.
        OutputError: the folder cannot be written.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    chance = torch.Generator().manual_seed(seed)
    net = make().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
    judged = copy.deepcopy(net) if settings.averaging else net
    optimiser = _optimiser(net, settings)
    moving = _Moving(net, judged, optimiser, chance)
    watched = _watched(lesson, settings.watched)
    make_folder(folder)
    curve, best, epoch = moving.resume(folder / "last.pt")
    while len(curve) < settings.epochs and not (curve and curve[-1]["training"] > settings.until):
        began, busy = time.monotonic(), time.process_time()
        loss = _learn(moving, lesson, settings, len(curve))
        line: dict[str, Any] = {"epoch": len(curve) + 1, "loss": loss, "seconds": time.monotonic() - began}
        line["processor"] = time.process_time() - busy
        line["device"] = device_name(str(device_of(net)))
        line["training"] = accuracy(judged, watched, settings)
        line["judged"] = None if judge is None else accuracy(judged, judge, settings)
        if judge is None or not curve or line["judged"] > max(one["judged"] for one in curve):
            best, epoch = {name: value.clone() for name, value in judged.state_dict().items()}, line["epoch"]
        curve.append(line)
        moving.save(folder / "last.pt", curve, best, epoch)
    judged.load_state_dict(best)
    return Fitted(judged, curve, epoch)


@torch.no_grad()
def say(
    net: nn.Module, pixels: npt.NDArray[np.uint8], settings: FitSettings, *, mirrored: bool = False
) -> list[npt.NDArray[np.float32]]:
    """Give what each head says of faces in their plain view.

    Args:
        net: as `fit` gives it.
        pixels: (N, 48, 48) gray.
        settings: it learned with.
        mirrored: whether each face is looked at a second time in a mirror, and the mean is taken.

    Returns:
        (N, C) probabilities for each head; the head of the labels is the last.
    """
    net.eval()
    parts = []
    for start in range(0, len(pixels), READ_AT_ONCE):
        some = torch.from_numpy(pixels[start : start + READ_AT_ONCE])[:, None]
        views = _plain(some.to(device_of(net)).float(), settings)
        looks = [_heads(net, _input(one, settings), settings) for one in (views, views.flip(3))[: 1 + mirrored]]
        parts.append([torch.stack([one.softmax(1) for one in head]).mean(0) for head in zip(*looks, strict=True)])
    return [torch.cat(head).cpu().numpy() for head in zip(*parts, strict=True)]


def accuracy(net: nn.Module, lesson: Lesson, settings: FitSettings) -> float:
    """Give the share of faces whose label the net's last head says, in their plain view."""
    return float((say(net, lesson.pixels, settings)[-1].argmax(1) == lesson.labels).mean())


class _Moving(NamedTuple):
    """Everything that changes while a net learns."""

    net: nn.Module
    judged: nn.Module
    optimiser: torch.optim.Optimizer
    chance: torch.Generator

    def save(self, path: Path, curve: list[dict[str, Any]], best: dict[str, Tensor], epoch: int) -> None:
        state = {
            "net": self.net.state_dict(),
            "judged": self.judged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "chance": self.chance.get_state(),
            **dropout_state(self.net),
        }
        save({**state, "curve": curve, "best": best, "epoch": epoch}, path)

    def resume(self, path: Path) -> tuple[list[dict[str, Any]], dict[str, Tensor], int]:
        """Go on where a run stopped; gives its curve, and the weights and the number of the best epoch so far."""
        if not path.is_file():
            return [], {}, 0
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.net.load_state_dict(state["net"])
        self.judged.load_state_dict(state["judged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.chance.set_state(state["chance"])
        restore_dropout(state, self.net)
        return state["curve"], state["best"], state["epoch"]


def _learn(moving: _Moving, lesson: Lesson, settings: FitSettings, epoch: int) -> float:
    """Learn from all faces once; returns the mean loss."""
    net, judged, optimiser, chance = moving
    device = device_of(net)
    faces = torch.from_numpy(lesson.pixels)[:, None].to(device)
    labels = _smooth(torch.from_numpy(lesson.labels), settings.smoothing).to(device)
    votes = (torch.zeros(len(faces), 0) if lesson.votes is None else torch.from_numpy(lesson.votes)).to(device)
    batch = min(settings.batch, len(faces))
    steps, total = len(faces) // batch, 0.0
    order = torch.randperm(len(faces), generator=chance)
    net.train()
    for step in range(steps):
        done = epoch * steps + step
        for group in optimiser.param_groups:
            group["lr"] = _rate(done / steps, settings)
        rows = order[step * batch : (step + 1) * batch]
        views = faces[rows].float()
        if settings.augmented:
            views = augment(views, settings.side, AugmentSettings(), chance)
        else:
            views = _plain(views, settings)
        views, targets = mix(views, (votes[rows], labels[rows]), settings.mixup, chance)
        loss = _loss(_heads(net, _input(views, settings), settings), targets, settings)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise SettingsError(
                f"in epoch {epoch + 1} the loss is {value}: the learning rate {settings.rate} is too high"
            )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimiser.step()
        if judged is not net:
            follow(judged, net, min(settings.averaging, (1 + done) / (10 + done)))
        total += value
    return total / steps


def _optimiser(net: nn.Module, settings: FitSettings) -> torch.optim.Optimizer:
    if settings.optimiser == "adam":
        return torch.optim.Adam(net.parameters(), lr=settings.rate, weight_decay=settings.decay)
    # No decay on norms and biases, as in the trainer of the served net.
    kernels = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": kernels, "weight_decay": settings.decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=settings.rate, momentum=0.9, nesterov=True)


def _rate(epoch: float, settings: FitSettings) -> float:
    if epoch < settings.warmup:
        return settings.rate * (epoch + 0.01) / (settings.warmup + 0.01)
    if not settings.cosine:
        return settings.rate
    done = (epoch - settings.warmup) / max(settings.epochs - settings.warmup, 1e-9)
    return settings.rate * 0.5 * (1 + math.cos(math.pi * done))


def _watched(lesson: Lesson, count: int) -> Lesson:
    """Give the first faces learned from, as many as are followed: the same in every run over the same faces."""
    return Lesson(lesson.pixels[:count], lesson.labels[:count])


def _plain(views: Tensor, settings: FitSettings) -> Tensor:
    side = settings.side
    if views.shape[-1] == side:
        return views
    return functional.interpolate(views, size=(side, side), mode="bilinear", align_corners=False)


def _input(views: Tensor, settings: FitSettings) -> Tensor:
    """Give the net's input from views (N, 1, side, side), 0 to 255."""
    if settings.standardised:
        spread, mean = torch.std_mean(views, (2, 3), correction=0, keepdim=True)
        views = (views - mean) / (spread + FLAT)
    else:
        views = views / 255
    return views.contiguous(memory_format=torch.channels_last)


def _heads(net: nn.Module, views: Tensor, settings: FitSettings) -> tuple[Tensor, ...]:
    with torch.autocast(views.device.type, torch.bfloat16, enabled=settings.bfloat16):
        said = net(views)
    return tuple(one.float() for one in (said if isinstance(said, tuple) else (said,)))


def _smooth(labels: Tensor, share: float) -> Tensor:
    exact = functional.one_hot(labels, CLASSES).float()
    return (1 - share) * exact + share / CLASSES


def _loss(said: tuple[Tensor, ...], targets: tuple[Tensor, Tensor], settings: FitSettings) -> Tensor:
    """Cross-entropy of the labels; with two heads, weighed with that of the votes over the faces that have some."""
    votes, labels = targets
    learned = functional.cross_entropy(said[-1], labels)
    if not votes.shape[1]:
        return learned
    soft = -(votes * functional.log_softmax(said[0], 1)).sum() / votes.sum().clamp(min=1)
    return settings.labels_share * learned + (1 - settings.labels_share) * soft
