import cv2
import numpy as np
import pytest
import torch

from classifier.training.compress import compress
from tests.classifier.training.builders import face


def as_opencv(picture, quality):
    done, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return cv2.imdecode(content, cv2.IMREAD_GRAYSCALE).astype(np.float32)


def as_batch(*pictures):
    return torch.from_numpy(np.stack(pictures))[:, None].float()


@pytest.mark.parametrize("quality", [5, 15, 30, 50, 70, 95])
@pytest.mark.parametrize("side", [48, 41])
def test_pictures_come_out_as_a_jpeg_encoder_and_decoder_give_them(quality, side):
    pictures = [face(kind, side=side) for kind in range(4)]
    got = compress(as_batch(*pictures), torch.full((4,), float(quality)))[:, 0].numpy()
    expected = np.stack([as_opencv(picture, quality) for picture in pictures])
    # An encoder computes its transform in whole numbers: a wave that lies between two steps may fall to the other one.
    assert np.abs(got - expected).mean() < 1.0
    assert np.quantile(np.abs(got - expected), 0.9) <= 2


def test_each_picture_has_a_quality_of_its_own_and_a_lower_one_loses_more():
    pictures = as_batch(face(1), face(1), face(1))
    got = compress(pictures, torch.tensor([10.0, 40.0, 95.0]))
    lost = (got - pictures).abs().flatten(1).mean(1)
    assert lost[0] > lost[1] > lost[2]
    assert torch.equal(got[1], compress(pictures[:1], torch.tensor([40.0]))[0])


def test_levels_stay_within_their_range_and_are_whole():
    got = compress(as_batch(*(255 * (face(kind) > 128).astype(np.uint8) for kind in range(3))), torch.full((3,), 8.0))
    assert 0 <= got.min() <= got.max() <= 255
    assert torch.equal(got, got.round())
