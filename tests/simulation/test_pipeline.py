"""Whatever goes wrong between the stages, the series is that of an undisturbed run."""

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.simulation.faults import Scenario, scenarios
from tests.simulation.outcome import check, undisturbed
from tests.simulation.pipeline import World

RUNS = int(os.environ.get("MOODLINE_SIMULATION_RUNS", "200"))


def simulate(client, scenario: Scenario) -> World:
    calm = undisturbed(client, scenario.footage)
    client.flushdb()
    world = World(client, "run", scenario)
    world.run()
    check(world, client, scenario.footage, calm)
    return world


@given(scenario=scenarios())
@settings(max_examples=RUNS, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True)
def test_no_fault_changes_what_is_written(client, scenario):
    simulate(client, scenario)


@pytest.mark.parametrize("schedule", range(3))
def test_an_undisturbed_run_drains(client, schedule):
    simulate(client, Scenario(footage=schedule, schedule=schedule))
