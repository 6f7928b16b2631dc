"""Forget a person: here at once, in every other service over the bus; done when each of them has said so."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, update
from sqlmodel import col, select

from services.registration.domain.finding import RULES
from services.registration.domain.own_records import FORGOTTEN
from services.registration.features import Command, problems
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.forget_learning import forget_learning
from services.registration.features.log_ins import EndLogIns, end_log_ins
from services.registration.features.register_resident import records_of
from services.registration.tables import (
    AccessNote,
    Authority,
    CalendarFeed,
    Consent,
    Erasure,
    ErasurePart,
    Export,
    LogIn,
    LoginCode,
    Merge,
    Registration,
    Resident,
    ResidentMarks,
    Scan,
    Settlement,
)
from shared import outbox
from shared.contracts.registration import ErasureRequested, PersonErased
from shared.erasure import forget
from shared.unit import Unit

WAITS = ("confirmed", "waitlisted", "offered")


class Erase(Command):
    """Carry out `erasure_id`: the other services' logs are called `sources`."""

    erasure_id: UUID
    sources: tuple[str, ...]


class ConfirmErasure(Command):
    """The service whose log is `source` has forgotten the person."""

    erasure_id: UUID
    source: str


def erase(command: Erase, unit: Unit) -> bool:
    """Give the person's places back, empty what is theirs, and ask the others; False when it was taken back or is held."""
    erasure = unit.lock(Erasure, command.erasure_id)
    if erasure.withdrawn_at is not None or erasure.held_at is not None or erasure.started_at is not None:
        return False
    person = _records_of(erasure.resident_id, unit)
    for resident in person:
        _give_places_back(resident.id, unit)
        end_log_ins(EndLogIns(person_id=resident.id), unit)
        _blank_the_log(resident.id, unit)
        _empty(resident, unit)
    erasure.started_at = unit.now
    unit.add(*(ErasurePart(erasure_id=erasure.id, source=source) for source in command.sources))
    unit.add(ErasurePart(erasure_id=erasure.id, source=unit.source, confirmed_at=unit.now))
    merged = tuple(resident.id for resident in person[1:])
    unit.emit(ErasureRequested(erasure_id=erasure.id, resident_id=erasure.resident_id, merged=merged))
    return True


def confirm_erasure(command: ConfirmErasure, unit: Unit) -> None:
    """Note it; when nobody is left, the person is forgotten everywhere."""
    erasure = unit.session.get(Erasure, command.erasure_id, with_for_update=True, populate_existing=True)
    part = unit.session.get(ErasurePart, (command.erasure_id, command.source))
    if erasure is None or part is None or part.confirmed_at is not None:
        return
    part.confirmed_at = unit.now
    unit.session.flush()
    still = select(ErasurePart).where(col(ErasurePart.erasure_id) == erasure.id, col(ErasurePart.confirmed_at).is_(None))
    if erasure.finished_at is None and unit.session.exec(still).first() is None:
        erasure.finished_at = unit.now
        unit.emit(PersonErased(erasure_id=erasure.id, asked_by=erasure.asked_by))


def _records_of(resident_id: UUID, unit: Unit) -> list[Resident]:
    """The person's record, and those that were found to be theirs too and merged into it."""
    own = unit.lock(Resident, resident_id)
    return [own, *(unit.lock(Resident, id) for id in records_of(resident_id, unit)[1:])]


def _give_places_back(resident_id: UUID, unit: Unit) -> None:
    theirs = select(Registration.id).where(col(Registration.resident_id) == resident_id, col(Registration.state).in_(WAITS))
    for registration_id in unit.session.exec(theirs.order_by(col(Registration.id))).all():
        try:
            cancel(Cancel(registration_id=registration_id, channel="staff"), unit)
        except (problems.NothingToGiveBack, problems.SessionIsOver):
            continue


def _blank_the_log(resident_id: UUID, unit: Unit) -> None:
    """Take what was sealed for others out of the facts about the person, their registrations and their log-ins."""
    unit.session.flush()
    subjects = {str(resident_id)}
    for query in (
        select(Registration.id).where(col(Registration.resident_id) == resident_id),
        select(LoginCode.id).where(col(LoginCode.resident_id) == resident_id),
    ):
        subjects.update(str(id) for id in unit.session.exec(query))
    outbox.erase_sealed(unit.cursor(), *sorted(subjects))
    forget(unit.cursor(), resident_id, unit.now)


def _empty(resident: Resident, unit: Unit) -> None:
    """The row stays, so that counts do; nothing in it is anybody's."""
    forget_learning(resident.id, unit)
    resident.name = unit.keys.encrypt(FORGOTTEN, "resident.name")
    resident.phone = resident.landline = resident.id_number = resident.pinyin = resident.neighbourhood = ""
    resident.phone_mark = resident.id_mark = resident.birth_year = resident.sex = resident.household_id = None
    resident.needs = []
    unit.session.flush()
    scans = select(Scan.id).where(col(Scan.resident_id) == resident.id)
    theirs: tuple[Any, ...] = (
        delete(LoginCode).where(col(LoginCode.resident_id) == resident.id),
        delete(LogIn).where(col(LogIn.person_id) == resident.id),
        delete(Consent).where(col(Consent.resident_id) == resident.id),
        delete(Authority).where(or_(col(Authority.elder_id) == resident.id, col(Authority.carer_id) == resident.id)),
        delete(AccessNote).where(col(AccessNote.resident_id) == resident.id),
        delete(Export).where(col(Export.resident_id) == resident.id),
        delete(CalendarFeed).where(col(CalendarFeed.resident_id) == resident.id),
        delete(Merge).where(or_(col(Merge.kept_id) == resident.id, col(Merge.merged_id) == resident.id)),
        update(Settlement).where(col(Settlement.scan_id).in_(scans)).values(note=""),
        update(Scan).where(col(Scan.resident_id) == resident.id).values(shown=""),
        update(ResidentMarks).where(col(ResidentMarks.resident_id) == resident.id).values(marks=[], rules=RULES),
    )
    for statement in theirs:
        unit.session.exec(statement)
