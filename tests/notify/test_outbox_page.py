"""The outbox as staff look through it: by state, purpose, reason and number, bounded however much there is, and as it moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from services.notify.features.list_messages import MOST_COUNTED, Wanted, list_messages
from services.notify.tables import Call, Message
from shared import log_ins
from shared.auth import COOKIE, Principal, sign_session
from shared.crypto import Keyring
from shared.event import new_id
from shared.testing import Bench
from tests.notify.conftest import ANA, ANAS_PHONE, BO, BOS_PHONE, NOON, Place, Story, messages, the
from tests.notify.phones import PocketCarrier
from tests.notify.test_callbacks import post_receipts, receipt_of
from tests.web.reading import Reader

PATH = "/notify/messages"


def ids_on(page: str) -> list[str]:
    return [part.split('"')[0] for part in page.split('<tr id="text-')[1:]]


def look(bench: Bench, query: str = "", role: str = "clerk") -> str:
    answer = bench.client(role, browser=True).get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.text
    text: str = answer.text
    return text


def test_texts_are_found_by_what_they_are_about_and_by_why_they_did_not_go(bench: Bench, story: Story, place: Place) -> None:
    bench.work()
    bench.hear(story.cancelled(place.registration, place.session))
    assert ids_on(look(bench, "purpose=place_confirmed")) == [str(the(bench, "place_confirmed").id)]
    skipped = {str(message.id) for message in bench.all(Message) if message.skip_reason == "cancelled"}
    assert len(skipped) == 2
    assert set(ids_on(look(bench, "state=skipped&reason=cancelled"))) == skipped
    assert ids_on(look(bench, "state=skipped&reason=expired")) == []
    assert ids_on(look(bench, "state=skipped&purpose=reminder_day")) == [str(the(bench, "reminder_day").id)]


def test_a_state_tells_its_reasons_with_how_often_each_holds(bench: Bench, story: Story, place: Place) -> None:
    bench.hear(story.cancelled(place.registration, place.session))
    page = look(bench, "state=skipped")
    assert "名额或活动已取消 <b>3</b>" in " ".join(page.split())


def test_a_form_with_empty_fields_asks_for_everything(bench: Bench, place: Place) -> None:
    assert len(ids_on(look(bench, "state=&purpose=&number="))) == len(bench.all(Message))


def test_a_search_looks_through_a_part_at_a_time_and_goes_on_behind_it(bench: Bench, story: Story, place: Place) -> None:
    session = new_id()
    bench.hear(story.session(session), *(story.waitlisted(new_id(), session) for _ in range(12)))
    wanted = Wanted(purpose="place_confirmed")
    seen = []
    for _ in range(9):
        with bench.service.begin() as unit:
            page = list_messages(wanted, unit, searched=5)
        seen += [line.message.id for line in page.lines]
        if page.more is None:
            break
        wanted = Wanted(purpose="place_confirmed", before=page.more)
    assert seen == [the(bench, "place_confirmed").id]


def test_the_texts_of_a_number_are_found_whoever_it_belongs_to(bench: Bench, story: Story, place: Place) -> None:
    other = new_id()
    bench.hear(story.resident(BO, BOS_PHONE), story.confirmed(other, place.session, BO))
    bench.work()
    anas = {str(message.id) for message in bench.all(Message) if message.resident_id == ANA}
    assert set(ids_on(look(bench, f"number=%2B86+{ANAS_PHONE}"))) == anas
    assert len(anas) == 3


@pytest.mark.parametrize("number", ["13900000000", "138", "𠮷🙂", "' OR 1=1 --", "%00"])
def test_a_number_without_texts_is_answered_with_what_to_check(bench: Bench, place: Place, number: str) -> None:
    assert "这个号码没有短信" in look(bench, f"number={number}")


@pytest.mark.parametrize("query", ["state=gone", "purpose=spam", "before=1", f"number={'1' * 41}", f"reason={'x' * 41}"])
def test_what_cannot_be_asked_for_is_refused_in_words(bench: Bench, query: str) -> None:
    answer = bench.client("clerk", browser=True).get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert "请" in answer.text


def test_a_large_outbox_is_counted_only_so_far(bench: Bench) -> None:
    bench.add(
        *(
            Message(
                dedupe_key=str(number),
                purpose="answer",
                category="service",
                facts="",
                planned_at=NOON,
                due_at=NOON,
                not_after=NOON,
                state="accepted",
                accepted_at=NOON,
            )
            for number in range(MOST_COUNTED + 5)
        )
    )
    assert "<b>10,000+</b>" in look(bench)


def test_a_life_tells_of_the_call_in_its_place(bench: Bench, story: Story, carrier: PocketCarrier) -> None:
    session, registration = new_id(), new_id()
    bench.hear(story.resident(phone=""), story.session(session), story.waitlisted(registration, session))
    bench.hear(story.offered(registration, session, NOON - timedelta(hours=4)))
    bench.work()
    (call,) = bench.all(Call)
    page = bench.client("clerk", browser=True).get(f"{PATH}/{call.message_id}").text
    assert "改成打电话" in page
    assert "给候补的人留了名额" in page


def test_a_life_tells_when_the_carrier_is_asked_again(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("taken")
    bench.work()
    page = bench.client("clerk", browser=True).get(f"{PATH}/{the(bench, 'place_confirmed').id}").text
    assert "没有回音，正在查问" in page
    assert "下次去问" in page


class Watcher:
    """The stream of moving texts, as the browser of a member of staff opens it."""

    def __init__(self, bench: Bench, app: ASGIApp, role: str = "clerk") -> None:
        self._service, self._app = bench.service, app
        kind = "resident" if role == "resident" else "staff"
        self.principal = Principal(id=new_id(), kind=kind, name="", roles=frozenset({role}))
        self._cookie = f"{COOKIE}={sign_session(Keyring(bench.service.settings.keys, 'registration'), self.principal)}"

    @asynccontextmanager
    async def opened(self, place: str = "") -> AsyncIterator[Reader]:
        """A reader; afterwards, nothing of the stream is still reading."""
        async with Reader(self._as_browser, last_event_id=place) as reader:
            yield reader
        while self._service.engine.pool.checkedout():  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)

    async def _as_browser(self, scope: Scope, receive: Receive, send: Send) -> None:
        given: dict[str, Any] = {
            "path": f"{PATH}/stream",
            "raw_path": f"{PATH}/stream".encode(),
            "headers": [*scope["headers"], (b"cookie", self._cookie.encode()), (b"host", b"testserver")],
            "scheme": "http",
            "server": ("testserver", 80),
            "client": ("127.0.0.1", 1),
            "http_version": "1.1",
            "root_path": "",
        }
        await self._app(dict(scope) | given, receive, send)


async def test_who_has_the_outbox_open_hears_of_every_move_and_of_none_twice(bench: Bench, place: Place) -> None:
    app = bench.service.web(bench.service)
    async with Watcher(bench, app).opened("texts:0") as reader:
        await reader.sees(lambda told: len(told.texts) == 1)
        await asyncio.to_thread(bench.work)
        await reader.sees(lambda told: len(told.texts) > 1)
        await asyncio.to_thread(post_receipts, bench, receipt_of(bench))
        heard = len(reader.texts)
        await reader.sees(lambda told: len(told.texts) > heard)
        positions = [int(text) for text in reader.texts]
    assert positions == sorted(set(positions))
    async with Watcher(bench, app).opened(f"texts:{positions[-1] - 1}") as reader:
        await reader.sees(lambda told: told.texts == [str(positions[-1])])


async def test_the_moves_are_told_to_staff_only_and_for_as_long_as_they_are_logged_in(bench: Bench, place: Place) -> None:
    app = bench.service.web(bench.service)
    assert bench.client("resident").get(f"{PATH}/stream").status_code == 403
    watcher = Watcher(bench, app)
    async with watcher.opened("texts:0") as reader:
        await reader.sees(lambda told: bool(told.texts))
        with bench.service.begin() as unit:
            log_ins.end(unit.cursor(), watcher.principal.log_in, unit.now + timedelta(days=1))
        bench.at(timedelta(minutes=1))
        await reader.closed()


def test_the_first_page_goes_on_by_itself_and_older_ones_stay_as_they_are(bench: Bench, place: Place) -> None:
    assert "hx-sse:connect" in look(bench)
    (newest, *_) = sorted((message.id for message in messages(bench, "place_confirmed")), reverse=True)
    assert "hx-sse:connect" not in look(bench, f"before={newest}")
