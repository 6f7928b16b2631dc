"""Sign a certificate for somebody who completed a course; its file is printed afterwards, by a job."""

from __future__ import annotations

import base64
import secrets
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import col, select

from services.registration.domain import certificates, courses
from services.registration.features import Command, problems
from services.registration.features.nominate import UNKNOWN
from services.registration.projections.instructors import lecturers_of
from services.registration.projections.people import name_of
from services.registration.tables import Certificate, Course, Nomination, Programme, Resident
from shared.clock import SHANGHAI
from shared.contracts.registration import CertificateIssued
from shared.unit import Unit
from shared.web import phrase

PRINT = "print_certificate"
"""The kind of job that makes the file; its key is the certificate's number."""


class IssueCertificate(Command):
    """For the nomination that led to a completed course, signed for by `by`."""

    nomination_id: UUID
    by: UUID


def issue_certificate(command: IssueCertificate, unit: Unit) -> Certificate:
    """Freeze what the certificate says, sign it, and ask for its file; there is one in force for each completion."""
    nomination = unit.find(Nomination, command.nomination_id)
    if nomination is None:
        raise problems.UnknownNomination(UNKNOWN)
    unit.lock(Nomination, nomination.id)
    if nomination.completed_at is None:
        raise problems.NotCompleted(phrase("这位学员还没有结业，不能发证。"))
    if certificate_of(nomination.id, unit) is not None:
        raise problems.HasCertificate(phrase("证书已经发过了；要重发，先作废原来的。"))
    number = _free_number(unit)
    content = certificates.canonical(_said(number, nomination, unit))
    certificate = Certificate(
        number=number,
        nomination_id=nomination.id,
        content=unit.keys.encrypt(content, "certificate.content"),
        signature=signed(content, unit),
        issued_by=command.by,
        issued_at=unit.now,
    )
    unit.add(certificate)
    unit.later(PRINT, number)
    unit.emit(
        CertificateIssued(
            nomination_id=nomination.id,
            programme_id=nomination.programme_id,
            resident_id=nomination.resident_id,
            certificate=number,
        )
    )
    return certificate


def certificate_of(nomination_id: UUID, unit: Unit) -> Certificate | None:
    """The certificate in force for a completion."""
    found = select(Certificate).where(col(Certificate.nomination_id) == nomination_id, col(Certificate.revoked_at).is_(None))
    return unit.session.exec(found).one_or_none()


def _said(number: str, nomination: Nomination, unit: Unit) -> dict[str, object]:
    course, programme = unit.get(Course, nomination.programme_id), unit.get(Programme, nomination.programme_id)
    minutes = nomination.minutes or 0
    completed = nomination.completed_at or unit.now
    return {
        "number": number,
        "name": name_of(unit.get(Resident, nomination.resident_id), unit),
        "course": programme.title,
        "cohort": course.cohort,
        "organiser": programme.organiser,
        "issuer": course.issuer,
        "category": course.category,
        "minutes": minutes,
        "hours": courses.hours(minutes, course.minutes_per_hour),
        "minutes_per_hour": course.minutes_per_hour,
        "completed_on": str(completed.astimezone(SHANGHAI).date()),
        "issued_on": str(unit.now.astimezone(SHANGHAI).date()),
        "lecturers": lecturers_of(nomination.programme_id, unit),
    }


def _free_number(unit: Unit) -> str:
    year = unit.now.astimezone(SHANGHAI).year
    while True:
        number = certificates.certificate_number(year, secrets.randbelow(10**8))
        if unit.find(Certificate, number) is None:
            return number


def signed(content: str, unit: Unit) -> str:
    """Our signature under a certificate's words."""
    key = Ed25519PrivateKey.from_private_bytes(unit.keys.signing_key())
    return base64.urlsafe_b64encode(key.sign(content.encode())).decode()
