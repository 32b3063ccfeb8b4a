import gc

import pytest

from common.garbage import YOUNG, calm


@pytest.fixture(autouse=True)
def collector():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_is_there_is_passed_over_and_later_garbage_is_still_collected():
    calm()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[0] == YOUNG
    ring = []
    ring.append(ring)
    del ring
    assert gc.collect() >= 1
