from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import Field, ValidationError, model_validator
from pydantic_settings import SettingsConfigDict

from common.errors import SettingsError
from common.settings import VARIABLE_PREFIX, Settings, read_file
from common.store_settings import StoreSettings


class ShopSettings(Settings):
    section: ClassVar[str] = "shop"
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=f"{VARIABLE_PREFIX}SHOP_")

    rate: float = Field(5.0, gt=0, le=100, description="rate")
    name: str = Field("till", description="name")
    sizes: tuple[int, ...] = Field((1, 2), description="sizes")

    @model_validator(mode="after")
    def _fits(self):
        if self.name == "fixed" and self.rate != 5:
            raise ValueError("a till has a fixed rate")
        return self


class TopSettings(Settings):
    floor: int = Field(1, description="floor")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def settings_file(content, name="moodline.toml"):
    path = Path(name)
    path.write_text(content, encoding="utf-8")
    return path


def test_without_anything_the_defaults_hold():
    assert ShopSettings.load() == ShopSettings(rate=5.0, name="till", sizes=(1, 2))


def test_a_file_wins_over_a_variable_and_an_option_over_both(monkeypatch):
    monkeypatch.setenv("MOODLINE_SHOP_RATE", "6")
    assert ShopSettings.load().rate == 6
    settings_file("[shop]\nrate = 7\n")
    assert ShopSettings.load().rate == 7
    assert ShopSettings.load({"rate": 8}).rate == 8


def test_an_option_that_was_not_given_hides_nothing(monkeypatch):
    monkeypatch.setenv("MOODLINE_SHOP_RATE", "6")
    assert ShopSettings.load({"rate": None}).rate == 6


def test_each_field_may_come_from_another_place(monkeypatch):
    monkeypatch.setenv("MOODLINE_SHOP_NAME", "door")
    settings_file("[shop]\nsizes = [3]\n")
    loaded = ShopSettings.load({"rate": 9})
    assert (loaded.name, loaded.sizes, loaded.rate) == ("door", (3,), 9)


def test_a_named_file_is_read_instead_of_the_one_in_the_folder():
    settings_file("[shop]\nrate = 7\n")
    other = settings_file("[shop]\nrate = 8\n", "other.toml")
    assert ShopSettings.load(file=other).rate == 8


def test_a_section_without_a_name_is_the_top_of_the_file_and_ignores_its_tables():
    settings_file("floor = 3\n[shop]\nrate = 7\n")
    assert TopSettings.load().floor == 3


def test_settings_are_frozen():
    loaded = ShopSettings.load()
    with pytest.raises(ValidationError):
        loaded.rate = 1.0


@pytest.mark.parametrize("value", ["fast", "0", "101"])
def test_a_bad_variable_is_refused_with_one_sentence_that_names_it(monkeypatch, value):
    monkeypatch.setenv("MOODLINE_SHOP_RATE", value)
    with pytest.raises(SettingsError, match=r"MOODLINE_SHOP_RATE.*" + value) as caught:
        ShopSettings.load()
    assert "\n" not in str(caught.value)


def test_a_bad_list_in_a_variable_is_refused_with_one_sentence_that_names_it(monkeypatch):
    monkeypatch.setenv("MOODLINE_SHOP_SIZES", "1 2 3")
    with pytest.raises(SettingsError, match="MOODLINE_SHOP_SIZES must be a list") as caught:
        ShopSettings.load()
    assert "\n" not in str(caught.value)


def test_a_bad_entry_of_a_list_names_the_variable_of_the_list(monkeypatch):
    monkeypatch.setenv("MOODLINE_SHOP_SIZES", "[1, 0.5]")
    with pytest.raises(SettingsError, match=r"'shop\.sizes\.1' \(MOODLINE_SHOP_SIZES\)"):
        ShopSettings.load()


def test_settings_that_do_not_fit_together_are_refused_with_one_sentence():
    with pytest.raises(SettingsError, match=r"settings of 'shop' do not fit together: .*a till has a fixed rate"):
        ShopSettings.load({"name": "fixed", "rate": 3})


def test_a_bad_value_in_the_file_is_refused_with_its_place():
    settings_file("[shop]\nrate = -1\n")
    with pytest.raises(SettingsError, match=r"'shop\.rate'"):
        ShopSettings.load()


def test_an_unknown_key_in_the_file_is_refused_and_the_known_ones_named():
    settings_file("[shop]\nspeed = 1\n")
    with pytest.raises(SettingsError, match=r"unknown setting 'shop\.speed'.*name, rate, sizes"):
        ShopSettings.load()


def test_a_section_that_is_no_table_is_refused():
    settings_file("shop = 3\n")
    with pytest.raises(SettingsError, match=r"write \[shop\] above its keys"):
        ShopSettings.load()


@pytest.mark.parametrize("content", [b"[shop\n", b"rate = \xff\xfe", b"\x00\x01"])
def test_a_file_that_is_not_toml_is_refused_with_one_sentence(content):
    Path("moodline.toml").write_bytes(content)
    with pytest.raises(SettingsError, match="cannot be read as TOML") as caught:
        read_file()
    assert "\n" not in str(caught.value)


def test_a_named_file_that_is_missing_is_refused_and_an_unnamed_one_is_not():
    assert read_file() == {}
    with pytest.raises(SettingsError, match="does not exist"):
        read_file(Path("nowhere.toml"))


def test_the_name_of_a_variable_is_prefix_section_and_field():
    assert ShopSettings.variable("rate") == "MOODLINE_SHOP_RATE"
    assert TopSettings.variable("floor") == "MOODLINE_FLOOR"


@pytest.mark.parametrize("given", [["redis://me:hidden@host"], {"url": "redis://me:hidden@host"}, ["hidden"]])
def test_what_was_given_for_a_secret_is_not_shown(given):
    with pytest.raises(SettingsError, match="MOODLINE_REDIS_URL") as caught:
        StoreSettings.load({"redis_url": given})
    assert "hidden" not in str(caught.value)
