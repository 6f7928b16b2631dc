"""Hours and certificates."""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.registration.api.common import Out
from services.registration.api.courses import DoneOut
from services.registration.domain.certificates import Standing
from services.registration.features import problems
from services.registration.features.access_log import note
from services.registration.features.check_certificate import NO_SUCH, Inspected, check_number, check_text
from services.registration.features.issue_certificate import IssueCertificate, issue_certificate
from services.registration.features.keep_hours import (
    CycleWish,
    EnterHours,
    HoursWish,
    StartCycle,
    VoidHours,
    VoidWish,
    enter_hours,
    start_cycle,
    void_hours,
)
from services.registration.features.nominate import NOBODY
from services.registration.features.revoke_certificate import Revocation, RevokeCertificate, revoke_certificate
from services.registration.projections.courses import as_csv, ledger_of, transcript
from services.registration.tables import Certificate, Nomination, Resident
from shared.auth import Principal
from shared.clock import today
from shared.http import SomebodyDep, StaffDep, UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()


class CertificateOut(Out):
    """A certificate; its file is there once `pdf_sha256` is."""

    number: str
    nomination_id: UUID
    issued_at: datetime
    revoked_at: datetime | None
    pdf_sha256: str | None


class InspectedOut(BaseModel):
    """What an inspection came to: `valid`, `revoked`, `altered` or `unknown`; what it says, the name masked unless proven."""

    standing: Standing
    number: str
    said: dict[str, Any] | None

    @classmethod
    def of(cls, inspected: Inspected) -> InspectedOut:
        """As it was found."""
        return cls(standing=inspected.standing, number=inspected.number, said=inspected.said)


class SignedText(BaseModel):
    """The signed text that a certificate's file carries (`certificate.json`), as it is."""

    model_config = ConfigDict(extra="forbid")

    signed: Annotated[str, Field(max_length=8000, examples=['{"content":{},"signature":""}'])]


class LineOut(BaseModel):
    """A line of somebody's hours; hours have one decimal, rounded down. `voids` names the line that this one takes back, and
    `why`; that one is `voided`.
    """

    id: UUID
    earned_on: date
    title: str
    category: str
    minutes: int
    minutes_per_hour: int
    hours: float
    evidence: str
    voids: UUID | None
    voided: bool
    why: str


class LedgerOut(BaseModel):
    """Somebody's hours in the three years that count now; without a cycle there is no goal."""

    starts_on: date | None
    ends_on: date | None
    earned: float
    goal: int | None
    remaining: float | None
    lines: list[LineOut]


@router.post("/nominations/{nomination_id}/certificate", status_code=201)
def post_certificate(nomination_id: UUID, staff: StaffDep, unit: UnitDep) -> CertificateOut:
    """Sign a certificate for somebody who completed a course."""
    command = IssueCertificate(nomination_id=nomination_id, by=staff.id)
    return CertificateOut.model_validate(issue_certificate(command, unit))


@router.post("/certificates/{number}/revoke")
def post_revoke(number: str, wish: Revocation, staff: StaffDep, unit: UnitDep) -> CertificateOut:
    """Revoke a certificate."""
    command = RevokeCertificate(number=number, reason=wish.reason, by=staff.id)
    return CertificateOut.model_validate(revoke_certificate(command, unit))


@router.get("/certificates/{number}")
def get_certificate(
    number: str, unit: UnitDep, c: Annotated[str, Query(max_length=40, description="The code in the certificate's QR.")] = ""
) -> InspectedOut:
    """Check a certificate by its number; anybody may."""
    return InspectedOut.of(check_number(number, c, unit))


@router.post("/certificates/check")
def post_check(text: SignedText, unit: UnitDep) -> InspectedOut:
    """Check the signed text of a certificate; a changed character breaks it."""
    return InspectedOut.of(check_text(text.signed, unit))


@router.get("/certificates/{number}/file", response_class=Response)
def get_file(number: str, who: SomebodyDep, unit: UnitDep) -> Response:
    """The certificate as a PDF, for its holder and staff."""
    return pdf_answer(number, who, unit)


@router.post("/residents/{resident_id}/cycles", status_code=201)
def post_cycle(resident_id: UUID, wish: CycleWish, staff: StaffDep, unit: UnitDep) -> DoneOut:
    """Begin the three years over which somebody's hours are counted."""
    start_cycle(StartCycle(**wish.model_dump(), resident_id=resident_id, by=staff.id), unit)
    return DoneOut()


@router.post("/residents/{resident_id}/hours", status_code=201)
def post_hours(resident_id: UUID, wish: HoursWish, staff: StaffDep, unit: UnitDep) -> DoneOut:
    """Enter training elsewhere, with what proves it."""
    enter_hours(EnterHours(**wish.model_dump(), resident_id=resident_id, by=staff.id), unit)
    return DoneOut()


@router.post("/residents/{resident_id}/hours/{entry_id}/void", status_code=201)
def post_void(resident_id: UUID, entry_id: UUID, wish: VoidWish, staff: StaffDep, unit: UnitDep) -> DoneOut:
    """Take a wrong line back with another that says why; both stay to be read."""
    void_hours(VoidHours(**wish.model_dump(), resident_id=resident_id, entry_id=entry_id, by=staff.id), unit)
    return DoneOut()


@router.get("/residents/{resident_id}/hours")
def get_hours(resident_id: UUID, who: SomebodyDep, unit: UnitDep) -> LedgerOut:
    """The hours somebody has: one's own, or anybody's for staff."""
    ledger = ledger_of(whose_hours(resident_id, who, unit), today().date(), unit)
    return LedgerOut(
        starts_on=ledger.cycle.starts_on if ledger.cycle else None,
        ends_on=ledger.ends,
        earned=ledger.earned,
        goal=ledger.goal,
        remaining=ledger.remaining,
        lines=[LineOut.model_validate(line) for line in transcript(ledger, unit)],
    )


@router.get("/residents/{resident_id}/hours.csv", response_class=Response)
def get_hours_csv(resident_id: UUID, who: SomebodyDep, unit: UnitDep) -> Response:
    """The same as a spreadsheet."""
    ledger = ledger_of(whose_hours(resident_id, who, unit), today().date(), unit)
    return csv_answer(as_csv(transcript(ledger, unit)))


def whose_hours(resident_id: UUID, who: Principal, unit: Unit) -> UUID:
    """The person whose hours this caller may read; a stranger's look like nobody's."""
    if (who.kind == "resident" and who.id != resident_id) or unit.find(Resident, resident_id) is None:
        raise problems.UnknownResident(NOBODY)
    note(unit, who=who, resident_id=resident_id, action="hours_read")
    return resident_id


def csv_answer(text: str) -> Response:
    """A spreadsheet to keep."""
    headers = {"content-disposition": 'attachment; filename="hours.csv"', "cache-control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def pdf_answer(number: str, who: Principal, unit: Unit) -> Response:
    """The file of a certificate, to its holder or staff; somebody else's looks like nobody's."""
    found = unit.find(Certificate, number)
    holder = unit.get(Nomination, found.nomination_id).resident_id if found is not None else None
    if found is None or (who.kind == "resident" and who.id != holder):
        raise problems.UnknownCertificate(NO_SUCH)
    if not found.pdf:
        raise problems.NotPrinted(phrase("证书正在制作，过一分钟再来下载。"))
    if holder is not None:
        note(unit, who=who, resident_id=holder, action="certificate_read")
    raw = base64.b64decode(unit.keys.decrypt(found.pdf, "certificate.pdf"))
    headers = {"content-disposition": f'attachment; filename="{found.number}.pdf"', "cache-control": "no-store"}
    return Response(raw, media_type="application/pdf", headers=headers)
