"""What somebody wants to be reached by, as the staff desk reads and writes it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.notify.api.inbox import ReaderDep
from services.notify.features.choose import Choose, choose
from services.notify.features.show_choices import Choices, show_choices
from shared.contracts.notify import Choosable
from shared.http import UnitDep

router = APIRouter()


class LineOut(BaseModel):
    """One line of the ledger: `proof` is the reply, or who wrote it down; `wording` the version of what they were told."""

    category: Choosable
    wanted: bool
    channel: str
    proof: UUID | None
    wording: str
    why: str
    at: datetime


class ChoicesOut(BaseModel):
    """What is in force, and the ledger, the newest line first."""

    resident_id: UUID
    wanted: dict[Choosable, bool]
    ledger: list[LineOut]

    @classmethod
    def of(cls, found: Choices) -> ChoicesOut:
        """As the interface tells it."""
        lines = [
            LineOut(**entry.choice.model_dump(include=set(LineOut.model_fields) - {"why"}), why=entry.why)
            for entry in found.ledger
        ]
        return cls(resident_id=found.resident_id, wanted=found.wanted, ledger=lines)


class ChoiceWish(BaseModel):
    """What the person said at the desk or on the phone, and how (`why`); they may read it."""

    model_config = ConfigDict(extra="forbid")

    category: Choosable = Field(examples=["service"])
    wanted: bool = Field(examples=[False])
    why: str = Field(min_length=2, max_length=200, examples=["本人打电话来说的"])


@router.get("/people/{resident_id}/choices")
def get_choices(resident_id: UUID, unit: UnitDep, _: ReaderDep) -> ChoicesOut:
    """What somebody wants to be reached by."""
    return ChoicesOut.of(show_choices(resident_id, unit))


@router.post("/people/{resident_id}/choices", status_code=201)
def post_choice(resident_id: UUID, wish: ChoiceWish, unit: UnitDep, staff: ReaderDep) -> ChoicesOut:
    """Write down what somebody wants; the same again changes nothing."""
    resident = show_choices(resident_id, unit).resident_id
    told = {"category": wish.category, "wanted": wish.wanted, "why": wish.why.strip()}
    choose(Choose.model_validate({"resident_id": resident, "channel": "staff", "proof": staff.id} | told), unit)
    return ChoicesOut.of(show_choices(resident, unit))
