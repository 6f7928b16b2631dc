"""Why somebody did not come is kept as they said it, and follows nobody anywhere."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from services.registration.features import problems
from services.registration.features.check_in import CheckIn, check_in
from services.registration.features.hold_session import HoldSession, hold_session
from services.registration.features.note_missed import NoteMissed, note_missed
from services.registration.tables import Registration
from shared.contracts.notify import ReplyReceived
from shared.contracts.registration import MissedReasonGiven, RegistrationMissed
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import HALF_HOUR, WEDNESDAY, a_resident, a_session, sign_up


def a_missed_place(bench: Bench) -> Registration:
    """A session is over, and somebody did not come."""
    session = a_session(bench)
    registration = sign_up(bench, session)
    bench.at(WEDNESDAY + HALF_HOUR)
    bench.run(hold_session, HoldSession(session_id=session.id))
    return registration


def reason_of(bench: Bench, registration: Registration) -> str | None:
    return bench.get(Registration, registration.id).missed_reason


def test_the_answer_to_the_text_is_kept_and_a_later_word_counts(bench: Bench) -> None:
    registration = a_missed_place(bench)
    told = {"resident_id": registration.resident_id, "registration_id": registration.id, "meaning": "reason"}
    bench.hear(ReplyReceived(reply_id=new_id(), reason="forgot", **told))
    assert reason_of(bench, registration) == "forgot"
    bench.run(note_missed, NoteMissed(registration_id=registration.id, reason="inconvenient"))
    assert reason_of(bench, registration) == "inconvenient"


def test_somebody_elses_answer_and_an_unknown_registration_change_nothing(bench: Bench) -> None:
    registration = a_missed_place(bench)
    for registration_id, resident_id in ((registration.id, a_resident(bench).id), (new_id(), registration.resident_id)):
        bench.hear(
            ReplyReceived(
                reply_id=new_id(), resident_id=resident_id, registration_id=registration_id, meaning="reason", reason="forgot"
            )
        )
    assert reason_of(bench, registration) is None


def test_a_reason_is_only_for_who_did_not_come(bench: Bench) -> None:
    session = a_session(bench)
    registration = sign_up(bench, session)
    bench.at(WEDNESDAY)
    bench.run(check_in, CheckIn(registration_id=registration.id))
    with pytest.raises(problems.NotMissed):
        bench.run(note_missed, NoteMissed(registration_id=registration.id, reason="forgot"))
    bench.run(hold_session, HoldSession(session_id=session.id))
    with pytest.raises(problems.NotMissed):
        bench.run(note_missed, NoteMissed(registration_id=registration.id, reason="forgot"))
    assert [event for event in bench.said if isinstance(event, RegistrationMissed)] == []


def test_staff_enter_a_reason_after_a_call_and_see_it_on_the_roster(bench: Bench) -> None:
    registration = a_missed_place(bench)
    clerk, path = bench.client("clerk", browser=True), f"/registration/desk/sessions/{registration.session_id}"
    assert "没有来" in clerk.get(path).text
    saved = clerk.post(f"{path}/missed", data={"registration_id": str(registration.id), "reason": "unwanted"})
    assert saved.status_code == 303
    assert re.search(r"没有来</span></span>\s*不想来了", clerk.get(path).text)
    api = f"/registration/api/registrations/{registration.id}/missed"
    assert bench.client("clerk").post(api, json={"reason": "forgot"}).json()["missed_reason"] == "forgot"
    assert bench.client("clerk").post(api, json={"reason": "lazy"}).status_code == 422
    assert bench.client("resident", id=registration.resident_id).post(api, json={"reason": "forgot"}).status_code == 403


def test_where_nobody_kept_the_door_nobody_is_said_to_have_stayed_away(bench: Bench) -> None:
    session = a_session(bench)
    sign_up(bench, session)
    bench.at(WEDNESDAY + timedelta(hours=21))
    bench.tick()
    assert [event.type for event in bench.said] == ["registration.session_held"]


def test_a_reason_is_told_once_with_what_was_said_before_and_without_whose_it_is(bench: Bench) -> None:
    registration = a_missed_place(bench)
    for reason, before in (("forgot", None), ("unwanted", "forgot")):
        bench.run(note_missed, NoteMissed(registration_id=registration.id, reason=reason))
        (told,) = bench.said
        assert isinstance(told, MissedReasonGiven)
        assert (told.reason, told.before) == (reason, before)
        assert str(registration.resident_id) not in told.model_dump_json()
    bench.run(note_missed, NoteMissed(registration_id=registration.id, reason="unwanted"))
    assert bench.said == []


def test_the_programme_counts_reasons_by_month_and_keeps_small_counts_to_itself(bench: Bench) -> None:
    session = a_session(bench, capacity=9)
    places = [sign_up(bench, session) for _ in range(8)]
    bench.at(WEDNESDAY + HALF_HOUR)
    bench.run(hold_session, HoldSession(session_id=session.id))
    for place, reason in zip(places, ["forgot"] * 5 + ["unwanted"] * 2, strict=False):
        bench.run(note_missed, NoteMissed(registration_id=place.id, reason=reason))
    shown = bench.client("clerk", browser=True).get(f"/registration/desk/programmes/{session.programme_id}").text
    row = re.search(r"<tr><th scope=\"row\">2021-05</th>(.*?)</tr>", shown, re.DOTALL)
    assert row is not None
    assert re.findall(r">([^<>]+)</td>", row[1]) == ["8", "5", "0", "不足 5"]
