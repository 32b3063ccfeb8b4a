"""Learns the test for faces, and measures what it refuses; used by `moodline calibrate`.

A logistic regression over the features of the net, from faces as they are, moved, and made worse, against crops that
were made to show none. The limit is chosen on faces that neither has seen: those of PublicTest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from classifier.face_head import FaceHead
from classifier.looks import Scores
from classifier.training.augment import AugmentSettings, augment
from classifier.training.data import FaceData
from classifier.training.nonfaces import KINDS, make
from classifier.training.worsen import FAULTS, worsen
from common.errors import DataError

Gray = npt.NDArray[np.uint8]
Features = Callable[[Gray], Scores]
"""(N, 48, 48) gray crops to (N, F) features of the net."""

FLAT = 4.0
"""A picture with less spread than this shows nothing, gray levels."""

RIDGE = 1e-3
"""Weight of the squared weights in the loss."""

ROUNDS = 150


@dataclass(frozen=True)
class Amounts:
    """How many crops are made.

    Attributes:
        faces: of each way that faces are shown: as they are, moved, worse.
        of_kind: of each kind that shows none, to learn from.
        tested: of each kind, and faces of each fault, to measure with, at most.
        seed: fixes every random choice.
    """

    faces: int = 4000
    of_kind: int = 1500
    tested: int = 1000
    seed: int = 0

    @classmethod
    def of(cls, crops: int) -> "Amounts":
        """Give so many crops of each kind without a face, and the rest in proportion."""
        return cls(max(crops * 8 // 3, 1), crops, max(crops * 2 // 3, 1))


def learn_faces(
    features: Features, learn: FaceData, judge: FaceData, risk: float, amounts: Amounts
) -> tuple[FaceHead, dict[str, Any]]:
    """Learn a test for faces, and measure it.

    Args:
        features: the net.
        learn: faces to learn from.
        judge: faces to choose the limit by.
        risk: share of those that may be refused, half of them as they are, half made worse.
        amounts: how many crops are made.

    Returns:
        The test, and what it refuses: `risk`; `faces` (share of `judge` as they are); `worse` (share of them by
        fault); `none` (share of crops without a face, by kind) and `none_unseen` (the same for a test that has
        not learned from that kind); `turned` (share of faces on their side or upside down).

    Raises:
        DataError: there are no readable faces.
    """
    chance = np.random.default_rng(amounts.seed)
    known, unknown = _readable(learn), _readable(judge)
    shown = features(_faces(known, amounts, chance))
    none = {kind: features(make(kind, amounts.of_kind, known, chance)) for kind in KINDS}
    as_they_are = features(unknown)
    some = unknown[chance.permutation(len(unknown))[: amounts.tested]]
    worse = {fault: features(worsen(some, fault, chance)) for fault in FAULTS}
    unseen = {kind: features(make(kind, amounts.tested, unknown, chance)) for kind in (*KINDS, "turned")}

    def learned(kinds: list[str]) -> FaceHead:
        return _limited(_regress(shown, np.concatenate([none[kind] for kind in kinds])), as_they_are, worse, risk)

    head = learned(list(KINDS))
    without = {kind: learned([other for other in KINDS if other != kind]) for kind in KINDS}
    return head, {
        "risk": risk,
        "faces": _refused(head, as_they_are),
        "worse": {fault: _refused(head, given) for fault, given in worse.items()},
        "none": {kind: _refused(head, unseen[kind]) for kind in KINDS},
        "none_unseen": {kind: _refused(without[kind], unseen[kind]) for kind in KINDS},
        "turned": _refused(head, unseen["turned"]),
    }


def _readable(data: FaceData) -> Gray:
    """Pictures that taggers took for a face: no vote for none, and something to see."""
    named, none = data.votes.sum(1) > 0, data.votes[:, -1]
    kept: Gray = data.pixels[named & (none == 0) & (data.pixels.reshape(len(data), -1).std(1) > FLAT)]
    if not len(kept):
        raise DataError("there are no faces that FER+ taggers took for one; the test for faces needs them")
    return kept


def _faces(known: Gray, amounts: Amounts, chance: np.random.Generator) -> Gray:
    """Faces as they are, moved as in training, and moved and worse."""
    drawn = known[chance.integers(len(known), size=3 * amounts.faces)]
    torch_chance = torch.Generator().manual_seed(amounts.seed)
    settings = AugmentSettings(erase=0.15, soften=0.0)
    given = torch.from_numpy(drawn[amounts.faces :])[:, None].float()
    moved = augment(given, drawn.shape[-1], settings, torch_chance)[:, 0].round().clamp(0, 255).byte().numpy()
    return np.concatenate(
        [drawn[: amounts.faces], moved[: amounts.faces], worsen(moved[amounts.faces :], None, chance)]
    )


def _regress(faces: Scores, none: Scores) -> FaceHead:
    """Fit a logistic regression in which both sides weigh the same; its limit is still to be chosen."""
    together = np.concatenate([faces, none])
    middle, spread = together.mean(0), together.std(0) + 1e-3
    inputs = torch.from_numpy((together - middle) / spread)
    truth = torch.cat([torch.ones(len(faces)), torch.zeros(len(none))])
    share = torch.where(truth > 0, 0.5 / len(faces), 0.5 / len(none))
    weight = torch.zeros(inputs.shape[1], requires_grad=True)
    bias = torch.zeros((), requires_grad=True)
    fitter = torch.optim.LBFGS([weight, bias], max_iter=ROUNDS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        fitter.zero_grad()
        off = functional.binary_cross_entropy_with_logits(inputs @ weight + bias, truth, share, reduction="sum")
        total = off + RIDGE * (weight**2).sum()
        total.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return total

    fitter.step(loss)  # type: ignore[no-untyped-call]  # the same
    fitted = (weight.detach().numpy() / spread).astype(np.float32)
    return FaceHead(fitted, float(bias.detach()) - float(fitted @ middle), 0.0)


def _limited(head: FaceHead, as_they_are: Scores, worse: dict[str, Scores], risk: float) -> FaceHead:
    """Choose the limit: of faces as they are and of worse ones the stated share lies below it, each half weighing."""
    bad = np.concatenate(list(worse.values()))
    chances = np.concatenate([head.chances(as_they_are[None]), head.chances(bad[None])])
    shares = np.concatenate([np.full(len(as_they_are), 0.5 / len(as_they_are)), np.full(len(bad), 0.5 / len(bad))])
    order = np.argsort(chances, kind="stable")
    first_too_many = int(np.searchsorted(np.cumsum(shares[order]), risk, side="right"))
    return FaceHead(head.weight, head.bias, float(chances[order[min(first_too_many, len(order) - 1)]]))


def _refused(head: FaceHead, features: Scores) -> float:
    return float((head.chances(features[None]) < head.below).mean())
