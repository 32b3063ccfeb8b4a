"""Where Redis is; used by every command and worker that reads or writes it."""

from pathlib import Path

from pydantic import Field, SecretStr

from common.settings import Settings


class StoreSettings(Settings):
    """Where the series are; top-level keys of `moodline.toml`, `MOODLINE_REDIS_URL` and so on as variables."""

    redis_url: SecretStr | None = Field(None, description="redis:// or rediss:// address; without it Redis is embedded")
    key_prefix: str = Field("moodline", pattern=r"^[A-Za-z0-9_.:-]+$", description="first part of every key")
    home: Path = Field(Path(".moodline"), description="folder of the embedded Redis and of other local state")
