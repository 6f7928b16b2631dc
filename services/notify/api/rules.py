"""The hours in which texts go out, and how long before a session its reminders come."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.notify.api.templates import EditorDep
from services.notify.features.house_rules import SetRules, TimeOfDay, rules_of, set_rules
from services.notify.tables import HouseRules
from shared.http import StaffDep, UnitDep

router = APIRouter()


class RulesOut(BaseModel):
    """Shanghai's time of day; leads in minutes."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"opens": "08:30", "closes": "20:30", "day_lead": 1440, "hours_lead": 120}}
    )

    opens: TimeOfDay
    closes: TimeOfDay
    day_lead: Annotated[int, Field(ge=60, le=7 * 24 * 60)]
    hours_lead: Annotated[int, Field(ge=30, le=12 * 60)]

    @classmethod
    def of(cls, rules: HouseRules) -> RulesOut:
        """The rules as they are shown."""
        return cls(opens=rules.opens, closes=rules.closes, day_lead=rules.day_lead, hours_lead=rules.hours_lead)


@router.get("/rules")
def get_rules(_: StaffDep, unit: UnitDep) -> RulesOut:
    """The rules in force."""
    return RulesOut.of(rules_of(unit))


@router.put("/rules")
def put_rules(wish: RulesOut, _: EditorDep, unit: UnitDep) -> RulesOut:
    """Set them; they hold for whatever is planned or sent from now on."""
    return RulesOut.of(set_rules(SetRules(**wish.model_dump()), unit))
