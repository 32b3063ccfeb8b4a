"""What the two heads learn: the votes of the FER+ taggers, and the labels of FER2013; used by `train`."""

import torch
from torch import Tensor
from torch.nn import functional

from classifier.labels import FER2013_LABELS
from classifier.training.data import FaceData, ferplus_targets
from classifier.training.settings import TrainSettings

Pair = tuple[Tensor, Tensor]
"""For the FER+ head and for the FER2013 head."""


def targets_of(faces: FaceData, settings: TrainSettings) -> Pair:
    """Give the shares that each head learns, float32: (N, 8) and (N, 7).

    A row of zeros has no label for that head, and teaches it nothing.
    """
    return torch.from_numpy(ferplus_targets(faces.votes)), _smooth(torch.from_numpy(faces.fer2013), settings.smoothing)


def soften(targets: Pair, read: Pair, settings: TrainSettings) -> Pair:
    """Mix the readings of teachers into the targets; a row without a label stays so.

    Args:
        targets: as `targets_of` gives them.
        read: probabilities of the same shapes.
        settings: says how much the teachers weigh.
    """
    share = settings.teacher_share
    first, second = (
        (1 - share) * told + share * reading * told.sum(1, keepdim=True)
        for told, reading in zip(targets, read, strict=True)
    )
    return first, second


def priors_of(faces: FaceData, settings: TrainSettings, device: torch.device) -> Pair | None:
    """Give what is added to the logits while training, (8,) and (7,); None if rare classes are not favoured.

    The logarithm of how frequent each class is, times `adjust` (logit adjustment, Menon et al., ICLR 2021): a net
    that is right with it judges without it as if all classes were as frequent.
    """
    if not settings.adjust:
        return None
    plus = torch.from_numpy(ferplus_targets(faces.votes)).sum(0)
    plain = torch.from_numpy(faces.fer2013[faces.fer2013 >= 0]).bincount(minlength=len(FER2013_LABELS)).float()
    # A class that does not occur at all counts as one face of it: its logarithm must be finite.
    first, second = (settings.adjust * torch.log(c.clamp(min=1) / c.clamp(min=1).sum()) for c in (plus, plain))
    return first.to(device), second.to(device)


def loss_of(logits: Pair, targets: Pair, priors: Pair | None, settings: TrainSettings) -> Tensor:
    """Weigh the soft cross-entropies of both heads; a scalar.

    The FER+ head's is the mean over the faces that have votes (Barsoum et al., ICMI 2016), the FER2013 head's over
    all faces.
    """
    first, second = logits if priors is None else (logits[0] + priors[0], logits[1] + priors[1])
    votes, classes = targets
    soft = -(votes * functional.log_softmax(first, 1)).sum(1).sum() / votes.sum(1).sum().clamp(min=1)
    hard = functional.cross_entropy(second, classes)
    return (1 - settings.fer2013_share) * soft + settings.fer2013_share * hard


def _smooth(classes: Tensor, share: float) -> Tensor:
    """Give the most of each row to its class, `share` evenly to all, and nothing where there is no class (-1)."""
    exact = functional.one_hot(classes.clamp(min=0), len(FER2013_LABELS)).float()
    return ((1 - share) * exact + share / len(FER2013_LABELS)) * (classes >= 0)[:, None]
