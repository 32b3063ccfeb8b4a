"""The settings of live cameras: what they are by default, and that a value which makes no sense is named."""

import pytest

from common.errors import SettingsError
from ingest.live.settings import LiveSettings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in LiveSettings.model_fields:
        monkeypatch.delenv(f"MOODLINE_LIVE_{name.upper()}", raising=False)


def test_by_default_each_camera_keeps_its_share_and_ffmpeg_waits_longer_than_the_health_of_a_camera():
    settings = LiveSettings.load()
    assert (settings.policy, settings.transport, settings.threads) == ("fair", "tcp", 1)
    assert settings.timeout_s > max(settings.connect_s, settings.stall_s)


def test_a_file_goes_before_the_environment(tmp_path, monkeypatch):
    file = tmp_path / "moodline.toml"
    file.write_text('[live]\npolicy = "latest"\nstall_s = 7\n')
    monkeypatch.setenv("MOODLINE_LIVE_STALL_S", "9")
    monkeypatch.setenv("MOODLINE_LIVE_CONNECT_S", "3")
    settings = LiveSettings.load(None, file)
    assert (settings.policy, settings.stall_s, settings.connect_s) == ("latest", 7.0, 3.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POLICY", "loudest"),
        ("TRANSPORT", "pigeon"),
        ("CONNECT_S", "0"),
        ("STALL_S", "0.5"),
        ("TIMEOUT_S", "-1"),
        ("TIMEOUT_S", "nan"),
        ("THREADS", "0"),
        ("TRUST_S", "0"),
    ],
)
def test_a_value_that_makes_no_sense_is_named_with_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(f"MOODLINE_LIVE_{name}", value)
    with pytest.raises(SettingsError, match=f"MOODLINE_LIVE_{name}"):
        LiveSettings.load()


def test_a_setting_that_does_not_exist_is_named(tmp_path):
    file = tmp_path / "moodline.toml"
    file.write_text("[live]\nstal_s = 7\n")
    with pytest.raises(SettingsError, match=r"live\.stal_s"):
        LiveSettings.load(None, file)
