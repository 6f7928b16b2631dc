"""What people show at the door: the secret of a ticket, and the code on the wall that changes every half minute."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from services.registration.domain.presence import AT_THE_WALL, step_of
from shared.crypto import Keyring

_TICKET = 12
"""Bytes of a ticket's signature: nobody guesses ninety-six bits at a door."""


def ticket_of(registration_id: UUID, keys: Keyring) -> str:
    """The secret in a ticket's QR: which registration it is, signed."""
    return base64.urlsafe_b64encode(registration_id.bytes + _signature(registration_id, keys)).decode().rstrip("=")


def read_ticket(presented: str, keys: Keyring) -> UUID | None:
    """Whose ticket was presented, as the bare secret or as the address in the QR; None when it is not one of ours."""
    secret = parse_qs(urlsplit(presented).query).get("ticket", [presented])[0] if "ticket=" in presented else presented
    try:
        raw = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    except ValueError:
        return None
    if len(raw) != 16 + _TICKET:
        return None
    registration_id = UUID(bytes=raw[:16])
    return registration_id if hmac.compare_digest(secret.encode(), ticket_of(registration_id, keys).encode()) else None


def ticket_mark(ticket: str) -> str:
    """What a device without network compares a presented ticket with; the ticket cannot be made from it."""
    return hashlib.sha256(ticket.encode()).hexdigest()


def wall_code(session_id: UUID, now: datetime, keys: Keyring) -> str:
    """What the wall shows now."""
    return _at_step(session_id, step_of(now), keys)


def is_on_the_wall(code: str, session_id: UUID, now: datetime, keys: Keyring) -> bool:
    """Whether the wall shows this code, or did or will within a step."""
    step = step_of(now)
    return any(
        hmac.compare_digest(code.encode(), _at_step(session_id, near, keys).encode()) for near in (step - 1, step, step + 1)
    )


def been_at_the_wall(session_id: UUID, now: datetime, keys: Keyring) -> str:
    """A note that somebody has just seen the code on the wall, good while they log in."""
    until = int((now + AT_THE_WALL).timestamp())
    return f"{until}.{keys.fingerprint(f'{session_id}:{until}', 'door.wall_note')}"


def was_at_the_wall(note: str, session_id: UUID, now: datetime, keys: Keyring) -> bool:
    """Whether the note is ours, of this session, and still good."""
    until, _, mark = note.partition(".")
    if not (until.isascii() and until.isdecimal() and len(until) < 12):
        return False
    ours = keys.fingerprint(f"{session_id}:{until}", "door.wall_note")
    return hmac.compare_digest(mark.encode(), ours.encode()) and now <= datetime.fromtimestamp(int(until), UTC)


def _at_step(session_id: UUID, step: int, keys: Keyring) -> str:
    return keys.fingerprint(f"{session_id}:{step}", "door.wall_code")[:16]


def _signature(registration_id: UUID, keys: Keyring) -> bytes:
    return bytes.fromhex(keys.fingerprint(str(registration_id), "registration.ticket"))[:_TICKET]
