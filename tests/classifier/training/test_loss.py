import numpy as np
import pytest
import torch

from classifier.labels import FER2013_LABELS, FERPLUS_LABELS
from classifier.training.faceset import of_labels
from classifier.training.loss import loss_of, priors_of, soften, targets_of
from classifier.training.settings import TrainSettings

CPU = torch.device("cpu")
PLAIN = TrainSettings(smoothing=0.0, fer2013_share=0.5)
TAU = TrainSettings(smoothing=0.0, fer2013_share=0.5, adjust=1.0)


def faces(*labels):
    return of_labels(np.zeros((len(labels), 48, 48), np.uint8), labels)


def zeros(count):
    return torch.zeros(count, 8), torch.zeros(count, 7)


def test_a_face_of_contempt_teaches_the_ferplus_head_alone():
    votes, classes = targets_of(faces("contempt", "happy"), PLAIN)
    assert votes[0].tolist() == [float(name == "contempt") for name in FERPLUS_LABELS]
    assert classes[0].sum() == 0
    assert classes[1].tolist() == [float(name == "happy") for name in FER2013_LABELS]
    logits = (torch.zeros(2, 8), torch.zeros(2, 7, requires_grad=True))
    loss_of(logits, (votes, classes), None, PLAIN).backward()
    assert logits[1].grad[0].abs().sum() == 0
    assert logits[1].grad[1].abs().sum() > 0


def test_smoothing_adds_up_to_one_and_keeps_a_row_without_a_label_empty():
    _, classes = targets_of(faces("contempt", "sad"), TrainSettings(smoothing=0.1))
    assert classes.sum(1).tolist() == pytest.approx([0, 1])


def test_teachers_are_mixed_in_where_there_is_a_label():
    targets = targets_of(faces("contempt", "sad"), PLAIN)
    read = torch.full((2, 8), 1 / 8), torch.full((2, 7), 1 / 7)
    votes, classes = soften(targets, read, TrainSettings(teacher_share=0.5))
    assert votes.sum(1).tolist() == pytest.approx([1, 1])
    assert classes.sum(1).tolist() == pytest.approx([0, 1])
    assert classes[1].max().item() == pytest.approx(0.5 + 0.5 / 7)


def test_rare_classes_are_not_favoured_unless_it_is_asked_for():
    assert priors_of(faces("happy", "sad"), PLAIN, CPU) is None


@pytest.mark.parametrize(("settings", "share_of_happy"), [(PLAIN, 0.9), (TAU, 0.5)])
def test_with_adjustment_the_best_constant_answer_is_even_and_not_the_frequency_of_the_classes(
    settings, share_of_happy
):
    data = faces(*["happy"] * 900, *["sad"] * 100)
    answer = torch.full((7,), -20.0)
    answer[FER2013_LABELS.index("happy")] = np.log(share_of_happy)
    answer[FER2013_LABELS.index("sad")] = np.log(1 - share_of_happy)
    answer.requires_grad_()
    logits = (torch.zeros(1000, 8), answer.expand(1000, 7))
    loss_of(logits, targets_of(data, settings), priors_of(data, settings, CPU), settings).backward()
    assert answer.grad.abs().max() < 1e-3


def test_a_class_that_never_occurs_keeps_the_loss_a_number():
    data = faces("happy", "sad")
    assert torch.isfinite(loss_of(zeros(2), targets_of(data, TAU), priors_of(data, TAU, CPU), TAU))
