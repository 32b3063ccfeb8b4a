"""Stages that are fused keep the state of the one that has any, so that a camera may go to a worker of another cut."""

import pytest

from common.errors import MoodlineError
from common.fused import FusedStage
from common.messages import Finished
from common.stage import StatefulStage


class Plain:
    def process(self, messages):
        return messages

    def forget(self, camera):
        pass

    def close(self):
        pass


class Counting(Plain):
    """Knows of each camera how often its state was taken."""

    def __init__(self):
        self.known = {}

    def state(self, camera):
        return self.known.get(camera, b"")

    def resume(self, camera, state):
        self.known[camera] = state

    def forget(self, camera):
        self.known.pop(camera, None)


def test_a_camera_goes_from_a_worker_of_its_own_to_a_fused_one_and_back():
    alone, inside = Counting(), Counting()
    alone.known["shop"] = b"seven"
    fused = FusedStage([FusedStage([inside]), FusedStage([Plain()])])
    fused.resume("shop", alone.state("shop"))
    assert inside.known == {"shop": b"seven"}
    assert fused.state("shop") == b"seven"
    fused.forget("shop")
    assert fused.state("shop") == b""


def test_two_states_in_one_worker_are_refused():
    first, second = Counting(), Counting()
    first.known["shop"] = second.known["shop"] = b"seven"
    with pytest.raises(MoodlineError, match="two stages with a state"):
        FusedStage([first, second]).state("shop")


def test_messages_go_through_one_stage_after_another():
    class Doubling(Plain):
        def process(self, messages):
            return [Finished(2 * message.partition) for message in messages]

    fused = FusedStage([Doubling(), Doubling()])
    assert isinstance(fused, StatefulStage)
    assert list(fused.process([Finished(1), Finished(2)])) == [Finished(4), Finished(8)]
