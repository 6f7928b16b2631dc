"""The second factor of staff: codes by time (RFC 6238: HMAC-SHA-1, six digits, thirty seconds), each accepted once."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha1
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
DRIFT = 1
"""A phone's clock may be this many steps early or late."""
SECRET_BYTES = 20
RECOVERY_CODES = 10
HALF_LIFE = timedelta(minutes=10)
"""How long after the password the second factor may be given."""
HALF_TRIES = 5
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def code_of(secret: bytes, step: int) -> str:
    """The code of one time step."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), sha1).digest()
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_at(now: datetime) -> int:
    """The time step that a moment is in."""
    return int(now.timestamp()) // STEP_SECONDS


def accepted_step(secret: bytes, typed: str, now: datetime, last_used: int) -> int | None:
    """The step whose code was typed, if it is near now and after the last one that was used; None: refused."""
    digits = "".join(mark for mark in typed if mark in "0123456789")
    present = step_at(now)
    found = None
    for step in range(present - DRIFT, present + DRIFT + 1):
        if hmac.compare_digest(code_of(secret, step), digits) and step > last_used and found is None:
            found = step
    return found


def new_secret() -> bytes:
    """A secret to share with an authenticator."""
    return secrets.token_bytes(SECRET_BYTES)


def written(secret: bytes) -> str:
    """The secret as people type it into an authenticator: base 32."""
    return base64.b32encode(secret).decode().rstrip("=")


def address_of(secret: bytes, account: str, issuer: str) -> str:
    """What the QR code for an authenticator says."""
    label = quote(f"{issuer}:{account}", safe="")
    facts = {"secret": written(secret), "issuer": issuer, "digits": DIGITS, "period": STEP_SECONDS}
    return f"otpauth://totp/{label}?{urlencode(facts)}"


def new_recovery_codes() -> list[str]:
    """Codes for the day on which the phone is gone, some fifty bits each."""
    return ["-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)]


def as_recovery_code(typed: str) -> str:
    """A recovery code as it was given out, however it was typed."""
    marks = "".join(mark for mark in typed.lower() if mark in _ALPHABET)
    return f"{marks[:5]}-{marks[5:]}"
