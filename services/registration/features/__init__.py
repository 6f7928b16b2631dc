"""What can be done: one verb, one file. A feature checks everything before it writes anything, and never commits."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Command(BaseModel):
    """A wish, imperative and frozen; what it says is checked when it is made, what it meets when it is carried out."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, str_max_length=2000)
