"""One row of each thing that a course or a door keeps of somebody, for tests of what happens to all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

from services.registration.tables import (
    CourseTest,
    Cycle,
    Excuse,
    FollowUp,
    HourEntry,
    MakeUp,
    Nomination,
    Practical,
    Programme,
    Registration,
    Scan,
    Session,
    Survey,
    SurveyLetter,
    TestTaken,
)
from shared import clock
from shared.event import new_id
from shared.testing import Bench
from tests.registration.classroom import CLERK, DAY, EAST, a_course, a_lesson, a_programme
from tests.registration.people import a_resident

GAPS = cycle((0, 500, 1500))
"""Days between the cycles of somebody who has one for each of two courses: they may overlap."""


class Taught:
    """A lesson of a course that has a test and a survey, and another lesson that makes up for it."""

    def __init__(self, bench: Bench) -> None:
        starts = clock.now() + 20 * DAY
        course = a_course(bench, 0, starts=starts)
        self.programme_id = course.programme_id
        self.lesson = a_lesson(bench, bench.get(Programme, course.programme_id), starts)
        other = a_lesson(bench, a_programme(bench), starts + timedelta(hours=2))
        self.other: Session = other
        bench.add(CourseTest(programme_id=self.programme_id, moment="post", questions=[], set_at=clock.now()))
        times = {"opened_at": clock.now(), "closes_at": clock.now() + DAY}
        bench.add(Survey(programme_id=self.programme_id, questions=[], **times))
        self.gap = timedelta(days=next(GAPS))
        self.attended = [self._place(bench) for _ in range(4)]

    def _place(self, bench: Bench) -> UUID:
        """A cancelled registration of some other resident, for a make-up to point to."""
        now = clock.now()
        row = Registration(
            session_id=self.other.id,
            resident_id=a_resident(bench, phone="").id,
            state="cancelled",
            registered_at=now,
            cancelled_at=now,
        )
        return bench.add(row).id


def a_taught_course(bench: Bench) -> Taught:
    """A course with everything that can be learned in it."""
    return Taught(bench)


def _entered() -> dict[str, Any]:
    return {"entered_by": CLERK, "entered_at": clock.now()}


def _seat(of: Taught, who: UUID) -> list[Any]:
    return [
        Nomination(
            programme_id=of.programme_id, neighbourhood=EAST, resident_id=who, nominated_by=CLERK, nominated_at=clock.now()
        )
    ]


def _hours(of: Taught, who: UUID) -> list[Any]:
    line = {"category": "业务能力", "minutes": 90, "minutes_per_hour": 45, "earned_on": date(2021, 4, 20), **_entered()}
    return [
        HourEntry(resident_id=who, programme_id=of.programme_id, title="本班", evidence=str(new_id()), **line),
        HourEntry(resident_id=who, title="外面", evidence=str(of.programme_id), **line),
    ]


def _tries(of: Taught, who: UUID) -> list[Any]:
    told: dict[str, Any] = {
        "programme_id": of.programme_id,
        "moment": "post",
        "resident_id": who,
        "answers": {},
        "taken_at": clock.now(),
    }
    return [TestTaken(number=1, score=40, **told), TestTaken(number=2, score=80, **told)]


def _scans(of: Taught, who: UUID) -> list[Any]:
    told: dict[str, Any] = {
        "session_id": of.lesson.id,
        "resident_id": who,
        "way": "staff",
        "at": clock.now(),
        "received_at": clock.now(),
    }
    return [Scan(nonce=new_id(), direction=direction, result="ok", **told) for direction in ("entry", "exit")]


KEPT: dict[str, Callable[[Taught, UUID], list[Any]]] = {
    "nomination": _seat,
    "excuse": lambda of, who: [
        Excuse(session_id=of.lesson.id, resident_id=who, reason="x", approved_by=CLERK, approved_at=clock.now())
    ],
    "make_up": lambda of, who: [
        MakeUp(
            missed_session_id=of.lesson.id,
            resident_id=who,
            registration_id=of.attended.pop(),
            credited_by=CLERK,
            credited_at=clock.now(),
        )
    ],
    "cycle": lambda of, who: [Cycle(resident_id=who, starts_on=date(2015, 1, 1) + of.gap, grade="worker", **_entered())],
    "hour_entry": _hours,
    "test_taken": _tries,
    "practical": lambda of, who: [Practical(programme_id=of.programme_id, resident_id=who, passed=True, **_entered())],
    "survey_letter": lambda of, who: [SurveyLetter(programme_id=of.programme_id, resident_id=who, token="x")],
    "follow_up": lambda of, who: [
        FollowUp(programme_id=of.programme_id, resident_id=who, days=days, asked="participant", due_on=date(2021, 9, 1))
        for days in (30, 60)
    ],
    "scan": _scans,
}
"""By table: rows of somebody in a course."""
