"""What the tables have in common."""

from __future__ import annotations

from typing import Any

from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

WHEN: Any = DateTime(timezone=True)
WORDS: Any = ARRAY(Text)


class Table(SQLModel, registry=registry()):
    """What registration's tables have in common: metadata of their own."""
