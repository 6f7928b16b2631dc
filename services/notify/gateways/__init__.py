"""Carriers, seen from here: hand over texts, ask about one. Whoever calls these holds no transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Text:
    """One text that may be handed over now, once. The carrier gets `out_id`, our number for the attempt, along with it.

    `text` is rendered, without the signature. Carriers that know templates get `code`, their own for the approved template, and
    the `values` it is filled with, in the template's order.
    """

    out_id: UUID
    phone: str
    text: str
    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


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


Answer = Accepted | Refused | None
"""What a carrier said to a text; None is no answer that can be read: the text may have gone or not."""


class Unanswered(Exception):
    """The carrier gave no answer that can be read."""


class SmsGateway(Protocol):
    """What notify needs of a carrier."""

    @property
    def name(self) -> str:
        """How events and attempts call this carrier."""
        ...

    @property
    def asks(self) -> bool:
        """Whether it can be asked what became of a text."""
        ...

    def send(self, texts: Sequence[Text]) -> Iterator[tuple[UUID, Answer]]:
        """Hand over the texts, many at once; each answer comes when it is there. Never raises, never hands one over twice."""
        ...

    def query(self, out_id: UUID, *, phone: str, sent_at: datetime, reference: str) -> Found | NotFound:
        """What became of the text handed over as `out_id`. Raises `Unanswered`."""
        ...

    def close(self) -> None:
        """Let go of threads and connections."""
        ...
