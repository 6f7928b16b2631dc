"""One origin for the four services: forwards each path to the service it begins with, and passes streams on as they come."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Mapping

import httpx2
import uvicorn
from starlette.types import Receive, Scope, Send

from infra.local.ports import LOOPBACK

START_PAGE = "/registration/"
OWN_HEALTH = "/gateway/health"
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"expect",
    }
)
SET_HERE = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip"})
ORDINARY = httpx2.Timeout(60, connect=10, pool=None)
STREAM = httpx2.Timeout(None, connect=10)

DOWN_PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>请稍候</title><body style="font-size:1.25rem;max-width:32em;margin:4em auto;padding:0 1em">
<h1>请稍候</h1><p>这项服务正在启动或暂时停用，请过一会儿再试。</p>
<p lang="en">This service is starting or briefly away. Please try again in a moment.</p>
"""


class Gateway:
    """An ASGI app that forwards requests to the services of `peers`, by the first part of their path."""

    def __init__(self, peers: Mapping[str, str]) -> None:
        self._peers = dict(peers)
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=2)
        self._client = httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport(limits=limits, trust_env=False), trust_env=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1002})
        else:
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._client.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        parts = path.split("/")
        peer = self._peers.get("registration" if parts[1:2] == ["static"] else parts[1] if len(parts) > 1 else "")
        if path == "/":
            await _say(send, 302, b"", (b"location", START_PAGE.encode()))
        elif path == OWN_HEALTH:
            await _say(send, 200, b"ok\n", (b"content-type", b"text/plain"))
        elif peer is None or ".." in parts:
            await _problem(scope, send, 404, "not-found", "There is no such page.")
        else:
            await self._forward(peer, scope, receive, send)

    async def _forward(self, peer: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and the answer back; whichever side goes away first ends both."""
        body = _Body(receive)
        passing = asyncio.ensure_future(self._pass(_request(peer, scope, body), scope, send))
        leaving = asyncio.ensure_future(body.left())
        try:
            await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            passing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await passing

    async def _pass(self, request: httpx2.Request, scope: Scope, send: Send) -> None:
        try:
            answer = await self._client.send(request, stream=True)
        except httpx2.TransportError:
            await _problem(
                scope, send, 502, "service-away", "This service is starting or briefly away. Please try again in a moment."
            )
            return
        try:
            headers = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in HOP_BY_HOP]
            await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
            try:
                async for piece in answer.aiter_raw():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            except httpx2.TransportError:
                if "text/event-stream" not in answer.headers.get("content-type", ""):
                    raise  # cut short must not look complete; a stream has no end of its own and is simply resumed
            await send({"type": "http.response.body", "body": b""})
        finally:
            await answer.aclose()


class _Body(httpx2.AsyncByteStream):
    """The body of a request as it arrives, and after it the moment when the client leaves."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read = asyncio.Event()

    def is_absent(self) -> None:
        """There is no body to read."""
        self._read.set()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces of the body."""
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise httpx2.ReadError("the client left")
            if piece := message.get("body", b""):
                yield piece
            more = message.get("more_body", False)
        self._read.set()

    async def left(self) -> None:
        """Wait until the client has gone."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _request(peer: str, scope: Scope, body: _Body) -> httpx2.Request:
    given = dict(scope["headers"])
    headers = [(name, value) for name, value in scope["headers"] if name not in HOP_BY_HOP | SET_HERE]
    headers += [
        (b"x-forwarded-proto", scope["scheme"].encode()),
        (b"x-forwarded-host", given.get(b"host", b"")),
        (b"x-forwarded-for", (scope["client"] or ("",))[0].encode()),
    ]
    stream: httpx2.AsyncByteStream | None = body
    if b"transfer-encoding" in given:
        headers.append((b"transfer-encoding", b"chunked"))
    elif given.get(b"content-length", b"0") == b"0":
        body.is_absent()
        stream = None
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    url = httpx2.URL(peer).copy_with(raw_path=scope["raw_path"] + query)
    timeout = STREAM if b"text/event-stream" in given.get(b"accept", b"") else ORDINARY
    return httpx2.Request(scope["method"], url, headers=headers, stream=stream, extensions={"timeout": timeout.as_dict()})


async def _problem(scope: Scope, send: Send, status: int, code: str, detail: str) -> None:
    """Say what is wrong: a page to a person, problem+json to a program."""
    if status == 502 and b"text/html" in dict(scope["headers"]).get(b"accept", b""):
        await _say(send, status, DOWN_PAGE.encode(), (b"content-type", b"text/html; charset=utf-8"), (b"retry-after", b"2"))
        return
    problem = {"type": "about:blank", "title": code, "code": code, "status": status, "detail": detail}
    await _say(send, status, json.dumps(problem).encode(), (b"content-type", b"application/problem+json"))


async def _say(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serve the gateway of this machine's stack on $PORT."""
    uvicorn.run(
        Gateway(json.loads(os.environ["JIAMENKOU_PEERS"])),
        host=LOOPBACK,
        port=int(os.environ["PORT"]),
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
