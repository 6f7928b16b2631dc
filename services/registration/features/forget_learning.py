"""Forget what somebody learned: their answers and hours go, seats and certificates stay counted and are nobody's."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from services.registration.domain import certificates
from services.registration.domain.own_records import FORGOTTEN
from services.registration.features.issue_certificate import signed
from services.registration.features.revoke_certificate import RevokeCertificate, revoke_certificate
from services.registration.tables import (
    Certificate,
    Cycle,
    Excuse,
    FollowUp,
    HourEntry,
    MakeUp,
    Nomination,
    Practical,
    SurveyLetter,
    TestTaken,
)
from shared.unit import Unit

CONTENT = "certificate.content"
WHY = "持有人要求删除本人资料"


def forget_learning(resident_id: UUID, unit: Unit) -> None:
    """Certificates hold no more: without their holder's name nobody could say whose they are."""
    held = select(Certificate).join(Nomination, col(Nomination.id) == col(Certificate.nomination_id))
    for certificate in unit.session.exec(held.where(col(Nomination.resident_id) == resident_id)).all():
        if certificate.revoked_at is None:
            revoke_certificate(RevokeCertificate(number=certificate.number, by=resident_id, reason=WHY), unit)
        said: dict[str, Any] = json.loads(unit.keys.decrypt(certificate.content, CONTENT))
        said["name"] = FORGOTTEN
        words = certificates.canonical(said)
        certificate.content, certificate.signature = unit.keys.encrypt(words, CONTENT), signed(words, unit)
        certificate.pdf, certificate.pdf_sha256 = "", None
    for table in (Excuse, MakeUp, Cycle, HourEntry, TestTaken, Practical, SurveyLetter, FollowUp):
        unit.session.exec(delete(table).where(col(table.resident_id) == resident_id))
