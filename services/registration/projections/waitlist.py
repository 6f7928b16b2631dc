"""Who waits, why A comes before B, and what would have to happen, in numbers and in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import col, func, or_, select

from services.registration.domain.people import masked_phone
from services.registration.domain.places import HOLDING, Mode, Outlook, Policy, outlook
from services.registration.features.places import MODES, capacity, free, line, line_for
from services.registration.projections.people import name_of, phone_of
from services.registration.tables import Consent, Registration, Resident, Session
from shared.unit import Unit
from shared.web import phrase

FIRST = phrase("前面没有人了，您排在最前。")
AHEAD = phrase("前面有 {ahead} 位更早排队，一共要 {seats} 个名额。")
STRICT = phrase("这个活动按先后来：轮到前面的人，才轮到后面的人。")
BEST_FIT = phrase("这个活动看合不合适：空出的名额够几个人坐，就先给排得最前、又坐得下的那一位。")
PASSED = phrase("有 {passed} 位后来的先有了名额：当时空出的不够你们 {party} 位一起坐，够他们坐。")
SURELY = phrase("再空出 {surely} 个名额，就一定轮到您。")
PERHAPS = phrase("只要空出 {least} 个，前面的人又坐不下，就可能轮到您；空出 {surely} 个，就一定轮到您。")

Sentence = tuple[str, dict[str, Any]]
"""A sentence still to be translated, and the numbers in it."""


class Waiter(NamedTuple):
    """Somebody in a line, as staff see them; `why` explains the position."""

    registration: Registration
    name: str
    phone: str
    outlook: Outlook
    why: list[Sentence]


class Line(NamedTuple):
    """The line for the room or online, with the places and the policy it is served by."""

    mode: Mode
    capacity: int
    free: int
    policy: Policy
    waiters: list[Waiter]


class OnOffer(NamedTuple):
    """A place kept for somebody. `call`: they get no texts, somebody has to ring them."""

    registration: Registration
    name: str
    phone: str
    until: datetime
    call: bool


def explain(registration: Registration, session: Session, unit: Unit) -> tuple[Outlook, list[Sentence]] | None:
    """Why this registration waits and what would have to happen; None when it does not wait."""
    mode = line_for(registration)
    if mode is None:
        return None
    waiting = line(session, mode, unit)
    me = next(each for each in waiting if each.id == registration.id)
    left, whole = free(session, mode), capacity(session, mode)
    found = outlook(waiting, me, free=left, capacity=whole, policy=session.waitlist_policy)
    return found, _why(found, _passed(registration, mode, unit), registration.party, session.waitlist_policy)


def lines_of(session: Session, unit: Unit) -> list[Line]:
    """Everybody who waits for the session, line by line; online only where there are places online."""
    modes = [mode for mode in MODES if capacity(session, mode)]
    return [
        Line(mode, capacity(session, mode), free(session, mode), session.waitlist_policy, _waiters(session, mode, unit))
        for mode in modes
    ]


def on_offer(session: Session, unit: Unit) -> list[OnOffer]:
    """The places kept for somebody now, the one that ends first on top."""
    found = (
        select(Registration, Resident)
        .join(Resident, col(Resident.id) == col(Registration.resident_id))
        .where(col(Registration.session_id) == session.id, col(Registration.state) == "offered")
        .order_by(col(Registration.offer_expires_at), col(Registration.queue))
    )
    rows = unit.session.exec(found).all()
    texted = _texted([resident.id for _, resident in rows], unit)
    return [
        OnOffer(
            registration,
            name_of(resident, unit),
            masked_phone(phone_of(resident, unit)),
            registration.offer_expires_at or unit.now,
            not resident.phone or resident.id not in texted,
        )
        for registration, resident in rows
    ]


def _waiters(session: Session, mode: Mode, unit: Unit) -> list[Waiter]:
    waiting = line(session, mode, unit)
    found = (
        select(Registration, Resident)
        .join(Resident, col(Resident.id) == col(Registration.resident_id))
        .where(col(Registration.id).in_([each.id for each in waiting]))
    )
    rows = {registration.id: (registration, resident) for registration, resident in unit.session.exec(found)}
    waiters = []
    for me in waiting:
        registration, resident = rows[me.id]
        numbers = outlook(waiting, me, free=free(session, mode), capacity=capacity(session, mode), policy=session.waitlist_policy)
        why = _why(numbers, _passed(registration, mode, unit), registration.party, session.waitlist_policy)
        waiters.append(Waiter(registration, name_of(resident, unit), masked_phone(phone_of(resident, unit)), numbers, why))
    return waiters


def _why(found: Outlook, passed: int, party: int, policy: Policy) -> list[Sentence]:
    said: list[Sentence] = [(AHEAD, {"ahead": found.ahead, "seats": found.seats_ahead}) if found.ahead else (FIRST, {})]
    if found.ahead or passed:
        said.append((STRICT, {}) if policy == "strict" else (BEST_FIT, {}))
    if passed:
        said.append((PASSED, {"passed": passed, "party": party}))
    if found.least < found.surely:
        said.append((PERHAPS, {"least": found.least, "surely": found.surely}))
    else:
        said.append((SURELY, {"surely": found.surely}))
    return said


def _passed(registration: Registration, mode: Mode, unit: Unit) -> int:
    """How many who came later got places first because they were fewer."""
    if registration.party == 1:
        return 0
    served = func.coalesce(col(Registration.offered_at), col(Registration.confirmed_at))
    passed = select(func.count()).where(
        col(Registration.session_id) == registration.session_id,
        col(Registration.mode) == mode,
        col(Registration.state).in_(HOLDING),
        col(Registration.party) < registration.party,
        served >= registration.waitlisted_at,
        or_(col(Registration.queue).is_(None), col(Registration.queue) > registration.queue),
    )
    return unit.session.exec(passed).one()


def _texted(residents: Sequence[UUID], unit: Unit) -> set[UUID]:
    agreed = select(Consent.resident_id).where(
        col(Consent.resident_id).in_(residents), col(Consent.purpose) == "texts", col(Consent.withdrawn_at).is_(None)
    )
    return set(unit.session.exec(agreed))
