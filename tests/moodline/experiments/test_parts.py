"""Parts of an experiment are worked out once, whoever asks: a run that goes on, or several at the same time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from moodline.experiments.parts import Parts


def test_a_part_that_was_damaged_is_worked_out_anew(tmp_path):
    Parts(tmp_path).do("one", lambda: {"n": 1})
    (tmp_path / "one.json").write_text("{")
    assert Parts(tmp_path).do("one", lambda: {"n": 2}) == {"n": 2}


def test_a_part_that_was_brought_from_another_machine_is_known_and_counted(tmp_path):
    assert Parts(tmp_path / "here").kept("one") is None
    Parts(tmp_path / "there").do("one", lambda: {"n": 1})
    (tmp_path / "there").rename(tmp_path / "here")
    here = Parts(tmp_path / "here")
    assert here.kept("one") == {"n": 1}
    assert here.seconds > 0


class Other:
    """Another run in the same folder, in the middle of part `one`; it goes on when it is told."""

    def __init__(self, folder, found):
        self._begun, self._told = Event(), Event()
        self._pool = ThreadPoolExecutor(1)
        self._found = found
        self.ended = self._pool.submit(Parts(folder).do, "one", self._work)
        assert self._begun.wait(30)

    def _work(self):
        self._begun.set()
        assert self._told.wait(30)
        if isinstance(self._found, Exception):
            raise self._found
        return self._found

    def go_on(self, _=None):
        self._told.set()
        return {"n": 0}


def test_a_part_that_another_run_works_on_is_left_to_it_and_the_others_are_done_first(tmp_path):
    other, told = Other(tmp_path, {"n": 1}), []
    # Only part `two` lets the other run go on, so it has to come before anybody waits.
    found = Parts(tmp_path, told.append).share({"one": lambda: pytest.fail("done twice"), "two": other.go_on})
    assert found == {"one": {"n": 1}, "two": {"n": 0}}
    assert told[0] == "two"
    assert other.ended.result() == {"n": 1}


def test_a_part_is_taken_over_when_the_run_that_worked_on_it_ends_without_it(tmp_path):
    other = Other(tmp_path, OSError("no space"))
    found = Parts(tmp_path).share({"one": lambda: {"n": 3}, "two": other.go_on})
    assert found["one"] == {"n": 3}
    with pytest.raises(OSError, match="no space"):
        other.ended.result()


def test_what_is_waited_for_is_told(tmp_path):
    told = []
    other = Other(tmp_path, {"n": 1})

    def tell(what):
        told.append(what)
        other.go_on()

    assert Parts(tmp_path, tell).do("one", lambda: pytest.fail("done twice")) == {"n": 1}
    assert told == ["one, which another run works on, is waited for"]


def test_the_seconds_of_all_parts_are_summed_once_also_of_those_that_were_done_before(tmp_path):
    Parts(tmp_path).do("one", lambda: {"n": 1})
    parts = Parts(tmp_path)
    parts.share({"one": lambda: {"n": 1}, "two": lambda: {"n": 2}})
    first = parts.seconds
    again = Parts(tmp_path)
    again.share({"one": lambda: {"n": 1}, "two": lambda: {"n": 2}})
    assert again.seconds == first > 0
