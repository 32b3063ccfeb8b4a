"""The trainer of the experiments learns, goes on to the same bits, and is compared only as far as numbers allow."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from classifier.training.data import FaceData
from common.errors import SettingsError
from moodline.experiments.attention_net import KINDS, AttentionNet, AttentionShape, Channels, Places
from moodline.experiments.fit import FitSettings, Fitted, Lesson, accuracy, fit, say
from moodline.experiments.measured import compare, graphics_of, measure, minutes_of, pack, told, unpack, where_of
from moodline.experiments.plain_net import PlainNet, PlainShape
from tests.classifier.training.builders import face

SETTINGS = FitSettings(epochs=6, batch=14, rate=0.005, bfloat16=False)
SHAPE = PlainShape(widths=(8, 16), hidden=32, drop_maps=0.1, drop_hidden=0.1)


def plain():
    return PlainNet(SHAPE)


def faces(each, seed=0):
    pixels = np.stack([face(kind, seed=seed + number) for number in range(each) for kind in range(7)])
    return Lesson(pixels, np.tile(np.arange(7), each))


class InterruptionError(Exception):
    pass


def test_a_plain_net_learns_what_tells_patterns_apart(tmp_path):
    fitted = fit(plain, faces(20), faces(4, seed=100), SETTINGS, 1, tmp_path)
    assert fitted.curve[-1]["training"] > 0.9
    assert accuracy(fitted.net, faces(4, seed=200), SETTINGS) > 0.9
    assert len(fitted.curve) == 6


@pytest.mark.parametrize(
    "changed", [{}, {"optimiser": "sgd", "cosine": True, "augmented": True, "mixup": 0.5, "averaging": 0.9}]
)
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(changed, tmp_path):
    settings = replace(SETTINGS, epochs=3, **changed)
    whole = fit(plain, faces(4), faces(2, seed=50), settings, 1, tmp_path / "whole")

    def stopping(count):
        def make():
            net = plain()
            steps = iter(range(count))

            def stop(*_):
                if net.training and next(steps, None) is None:
                    raise InterruptionError

            net.register_forward_pre_hook(stop)
            return net

        return make

    with pytest.raises(InterruptionError):
        fit(stopping(3), faces(4), faces(2, seed=50), settings, 1, tmp_path / "parts")
    again = fit(plain, faces(4), faces(2, seed=50), settings, 1, tmp_path / "parts")
    assert [line["loss"] for line in again.curve] == [line["loss"] for line in whole.curve]
    for name, value in whole.net.state_dict().items():
        assert torch.equal(again.net.state_dict()[name], value)


def test_the_epoch_that_judges_best_is_kept_and_the_last_where_nothing_judges(tmp_path):
    fitted = fit(plain, faces(4), faces(2, seed=50), SETTINGS, 1, tmp_path / "judged")
    judged = [line["judged"] for line in fitted.curve]
    assert fitted.epoch == 1 + judged.index(max(judged))
    assert accuracy(fitted.net, faces(2, seed=50), SETTINGS) == max(judged)
    assert fit(plain, faces(4), None, SETTINGS, 1, tmp_path / "last").epoch == SETTINGS.epochs


def test_a_run_ends_once_the_faces_learned_from_are_known_and_then_is_over(tmp_path):
    settings = replace(SETTINGS, epochs=40, until=0.8)
    fitted = fit(plain, faces(8), None, settings, 1, tmp_path)
    assert len(fitted.curve) < 40
    assert fitted.curve[-1]["training"] > 0.8
    assert fit(plain, faces(8), None, settings, 1, tmp_path).curve == fitted.curve


def test_a_rate_that_is_too_high_is_named(tmp_path):
    with pytest.raises(SettingsError, match="is too high"):
        fit(plain, faces(4), None, replace(SETTINGS, optimiser="sgd", rate=1e30), 1, tmp_path)


def test_larger_views_are_made_of_the_same_faces(tmp_path):
    larger = replace(SETTINGS, epochs=1, side=64)
    fitted = fit(lambda: PlainNet(replace(SHAPE, side=64)), faces(2), None, larger, 1, tmp_path)
    assert say(fitted.net, faces(1).pixels, larger)[-1].shape == (7, 7)


@pytest.mark.parametrize("kind", KINDS)
def test_a_net_with_attention_learns(kind, tmp_path):
    settings = replace(SETTINGS, epochs=10, standardised=True, optimiser="sgd", rate=0.05)
    shape = AttentionShape(widths=(8, 16), depth=1)
    fitted = fit(lambda: AttentionNet(shape, kind), faces(20), None, settings, 1, tmp_path)
    assert fitted.curve[-1]["training"] > 0.9


def test_attention_weighs_channels_or_places_between_nothing_and_all():
    x = torch.rand(2, 8, 5, 5)
    channels, places = Channels(8, 2, peaks=True)(x) / x, Places()(x) / x
    for weights in (channels, places):
        assert weights.min() > 0
        assert weights.max() < 1
    assert torch.allclose(channels, channels[:, :, :1, :1].expand_as(channels), atol=1e-5)
    assert torch.allclose(places, places[:, :1].expand_as(places), atol=1e-5)


def test_what_was_read_rightly_is_packed_and_unpacked():
    right = np.random.default_rng(0).random(37) < 0.5
    assert (unpack(pack(right), 37) == right).all()


def test_a_measured_net_tells_all_faces_and_those_without_duplicates(tmp_path):
    fitted = fit(plain, faces(4), None, SETTINGS, 1, tmp_path)
    lesson = faces(2, seed=9)
    twice = np.arange(14) < 4
    found = measure(fitted, FaceData(lesson.pixels, lesson.labels, np.zeros((14, 10), np.float32), twice), SETTINGS)
    assert (found["images"], found["fresh"]["images"]) == (14, 10)
    assert found["mirrored"]["images"] == 14
    assert unpack(found["right"], 14).mean() == found["accuracy"]
    assert found["seconds_learning"] > 0


def of_seeds(*right):
    return [{"accuracy": float(one.mean()), "images": len(one), "right": pack(one)} for one in right]


def test_better_is_said_only_where_every_seed_is_above_and_chance_is_unlikely():
    at = np.arange(1000)
    low, high = of_seeds(at < 600, at < 610), of_seeds(at < 700, at < 705)
    assert compare(low, high)["verdict"] == "better"
    assert compare(high, low)["verdict"] == "worse"
    assert compare(low, of_seeds(at < 602, at < 700))["verdict"] == "no clear difference"
    assert compare(of_seeds(at < 600), of_seeds(at < 604))["verdict"] == "no clear difference"
    assert compare(low, high)["gain"] == pytest.approx(0.0975)


def test_a_fitted_net_is_the_one_with_the_kept_weights(tmp_path):
    fitted = fit(plain, faces(2), None, replace(SETTINGS, epochs=1), 3, tmp_path)
    assert isinstance(fitted, Fitted)
    kept = torch.load(tmp_path / "last.pt", weights_only=True)["best"]
    assert all(torch.equal(kept[name], value) for name, value in fitted.net.state_dict().items())


def test_minutes_on_a_processor_and_on_a_gpu_are_told_apart_and_mixed_ones_not_at_all():
    def took(minutes, *devices):
        return {"seconds_learning": 60 * minutes, "devices": list(devices)}

    assert minutes_of([took(2, "cpu"), {"seconds_learning": 240}]) == "3.0"
    assert minutes_of([took(2, "cpu"), took(1, "a GPU"), took(9, "a GPU", "cpu")]) == "2.0 (1.0)"
    assert minutes_of([took(9, "a GPU", "cpu")]) == ""
    assert graphics_of([took(2, "cpu"), {"seconds_learning": 240}]) == ""
    assert graphics_of([took(2, "cpu"), took(1, "a GPU"), took(9, "a GPU", "cpu")]) == (
        "Of 3 runs, 1 learned on a GPU, 1 began there and ended on a processor (they have no minutes), and 1 on a "
        "processor."
    )
    assert where_of([took(2, "cpu"), took(1, "a GPU")]) == "a GPU or one processor core"


@pytest.mark.parametrize(("chance", "shown"), [(0.0, "below 0.001"), (0.0009, "below 0.001"), (0.0456, "0.046")])
def test_a_chance_is_never_shown_as_none(chance, shown):
    assert told({"gain": 0.01, "chance": chance, "verdict": "better"}) == ("+1.0 points", shown, "better")
