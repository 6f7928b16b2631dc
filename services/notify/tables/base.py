"""What notify's tables have in common."""

from __future__ import annotations

from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

WHEN: Any = DateTime(timezone=True)


class Table(SQLModel, registry=registry()):
    """What notify's tables have in common: metadata of their own."""
