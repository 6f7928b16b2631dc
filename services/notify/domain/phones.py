"""Phone numbers as carriers and people write them."""

from __future__ import annotations


def national(number: str) -> str:
    """The eleven digits of a mainland number written with or without +86, 86 or 0086: what two spellings are compared by."""
    digits = "".join(mark for mark in number if mark in "0123456789").removeprefix("00")
    return digits.removeprefix("86") if len(digits) == 13 else digits


def masked(number: str) -> str:
    """138****8000: enough to recognise, too little to call."""
    digits = national(number)
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 7 else "****"
