"""People who are registered twice: suggestions, merging, and taking a merge back."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from services.registration.api.common import Made, Out
from services.registration.api.people import PersonOut
from services.registration.features.merge_residents import MergeResidents, merge_residents
from services.registration.features.undo_merge import UndoMerge, undo_merge
from services.registration.projections.duplicates import duplicates
from shared.http import StaffDep, UnitDep

router = APIRouter()


class TwiceOut(Out):
    """Two records that may be one person's, and what they have in common beside the name."""

    older: PersonOut
    newer: PersonOut
    same_tail: bool
    same_year: bool


class MergeWish(BaseModel):
    """Which record stays, and which one is the same person."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"kept": "0179302a-0000-7000-8000-000000000001", "merged": "0179302a-0000-7000-8000-000000000002"}
        },
    )

    kept: UUID
    merged: UUID


@router.get("/duplicates")
def get_duplicates(staff: StaffDep, unit: UnitDep) -> list[TwiceOut]:
    """Records that may be one person's, masked."""
    return [TwiceOut.model_validate(pair) for pair in duplicates(unit, staff)]


@router.post("/merges", status_code=201)
def post_merge(wish: MergeWish, staff: StaffDep, unit: UnitDep) -> Made:
    """Merge two records; the id is what it is taken back by."""
    return Made.model_validate(merge_residents(MergeResidents(kept_id=wish.kept, merged_id=wish.merged, by=staff), unit))


@router.post("/merges/{merge_id}/undo", status_code=204)
def post_undo(merge_id: UUID, staff: StaffDep, unit: UnitDep) -> None:
    """Take a merge back."""
    undo_merge(UndoMerge(merge_id=merge_id, by=staff), unit)
