"""When things take place and what they are about, on plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Kind = Literal["series", "course", "livestream"]
SessionState = Literal["planned", "held", "cancelled"]


def next_topic(topics: Sequence[str], last: str | None) -> str:
    """The topic after `last` in the programme's order, round and round; the first when `last` is none of them."""
    if not topics:
        return ""
    return topics[(topics.index(last) + 1) % len(topics)] if last in topics else topics[0]
