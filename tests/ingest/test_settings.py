"""The settings of ingest."""

import pytest

from common.errors import SettingsError
from ingest.settings import IngestSettings


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2026-03-01T09:00:00+01:00", 1_772_352_000_000),
        ("2026-03-01T08:00:00Z", 1_772_352_000_000),
        ("1772352000", 1_772_352_000_000),
        ("1772352000.25", 1_772_352_000_250),
        (1772352000, 1_772_352_000_000),
        ("0", 0),
    ],
)
def test_a_start_is_an_iso_time_with_a_zone_or_unix_seconds(text, milliseconds):
    assert IngestSettings.load({"start": text}).start_ms == milliseconds


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("2026-03-01T09:00:00", "zone"),
        ("today", "such as"),
        ("-5", "between"),
        ("nan", "between"),
        ("1e99", "9999"),
    ],
)
def test_another_start_is_refused_with_a_hint(text, hint):
    with pytest.raises(SettingsError, match=hint):
        IngestSettings.load({"start": text})


def test_a_date_in_the_settings_file_is_a_start(tmp_path):
    file = tmp_path / "moodline.toml"
    file.write_text("[ingest]\nstart = 2026-03-01T09:00:00+01:00\nrate = 2\n")
    settings = IngestSettings.load(file=file)
    assert (settings.start_ms, settings.rate) == (1_772_352_000_000, 2)


def test_settings_come_from_variables(monkeypatch):
    monkeypatch.setenv("MOODLINE_INGEST_RATE", "0")
    assert IngestSettings.load().rate == 0


@pytest.mark.parametrize("rate", [-1, "inf", "nan", "fast"])
def test_a_senseless_rate_is_refused(rate):
    with pytest.raises(SettingsError, match=r"ingest\.rate"):
        IngestSettings.load({"rate": rate})
