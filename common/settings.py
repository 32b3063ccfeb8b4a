"""The base of all settings and the way they are read: variables, then `moodline.toml`, then options.

Every stage declares one subclass; the composition root and the stages' entry points call `load` once and pass
the frozen result down. Nothing else reads the environment.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as NotJson

from common.errors import SettingsError
from common.logs import redact

VARIABLE_PREFIX = "MOODLINE_"
SETTINGS_FILE = Path("moodline.toml")


class Settings(BaseSettings):
    """Frozen settings of one section; unknown keys are refused.

    A field `rate` of section `ingest` is `MOODLINE_INGEST_RATE` as a variable and `rate` under `[ingest]` in
    `moodline.toml`. A section with an empty name has no table and no middle part.
    """

    section: ClassVar[str] = ""
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=VARIABLE_PREFIX)

    @classmethod
    def load(cls, options: Mapping[str, Any] | None = None, file: Path | None = None) -> Self:
        """Read this section; options that are None count as not given.

        Args:
            options: values from the command line, by field name; they win.
            file: a settings file; by default `moodline.toml` in the working folder, if there is one.

        Raises:
            SettingsError: an unknown key, or a value out of range.
        """
        given = {key: value for key, value in (options or {}).items() if value is not None}
        table = read_table(cls.section, file)
        if not cls.section:
            # Several sections share the top of the file; `check_settings` refuses what none of them knows.
            table = {key: value for key, value in table.items() if key in cls.model_fields}
        try:
            return cls(**{**table, **given})
        except ValidationError as error:
            raise SettingsError(cls._sentence(error)) from error
        except NotJson as error:
            raise SettingsError(cls._not_json(error)) from error

    @classmethod
    def _sentence(cls, error: ValidationError) -> str:
        first = error.errors(include_url=False)[0]
        if not first["loc"]:
            return f"settings of '{cls.section or 'the store'}' do not fit together: {_plain(first['msg'])}"
        field = ".".join(str(part) for part in first["loc"])
        place = f"{cls.section}.{field}" if cls.section else field
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(cls.model_fields))
            return f"unknown setting '{place}'; this section knows: {known}"
        variable = cls.variable(str(first["loc"][0]))
        kind = repr(cls.model_fields.get(str(first["loc"][0])))
        secret = cls.model_config.get("hide_input_in_errors") or "Secret" in kind
        given = "" if secret else f" (given: {redact(repr(first['input']))})"
        return f"setting '{place}' ({variable}) is not usable: {_plain(first['msg'])}{given}"

    @classmethod
    def _not_json(cls, error: NotJson) -> str:
        field = next((name for name in cls.model_fields if f'"{name}"' in str(error)), "")
        return f"variable {cls.variable(field)} must be a list in brackets, as [32, 40, 48]"

    @classmethod
    def variable(cls, field: str) -> str:
        """Name the environment variable that sets `field`."""
        return f"{cls.model_config.get('env_prefix', VARIABLE_PREFIX)}{field}".upper()


def _plain(message: str) -> str:
    """Give a message of pydantic without its class of error, and with a small first letter."""
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    return message[:1].lower() + message[1:]


def read_file(file: Path | None = None) -> dict[str, Any]:
    """Read a settings file; empty if none is named and there is no `moodline.toml` in the working folder.

    Raises:
        SettingsError: a named file is missing, or the file is not TOML.
    """
    path = file or SETTINGS_FILE
    if not path.is_file():
        if file is not None:
            raise SettingsError(f"settings file '{file}' does not exist; name another with --settings")
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"settings file '{path}' cannot be read as TOML: {error}") from error


def read_table(section: str, file: Path | None = None) -> dict[str, Any]:
    """Read the keys of one table of the settings file, or of its top level for an empty section name.

    Raises:
        SettingsError: as `read_file`, or the table is not one.
    """
    content = read_file(file)
    if not section:
        return {key: value for key, value in content.items() if not isinstance(value, dict)}
    table = content.get(section, {})
    if not isinstance(table, dict):
        raise SettingsError(f"'{section}' in the settings file must be a table: write [{section}] above its keys")
    return table
