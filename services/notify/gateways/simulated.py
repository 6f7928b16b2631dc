"""The carrier of demos and tests, over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Literal
from uuid import UUID

import httpx2
from pydantic import BaseModel, ValidationError

from services.notify.domain.carrier_codes import NO_CONNECTION
from services.notify.domain.lengths import SIGNATURE
from services.notify.gateways import Accepted, Answer, Found, NotFound, Refused, Text, Unanswered
from services.notify.gateways.line import NOT_CONNECTED, TIMEOUT, Line

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

    def __init__(self, url: str, timeout: httpx2.Timeout = TIMEOUT, *, name: str = "simulated", asks: bool = True) -> None:
        self.name, self.asks = name, asks
        self._line = Line(url, at_once=MOST_AT_ONCE, timeout=timeout)

    def send(self, texts: Sequence[Text]) -> Iterator[tuple[UUID, Answer]]:
        """As `SmsGateway.send`."""
        calls: list[tuple[UUID, Callable[[], Awaitable[Answer]]]] = [(text.out_id, partial(self._send, text)) for text in texts]
        return self._line.each(calls)

    def query(self, out_id: UUID, *, phone: str, sent_at: datetime, reference: str) -> Found | NotFound:  # noqa: ARG002
        """As `SmsGateway.query`; our own number is all it needs."""
        return self._line.run(self._query(out_id))

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()

    async def _send(self, text: Text) -> Answer:
        """A refused connection is a certain refusal; every 5xx may hide an accepted text."""
        body = {"out_id": str(text.out_id), "phone": text.phone, "sign_name": SIGNATURE, "text": text.text}
        try:
            answer = await self._line.http.post("/messages", json=body)
        except NOT_CONNECTED:
            return Refused(NO_CONNECTION)
        except httpx2.HTTPError:
            return None
        if answer.status_code >= 500:
            return None
        if answer.status_code == 429:
            return Refused("429")
        try:
            taken = _Taken.model_validate_json(answer.content)
        except ValidationError:
            return None
        return Accepted(taken.reference) if taken.code == "OK" else Refused(taken.code)

    async def _query(self, out_id: UUID) -> Found | NotFound:
        try:
            answer = await self._line.http.get(f"/messages/{out_id}")
            if answer.status_code == 404 and answer.json()["code"] == "NOT_FOUND":
                return NotFound()
            answer.raise_for_status()
            known = _Known.model_validate_json(answer.content)
        except (httpx2.HTTPError, ValidationError, ValueError, KeyError, TypeError) as error:
            raise Unanswered(type(error).__name__) from None
        return Found(known.reference, known.status, known.code)
