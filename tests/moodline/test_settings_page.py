"""The generated pages of the settings are current, complete, and say what works."""

import re
from pathlib import Path

import pytest

import common.errors
from common.errors import SettingsError
from ingest.settings import IngestSettings
from moodline.settings import ALL, PLAIN_VARIABLES, check_settings
from moodline.settings_page import PLAIN, page, variables

ROOT = Path(__file__).parents[2]
NAMES = {cls.variable(field) for cls in ALL for field in cls.model_fields} | PLAIN_VARIABLES


@pytest.mark.parametrize(("name", "made"), [("docs/settings.md", page), (".env.example", variables)])
def test_the_committed_page_is_current(name, made):
    assert (ROOT / name).read_text(encoding="utf-8") == made(), "write it again with: make docs"


@pytest.mark.parametrize(("text", "pattern"), [(page(), r"^\| `(MOODLINE_\w+)`"), (variables(), r"^#(MOODLINE_\w+)=")])
def test_every_variable_stands_in_each_page_once(text, pattern):
    assert sorted(re.findall(pattern, text, re.MULTILINE)) == sorted(NAMES)


def test_variables_beside_the_settings_are_all_described():
    assert set(PLAIN) == PLAIN_VARIABLES


def test_every_exit_code_stands_in_the_page_once():
    codes = {str(code) for name, code in vars(common.errors).items() if name.startswith("EXIT_")}
    assert set(re.findall(r"^\| (\d+) \| `EXIT_", page(), re.MULTILINE)) == codes


def test_the_defaults_listed_as_variables_are_accepted(monkeypatch):
    given = dict(re.findall(r"^#(MOODLINE_\w+)=(.+)$", variables(), re.MULTILINE))
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    for cls in ALL:
        loaded = cls.load()
        for field, info in cls.model_fields.items():
            if info.annotation in {int, float, bool, str}:
                assert getattr(loaded, field) == info.default


def test_the_settings_file_in_the_page_is_accepted(tmp_path):
    example = re.search(r"^```toml\n(.*?)^```", page(), re.MULTILINE | re.DOTALL)
    file = tmp_path / "moodline.toml"
    file.write_text(example[1], encoding="utf-8")
    check_settings({}, file)
    for cls in ALL:
        cls.load(None, file)
    assert IngestSettings.load(None, file).start_ms == 1_777_618_800_000


def test_what_is_not_in_the_page_is_refused():
    with pytest.raises(SettingsError, match="MOODLINE_INGEST_RATE"):
        check_settings({"MOODLINE_INGEST_RAET": "2"})
