"""What the tables add up to is what was told."""

from __future__ import annotations

from services.registration.features.cancel import Cancel, cancel
from services.registration.features.check_in import CheckIn, check_in
from services.registration.features.hold_session import HoldSession, hold_session
from services.registration.features.note_missed import NoteMissed, note_missed
from services.registration.recount import recount
from shared.testing import Bench
from tests.registration.classroom import a_course, sent
from tests.registration.people import WEDNESDAY, a_resident, a_session, sign_up


def test_the_recount_finds_everything_that_was_told(bench: Bench) -> None:
    session = a_session(bench, capacity=2)
    leaves, comes, waits, stays_out = (sign_up(bench, session) for _ in range(4))
    bench.run(cancel, Cancel(registration_id=leaves.id, channel="web"))
    bench.run(cancel, Cancel(registration_id=stays_out.id, channel="web"))
    sent(bench, a_course(bench))
    absent = sign_up(bench, other := a_session(bench))
    bench.at(WEDNESDAY)
    bench.run(check_in, CheckIn(registration_id=comes.id))
    walks_in = a_resident(bench)
    bench.run(check_in, CheckIn(session_id=session.id, resident_id=walks_in.id, force=True))
    bench.run(hold_session, HoldSession(session_id=session.id))
    bench.run(hold_session, HoldSession(session_id=other.id))
    for reason in ("forgot", "unwanted"):
        bench.run(note_missed, NoteMissed(registration_id=absent.id, reason=reason))
    with bench.service.begin() as unit:
        counted = recount(unit.cursor())
    told = dict(bench.query("SELECT type, count(*) FROM outbox GROUP BY type"))
    assert counted == {
        "residents": told["registration.resident_registered"],
        "programmes": told["registration.programme_opened"],
        "sessions": told["registration.session_scheduled"],
        "confirmed": told["registration.confirmed"],
        "waitlisted": told["registration.waitlisted"],
        "cancelled": told["registration.cancelled"],
        "checked_in": told["registration.checked_in"],
        "walk_ins": 1,
        "sessions_held": told["registration.session_held"],
        "attended": 2,
        "livestream_viewers": 0,
        "livestream_questions": 0,
        "nominations": told["registration.nominated"],
        "completions": 0,
        "certificates": 0,
        "revocations": 0,
        "reasons_given": 1,
        "people_forgotten": 0,
    }
    assert (counted["confirmed"], counted["waitlisted"], counted["cancelled"]) == (3, 2, 2)
    assert waits.state == "waitlisted"
