"""A place that became free is kept for the next in line for a while, by day, and goes on when they do not want it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.notify.domain import hours
from services.registration.domain import offers
from services.registration.features import problems
from services.registration.features.accept_offer import AcceptOffer, accept_offer
from services.registration.features.cancel import Cancel, cancel
from services.registration.features.cancel_session import CancelSession, cancel_session
from services.registration.features.decline_offer import DeclineOffer, decline_offer
from services.registration.features.edit_session import EditSession, edit_session
from services.registration.features.register import Register, register
from services.registration.tables import Registration, Session
from shared.contracts.notify import ReplyReceived
from shared.contracts.registration import OfferDeclined, OfferExpired, PlaceOffered, RegistrationConfirmed, SessionChanged
from shared.event import new_id
from shared.testing import Bench
from tests.registration.people import WEDNESDAY, a_resident, a_session, sign_up, state_of

SHANGHAI = ZoneInfo("Asia/Shanghai")


def here(day: int, clock: str) -> datetime:
    """A moment of May 2021 in Shanghai."""
    return datetime.fromisoformat(f"2021-05-{day:02}T{clock}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("now", "starts", "until"),
    [
        (here(3, "10:00"), here(12, "12:00"), here(4, "10:00")),
        (here(10, "09:00"), here(12, "12:00"), here(10, "13:00")),
        (here(11, "22:00"), here(13, "12:00"), here(12, "12:30")),
        (here(11, "19:00"), here(13, "12:00"), here(12, "11:00")),
        (here(12, "09:00"), here(12, "18:00"), here(12, "10:00")),
        (here(11, "22:00"), here(12, "12:00"), here(12, "08:45")),
        (here(11, "20:10"), here(12, "09:00"), here(11, "20:30").replace(day=12, hour=8, minute=30)),
        (here(12, "10:30"), here(12, "12:00"), here(12, "10:45")),
        (here(12, "11:01"), here(12, "12:00"), None),
        (here(11, "22:00"), here(12, "09:00"), None),
    ],
)
def test_an_offer_stands_shorter_the_nearer_the_start_and_never_runs_at_night(
    now: datetime, starts: datetime, until: datetime | None
) -> None:
    assert offers.offer_until(now, starts, SHANGHAI) == until


@given(some.integers(0, 365 * 24 * 60), some.timedeltas(timedelta(minutes=1), timedelta(days=9)))
def test_an_offer_always_leaves_time_to_answer_by_day_and_to_get_there(minutes: int, ahead: timedelta) -> None:
    now = datetime(2021, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    until = offers.offer_until(now, now + ahead, SHANGHAI)
    if until is not None:
        begins = offers.next_civil(now, SHANGHAI)
        assert begins + offers.SHORTEST <= until <= now + ahead - offers.TO_GET_THERE
        assert offers.OPENS <= until.astimezone(SHANGHAI).time() <= offers.CLOSES


def test_offers_run_in_the_hours_in_which_texts_go() -> None:
    assert (hours.CIVIL.opens, hours.CIVIL.closes) == (offers.OPENS, offers.CLOSES)


def an_offer(bench: Bench, **wish: object) -> tuple[Session, Registration]:
    """A session of one place, given back, so that it is kept for the first of two who wait."""
    session = a_session(bench, capacity=1)
    holder, first = sign_up(bench, session), a_resident(bench)
    waiting = bench.run(register, Register.model_validate({"session_id": session.id, "resident_id": first.id, **wish}))
    sign_up(bench, session)
    bench.run(cancel, Cancel(registration_id=holder.id, channel="web"))
    return session, bench.get(Registration, waiting.id)


def the_other(bench: Bench, session: Session, first: Registration) -> Registration:
    return next(each for each in bench.all(Registration) if each.queue == 2)


def test_who_accepts_has_the_place(bench: Bench) -> None:
    session, first = an_offer(bench)
    bench.run(accept_offer, AcceptOffer(registration_id=first.id, resident_id=first.resident_id))
    assert [(type(event), event.model_dump()["from_waitlist"]) for event in bench.said] == [(RegistrationConfirmed, True)]
    assert state_of(bench, first) == "confirmed"
    assert bench.get(Session, session.id).taken == 1


def test_who_declines_lets_the_next_be_asked(bench: Bench) -> None:
    session, first = an_offer(bench)
    bench.run(decline_offer, DeclineOffer(registration_id=first.id, channel="web", resident_id=first.resident_id))
    assert [type(event) for event in bench.said] == [OfferDeclined, PlaceOffered]
    assert [state_of(bench, each) for each in (first, the_other(bench, session, first))] == ["declined", "offered"]
    assert bench.get(Session, session.id).taken == 1


def test_giving_back_what_is_only_offered_is_declining(bench: Bench) -> None:
    _, first = an_offer(bench)
    bench.run(cancel, Cancel(registration_id=first.id, channel="web", resident_id=first.resident_id))
    assert state_of(bench, first) == "declined"


def test_who_does_not_answer_is_passed_over_when_the_time_is_up(bench: Bench) -> None:
    session, first = an_offer(bench)
    until = first.offer_expires_at
    assert until is not None
    bench.at(until - timedelta(seconds=1))
    bench.tick()
    assert state_of(bench, first) == "offered"
    bench.at(until)
    bench.tick()
    assert [type(event) for event in bench.said] == [OfferExpired, PlaceOffered]
    assert [state_of(bench, each) for each in (first, the_other(bench, session, first))] == ["expired", "offered"]
    bench.tick()
    assert bench.said == []


def test_an_offer_is_answered_once_and_not_after_it_has_gone_on(bench: Bench) -> None:
    _, first = an_offer(bench)
    assert first.offer_expires_at is not None
    bench.at(first.offer_expires_at)
    bench.tick()
    with pytest.raises(problems.NoOffer, match="过了"):
        bench.run(accept_offer, AcceptOffer(registration_id=first.id))
    with pytest.raises(problems.NoOffer):
        bench.run(decline_offer, DeclineOffer(registration_id=first.id, channel="web"))
    again = bench.run(register, Register(session_id=first.session_id, resident_id=first.resident_id))
    assert again.state == "waitlisted"


def test_an_offer_of_a_session_that_was_called_off_cannot_be_taken(bench: Bench) -> None:
    session, first = an_offer(bench)
    bench.run(cancel_session, CancelSession(session_id=session.id, reason="weather"))
    with pytest.raises(problems.SessionIsCancelled):
        bench.run(accept_offer, AcceptOffer(registration_id=first.id))


def test_who_agreed_beforehand_gets_the_place_without_being_asked(bench: Bench) -> None:
    _, first = an_offer(bench, at_once=True)
    assert first.state == "confirmed"
    assert isinstance(bench.said[-1], RegistrationConfirmed)


def test_shortly_before_the_start_the_place_is_given_at_once(bench: Bench) -> None:
    session = a_session(bench, capacity=1)
    holder, first = sign_up(bench, session), sign_up(bench, session)
    bench.at(WEDNESDAY - timedelta(minutes=59))
    bench.run(cancel, Cancel(registration_id=holder.id, channel="web"))
    assert state_of(bench, first) == "confirmed"


def test_offers_of_other_people_look_like_none(bench: Bench) -> None:
    _, first = an_offer(bench)
    stranger = a_resident(bench)
    with pytest.raises(problems.UnknownRegistration):
        bench.run(accept_offer, AcceptOffer(registration_id=first.id, resident_id=stranger.id))
    with pytest.raises(problems.UnknownRegistration):
        bench.run(decline_offer, DeclineOffer(registration_id=first.id, channel="web", resident_id=stranger.id))
    with pytest.raises(problems.UnknownRegistration):
        bench.run(accept_offer, AcceptOffer(registration_id=new_id(), resident_id=stranger.id))
    assert state_of(bench, first) == "offered"


def a_reply(registration: Registration, meaning: str) -> ReplyReceived:
    return ReplyReceived.model_validate(
        {
            "reply_id": new_id(),
            "resident_id": registration.resident_id,
            "meaning": meaning,
            "registration_id": registration.id,
            "session_id": registration.session_id,
        }
    )


@pytest.mark.parametrize(("meaning", "state"), [("accept", "confirmed"), ("decline", "declined"), ("other", "offered")])
def test_a_text_answers_an_offer(bench: Bench, meaning: str, state: str) -> None:
    _, first = an_offer(bench)
    bench.hear(a_reply(first, meaning))
    assert state_of(bench, first) == state


def test_a_text_that_comes_too_late_changes_nothing(bench: Bench) -> None:
    _, first = an_offer(bench)
    assert first.offer_expires_at is not None
    bench.at(first.offer_expires_at)
    bench.tick()
    bench.hear(a_reply(first, "accept"))
    assert (bench.said, state_of(bench, first)) == ([], "expired")


@pytest.mark.parametrize(
    ("starts", "until", "state"),
    [
        (WEDNESDAY + timedelta(hours=3), here(10, "13:00"), "offered"),
        (here(11, "12:00"), here(10, "13:00"), "offered"),
        (here(10, "15:00"), here(10, "10:00"), "offered"),
        (here(10, "10:20"), here(10, "09:15"), "offered"),
        (here(10, "09:30"), None, "confirmed"),
    ],
)
def test_an_offer_of_a_session_that_comes_sooner_ends_sooner(
    bench: Bench, starts: datetime, until: datetime | None, state: str
) -> None:
    session, first = an_offer(bench)
    assert first.offer_expires_at == here(10, "13:00")
    bench.run(edit_session, EditSession(session_id=session.id, starts_at=starts, ends_at=starts + timedelta(minutes=30)))
    kept = bench.get(Registration, first.id)
    assert kept.state == state
    if until is None:
        assert [type(event) for event in bench.said if not isinstance(event, SessionChanged)] == [RegistrationConfirmed]
        return
    assert kept.offer_expires_at == until
    told = [event.expires_at for event in bench.said if isinstance(event, PlaceOffered)]
    assert told == ([until] if until < here(10, "13:00") else [])
    bench.at(until)
    bench.tick()
    assert state_of(bench, first) == "expired"
    assert state_of(bench, the_other(bench, session, first)) in ("offered", "confirmed")
