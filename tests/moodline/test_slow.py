import numpy as np
import pytest

from common.messages import Readings
from moodline.worker import slow
from moodline.worker.slow import SlowStage
from tests.builders_messages import closed, empty_frame, face, faces, gray_frame, opened, spine
from tests.common.worker_bench import Tally

CROP = np.zeros((48, 48), np.uint8)


@pytest.fixture
def waits(monkeypatch):
    seconds = []
    monkeypatch.setattr(slow.time, "sleep", seconds.append)
    return seconds


def test_every_frame_of_a_recording_is_waited_for(waits):
    messages = [opened(), gray_frame(0), empty_frame(1), faces(2), Readings(spine(3), (), "r", "damaged"), closed(3)]
    list(SlowStage(Tally(), 0.5).process(messages))
    assert waits == [2.0]


def test_of_a_live_camera_only_what_is_to_be_worked_on_is_waited_for(waits):
    work = [gray_frame(0, mode="live"), faces(1, face(1, crop=CROP), mode="live")]
    none = [empty_frame(2, dropped="stale", mode="live"), faces(3, face(1, refused="expired"), mode="live")]
    none += [faces(4, mode="live"), Readings(spine(5, mode="live"), (), "r", "behind")]
    list(SlowStage(Tally(), 0.5).process([*work, *none]))
    assert waits == [1.0]
