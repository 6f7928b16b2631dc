"""Certificates: their numbers, and the bytes that are signed, on plain values.

A number is `JM`, the year, eight random digits and two check digits by ISO/IEC 7064 MOD 97-10 over the twelve digits before them:
a wrong digit and two swapped neighbours are always noticed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Literal

Standing = Literal["valid", "revoked", "altered", "unknown"]
"""What an inspection comes to; `altered`: it says something else than what was signed."""

_NUMBER = re.compile(r"JM(\d{4})(\d{8})(\d{2})")


def certificate_number(year: int, serial: int) -> str:
    """The number of a certificate, written with hyphens: JM2021-04839271-89."""
    digits = f"{year:04d}{serial:08d}"
    return f"JM{digits[:4]}-{digits[4:]}-{98 - int(digits) * 100 % 97:02d}"


def read_number(typed: str) -> str | None:
    """The number somebody typed, whatever its spacing and hyphens; None when its check digits say that it is mistyped."""
    found = _NUMBER.fullmatch(re.sub(r"[\s\-–—－]", "", typed.translate(_NARROW)).upper())
    if found is None or int("".join(found.groups())) % 97 != 1:
        return None
    return "-".join(("JM" + found[1], found[2], found[3]))


_NARROW = {ord(wide): narrow for wide, narrow in zip("０１２３４５６７８９ＪＭｊｍ", "0123456789JMjm", strict=True)}


def canonical(content: Mapping[str, object]) -> str:
    """The one way to write a certificate's content as text: sorted names, no spaces, no escapes."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(raw: bytes) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(raw).hexdigest()
