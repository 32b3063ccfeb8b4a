"""Every experiment runs in its tiny form on generated data, goes on where it was stopped, and is told."""

import json
from pathlib import Path

import pytest

from classifier.settings import WEIGHTS
from moodline.experiments.experiment import Picture, Table
from moodline.experiments.job import Job
from moodline.experiments.page import page_of, write_pages
from moodline.experiments.registry import EXPERIMENTS
from moodline.experiments.results import Measured, digest_of, read_result

PAGES = Path(__file__).parents[3] / "docs" / "experiments"


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda one: one.name)
def test_an_experiment_runs_in_its_tiny_form_and_is_told_and_a_second_run_works_nothing_out(experiment, data, tmp_path):
    said = []
    job = Job(data, tmp_path / "out", tmp_path / "results", WEIGHTS, said.append)
    path = job.run(experiment, tiny=True)
    assert len(said) > 1
    first = json.loads(path.read_text())
    told = experiment.tell(first["found"])
    assert told.answer
    assert told.blocks
    for block in told.blocks:
        if isinstance(block, Table):
            assert block.caption
            assert block.rows
            assert {len(row) for row in block.rows} == {len(block.head)}
        if isinstance(block, Picture):
            assert block.name.startswith(experiment.name)
    page = page_of(experiment, Measured(first["found"], first["made_by"]), told, first["made_by"]["weights"])
    assert page.startswith(f"# {experiment.title}")
    said.clear()
    assert json.loads(job.run(experiment, tiny=True).read_text())["found"] == first["found"]
    assert said == [f"{experiment.name}: written to {path}"]
    assert read_result(experiment, tmp_path / "results", digest_of(WEIGHTS)) == "only run in its tiny form"


def test_the_pages_are_what_the_results_say(tmp_path):
    for path in write_pages(EXPERIMENTS, PAGES / "results", tmp_path, digest_of(WEIGHTS)):
        if path.suffix == ".md":
            assert path.read_text() == (PAGES / path.relative_to(tmp_path)).read_text(), path.name
        else:
            assert (PAGES / path.relative_to(tmp_path)).is_file()


@pytest.mark.parametrize("path", sorted((PAGES / "results").glob("*.json")), ids=lambda path: path.stem)
def test_a_committed_result_is_of_an_experiment_and_of_a_full_run(path):
    assert path.stem in {one.name for one in EXPERIMENTS}
    assert json.loads(path.read_text())["tiny"] is False
