"""What answers have in common."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Out(BaseModel):
    """An answer, read from rows or values."""

    model_config = ConfigDict(from_attributes=True)


class Made(Out):
    """The id of what was made."""

    id: UUID
