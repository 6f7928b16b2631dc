"""How long what leads to somebody is kept of texts: then words and numbers go, and counts stay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Keeping:
    """Each span runs from the end of what is kept.

    `codes`: log-in codes with their numbers. `words`: what other texts and replies say, and the numbers they went to or came
    from. `numbers`: the marks of numbers on attempts, by which limits count and receipts are matched. `receipts`: what carriers
    reported. `proof`: a reply that chose something about texts (the draft rules of 2020 ask for five months at least).
    """

    codes: timedelta
    words: timedelta
    numbers: timedelta
    receipts: timedelta
    proof: timedelta
