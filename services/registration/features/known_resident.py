"""Find the resident whom a newcomer at the door is, or write them down: a name and perhaps a number is all there is time for."""

from __future__ import annotations

from services.registration.features import Command
from services.registration.features.mobile import Mobile
from services.registration.features.person import PersonName
from services.registration.features.register_resident import RegisterResident, register_resident, resident_with_phone
from services.registration.tables import Programme, Resident, Session
from shared.unit import Unit


class Newcomer(Command):
    """Somebody nobody has signed up: a name, and a mobile number where there is one."""

    name: PersonName
    phone: Mobile = ""


def known_or_new(newcomer: Newcomer, session: Session, unit: Unit) -> Resident:
    """Whoever has the number; else a new resident of the session's street, who consented to nothing yet."""
    known = resident_with_phone(unit.keys.fingerprint(newcomer.phone, "resident.phone"), unit) if newcomer.phone else None
    if known is not None:
        return known
    street = unit.get(Programme, session.programme_id).street
    return register_resident(RegisterResident(name=newcomer.name, phone=newcomer.phone, street=street), unit)
