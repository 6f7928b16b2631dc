"""Send somebody to a course, within the neighbourhood's quota."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlmodel import col, func, select

from services.registration.domain import courses
from services.registration.domain.people import masked_name
from services.registration.features import Command, problems
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.open_course import NeighbourhoodCode, the_course
from services.registration.projections.people import name_of
from services.registration.tables import CourseQuota, Nomination, Registration, Resident, Session
from shared.contracts.registration import ResidentNominated
from shared.unit import Unit
from shared.web import phrase

ON_THE_LIST = ("nominated", "enrolled")
NOBODY = phrase("没有找到这位居民，请核对，或先登记。")
UNKNOWN = phrase("没有找到这条推荐，它可能已经撤回了。")


class NominationWish(Command):
    """Who is sent, by which neighbourhood. With `replaces` (another nomination of the neighbourhood) they take over its seat."""

    resident_id: UUID
    neighbourhood: Annotated[NeighbourhoodCode, Field(examples=["310101019003"])]
    replaces: UUID | None = None


class Nominate(NominationWish):
    """The wish of `by`, a member of staff, for the course `programme_id`; they send for `neighbourhoods` only, None: for all."""

    programme_id: UUID
    by: UUID
    neighbourhoods: frozenset[str] | None = None


def nominate(command: Nominate, unit: Unit) -> Nomination:
    """Put the person on the list; over quota the answer says who has the seats. A seat changes hands until the first lesson."""
    refuse_foreign(command.neighbourhood, command.neighbourhoods)
    course = the_course(command.programme_id, unit, locked=True)
    quota = unit.find(CourseQuota, (course.programme_id, command.neighbourhood))
    if quota is None:
        raise problems.NoQuota(phrase("这个培训班没有给这个居委名额，请找主办方商量。"))
    if unit.find(Resident, command.resident_id) is None:
        raise problems.UnknownResident(NOBODY)
    if nominated(course.programme_id, command.resident_id, unit) is not None:
        raise problems.AlreadyNominated(phrase("这位学员已经在名单上了，不用再报。"))
    replaced = _replaced(command, unit) if command.replaces else None
    if replaced is None:
        _refuse_over_quota(quota, unit)
    nomination = Nomination(
        programme_id=course.programme_id,
        neighbourhood=quota.neighbourhood,
        resident_id=command.resident_id,
        nominated_by=command.by,
        nominated_at=unit.now,
        replaces=command.replaces,
    )
    if replaced is not None:
        give_lessons_back(replaced, unit)
        replaced.state, replaced.ended_at = "replaced", unit.now
        unit.session.flush()
    unit.add(nomination)
    unit.emit(
        ResidentNominated(
            nomination_id=nomination.id,
            programme_id=nomination.programme_id,
            resident_id=nomination.resident_id,
            neighbourhood=nomination.neighbourhood,
            replaces=nomination.replaces,
        )
    )
    return nomination


def refuse_foreign(neighbourhood: str, allowed: frozenset[str] | None) -> None:
    """Raise `ForeignNeighbourhood` where the neighbourhood is none of those allowed."""
    if allowed is not None and neighbourhood not in allowed:
        raise problems.ForeignNeighbourhood(phrase("您只能推荐和撤回自己居委的学员，别的居委请他们自己办。"))


def nominated(programme_id: UUID, resident_id: UUID, unit: Unit) -> Nomination | None:
    """The person's nomination for the course that still stands."""
    found = select(Nomination).where(
        col(Nomination.programme_id) == programme_id,
        col(Nomination.resident_id) == resident_id,
        col(Nomination.state).in_(ON_THE_LIST),
    )
    return unit.session.exec(found).one_or_none()


def has_begun(programme_id: UUID, unit: Unit) -> bool:
    """Whether the first lesson of the course has started."""
    first = select(func.min(Session.starts_at)).where(
        col(Session.programme_id) == programme_id, col(Session.state) != "cancelled"
    )
    starts = unit.session.exec(first).one()
    return starts is not None and starts <= unit.now


def give_lessons_back(nomination: Nomination, unit: Unit) -> None:
    """Give back the person's places in the course's lessons that have not started."""
    places = (
        select(Registration.id)
        .join(Session, col(Session.id) == col(Registration.session_id))
        .where(
            col(Session.programme_id) == nomination.programme_id,
            col(Session.state) == "planned",
            col(Session.starts_at) > unit.now,
            col(Registration.resident_id) == nomination.resident_id,
            col(Registration.state).in_(("confirmed", "waitlisted", "offered")),
            col(Registration.checked_in_at).is_(None),
        )
        .order_by(col(Session.starts_at))
    )
    for registration_id in unit.session.exec(places).all():
        cancel(Cancel(registration_id=registration_id, channel="staff"), unit)


def _replaced(command: Nominate, unit: Unit) -> Nomination:
    found = unit.find(Nomination, command.replaces)
    if (
        found is None
        or (found.programme_id, found.neighbourhood) != (command.programme_id, command.neighbourhood)
        or found.state not in ON_THE_LIST
    ):
        raise problems.UnknownNomination(UNKNOWN)
    if has_begun(command.programme_id, unit):
        raise problems.CourseHasBegun(phrase("第一课已经开始，不能再换人。"))
    return found


def _refuse_over_quota(quota: CourseQuota, unit: Unit) -> None:
    on_the_list = (
        select(Nomination.id, Resident)
        .join(Resident, col(Resident.id) == col(Nomination.resident_id))
        .where(
            col(Nomination.programme_id) == quota.programme_id,
            col(Nomination.neighbourhood) == quota.neighbourhood,
            col(Nomination.state).in_(ON_THE_LIST),
        )
        .order_by(col(Nomination.id))
    )
    rows = unit.session.exec(on_the_list).all()
    taken = [quota.neighbourhood for _ in rows]
    if courses.over_quota({quota.neighbourhood: quota.seats}, taken, quota.neighbourhood):
        holders = [{"nomination_id": str(id), "name": masked_name(name_of(resident, unit))} for id, resident in rows]
        names = "、".join(holder["name"] for holder in holders)
        raise problems.QuotaFull(
            f"{quota.name}的 {quota.seats} 个名额已经给了{names}。要换人，请选“替换”，或先撤回一位。", holders=holders
        )
