"""What several chapters do, and what they tell each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx2

from infra.demo import cast
from infra.demo.cast import Person
from infra.demo.stage import Stage, call


@dataclass
class Month:
    """What the chapters tell each other."""

    residents: list[tuple[Person, str]] = field(default_factory=list)
    noons: list[str] = field(default_factory=list)
    course: str = ""
    lessons: list[str] = field(default_factory=list)
    stream: str = ""


def schedule(stage: Stage, programme: str, at: datetime, length: timedelta, capacity: int) -> str:
    """Put a session on the calendar."""
    body = {"programme_id": programme, "starts_at": at.isoformat(), "ends_at": (at + length).isoformat(), "capacity": capacity}
    return str(call(stage.staff("clerk"), "POST", "/registration/api/sessions", body)["id"])


def session_on(stage: Stage, programme: str, day: str) -> str:
    """The session that a programme has on a day."""
    found = call(stage.staff("clerk"), "GET", f"/registration/api/sessions?on={day}")
    return next(str(session["id"]) for session in found if session["programme_id"] == programme)


def register(stage: Stage, person: Person, consents: tuple[str, ...] = ("texts", "health_readings")) -> str:
    """Write a resident down, with what they consent to."""
    body = {
        "name": person.name,
        "phone": person.phone,
        "street": cast.STREET,
        "birth_year": person.birth_year,
        "consents": list(consents),
    }
    return str(call(stage.staff("clerk"), "POST", "/registration/api/residents", body)["id"])


def log_in(stage: Stage, person: Person) -> httpx2.Client:
    """A resident's phone, logged in with the code from a text."""
    phone = stage.visitor()
    login = call(phone, "POST", "/registration/api/login/code", {"phone": person.phone})["login_id"]
    code = stage.wait_for(lambda: stage.code_on_phone(person.phone), "the text with the log-in code")
    call(phone, "POST", "/registration/api/login/code/verify", {"login_id": login, "code": code})
    return phone


def held(stage: Stage, session: str) -> dict[str, Any]:
    """The session as reports knows it."""
    columns = ("topic_title", "confirmed", "attended", "walk_ins")
    found = stage.rows("reports", f"SELECT {', '.join(columns)} FROM occurrence WHERE session_id = %s", (session,))
    return dict(zip(columns, found[0], strict=True))


def places_of(stage: Stage, session: str) -> tuple[int, int]:
    """How many have a place, and how many wait."""
    sql = "SELECT count(*) FROM registration WHERE session_id = %s AND state = %s"
    return stage.number("registration", sql, (session, "confirmed")), stage.number("registration", sql, (session, "waitlisted"))


def registration_of(stage: Stage, session: str, resident: str) -> str:
    """The registration of somebody for a session."""
    sql = "SELECT id FROM registration WHERE session_id = %s AND resident_id = %s"
    return str(stage.rows("registration", sql, (session, resident))[0][0])


def state_of(stage: Stage, session: str, resident: str) -> str:
    """How somebody's registration for a session stands."""
    sql = "SELECT state FROM registration WHERE session_id = %s AND resident_id = %s"
    return str(stage.rows("registration", sql, (session, resident))[0][0])


def texts_sent(stage: Stage, purpose: str) -> int:
    """How many texts of a purpose the carrier took."""
    sql = "SELECT count(*) FROM message WHERE purpose = %s AND state IN ('accepted', 'delivered')"
    return stage.number("notify", sql, (purpose,))


def with_places(stage: Stage, session: str) -> list[dict[str, Any]]:
    """The registrations on the roster that have a place."""
    roster = call(stage.staff("clerk"), "GET", f"/registration/api/sessions/{session}/roster")
    return [line["registration"] for line in roster if line["registration"]["state"] == "confirmed"]


def scan(stage: Stage, session: str, **shown: Any) -> None:
    """One scan at the door."""
    call(stage.staff("clerk"), "POST", f"/registration/api/sessions/{session}/scans", shown)


def close(stage: Stage, session: str, at: datetime) -> None:
    """The session is over: staff close it, and everybody hears of it."""
    stage.move_clock(at)
    call(stage.staff("clerk"), "POST", f"/registration/api/sessions/{session}/hold")
    stage.settle()
