"""The detector's state: a stage that goes on from it gives the same faces as one that was never disturbed."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messages import Closed, Faces, Frame, camera_of
from detector.settings import DetectorSettings
from detector.stage import DetectorStage
from detector.state import unpack
from tests.builders_messages import closed, empty_frame, spine
from tests.builders_pictures import astronaut, grace_hopper, pasted, planes_of
from tests.simulation.footage import ScriptedFinder, footage
from tests.simulation.stages import detector_stage


def as_bytes(messages):
    return msgspec.msgpack.encode(messages, enc_hook=lambda array: array.tobytes())


def told(stage, messages):
    return list(stage.process(messages))


def handed_over(messages, cuts, make):
    """Process messages, at every cut by a fresh stage that resumes what the one before saved."""
    found, states = [], {}
    edges = [0, *sorted(cuts), len(messages)]
    for begin, end in pairwise(edges):
        stage = make()
        part = messages[begin:end]
        cameras = {camera_of(message) for message in messages}
        for camera in cameras:
            stage.resume(camera, states.get(camera, b""))
        found += told(stage, part)
        states = {camera: stage.state(camera) for camera in cameras}
        stage.close()
    return found


def mixed(number):
    """The messages of all cameras of some footage, one of each in turn."""
    queues = [list(messages) for messages in footage(number).cameras.values()]
    mixture = []
    while any(queues):
        mixture += [queue.pop(0) for queue in queues if queue]
    return mixture


@given(number=st.integers(0, 39), data=st.data())
def test_a_fresh_stage_goes_on_from_any_place_as_if_nothing_had_happened(number, data):
    messages = mixed(number)
    cuts = data.draw(st.lists(st.integers(0, len(messages)), max_size=4))
    whole = detector_stage()
    expected = told(whole, messages)
    whole.close()
    found = handed_over(messages, cuts, detector_stage)
    assert as_bytes(found) == as_bytes(expected)


@pytest.fixture(scope="module")
def clip():
    """A face that walks through a room, and one that comes later; ten frames a second."""
    frames = []
    for seq in range(8):
        picture = pasted(grace_hopper(), 10 * seq, 120, side=260)
        if seq > 2:
            picture[:, 360:] = pasted(astronaut(), 360, 100, side=280)[:, 360:]
        frames.append(Frame(spine(seq), 640, 480, planes_of(picture)))
    frames[4] = empty_frame(4, dropped="damaged")
    return frames


def test_with_the_real_model_too_a_fresh_stage_goes_on_as_if_nothing_had_happened(clip):
    def make():
        return DetectorStage(DetectorSettings(threads=1))

    whole = make()
    expected = told(whole, clip)
    whole.close()
    assert {face.track for one in expected for face in one.faces} == {1, 2}
    assert as_bytes(handed_over(clip, [1, 3, 5], make)) == as_bytes(expected)


@pytest.fixture
def stage():
    made = detector_stage()
    yield made
    made.close()


def recording():
    """Messages of a camera that shows faces; at least its first eleven frames are whole."""
    return footage(27).cameras["c0"]


def test_repeats_are_passed_over_also_after_a_handover(stage):
    messages = recording()[:6]
    first = told(stage, messages)
    assert told(stage, messages[1:]) == []
    other = detector_stage()
    other.resume("c0", stage.state("c0"))
    rest = told(other, recording()[2:9])
    other.close()
    assert [one.spine.seq for one in rest] == [5, 6, 7]
    assert len(first) == 6


def test_a_repeat_of_a_frame_that_was_dropped_is_passed_over(stage):
    camera = {"camera": "c0"}
    told(stage, [recording()[0], recording()[1], empty_frame(50, epoch="e0", dropped="behind", **camera)])
    assert told(stage, [empty_frame(50, epoch="e0", dropped="behind", **camera)]) == []


def test_a_recording_that_is_opened_again_is_searched_again_and_gives_the_same(stage):
    first = told(stage, recording())
    assert as_bytes(told(stage, recording())) == as_bytes(first)


def test_nothing_is_to_be_known_of_a_camera_that_is_closed_or_was_never_seen(stage):
    end = next(place for place, message in enumerate(recording()) if isinstance(message, Closed))
    told(stage, recording()[: end + 1])
    assert stage.state("c0") == stage.state("nowhere") == b""


def test_the_end_of_an_older_epoch_leaves_the_tracks_of_the_open_one(stage):
    messages = recording()[:8]
    undisturbed = as_bytes([one for one in told(stage, messages) if not isinstance(one, Closed)])
    other = detector_stage()
    disturbed = told(other, [*messages[:4], closed(9, "c0", "an older one"), *messages[4:]])
    other.close()
    assert as_bytes([one for one in disturbed if not isinstance(one, Closed)]) == undisturbed


def test_a_state_that_other_settings_made_starts_afresh(stage):
    told(stage, recording()[:6])
    other = DetectorStage(DetectorSettings(threads=1, scan_ms=400), lambda _: ScriptedFinder())
    other.resume("c0", stage.state("c0"))
    assert other.state("c0") == b""
    assert all(isinstance(one, Faces) for one in told(other, recording()[1:6]))
    other.close()


@pytest.mark.parametrize("state", [b"", b"\xc1", b"\x80", b"moodline"])
def test_a_state_that_cannot_be_read_starts_afresh(stage, state):
    told(stage, recording()[:6])
    assert unpack(state, stage.recipe) is None
    stage.resume("c0", state)
    assert stage.state("c0") == b""


def test_forgetting_a_camera_leaves_the_others(stage):
    messages = [message for message in mixed(27) if isinstance(message, Frame)][:40]
    told(stage, messages)
    other = stage.state("c1")
    stage.forget("c0")
    assert stage.state("c0") == b""
    assert stage.state("c1") == other != b""
