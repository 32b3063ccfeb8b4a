"""A classifier dies under load, and another one joins; used by `moodline bench cameras loss`."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from common.bus.kafka_settings import KafkaSettings
from moodline.bench.cameras.figures import accounts, phase
from moodline.bench.cameras.load import Load
from moodline.bench.cameras.workers import Through, Workers

PHASES = {"two classifiers": 0.0, "one killed": 1 / 3, "one added": 2 / 3}
"""The phases, and the share of the time after which each begins."""

_WORKLOAD = 0.8
"""How much of the load two classifiers can bear, unless it is said how slow they are: one alone cannot."""


def bench_loss(load: Load, kafka: KafkaSettings, through: Through) -> dict[str, Any]:
    """Measure two slow classifiers, of which one is killed after a third of the time and replaced after another.

    Args:
        load: what is offered; with 0 for `slow_ms` two classifiers can bear it, and one cannot.
        kafka: where Kafka is.
        through: which stages are fused.

    Returns:
        What came into the store in each phase, and what became of every frame of the whole run.
    """
    slow_ms = load.slow_ms or 1000 * 2 * _WORKLOAD / (load.cameras * load.rate)
    deeds = (
        (PHASES["one killed"], lambda crew: crew.kill("classifier")),
        (PHASES["one added"], lambda crew: crew.add("classifier")),
    )
    outcome = Workers(kafka, through, 2, deeds)(replace(load, slow_ms=slow_ms))
    starts = [outcome.began_ms + share * outcome.seconds * 1000 for share in PHASES.values()]
    spans = pairwise([*starts, outcome.began_ms + outcome.seconds * 1000])
    phases = {name: phase(outcome, load.names, span) for name, span in zip(PHASES, spans, strict=True)}
    return {"slow_ms": round(slow_ms, 1), **phases, "frames": accounts(outcome)}
