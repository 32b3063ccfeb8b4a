"""Nets that begin with what others learned: a frozen body stays, files of other nets are refused, and CK+ is dealt."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torchvision

from classifier.model import ModelSettings
from classifier.settings import WEIGHTS
from classifier.training.data import FaceData
from common.errors import ModelError
from moodline.experiments.fit import FitSettings, Lesson, fit
from moodline.experiments.job import Job
from moodline.experiments.plain import EXPERIMENT as PLAIN
from moodline.experiments.plain import shuffled
from moodline.experiments.recipe import EXPERIMENT as RECIPE
from moodline.experiments.recipe_ways import ladder, majority, singles
from moodline.experiments.transfer import EXPERIMENT
from moodline.experiments.transfer_nets import from_scratch, of_torchvision, on_body
from tests.classifier.builders import random_net, state_of
from tests.classifier.training.builders import face


def lesson():
    return Lesson(np.stack([face(kind) for kind in range(7)] * 2), np.tile(np.arange(7), 2))


HOW = FitSettings(2, batch=7, optimiser="sgd", rate=0.05, standardised=True, bfloat16=False)


def test_a_frozen_body_stays_as_it_is_and_a_free_one_learns_on(tmp_path):
    path = tmp_path / "net.pt"
    torch.save(state_of(random_net()), path)
    before = random_net().state_dict()
    frozen = fit(lambda: on_body(path, frozen=True), lesson(), None, HOW, 0, tmp_path / "frozen").net.net.state_dict()
    assert all(torch.equal(frozen[name], value) for name, value in before.items())
    free = fit(lambda: on_body(path, frozen=False), lesson(), None, HOW, 0, tmp_path / "free").net.net.state_dict()
    assert not torch.equal(free["blocks.0.wide.weight"], before["blocks.0.wide.weight"])


def test_a_net_from_scratch_has_the_same_shape_and_nothing_learned():
    shape = ModelSettings(widths=(4, 8), depths=(1, 1))
    torch.manual_seed(0)
    first = from_scratch(shape)
    torch.manual_seed(1)
    assert not torch.equal(first.net.blocks[0].wide.weight, from_scratch(shape).net.blocks[0].wide.weight)
    assert first(torch.zeros(2, 1, 48, 48)).shape == (2, 7)


def test_a_net_of_torchvision_begins_with_the_file_that_was_given_and_refuses_another(tmp_path):
    path = tmp_path / "resnet18.pth"
    source = torchvision.models.resnet18(weights=None)
    torch.save(source.state_dict(), path)
    net = of_torchvision("resnet18", path)
    assert torch.equal(net.net.conv1.weight, source.conv1.weight)
    assert net(torch.rand(2, 1, 48, 48)).shape == (2, 7)
    torch.save({"conv1.weight": torch.zeros(1)}, path)
    with pytest.raises(ModelError, match="does not hold the weights of torchvision's resnet18"):
        of_torchvision("resnet18", path)
    path.write_text("not weights")
    with pytest.raises(ModelError, match="does not hold"):
        of_torchvision("resnet18", path)


def test_transfer_tells_what_came_of_a_file_that_was_given(data, tmp_path):
    path = tmp_path / "resnet18.pth"
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), path)
    job = Job(data, tmp_path / "out", tmp_path / "results", WEIGHTS, lambda _: None)
    job.starts["resnet18"] = path
    found = []
    watched = replace(EXPERIMENT, run=lambda bench: found.append(EXPERIMENT.run(bench)) or found[0])
    job.run(watched, tiny=True)
    assert found[0]["torchvision"]["resnet18"]["file"]["name"] == "resnet18.pth"
    assert "begun with the file that was given" in EXPERIMENT.tell(found[0]).answer


@pytest.mark.parametrize(
    ("given", "said"), [("alexnet=x.pth", "names no net"), ("resnet18=nowhere.pth", "is not there")]
)
def test_weights_to_begin_with_that_are_of_no_known_net_or_not_there_are_refused(given, said, moodline, tmp_path):
    code, _, err = moodline("experiments", "run", "transfer", "--data", tmp_path, "--init-from", given)
    assert code == 2
    assert said in " ".join(err.split())


def test_a_device_that_is_not_there_is_refused(moodline, tmp_path):
    for name in ("toaster", "cuda:77", "meta"):
        code, _, err = moodline("experiments", "run", "transfer", "--data", tmp_path, "--device", name)
        assert code == 2
        assert f"there is no device '{name}' here to learn on; give --device auto or cpu" in " ".join(err.split())


def test_a_random_split_deals_out_every_face_once_and_marks_those_that_stand_among_the_learned():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (200, 48, 48), np.uint8)
    pixels[100:] = pixels[:100]
    faces = FaceData(pixels, np.arange(200) % 7, np.zeros((200, 10), np.float32), np.zeros(200, bool))
    split = shuffled({"all": faces}, PLAIN.settings, 3)
    assert [len(part) for part in split] == [140, 40, 20]
    known = {one.tobytes() for one in split.learn.pixels}
    assert split.test.duplicate.tolist() == [one.tobytes() in known for one in split.test.pixels]
    assert split.test.duplicate.any()
    assert sorted(one.tobytes() for part in split for one in part.pixels) == sorted(one.tobytes() for one in pixels)


def test_every_way_of_the_recipe_is_measured_against_one_that_is_there_and_no_two_are_the_same():
    ways = [*singles(RECIPE.settings), *ladder(RECIPE.settings)]
    names = [way.name for way in ways]
    assert len(set(names)) == len(names)
    assert {way.against for way in ways} <= set(names)
    assert len({(str(way.make), way.fit, way.votes) for way in ways}) == len(ways)


def test_the_majority_of_the_taggers_counts_whole_and_no_majority_not_at_all():
    votes = np.array([[7, 3, 0, 0, 0, 0, 0, 0, 0, 0], [4, 3, 3, 0, 0, 0, 0, 0, 0, 0]], np.float32)
    assert majority(votes).tolist() == [[1, 0, 0, 0, 0, 0, 0, 0], [0] * 8]
