import logging
import sys

import pytest

from classifier.training.board import FOLDER, opened

LINES = [{"epoch": n, "loss": 1.0 / (n + 1), "fer2013": 0.5, "ferplus": 0.75, "seconds": 2.0} for n in range(4)]


def test_without_tensorboard_one_word_stands_in_the_log_and_nothing_is_written(tmp_path, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with caplog.at_level(logging.INFO), opened(tmp_path, 0) as note:
        for line in LINES:
            note(line)
    assert len([record for record in caplog.records if "TensorBoard" in record.message]) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_with_tensorboard_the_curve_is_read_back_without_what_an_interrupted_attempt_wrote(tmp_path):
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    with opened(tmp_path, 0) as note:
        for line in LINES:
            note(line)
    with opened(tmp_path, 2) as note:
        note({**LINES[2], "loss": 9.0})
    events = reading.EventAccumulator(str(tmp_path / FOLDER))
    events.Reload()
    assert events.Tags()["scalars"] == ["loss", "fer2013", "ferplus", "seconds"]
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(0, 1.0), (1, 0.5), (2, 9.0)]
