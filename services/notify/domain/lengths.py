"""How long a text is, as Chinese carriers count: every character one, the signature included."""

from __future__ import annotations

SIGNATURE = "老西门街道"
"""The registered signature. The carrier puts it in brackets in front of the text; we only count it."""

ONE_PART = 70
OF_SEVERAL = 67


def signed(text: str) -> str:
    """The text as it appears on the phone."""
    return f"【{SIGNATURE}】{text}"


def length(text: str) -> int:
    """The length that is charged: signature with its brackets, then the text; characters beyond the basic plane count twice."""
    return len(signed(text).encode("utf-16-be")) // 2


def parts(text: str) -> int:
    """How many parts the carrier cuts the text into: one up to 70 characters, else parts of 67."""
    size = length(text)
    return 1 if size <= ONE_PART else -(-size // OF_SEVERAL)
