"""Give or withdraw consent for one purpose."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, func, select

from services.registration.domain.people import Channel, Purpose
from services.registration.features import Command, problems
from services.registration.features.access_log import note
from services.registration.features.wordings import wording_of
from services.registration.tables import Consent, Resident
from shared.auth import Principal
from shared.contracts.registration import ConsentChanged
from shared.unit import Unit
from shared.web import phrase

INSTANT = timedelta(microseconds=1)


class ChangeConsent(Command):
    """`resident_id` agrees to `purpose` from now on, or no longer does; `by` is who wrote it down, if not the resident.

    `told_at`: when they said so to another service, whose account `told_to` is; of two such words the later one counts.
    """

    resident_id: UUID
    purpose: Purpose
    given: bool
    channel: Channel
    by: Principal | None = None
    told_at: datetime | None = None
    told_to: UUID | None = None


def change_consent(command: ChangeConsent, unit: Unit) -> bool:
    """Write the change down; False when it was so already and nothing changed."""
    resident = unit.session.get(Resident, command.resident_id, with_for_update=True)
    if resident is None:
        raise problems.UnknownResident(phrase("没有找到这位居民。"))
    in_force = select(Consent).where(
        col(Consent.resident_id) == resident.id, col(Consent.purpose) == command.purpose, col(Consent.withdrawn_at).is_(None)
    )
    consent = unit.session.exec(in_force).one_or_none()
    if (consent is not None) == command.given:
        return False
    said = _last_word(resident.id, command.purpose, unit)
    at = command.told_at or (unit.now if said is None else max(unit.now, said + INSTANT))
    # At the very same moment the word that refuses counts.
    if said is not None and (at < said or (at == said and command.given)):
        return False
    by = command.by.id if command.by else command.told_to or resident.id
    wording = wording_of(command.purpose)
    if consent is not None:
        consent.withdrawn_at = at
        consent.withdrawn_channel = command.channel
        consent.withdrawn_by = by
    else:
        unit.add(
            Consent(
                resident_id=resident.id,
                purpose=command.purpose,
                text_version=wording.version,
                wording=wording.mark,
                channel=command.channel,
                given_at=at,
                given_by=by,
            )
        )
    if command.by is not None:
        note(unit, who=command.by, resident_id=resident.id, action="consent_changed")
    unit.emit(
        ConsentChanged(
            resident_id=resident.id,
            purpose=command.purpose,
            given=command.given,
            channel=command.channel,
            at=at,
            by=by,
            wording=wording.version,
        )
    )
    return True


def _last_word(resident_id: UUID, purpose: Purpose, unit: Unit) -> datetime | None:
    """When the resident last agreed to the purpose, or no longer did."""
    last = select(func.max(func.greatest(col(Consent.given_at), col(Consent.withdrawn_at)))).where(
        col(Consent.resident_id) == resident_id, col(Consent.purpose) == purpose
    )
    found: datetime | None = unit.session.exec(last).one()
    return found
