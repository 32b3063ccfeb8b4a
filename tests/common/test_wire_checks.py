import math
import zlib

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from common import jpeg, wire
from common.messages import Box, Finished, Frame, Reading, Readings
from common.wire import WireError
from tests.builders_messages import QUALITY, closed, empty_frame, face, faces, gray_frame, opened, spine
from tests.builders_wire import changed

CROP = np.full((48, 48), 90, np.uint8)
NOISE = np.random.default_rng(1).integers(0, 256, (72, 64), np.uint8)
EVEN = (0.2, 0.1, 0.1, 0.1, 0.3, 0.1, 0.1)
BAD = [math.nan, math.inf, -math.inf, 1e7]


def reading(track=1, *, status="ok", probabilities=EVEN, box=None, score=0.9, quality=QUALITY):
    return Reading(track, box or Box(10.0, 20.0, 64.0, 70.0), score, quality, status, probabilities)


def readings(*inside, dropped=None):
    return Readings(spine(), inside, "recipe", dropped)


def refused(message, why, codec="raw"):
    value, headers = wire.encode(message, codec)
    with pytest.raises(WireError, match=why):
        wire.decode(value, headers)


def with_picture(frame, *picture):
    """A frame's record with another array in the place of its picture."""
    return changed(wire.encode(frame, "raw"), picture=list(picture))


def test_builders_are_sound():
    for message in (faces(0, face(1, crop=CROP), face(2, refused="blurred")), readings(reading(1), reading(2))):
        packed = wire.encode(message)
        assert type(wire.decode(*packed)) is type(message)


@pytest.mark.parametrize("camera", ["", "Shop", "shop/1", "a" * 65, "shop\n", "käse", "{shop}", "a b"])
def test_a_camera_name_outside_its_alphabet_is_refused(camera):
    refused(empty_frame(camera=camera), "the camera name .* lower-case letters, digits, '-' and '_'")
    refused(opened(camera=camera), "the camera name")
    refused(closed(camera=camera), "the camera name")


@pytest.mark.parametrize("epoch", ["", "e:1", "e" * 65, "e1\n"])
def test_an_epoch_that_could_not_stand_in_a_key_is_refused(epoch):
    refused(faces(epoch=epoch), "the epoch")
    refused(opened(epoch=epoch), "the epoch")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"seq": -1}, "seq is -1"),
        ({"seq": 2**53 + 1}, "seq is 9007199254740993"),
        ({"time_ms": -1}, "time_ms is -1"),
        ({"time_ms": 253_402_300_800_000}, "time_ms is 253402300800000"),
        ({"arrived_ms": -1}, "arrived_ms is -1"),
        ({"clock_error_ms": -0.5}, "clock_error_ms is -0.5"),
        ({"clock": "sundial"}, "spine"),
        ({"mode": "dream"}, "spine"),
    ],
)
def test_a_number_or_time_that_cannot_be_is_refused(fields, why):
    refused(replace(empty_frame(), spine=replace(spine(), **fields)), why)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (replace(opened(), rate=math.nan), "rate has a value that is not finite"),
        (replace(opened(), rate=-1.0), "rate is -1.0"),
        (replace(opened(), width=-2), "width is -2"),
        (replace(opened(), source="s" * 8193), "source has 8193 characters"),
        (replace(opened(), recipe="r" * 201), "recipe has 201 characters"),
        (replace(opened(), time_ms=-1), "time_ms is -1"),
        (replace(closed(), last_seq=-2), "last_seq is -2"),
        (replace(closed(), damaged=-1), "damaged is -1"),
        (replace(closed(), clamped=-1), "clamped is -1"),
        (replace(closed(), reason="bored"), "reason"),
        (Finished(-1), "partition is -1"),
    ],
)
def test_ends_of_an_epoch_that_cannot_be_are_refused(message, why):
    refused(message, why)


@pytest.mark.parametrize("size", [(0, 0), (3, 4), (4, 3), (8194, 2), (2, 8194), (6002, 6000), (8000, 6250)])
def test_a_picture_of_a_size_that_is_not_allowed_is_refused_unread(size):
    width, height = size
    frame = Frame(spine(), width, height, np.zeros((3, 2), np.uint8))
    refused(frame, f"a picture of {width} x {height} pixels is refused")
    refused(frame, f"a picture of {width} x {height} pixels is refused", "jpeg")


def test_a_dropped_frame_may_have_any_size():
    frame = replace(empty_frame(dropped="behind"), width=9001, height=3)
    assert wire.decode(*wire.encode(frame)) == frame


def test_planes_that_do_not_fit_their_frame_are_refused():
    frame = gray_frame(size=(64, 48))
    for shape in [(48, 64), (64, 72), (71, 64), (72, 62), (0, 0)]:
        refused(replace(frame, planes=np.zeros(shape, np.uint8)), "the planes have the shape")
    refused(replace(frame, planes=np.zeros((48, 32), np.uint8)), "the planes have the shape", "jpeg")


@pytest.mark.parametrize("change", [-1, 1])
def test_raw_planes_with_missing_or_extra_values_are_refused(change):
    with pytest.raises(WireError, match=f"has {6 + change} values"):
        wire.decode(*with_picture(gray_frame(size=(2, 2)), 3, 2, bytes(6 + change)))


def test_a_frame_that_was_dropped_has_no_picture():
    refused(replace(gray_frame(size=(2, 2)), dropped="behind"), r"was dropped \(behind\), yet it has a picture")


def test_a_compressed_picture_of_another_size_is_refused():
    huge = jpeg.encode(np.full((1500, 1000), 90, np.uint8))
    packed = with_picture(gray_frame(size=(2, 2)), 3, 2, huge, "jpeg", zlib.crc32(huge))
    with pytest.raises(WireError, match="the picture has 1000 x 1000 pixels, not 2 x 2"):
        wire.decode(*packed)


@pytest.mark.parametrize("missing", [1, 2, 3, 10, 1000])
def test_a_cut_picture_is_refused(missing):
    data = jpeg.encode(NOISE)[:-missing]
    with pytest.raises(WireError, match="the picture is cut off"):
        wire.decode(*with_picture(gray_frame(size=(64, 48)), 72, 64, data, "jpeg", zlib.crc32(data)))


@pytest.mark.parametrize("missing", [3, 10, 1000])
def test_a_cut_picture_is_refused_even_if_an_end_was_put_to_it(missing):
    data = jpeg.encode(NOISE)
    ended = data[:-missing] + b"\xff\xd9"
    with pytest.raises(WireError, match="the picture is damaged: its checksum is another"):
        wire.decode(*with_picture(gray_frame(size=(64, 48)), 72, 64, ended, "jpeg", zlib.crc32(data)))


def test_a_compressed_picture_without_checksum_is_refused():
    data = jpeg.encode(np.zeros((3, 2), np.uint8))
    with pytest.raises(WireError, match="its checksum is another"):
        wire.decode(*with_picture(gray_frame(size=(2, 2)), 3, 2, data, "jpeg"))


@pytest.mark.parametrize("shape", [(0, 0), (0, 48), (47, 48), (24, 96), (96, 96)])
def test_a_crop_of_another_shape_is_refused(shape):
    refused(faces(0, face(1, crop=np.zeros(shape, np.uint8))), f"{shape[0]}(, | x ){shape[1]}")


def test_a_crop_that_is_not_of_bytes_is_refused():
    refused(faces(0, face(1, crop=np.zeros((48, 48), np.float32))), "an array of 48 x 48 has 9216 values")


def test_a_compressed_crop_is_refused():
    packed = wire.encode(faces(0, face(1, crop=CROP)))
    body = msgspec.msgpack.decode(packed.value)
    body["faces"][0]["crop"][3] = "jpeg"
    with pytest.raises(WireError, match="jpeg, is refused"):
        wire.decode(*changed(packed, faces=body["faces"]))


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("field", ["x", "y", "width", "height"])
def test_a_box_that_is_not_finite_is_refused(field, bad):
    box = replace(Box(1.0, 2.0, 3.0, 4.0), **{field: bad})
    refused(faces(0, face(1, box=box)), "is not finite")
    refused(readings(reading(box=box)), "a box has a value that is not finite, or beyond a million")


@pytest.mark.parametrize("bad", BAD)
def test_a_measure_that_is_not_finite_is_refused(bad):
    one = face(1)
    refused(faces(0, replace(one, quality=replace(QUALITY, sharpness=bad))), "a quality has a value that is not finite")
    nose = replace(one.landmarks, nose=replace(one.landmarks.nose, y=bad))
    refused(faces(0, replace(one, landmarks=nose)), "a landmark has a value that is not finite")
    refused(readings(reading(quality=replace(QUALITY, light=bad))), "a quality has a value that is not finite")


@pytest.mark.parametrize("bad", [*BAD, -0.1, 1.1])
def test_a_score_outside_its_range_is_refused(bad):
    refused(faces(0, replace(face(1), score=bad)), "a score is")
    refused(readings(reading(score=bad)), "a score is")


def test_a_box_with_a_negative_side_is_refused():
    refused(readings(reading(box=Box(1.0, 2.0, -3.0, 4.0))), "a box has a negative side")


@pytest.mark.parametrize(
    ("vector", "why"),
    [
        (EVEN[:6], "has 6 probabilities, there must be 7"),
        ((), "has 0 probabilities"),
        ((*EVEN, 0.0), "has 8 probabilities"),
        ((math.nan, *EVEN[1:]), "a probability has a value that is not finite"),
        ((math.inf, *EVEN[1:]), "a probability has a value that is not finite"),
        ((0.25, *EVEN[1:]), "with the sum 1"),
        ((0.0,) * 7, "with the sum 1"),
        ((1.5, -0.5, 0.0, 0.0, 0.0, 0.0, 0.0), "with the sum 1"),
        (None, "a reading is 'ok', yet it has no probabilities"),
    ],
)
def test_probabilities_that_are_not_complete_are_refused(vector, why):
    refused(readings(reading(probabilities=vector)), why)


def test_probabilities_may_be_off_by_rounding():
    rounded = tuple(float(np.float32(1 / 7)) for _ in range(7))
    assert wire.decode(*wire.encode(readings(reading(probabilities=rounded)))).readings[0].probabilities == rounded


def test_a_status_that_is_not_known_is_refused():
    refused(readings(reading(status="asleep")), "status")
    refused(faces(0, face(1, refused="asleep")), "refused")
    refused(faces(0, face(1, refused="ok")), "refused as 'ok', which is no reason")


def test_a_refused_face_has_no_crop():
    refused(faces(0, face(1, refused="blurred", crop=CROP)), r"is refused \(blurred\), yet it has a crop")


def test_a_track_stands_once_in_a_frame():
    refused(faces(0, face(1), face(2), face(1)), "track 1 stands twice in one frame")
    refused(readings(reading(7), reading(7)), "track 7 stands twice in one frame")


@pytest.mark.parametrize("track", [-1, 2**53 + 1])
def test_a_track_number_that_cannot_be_is_refused(track):
    refused(faces(0, face(track)), f"track is {track}")


def test_a_frame_that_was_dropped_has_no_faces():
    refused(faces(0, face(1), dropped="damaged"), r"was dropped \(damaged\), yet there are faces in it")
    refused(readings(reading(), dropped="damaged"), r"was dropped \(damaged\), yet there are faces in it")
