"""The carrier of demos and tests, over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ValidationError

from services.notify.domain.carrier_codes import NO_CONNECTION
from services.notify.domain.lengths import SIGNATURE
from services.notify.gateways import Accepted, Answer, Found, NotFound, Refused, Text, Unanswered
from services.notify.gateways.crowd import Crowd
from services.notify.gateways.wire import NoAnswer, NoConnection, Wire

PATIENCE, CONNECTS_WITHIN = 10.0, 3.0
"""Seconds to wait for an answer, and for a connection."""
MOST_AT_ONCE = 500
"""Connections to the carrier; texts beyond wait for one."""


class _Taken(BaseModel):
    code: str
    reference: str = ""


class _Known(BaseModel):
    reference: str
    status: Literal["accepted", "delivered", "failed"]
    code: str = ""


class SimulatedCarrier:
    """The carrier of demos and tests, over HTTP."""

    def __init__(self, url: str, patience: float = PATIENCE, *, name: str = "simulated", asks: bool = True) -> None:
        self.name, self.asks = name, asks
        self._wire = Wire(url, connect=min(patience, CONNECTS_WITHIN), answer=patience, most=MOST_AT_ONCE)
        self._crowd = Crowd()

    def send(self, texts: Sequence[Text]) -> Iterator[tuple[UUID, Answer]]:
        """As `SmsGateway.send`."""
        calls: list[tuple[UUID, Callable[[], Awaitable[Answer]]]] = [(text.out_id, partial(self._send, text)) for text in texts]
        return self._crowd.each(calls)

    def query(self, out_id: UUID, *, phone: str, sent_at: datetime, reference: str) -> Found | NotFound:  # noqa: ARG002
        """As `SmsGateway.query`; our own number is all it needs."""
        return self._crowd.run(self._query(out_id))

    def close(self) -> None:
        """Let go of the connections."""
        self._crowd.run(self._wire.close())
        self._crowd.close()

    async def _send(self, text: Text) -> Answer:
        """A refused connection is a certain refusal; every 5xx may hide an accepted text."""
        body = {"out_id": str(text.out_id), "phone": text.phone, "sign_name": SIGNATURE, "text": text.text}
        try:
            reply = await self._wire.post("/messages", body)
        except NoConnection:
            return Refused(NO_CONNECTION)
        except NoAnswer:
            return None
        if reply.status >= 500:
            return None
        if reply.status == 429:
            return Refused("429")
        try:
            taken = _Taken.model_validate_json(reply.body)
        except ValidationError:
            return None
        return Accepted(taken.reference) if taken.code == "OK" else Refused(taken.code)

    async def _query(self, out_id: UUID) -> Found | NotFound:
        try:
            reply = await self._wire.call("GET", f"/messages/{out_id}")
            if reply.status == 404 and _Taken.model_validate_json(reply.body).code == "NOT_FOUND":
                return NotFound()
            known = _Known.model_validate_json(reply.body)
        except (NoConnection, NoAnswer, ValidationError) as error:
            raise Unanswered(type(error).__name__) from None
        if reply.status != 200:
            raise Unanswered(str(reply.status))
        return Found(known.reference, known.status, known.code)
