import os
from pathlib import Path

import pytest

from common.errors import SettingsError
from moodline.settings import ALL, PLAIN_VARIABLES, check_settings


def settings_file(content):
    path = Path("settings.toml")
    path.write_text(content, encoding="utf-8")
    return path


def test_every_documented_variable_and_foreign_ones_are_accepted():
    known = {cls.variable(field): "1" for cls in ALL for field in cls.model_fields}
    check_settings(known | dict.fromkeys(PLAIN_VARIABLES, "1") | {"PATH": "/bin", "MOOD": "1"})


def test_no_variable_belongs_to_two_settings():
    names = [cls.variable(field) for cls in ALL for field in cls.model_fields]
    assert len(set(names)) == len(names)


def test_every_setting_is_described_and_has_a_default():
    for cls in ALL:
        assert cls.load() == cls()
        for name, field in cls.model_fields.items():
            assert field.description, f"{cls.section}.{name}"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("MOODLINE_INGEST_RATES", "MOODLINE_INGEST_RATE"),
        ("MOODLINE_REDIS_ULR", "MOODLINE_REDIS_URL"),
        ("moodline_detector_scan", "MOODLINE_DETECTOR_SCAN_MS"),
    ],
)
def test_an_unknown_variable_is_refused_with_what_it_may_have_meant(given, meant):
    with pytest.raises(SettingsError, match=f"unknown variable '{given}'; did you mean '{meant}'") as caught:
        check_settings({given: "1"})
    assert "\n" not in str(caught.value)


def test_a_table_like_no_other_is_refused_with_the_known_ones():
    with pytest.raises(SettingsError, match=r"unknown table \[zzz\].*known are: .*classifier, detector, ingest"):
        check_settings({}, settings_file("[zzz]\n"))


def test_an_empty_environment_is_not_replaced_by_that_of_the_process(monkeypatch):
    monkeypatch.setenv("MOODLINE_NO_SUCH_THING", "1")
    check_settings({})
    with pytest.raises(SettingsError, match="MOODLINE_NO_SUCH_THING"):
        check_settings()
    assert "MOODLINE_NO_SUCH_THING" in os.environ


def test_an_unknown_table_is_refused_with_what_it_may_have_meant():
    with pytest.raises(SettingsError, match=r"unknown table \[detectr\].*did you mean 'detector'"):
        check_settings({}, settings_file("[detectr]\nthreads = 2\n"))


def test_an_unknown_key_at_the_top_is_refused_with_what_it_may_have_meant():
    with pytest.raises(SettingsError, match=r"unknown key 'redis_ulr' at the top.*did you mean 'redis_url'"):
        check_settings({}, settings_file('redis_ulr = "redis://localhost"\n'))


def test_a_file_of_known_tables_is_accepted():
    tables = "".join(f"[{cls.section}]\n" for cls in ALL if cls.section)
    check_settings({}, settings_file('redis_url = "redis://localhost"\n' + tables))
