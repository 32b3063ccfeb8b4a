"""Whatever goes wrong between the stages, the series is that of an undisturbed run.

A failing run is printed as a `Scenario`; `simulate(client, Scenario(...))` in a test runs exactly that one again. The
same scenarios are drawn every time, so that a change is what makes a run fail; with MOODLINE_SIMULATION_RUNS set to a
number, so many fresh ones are drawn (about ten a second).
"""

import os
import random

import pytest
from hypothesis import HealthCheck, given, seed, settings

from common.worker import Worker
from tests.simulation import mutants
from tests.simulation.faults import Fault, Scenario, scenarios
from tests.simulation.outcome import check, undisturbed
from tests.simulation.pipeline import World

FRESH = os.environ.get("MOODLINE_SIMULATION_RUNS")
RUNS = int(FRESH or 2000)
SHARDS = 10
"""Parts that can run side by side, each with scenarios of its own."""


def simulate(client, scenario, make_worker=Worker):
    calm = undisturbed(client, scenario.footage)
    client.flushdb()
    run = World(client, "run", scenario, make_worker)
    run.run()
    check(run, client, scenario.footage, calm)
    return run


@pytest.mark.timeout(120 + RUNS // SHARDS)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_nothing_that_goes_wrong_changes_what_is_written(client, shard):
    @seed(random.randrange(2**32) if FRESH else shard)
    @settings(max_examples=RUNS // SHARDS, suppress_health_check=[HealthCheck.too_slow])
    @given(scenario=scenarios())
    def is_as_if_undisturbed(scenario):
        simulate(client, scenario)

    is_as_if_undisturbed()


@pytest.mark.parametrize("schedule", range(3))
def test_with_nothing_going_wrong_everything_is_through_too(client, schedule):
    simulate(client, Scenario(footage=schedule, schedule=schedule))


def test_the_same_scenario_runs_the_same_way(client):
    scenario = Scenario(27, 5, (Fault("detector", "flush", 4, "blackout", 6), Fault("sink", "redis", 9, "outage", 5)))
    first, second = simulate(client, scenario), simulate(client, scenario)
    assert [topic.told for topic in first.topics] == [topic.told for topic in second.topics]
    assert first.met == second.met == {"detector blackout": 1, "sink outage": 1}


@pytest.mark.parametrize("edge", ["redis", "redis done"])
@pytest.mark.parametrize("kind", ["zombie", "crash", "outage"])
def test_a_sink_may_be_disturbed_at_each_of_its_first_round_trips(client, edge, kind):
    for nth in range(1, 13):
        simulate(client, Scenario(31, nth, (Fault("sink", edge, nth, kind, 12),)))


def is_found(client, make_worker, scenario):
    try:
        simulate(client, scenario, make_worker)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize(
    ("mutant", "role", "call", "kind"),
    [
        (mutants.CommitsFirst, "detector", "flush", "crash"),
        (mutants.SavesFirst, "detector", "redis done", "crash"),
        (mutants.KeepsLost, "detector", "polled", "zombie"),
        (mutants.KeepsLost, "sink", "polled", "zombie"),
        (mutants.SavesAnyway, "detector", "flush", "blackout"),
        (mutants.SkipsBySeq, "detector", "polled", "crash"),
        (mutants.StartsAfresh, "detector", "committed", "crash"),
        (mutants.LosesLetters, "detector", "commit", "crash"),
    ],
)
def test_a_worker_with_a_mistake_is_found_where_a_sound_one_passes(client, mutant, role, call, kind):
    disturbed = (Scenario(26, nth, (Fault(role, call, nth, kind, 12),)) for nth in range(1, 25))
    telling = next(scenario for scenario in disturbed if is_found(client, mutant, scenario))
    simulate(client, telling)
