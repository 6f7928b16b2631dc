"""The resident identity number of GB 11643: what makes one right, and what can be read from it.

Six digits of the area where it was first issued (not where the person lives), eight of the birth date, three in sequence (odd:
male), and a check digit: the weighted sum modulo 11.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import Enum

from services.registration.domain.people import Sex

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_REGIONS = frozenset(
    str(code)
    for codes in ((11, 16), (21, 24), (31, 38), (41, 47), (50, 55), (61, 66), (71, 72), (81, 84))
    for code in range(*codes)
)
"""The two digits of each province-level region; 81 to 83 are residence permits of Hong Kong, Macao and Taiwan residents."""
EARLIEST = 1900


class IdFault(Enum):
    """Why a number cannot be anybody's."""

    OLD_STYLE = "old_style"
    SHAPE = "shape"
    CHECK = "check"
    REGION = "region"
    BIRTH_DATE = "birth_date"


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A number that passed: its eighteen characters, and what they say of its owner."""

    text: str
    born_on: date
    sex: Sex


def read_id_number(typed: str, today: date) -> IdNumber | IdFault:
    """The number as people type it (spaces, full-width digits, a small x), or why it cannot be right."""
    text = "".join(unicodedata.normalize("NFKC", typed).upper().split())
    if len(text) == 15 and text.isascii() and text.isdecimal():
        return IdFault.OLD_STYLE
    if len(text) != 18 or not (text[:17].isascii() and text[:17].isdecimal()) or text[17] not in _CHECKS:
        return IdFault.SHAPE
    if check_digit(text[:17]) != text[17]:
        return IdFault.CHECK
    if text[:2] not in _REGIONS:
        return IdFault.REGION
    try:
        born_on = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return IdFault.BIRTH_DATE
    if born_on.year < EARLIEST or born_on > today:
        return IdFault.BIRTH_DATE
    return IdNumber(text, born_on, "male" if int(text[16]) % 2 else "female")


def check_digit(first_seventeen: str) -> str:
    """The eighteenth character for the seventeen before it."""
    total = sum(int(digit) * weight for digit, weight in zip(first_seventeen, _WEIGHTS, strict=True))
    return _CHECKS[total % 11]


def masked_id_number(text: str) -> str:
    """310***********123X: the province and the last four; empty stays empty."""
    return f"{text[:3]}{'*' * 11}{text[-4:]}" if text else ""
