"""The facts of a month as reports hears them: a small city of stations, a programme of each kind, everything from a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from shared import clock
from shared.clock import SHANGHAI
from shared.contracts import notify, registration, stations
from shared.event import Event
from shared.testing import Bench

STREET = "310101019"


def uuid(kind: int, n: int) -> UUID:
    """A readable id: the kind in its first digits, the number in its last."""
    return UUID(int=(kind << 120) | n)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A time of day in Shanghai."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def opened(n: int, *, street: str = STREET, district: str = "黄浦区", on: date = date(2019, 6, 1), name: str = "") -> stations.StationOpened:
    """Station `n`."""
    return stations.StationOpened(
        station_id=uuid(1, n), code=f"{street}-{n:02}", name=name or f"测试{n}驿站", street=street, district=district, opened_on=on
    )


def visit(n: int, *, station: int = 1, day: date = date(2021, 5, 10), person: int | None = None, items: int = 3, imported: bool = False) -> Event:
    """Visit `n`."""
    who = uuid(4, person) if person is not None else None
    return stations.VisitRecorded(visit_id=uuid(2, n), station_id=uuid(1, station), day=day, person_id=who, items=items, imported=imported)


PROGRAMMES: dict[registration.SessionKind, tuple[UUID, str, str, str]] = {
    "series": (uuid(5, 1), "午间半小时", "老西门红十字会", "庄家街51弄1号 社区食堂"),
    "livestream": (uuid(5, 2), "职业蓄能，创享西门", "老西门街道", "文庙街区"),
    "course": (uuid(5, 3), "社区工作骨干培训班", "老西门街道", "街道大会议室"),
}


def programme(kind: registration.SessionKind) -> registration.ProgrammeOpened:
    """The programme of a kind."""
    id, title, organiser, _ = PROGRAMMES[kind]
    return registration.ProgrammeOpened(programme_id=id, kind=kind, title=title, organiser=organiser, street=STREET)


def scheduled(n: int, kind: registration.SessionKind, starts: datetime, topic: str, capacity: int = 20) -> registration.SessionScheduled:
    """Session `n`, half an hour long."""
    id, title, _, place = PROGRAMMES[kind]
    return registration.SessionScheduled(
        session_id=uuid(6, n), programme_id=id, kind=kind, title=title, topic=topic, topic_title=topic, starts_at=starts,
        ends_at=starts + timedelta(minutes=30), place=place, capacity=capacity, street=STREET,
    )  # fmt: skip


def attended(n: int, kind: registration.SessionKind, starts: datetime, residents: list[int], walk_ins: int = 0) -> Iterator[Event]:
    """Session `n` with these residents; the last `walk_ins` of them came without having signed up."""
    id = PROGRAMMES[kind][0]
    signed = residents[: len(residents) - walk_ins]
    for resident in residents:
        ids = {"registration_id": uuid(7, n * 1000 + resident), "session_id": uuid(6, n), "programme_id": id, "resident_id": uuid(8, resident)}
        if resident in signed:
            yield registration.RegistrationConfirmed(**ids, from_waitlist=resident == signed[-1])
        yield registration.ResidentCheckedIn(**ids, walk_in=resident not in signed, way_in="staff")
    yield registration.SessionHeld(
        session_id=uuid(6, n), programme_id=id, kind=kind, topic="t", starts_at=starts, capacity=20, confirmed=len(signed),
        attended=len(residents), walk_ins=walk_ins, street=STREET,
    )  # fmt: skip


def text(n: int, purpose: notify.Purpose = "reminder_day", *, delivered: bool = True) -> Iterator[Event]:
    """Text `n`, sent and perhaps delivered."""
    yield notify.MessageSent(message_id=uuid(9, n), resident_id=uuid(8, n), purpose=purpose, category="service", carrier="sim", parts=1)
    if delivered:
        yield notify.MessageDelivered(message_id=uuid(9, n), purpose=purpose, carrier="sim")


def history(seed: int = 2021, *, count: int = 30, months: int = 24, daily: float = 1.0) -> Iterator[Event]:
    """Stations open and are visited for `months`, more from month to month; ends with 31 May 2021."""
    chance = random.Random(seed)
    districts = ("黄浦区", "徐汇区", "长宁区", "静安区", "普陀区", "虹口区")
    starts = date(2021, 6, 1) - timedelta(days=30 * months)
    for n in range(1, count + 1):
        street = STREET if n == 1 else f"3101{n:05}"
        yield opened(n, street=street, district=districts[n % len(districts)], on=starts, name="老西门街道智慧健康驿站" if n == 1 else "")
    number = 0
    for days in range((date(2021, 6, 1) - starts).days):
        day = starts + timedelta(days=days)
        busy = daily * (0.6 + 0.9 * days / (30 * months)) * (0.5 if day.weekday() == 6 else 1)
        for n in range(1, count + 1):
            for _ in range(int(busy * (1 + n % 4) + chance.random())):
                number += 1
                known = chance.random() < 0.5 + n % 5 / 10
                person = n * 1000 + chance.randrange(40 + 10 * (n % 7)) if known else None
                yield visit(number, station=n, day=day, person=person, items=2 + chance.randrange(4), imported=True)


def may(bench: Bench) -> None:
    """Everything that the paper tells of May 2021 happens; the clock ends on the last evening of the month."""
    wednesdays = [date(2021, 5, day) for day in (5, 12, 19, 26)]
    topics = ("小伤口怎么处理", "黄金四分钟", "脚下留神", "玩转智能手机")
    bench.at(at(date(2021, 5, 3), 9))
    bench.hear(*(programme(kind) for kind in PROGRAMMES))
    for n, (day, topic) in enumerate(zip(wednesdays, topics, strict=True), start=1):
        bench.at(at(day, 12, 40))
        bench.hear(scheduled(n, "series", at(day, 12), topic))
        bench.hear(*attended(n, "series", at(day, 12), list(range(n, n + 18)), walk_ins=2))
    bench.at(at(date(2021, 5, 13), 17))
    bench.hear(scheduled(11, "course", at(date(2021, 5, 13), 14), "社区治理的挑战与社区工作者的角色转变", 40))
    bench.hear(*attended(11, "course", at(date(2021, 5, 13), 14), list(range(100, 136))))
    bench.at(at(date(2021, 5, 20), 10))
    bench.hear(
        stations.CriticalReadingSeen(
            visit_id=uuid(2, 1), reading_id=uuid(3, 1), station_id=uuid(1, 1), street=STREET, item="blood_pressure", rule="bp-3"
        ),
        stations.ReferralOpened(
            referral_id=uuid(10, 1), visit_id=uuid(2, 1), station_id=uuid(1, 1), street=STREET, resident_id=None, due_on=date(2021, 6, 3)
        ),
    )
    for n in range(1, 60):
        bench.hear(*text(n, delivered=n % 9 != 0))
    bench.at(at(date(2021, 5, 31), 21))
    bench.hear(scheduled(21, "livestream", at(date(2021, 5, 31), 19), "文庙老街：家门口的岗位与开店的门道", 20000))
    bench.hear(
        registration.LivestreamHeld(
            session_id=uuid(6, 21), programme_id=PROGRAMMES["livestream"][0], viewers=13_000, peak=4_812, questions=312, reactions=9_120,
            street=STREET,
        )
    )  # fmt: skip


def in_parcels(bench: Bench, events: Iterator[Event] | list[Event], size: int = 500) -> int:
    """Hear many facts, `size` at a time; returns how many."""
    found = list(events)
    for start in range(0, len(found), size):
        bench.hear(*found[start : start + size])
    return len(found)


def now_is(day: date, hour: int = 9) -> None:
    """Set the clock."""
    clock.freeze(at(day, hour))
