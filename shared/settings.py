"""What a process is told from outside: its database, its Redis, its peers, its keys."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _env(name: str) -> AliasChoices:
    return AliasChoices(name)


class Settings(BaseSettings):
    """The settings every service has; a service subclasses it for its own."""

    model_config = SettingsConfigDict(env_prefix="JIAMENKOU_", extra="ignore", populate_by_name=True)

    database_url: str = Field(validation_alias=_env("DATABASE_URL"))
    redis_url: str = Field(default="", validation_alias=_env("REDIS_URL"))
    port: int = Field(default=8000, validation_alias=_env("PORT"))
    source: str = ""
    peers: dict[str, str] = {}
    keys: Path = Path("keys")
    profile: Literal["production", "demo"] = "production"
    clock: Path | None = None
    log: Literal["json", "console"] = "json"
    public_url: str = "http://127.0.0.1:8080"
