"""The staff's pages of people who are registered twice: who may be, what a merge would do, and taking one back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from services.registration.features import problems
from services.registration.features.access_log import note
from services.registration.features.belongings import course_of
from services.registration.features.change_resident import lock_resident
from services.registration.features.merge_residents import SAME, MergeResidents, merge_residents, plan_merge
from services.registration.features.undo_merge import UndoMerge, undo_merge
from services.registration.features.wordings import wording_of
from services.registration.pages.rendering import pages, see
from services.registration.pages.words import WORDS
from services.registration.projections.duplicates import duplicates
from services.registration.projections.people import Person
from services.registration.tables import Session
from shared.http import StaffDep, UnitDep
from shared.web import phrase

router = APIRouter()

FILLED = {
    "phone": phrase("手机号"),
    "landline": phrase("座机"),
    "id_number": phrase("身份证号"),
    "birth_year": phrase("出生年"),
    "sex": phrase("性别"),
    "neighbourhood": phrase("居委"),
    "household_id": phrase("同住的人"),
    "needs": phrase("要留意的"),
}

LEARNED = {
    "nomination": phrase("在名单上"),
    "excuse": phrase("请假"),
    "make_up": phrase("补课"),
    "cycle": phrase("登记周期"),
    "hour_entry": phrase("学时"),
    "test_taken": phrase("测验"),
    "practical": phrase("实操"),
    "survey_letter": phrase("问卷"),
    "follow_up": phrase("回访"),
    "scan": phrase("签到签退"),
}


@router.get("/duplicates")
def show_duplicates(request: Request, staff: StaffDep, unit: UnitDep) -> Response:
    """Records that may be one person's."""
    return pages.render(request, "duplicates.html", pairs=duplicates(unit, staff), **WORDS)


@router.get("/duplicates/merge")
def show_plan(request: Request, staff: StaffDep, unit: UnitDep, kept: UUID, merged: UUID) -> Response:
    """What a merge would do, before it is done."""
    if kept == merged:
        raise problems.NotForOneself(SAME)
    both = {id: lock_resident(id, unit) for id in sorted((kept, merged))}
    plan = plan_merge(both[kept], both[merged], unit)
    for id in both:
        note(unit, who=staff, resident_id=id, action="viewed")
    return pages.render(
        request,
        "merge.html",
        kept=Person.of(plan.kept, unit),
        merged=Person.of(plan.merged, unit),
        moving=[unit.get(Session, each.session_id) for each in plan.moving],
        clashes=plan.clashes,
        consents=[wording_of(each.purpose).title for each in plan.consents if each.withdrawn_at is None],
        authorities=len(plan.authorities),
        filled=[FILLED[name] for name in plan.filled],
        learning=plan.belongings.learning,
        scans=plan.belongings.scans,
        staying=sorted({(LEARNED[each.table], course_of(each, unit)) for each in plan.belongings.staying}),
        two_seats=plan.belongings.two_seats,
        torn=plan.belongings.torn,
        **WORDS,
    )


@router.post("/duplicates/merge")
def merge(staff: StaffDep, unit: UnitDep, kept: UUID, merged: UUID) -> Response:
    """Do it."""
    merge_residents(MergeResidents(kept_id=kept, merged_id=merged, by=staff), unit)
    return see(f"/registration/residents/{kept}#merges")


@router.post("/duplicates/undo")
def undo(staff: StaffDep, unit: UnitDep, merge_id: Annotated[UUID, Form()]) -> Response:
    """Take it back."""
    merge = undo_merge(UndoMerge(merge_id=merge_id, by=staff), unit)
    return see(f"/registration/residents/{merge.merged_id}")
