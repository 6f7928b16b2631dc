"""What stations hears: who consents to readings being kept under their pseudonym, and which records are one person's."""

from __future__ import annotations

from services.stations.features.erase_person import ErasePerson, erase_person
from services.stations.features.link_records import LinkRecords, UnlinkRecords, link_records, unlink_records
from services.stations.features.set_consent import SetConsent, set_consent
from shared.contracts.registration import ConsentChanged, ErasureRequested, MergeUndone, ResidentRegistered, ResidentsMerged
from shared.inbox import Consumers
from shared.log_ins import hear_ended_log_ins
from shared.unit import Unit

PURPOSE = "health_readings"

consumers = Consumers(forgets=True)
hear_ended_log_ins(consumers)


@consumers.on(ResidentRegistered)
def note_resident(event: ResidentRegistered, unit: Unit) -> None:
    """A new resident consents from the start, or not."""
    set_consent(SetConsent(resident_id=event.resident_id, given=PURPOSE in event.consents), unit)


@consumers.on(ConsentChanged)
def note_consent(event: ConsentChanged, unit: Unit) -> None:
    """A resident changed their mind about readings; other purposes are not ours."""
    if event.purpose == PURPOSE:
        set_consent(SetConsent(resident_id=event.resident_id, given=event.given), unit)


@consumers.on(ResidentsMerged)
def note_same_person(event: ResidentsMerged, unit: Unit) -> None:
    """Two records are one person's."""
    link_records(LinkRecords(merged=event.merged, kept=event.kept), unit)


@consumers.on(MergeUndone)
def note_two_people(event: MergeUndone, unit: Unit) -> None:
    """They were two people's after all."""
    unlink_records(UnlinkRecords(merged=event.merged), unit)


@consumers.on(ErasureRequested)
def forget_person(event: ErasureRequested, unit: Unit) -> None:
    """Somebody is to be forgotten."""
    erase_person(ErasePerson(erasure_id=event.erasure_id, records=(event.resident_id, *event.merged)), unit)
