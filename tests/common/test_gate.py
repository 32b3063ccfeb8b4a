import threading

import pytest

from common.bus.base import BusClosed
from common.bus.gate import SMALL_BYTES, ByteGate

LONG_S = 60.0
BIG = 4 * SMALL_BYTES


class Entering:
    """Enters a gate in a thread of its own."""

    def __init__(self, gate, size):
        self.error = None
        self._gate, self._size = gate, size
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self._gate.enter(self._size)
        except BusClosed as error:
            self.error = error

    @property
    def waits(self):
        self._thread.join(0.05)
        return self._thread.is_alive()

    def ended(self):
        self._thread.join(LONG_S)
        return not self._thread.is_alive()


def test_what_fits_enters_at_once_and_more_waits_until_there_is_room():
    gate = ByteGate(2 * BIG, 0)
    gate.enter(BIG)
    gate.enter(BIG)
    third = Entering(gate, BIG)
    assert third.waits
    assert gate.held == 2 * BIG
    gate.leave(BIG)
    assert third.ended()
    assert gate.held == 2 * BIG


def test_a_message_bigger_than_the_gate_enters_when_nothing_else_is_inside():
    gate = ByteGate(BIG, 0)
    gate.enter(10)
    big = Entering(gate, 10 * BIG)
    assert big.waits
    gate.leave(10)
    assert big.ended()


def test_small_messages_pass_a_full_gate_until_their_own_allowance_is_full_too():
    gate = ByteGate(BIG, 2 * SMALL_BYTES)
    gate.enter(BIG)
    gate.enter(SMALL_BYTES)
    gate.enter(SMALL_BYTES)
    assert Entering(gate, SMALL_BYTES).waits


def test_a_gate_is_crowded_when_another_message_of_full_size_would_wait():
    gate = ByteGate(2 * BIG, SMALL_BYTES)
    assert not gate.crowded
    gate.enter(BIG)
    assert not gate.crowded
    gate.enter(10)
    assert gate.crowded
    gate.leave(10)
    assert not gate.crowded


def test_an_empty_gate_is_never_crowded():
    gate = ByteGate(BIG, 0)
    gate.enter(5 * BIG)
    gate.leave(5 * BIG)
    assert not gate.crowded


def test_closing_a_gate_ends_whoever_waits_and_whoever_comes():
    gate = ByteGate(BIG, 0)
    gate.enter(BIG)
    waiting = Entering(gate, BIG)
    assert waiting.waits
    gate.close()
    assert waiting.ended()
    assert waiting.error is not None
    with pytest.raises(BusClosed):
        gate.enter(1)


def test_many_threads_never_hold_more_than_the_gate_allows():
    gate, most, lock = ByteGate(2 * BIG, 0), [0], threading.Lock()

    def work():
        for _ in range(200):
            gate.enter(BIG)
            with lock:
                most[0] = max(most[0], gate.held)
            gate.leave(BIG)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)
    assert gate.held == 0
    assert 0 < most[0] <= 2 * BIG
