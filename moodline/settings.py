"""Every settings class of the product in one place: for the check of unknown variables and for the settings page."""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path

from classifier.settings import ClassifierSettings
from classifier.training.settings import TrainSettings
from common.bus.kafka_settings import KafkaSettings, WireSettings
from common.errors import SettingsError
from common.settings import VARIABLE_PREFIX, Settings, read_file
from common.shedding_settings import SheddingSettings
from common.store_settings import StoreSettings
from detector.settings import DetectorSettings
from ingest.live.settings import LiveSettings
from ingest.settings import IngestSettings
from moodline.embedded import RunSettings
from moodline.worker.settings import WorkerSettings
from sink.settings import SinkSettings

ALL: tuple[type[Settings], ...] = (
    StoreSettings,
    WireSettings,
    KafkaSettings,
    WorkerSettings,
    IngestSettings,
    LiveSettings,
    DetectorSettings,
    ClassifierSettings,
    SinkSettings,
    RunSettings,
    SheddingSettings,
    TrainSettings,
)

PLAIN_VARIABLES = {"MOODLINE_LOG_LEVEL", "MOODLINE_REQUIRE_ALL"}
"""Variables that are no settings: how much is logged, and whether tests may skip."""


def check_settings(environment: Mapping[str, str] | None = None, file: Path | None = None) -> None:
    """Refuse what no settings class knows: a variable `MOODLINE_…`, a table or a top-level key of the file.

    Raises:
        SettingsError: names the unknown one and what it may have been meant to be.
    """
    variables = {cls.variable(field) for cls in ALL for field in cls.model_fields} | PLAIN_VARIABLES
    environment = os.environ if environment is None else environment
    given = (name for name in environment if name.upper().startswith(VARIABLE_PREFIX))
    for name in sorted(given):
        if name.upper() not in variables:
            raise SettingsError(f"unknown variable '{name}'{_meant(name.upper(), variables)}")
    sections = {cls.section for cls in ALL if cls.section}
    top = {field for cls in ALL if not cls.section for field in cls.model_fields}
    for key, value in read_file(file).items():
        if isinstance(value, dict) and key not in sections:
            raise SettingsError(f"unknown table [{key}] in the settings file{_meant(key, sections)}")
        if not isinstance(value, dict) and key not in top:
            raise SettingsError(f"unknown key '{key}' at the top of the settings file{_meant(key, top)}")


def _meant(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), 1)
    return f"; did you mean '{close[0]}'?" if close else f"; known are: {', '.join(sorted(known))}"
