"""The facts of a month as reports hears them: a small city of stations, a programme of each kind, from a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

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


def opened(
    n: int, *, street: str = STREET, district: str = "黄浦区", on: date = date(2019, 6, 1), name: str = ""
) -> stations.StationOpened:
    """Station `n`."""
    return stations.StationOpened(
        station_id=uuid(1, n),
        code=f"{street}-{n:02}",
        name=name or f"测试{n}驿站",
        street=street,
        district=district,
        opened_on=on,
    )


def visit(
    n: int, *, station: int = 1, day: date = date(2021, 5, 10), person: int | None = None, items: int = 3, imported: bool = False
) -> stations.VisitRecorded:
    """Visit `n`."""
    return stations.VisitRecorded(
        visit_id=uuid(2, n),
        station_id=uuid(1, station),
        day=day,
        person_id=uuid(4, person) if person is not None else None,
        items=items,
        imported=imported,
    )


def critical(n: int, item: str = "blood_pressure") -> stations.CriticalReadingSeen:
    """Critical reading `n`, at station 1."""
    return stations.CriticalReadingSeen(
        visit_id=uuid(2, n), reading_id=uuid(3, n), station_id=uuid(1, 1), street=STREET, item=item, rule="r"
    )


def referral(n: int, due_on: date = date(2021, 6, 3)) -> stations.ReferralOpened:
    """Referral `n`, because of critical reading `n`."""
    return stations.ReferralOpened(
        referral_id=uuid(10, n), visit_id=uuid(2, n), station_id=uuid(1, 1), street=STREET, resident_id=None, due_on=due_on
    )


PROGRAMMES: dict[registration.SessionKind, tuple[UUID, str, str, str]] = {
    "series": (uuid(5, 1), "午间半小时", "老西门红十字会", "庄家街51弄1号 社区食堂"),
    "livestream": (uuid(5, 2), "职业蓄能，创享西门", "老西门街道", "文庙街区"),
    "course": (uuid(5, 3), "社区工作骨干培训班", "老西门街道", "街道大会议室"),
}


def programme(kind: registration.SessionKind) -> registration.ProgrammeOpened:
    """The programme of a kind."""
    id, title, organiser, _ = PROGRAMMES[kind]
    return registration.ProgrammeOpened(programme_id=id, kind=kind, title=title, organiser=organiser, street=STREET)


def scheduled(
    n: int, kind: registration.SessionKind, starts: datetime, topic: str = "小伤口怎么处理", capacity: int = 20
) -> registration.SessionScheduled:
    """Session `n`, half an hour long."""
    id, title, _, place = PROGRAMMES[kind]
    return registration.SessionScheduled(
        session_id=uuid(6, n),
        programme_id=id,
        kind=kind,
        title=title,
        topic=topic,
        topic_title=topic,
        starts_at=starts,
        ends_at=starts + timedelta(minutes=30),
        place=place,
        capacity=capacity,
        street=STREET,
    )


def changed(n: int, kind: registration.SessionKind, starts: datetime, old: datetime) -> registration.SessionChanged:
    """Session `n` is at another time."""
    id, title, _, place = PROGRAMMES[kind]
    return registration.SessionChanged(
        session_id=uuid(6, n),
        programme_id=id,
        changed=("time",),
        title=title,
        topic="wounds",
        topic_title="小伤口怎么处理",
        starts_at=starts,
        ends_at=starts + timedelta(minutes=30),
        place=place,
        capacity=30,
        old_starts_at=old,
        old_ends_at=old + timedelta(minutes=30),
        street=STREET,
    )


def held(
    n: int, kind: registration.SessionKind, starts: datetime, *, confirmed: int, attended: int, walk_ins: int = 0
) -> registration.SessionHeld:
    """Session `n` is over."""
    return registration.SessionHeld(
        session_id=uuid(6, n),
        programme_id=PROGRAMMES[kind][0],
        kind=kind,
        topic="t",
        starts_at=starts,
        capacity=20,
        confirmed=confirmed,
        attended=attended,
        walk_ins=walk_ins,
        street=STREET,
    )


def streamed(n: int, *, viewers: int, questions: int = 0) -> registration.LivestreamHeld:
    """Livestream `n` is over."""
    return registration.LivestreamHeld(
        session_id=uuid(6, n),
        programme_id=PROGRAMMES["livestream"][0],
        viewers=viewers,
        peak=viewers // 3,
        questions=questions,
        reactions=questions * 30,
        street=STREET,
    )


def attendance(
    n: int, kind: registration.SessionKind, starts: datetime, residents: list[int], walk_ins: int = 0
) -> Iterator[Event]:
    """Session `n` with these residents: the first moved up the waitlist, the last `walk_ins` came without having signed up."""
    id = PROGRAMMES[kind][0]
    signed = residents[: len(residents) - walk_ins]
    for resident in residents:
        ids = {
            "registration_id": uuid(7, n * 1000 + resident),
            "session_id": uuid(6, n),
            "programme_id": id,
            "resident_id": uuid(8, resident),
        }
        if resident in signed:
            yield registration.RegistrationConfirmed(**ids, from_waitlist=resident == signed[0])
        yield registration.ResidentCheckedIn(**ids, walk_in=resident not in signed, way_in="staff")
    yield held(n, kind, starts, confirmed=len(signed), attended=len(residents), walk_ins=walk_ins)


def text(n: int, purpose: notify.Purpose = "reminder_day") -> notify.MessageSent:
    """Text `n` went out."""
    return notify.MessageSent(
        message_id=uuid(9, n), resident_id=uuid(8, n), purpose=purpose, category="service", carrier="sim", parts=1
    )


def arrived(n: int, purpose: notify.Purpose = "reminder_day") -> notify.MessageDelivered:
    """Text `n` is on the phone."""
    return notify.MessageDelivered(message_id=uuid(9, n), purpose=purpose, carrier="sim")


DISTRICTS = ("黄浦区", "徐汇区", "长宁区", "静安区", "普陀区", "虹口区")


def history(seed: int = 2021, *, count: int = 12, days: int = 730, busy: float = 0.5) -> Iterator[Event]:
    """`count` stations, visited more and more over the `days` that end with May 2021."""
    chance = random.Random(seed)
    starts = date(2021, 6, 1) - timedelta(days=days)
    for n in range(1, count + 1):
        street = STREET if n == 1 else f"3101{n:05}"
        name = "老西门街道智慧健康驿站" if n == 1 else ""
        yield opened(n, street=street, district=DISTRICTS[n % len(DISTRICTS)], on=starts, name=name)
    number = 0
    for passed in range(days):
        for n in range(1, count + 1):
            for _ in range(int(busy * (0.6 + 0.9 * passed / days) * (1 + n % 4) + chance.random())):
                number += 1
                person = n * 1000 + chance.randrange(40 + 10 * (n % 7)) if chance.random() < 0.5 + n % 5 / 10 else None
                day = starts + timedelta(days=passed)
                yield visit(number, station=n, day=day, person=person, items=2 + chance.randrange(4), imported=True)


TOPICS = ("小伤口怎么处理", "黄金四分钟", "脚下留神", "玩转智能手机")


def may(bench: Bench) -> None:
    """Everything that the paper tells of May 2021 happens; the clock ends on the last evening of the month."""
    bench.at(at(date(2021, 5, 3), 9))
    bench.hear(*(programme(kind) for kind in PROGRAMMES))
    for n, topic in enumerate(TOPICS, start=1):
        starts = at(date(2021, 5, 7 * n - 2), 12)
        bench.at(starts + timedelta(minutes=40))
        bench.hear(scheduled(n, "series", starts, topic), *attendance(n, "series", starts, list(range(n, n + 18)), walk_ins=2))
    starts = at(date(2021, 5, 13), 14)
    bench.at(starts + timedelta(hours=3))
    bench.hear(scheduled(11, "course", starts, "社区治理的挑战与社区工作者的角色转变", 40))
    bench.hear(*attendance(11, "course", starts, list(range(100, 136))))
    bench.at(at(date(2021, 5, 20), 10))
    bench.hear(critical(1), referral(1))
    bench.hear(*(text(n) for n in range(60)), *(arrived(n) for n in range(53)))
    starts = at(date(2021, 5, 31), 19)
    bench.at(starts + timedelta(hours=2))
    bench.hear(scheduled(21, "livestream", starts, "文庙老街：家门口的岗位与开店的门道", 20_000))
    bench.hear(streamed(21, viewers=13_000, questions=312))


def in_parcels(bench: Bench, events: Iterable[Event], size: int = 500) -> int:
    """Hear many facts, `size` at a time; returns how many."""
    found = list(events)
    for start in range(0, len(found), size):
        bench.hear(*found[start : start + size])
    return len(found)
