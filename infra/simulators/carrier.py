"""A simulated SMS carrier with its phones: `PORT=8199 python -m infra.simulators.carrier`.

It takes texts, reports a moment later how they ended, and lets a person text back from any phone. Nothing leaves this machine.

    POST /messages           {"out_id", "phone", "sign_name", "text"} → {"code": "OK", "reference"}; an out_id twice is one text
    GET  /messages/{out_id}  {"reference", "status": "accepted" | "delivered" | "failed", "code"}, or 404 {"code": "NOT_FOUND"}
    GET  /phones             every phone with its texts, newest last
    POST /replies            {"phone", "text"}: the phone's owner answers
    POST /faults             {"accept_then_timeout": {"next": 1}, "receipts_lost": {"probability": 0.2}}
    GET  /faults             those in force; DELETE heals all

Faults: down (503 to everything), busy (429), reset (the answer breaks off, nothing taken), slow (with "ms"), accept_then_timeout,
accept_then_500, receipts_lost, receipts_doubled, receipts_reordered, receipts_forged (one more, with a wrong token).
Texts to 17000000001, 17000000002 and 17000000003 never arrive.

It calls back at JIAMENKOU_CALLBACK_URL (default JIAMENKOU_PUBLIC_URL, http://127.0.0.1:8080), /notify/api/carrier/receipts and
/notify/api/carrier/replies, with JIAMENKOU_CARRIER_TOKEN (default `demo`), JIAMENKOU_RECEIPT_DELAY seconds (0.5) after a text.
What is not answered with 200 it calls again, ten times in all. Texts are kept in JIAMENKOU_CARRIER_LOG (JSON lines; default:
beside the simulated clock if there is one, else in memory).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from pydantic import BaseModel, Field, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from infra.simulators.callbacks import Callbacks
from infra.simulators.desk import answer_invalid, fault_routes, phone_routes
from infra.simulators.faults import Faults
from infra.simulators.phones import Phones, status
from shared import clock

LONGER_THAN_ANYBODY_WAITS = 20.0


class Message(BaseModel):
    """A text handed over."""

    out_id: str = Field(min_length=1, max_length=255)
    phone: str = Field(pattern=r"^1\d{10}$")
    sign_name: str = Field(min_length=2, max_length=12)
    text: str = Field(min_length=1, max_length=500)


class Carrier:
    """The carrier's side of HTTP."""

    def __init__(self, phones: Phones, callbacks: Callbacks, faults: Faults) -> None:
        self.phones, self.callbacks, self.faults = phones, callbacks, faults

    def app(self) -> Starlette:
        """The application; its callbacks run as long as it does."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            self.callbacks.start()
            yield
            self.callbacks.stop()

        routes = [
            Route("/messages", self.take, methods=["POST"]),
            Route("/messages/{out_id}", self.find),
            *phone_routes(self.phones, self.callbacks.forward),
            *fault_routes(self.faults),
        ]
        return Starlette(routes=routes, lifespan=lifespan, exception_handlers={ValidationError: answer_invalid})

    async def take(self, request: Request) -> Response:
        """Take a text, or fail in one of the ways carriers fail."""
        message = Message.model_validate_json(await request.body())
        self._fall_down()
        if self.faults.strikes("slow"):
            await asyncio.sleep(self.faults.ms("slow") / 1000)
        if self.faults.strikes("busy"):
            return JSONResponse({"code": "isv.BUSINESS_LIMIT_CONTROL"}, status_code=429)
        if self.faults.strikes("reset"):
            return BrokenOff()
        taken, new = self.phones.take(message.out_id, message.phone, f"【{message.sign_name}】{message.text}")
        if new:
            self.callbacks.report(taken)
        if self.faults.strikes("accept_then_timeout"):
            await asyncio.sleep(LONGER_THAN_ANYBODY_WAITS)
        if self.faults.strikes("accept_then_500"):
            return JSONResponse({"code": "INTERNAL"}, status_code=500)
        return JSONResponse({"code": "OK", "reference": taken.reference})

    def find(self, request: Request) -> Response:
        """What became of a text."""
        self._fall_down()
        taken = self.phones.find(request.path_params["out_id"])
        if taken is None:
            return JSONResponse({"code": "NOT_FOUND"}, status_code=404)
        ended, code = ("accepted", "") if self.callbacks.is_under_way(taken) else status(taken.phone)
        return JSONResponse({"reference": taken.reference, "status": ended, "code": code})

    def _fall_down(self) -> None:
        if self.faults.strikes("down"):
            raise HTTPException(503)


class BrokenOff(Response):
    """An answer that ends in the middle: the server closes the connection, and the caller cannot tell what happened."""

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        """Promise more than is sent."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"{"})


def log_from(environment: Callable[[str, str], str]) -> Path | None:
    """Where the phones' texts are kept."""
    kept = environment("JIAMENKOU_CARRIER_LOG", "")
    beside = environment("JIAMENKOU_CLOCK", "")
    return Path(kept) if kept else Path(beside).with_name("carrier.jsonl") if beside else None


def carrier_from(environment: Callable[[str, str], str]) -> Carrier:
    """The carrier that the environment describes."""
    faults = Faults()
    callbacks = Callbacks(
        environment("JIAMENKOU_CALLBACK_URL", environment("JIAMENKOU_PUBLIC_URL", "http://127.0.0.1:8080")),
        environment("JIAMENKOU_CARRIER_TOKEN", "demo"),
        float(environment("JIAMENKOU_RECEIPT_DELAY", "0.5")),
        faults,
    )
    return Carrier(Phones(log_from(environment)), callbacks, faults)


def main() -> None:
    """Serve the carrier on $PORT."""
    if simulated := os.environ.get("JIAMENKOU_CLOCK"):
        clock.simulate(Path(simulated))
    carrier = carrier_from(os.environ.get)
    uvicorn.run(
        carrier.app(),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
