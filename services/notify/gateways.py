"""The carrier, seen from here: hand over a text, ask about one. Whoever calls these holds no transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal, Protocol
from uuid import UUID

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.notify.domain.lengths import SIGNATURE

TIMEOUT = httpx2.Timeout(10, connect=3)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier took the text, under its own `reference`."""

    reference: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier said that it did not take the text: certainly nothing went out."""

    code: str


@dataclass(frozen=True, slots=True)
class Found:
    """The carrier knows the text: it has it still, or has delivered it, or could not."""

    reference: str
    status: Literal["accepted", "delivered", "failed"]
    code: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """The carrier answers, and has never heard of the text."""


class Unanswered(Exception):
    """The carrier gave no answer that can be read: the text may have gone or not."""


class SmsGateway(Protocol):
    """What notify needs of a carrier."""

    @property
    def name(self) -> str:
        """How events and attempts call this carrier."""
        ...

    def send(self, out_id: UUID, phone: str, text: str) -> Accepted | Refused:
        """Hand over one text under our own `out_id`. Raises `Unanswered`. Never retries."""
        ...

    def query(self, out_id: UUID) -> Found | NotFound:
        """What became of the text handed over as `out_id`. Raises `Unanswered`."""
        ...


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


class HandsetText(BaseModel):
    """One text on a phone: from the carrier, or typed by its owner."""

    at: datetime
    mine: bool
    text: str


class Handset(BaseModel):
    """One phone of the demo, with its texts, newest last."""

    number: str
    texts: list[HandsetText]


_HANDSETS = TypeAdapter(list[Handset])


class Handsets:
    """The phones of the simulated carrier: what arrived on them, and answering from them."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def all(self) -> list[Handset]:
        """Every phone that has a text; the one that got one last comes first. Raises `Unanswered`."""
        try:
            return _HANDSETS.validate_json(self._call("GET", "/phones").content)
        except ValidationError:
            raise Unanswered("unreadable") from None

    def answer(self, number: str, text: str) -> None:
        """Text back from a phone. Raises `Unanswered`."""
        self._call("POST", "/replies", json={"phone": number, "text": text})

    def _call(self, method: str, path: str, **arguments: object) -> httpx2.Response:
        try:
            with httpx2.Client(base_url=self._url, timeout=httpx2.Timeout(3), trust_env=False) as client:
                answer = client.request(method, path, **arguments)  # type: ignore[arg-type]
            answer.raise_for_status()
        except httpx2.HTTPError as error:
            raise Unanswered(type(error).__name__) from None
        return answer
