import hashlib
import json
import platform

import pytest
import torch

from classifier.training.settings import TrainSettings
from classifier.training.train import train
from tests.classifier.builders import write_fer

SHAPE = {"sizes": (16, 16), "widths": (8, 12), "depths": (1, 1)}
RECIPE = SHAPE | {"epochs": 3, "batch": 32, "seed": 5, "threads": 1, "device": "cpu"}


class InterruptionError(Exception):
    """Stands for Ctrl-C."""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_fer(tmp_path_factory.mktemp("data"))


def stop_in(epoch):
    def interrupt(now):
        if now.epoch == epoch:
            raise InterruptionError

    return interrupt


def read(out):
    return json.loads((out / "run.json").read_text())


def test_a_run_says_with_what_from_what_and_where_it_learned(data, tmp_path):
    train(data, tmp_path, TrainSettings(**RECIPE, cache=tmp_path / "cache"))
    record = read(tmp_path)
    assert record["settings"] == json.loads(TrainSettings(**RECIPE, cache=tmp_path / "cache").model_dump_json())
    assert record["data"]["form"] == "fer2013"
    assert (record["data"]["learned_from"], record["data"]["judged_by"]) == (64, 16)
    assert record["data"]["sha256"] == torch.load(tmp_path / "best.pt", weights_only=True)["data"]["sha256"]
    where = record["environment"]
    assert where["python"] == platform.python_version()
    assert where["torch"] == str(torch.__version__)
    assert (where["threads"], where["device"]) == (1, "cpu")
    assert where["processor"]
    assert where["commit"] is None or len(where["commit"].removesuffix("+")) in {40, 64}
    assert record["epochs"] == 3
    assert len(record["parts"]) == 1


def test_time_adds_up_over_the_parts_of_an_interrupted_run(data, tmp_path):
    settings = TrainSettings(**RECIPE, cache=tmp_path / "cache")
    for epoch in (1, 2):
        with pytest.raises(InterruptionError):
            train(data, tmp_path, settings, stop_in(epoch))
    train(data, tmp_path, settings)
    record = read(tmp_path)
    assert [(part["from_epoch"], part["epochs"]) for part in record["parts"]] == [(0, 1), (1, 1), (2, 1)]
    assert record["epochs"] == 3
    assert record["seconds"] == pytest.approx(sum(part["seconds"] for part in record["parts"]), abs=0.01)
    lines = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text().splitlines()]
    assert record["seconds"] >= sum(line["seconds"] for line in lines) * 0.9


def test_a_finished_run_that_is_called_again_adds_no_part(data, tmp_path):
    settings = TrainSettings(**RECIPE, cache=tmp_path / "cache")
    train(data, tmp_path, settings)
    before = hashlib.sha256((tmp_path / "run.json").read_bytes()).digest()
    train(data, tmp_path, settings)
    assert hashlib.sha256((tmp_path / "run.json").read_bytes()).digest() == before


def test_a_damaged_record_begins_anew_and_is_told(data, tmp_path, caplog):
    settings = TrainSettings(**RECIPE, cache=tmp_path / "cache")
    with pytest.raises(InterruptionError):
        train(data, tmp_path, settings, stop_in(1))
    (tmp_path / "run.json").write_text("{")
    train(data, tmp_path, settings)
    assert "the record begins anew" in caplog.text
    assert [part["from_epoch"] for part in read(tmp_path)["parts"]] == [1]
