"""Revoke a certificate."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.registration.features import Command, problems
from services.registration.features.check_certificate import NO_SUCH
from services.registration.tables import Certificate, Nomination
from shared.contracts.registration import CertificateRevoked
from shared.unit import Unit
from shared.web import phrase


class Revocation(Command):
    """Why the certificate no longer holds; its holder and staff read it."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=100), Field(examples=["姓名登记有误，已重新发证"])]


class RevokeCertificate(Revocation):
    """`number`, revoked by `by`."""

    number: str
    by: UUID


def revoke_certificate(command: RevokeCertificate, unit: Unit) -> Certificate:
    """It stays on the books as revoked; another may be issued for the same completion."""
    if unit.find(Certificate, command.number) is None:
        raise problems.UnknownCertificate(NO_SUCH)
    certificate = unit.lock(Certificate, command.number)
    if certificate.revoked_at is not None:
        raise problems.RevokedBefore(phrase("这张证书已经作废过了。"))
    certificate.revoked_at, certificate.revoked_by, certificate.revoked_why = unit.now, command.by, command.reason
    nomination = unit.get(Nomination, certificate.nomination_id)
    unit.emit(
        CertificateRevoked(
            nomination_id=nomination.id,
            programme_id=nomination.programme_id,
            resident_id=nomination.resident_id,
            certificate=certificate.number,
        )
    )
    return certificate
