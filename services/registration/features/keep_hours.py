"""Keep somebody's hours: the three years they are counted over, and training elsewhere."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlmodel import col, select

from services.registration.domain import courses
from services.registration.domain.courses import Grade
from services.registration.features import Command, problems
from services.registration.features.nominate import NOBODY
from services.registration.features.open_programme import Title
from services.registration.tables import Cycle, HourEntry, Resident
from shared.clock import today
from shared.errors import Invalid
from shared.unit import Unit
from shared.web import phrase

WHY = "hour_entry.why"


class CycleWish(Command):
    """From when hours count, and for which grade: an assistant has to reach 72 hours, a social worker 90."""

    starts_on: Annotated[date, Field(examples=["2021-01-01"])]
    grade: Grade


class StartCycle(CycleWish):
    """For `resident_id`, entered by `by`."""

    resident_id: UUID
    by: UUID


def start_cycle(command: StartCycle, unit: Unit) -> Cycle:
    """Begin three years; two cycles of one person never overlap."""
    unit.lock(Resident, _known(command.resident_id, unit).id)
    for other in cycles_of(command.resident_id, unit):
        begins, ends = other.starts_on, courses.cycle_ends(other.starts_on)
        if command.starts_on < ends and begins < courses.cycle_ends(command.starts_on):
            raise problems.HasCycle(f"这位学员从 {begins} 到 {ends} 已经有一个登记周期，新的要接在它后面。")
    cycle = Cycle(**command.model_dump(exclude={"by"}), entered_by=command.by, entered_at=unit.now)
    unit.add(cycle)
    return cycle


class HoursWish(Command):
    """Training elsewhere: what it was, how many minutes, and what proves it."""

    title: Annotated[Title, Field(examples=["市社工协会：个案工作方法"])]
    category: Annotated[Title, Field(examples=["业务能力"])]
    minutes: Annotated[int, Field(ge=1, le=60_000, examples=[180])]
    minutes_per_hour: Literal[45, 60] = 45
    evidence: Annotated[Title, Field(examples=["结业证书 2021-118"])]
    earned_on: Annotated[date, Field(examples=["2021-04-20"])]


class EnterHours(HoursWish):
    """Earned by `resident_id`, entered by `by`."""

    resident_id: UUID
    by: UUID


def enter_hours(command: EnterHours, unit: Unit) -> HourEntry:
    """Add a line to the ledger; nothing is entered ahead of its day, and the same line not twice."""
    unit.lock(Resident, _known(command.resident_id, unit).id)
    if command.earned_on > today().date():
        raise Invalid(phrase("培训的日期还没有到，上完以后再登记。"))
    same = select(HourEntry.id).where(
        col(HourEntry.resident_id) == command.resident_id,
        col(HourEntry.evidence) == command.evidence,
        col(HourEntry.earned_on) == command.earned_on,
        col(HourEntry.voids).is_(None),
        col(HourEntry.id).not_in(select(HourEntry.voids).where(col(HourEntry.voids).is_not(None))),
    )
    if unit.session.exec(same).first() is not None:
        raise problems.CreditedBefore(phrase("同一天、同一份证明的学时已经登记过了。"))
    entry = HourEntry(**command.model_dump(exclude={"by"}), entered_by=command.by, entered_at=unit.now)
    unit.add(entry)
    return entry


class VoidWish(Command):
    """Why a line of the ledger does not hold."""

    why: Annotated[str, StringConstraints(min_length=2, max_length=100, strip_whitespace=True), Field(examples=["证书是别人的"])]


class VoidHours(VoidWish):
    """The line `entry_id` of `resident_id`, voided by `by`."""

    resident_id: UUID
    entry_id: UUID
    by: UUID


def void_hours(command: VoidHours, unit: Unit) -> HourEntry:
    """Add the line that takes a wrong one back; both stay to be read."""
    unit.lock(Resident, _known(command.resident_id, unit).id)
    entry = unit.find(HourEntry, command.entry_id)
    if entry is None or entry.resident_id != command.resident_id:
        raise problems.UnknownHours(phrase("没有找到这一行学时，请刷新学时表再看。"))
    if entry.voids is not None:
        raise problems.HoursVoided(phrase("这一行就是用来冲销的，不能再冲销；弄错了，请把学时重新登记一次。"))
    if unit.session.exec(select(HourEntry.id).where(col(HourEntry.voids) == entry.id)).first() is not None:
        raise problems.HoursVoided(phrase("这一行已经冲销过了。"))
    kept = entry.model_dump(exclude={"id", "minutes", "voids", "why", "entered_by", "entered_at"})
    counter = HourEntry(
        **kept,
        minutes=-entry.minutes,
        voids=entry.id,
        why=unit.keys.encrypt(command.why, WHY),
        entered_by=command.by,
        entered_at=unit.now,
    )
    unit.add(counter)
    return counter


def cycles_of(resident_id: UUID, unit: Unit) -> list[Cycle]:
    """The person's cycles, the latest first."""
    found = select(Cycle).where(col(Cycle.resident_id) == resident_id).order_by(col(Cycle.starts_on).desc())
    return list(unit.session.exec(found))


def _known(resident_id: UUID, unit: Unit) -> Resident:
    found = unit.find(Resident, resident_id)
    if found is None:
        raise problems.UnknownResident(NOBODY)
    return found
