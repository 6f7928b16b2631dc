"""People without a phone, or who would rather be called, are called; carers learn what they did for somebody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notify.features.call import NoteCall, ToCall, list_calls, note_call
from services.notify.tables import Call, Carer, Contact
from shared import clock
from shared.contracts.notify import FellBack, MessageSkipped
from shared.contracts.registration import (
    AuthorityEnded,
    AuthorityGiven,
    PlaceOffered,
    RegistrationCancelled,
    RegistrationConfirmed,
    ResidentChanged,
    ResidentRegistered,
)
from shared.errors import NotFound
from shared.event import Event, new_id
from shared.testing import Bench
from tests.notify.conftest import ANA, BO, BOS_PHONE, NOON, Story
from tests.notify.phones import PocketCarrier

STAFF = UUID(int=7)
HOME = "+862163281234"


def known(story: Story, **given: Any) -> Event:
    """Ana, by default without a mobile but with a landline."""
    sealed = {field: story.keys.seal("notify", given.get(field, default)) for field, default in DEFAULTS.items()}
    return ResidentRegistered(resident_id=ANA, street="310101019", consents=("texts",), calls=given.get("calls", False), **sealed)


DEFAULTS = {"phone": "", "landline": HOME, "name": "王秀珍"}


def calls(bench: Bench) -> list[ToCall]:
    with bench.service.begin() as unit:
        return list_calls(unit)


@pytest.mark.parametrize(
    ("given", "numbers", "reason"),
    [
        ({}, [HOME], "no_phone"),
        ({"phone": f"+86{BOS_PHONE}", "calls": True}, [HOME, BOS_PHONE], "called_instead"),
        ({"landline": ""}, [], "no_phone"),
    ],
)
def test_who_takes_no_texts_is_called_the_day_before(
    bench: Bench, story: Story, carrier: PocketCarrier, given: dict[str, Any], numbers: list[str], reason: str
) -> None:
    session = new_id()
    bench.hear(known(story, **given), story.session(session), story.confirmed(new_id(), session))
    bench.work()
    assert calls(bench) == []
    bench.at(NOON - timedelta(hours=23))
    bench.work()
    skipped = [event.reason for event in bench.said if isinstance(event, MessageSkipped)]
    assert skipped == [reason]
    assert [(event.step, event.why) for event in bench.said if isinstance(event, FellBack)] == [("call", reason)]
    (call,) = calls(bench)
    assert (call.name, call.numbers, call.resident_id) == ("王秀珍", numbers, ANA)
    assert call.words == "提醒午间半小时，明天12:00，庄家街51弄1号社区食堂。问问来不来。"
    assert carrier.calls == []


@pytest.mark.parametrize(("given", "reason"), [({}, "no_phone"), ({"phone": f"+86{BOS_PHONE}", "calls": True}, "called_instead")])
def test_who_takes_no_texts_is_called_about_a_place_that_is_kept_for_them(
    bench: Bench, story: Story, given: dict[str, Any], reason: str
) -> None:
    session, until = new_id(), clock.now() + timedelta(hours=4)
    offer = PlaceOffered(
        registration_id=REGISTRATION,
        session_id=session,
        programme_id=new_id(),
        resident_id=ANA,
        expires_at=until,
        party=1,
        mode="room",
    )
    bench.hear(known(story, **given), story.session(session), offer)
    bench.work()
    assert [event.reason for event in bench.said if isinstance(event, MessageSkipped)] == [reason]
    (call,) = calls(bench)
    assert (call.call.call_by, call.words.partition("：")[0]) == (until, "候补到了，问要不要")


@pytest.fixture
def call(bench: Bench, story: Story) -> ToCall:
    """The call that tells Ana of tomorrow's session."""
    session = new_id()
    bench.hear(known(story), story.session(session), story.confirmed(REGISTRATION, session))
    bench.at(NOON - timedelta(hours=23))
    bench.work()
    return calls(bench)[0]


REGISTRATION = UUID(int=70)


def test_who_was_reached_leaves_the_list_and_who_was_not_stays(bench: Bench, call: ToCall) -> None:
    wish = NoteCall(message_id=call.call.message_id, outcome="no_answer", staff_id=STAFF)
    bench.run(note_call, wish)
    assert [each.call.tries for each in calls(bench)] == [1]
    bench.run(note_call, wish.model_copy(update={"outcome": "told"}))
    assert calls(bench) == []
    assert [(row.tries, row.tried_by) for row in bench.all(Call)] == [(2, STAFF)]
    for message_id in (call.call.message_id, new_id()):
        with pytest.raises(NotFound):
            bench.run(note_call, NoteCall(message_id=message_id, outcome="told", staff_id=STAFF))


def test_a_call_whose_matter_is_off_or_over_need_not_be_made(bench: Bench, story: Story, call: ToCall) -> None:
    assert call.call.call_by < NOON
    bench.at(NOON)
    assert calls(bench) == []
    bench.at(NOON - timedelta(hours=22))
    assert len(calls(bench)) == 1
    (session,) = bench.query("SELECT session_id FROM registration WHERE id = %s", (REGISTRATION,))[0]
    bench.hear(story.cancelled(REGISTRATION, session))
    assert calls(bench) == []


def test_the_page_of_calls_names_people_to_those_who_call_only(bench: Bench, call: ToCall) -> None:
    assert call.name
    clerk, operator = bench.client("clerk", browser=True), bench.client("operator", browser=True)
    assert "王秀珍" in clerk.get("/notify/messages/calls").text
    assert "王秀珍" not in operator.get("/notify/messages/calls").text
    assert bench.client("resident", browser=True).get("/notify/messages/calls").status_code == 403
    form = {"message_id": str(call.call.message_id), "outcome": "told"}
    assert clerk.post("/notify/messages/calls", data=form).status_code == 303
    assert "没有要打的电话" in clerk.get("/notify/messages/calls").text
    assert clerk.post("/notify/messages/calls", data=form).status_code == 404


def test_a_new_number_is_used_and_the_choice_of_texts_stays(bench: Bench, story: Story) -> None:
    bench.hear(story.resident())
    seal = story.keys.seal
    bench.hear(
        ResidentChanged(
            resident_id=ANA, street="310101019", phone=seal("notify", f"+86{BOS_PHONE}"), name="", landline="", calls=False
        )
    )
    contact = bench.get(Contact, ANA)
    assert (bench.service.keys.decrypt(contact.phone, "phone"), contact.texts) == (BOS_PHONE, True)


def given_authority(id: UUID) -> Event:
    return AuthorityGiven(authority_id=id, elder_id=ANA, carer_id=BO, relation="child", ground="own_word")


def test_elder_and_carer_are_both_told_of_an_authority_and_the_carer_of_what_they_did(
    bench: Bench, story: Story, carrier: PocketCarrier
) -> None:
    authority, session, place = new_id(), new_id(), new_id()
    bench.hear(story.resident(), story.resident(BO, f"+86{BOS_PHONE}"), given_authority(authority), story.session(session))
    confirmed = story.confirmed(place, session)
    assert isinstance(confirmed, RegistrationConfirmed)
    bench.hear(confirmed.model_copy(update={"acted_by": BO}))
    cancelled = story.cancelled(place, session)
    assert isinstance(cancelled, RegistrationCancelled)
    bench.hear(cancelled.model_copy(update={"acted_by": STAFF}))
    bench.hear(AuthorityEnded(authority_id=authority, elder_id=ANA, carer_id=BO))
    bench.work()
    told = [(row[0], row[1]) for row in bench.query("SELECT purpose, resident_id FROM message ORDER BY id")]
    assert [line for line in told if line[0] in ("carer_told", "authority_given", "authority_ended")] == [
        ("authority_given", ANA),
        ("authority_given", BO),
        ("carer_told", BO),
        ("authority_ended", ANA),
        ("authority_ended", BO),
    ]
    assert bench.all(Carer) == []


def test_a_carer_of_somebody_without_a_phone_can_be_called(bench: Bench, story: Story) -> None:
    session = new_id()
    bench.hear(known(story, landline=""), story.resident(BO, f"+86{BOS_PHONE}"), given_authority(new_id()))
    bench.hear(story.session(session), story.confirmed(new_id(), session))
    bench.at(NOON - timedelta(hours=23))
    bench.work()
    (call,) = calls(bench)
    assert (call.numbers, call.carers) == ([], [("", BOS_PHONE)])
