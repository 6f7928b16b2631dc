"""Services ask each other over HTTP, with tokens; whatever is wrong with an answer counts as none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from infra.chaos.toy import count, heard, rows
from infra.local.ports import free_port
from shared.auth import service_token
from shared.crypto import Keyring, create_keys
from shared.peers import PeerDown
from shared.relay import Puller
from shared.service import Service
from tests.bus.servers import serving

NewToy = Callable[..., Service]


@pytest.fixture
def teller(new_toy: NewToy) -> Service:
    return new_toy("teller")


@pytest.fixture
def address(teller: Service) -> Iterator[str]:
    with serving(teller.web(teller)) as url:
        yield url


@pytest.fixture
def ears(new_toy: NewToy, address: str) -> Service:
    return new_toy("listener", peers={"teller": address})


def get(url: str, token: str = "", **arguments: Any) -> httpx2.Response:
    return httpx2.get(url, headers={"Authorization": f"Bearer {token}"} if token else {}, **arguments)


def test_a_listener_subscribes_and_pulls_what_it_misses(teller: Service, ears: Service) -> None:
    count(teller, *range(1_200))
    ears.puller.look("/teller", patient=False)
    assert heard(ears) == list(range(1_200))
    ears.puller.look("/teller", patient=False)
    [(name, types, acked)] = rows(teller.engine, "SELECT name, types, acked_seq FROM subscriber")
    assert (name, types, acked) == ("listener", ears.consumers.types, 1_200)
    assert rows(ears.engine, "SELECT head_seen FROM inbox") == [(1_200,)]


def test_a_patient_look_gives_the_push_a_moment(teller: Service, ears: Service) -> None:
    count(teller, 1)
    ears.puller.look("/teller")
    assert heard(ears) == []
    ears.puller.look("/teller")
    assert heard(ears) == [1]


def test_the_services_listened_to_follow_from_the_types_heard(new_toy: NewToy) -> None:
    ears = new_toy("listener", peers={"teller": "http://a", "teller@north": "http://b", "other": "http://c"})
    assert ears.puller.sources() == ["/teller", "/teller/north"]


@pytest.mark.parametrize("path", ["/internal/events/head", "/internal/events?types=teller.counted", "/internal/recount"])
def test_only_services_read_the_log(teller: Service, address: str, path: str) -> None:
    keys = Keyring(teller.settings.keys, "listener")
    assert get(address + path, service_token(keys, "teller")).status_code == 200
    assert get(address + path).status_code == 401
    assert get(address + path, "nonsense").status_code == 401
    assert get(address + path, "a.b.c").status_code == 401


def test_a_token_for_another_service_is_refused(teller: Service, address: str) -> None:
    keys = Keyring(teller.settings.keys, "listener")
    assert get(f"{address}/internal/events/head", service_token(keys, "listener")).status_code == 401


def test_a_token_signed_by_somebody_else_is_refused(address: str, tmp_path: Path) -> None:
    create_keys(tmp_path, ["listener"])
    assert get(f"{address}/internal/events/head", service_token(Keyring(tmp_path, "listener"), "teller")).status_code == 401


@pytest.mark.parametrize("issuer", ["listener", "nobody", "../listener", "", None, 5])
def test_a_token_signed_in_another_way_is_refused(address: str, issuer: Any) -> None:
    claims = {"iss": issuer, "aud": "teller", "exp": int(time.time()) + 60}
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.generate_key(256))
    assert get(f"{address}/internal/events/head", token).status_code == 401


def test_nobody_subscribes_for_somebody_else(teller: Service, address: str) -> None:
    token = service_token(Keyring(teller.settings.keys, "listener"), "teller")
    wish = {"types": ["teller.counted"], "applied": 0}
    for name, status in (("listener", 200), ("teller", 422)):
        answer = httpx2.put(f"{address}/internal/subscriptions/{name}", json=wish, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status
    assert [name for (name,) in rows(teller.engine, "SELECT name FROM subscriber")] == ["listener"]


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=5001"])
def test_a_question_that_makes_no_sense_is_refused(teller: Service, address: str, query: str) -> None:
    token = service_token(Keyring(teller.settings.keys, "listener"), "teller")
    assert get(f"{address}/internal/events?types=teller.counted&{query}", token).status_code == 422


def test_the_head_and_the_facts_agree(teller: Service, address: str) -> None:
    count(teller, 1, 2, 3)
    token = service_token(Keyring(teller.settings.keys, "listener"), "teller")
    head = get(f"{address}/internal/events/head", token).json()
    parcel = get(f"{address}/internal/events?types=teller.counted&after=1&limit=1", token).json()
    assert (head["source"], head["seq"]) == ("/teller", 3)
    assert (parcel["log_id"], parcel["after"], parcel["upto"]) == (head["log_id"], 1, 2)


def test_health_is_told_to_anybody(address: str) -> None:
    assert get(f"{address}/health").json() == {"service": "teller", "status": "ok"}


ANSWERS: dict[str, Callable[[], Response]] = {
    "an error": lambda: PlainTextResponse("broken", 500),
    "no JSON": lambda: PlainTextResponse("{"),
    "a list": lambda: PlainTextResponse("[]"),
    "nothing of what was asked": lambda: PlainTextResponse("{}"),
    "a number for an id": lambda: PlainTextResponse('{"source": "/teller", "log_id": 5, "seq": 1}'),
    "less than announced": lambda: Response("{", headers={"content-length": "500"}),
    "another's answer": lambda: PlainTextResponse(
        '{"source": "/other", "log_id": "01890a5d-ac96-774b-bcce-b302099a8057", "seq": 1, "after": 0, "after_id": null,'
        ' "upto": 0, "upto_id": null, "types": [], "events": "[]"}'
    ),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_is_none_leaves_the_listener_where_it_was(new_toy: NewToy, answer: str) -> None:
    async def reply(_: Request) -> Response:
        return ANSWERS[answer]()

    app = Starlette(routes=[Route("/{path:path}", reply, methods=["GET", "PUT"])])
    with serving(app) as url:
        ears = new_toy("listener", peers={"teller": url})
        for call in (ears.puller.look, ears.puller.catch_up):
            with pytest.raises(PeerDown):
                call("/teller")
    assert ears.inbox.cursor("/teller") == 0


def test_a_service_that_is_not_there_is_down(new_toy: NewToy) -> None:
    ears = new_toy("listener", peers={"teller": f"http://127.0.0.1:{free_port()}"})
    with pytest.raises(PeerDown):
        ears.puller.look("/teller")
    with pytest.raises(PeerDown, match="no address"):
        ears.peers.pull("/other", [], 0)


def test_the_recount_of_another_service_is_read(teller: Service, ears: Service) -> None:
    teller.recount = lambda cursor: {"counted": cursor.execute("SELECT count(*) FROM counted").fetchone()[0]}  # type: ignore[index]
    count(teller, 1, 2)
    assert ears.peers.recount("/teller") == {"counted": 2}


def test_a_puller_uses_the_same_words_over_http_as_in_one_process(ears: Service) -> None:
    assert isinstance(ears.puller, Puller)
    head = ears.peers.subscribe("/teller", ears.consumers.types, 0)
    parcel = ears.peers.pull("/teller", ears.consumers.types, 0)
    assert (head.log_id, head.seq) == (parcel.log_id, parcel.upto)
