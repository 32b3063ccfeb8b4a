"""Train the expression net on FER2013 with the FER+ votes; read from top to bottom. Called by `moodline train`.

The FER+ head learns the taggers' vote distribution (soft cross-entropy; Barsoum et al., ICMI 2016), the FER2013
head the original labels. Views grow over the run (small ones are cheap and teach the coarse shape first), the
weights are averaged, and the epoch that is best on PublicTest with the averaged weights is kept. PrivateTest is
never opened here. A run that was interrupted goes on from its last finished epoch.
"""

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from classifier.labels import FER2013_LABELS
from classifier.model import ExpressionNet, ModelSettings, place
from classifier.predictor import read_weights
from classifier.preprocess import FLAT, standardise
from classifier.training.augment import AugmentSettings, augment, mix
from classifier.training.data import FaceData, ferplus_majority, ferplus_targets, load_fer
from classifier.training.settings import TrainSettings
from classifier.training.teacher import start_from, teach
from common.errors import DataError, OutputError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """Where a run stands, told after every step: for a progress bar."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float


def train(  # noqa: C901, PLR0915  # read from top to bottom
    data: Path, out: Path, settings: TrainSettings, tell: Callable[[Progress], None] | None = None
) -> Path:
    """Train, or go on with, one run.

    Args:
        data: folder with FER2013 and FER+, as `load_fer` reads them.
        out: folder of the run: `last.pt` (resumes), `best.pt` (the result), `curve.jsonl` (a line an epoch).
        settings: the recipe.
        tell: called after every step.

    Returns:
        The path of `best.pt`.

    Raises:
        DataError: the data set is not as documented.
        OutputError: the run's folder cannot be written.
        ModelError: the interrupted run's `last.pt`, or the checkpoint to start from, is damaged or of another net.
    """
    # 1. Fix every random choice and the device.
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    device = torch.device(_device(settings.device))
    chance = torch.Generator().manual_seed(settings.seed)

    # 2. Data: the whole set fits in memory. Rows without a FER+ name are dropped (their pixels are not theirs).
    splits = load_fer(data, settings.cache)
    learn = _usable(splits["Training"])
    faces = torch.from_numpy(learn.pixels)[:, None]
    votes = torch.from_numpy(ferplus_targets(learn.votes))
    classes = _smooth(torch.from_numpy(learn.fer2013), settings.smoothing)
    steps = len(learn) // settings.batch
    if not steps or not len(splits["PublicTest"]):
        raise DataError(
            f"'{data}' has {len(learn)} usable faces to learn from; {settings.batch} and a PublicTest are needed"
        )

    if settings.teachers:
        share = settings.teacher_share
        read_plus, read_classes = teach(learn.pixels, settings.teachers, device)
        votes = (1 - share) * votes + share * read_plus * votes.sum(1, keepdim=True)
        classes = (1 - share) * classes + share * read_classes

    # 3. Net, optimiser (no decay on norms and biases) and the moving average that is evaluated and shipped.
    shape = _shape(settings)
    net = place(ExpressionNet(shape), device)
    if settings.init_from is not None:
        start_from(net, settings.init_from)
    average = place(ExpressionNet(shape), device)
    average.load_state_dict(net.state_dict())
    kernels = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": kernels, "weight_decay": settings.decay}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.SGD(groups, lr=settings.rate, momentum=0.9, nesterov=True)
    forward = torch.compile(net, dynamic=False) if settings.compile else net

    # 4. Go on where an earlier run of the same folder stopped.
    start, best = 0, 0.0
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write the run's folder '{out}': {error.strerror}") from error
    if (out / "last.pt").is_file():
        start, best = _resume(out / "last.pt", net, average, optimiser, chance)

    # 5. The loop.
    seen = AugmentSettings(erase=settings.erase, soften=settings.soften)
    for epoch in range(start, settings.epochs):
        side = settings.sizes[min(epoch * len(settings.sizes) // settings.epochs, len(settings.sizes) - 1)]
        order = torch.randperm(len(learn), generator=chance)
        began, total = time.monotonic(), 0.0
        net.train()
        for step in range(steps):
            rate = _rate(epoch + step / steps, settings)
            for group in optimiser.param_groups:
                group["lr"] = rate
            rows = order[step * settings.batch : (step + 1) * settings.batch]
            views = augment(faces[rows].float(), side, seen, chance)
            targets = (votes[rows], classes[rows])
            if epoch < (1 - settings.plain_end) * settings.epochs:
                views, targets = mix(views, targets, settings.mixup, chance)
            inputs = _standardise(views).to(device, memory_format=torch.channels_last)
            with torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16"):
                logits = forward(inputs)
            loss = _loss((logits[0].float(), logits[1].float()), targets[0].to(device), targets[1].to(device), settings)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            optimiser.step()
            _blend(average, net, min(settings.averaging, (1 + epoch * steps + step) / (10 + epoch * steps + step)))
            total += float(loss.detach())
            if tell is not None:
                tell(Progress(epoch, settings.epochs, step, steps, total / (step + 1)))

        # 6. Judge the averaged weights on PublicTest, keep the best, write what is needed to go on.
        scores = _judge(average, splits["PublicTest"], device)
        line = {"epoch": epoch, "side": side, "loss": total / steps, "seconds": time.monotonic() - began, **scores}
        log.info("epoch %d %s", epoch, json.dumps(line))
        chosen = scores["fer2013"] + scores["ferplus"]
        state = _state(average, settings, line)
        if chosen >= best:
            best = chosen
            _write(state, out / "best.pt")
        more = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "chance": chance.get_state()}
        more["dropout"] = torch.get_rng_state()
        _write({**state, **more, "next_epoch": epoch + 1, "best": best}, out / "last.pt")
        with (out / "curve.jsonl").open("a") as curve:
            curve.write(json.dumps(line) + "\n")
    return out / "best.pt"


def _usable(split: FaceData) -> FaceData:
    """Rows with a FER+ name and a picture that is not blank."""
    return split.select((split.votes.sum(1) > 0) & (split.pixels.reshape(len(split), -1).std(1) > 0))


def _shape(settings: TrainSettings) -> ModelSettings:
    return ModelSettings(
        widths=settings.widths,
        depths=settings.depths,
        dropout=settings.dropout,
        size=settings.sizes[-1],
        stem=settings.stem,
        apart=settings.apart,
    )


def _device(name: str) -> str:
    return ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name


def _standardise(views: Tensor) -> Tensor:
    """`preprocess.standardise` for tensors that are still being augmented."""
    mean = views.mean((2, 3), keepdim=True)
    return (views - mean) / (views.std((2, 3), correction=0, keepdim=True) + FLAT)


def _rate(epoch: float, settings: TrainSettings) -> float:
    if epoch < settings.warmup:
        return settings.rate * (epoch + 0.01) / (settings.warmup + 0.01)
    done = (epoch - settings.warmup) / max(settings.epochs - settings.warmup, 1e-9)
    return settings.rate * 0.5 * (1 + math.cos(math.pi * done))


def _smooth(labels: Tensor, smoothing: float) -> Tensor:
    """FER2013 labels (N,) as targets (N, 7) with label smoothing."""
    exact = functional.one_hot(labels, len(FER2013_LABELS)).float()
    return (1 - smoothing) * exact + smoothing / len(FER2013_LABELS)


def _loss(logits: tuple[Tensor, Tensor], votes: Tensor, classes: Tensor, settings: TrainSettings) -> Tensor:
    named = votes.sum(1)
    soft = -(votes * functional.log_softmax(logits[0], 1)).sum(1).sum() / named.sum().clamp(min=1)
    hard = functional.cross_entropy(logits[1], classes)
    return (1 - settings.fer2013_share) * soft + settings.fer2013_share * hard


@torch.no_grad()
def _blend(average: ExpressionNet, net: ExpressionNet, decay: float) -> None:
    """Move the averaged weights and statistics a little towards the net's."""
    for kept, now in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(now, 1 - decay)
        else:
            kept.copy_(now)


@torch.no_grad()
def _judge(net: ExpressionNet, split: FaceData, device: torch.device) -> dict[str, float]:
    """Accuracy of both heads with a mirrored second look: FER2013 official, FER+ majority over 8 classes."""
    net.eval()
    plus, hard = np.zeros((len(split), 8)), np.zeros((len(split), len(FER2013_LABELS)))
    for start in range(0, len(split), 256):
        inputs = torch.from_numpy(standardise(split.pixels[start : start + 256])).to(device)
        for view in (inputs, inputs.flip(3)):
            first, second = net(view)
            plus[start : start + 256] += first.softmax(1).cpu().numpy()
            hard[start : start + 256] += second.softmax(1).cpu().numpy()
    truth = ferplus_majority(split.votes)
    kept = truth >= 0
    return {
        "fer2013": float((hard.argmax(1) == split.fer2013).mean()),
        "ferplus": float((plus.argmax(1)[kept] == truth[kept]).mean()),
    }


def _state(net: ExpressionNet, settings: TrainSettings, line: dict[str, Any]) -> dict[str, Any]:
    """Make a checkpoint of plain values: enough to rebuild the net without this script."""
    return {
        "format": 1,
        "model": net.settings.as_dict(),
        "weights": {name: value.contiguous().cpu() for name, value in net.state_dict().items()},
        "training": settings.model_dump(mode="json"),
        "scores": line,
        "torch": str(torch.__version__),
    }


def _write(state: dict[str, Any], path: Path) -> None:
    """Write whole or not at all: an interrupted run never leaves a half file behind."""
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def _resume(
    path: Path, net: ExpressionNet, average: ExpressionNet, optimiser: torch.optim.Optimizer, chance: torch.Generator
) -> tuple[int, float]:
    state = read_weights(path)
    net.load_state_dict(state["net"])
    average.load_state_dict(state["weights"])
    optimiser.load_state_dict(state["optimiser"])
    chance.set_state(state["chance"])
    if "dropout" in state:
        torch.set_rng_state(state["dropout"])
    return int(state["next_epoch"]), float(state["best"])
