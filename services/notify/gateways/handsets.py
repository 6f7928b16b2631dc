"""The phones of the demo."""

from __future__ import annotations

from datetime import datetime

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.notify.gateways import Unanswered


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
