"""The people, programmes and sessions that the tests tell of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.registration.features.open_programme import OpenProgramme, Topic, open_programme
from services.registration.features.register import Register, register
from services.registration.features.register_resident import RegisterResident, register_resident
from services.registration.features.schedule_session import ScheduleSession, schedule_session
from services.registration.tables import Programme, Registration, Resident, Session
from shared.auth import Principal
from shared.event import new_id
from shared.testing import Bench

STREET = "310101019"
ANYWHERE = Principal(id=new_id(), kind="staff", name="小周", roles=frozenset({"clerk"}))
"""A clerk without limits."""
WEDNESDAY = datetime(2021, 5, 12, 4, 0, tzinfo=UTC)
"""Wednesday 12 May 2021, 12:00 in Shanghai."""
HALF_HOUR = timedelta(minutes=30)
NUMBERS = iter(range(13_800_000_000, 13_900_000_000))


def a_resident(bench: Bench, name: str = "王秀珍", phone: str | None = None, **given: Any) -> Resident:
    """A resident, by default with a number that nobody else has."""
    phone = str(next(NUMBERS)) if phone is None else phone
    return bench.run(register_resident, RegisterResident(name=name, phone=phone, street=STREET, **given))


def the_noon_half_hour(bench: Bench) -> Programme:
    """The Red Cross society's weekly half hour, with its four topics."""
    topics = {"wounds": "小伤口怎么处理", "cpr": "黄金四分钟", "falls": "脚下留神", "phone": "智能手机"}
    return bench.run(
        open_programme,
        OpenProgramme(
            kind="series",
            title="午间半小时",
            organiser="老西门红十字会",
            street=STREET,
            place="庄家街51弄1号社区食堂",
            rhythm="每周三 12:00–12:30",
            topics=tuple(Topic(code=code, title=title) for code, title in topics.items()),
        ),
    )


def a_session(bench: Bench, *, capacity: int = 2, programme: Programme | None = None, **given: Any) -> Session:
    """A session of the noon half hour, by default this Wednesday."""
    programme = programme or the_noon_half_hour(bench)
    times = {"starts_at": WEDNESDAY, "ends_at": given.get("starts_at", WEDNESDAY) + HALF_HOUR}
    return bench.run(schedule_session, ScheduleSession(**{"programme_id": programme.id, "capacity": capacity, **times, **given}))


def a_livestream(bench: Bench) -> Session:
    """A livestream this Wednesday."""
    programme = bench.run(
        open_programme,
        OpenProgramme(kind="livestream", title="职业蓄能，创享西门", organiser="老西门街道", street=STREET, place="文庙"),
    )
    return a_session(bench, programme=programme, capacity=20_000)


def sign_up(bench: Bench, session: Session, resident: Resident | None = None) -> Registration:
    """Somebody signs up."""
    return bench.run(register, Register(session_id=session.id, resident_id=(resident or a_resident(bench)).id))


def state_of(bench: Bench, registration: Registration) -> str:
    """The present state of a registration."""
    return bench.get(Registration, registration.id).state


def line(bench: Bench, session: Session) -> list[UUID]:
    """Who waits, first first."""
    rows = bench.query(
        "SELECT resident_id FROM registration WHERE session_id = %s AND state = 'waitlisted' ORDER BY queue", (session.id,)
    )
    return [row[0] for row in rows]


def with_rules(bench: Bench, session: Session, **rules: object) -> Session:
    """The session, with other rules than its programme's: `party_max=2`, `waitlist_policy="best_fit"`, `online_capacity=3`."""
    columns = ", ".join(f"{column} = %s" for column in rules)
    bench.query(f"UPDATE session SET {columns} WHERE id = %s RETURNING id", (*rules.values(), session.id))
    return bench.get(Session, session.id)
