"""A simulated SMS carrier with its phones: `PORT=8199 python -m infra.simulators.carrier`.

It takes texts, reports a moment later how they ended, and lets a person text back from any phone. Nothing leaves this machine.

    POST /messages           {"out_id", "phone", "sign_name", "text"} → {"code": "OK", "reference"}; an out_id twice is one text
    GET  /messages/{out_id}  {"reference", "status": "accepted" | "delivered" | "failed", "code"}, or 404 {"code": "NOT_FOUND"}
    GET  /phones             every phone with its texts, newest last
    POST /replies            {"phone", "text"}: the phone's owner answers
    POST /faults             {"accept_then_timeout": {"next": 1}, "receipts_lost": {"probability": 0.2}}
    GET  /faults             those in force; DELETE heals all

Two more carriers with the same phones stand beside it, each with faults of its own: /second/messages, /second/faults, and
/unqueryable/… which is the same but for GET /unqueryable/messages/{out_id}: it cannot be asked (501).

Faults: down (503 to everything), busy (429), reset (the answer breaks off, nothing taken), slow (with "ms"; up to "most_ms" if
that is more), accept_then_timeout, accept_then_500, receipts_lost, receipts_doubled ("times" more), receipts_reordered,
receipts_forged (lies: with a wrong token, for a text nobody sent, for another number), receipts_first (before the answer).
Texts to 17000000001, 17000000002 and 17000000003 never arrive.

It calls back at JIAMENKOU_CALLBACK_URL (default JIAMENKOU_PUBLIC_URL, http://127.0.0.1:8080), /notify/api/carrier/receipts and
/notify/api/carrier/replies, with JIAMENKOU_CARRIER_TOKEN (default `demo`), JIAMENKOU_RECEIPT_DELAY seconds (0.5) after a text.
JIAMENKOU_ANSWER_MS, as in `100-1000`, makes every answer take so long from the start.
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
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from infra.simulators.callbacks import Callbacks
from infra.simulators.desk import answer_invalid, fault_routes, phone_routes
from infra.simulators.faults import Fault, Faults
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

    def __init__(self, phones: Phones, callbacks: Callbacks, faults: Faults, *, asks: bool = True) -> None:
        self.phones, self.callbacks, self.faults, self.asks = phones, callbacks, faults, asks

    def routes(self) -> list[BaseRoute]:
        """What its customers call."""
        return [
            Route("/messages", self.take, methods=["POST"]),
            Route("/messages/{out_id}", self.find),
            *fault_routes(self.faults),
        ]

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
        told = self.callbacks.report(taken) if new else None
        if told is not None:
            await run_in_threadpool(told.wait, LONGER_THAN_ANYBODY_WAITS)
        if self.faults.strikes("accept_then_timeout"):
            await asyncio.sleep(LONGER_THAN_ANYBODY_WAITS)
        if self.faults.strikes("accept_then_500"):
            return JSONResponse({"code": "INTERNAL"}, status_code=500)
        return JSONResponse({"code": "OK", "reference": taken.reference})

    def find(self, request: Request) -> Response:
        """What became of a text."""
        self._fall_down()
        if not self.asks:
            return JSONResponse({"code": "NOT_SUPPORTED"}, status_code=501)
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


def carriers_app(carriers: dict[str, Carrier]) -> Starlette:
    """The application: the first carrier at the root with the phones, the others below their names. They call back as it runs."""
    first = next(iter(carriers.values()))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        for carrier in carriers.values():
            carrier.callbacks.start()
        yield
        for carrier in carriers.values():
            carrier.callbacks.stop()

    others = [Mount(f"/{name}", routes=carrier.routes()) for name, carrier in carriers.items() if carrier is not first]
    routes = [*first.routes(), *phone_routes(first.phones, first.callbacks.forward), *others]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={ValidationError: answer_invalid})


def carriers_from(environment: Callable[[str, str], str]) -> dict[str, Carrier]:
    """The carriers that the environment describes."""
    phones = Phones(log_from(environment))
    origin = environment("JIAMENKOU_CALLBACK_URL", environment("JIAMENKOU_PUBLIC_URL", "http://127.0.0.1:8080"))
    token, delay = environment("JIAMENKOU_CARRIER_TOKEN", "demo"), float(environment("JIAMENKOU_RECEIPT_DELAY", "0.5"))
    least, _, most = environment("JIAMENKOU_ANSWER_MS", "").partition("-")

    def carrier(*, asks: bool = True) -> Carrier:
        faults = Faults()
        if least:
            faults.set({"slow": Fault(probability=1, ms=int(least), most_ms=int(most or 0))})
        return Carrier(phones, Callbacks(origin, token, delay, faults), faults, asks=asks)

    return {"simulated": carrier(), "second": carrier(), "unqueryable": carrier(asks=False)}


def main() -> None:
    """Serve the carrier on $PORT."""
    if simulated := os.environ.get("JIAMENKOU_CLOCK"):
        clock.simulate(Path(simulated))
    uvicorn.run(
        carriers_app(carriers_from(os.environ.get)),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
