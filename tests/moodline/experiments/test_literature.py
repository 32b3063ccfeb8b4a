"""The page on earlier work points to experiments that have a result, and to no others."""

import pytest

from moodline.experiments.literature import ORIGINS, STUDIES, literature_page
from moodline.experiments.registry import EXPERIMENTS


def test_every_study_is_a_row_of_the_table():
    lines = literature_page(()).splitlines()
    assert sum(line.startswith("| ") for line in lines) == 2 + len(STUDIES)


@pytest.mark.parametrize("has_run", [(), ("leak",), tuple(ORIGINS)])
def test_where_higher_numbers_can_come_from_is_said_of_experiments_that_have_run_alone(has_run):
    page = literature_page(has_run)
    assert [name for name in ORIGINS if f"]({name}.md)" in page] == list(has_run)
    assert ("Higher numbers can come from" in page) == bool(has_run)


def test_what_the_page_points_to_are_experiments():
    assert set(ORIGINS) <= {one.name for one in EXPERIMENTS}
