"""Records that no stage can use, straight on the topics: each is a dead letter, and everything after it goes on."""

import random
import zlib

import msgspec
import numpy as np
import pytest
from kafka import KafkaProducer
from kafka.admin import ConfigResource

from common import jpeg, wire, wire_headers
from common.bus.kafka_client import make_admin
from common.messages import CROP_SIDE, Box, Closed, Face, Faces, Frame, Landmarks, Opened, Point, Quality, Spine
from tests.builders_wire import with_header
from tests.integration.fleet import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]

CAMERA = "poisoned"
FIRST, SECOND = "20260101T000000000", "20260101T000100000"
"""Two epochs: one is poisoned where the detector reads, the other further on."""

START_MS = 1_767_225_600_000
WIDTH, HEIGHT = 320, 240
HUGE = 8660, 5774
"""The sides of a picture of 50 million pixels."""

LARGE_BYTES = 10_000_000
PARTITION = 0
"""Where the first camera of an empty store goes, too."""

noise = random.Random(4).randbytes


def time_of(seq, epoch):
    return START_MS + 60_000 * (epoch == SECOND) + 200 * seq


def spine(seq, epoch=FIRST):
    time_ms = time_of(seq, epoch)
    return Spine(CAMERA, epoch, seq, time_ms, "file", 0.0, time_ms, "file")


def opened(epoch):
    return Opened(CAMERA, epoch, time_of(0, epoch), "file", 5.0, WIDTH, HEIGHT, "poison.mp4")


def closed(last_seq, epoch):
    return Closed(CAMERA, epoch, time_of(last_seq, epoch), last_seq, "end", 0, 0)


def empty_frame(seq):
    return Frame(spine(seq), WIDTH, HEIGHT, np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8))


def faces(seq, *found):
    return Faces(spine(seq, SECOND), found, "poison")


def frame_with(seq, data, width=WIDTH, height=HEIGHT):
    """A frame whose picture is anything; the checksum is right, so that the picture itself must be looked at."""
    body = {
        "type": "frame",
        "spine": msgspec.to_builtins(spine(seq)),
        "width": width,
        "height": height,
        "picture": [height * 3 // 2, width, data, "jpeg", zlib.crc32(data)],
    }
    envelope = wire_headers.Envelope("frame", spine(seq), (width, height))
    return wire.Packed(msgspec.msgpack.encode(body), wire_headers.write(envelope))


def picture(width=WIDTH, height=HEIGHT):
    return jpeg.encode(np.full((height * 3 // 2, width), 128, np.uint8))


def faces_with_empty_crop(seq):
    here = Point(10.0, 10.0)
    quality = Quality(40.0, 10.0, 0.0, 0.5, 1.0)
    crop = np.zeros((CROP_SIDE, CROP_SIDE), np.uint8)
    face = Face(0, Box(0.0, 0.0, 40.0, 40.0), 0.9, Landmarks(*[here] * 6), quality, None, crop)
    packed = wire.encode(faces(seq, face))
    body = msgspec.msgpack.decode(packed.value)
    body["faces"][0]["crop"] = [0, 0, b"", "raw", None]
    return wire.Packed(msgspec.msgpack.encode(body), packed.headers)


def of_version(version, message):
    return with_header(wire.encode(message), v=version)


class Poisoner:
    """Puts records on one partition of the fleet's topics, and keeps what must become of those that are no messages."""

    def __init__(self, fleet):
        self._fleet = fleet
        self._producer = KafkaProducer(
            bootstrap_servers=fleet.environment["MOODLINE_KAFKA_BOOTSTRAP_SERVERS"], max_request_size=2 * LARGE_BYTES
        )
        self.expected = {}

    def send(self, topic, packed):
        if not isinstance(packed, wire.Packed):
            packed = wire.encode(packed)
        sent = self._producer.send(self._fleet.topic(topic), packed.value, CAMERA.encode(), packed.headers, PARTITION)
        return sent.get(timeout=60)

    def poison(self, topic, packed, reason, seq=None, epoch=FIRST):
        place = self.send(topic, packed)
        frame = CAMERA if seq is None else f"{CAMERA}/{epoch}/{seq}"
        self.expected[place.topic, place.partition, place.offset] = reason, frame

    def close(self):
        self._producer.close()


@pytest.fixture
def fleet(make_fleet, walkers):
    one = make_fleet(DETECTOR_BATCH=4, CLASSIFIER_BATCH=8, CLASSIFIER_WAIT_MS=50)
    one.workers = [one.start(stage) for stage in ("detector", "classifier", "sink")]
    one.wait_until_ready(*one.workers)
    # The topics are there; this one is to take what is too large for any worker.
    admin = make_admin(one.kafka)
    admin.alter_configs([ConfigResource("TOPIC", one.topic("frames"), {"max.message.bytes": str(16 * 2**20)})])
    admin.close()
    one.feeding = one.start("ingest", "--source", walkers, "--speed", "2")
    one.wait_for_frames("walkers", 5)
    return one


@pytest.fixture
def poisoner(fleet):
    one = Poisoner(fleet)
    yield one
    one.close()


def poison_frames(poisoner):
    """Frames 0 to 9 of the camera: the even ones sound; records that belong to no frame lie between them."""
    whole = picture()
    frames = wire_headers.write(wire_headers.Envelope("frame", spine(9), (WIDTH, HEIGHT)))
    poisoner.send("frames", opened(FIRST))
    poisoner.send("frames", empty_frame(0))
    poisoner.poison("frames", wire.Packed(noise(5000), []), "no header 'moodline'")
    poisoner.poison("frames", frame_with(1, whole[: len(whole) // 2]), "is cut off", 1)
    poisoner.send("frames", empty_frame(2))
    poisoner.poison("frames", of_version("2.0", empty_frame(3)), "schema version 2.0", 3)
    poisoner.poison("frames", wire.Packed(noise(100), [("moodline", b'{"v":"1.0","kind":"frame"}')]), "no spine")
    poisoner.send("frames", empty_frame(4))
    poisoner.poison("frames", frame_with(5, picture(*HUGE), *HUGE), "36 million pixels at most", 5)
    poisoner.send("frames", empty_frame(6))
    poisoner.poison("frames", frame_with(7, picture(*HUGE)), "has 8660 x 5774 pixels, not 320 x 240", 7)
    poisoner.poison("frames", wire.Packed(noise(LARGE_BYTES), []), "too_large: 10000000 bytes")
    poisoner.send("frames", empty_frame(8))
    poisoner.poison("frames", wire.Packed(noise(LARGE_BYTES), frames), "too_large: 10000000 bytes", 9)
    poisoner.send("frames", closed(9, FIRST))


def poison_later_topics(poisoner):
    """Records that no detector or classifier wrote."""
    headers = wire.encode(faces(2)).headers
    for topic in ("faces", "scores"):
        poisoner.poison(topic, wire.Packed(noise(300), []), "no header 'moodline'")
    poisoner.send("faces", opened(SECOND))
    poisoner.send("faces", faces(0))
    poisoner.poison("faces", faces_with_empty_crop(1), "an array of 0 x 0", 1, SECOND)
    poisoner.poison("faces", wire.Packed(noise(300), headers), "the body is not a message of kind 'faces'", 2, SECOND)
    poisoner.send("faces", faces(3))
    poisoner.send("faces", closed(3, SECOND))


@pytest.mark.timeout(240)
def test_poison_is_among_the_dead_letters_with_its_reason_and_everything_after_it_goes_on(fleet, poisoner):
    poison_frames(poisoner)
    poison_later_topics(poisoner)
    wait_until(lambda: fleet.closed(CAMERA) == 2 and fleet.closed("walkers") == 1)

    letters = fleet.run("dead", "list")["letters"]
    found = {(one["topic"], one["partition"], one["offset"]): one for one in letters}
    assert found.keys() == poisoner.expected.keys()
    for place, (reason, frame) in poisoner.expected.items():
        assert reason in found[place]["reason"], found[place]
        assert found[place]["frame"] == frame
    stages = {one["topic"].rpartition(".")[2]: one["stage"] for one in letters}
    assert stages == {"frames": "detector", "faces": "classifier", "scores": "sink"}

    assert fates(fleet, FIRST) == {seq: "dead_letter" if seq % 2 else None for seq in range(10)}
    assert fates(fleet, SECOND) == {0: None, 1: "dead_letter", 2: "dead_letter", 3: None}
    told = fleet.run("ledger")
    assert told["adds_up"]
    assert told["cameras"][CAMERA]["dead_letters"] == 7
    assert told["cameras"]["walkers"]["analysed"] == 60
    fleet.result(fleet.feeding)
    assert [worker.poll() for worker in fleet.workers] == [None] * 3


def fates(fleet, epoch):
    with fleet.reader() as reader:
        return {one.seq: one.dropped for one in reader.frames(CAMERA, epoch)}
