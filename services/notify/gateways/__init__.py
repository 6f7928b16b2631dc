"""Carriers, seen from here: hand over a text, ask about one. Whoever calls these holds no transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID


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
