"""The wordings of texts: every version that was ever written, and where each stands with those who approve them."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Text, UniqueConstraint
from sqlmodel import Field

from services.notify.domain.approvals import BODIES, State
from services.notify.tables.base import WHEN, Table
from shared.contracts.notify import Category
from shared.event import new_id


class Template(Table, table=True):
    """One version of the wording of a purpose, or of one variant of it. Never changed: another wording is another version.

    `written_by` is empty for the wordings that the product brings.
    """

    __tablename__ = "template"
    __table_args__ = (
        UniqueConstraint("name", "version", name="template_version"),
        CheckConstraint(f"category IN {get_args(Category)}", name="template_category"),
        CheckConstraint("version > 0", name="template_versions_count_from_one"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(sa_type=Text)
    version: int
    category: Category = Field(sa_type=Text)
    words: str = Field(sa_type=Text)
    written_by: UUID | None = None
    written_at: datetime = Field(sa_type=WHEN)


class Approval(Table, table=True):
    """Where a version stands with a carrier that checks templates, or with the house. `code`: what the carrier calls it."""

    __tablename__ = "template_approval"
    __table_args__ = (
        ForeignKeyConstraint(["template_id"], ["template.id"], name="approval_of_template"),
        CheckConstraint(f"body IN {BODIES}", name="approval_body"),
        CheckConstraint(f"state IN {get_args(State)}", name="approval_state"),
        CheckConstraint("state <> 'approved' OR body = 'house' OR code <> ''", name="approval_has_the_carriers_code"),
        CheckConstraint("state <> 'rejected' OR reason <> ''", name="approval_rejected_for_a_reason"),
    )

    template_id: UUID = Field(primary_key=True)
    body: str = Field(primary_key=True, sa_type=Text)
    state: State = Field(default="draft", sa_type=Text)
    code: str = Field(default="", sa_type=Text)
    reason: str = Field(default="", sa_type=Text)
    changed_by: UUID | None = None
    changed_at: datetime = Field(sa_type=WHEN)
