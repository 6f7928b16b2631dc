"""Our own numbers of texts in the one field that a carrier keeps per call: one as it is, several put together."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from uuid import UUID

_PLAIN = 36
_BYTES = 16


def packed(ids: Sequence[UUID]) -> str:
    """The field for a call that hands over the texts with these numbers."""
    if len(ids) == 1:
        return str(ids[0])
    return base64.urlsafe_b64encode(b"".join(each.bytes for each in ids)).decode().rstrip("=")


def unpacked(field: str) -> tuple[UUID, ...]:
    """The numbers in such a field; none in one that is not ours."""
    try:
        if len(field) == _PLAIN:
            return (UUID(field),)
        raw = base64.b64decode(field + "=" * (-len(field) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return ()
    if not raw or len(raw) % _BYTES:
        return ()
    return tuple(UUID(bytes=raw[start : start + _BYTES]) for start in range(0, len(raw), _BYTES))


def fitting(length: int) -> int:
    """How many numbers fit into a field of at most `length` characters."""
    return length * 3 // 4 // _BYTES
