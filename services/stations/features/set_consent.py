"""Keep a resident's consent to health readings, and the pseudonym that readings are kept under."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.stations.features.link_records import records_of
from services.stations.tables import Person
from shared.event import new_id
from shared.unit import Unit


class SetConsent(BaseModel):
    """Whether a resident consents now."""

    model_config = ConfigDict(frozen=True)

    resident_id: UUID
    given: bool


def set_consent(command: SetConsent, unit: Unit) -> None:
    """Note it. Withdrawn consent changes the pseudonym: earlier visits stay counted, and lead to nobody.

    It does so too for records that were merged into this one: they are the same person, who has withdrawn.
    """
    if not command.given:
        _cut_merged(command.resident_id, unit)
    person = unit.find(Person, command.resident_id)
    if person is None:
        unit.add(Person(resident_id=command.resident_id, consent=command.given, changed_at=unit.now))
        return
    if person.consent and not command.given:
        person.person_id = new_id()
    person.consent, person.changed_at = command.given, unit.now


def _cut_merged(resident_id: UUID, unit: Unit) -> None:
    for merged in records_of(resident_id, unit)[1:]:
        person = unit.find(Person, merged)
        if person is not None and person.consent:
            person.person_id, person.changed_at = new_id(), unit.now
