"""Train the expression net on labelled faces; read from top to bottom. Called by `moodline train`.

The FER+ head learns the taggers' vote distribution (soft cross-entropy; Barsoum et al., ICMI 2016), the FER2013
head the original labels. Views grow over the run (small ones are cheap and teach the coarse shape first), the
weights are averaged, and the epoch that is best on PublicTest, or on what is held out, with the averaged weights is
kept. PrivateTest is never opened here. A run that was interrupted goes on from its last finished epoch, on a
processor to the same bits; one seed fixes every random choice.
"""

import copy
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

from classifier.device import find_device
from classifier.labels import FER2013_LABELS
from classifier.model import ExpressionNet, ModelSettings, place
from classifier.preprocess import FLAT, standardise
from classifier.training import board, curve
from classifier.training.augment import AugmentSettings, augment, mix
from classifier.training.averaging import follow
from classifier.training.checkpoint import Moving, resume, save_last, state_of
from classifier.training.data import FaceData, ferplus_majority
from classifier.training.faceset import FaceSet
from classifier.training.forms import Reading, load_faces
from classifier.training.loss import loss_of, priors_of, soften, targets_of
from classifier.training.norms import ENOUGH, take_statistics
from classifier.training.record import Record
from classifier.training.saving import make_folder, save
from classifier.training.settings import TrainSettings
from classifier.training.teacher import Teachers, start_from
from common.errors import DataError, SettingsError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """Where a run stands, told after every step: for a progress bar. Epochs and steps count from 0."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float


def train(  # noqa: C901, PLR0915  # read from top to bottom
    data: Path,
    out: Path,
    settings: TrainSettings,
    tell: Callable[[Progress], None] | None = None,
    judged: Callable[[curve.Line], None] = lambda _: None,
) -> Path:
    """Train, or go on with, one run.

    Args:
        data: folder with labelled faces in any of the forms of `forms`.
        out: folder of the run: `last.pt` (resumes), `best.pt` (the result), `curve.jsonl` (a line an epoch),
            `run.json` (with what, from what, where and how long), event files where TensorBoard is installed.
        settings: the recipe.
        tell: called after every step.
        judged: called after every epoch with its line of the curve, when all that is needed to go on is written.

    Returns:
        The path of `best.pt`.

    Raises:
        DataError: the data set is not as documented, or not the one that the interrupted run learned from.
        OutputError: the run's folder cannot be written.
        ModelError: a file of the interrupted run, or the checkpoint to start from, is damaged or of another net.
        SettingsError: there is no such device; or the loss is not a number any more, and `last.pt` is of the epoch
            before.
    """
    # 1. Fix every random choice and the device.
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    device = _device(settings.device)
    chance = torch.Generator().manual_seed(settings.seed)

    # 2. Data: the whole set fits in memory, on the device too. Rows without a FER+ name are dropped (their pixels are
    # not theirs).
    found = load_faces(data, _reading(settings))
    described = _described(found)
    learn = found.learn.usable()
    faces = torch.from_numpy(learn.pixels)[:, None].to(device)
    votes, classes = (one.to(device) for one in targets_of(learn, settings))
    priors = priors_of(learn, settings, device)
    steps = len(learn) // settings.batch
    if not steps:
        raise DataError(
            f"'{data}' has {len(learn)} usable faces to learn from; {settings.batch} are needed, one batch "
            "(MOODLINE_TRAIN_BATCH)"
        )

    # 3. Net, optimiser (no decay on norms and biases) and the moving average that is evaluated and shipped.
    shape = _shape(settings)
    net = place(ExpressionNet(shape), device)
    if settings.init_from is not None:
        start_from(net, settings.init_from)
    teachers = Teachers(settings.teachers, device, settings.precision) if settings.teachers else None
    average = place(ExpressionNet(shape), device)
    average.load_state_dict(net.state_dict())
    kernels = [p for p in net.parameters() if p.ndim > 1]
    others = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": kernels, "weight_decay": settings.decay}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.SGD(groups, lr=settings.rate, momentum=0.9, nesterov=True)
    forward = torch.compile(net, dynamic=False) if settings.compile else net

    # 4. Go on where an earlier run of the same folder stopped.
    make_folder(out)
    moving = Moving(net, average, optimiser, chance)
    start, best = resume(out, moving, settings, found.sha256)
    if start >= settings.epochs:
        return out / "best.pt"
    record = Record(out, start, settings, described, str(device))
    record.write(0, 0.0)

    # 5. The loop.
    seen = _views(settings)
    first = time.monotonic()
    with board.opened(out, start) as note:
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
                inputs = _standardise(views).contiguous(memory_format=torch.channels_last)
                with torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16"):
                    logits = forward(inputs)
                if teachers is not None:
                    targets = soften(targets, teachers.read(inputs), settings)
                loss = loss_of((logits[0].float(), logits[1].float()), targets, priors, settings)
                value = float(loss.detach())
                if not math.isfinite(value):
                    raise SettingsError(_no_number(out, epoch, f"at step {step + 1}, the loss is {value}"))
                optimiser.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
                optimiser.step()
                follow(average, net, min(settings.averaging, (1 + epoch * steps + step) / (10 + epoch * steps + step)))
                total += value
                if tell is not None:
                    tell(Progress(epoch, settings.epochs, step, steps, total / (step + 1)))

            # 6. Judge the averaged weights on what is held out, with norms as they will serve; keep the best; write
            # what is needed to go on.
            served = copy.deepcopy(average)
            take_statistics(served, learn.pixels, most=ENOUGH, precision=settings.precision)
            scores = {"epoch": epoch, "side": side, "loss": total / steps, **_judge(served, found.judge, device)}
            chosen = scores["fer2013"] + scores["ferplus"]
            if not math.isfinite(chosen):
                raise SettingsError(_no_number(out, epoch, "after its last step the net gives no numbers"))
            line = {**scores, "seconds": time.monotonic() - began}
            log.info("%s", curve.sentence(line, settings.epochs))
            if chosen >= best:
                best = chosen
                save(state_of(served, settings, described, scores), out / "best.pt")
            curve.append(out, line)
            save_last(out / "last.pt", state_of(average, settings, described, scores), moving, epoch + 1, best)
            record.write(epoch + 1 - start, time.monotonic() - first)
            note(line)
            judged(line)
    return out / "best.pt"


def _described(found: FaceSet) -> dict[str, Any]:
    """Describe the data; tell what is odd about it."""
    described = found.describe()
    if described["repeated"]:
        log.warning(
            "%d of %d pictures to learn from stand there more than once, %d of them under another label; all are kept",
            *(described[name] for name in ("repeated", "learned_from", "repeated_under_another_label")),
        )
    return described


def _reading(settings: TrainSettings) -> Reading:
    return Reading(**{name: getattr(settings, name) for name in Reading._fields})


def _views(settings: TrainSettings) -> AugmentSettings:
    names = ("shift", "scale", "erase", "soften", "blur", "jpeg")
    return AugmentSettings(**{name: getattr(settings, name) for name in names})


def _no_number(out: Path, epoch: int, found: str) -> str:
    kept = f"'{out / 'last.pt'}' keeps the state after epoch {epoch}" if epoch else "nothing was kept yet"
    found = f"in epoch {epoch + 1}, {found}; {kept}"
    return f"{found}; lower MOODLINE_TRAIN_RATE or raise MOODLINE_TRAIN_WARMUP, and run again"


def _shape(settings: TrainSettings) -> ModelSettings:
    return ModelSettings(
        widths=settings.widths,
        depths=settings.depths,
        dropout=settings.dropout,
        size=settings.sizes[-1],
        stem=settings.stem,
        apart=settings.apart,
    )


def _device(name: str) -> torch.device:
    device = find_device(name)
    if device is None:
        raise SettingsError(f"there is no device '{name}' here; set MOODLINE_TRAIN_DEVICE to auto or cpu")
    return device


def _standardise(views: Tensor) -> Tensor:
    """`preprocess.standardise` for tensors that are still being augmented."""
    mean = views.mean((2, 3), keepdim=True)
    return (views - mean) / (views.std((2, 3), correction=0, keepdim=True) + FLAT)


def _rate(epoch: float, settings: TrainSettings) -> float:
    if epoch < settings.warmup:
        return settings.rate * (epoch + 0.01) / (settings.warmup + 0.01)
    done = (epoch - settings.warmup) / max(settings.epochs - settings.warmup, 1e-9)
    return settings.rate * 0.5 * (1 + math.cos(math.pi * done))


@torch.no_grad()
def _judge(net: ExpressionNet, split: FaceData, device: torch.device) -> dict[str, float]:
    """Accuracy of both heads with a mirrored second look: FER2013 official, FER+ majority over 8 classes.

    No number for a net that gives none.
    """
    net.eval()
    plus, hard = np.zeros((len(split), 8)), np.zeros((len(split), len(FER2013_LABELS)))
    for start in range(0, len(split), 256):
        inputs = torch.from_numpy(standardise(split.pixels[start : start + 256])).to(device)
        for view in (inputs, inputs.flip(3)):
            first, second = net(view)
            plus[start : start + 256] += first.softmax(1).cpu().numpy()
            hard[start : start + 256] += second.softmax(1).cpu().numpy()
    if not (np.isfinite(plus).all() and np.isfinite(hard).all()):
        return {"fer2013": math.nan, "ferplus": math.nan}
    truth = ferplus_majority(split.votes)
    kept, known = truth >= 0, split.fer2013 >= 0
    return {
        "fer2013": float((hard.argmax(1) == split.fer2013)[known].mean()),
        "ferplus": float((plus.argmax(1)[kept] == truth[kept]).mean()),
    }
