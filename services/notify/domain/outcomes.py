"""What becomes of a text: its states, and when to ask or try again."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

State = Literal["planned", "sending", "unknown", "skipped", "accepted", "failed", "delivered"]
Outcome = Literal["open", "accepted", "refused", "unknown", "not_sent", "doubtful"]
"""`doubtful`: nobody will ever know, and the text went again all the same."""

RANK: dict[State, int] = {"planned": 0, "sending": 1, "unknown": 1, "skipped": 2, "accepted": 3, "failed": 4, "delivered": 5}
"""News of a text may come in any order: the higher state stays."""


def higher(now: State, news: State) -> State:
    """The state after news that may be old."""
    return news if RANK[news] > RANK[now] else now


ASK_AFTER = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
"""When to ask about an unanswered text, each counted from the ask before. "Not found" is believed at the last one only."""

SENT_AGAIN: tuple[str, ...] = ("session_cancelled", "session_changed")
"""Purposes of which a text goes once more when its carrier cannot be asked and nothing came back: two of these do no harm, and
none sends somebody out for nothing. All others stay unknown until somebody of the staff decides."""

LOOK_AFTER = (timedelta(minutes=30), timedelta(hours=6), timedelta(hours=24), timedelta(hours=48))
"""When to ask about an accepted text whose receipt has not come."""


def try_again_after(attempts: int) -> timedelta:
    """The pause after the `attempts`-th refusal: half a minute, doubling, a quarter of an hour at most."""
    return min(timedelta(minutes=15), timedelta(seconds=30 << min(attempts - 1, 10)))
