import copy

import numpy as np
import pytest
import torch

from classifier.engine import make_pass, precision_of
from classifier.model import ModelSettings
from classifier.packed import can_pack
from classifier.predictor import Predictor, Serving
from classifier.preprocess import standardise
from common.errors import ModelError
from tests.classifier.builders import noise, random_net

CPU = torch.device("cpu")


@pytest.mark.parametrize("apart", [False, True], ids=["one body", "a step apart"])
@pytest.mark.parametrize("count", [1, 3, 16])
def test_the_packed_net_is_the_fused_one(apart, count):
    net = random_net(ModelSettings(widths=(8, 12), depths=(2, 2), stem=4, apart=apart)).fuse()
    faces = standardise(noise(count))
    with torch.no_grad():
        expected = copy.deepcopy(net).look(torch.from_numpy(faces))
    for found, wanted in zip(make_pass(net, CPU, "float32", 16)(faces), expected, strict=True):
        assert found.dtype == np.float32
        assert found == pytest.approx(wanted.numpy(), abs=1e-4)


def test_this_torch_can_pack_in_float32():
    assert can_pack(torch.float32)


def test_a_processor_refuses_float16():
    with pytest.raises(ModelError, match="does not compute in float16; set MOODLINE_CLASSIFIER_PRECISION to auto"):
        precision_of("float16", CPU)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_passes_side_by_side_change_no_bit(weights, precision):
    crops = noise(70)
    alone = Predictor(weights, Serving("cpu", precision, 16, 1)).look(crops, 2)
    for threads in (2, 3):
        together = Predictor(weights, Serving("cpu", precision, 16, threads)).look(crops, 2)
        assert [one.tobytes() for one in together] == [one.tobytes() for one in alone]


@pytest.mark.parametrize("count", [0, 1, 2, 5, 16, 17, 33])
def test_faces_of_live_cameras_are_read_in_passes_no_larger_than_needed(weights, count):
    predictor, crops = Predictor(weights, Serving("cpu", "float32", 16, 1)), noise(count)
    expected, real, sizes = predictor.look(crops), predictor._pass, []
    predictor._pass = lambda faces: (sizes.append(len(faces)), real(faces))[1]
    found = predictor.look(crops, live=True)
    assert sizes == {0: [], 1: [1], 2: [2], 5: [8], 16: [16], 17: [16, 1], 33: [16, 16, 1]}[count]
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, abs=1e-4)


@pytest.mark.parametrize("room", [1, 3, 8])
def test_a_pass_that_does_not_fit_is_computed_in_parts(weights, room):
    predictor, crops = Predictor(weights, Serving("cpu", "float32", 16, 1)), noise(20)
    expected, real = predictor.look(crops), predictor._pass

    def small(faces):
        if len(faces) > room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(faces)

    predictor._pass = small
    for one, other in zip(predictor.look(crops), expected, strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_a_device_without_room_for_one_face_says_so(weights):
    predictor = Predictor(weights, Serving("cpu", "float32", 16, 1))

    def none(_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    predictor._pass = none
    with pytest.raises(torch.OutOfMemoryError):
        predictor.look(noise(2))


def test_a_warm_predictor_has_computed_every_size_of_pass(weights):
    predictor = Predictor(weights, Serving("cpu", "float32", 12, 1))
    real, sizes = predictor._pass, []
    predictor._pass = lambda faces: (sizes.append(len(faces)), real(faces))[1]
    predictor.warm_up()
    assert sizes == [1, 2, 4, 8, 12]
