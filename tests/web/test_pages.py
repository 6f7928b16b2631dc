"""What a browser gets: a page in the reader's language and view, kept safe by the door's guard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from uuid import uuid4

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient

from shared.auth import COOKIE, Principal, sign_session
from shared.crypto import Keyring
from shared.errors import Conflict, Forbidden, NotFound, Problem
from shared.web import Guard, Pages, error_page, local_path, mount_static, prefers_page
from shared.web.policy import HEADERS
from shared.web.rooms import RAIL
from shared.web.static_files import FOR_EVER, static

BROWSER = {"accept": "text/html,application/xhtml+xml"}
SAME_SITE = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "room.html").write_text(
        '{% extends "layout.html" %}{% block main %}<h1>{{ _("活动") }}</h1>{{ name }}{% endblock %}', encoding="utf-8"
    )
    pages = Pages("shared.web", tmp_path)
    app = FastAPI()
    mount_static(app)
    app.add_middleware(Guard)

    @app.get("/room")
    @app.get("//twice.example/room")
    def show_room(request: Request, name: str = "") -> Response:
        return pages.render(request, "room.html", name=name)

    @app.post("/room")
    def enter(request: Request) -> Response:
        return pages.render(request, "room.html", name="entered")

    @app.get("/console")
    def show_console(request: Request) -> Response:
        request.state.principal = Principal(id=uuid4(), kind="staff", name="陈护士", roles=frozenset({"nurse"}))
        return pages.render(request, "console.html")

    @app.get("/full")
    def refuse() -> None:
        raise Conflict("这一场刚刚满了。您可以排队候补。")

    @app.exception_handler(Problem)
    def tell(request: Request, problem: Problem) -> Response:
        return error_page(request, problem)

    with TestClient(app, base_url="http://home.example", headers=BROWSER, follow_redirects=False) as client:
        yield client


def test_a_page_speaks_chinese_until_asked_for_english(client: TestClient) -> None:
    assert '<html lang="zh-CN"' in client.get("/room").text
    english = client.get("/room", headers={"cookie": "view-language=en"}).text
    assert '<html lang="en"' in english
    assert "<h1>Sessions</h1>" in english


def test_what_a_reader_typed_is_never_markup(client: TestClient) -> None:
    page = client.get("/room", params={"name": "<script>alert(1)</script>"}).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>" not in page


def test_every_page_offers_elder_mode_and_a_number_to_call(client: TestClient) -> None:
    page = client.get("/room").text
    assert 'href="?view-elder=on"' in page
    assert 'href="tel:12345"' in page


def test_elder_mode_is_remembered_and_leads_back_to_the_same_page(client: TestClient) -> None:
    answer = client.get("/room?name=a%26b&view-elder=on")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/room?name=a%26b"
    assert "data-elder" in client.get("/room").text
    client.get("/room?view-elder=off")
    assert "data-elder" not in client.get("/room").text


def test_a_choice_keeps_the_rest_of_the_address(client: TestClient) -> None:
    assert 'href="?name=b&amp;view-elder=on"' in client.get("/room?name=b").text


def test_type_grows_to_thirty(client: TestClient) -> None:
    client.get("/room?view-elder=on&view-text=30")
    assert 'data-elder data-text="30"' in client.get("/room").text


@pytest.mark.parametrize("value", ["31", "<", "on", ""])
def test_a_choice_that_is_none_changes_nothing(client: TestClient, value: str) -> None:
    answer = client.get("/room", params={"view-text": value})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert client.get("/room", headers={"cookie": f"view-elder=on; view-text={value}"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "///evil.example", "/%5Cevil.example", "/%2Fevil.example", "/%09/evil.example"]
)
def test_the_way_back_never_leaves_the_site(client: TestClient, path: str) -> None:
    answer = client.get(f"http://home.example{path}?view-elder=on")
    assert answer.status_code == 303
    assert re.match(r"/(?![/\\])", answer.headers["location"])


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "mine",
        "",
        None,
    ],
)
def test_nobody_is_sent_to_another_site_after_the_log_in(asked: str | None) -> None:
    assert local_path(asked, "/registration/") == "/registration/"


def test_a_path_of_this_site_is_gone_on_to_after_the_log_in() -> None:
    assert local_path("/registration/mine?day=2") == "/registration/mine?day=2"


def test_a_choice_on_the_answer_to_a_form_leads_home(client: TestClient) -> None:
    assert 'href="/registration/?view-elder=on"' in client.post("/room", headers=SAME_SITE).text


def test_the_console_greets_who_is_logged_in(client: TestClient) -> None:
    page = client.get("/console").text
    assert 'data-room="console"' in page
    assert "陈护士" in page


def test_the_rail_shows_each_role_its_rooms_and_never_more_than_six() -> None:
    for role in ("clerk", "nurse", "editor", "operator"):
        seen = [door.word for door in RAIL if not door.roles or role in door.roles]
        assert len(seen) <= 6
        assert ("居民" in seen) == (role in ("clerk", "nurse"))
        assert ("运行" in seen) == (role == "operator")


def test_who_is_logged_in_is_known_from_the_cookie_even_where_no_endpoint_asked(client: TestClient, keys: Path) -> None:
    keyring = Keyring(keys, "registration")
    cast(FastAPI, client.app).state.service = SimpleNamespace(keys=keyring)
    wang = Principal(id=uuid4(), kind="resident", name="王秀英", roles=frozenset({"resident"}))
    assert "王秀英" in client.get("/full", headers={"cookie": f"{COOKIE}={sign_session(keyring, wang)}"}).text
    assert "王秀英" not in client.get("/full", headers={"cookie": f"{COOKIE}=forged"}).text


def test_a_page_is_never_kept_by_the_browser(client: TestClient) -> None:
    assert client.get("/room").headers["cache-control"] == "no-store"


def test_a_problem_is_told_in_its_own_words(client: TestClient) -> None:
    answer = client.get("/full")
    assert answer.status_code == 409
    assert "现在办不了" in answer.text
    assert "这一场刚刚满了。您可以排队候补。" in answer.text
    assert "tel:12345" in answer.text


@pytest.mark.parametrize("problem", [NotFound(), Forbidden(), Problem(status=500), Problem(status=418)])
def test_a_problem_without_words_gets_a_plain_sentence(problem: Problem) -> None:
    request = Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "server": ("home", 80)})
    page = bytes(error_page(request, problem).body).decode()
    assert problem.title not in page
    assert re.search(r"<h1>[一-鿿]+</h1>", page)


def test_machines_are_told_problems_as_json() -> None:
    def asked_with(accept: str, path: str = "/x") -> bool:
        return prefers_page(
            Request({"type": "http", "path": path, "query_string": b"", "headers": [(b"accept", accept.encode())]})
        )

    assert asked_with("text/html,*/*")
    assert not asked_with("*/*")
    assert not asked_with("application/json")
    assert not asked_with("text/html", "/internal/events")


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    for answer in (
        client.get("/room"),
        client.get("/full"),
        client.get("/nowhere"),
        client.get("/static/house.css"),
        client.post("/room"),
    ):
        assert HEADERS.items() <= dict(answer.headers).items()


def test_the_policy_allows_nothing_inline_and_no_frames(client: TestClient) -> None:
    policy = dict(part.split(" ", 1) for part in client.get("/room").headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"


def test_no_template_needs_what_the_policy_forbids() -> None:
    root = Path(__file__).parents[2]
    templates = [*root.glob("shared/web/templates/*.html"), *root.glob("services/*/templates/**/*.html")]
    inline = re.compile(r"<style|\sstyle=|<script(?![^>]*\s(?:src=|type=\"application/json\"))|\son[a-z]+=|hx-on|javascript:")
    kept_on_disk = "export.html"
    served = [path for path in templates if path.name != kept_on_disk]
    assert [path.name for path in served if inline.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"cookie": "jiamenkou_session=x"},
    ],
)
def test_a_form_of_another_site_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/room", headers=headers)
    assert answer.status_code == 403
    assert "entered" not in answer.text


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": "http://home.example"}, {}])
def test_our_own_forms_and_callers_that_are_no_browsers_are_let_in(client: TestClient, headers: dict[str, str]) -> None:
    assert "entered" in client.post("/room", headers=headers).text


def test_static_files_are_kept_for_ever_under_their_version_only(client: TestClient) -> None:
    versioned = client.get(static("house.css"))
    assert versioned.headers["cache-control"] == FOR_EVER
    assert client.get("/static/house.css?v=old").headers["cache-control"] == "no-cache"
    again = client.get("/static/house.css", headers={"if-none-match": versioned.headers["etag"]})
    assert again.status_code == 304


def test_no_colour_is_named_outside_the_house_style() -> None:
    root = Path(__file__).parents[2]
    templates = [*root.glob("shared/web/templates/*.html"), *root.glob("services/*/templates/**/*.html")]
    others = [path for path in root.glob("shared/web/static/*.css") if path.name != "house.css"]
    colour = re.compile(r"(?<!&)#[0-9a-fA-F]{3,8};|rgba?\(|(?:fill|stroke|color)=\"(?!none|currentColor|\{)")
    assert [path.name for path in templates + others if colour.search(path.read_text(encoding="utf-8"))] == []
