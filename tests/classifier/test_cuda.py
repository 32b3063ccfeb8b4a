"""What runs on a CUDA device gives what the processor gives; left out without one: none can be installed."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from classifier.model import ModelSettings
from classifier.predictor import Predictor, Serving
from classifier.settings import WEIGHTS
from classifier.training.augment import AugmentSettings, augment, mix
from classifier.training.checkpoint import finished_epochs
from classifier.training.settings import TrainSettings
from classifier.training.train import train
from moodline.experiments.fit import FitSettings, Lesson, fit, say
from moodline.experiments.plain_net import PlainNet, PlainShape
from tests.classifier.builders import noise, random_net, state_of, write_fer
from tests.classifier.training.builders import face

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")

NEAR = {"float32": 0.02, "bfloat16": 0.4, "float16": 0.06}
"""How far scores may lie from the processor's; in float32, convolutions have ten bits of fraction on such devices."""


@pytest.mark.parametrize("precision", NEAR)
@pytest.mark.parametrize("weights", [WEIGHTS], ids=["the served net"])
def test_faces_are_read_as_on_the_processor(weights, precision):
    crops = np.stack([face(kind % 7, seed=kind) for kind in range(100)])
    expected = Predictor(weights, Serving("cpu", "float32", 16)).look(crops, 2)
    found = Predictor(weights, Serving("cuda", precision, 16)).look(crops, 2)
    far = [float(np.abs(one - other).max()) for one, other in zip(found[:2], expected[:2], strict=True)]
    assert max(far) < NEAR[precision]
    assert (found.ferplus[0].argmax(1) == expected.ferplus[0].argmax(1)).mean() >= 0.97


def test_auto_takes_the_device():
    chosen = Predictor(WEIGHTS, Serving())
    assert chosen.device.type == "cuda"
    assert chosen.precision in {"bfloat16", "float16"}


def test_what_a_face_gets_does_not_depend_on_who_shares_its_pass(weights):
    crops, predictor = noise(40), Predictor(weights, Serving("cuda", "auto", 16))
    together = predictor.look(crops)
    for start in (0, 7, 39):
        for one, other in zip(predictor.look(crops[start : start + 1]), together, strict=True):
            assert one[:, 0].tobytes() == other[:, start].tobytes()


def test_nets_in_several_threads_are_captured_and_read_side_by_side(tmp_path):
    paths = []
    for seed in range(4):
        paths.append(tmp_path / f"{seed}.pt")
        torch.save(state_of(random_net(seed=seed)), paths[-1])
    crops = noise(50)
    alone = [Predictor(path, Serving("cuda", "float32", 16)).look(crops).ferplus for path in paths]
    found, begin = {}, threading.Barrier(len(paths))

    def work(number):
        predictor = Predictor(paths[number], Serving("cuda", "float32", 16))
        begin.wait()
        found[number] = [predictor.look(crops, live=bool(turn % 2)).ferplus for turn in range(6)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(paths))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, expected in enumerate(alone):
        for one in found[number]:
            assert one == pytest.approx(expected, abs=0.02)


def test_a_pass_for_which_there_is_no_room_is_computed_in_halves(tmp_path, caplog):
    path, crops = tmp_path / "wide.pt", noise(2048)
    torch.save(state_of(random_net(ModelSettings(widths=(64, 64), depths=(1, 1)))), path)
    predictor = Predictor(path, Serving("cuda", "float32", 2048))
    torch.cuda.empty_cache()
    taken, whole = torch.cuda.memory_reserved(), torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction((taken + 256 * 2**20) / whole)
    try:
        found = predictor.look(crops)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert "no room on cuda for 2048 faces at once, halving" in caplog.text
    expected = Predictor(path, Serving("cuda", "float32", 64)).look(crops)
    assert found.ferplus == pytest.approx(expected.ferplus, abs=0.02)


def test_random_views_are_the_same_on_every_device():
    faces = torch.from_numpy(noise(64))[:, None].float()
    settings = AugmentSettings(soften=1.0, blur=0.5, jpeg=0.0)
    seen = []
    for device in ("cpu", "cuda"):
        chance = torch.Generator().manual_seed(3)
        views = augment(faces.to(device), 40, settings, chance)
        views, targets = mix(views, (torch.eye(64, device=device),) * 2, 1.0, chance)
        seen.append((views.cpu().numpy(), targets[0].cpu().numpy()))
    assert seen[1][0] == pytest.approx(seen[0][0], abs=0.5)
    assert seen[1][1] == pytest.approx(seen[0][1], abs=1e-5)


def test_compressed_views_are_made_there_too():
    faces = torch.from_numpy(noise(64))[:, None].float().cuda()
    views = augment(faces, 48, AugmentSettings(jpeg=1.0), torch.Generator().manual_seed(3))
    assert views.device.type == "cuda"
    assert bool(((views >= 0) & (views <= 255)).all())


def test_the_trainer_learns_there_and_goes_on_there_or_elsewhere(tmp_path):
    data = write_fer(tmp_path / "data")
    recipe = {"batch": 32, "sizes": (16, 16), "seed": 5, "threads": 1, "warmup": 0.5, "blur": 0.3, "jpeg": 0.3}
    for epochs, device in ((2, "cuda"), (3, "cuda"), (4, "cpu"), (5, "cuda")):
        settings = TrainSettings(**recipe, epochs=epochs, device=device, cache=tmp_path / "cache")
        best = train(data, tmp_path / "run", settings)
        assert finished_epochs(tmp_path / "run") == epochs
    scores = Predictor(best, Serving("cpu", "float32", 16)).predict(noise(3, side=16))
    assert scores.sum(1) == pytest.approx(np.ones(3), abs=1e-4)


def test_the_trainer_of_the_experiments_learns_there_and_goes_on(tmp_path):
    pixels = np.stack([face(kind, seed=number) for number in range(20) for kind in range(7)])
    lesson = Lesson(pixels, np.tile(np.arange(7), 20))
    settings = FitSettings(6, 14, rate=0.005, averaging=0.5)

    def make():
        return PlainNet(PlainShape(widths=(8, 16), hidden=32, drop_maps=0.1, drop_hidden=0.1)).cuda()

    whole = fit(make, lesson, lesson, settings, 1, tmp_path / "whole")
    assert whole.curve[-1]["training"] > 0.9
    assert next(whole.net.parameters()).device.type == "cuda"
    fit(make, lesson, lesson, replace(settings, epochs=3), 1, tmp_path / "parts")
    again = fit(make, lesson, lesson, settings, 1, tmp_path / "parts")
    assert len(again.curve) == 6
    assert say(again.net, pixels, settings)[-1].shape == (140, 7)
