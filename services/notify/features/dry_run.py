"""Find out whom a message to many would go to, who would not get it and why, and what it would cost; nothing is sent."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, cast
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from services.notify.domain import bulk, limits, texts
from services.notify.domain.approvals import HOUSE
from services.notify.domain.lengths import parts
from services.notify.features import Command
from services.notify.features.budget import taken_by
from services.notify.features.choose import choices_of, wants
from services.notify.features.compose import facts_of
from services.notify.features.wordings import Wording, wordings
from services.notify.tables import Bulk, BulkRow, Contact, Registration, Session, Template
from shared.contracts.notify import Category
from shared.errors import Conflict, Invalid
from shared.unit import Unit
from shared.web import phrase


class OneAudience(Invalid):
    """It goes to one session's people or to one programme's."""

    code = "one_audience"


class NoSuchNotice(Invalid):
    """There is no approved notice of this name."""

    code = "no_such_notice"


class NothingToCome(Conflict):
    """The session is over or called off, or the programme has none to come."""

    code = "nothing_to_come"


class NobodyThere(Conflict):
    """Nobody is registered there."""

    code = "nobody_there"


class TooManyPeople(Conflict):
    """More people than one message goes to."""

    code = "too_many_people"


class DryRun(Command):
    """A notice, named by its `template`, to those registered in one of `states`: for a session, or a programme's to come."""

    session_id: UUID | None = None
    programme_id: UUID | None = None
    states: Annotated[tuple[bulk.States, ...], Field(min_length=1, max_length=2)] = ("confirmed",)
    template: Annotated[str, Field(max_length=60)]
    helpline: str
    staff_id: UUID


@dataclass(frozen=True, slots=True)
class _Candidate:
    registration: Registration
    session: Session
    contact: Contact | None


def dry_run(command: DryRun, unit: Unit) -> Bulk:
    """Keep what was found, with the token by which exactly this can be sent."""
    wording, category = _notice(command.template, unit)
    sessions = _sessions(command, unit)
    candidates = _candidates(sessions, command.states, unit)
    if not candidates:
        raise NobodyThere(phrase("这里还没有这样的报名，没有人可发。"))
    if len(candidates) > bulk.MOST:
        raise TooManyPeople(phrase("人太多了，请一场一场地发。"))
    made = Bulk(
        session_id=command.session_id,
        programme_id=command.programme_id,
        states=",".join(sorted(set(command.states))),
        template=command.template,
        template_version=wording.version,
        category=category,
        token=secrets.token_urlsafe(16),
        made_by=command.staff_id,
        made_at=unit.now,
    )
    unit.add(made)
    unit.session.flush()
    reasons = bulk.decide(_addressees(candidates, category, unit))
    for place, (candidate, reason) in enumerate(zip(candidates, reasons, strict=True)):
        facts = facts_for(candidate.session, command.template, command.helpline)
        unit.add(
            BulkRow(
                bulk_id=made.id,
                place=place,
                resident_id=candidate.registration.resident_id,
                registration_id=candidate.registration.id,
                session_id=candidate.session.id,
                parts=parts(texts.fill(wording.words, facts, unit.now).text),
                skip_reason=reason or "",
            )
        )
    return made


def facts_for(session: Session, template: str, helpline: str) -> texts.Facts:
    """What a notice about the session is filled with."""
    return facts_of(session) | {"variant": template.partition(".")[2], "helpline": helpline}


def _notice(template: str, unit: Unit) -> tuple[Wording, Category]:
    """The wording in force of a notice, and its category."""
    wording = wordings(unit).of(template, HOUSE) if texts.purpose_of(template) == "notice" else None
    if wording is None:
        raise NoSuchNotice(phrase("没有这条通知模板，或还没有通过审核，请另选一条。"))
    kept = select(Template.category).where(col(Template.name) == template, col(Template.version) == wording.version)
    return wording, cast("Category", unit.session.exec(kept).one_or_none() or "service")


def _sessions(command: DryRun, unit: Unit) -> Sequence[Session]:
    if (command.session_id is None) == (command.programme_id is None):
        raise OneAudience(phrase("请选一场活动，或选一个项目，两样选一样。"))
    wanted = select(Session).where(col(Session.state) == "scheduled", col(Session.starts_at) > unit.now)
    if command.session_id is not None:
        unit.get(Session, command.session_id)
        wanted = wanted.where(col(Session.id) == command.session_id)
    else:
        wanted = wanted.where(col(Session.programme_id) == command.programme_id)
    sessions = unit.session.exec(wanted.order_by(col(Session.starts_at), col(Session.id))).all()
    if not sessions:
        raise NothingToCome(phrase("活动已经开始、结束或取消，不用再发通知了。"))
    return sessions


def _candidates(sessions: Sequence[Session], states: Sequence[str], unit: Unit) -> list[_Candidate]:
    """Everybody registered, with the contact that stands for them now; whoever's session comes first stands first."""
    order = {session.id: (number, session) for number, session in enumerate(sessions)}
    found = select(Registration).where(col(Registration.session_id).in_(order), col(Registration.state).in_(states))
    registrations = sorted(unit.session.exec(found.limit(bulk.MOST + 1)), key=lambda it: (order[it.session_id][0], it.id))
    contacts = _contacts({registration.resident_id for registration in registrations}, unit)
    return [_Candidate(it, order[it.session_id][1], contacts.get(it.resident_id)) for it in registrations]


def _contacts(residents: set[UUID], unit: Unit) -> dict[UUID, Contact]:
    """Each resident's contact; of records made one, the one that stays."""
    known: dict[UUID, Contact] = {}
    missing = set(residents)
    while missing:
        found = unit.session.exec(select(Contact).where(col(Contact.resident_id).in_(missing))).all()
        known |= {contact.resident_id: contact for contact in found}
        missing = {contact.merged_into for contact in found if contact.merged_into is not None} - known.keys()
    standing = {}
    for resident in residents & known.keys():
        contact = known[resident]
        while contact.merged_into is not None and contact.merged_into in known:
            contact = known[contact.merged_into]
        standing[resident] = contact
    return standing


def _addressees(candidates: Sequence[_Candidate], category: Category, unit: Unit) -> list[bulk.Addressee]:
    contacts = {candidate.contact.resident_id: candidate.contact for candidate in candidates if candidate.contact is not None}
    chosen = choices_of(list(contacts), unit)
    taken = taken_by({contact.phone_fingerprint for contact in contacts.values()}, unit)
    rank = limits.rank_of("notice", category)
    return [
        bulk.Addressee(
            person=contact.resident_id if contact else candidate.registration.resident_id,
            number=contact.phone_fingerprint if contact else "",
            calls=contact.calls if contact else False,
            wants=contact is not None and wants(contact, category, chosen),
            has_room=contact is None
            or limits.free_at(rank, category, taken.get(contact.phone_fingerprint, []), unit.now) is None,
        )
        for candidate in candidates
        for contact in [candidate.contact]
    ]
