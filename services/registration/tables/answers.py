"""Answers kept for requests that come again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field

from services.registration.tables.base import WHEN, Table


class AnsweredRequest(Table, table=True):
    """What a request with an idempotency key was answered with.

    `mark` is the keyed hash of who asked and their key, `request_mark` that of what they asked; the answer is encrypted.
    """

    __tablename__ = "answered_request"
    __table_args__ = (Index("answered_request_by_age", "answered_at"),)

    mark: str = Field(sa_type=Text, primary_key=True)
    request_mark: str = Field(sa_type=Text)
    status: int
    kind: str = Field(sa_type=Text)
    location: str = Field(default="", sa_type=Text)
    body: str = Field(sa_type=Text)
    answered_at: datetime = Field(sa_type=WHEN)
