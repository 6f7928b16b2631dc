"""What notify can do: one verb, one file."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Command(BaseModel):
    """Something to be done; values only."""

    model_config = ConfigDict(frozen=True)
