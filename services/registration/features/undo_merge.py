"""Take a merge back: every value that it changed is as it was, unless somebody changed it again since.

A place that was given back because there were two is given again if it is still free; else its owner waits in the line. Devices
that logged in as the kept record since the merge are logged out: either phone led there.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from services.registration.features import Command, announcements, problems
from services.registration.features.access_log import note
from services.registration.features.belongings import hand_back
from services.registration.features.change_resident import changed
from services.registration.features.finding import make_findable
from services.registration.features.log_ins import EndLogIns, end_log_ins
from services.registration.features.merge_residents import as_kept
from services.registration.features.places import LOCK_ORDER, active, free, give, line, position, queue
from services.registration.tables import Authority, Consent, LoginCode, Merge, Registration, Resident, Session
from shared.auth import Principal
from shared.contracts.registration import ConsentChanged, MergeUndone
from shared.unit import Unit
from shared.web import phrase

TABLES: dict[str, Any] = {table.__tablename__: table for table in (Registration, Consent, Authority, Resident)}
IDS = {"resident_id", "elder_id", "carer_id", "household_id", "merged_into"}
NUMBERS = {"phone", "id_number"}
"""Columns that come last of a pair with their mark, and must be off one record before they are on the other."""


class UndoMerge(Command):
    """The two records of this merge are two people after all."""

    merge_id: UUID
    by: Principal


def undo_merge(command: UndoMerge, unit: Unit) -> Merge:
    """Put everything back, the last change first."""
    merge = unit.session.get(Merge, command.merge_id, with_for_update=True, populate_existing=True)
    if merge is None or merge.undone_at is not None:
        raise problems.UnknownMerge(phrase("没有找到这次合并，它可能已经分开了。"))
    _refuse_unless_last(merge, unit)
    people = {id: unit.lock(Resident, id) for id in sorted((merge.kept_id, merge.merged_id))}
    kept, merged = people[merge.kept_id], people[merge.merged_id]
    _lock_sessions(merge, unit)
    before = _agreed(kept.id, unit)
    with unit.session.no_autoflush:
        for change in reversed(merge.journal):
            if "table" in change:
                _put_back(change, unit)
            elif "belonging" in change:
                hand_back(change, kept.id, unit)
    for change in reversed(merge.journal):
        if "given_back" in change:
            _give_again(UUID(change["given_back"]), change["was"], unit)
    merge.undone_at, merge.undone_by = unit.now, command.by.id
    _log_out(merge, unit)
    unit.session.flush()
    for resident in (kept, merged):
        make_findable(resident, unit)
        note(unit, who=command.by, resident_id=resident.id, action="unmerged")
    unit.emit(MergeUndone(merge_id=merge.id, kept=kept.id, merged=merged.id))
    unit.emit(changed(kept, unit))
    unit.emit(changed(merged, unit))
    for purpose in sorted(before - _agreed(kept.id, unit)):
        unit.emit(ConsentChanged(resident_id=kept.id, purpose=purpose, given=False, channel="staff"))
    return merge


def _log_out(merge: Merge, unit: Unit) -> None:
    end_log_ins(EndLogIns(person_id=merge.kept_id, since=merge.merged_at), unit)
    on_the_way = update(LoginCode).where(
        col(LoginCode.resident_id) == merge.kept_id,
        col(LoginCode.requested_at) >= merge.merged_at,
        col(LoginCode.used_at).is_(None),
    )
    unit.session.exec(on_the_way.values(used_at=unit.now))


def _refuse_unless_last(merge: Merge, unit: Unit) -> None:
    """Merges of one record are taken back in turn, the last first: later ones moved what earlier ones had moved."""
    both = (merge.kept_id, merge.merged_id)
    later = select(Merge.id).where(
        col(Merge.undone_at).is_(None),
        col(Merge.id) > merge.id,
        col(Merge.kept_id).in_(both) | col(Merge.merged_id).in_(both),
    )
    if unit.session.exec(later.limit(1)).first() is not None:
        raise problems.MergedAgainSince(phrase("这份资料后来又合并过，请先把后来的那一次分开。"))


def _lock_sessions(merge: Merge, unit: Unit) -> None:
    ids = [UUID(change["given_back"]) for change in merge.journal if "given_back" in change]
    theirs = select(Registration.session_id).where(col(Registration.id).in_(ids))
    unit.session.exec(select(Session).where(col(Session.id).in_(theirs)).order_by(*LOCK_ORDER).with_for_update()).all()


def _put_back(change: dict[str, Any], unit: Unit) -> None:
    row = unit.session.get(TABLES[change["table"]], UUID(change["id"]), with_for_update=True)
    column = change["column"]
    if row is None or as_kept(getattr(row, column)) != change["became"]:
        return
    was = change["was"]
    setattr(row, column, UUID(was) if column in IDS and was is not None else was)
    if column in NUMBERS:
        unit.session.flush()


def _give_again(registration_id: UUID, was: dict[str, Any], unit: Unit) -> None:
    """The registration is what it was, as far as places allow; nothing once the session has begun or its owner signed up anew."""
    registration = unit.lock(Registration, registration_id)
    session = unit.get(Session, registration.session_id)
    unit.session.flush()
    if registration.state not in ("cancelled", "declined") or active(session.id, registration.resident_id, unit) is not None:
        return
    if session.state != "planned" or unit.now >= session.starts_at:
        return
    waiting = len(line(session, registration.mode, unit))
    registration.cancelled_at = registration.declined_at = None
    registration.late = was["late"]
    if was["state"] == "waitlisted":
        registration.state = "waitlisted"
        unit.emit(announcements.waitlisted(registration, session, position=position(registration, unit) or 1))
    elif free(session, registration.mode) >= registration.party:
        confirmed_at = registration.confirmed_at
        give(registration, session, unit)
        registration.confirmed_at = confirmed_at or registration.confirmed_at
        registration.prefers_room = was["prefers_room"]
    elif registration.queue is not None:
        registration.state = "waitlisted"
        unit.emit(announcements.waitlisted(registration, session, position=position(registration, unit) or 1))
    else:
        queue(registration, session, waiting, unit)


def _agreed(resident_id: UUID, unit: Unit) -> set[str]:
    found = select(Consent.purpose).where(col(Consent.resident_id) == resident_id, col(Consent.withdrawn_at).is_(None))
    return set(unit.session.exec(found))
