"""What lacks data is left out, what was stopped goes on, and what another version measured is never told."""

import json
from dataclasses import dataclass, replace

import pytest

from classifier.settings import WEIGHTS
from moodline.experiments.datasets import Datasets
from moodline.experiments.experiment import Claim, Experiment, Picture, Story, Table
from moodline.experiments.job import Job
from moodline.experiments.page import write_pages
from moodline.experiments.results import Measured, read_result, write_result


@dataclass(frozen=True)
class Counting:
    upto: int = 3


def run(bench):
    return {"sum": sum(bench.parts.do(f"n-{n}", lambda n=n: {"n": n})["n"] for n in range(bench.settings.upto))}


def draw(figure):
    figure.subplots().plot([0, 1])


def tell(found):
    claims = [Claim("sum", "92", str(found["sum"]), "the thesis | counted the same twice")]
    table = Table("The sum.", ("sum",), [(str(found["sum"]),)])
    return Story(f"It is {found['sum']}.", ["Text.", table, Picture("counting-line", "A line.", draw)], claims)


COUNTING = Experiment("counting", "Counting", "How many?", ("fer2013",), 0.1, 1, Counting(), Counting(1), run, tell)
MEASURED = Measured(
    {"sum": 3},
    {
        "command": "moodline experiments run counting --data DATA",
        "machine": {"processor": "one", "threads": 1, "python": "3.11", "torch": "2"},
        "data": "abc",
        "weights": None,
        "seconds": 3.0,
        "finished": "2026-01-01T00:00+00:00",
    },
)


def test_an_experiment_whose_data_is_not_there_is_named_and_the_others_go_on(data, tmp_path):
    said = []
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "CK+48").symlink_to(data / "CK+48")
    job = Job(tmp_path / "some", tmp_path / "out", tmp_path / "results", WEIGHTS, said.append)
    assert job.run(COUNTING, tiny=True) is None
    assert "counting: left out, since it needs" in said[0]
    assert "fer2013" in said[0]
    assert job.run(replace(COUNTING, needs=("ckplus",)), tiny=True) is not None


def test_a_run_that_was_stopped_goes_on_with_the_next_part(data, tmp_path):
    worked = []

    def stopping(bench, stop_at=None):
        def work(n):
            if n == stop_at:
                raise KeyboardInterrupt
            worked.append(n)
            return {"n": n}

        return {"sum": sum(bench.parts.do(f"n-{n}", lambda n=n: work(n))["n"] for n in range(bench.settings.upto))}

    job = Job(data, tmp_path / "out", tmp_path / "results", WEIGHTS, lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        job.run(replace(COUNTING, run=lambda bench: stopping(bench, stop_at=2)), tiny=False)
    path = job.run(replace(COUNTING, run=stopping), tiny=False)
    assert worked == [0, 1, 2]
    assert json.loads(path.read_text())["found"] == {"sum": 3}


@pytest.mark.parametrize("change", [{"version": 2}, {"settings": Counting(4)}])
def test_a_result_of_another_version_or_other_settings_is_called_stale_and_not_told(change, tmp_path):
    write_result(COUNTING, MEASURED, tmp_path, tiny=False)
    assert read_result(COUNTING, tmp_path, "net") == MEASURED
    changed = replace(COUNTING, **change)
    assert "stale" in read_result(changed, tmp_path, "net")
    write_pages([changed], tmp_path, tmp_path / "pages", "net")
    index = (tmp_path / "pages" / "README.md").read_text()
    assert "stale" in index
    assert "It is 3" not in index
    assert not (tmp_path / "pages" / "counting.md").exists()


def test_what_was_measured_of_another_net_is_called_stale(tmp_path):
    reading = replace(COUNTING, reads_served="all")
    write_result(reading, replace(MEASURED, made_by={**MEASURED.made_by, "weights": "net"}), tmp_path, tiny=False)
    assert isinstance(read_result(reading, tmp_path, "net"), Measured)
    assert read_result(reading, tmp_path, "another net") == "stale: it measured another net"
    assert isinstance(read_result(replace(reading, reads_served="none"), tmp_path, "another net"), Measured)


@pytest.mark.parametrize(("served", "told"), [("net", False), ("another net", True)])
def test_what_was_measured_in_part_of_another_net_is_told_and_says_so(served, told, tmp_path):
    partly = replace(COUNTING, reads_served="some")
    write_result(partly, replace(MEASURED, made_by={**MEASURED.made_by, "weights": "net"}), tmp_path, tiny=False)
    write_pages([partly], tmp_path, tmp_path / "pages", served)
    page = (tmp_path / "pages" / "counting.md").read_text()
    assert "It is 3." in page
    assert ("is of an earlier one, `net`" in page) == told


@pytest.mark.parametrize("share", ["none", "some", "all"])
def test_only_what_measures_nothing_but_the_net_is_run_anew_for_another_one(share, data, tmp_path):
    other, worked = tmp_path / "other.pt", []
    other.write_bytes(b"another net")

    def count(bench):
        return {"sum": bench.parts.do("one", lambda: worked.append(1) or {"n": 3})["n"]}

    for weights in (WEIGHTS, other):
        job = Job(data, tmp_path / "out", tmp_path / "results", weights, lambda _: None)
        job.run(replace(COUNTING, run=count, reads_served=share), tiny=True)
    assert len(worked) == (2 if share == "all" else 1)


def test_a_page_of_a_result_that_became_stale_says_so_instead_of_it(tmp_path):
    write_result(COUNTING, MEASURED, tmp_path, tiny=False)
    write_pages([COUNTING], tmp_path, tmp_path / "pages", "net")
    write_pages([replace(COUNTING, version=2)], tmp_path, tmp_path / "pages", "net")
    page = (tmp_path / "pages" / "counting.md").read_text()
    assert "stale" in page
    assert "It is 3" not in page


def test_a_page_tells_the_answer_the_claims_tables_figures_and_how_it_was_run(tmp_path):
    write_result(COUNTING, MEASURED, tmp_path, tiny=False)
    write_pages([COUNTING], tmp_path, tmp_path / "pages", "net")
    page = (tmp_path / "pages" / "counting.md").read_text()
    for text in ("# Counting", "**It is 3.**", "| sum | 92 | 3 | the thesis / counted the same twice |", "*The sum.*"):
        assert text in page
    assert "![A line.](figures/counting-line.svg)" in page
    assert "`moodline experiments run counting --data DATA`" in page
    assert (tmp_path / "pages" / "figures" / "counting-line.svg").read_text().startswith("<?xml")
    assert "It is 3." in (tmp_path / "pages" / "README.md").read_text()


def test_the_digest_of_data_changes_with_its_content_alone(data):
    assert Datasets(data, None).digest(["ckplus"]) == Datasets(data, None).digest(["ckplus"])
    assert Datasets(data, None).digest(["ckplus"]) != Datasets(data, None).digest(["portraits"])


def test_an_experiment_that_nobody_knows_and_data_that_is_not_there_are_refused(moodline, tmp_path):
    code, _, err = moodline("experiments", "run", "nothing", "--data", tmp_path)
    assert code == 2
    assert "there is no experiment 'nothing'" in err
    code, _, err = moodline("experiments", "run", "classical", "--data", tmp_path / "nowhere")
    assert code == 8
    assert "fer2013" in err


def test_a_damaged_result_is_named(tmp_path):
    (tmp_path / "counting.json").write_text("[]")
    with pytest.raises(Exception, match="run the experiment 'counting' again"):
        read_result(COUNTING, tmp_path, "net")


def test_experiments_are_listed(moodline):
    code, out, _ = moodline("experiments", "list", "--json")
    assert code == 0
    assert json.loads(out.splitlines()[-1])["experiments"] is not None
