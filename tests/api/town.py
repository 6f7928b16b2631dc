"""A town in which every command of registration can go wrong: somebody with a place, somebody who waits, a course, a merge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.registration.features.add_staff import AddStaff, add_staff
from services.registration.features.assign import AddInstructor, add_instructor
from services.registration.features.cancel_session import CancelSession, cancel_session
from services.registration.features.erasures import AskErasure, ask_erasure
from services.registration.features.give_authority import GiveAuthority, give_authority
from services.registration.features.merge_residents import MergeResidents, merge_residents
from services.registration.features.print_sheet import PrintSheet, print_sheet
from services.registration.features.repeat import Repeat, repeat
from services.registration.features.undo_merge import UndoMerge, undo_merge
from services.registration.tables import Session
from shared.testing import Bench
from tests.registration.classroom import a_course, lessons, sent
from tests.registration.people import ANYWHERE, WEDNESDAY, a_livestream, a_resident, a_session, sign_up, the_noon_half_hour

NOBODY = "0179302a-0000-7000-8000-00000000dead"
GUEST_PHONE = "13800138000"
GUEST_ID = "11010519491231002X"


class Town:
    """`ids` are the things that requests name; nothing a test sends may change what `state` says."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        programme = the_noon_half_hour(bench)
        session = a_session(bench, capacity=2, programme=programme)
        gone = a_session(bench, programme=programme, starts_at=WEDNESDAY + timedelta(days=2))
        bench.run(cancel_session, CancelSession(session_id=gone.id, reason="weather"))
        guest = a_resident(bench, phone=GUEST_PHONE, id_number=GUEST_ID)
        second, waiter, other = (a_resident(bench) for _ in range(3))
        place, _, waiting = (sign_up(bench, session, each) for each in (guest, second, waiter))
        course = a_course(bench)
        operator = bench.run(add_staff, AddStaff(name="老钱", password="correct horse", roles=frozenset({"operator"})))
        rhythm = {"rule": "FREQ=WEEKLY;BYDAY=TU", "first_on": "2021-05-18", "begins": "14:00", "minutes": 60}
        series = bench.run(repeat, Repeat.model_validate(rhythm | {"programme_id": programme.id}))
        cares = GiveAuthority(elder_id=guest.id, carer_id=second.id, relation="child", ground="own_word", by=ANYWHERE)
        doubled = [a_resident(bench), a_resident(bench)]
        merge = bench.run(merge_residents, MergeResidents(kept_id=doubled[0].id, merged_id=doubled[1].id, by=ANYWHERE))
        undone = bench.run(merge_residents, MergeResidents(kept_id=other.id, merged_id=waiter.id, by=ANYWHERE))
        bench.run(undo_merge, UndoMerge(merge_id=undone.id, by=ANYWHERE))
        self.operator, self.guest, self.other = operator.id, guest.id, other.id
        found: dict[str, Any] = {
            "nobody": NOBODY,
            "programme": programme.id,
            "session": session.id,
            "called_off": gone.id,
            "live": a_livestream(bench).id,
            "guest": guest.id,
            "waiter": waiter.id,
            "other": other.id,
            "merged": doubled[1].id,
            "place": place.id,
            "waiting": waiting.id,
            "course": course.programme_id,
            "lesson": lessons(bench, course)[0].id,
            "nomination": sent(bench, course, guest).id,
            "series": series.id,
            "in_series": next(each.id for each in bench.all(Session) if each.recurrence_id == series.id),
            "instructor": bench.run(add_instructor, AddInstructor(name="周老师")).id,
            "authority": bench.run(give_authority, cares).id,
            "merge": merge.id,
            "undone": undone.id,
            "erasure": bench.run(ask_erasure, AskErasure(resident_id=second.id, asked_by="resident")).id,
            "sheet": bench.run(print_sheet, PrintSheet(session_id=session.id, by=operator.id)).id,
            "account": bench.run(add_staff, AddStaff(name="小周", password="correct horse", roles=frozenset({"clerk"}))).id,
            "self": operator.id,
        }
        assert bench.app, "made before anything is counted: a demo's accounts come with it"
        self.ids = {name: str(value) for name, value in found.items()}

    def client(self, who: str) -> Any:
        """A client of `nobody`, a `clerk`, the `operator`, the `guest` or the `other` resident."""
        match who:
            case "nobody":
                return self.bench.client()
            case "guest" | "other":
                return self.bench.client("resident", id=self.guest if who == "guest" else self.other)
            case "operator":
                return self.bench.client("operator", id=self.operator)
            case _:
                return self.bench.client("clerk")

    def filled(self, value: Any) -> Any:
        """The same with the things of the town in the place of their names in braces."""
        match value:
            case str():
                return value.format_map(self.ids) if value.startswith("{") or "/{" in value else value
            case dict():
                return {name: self.filled(inner) for name, inner in value.items()}
            case list():
                return [self.filled(inner) for inner in value]
        return value

    def state(self) -> dict[str, int]:
        """How many rows are in each table, and where the log ends; scans are kept whatever came of them."""
        names = [name for (name,) in self.bench.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        counts = ", ".join(f"(SELECT count(*) FROM {name}) AS {name}" for name in sorted(names) if name != "scan")
        rows = self.bench.query(f"SELECT (SELECT seq FROM outbox_head) AS seq, {counts}")
        return dict(zip(["seq", *(name for name in sorted(names) if name != "scan")], map(int, rows[0]), strict=True))
