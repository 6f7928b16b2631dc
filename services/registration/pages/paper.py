"""Paper: sign-in sheets with row codes, the page where they are typed in, and posters with a QR code."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID, uuid5

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.registration.domain.people import masked_name
from services.registration.features.check_in import CheckedIn, CheckIn, check_in
from services.registration.features.known_resident import Newcomer, known_or_new
from services.registration.features.print_sheet import PrintSheet, print_sheet
from services.registration.features.verdicts import WORDS
from services.registration.pages.forms import Typed
from services.registration.pages.rendering import pages, qr, see
from services.registration.projections.calendar import sessions_of
from services.registration.projections.people import name_of
from services.registration.projections.presence import rows_of, sheets_of
from services.registration.tables import Programme, Resident, Session, Sheet
from shared.http import StaffDep, UnitDep, service_of
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

MOST_TYPED = 200
"""How many row codes are taken at once."""
BLANK_ROWS = 6
"""Rows at the end of a sheet for people nobody expected."""
NAME_MISSING = phrase("请写姓名；手机号可以不填，填了要是十一位的号码。")


class Typing(NamedTuple):
    """What became of one typed code."""

    code: str
    name: str
    good: bool
    words: str


@router.get("/desk/sessions/{session_id}/sheets")
def show_sheets(request: Request, session_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """The sheets printed so far, and the way to a new one."""
    session = unit.get(Session, session_id)
    return pages.render(request, "sheets.html", session=session, sheets=sheets_of(session_id, unit))


@router.post("/desk/sessions/{session_id}/sheets")
def make_sheet(session_id: UUID, staff: StaffDep, unit: UnitDep) -> Response:
    """Make a sheet of the list as it stands."""
    return see(f"/registration/desk/sheets/{print_sheet(PrintSheet(session_id=session_id, by=staff.id), unit).id}")


@router.get("/desk/sheets/{sheet_id}")
def show_sheet(request: Request, sheet_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """A sheet, for the printer."""
    sheet = unit.get(Sheet, sheet_id)
    session = unit.get(Session, sheet.session_id)
    return pages.render(request, "sheet.html", sheet=sheet, session=session, rows=rows_of(sheet, unit), blank=BLANK_ROWS)


@router.get("/desk/sheets/{sheet_id}/entry")
def show_entry(request: Request, sheet_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """Where the codes of signed rows are typed."""
    return _entry(request, unit.get(Sheet, sheet_id), unit)


@router.post("/desk/sheets/{sheet_id}/entry")
def type_in(
    request: Request, sheet_id: UUID, staff: StaffDep, unit: UnitDep, codes: Typed = "", name: Typed = "", phone: Typed = ""
) -> Response:
    """Check in whoever signed: codes of rows, and perhaps one name written by hand. Typed twice, nobody counts twice."""
    sheet = unit.get(Sheet, sheet_id)
    typed = [_row(code, sheet, staff.id, unit) for code in codes.split()[:MOST_TYPED]]
    fault = None
    if name or phone:
        try:
            typed.append(_by_hand(Newcomer(name=name, phone=phone), sheet, staff.id, unit))
        except ValidationError:
            fault = NAME_MISSING
    return _entry(request, sheet, unit, typed=typed, fault=fault, name=name if fault else "", phone=phone if fault else "")


@router.get("/desk/sessions/{session_id}/poster")
def show_session_poster(request: Request, session_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """A poster for one session; its code leads to the sign-up."""
    session = unit.get(Session, session_id)
    programme = unit.get(Programme, session.programme_id)
    return _poster(request, f"/registration/sessions/{session_id}", programme, [session])


@router.get("/desk/programmes/{programme_id}/poster")
def show_programme_poster(request: Request, programme_id: UUID, _: StaffDep, unit: UnitDep) -> Response:
    """A poster for a programme, with its next dates; its code leads to what is on."""
    coming = [each for each in sessions_of(programme_id, unit) if each.state == "planned" and each.starts_at > unit.now]
    return _poster(request, "/registration/sessions", unit.get(Programme, programme_id), sorted(coming, key=_start)[:4])


def _start(session: Session) -> float:
    return session.starts_at.timestamp()


def _poster(request: Request, path: str, programme: Programme, sessions: list[Session]) -> Response:
    address = f"{service_of(request).settings.public_url}{path}"
    return pages.render(request, "poster.html", programme=programme, sessions=sessions, qr=qr(address))


def _row(code: str, sheet: Sheet, by: UUID, unit: Unit) -> Typing:
    nonce = uuid5(sheet.id, code[:8])
    session = unit.get(Session, sheet.session_id)
    command = CheckIn(
        nonce=nonce, session_id=session.id, row=code[:8], sheet_id=sheet.id, at=session.starts_at, force=True, by=by
    )
    return _typing(code, check_in(command, unit), unit)


def _by_hand(newcomer: Newcomer, sheet: Sheet, by: UUID, unit: Unit) -> Typing:
    session = unit.get(Session, sheet.session_id)
    resident = known_or_new(newcomer, session, unit)
    unit.session.flush()
    command = CheckIn(session_id=session.id, resident_id=resident.id, way="paper", at=session.starts_at, force=True, by=by)
    return _typing("", check_in(command, unit), unit)


def _typing(code: str, done: CheckedIn, unit: Unit) -> Typing:
    name = masked_name(name_of(unit.get(Resident, done.registration.resident_id), unit)) if done.registration else ""
    words = SLIP if done.verdict == "unknown" else WORDS[done.verdict]
    return Typing(code, name, done.verdict in ("ok", "again"), words)


SLIP = phrase("这张表上没有这个码，请看清再输一次。")


def _entry(
    request: Request,
    sheet: Sheet,
    unit: Unit,
    *,
    typed: list[Typing] | None = None,
    fault: str | None = None,
    name: str = "",
    phone: str = "",
) -> Response:
    return pages.render(
        request,
        "paper.html",
        sheet=sheet,
        session=unit.get(Session, sheet.session_id),
        typed=typed or [],
        fault=fault,
        name=name,
        phone=phone,
    )
