"""The gateway: one origin, streams passed on as they come, and whoever leaves is noticed by the other side."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from infra.local.gateway import Gateway
from infra.local.ports import ClosedPort, free_port


class Upstream:
    """A service whose streams are stepped by the test."""

    def __init__(self) -> None:
        self.step = asyncio.Event()
        self.open = 0
        self.left = asyncio.Event()
        self.cut = asyncio.Event()

    def app(self) -> ASGIApp:
        return Starlette(
            routes=[
                Route("/notify/echo", self.echo, methods=["GET", "POST", "PUT"]),
                Route("/notify/stream", self.stream),
                Route("/notify/cut", self.cut_short),
                Route(
                    "/notify/moved",
                    lambda _: Response(status_code=303, headers={"location": "/notify/echo", "connection": "x-mine"}),
                ),
                Route("/internal/events", lambda _: Response("private")),
                Route("/health", lambda _: Response("private")),
            ]
        )

    async def echo(self, request: Request) -> Response:
        size = 0
        try:
            async for piece in request.stream():
                size += len(piece)
        except ClientDisconnect:
            self.cut.set()
            raise
        path = request.scope["raw_path"].decode()
        return JSONResponse({"path": path, "query": request.url.query, "size": size, "headers": dict(request.headers)})

    async def stream(self, _: Request) -> Response:
        async def events() -> AsyncIterator[bytes]:
            self.open += 1
            try:
                yield b"data: first\n\n"
                await self.step.wait()
                yield b"data: second\n\n"
                await asyncio.sleep(3600)
            finally:
                self.open -= 1
                self.left.set()

        return StreamingResponse(events(), media_type="text/event-stream")

    async def cut_short(self, _: Request) -> Response:
        async def half() -> AsyncIterator[bytes]:
            yield b"half of it"
            raise ConnectionAbortedError

        return StreamingResponse(half(), headers={"content-length": "1000"})


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_level="critical", proxy_headers=False, timeout_graceful_shutdown=1)
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await running


@asynccontextmanager
async def gateway(upstream: Upstream) -> AsyncIterator[httpx2.AsyncClient]:
    closed = ClosedPort()
    async with served(upstream.app()) as url:
        peers = {"notify": url, "reports": f"http://127.0.0.1:{closed.number}"}
        limits = httpx2.Limits(max_connections=None)
        async with (
            served(Gateway(peers)) as origin,
            httpx2.AsyncClient(base_url=origin, timeout=30, limits=limits, trust_env=False) as client,
        ):
            yield client
    closed.release()


async def test_a_request_reaches_its_service_as_it_was_sent() -> None:
    async with gateway(Upstream()) as client:
        heard = (
            await client.get("/notify/echo?q=a%20b&q=%E5%AE%B6", headers={"x-forwarded-for": "6.6.6.6", "cookie": "a=b"})
        ).json()
    assert heard["path"] == "/notify/echo"
    assert heard["query"] == "q=a%20b&q=%E5%AE%B6"
    assert heard["headers"]["cookie"] == "a=b"
    assert heard["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert heard["headers"]["host"] == client.base_url.netloc.decode()


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_large_body_passes_through(chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(160):
            yield bytes(65536)

    async with gateway(Upstream()) as client:
        heard = (await client.post("/notify/echo", content=pieces() if chunked else bytes(160 * 65536))).json()
    assert heard["size"] == 160 * 65536


async def test_answers_come_back_without_what_concerns_one_connection_only() -> None:
    async with gateway(Upstream()) as client:
        answer = await client.get("/notify/moved")
    assert (answer.status_code, answer.headers["location"]) == (303, "/notify/echo")
    assert "x-mine" not in answer.headers.get("connection", "")


async def test_the_start_page_is_registrations() -> None:
    async with gateway(Upstream()) as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/registration/")


@pytest.mark.parametrize(
    "path", ["/internal/events", "/health", "/notify/../internal/events", "/notify/%2e%2e/internal/events", "/nobody"]
)
async def test_what_services_say_among_themselves_is_not_forwarded(path: str) -> None:
    async with gateway(Upstream()) as client:
        request = client.build_request("GET", client.base_url)
        request.url = request.url.copy_with(raw_path=path.encode())
        answer = await client.send(request)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_events_arrive_while_the_stream_goes_on() -> None:
    upstream = Upstream()
    async with (
        gateway(upstream) as client,
        client.stream("GET", "/notify/stream", headers={"accept": "text/event-stream"}) as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == "data: first"
        upstream.step.set()
        assert [await anext(lines) for _ in range(2)] == ["", "data: second"]


async def test_a_service_learns_that_the_viewer_has_left() -> None:
    upstream = Upstream()
    async with gateway(upstream) as client:
        async with client.stream("GET", "/notify/stream") as stream:
            await anext(stream.aiter_lines())
            assert upstream.open == 1
        await asyncio.wait_for(upstream.left.wait(), 30)
    assert upstream.open == 0


async def test_a_service_learns_that_an_upload_was_broken_off() -> None:
    async def half() -> AsyncIterator[bytes]:
        yield bytes(1000)
        raise ConnectionAbortedError

    upstream = Upstream()
    async with gateway(upstream) as client:
        with pytest.raises(ConnectionAbortedError):
            await client.post("/notify/echo", content=half())
        await asyncio.wait_for(upstream.cut.wait(), 30)


async def test_hundreds_watch_at_once() -> None:
    upstream = Upstream()
    async with gateway(upstream) as client:
        first, all_in = [], asyncio.Event()

        async def watch() -> str:
            async with client.stream("GET", "/notify/stream", headers={"accept": "text/event-stream"}) as stream:
                lines = stream.aiter_lines()
                first.append(await anext(lines))
                if len(first) == 300:
                    all_in.set()
                await anext(lines)
                return await anext(lines)

        watching = [asyncio.create_task(watch()) for _ in range(300)]
        await asyncio.wait_for(all_in.wait(), 60)
        upstream.step.set()
        assert set(await asyncio.gather(*watching)) == {"data: second"}


async def test_a_service_that_is_away_is_explained_to_people_and_programs() -> None:
    async with gateway(Upstream()) as client:
        page = await client.get("/reports/", headers={"accept": "text/html"})
        problem = await client.get("/reports/", headers={"accept": "application/json"})
    assert (page.status_code, problem.status_code) == (502, 502)
    assert "请过一会儿再试" in page.text
    assert json.loads(problem.content)["code"] == "service-away"


async def test_an_answer_cut_short_does_not_look_complete() -> None:
    async with gateway(Upstream()) as client:
        with pytest.raises(httpx2.TransportError):
            await client.get("/notify/cut")
