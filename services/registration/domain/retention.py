"""How long each kind of record is kept, and why: what `schedule` carries out and the privacy page lists."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple


class Rule(NamedTuple):
    """A kind of record, how long it is kept after its own end (None: until the person asks to be forgotten), and why."""

    kind: str
    kept: timedelta | None
    why: str


LOGIN_CODES = timedelta(days=1)
"""Longer than any limit on asking for codes looks back."""
ANSWERS = timedelta(days=1)
"""What requests with an idempotency key were answered with: they are not sent again after a day."""
HALF_LOG_INS = timedelta(days=1)
LOG_INS = timedelta(days=180)
ACCESS_NOTES = timedelta(days=365)
EXPORTS = timedelta(0)
QUESTIONS = timedelta(days=90)
NEWCOMERS = timedelta(days=30)
"""Name and number of somebody at the door whose scan did not count: long enough to act on it."""

RULES = (
    Rule("resident", None, "pipl_13_consent"),
    Rule("registration", None, "pipl_13_service"),
    Rule("consent", None, "pipl_14_proof"),
    Rule("login_code", LOGIN_CODES, "pipl_19_shortest"),
    Rule("log_in", LOG_INS, "csl_21_logs"),
    Rule("access_note", ACCESS_NOTES, "pipl_54_audit"),
    Rule("export", EXPORTS, "pipl_19_shortest"),
    Rule("newcomer", NEWCOMERS, "pipl_19_shortest"),
    Rule("live_question", QUESTIONS, "pipl_19_shortest"),
    Rule("text", None, "pipl_13_service"),
    Rule("reading", None, "pipl_29_health"),
)
"""PIPL (articles 13, 14, 19, 29, 54) and the Cybersecurity Law (article 21: log records for no less than six months)."""
