"""Make two records of one person one, so that it can be taken back.

The merged record stays as it was, with `merged_into` naming the one that is kept. What it had moves over, and every value changed
on the way is written into the journal first. Devices that were logged in as the merged record are logged out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, or_, select

from services.registration.domain.merging import Held, Resolution, resolve
from services.registration.domain.places import GONE
from services.registration.features import Command, problems
from services.registration.features.access_log import note
from services.registration.features.belongings import Belongings, hand_over, lock_courses, plan_belongings
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.change_resident import changed, lock_resident
from services.registration.features.erasures import open_erasure
from services.registration.features.finding import make_findable
from services.registration.features.log_ins import EndLogIns, end_log_ins
from services.registration.features.places import LOCK_ORDER
from services.registration.tables import Authority, Consent, Merge, Registration, Resident, Session
from shared.auth import Principal
from shared.contracts.registration import ConsentChanged, ResidentsMerged
from shared.unit import Unit
from shared.web import phrase

SAME = phrase("请选两份不同的资料。")
FILLED = ("birth_year", "sex", "neighbourhood", "household_id", "landline")
"""What the kept record takes over where it has nothing of its own."""


class MergeResidents(Command):
    """`merged_id` is the same person as `kept_id`, which stays."""

    kept_id: UUID
    merged_id: UUID
    by: Principal


@dataclass(frozen=True, slots=True)
class Clash:
    """One session for which both are registered, and what becomes of it."""

    session: Session
    kept: Registration
    merged: Registration
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class Plan:
    """What a merge would do."""

    kept: Resident
    merged: Resident
    moving: list[Registration]
    clashes: list[Clash]
    consents: list[Consent]
    authorities: list[Authority]
    filled: list[str]
    belongings: Belongings


def plan_merge(kept: Resident, merged: Resident, unit: Unit) -> Plan:
    """See what would happen, without doing it; raises `ToBeForgotten` when one of the two asked to be forgotten."""
    _refuse_forgotten(kept, merged, unit)
    clashes = list(_clashes(kept.id, merged.id, unit))
    apart = [clash for clash in clashes if clash.resolution is Resolution.STAYS_APART]
    stay = {clash.merged.id for clash in apart}
    rows = unit.session.exec(
        select(Registration).where(col(Registration.resident_id) == merged.id).order_by(col(Registration.id))
    ).all()
    filled = [name for name in FILLED if getattr(merged, name) and not getattr(kept, name)]
    filled += [name for name in ("phone", "id_number") if getattr(merged, name) and not getattr(kept, name)]
    if set(merged.needs) - set(kept.needs):
        filled.append("needs")
    return Plan(
        kept=kept,
        merged=merged,
        moving=[row for row in rows if row.id not in stay],
        clashes=clashes,
        consents=_consents(kept.id, merged.id, unit),
        authorities=_authorities(kept.id, merged.id, unit),
        filled=filled,
        belongings=plan_belongings(kept.id, merged.id, (clash.session.id for clash in apart), unit),
    )


def merge_residents(command: MergeResidents, unit: Unit) -> Merge:
    """Merge as planned, and write the journal."""
    kept, merged = _both(command, unit)
    lock_courses(kept.id, merged.id, unit)
    _lock_sessions(kept.id, merged.id, unit)
    plan = plan_merge(kept, merged, unit)
    _refuse_seats(plan.belongings)
    journal: list[dict[str, Any]] = []
    for clash in plan.clashes:
        if clash.resolution is not Resolution.STAYS_APART:
            loser = clash.merged if clash.resolution is Resolution.GIVE_BACK_MERGED else clash.kept
            journal.append({"given_back": str(loser.id), "was": _history(loser)})
            cancel(Cancel(registration_id=loser.id, channel="staff", acted_by=command.by.id), unit)
    unit.session.flush()
    for registration in plan.moving:
        _change(journal, registration, "resident_id", kept.id)
    given = {consent.purpose for consent in plan.consents if consent.withdrawn_at is None}
    for consent in plan.consents:
        _change(journal, consent, "resident_id", kept.id)
    for authority in plan.authorities:
        side = "elder_id" if authority.elder_id == merged.id else "carer_id"
        _change(journal, authority, side, kept.id)
    journal += [hand_over(belonging, kept.id, unit) for belonging in plan.belongings.moving]
    _fill(plan, journal, unit)
    _change(journal, merged, "merged_into", kept.id)
    end_log_ins(EndLogIns(person_id=merged.id), unit)
    merge = Merge(kept_id=kept.id, merged_id=merged.id, merged_by=command.by.id, merged_at=unit.now, journal=journal)
    unit.add(merge)
    unit.session.flush()
    make_findable(kept, unit)
    note(unit, who=command.by, resident_id=kept.id, action="merged")
    unit.emit(ResidentsMerged(merge_id=merge.id, kept=kept.id, merged=merged.id))
    if plan.filled:
        unit.emit(changed(kept, unit))
    for purpose in sorted(given):
        unit.emit(ConsentChanged(resident_id=kept.id, purpose=purpose, given=True, channel="staff"))
    return merge


def _both(command: MergeResidents, unit: Unit) -> tuple[Resident, Resident]:
    if command.kept_id == command.merged_id:
        raise problems.NotForOneself(SAME)
    locked = {id: lock_resident(id, unit) for id in sorted((command.kept_id, command.merged_id))}
    return locked[command.kept_id], locked[command.merged_id]


def _refuse_forgotten(kept: Resident, merged: Resident, unit: Unit) -> None:
    """A wish to be forgotten means one record: nobody's other one is forgotten with it, or saved from it, by a merge."""
    wishes = [wish for wish in (open_erasure(kept.id, unit), open_erasure(merged.id, unit)) if wish is not None]
    if any(wish.started_at is not None for wish in wishes):
        raise problems.ToBeForgotten(phrase("其中一份资料已经按本人的要求删除，不能再合并。"))
    if wishes:
        raise problems.ToBeForgotten(phrase("其中一份资料正在申请删除。请先问清本人：撤回申请以后才能合并。"))


def _refuse_seats(belongings: Belongings) -> None:
    if belongings.two_seats:
        course = belongings.two_seats[0]
        raise problems.TwoSeats(f"两份资料都在“{course}”的名单上，请先到那个班里撤下其中一份，再来合并。")
    if belongings.torn:
        course = belongings.torn[0]
        raise problems.TwoSeats(f"“{course}”有一节课两份资料都报了，合并后学时会少算。请反过来，留下在名单上的那份。")


def _lock_sessions(kept_id: UUID, merged_id: UUID, unit: Unit) -> None:
    """Lock the sessions of both, in the order in which everybody locks several."""
    theirs = select(Registration.session_id).where(col(Registration.resident_id).in_((kept_id, merged_id)))
    unit.session.exec(select(Session).where(col(Session.id).in_(theirs)).order_by(*LOCK_ORDER).with_for_update()).all()


def _clashes(kept_id: UUID, merged_id: UUID, unit: Unit) -> Iterator[Clash]:
    rows = unit.session.exec(
        select(Registration, Session)
        .join(Session, col(Session.id) == col(Registration.session_id))
        .where(col(Registration.resident_id).in_((kept_id, merged_id)), col(Registration.state).not_in(GONE))
        .order_by(*LOCK_ORDER)
    ).all()
    mine = {registration.session_id: registration for registration, _ in rows if registration.resident_id == kept_id}
    for registration, session in rows:
        if registration.resident_id == merged_id and session.id in mine:
            own = mine[session.id]
            begun = session.state != "planned" or unit.now >= session.starts_at
            yield Clash(session, own, registration, resolve(_held(own), _held(registration), begun=begun))


def _held(registration: Registration) -> Held:
    return Held(registration.state, registration.queue, registration.checked_in_at is not None)


def _consents(kept_id: UUID, merged_id: UUID, unit: Unit) -> list[Consent]:
    """What moves: of the purposes on which the kept record says nothing, all that the merged one says."""
    answered = select(Consent.purpose).where(col(Consent.resident_id) == kept_id)
    found = select(Consent).where(col(Consent.resident_id) == merged_id, col(Consent.purpose).not_in(answered))
    return list(unit.session.exec(found.order_by(col(Consent.id))))


def _authorities(kept_id: UUID, merged_id: UUID, unit: Unit) -> list[Authority]:
    """What moves: authorities, ended ones too, but for those between the two, and those in force that the kept record has too."""
    every = select(Authority)
    of = [
        unit.session.exec(
            every.where(or_(col(Authority.elder_id) == id, col(Authority.carer_id) == id)).order_by(col(Authority.id))
        ).all()
        for id in (kept_id, merged_id)
    ]
    both = {kept_id, merged_id}
    has = {(each.elder_id, each.carer_id) for each in of[0] if each.ended_at is None}
    moved = ((each, _renamed(each, merged_id, kept_id)) for each in of[1] if {each.elder_id, each.carer_id} != both)
    return [each for each, pair in moved if each.ended_at is not None or pair not in has]


def _renamed(authority: Authority, old: UUID, new: UUID) -> tuple[UUID, UUID]:
    return (
        new if authority.elder_id == old else authority.elder_id,
        new if authority.carer_id == old else authority.carer_id,
    )


def _fill(plan: Plan, journal: list[dict[str, Any]], unit: Unit) -> None:
    """Give the kept record what it lacks; numbers that must be somebody's alone leave the merged one first."""
    kept, merged = plan.kept, plan.merged
    for name in plan.filled:
        if name == "needs":
            _change(journal, kept, "needs", sorted({*kept.needs, *merged.needs}))
        elif name in FILLED:
            _change(journal, kept, name, getattr(merged, name))
        else:
            mark = "phone_mark" if name == "phone" else "id_mark"
            values = getattr(merged, name), getattr(merged, mark)
            _change(journal, merged, name, "")
            _change(journal, merged, mark, None)
            unit.session.flush()
            _change(journal, kept, name, values[0])
            _change(journal, kept, mark, values[1])


def _change(journal: list[dict[str, Any]], row: Any, column: str, value: Any) -> None:
    """Change one value, the old and the new in the journal."""
    journal.append(
        {
            "table": row.__tablename__,
            "id": str(row.id),
            "column": column,
            "was": as_kept(getattr(row, column)),
            "became": as_kept(value),
        }
    )
    setattr(row, column, value)


def as_kept(value: Any) -> Any:
    """A value as the journal holds it."""
    return str(value) if isinstance(value, UUID) else value


def _history(registration: Registration) -> dict[str, Any]:
    """What a registration was before it was given back."""
    values = registration.model_dump(include={"state", "queue", "prefers_room", "late", "offered_at", "offer_expires_at"})
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
