"""What comes of a call or a walk to somebody's door, and when the next way is tried."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

CallOutcome = Literal["coming", "not_coming", "undecided", "told", "wrong_number", "no_more_calls", "busy", "no_answer"]
"""`undecided`: reached, and will think about it; `told`: reached, and there was nothing to answer."""
DoorOutcome = Literal["told", "not_home", "moved"]

COMMANDS: dict[CallOutcome, Literal["accept", "decline"]] = {"coming": "accept", "not_coming": "decline"}
"""What is said on the phone counts as the same said by text."""

NOT_REACHED: tuple[CallOutcome, ...] = ("busy", "no_answer")
STAYS: tuple[CallOutcome, ...] = ("undecided", *NOT_REACHED)
"""After these the call stays on the list."""

AGAIN_AFTER: dict[CallOutcome, timedelta] = {
    "busy": timedelta(minutes=10),
    "no_answer": timedelta(hours=1),
    "undecided": timedelta(hours=3),
}
"""When to call again, unless whoever called wrote down another time."""

TRIES = 3
"""After so many calls that reached nobody a neighbourhood volunteer is asked to go."""

UNKNOWN_FOR = timedelta(minutes=30)
"""How long a text may be unknown before the person is called instead: by then the carrier has been asked four times."""

TO_THE_DOOR = ("place_offered", "session_cancelled", "session_changed", "referral")
"""What is worth going to somebody's door for: that they are waited for, or would come in vain."""
