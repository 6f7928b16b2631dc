"""The list that a device takes along to work without network: signed, with the rules in it, for one device and one evening."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.crypto import Keyring


class Signed(NamedTuple):
    """A text with registration's Ed25519 signature over its UTF-8 bytes, in base64url."""

    text: str
    signature: str


class Pass(NamedTuple):
    """Which device of which member of staff works with the list of a session, and until when."""

    session_id: UUID
    device: str
    staff_id: UUID
    expires_at: datetime


def signed(content: dict[str, Any], keys: Keyring) -> Signed:
    """The content as JSON, signed."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    signature = Ed25519PrivateKey.from_private_bytes(keys.signing_key()).sign(text.encode())
    return Signed(text, _text(signature))


def public_key(keys: Keyring) -> str:
    """The key with which a device checks a signature, raw in base64url."""
    return _text(keys.verify_key("registration"))


def make_pass(door_pass: Pass, keys: Keyring) -> str:
    """The pass as a device carries it."""
    content = {
        "session": str(door_pass.session_id),
        "device": door_pass.device,
        "staff": str(door_pass.staff_id),
        "expires": door_pass.expires_at.isoformat(),
    }
    text, signature = signed(content, keys)
    return f"{_text(text.encode())}.{signature}"


def read_pass(carried: str, keys: Keyring) -> Pass | None:
    """The pass, if it is one of ours."""
    packed, _, signature = carried.partition(".")
    try:
        text = _bytes(packed)
        Ed25519PublicKey.from_public_bytes(keys.verify_key("registration")).verify(_bytes(signature), text)
    except (ValueError, InvalidSignature):
        return None
    content = json.loads(text)
    return Pass(
        UUID(content["session"]),
        content["device"],
        UUID(content["staff"]),
        datetime.fromisoformat(content["expires"]).astimezone(UTC),
    )


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
