"""Who has to approve a wording before it may be sent: carriers that check templates, or else the house itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["draft", "submitted", "approved", "rejected"]
HOUSE = "house"
"""Whose approval counts with carriers that take any text: our own."""


@dataclass(frozen=True, slots=True)
class Checking:
    """A carrier that checks templates, and how long a variable may be when filled."""

    longest: int


CHECKING = {"aliyun": Checking(35), "tencent": Checking(12)}
"""Aliyun: help.aliyun.com/document_detail/463270. Tencent: error 1036, cloud.tencent.com/document/product/382/3771."""

BODIES = (HOUSE, *CHECKING)
NEXT: dict[State, tuple[State, ...]] = {
    "draft": ("submitted",),
    "submitted": ("approved", "rejected"),
    "rejected": ("submitted",),
    "approved": ("rejected",),
}
"""What may follow; an approved wording can be withdrawn by its carrier later."""


def body_of(carrier: str) -> str:
    """Whose approval a wording needs before this carrier is given it."""
    return carrier if carrier in CHECKING else HOUSE


def longest_value(carrier: str) -> int | None:
    """How long a filled variable may be with this carrier; None for no limit."""
    return CHECKING[carrier].longest if carrier in CHECKING else None
