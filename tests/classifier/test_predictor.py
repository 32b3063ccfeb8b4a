import hashlib
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.labels import LABELS
from classifier.model import ModelSettings
from classifier.predictor import Predictor, Serving
from classifier.preprocess import standardise
from common.errors import ModelError
from tests.classifier.builders import noise, random_net, state_of

PLAIN = Serving(device="cpu", precision="float32", shape=16, threads=1)
CROPS = noise(40)


@pytest.fixture(scope="module")
def predictor(weights):
    return Predictor(weights, PLAIN)


@given(st.sets(st.integers(1, 39)))
def test_no_split_of_the_crops_changes_a_bit(predictor, cuts):
    whole = predictor.predict(CROPS)
    borders = [0, *sorted(cuts), 40]
    parts = [predictor.predict(CROPS[a:b]) for a, b in pairwise(borders)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()


@given(st.permutations(range(40)))
def test_who_shares_a_batch_changes_no_bit(predictor, order):
    whole = predictor.predict(CROPS)
    assert predictor.predict(CROPS[order]).tobytes() == whole[order].tobytes()


def test_a_net_in_bfloat16_keeps_the_same_promise_and_stays_close(weights, predictor):
    coarse = Predictor(weights, Serving("cpu", "bfloat16", 16, 1))
    whole = coarse.predict(CROPS)
    assert np.concatenate([coarse.predict(CROPS[:7]), coarse.predict(CROPS[7:])]).tobytes() == whole.tobytes()
    assert np.abs(whole - predictor.predict(CROPS)).max() < 0.05


def test_probabilities_are_a_distribution_over_the_labels_and_differ(predictor):
    found = predictor.predict(CROPS)
    assert found.shape == (40, len(LABELS))
    assert found.dtype == np.float32
    assert (found >= 0).all()
    assert found.sum(1) == pytest.approx(np.ones(40), abs=1e-5)
    assert found.std(0).max() > 1e-3


def test_no_crops_give_no_rows(predictor):
    assert predictor.predict(noise(0)).shape == (0, 7)


def test_the_served_net_says_what_the_trained_one_says(predictor):
    with torch.no_grad():
        plus, plain = random_net()(torch.from_numpy(standardise(CROPS)))
    first, second = predictor.heads(CROPS)
    assert first == pytest.approx(plus.softmax(1).numpy(), abs=1e-4)
    assert second == pytest.approx(plain.softmax(1).numpy(), abs=1e-4)


def test_a_predictor_names_its_weights_and_how_it_runs(weights, predictor):
    assert predictor.name == "small.pt"
    assert predictor.sha256 == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert (str(predictor.device), predictor.precision, predictor.size) == ("cpu", "float32", 48)


def refused(path, match):
    with pytest.raises(ModelError, match=match) as caught:
        Predictor(path, PLAIN)
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    refused(tmp_path / "none.pt", r"does not exist; name another \(--weights, MOODLINE_CLASSIFIER_WEIGHTS\)")


@pytest.mark.parametrize("content", [b"", b"not weights\n" * 50, b"\x80\x04K\x01.", b"PK\x03\x04" + bytes(500)])
def test_a_file_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "any.pt"
    path.write_bytes(content)
    refused(path, "weights file")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path, weights, share):
    content = weights.read_bytes()
    path = tmp_path / "half.pt"
    path.write_bytes(content[: int(len(content) * share)])
    refused(path, "is damaged")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused(tmp_path, content):
    path = tmp_path / "any.pt"
    path.write_bytes(content)
    refused(path, "weights file")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.floats(0, 1, exclude_max=True), st.binary(min_size=8, max_size=64))
def test_a_damaged_file_is_refused_or_read_as_before(tmp_path, weights, predictor, place, garbage):
    content = bytearray(weights.read_bytes())
    start = int(place * len(content))
    content[start : start + len(garbage)] = garbage
    path = tmp_path / "damaged.pt"
    path.write_bytes(content)
    try:
        found = Predictor(path, PLAIN).predict(CROPS[:2])
    except ModelError:
        refused(path, "weights file")
    else:
        assert found.tobytes() == predictor.predict(CROPS[:2]).tobytes()


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(torch.nn.Linear(3, 3).state_dict(), id="another net's weights alone"),
        pytest.param([1, 2, 3], id="a list"),
        pytest.param(state_of(random_net(), format=99), id="a later format"),
        pytest.param({"format": 1}, id="no weights"),
        pytest.param(state_of(random_net(), weights=torch.nn.Linear(3, 3).state_dict()), id="another net's weights"),
        pytest.param(state_of(random_net(), model={"depth": 3}), id="unknown shape"),
        pytest.param(state_of(random_net(), model=ModelSettings((4,), (1, 1)).as_dict()), id="uneven shape"),
        pytest.param(state_of(random_net(), model=ModelSettings((8, 16), (2, 2)).as_dict()), id="other shape"),
        pytest.param(state_of(random_net(), weights={"a": 1}), id="numbers for tensors"),
        pytest.param(state_of(random_net(), weights=[1]), id="a list for weights"),
        pytest.param(state_of(random_net(), model="net"), id="a name for a shape"),
    ],
)
def test_a_file_of_another_net_is_refused(tmp_path, state):
    path = tmp_path / "other.pt"
    torch.save(state, path)
    refused(path, "of another net; use one written by `moodline train`")


def test_a_file_that_would_run_code_is_refused_and_runs_nothing(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "exploded"), "w"))

    path = tmp_path / "bomb.pt"
    torch.save({"format": 1, "weights": Bomb()}, path)
    refused(path, "is damaged")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("name", ["cuda:77", "toaster", "meta"])
def test_a_device_that_is_not_there_is_refused(weights, name):
    with pytest.raises(ModelError, match=f"no device '{name}' here; set MOODLINE_CLASSIFIER_DEVICE"):
        Predictor(weights, Serving(device=name))


def test_auto_takes_a_device_and_a_precision_that_work(weights):
    chosen = Predictor(weights, Serving())
    assert chosen.precision in {"float32", "bfloat16"}
    assert chosen.predict(CROPS[:3]).sum(1) == pytest.approx(np.ones(3), abs=1e-4)


@pytest.mark.parametrize("views", [2, 10])
def test_mirrored_looks_make_a_face_and_its_mirror_image_read_the_same(weights, views):
    predictor = Predictor(weights, Serving(device="cpu"))
    crops = noise(5)
    straight, mirrored = (
        predictor.predict(crops, views),
        predictor.predict(np.ascontiguousarray(crops[:, :, ::-1]), views),
    )
    assert np.allclose(straight, mirrored, atol=1e-5)
    assert not np.allclose(straight, predictor.predict(crops), atol=1e-3)
