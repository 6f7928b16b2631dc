"""The carrier of demos and tests, over HTTP."""

from __future__ import annotations

from functools import cached_property
from typing import Literal
from uuid import UUID

import httpx2
from pydantic import BaseModel, ValidationError

from services.notify.domain.lengths import SIGNATURE
from services.notify.gateways import Accepted, Found, NotFound, Refused, Unanswered

TIMEOUT = httpx2.Timeout(10, connect=3)


class _Taken(BaseModel):
    code: str
    reference: str = ""


class _Known(BaseModel):
    reference: str
    status: Literal["accepted", "delivered", "failed"]
    code: str = ""


class SimulatedCarrier:
    """The carrier of demos and tests, over HTTP."""

    name = "simulated"

    def __init__(self, url: str, timeout: httpx2.Timeout = TIMEOUT) -> None:
        self._url, self._timeout = url.rstrip("/"), timeout

    def send(self, out_id: UUID, phone: str, text: str) -> Accepted | Refused:
        """As `SmsGateway.send`. A refused connection is a certain refusal; every 5xx may hide an accepted text."""
        try:
            answer = self._client.post(
                "/messages", json={"out_id": str(out_id), "phone": phone, "sign_name": SIGNATURE, "text": text}
            )
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            return Refused("UNREACHABLE")
        except httpx2.HTTPError as error:
            raise Unanswered(type(error).__name__) from None
        if answer.status_code >= 500:
            raise Unanswered(str(answer.status_code))
        if answer.status_code == 429:
            return Refused("429")
        try:
            taken = _Taken.model_validate_json(answer.content)
        except ValidationError:
            raise Unanswered("unreadable") from None
        return Accepted(taken.reference) if taken.code == "OK" else Refused(taken.code)

    def query(self, out_id: UUID) -> Found | NotFound:
        """As `SmsGateway.query`."""
        try:
            answer = self._client.get(f"/messages/{out_id}")
            if answer.status_code == 404 and answer.json()["code"] == "NOT_FOUND":
                return NotFound()
            answer.raise_for_status()
            known = _Known.model_validate_json(answer.content)
        except (httpx2.HTTPError, ValidationError, ValueError, KeyError, TypeError) as error:
            raise Unanswered(type(error).__name__) from None
        return Found(known.reference, known.status, known.code)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    @cached_property
    def _client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self._url, timeout=self._timeout, trust_env=False)
