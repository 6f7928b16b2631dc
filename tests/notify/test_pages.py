"""What staff see of texts, and the phones of a demo."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest

from services.notify.main import service
from services.notify.tables import Reply
from shared.event import new_id
from shared.testing import Bench
from tests.conftest import Databases
from tests.notify.conftest import ANAS_PHONE, NOON, Place, Story, the
from tests.notify.phones import PocketCarrier
from tests.notify.test_callbacks import TOKEN, post_receipts, receipt_of, text_back
from tests.notify.test_hours import a_code


def test_the_outbox_shows_states_with_reasons_and_masked_numbers(bench: Bench, story: Story, place: Place) -> None:
    bench.work()
    bench.hear(story.cancelled(place.registration, place.session))
    page = bench.client("clerk", browser=True).get("/notify/messages").text
    assert "138****8001" in page
    assert ANAS_PHONE not in page
    assert "报名成功" in page
    assert "已交运营商" in page
    assert "名额或活动已取消" in page


def test_the_outbox_is_read_state_by_state_and_page_by_page(bench: Bench, story: Story) -> None:
    session = new_id()
    bench.hear(story.resident(), story.session(session), *(story.waitlisted(new_id(), session) for _ in range(53)))
    client = bench.client("clerk", browser=True)
    first = client.get("/notify/messages?state=planned").text
    assert first.count("/notify/messages/0") == 50
    more = first.split("before=")[1].split('"')[0]
    assert client.get(f"/notify/messages?state=planned&before={more}").text.count("/notify/messages/0") == 3
    assert "还没有这样的短信" in client.get("/notify/messages?state=failed").text


def test_one_page_tells_a_texts_life(bench: Bench, place: Place, carrier: PocketCarrier) -> None:
    carrier.next_sends.append("429")
    bench.work()
    message = the(bench, "place_confirmed")
    bench.at(message.due_at)
    bench.work()
    receipt = receipt_of(bench, out_id=str(carrier.calls[-1]))
    post_receipts(bench, receipt)
    text_back(bench, "2")
    page = bench.client("clerk", browser=True).get(f"/notify/messages/{message.id}").text
    steps = ["registration.confirmed", "第 1 次", "运营商没有收", "第 2 次", "运营商收下", "回执：到了手机", "<q>2</q>", "不来"]
    assert [step for step in steps if step not in page] == []
    assert [page.index(step) for step in steps] == sorted(page.index(step) for step in steps)
    assert "您已报名午间半小时" in page


def test_who_has_no_need_to_read_texts_sees_only_that_they_are(bench: Bench, place: Place) -> None:
    bench.work()
    text_back(bench, "可以带孙子来吗")
    client = bench.client("operator", browser=True)
    assert "您已报名" not in client.get(f"/notify/messages/{the(bench, 'place_confirmed').id}").text
    assert "孙子" not in client.get("/notify/messages/inbox").text


def test_a_used_login_code_is_shown_to_nobody(bench: Bench, story: Story) -> None:
    bench.hear(a_code(story, NOON))
    bench.work()
    page = bench.client("clerk", browser=True).get(f"/notify/messages/{the(bench, 'login_code').id}").text
    assert "204060" not in page
    assert "验证码用过就不再保存" in page


def test_a_reply_leaves_the_inbox_when_somebody_has_dealt_with_it(bench: Bench, place: Place) -> None:
    bench.work()
    text_back(bench, "可以带孙子来吗")
    client = bench.client("clerk", browser=True)
    assert "可以带孙子来吗" in client.get("/notify/messages/inbox").text
    (reply,) = bench.all(Reply)
    path = f"/notify/messages/inbox/{reply.id}"
    answer = client.post(path, data={"act": "close", "outcome": "called"})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "没有要人处理的回复" in client.get("/notify/messages/inbox").text
    assert [(row.outcome, row.handled_by is not None) for row in bench.all(Reply)] == [("called", True)]


PATHS = ["/notify/messages", "/notify/messages/inbox", f"/notify/messages/{UUID(int=1)}", "/notify/messages/answers"]
PATHS += ["/notify/messages/errands", f"/notify/messages/inbox/{UUID(int=1)}", f"/notify/messages/people/{UUID(int=1)}"]


@pytest.mark.parametrize("path", PATHS)
def test_only_staff_see_texts(bench: Bench, path: str) -> None:
    assert bench.client(browser=True).get(path).status_code == 401
    assert bench.client("resident", browser=True).get(path).status_code == 403


@pytest.mark.parametrize("path", ["/notify/messages", "/notify/messages/inbox"])
def test_pages_speak_english_too(bench: Bench, place: Place, path: str) -> None:
    client = bench.client("clerk", browser=True)
    client.cookies.set("view-language", "en")
    assert "Received" in client.get(path).text


def test_every_sentence_has_an_english_one_and_none_is_left_over() -> None:
    from services import notify

    folder = Path(notify.__file__).parent
    english = [
        sentence for part in (folder / "templates" / "en").glob("*.json") for sentence in json.loads(part.read_text("utf-8"))
    ]
    read = [*folder.glob("templates/*.html"), *folder.glob("pages/*.py"), *folder.glob("features/*.py")]
    source = "".join(path.read_text("utf-8") for path in read)
    assert [sentence for sentence in english if f'"{sentence}"' not in source] == []


def test_production_has_no_phones_page_and_no_carrier_without_a_token(databases: Databases, keys: Path) -> None:
    made = service(database_url=databases.fresh("notify"), keys=keys, profile="production")
    client = Bench(made).client(browser=True)
    assert client.get("/notify/handset").status_code == 404
    assert client.post("/notify/api/carrier/receipts", json=[], headers=TOKEN).status_code == 401
    assert client.post("/notify/api/carrier/receipts", json=[], headers={"x-carrier-token": ""}).status_code == 401
    made.close()


def test_the_phones_page_says_so_when_the_network_is_away(bench: Bench) -> None:
    answer = bench.client(browser=True).get("/notify/handset")
    assert answer.status_code == 503
    assert "模拟的手机网络没有回应" in answer.text
