"""What the house has set for its texts."""

from __future__ import annotations

from datetime import time

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from services.notify.tables.base import Table


class HouseRules(Table, table=True):
    """One row: the hours in which texts go out, and how long before a session its reminders come. Without it, the defaults."""

    __tablename__ = "house_rules"
    __table_args__ = (
        CheckConstraint("id = 1", name="house_rules_are_one"),
        CheckConstraint("opens < closes", name="house_rules_open_before_they_close"),
        CheckConstraint("day_lead > hours_lead AND hours_lead > 15", name="house_rules_leads"),
    )

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    opens: time = time(8, 30)
    closes: time = time(20, 30)
    day_lead: int = 24 * 60
    hours_lead: int = 2 * 60
