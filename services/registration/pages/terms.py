"""Signing up for a whole term and leaving it: residents and carers from the programme's page, staff for whoever calls."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from services.registration.api.places import acting, channel, for_whom
from services.registration.domain.places import Mode
from services.registration.features import problems
from services.registration.features.access_log import note
from services.registration.features.enrol import Enrol, LeaveTerm, Term, enrol, leave_term
from services.registration.features.mobile import as_mobile
from services.registration.features.register import NOBODY, Party
from services.registration.features.register_resident import phone_mark_of, resident_with_phone
from services.registration.pages.desk import NOBODY as NO_PHONE
from services.registration.pages.forms import Typed
from services.registration.pages.rendering import pages, see
from services.registration.projections.people import Person
from services.registration.projections.places import cared_for
from services.registration.projections.terms import TermView, term_of
from services.registration.tables import Programme, Resident
from shared.auth import Principal
from shared.errors import Invalid
from shared.event import new_id
from shared.http import ResidentDep, StaffDep, UnitDep
from shared.unit import Unit
from shared.web import phrase

router = APIRouter()

NO_DAY = phrase("日子要写成 2021-06-30 这样，请改一改。")

Act = Literal["enrol", "leave"]


class Days(NamedTuple):
    """The first and the last day of the term, where they were chosen."""

    since: date | None
    until: date | None

    def as_given(self) -> dict[str, str]:
        """For an address or hidden fields."""
        return {name: day.isoformat() for name, day in self._asdict().items() if day is not None}


def chosen(since: Annotated[str, Query()] = "", until: Annotated[str, Query()] = "") -> Days:
    """The days in the address."""
    return _days(since, until)


def typed(since: Typed = "", until: Typed = "") -> Days:
    """The days in a form."""
    return _days(since, until)


class Wish(NamedTuple):
    """What was chosen for every date."""

    act: Act
    party: int
    mode: Mode
    at_once: bool


def wished(
    act: Annotated[Act, Form()] = "enrol",
    party: Annotated[Party, Form()] = 1,
    mode: Annotated[Mode, Form()] = "room",
    at_once: Annotated[bool, Form()] = False,
) -> Wish:
    """What a form says."""
    return Wish(act, party, mode, at_once)


@router.get("/programmes/{programme_id}/term")
def show_term(
    request: Request,
    programme_id: UUID,
    resident: ResidentDep,
    unit: UnitDep,
    days: Annotated[Days, Depends(chosen)],
    who: UUID | None = None,
) -> Response:
    """The dates to come with what I have there, or somebody I care for; one button takes them all."""
    whose = for_whom(resident, who, unit)
    family = cared_for(resident.id, unit)
    name = next((person.name for person in family if person.id == whose), "")
    return _term(request, "term.html", programme_id, whose, days, unit, family=family, name=name)


@router.post("/programmes/{programme_id}/term")
def change_term(
    programme_id: UUID,
    resident: ResidentDep,
    unit: UnitDep,
    wish: Annotated[Wish, Depends(wished)],
    days: Annotated[Days, Depends(typed)],
    who: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Sign up for every date, or give all of them back."""
    whose = for_whom(resident, who, unit)
    return see(f"/registration/programmes/{programme_id}/term?{_carry_out(programme_id, whose, resident, wish, days, unit)}")


@router.get("/desk/programmes/{programme_id}/term")
def show_term_at_desk(
    request: Request,
    programme_id: UUID,
    _: StaffDep,
    unit: UnitDep,
    days: Annotated[Days, Depends(chosen)],
    who: UUID | None = None,
) -> Response:
    """The dates to come for the resident `who`; without one, a form for their phone."""
    return _at_desk(request, programme_id, who, days, unit)


@router.post("/desk/programmes/{programme_id}/term")
def change_term_at_desk(
    request: Request,
    programme_id: UUID,
    staff: StaffDep,
    unit: UnitDep,
    wish: Annotated[Wish, Depends(wished)],
    days: Annotated[Days, Depends(typed)],
    who: Annotated[UUID | None, Form()] = None,
    phone: Typed = "",
) -> Response:
    """Look somebody up by their phone; or sign them up for every date, or give all of them back, as they said."""
    path = f"/registration/desk/programmes/{programme_id}/term"
    if who is None:
        found = _with_phone(phone, unit)
        if found is None:
            return _at_desk(request, programme_id, None, days, unit, phone=phone, fault=NO_PHONE, status_code=422)
        return see(f"{path}?{urlencode({'who': found.id} | days.as_given())}")
    return see(f"{path}?{_carry_out(programme_id, who, staff, wish, days, unit)}")


def _carry_out(programme_id: UUID, whose: UUID, by: Principal, wish: Wish, days: Days, unit: Unit) -> str:
    """Do it; returns how the page that shows what came of it is asked for."""
    own: dict[str, Any] = {"programme_id": programme_id, "resident_id": whose, "acted_by": acting(by, whose)} | days._asdict()
    seen = {"who": whose} | days.as_given()
    if wish.act == "leave":
        leave_term(LeaveTerm(channel=channel(by), **own), unit)
        note(unit, who=by, resident_id=whose, action="cancelled")
        return urlencode(seen | {"left": "1"})
    results = enrol(Enrol(party=wish.party, mode=wish.mode, at_once=wish.at_once, **own), unit)
    if any(each.registration for each in results):
        note(unit, who=by, resident_id=whose, action="signed_up")
    return urlencode(seen | {"signed": unit.now.isoformat()})


def _term(request: Request, template: str, programme_id: UUID, whose: UUID, days: Days, unit: Unit, **context: Any) -> Response:
    programme = unit.get(Programme, programme_id)
    term, fault = TermView([], 1, False, True), ""
    try:
        term = term_of(Term(programme_id=programme.id, resident_id=whose, **days._asdict()), unit)
    except Invalid as problem:
        fault = problem.detail
    return pages.render(
        request,
        template,
        programme=programme,
        who=whose,
        term=term,
        signed=_moment(request.query_params.get("signed", "")),
        left="left" in request.query_params,
        days=days,
        hidden={"who": whose} | days.as_given(),
        fault=fault,
        once=new_id(),
        status_code=422 if fault else 200,
        **context,
    )


def _at_desk(
    request: Request,
    programme_id: UUID,
    who: UUID | None,
    days: Days,
    unit: Unit,
    *,
    phone: str = "",
    fault: str = "",
    status_code: int = 200,
) -> Response:
    if who is None:
        programme = unit.get(Programme, programme_id)
        typed = {"phone": phone, "fault": fault, "hidden": days.as_given()}
        return pages.render(request, "term_desk.html", programme=programme, person=None, status_code=status_code, **typed)
    resident = unit.find(Resident, who)
    if resident is None:
        raise problems.UnknownResident(NOBODY)
    return _term(request, "term_desk.html", programme_id, who, days, unit, person=Person.of(resident, unit))


def _with_phone(phone: str, unit: Unit) -> Resident | None:
    try:
        mark = phone_mark_of(as_mobile(phone), unit)
    except ValueError:
        return None
    return resident_with_phone(mark, unit) if mark else None


def _days(since: str, until: str) -> Days:
    try:
        return Days(*(date.fromisoformat(day) if day else None for day in (since, until)))
    except ValueError:
        raise Invalid(NO_DAY) from None


def _moment(text: str) -> datetime | None:
    """When the sign-up was that the page shows the results of."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
