"""Names as people have them: any letters, rare characters too, and what joins them; nothing that only screens know."""

from __future__ import annotations

import unicodedata
from enum import Enum

MIDDLE_DOT = "·"
_DOTS = "•‧・･．∙⋅●●ᐧ・᛫｡"
_JOINS = frozenset(f"{MIDDLE_DOT} -'’.")


class NameFault(Enum):
    """Why something is no name."""

    EMOJI = "name_emoji"
    HIDDEN = "name_hidden"
    MADE_UP = "name_made_up"
    DIGITS = "name_digits"
    MARKS = "name_marks"
    NO_LETTER = "name_no_letter"


def tidy_name(typed: str) -> str:
    """The name in NFC, its spaces single and its dots the middle dot; full-width letters become ordinary ones."""
    text = "".join(MIDDLE_DOT if mark in _DOTS else mark for mark in typed)
    text = "".join(unicodedata.normalize("NFKC", mark) if _is_wide(mark) else mark for mark in text)
    return unicodedata.normalize("NFC", " ".join(text.split()))


def fault_of_name(name: str) -> NameFault | None:
    """What is wrong with a tidy name; None when nothing is."""
    for mark in name:
        fault = _fault_of(mark)
        if fault is not None:
            return fault
    return None if any(unicodedata.category(mark)[0] == "L" or _is_rare_han(mark) for mark in name) else NameFault.NO_LETTER


def _fault_of(mark: str) -> NameFault | None:
    if mark in _JOINS or _is_rare_han(mark) or "\U000e0100" <= mark <= "\U000e01ef":
        return None
    if "\ufe00" <= mark <= "\ufe0f" or mark == "\u200d" or "\U0001f000" <= mark <= "\U0001faff":
        return NameFault.EMOJI
    match unicodedata.category(mark):
        case "So" | "Sk" | "Cs":
            return NameFault.EMOJI
        case "Cc" | "Cf" | "Zl" | "Zp":
            return NameFault.HIDDEN
        case "Co":
            return NameFault.MADE_UP
        case "Nd" | "No":
            return NameFault.DIGITS
        case category if category[0] in "LM" or mark == "〇":
            return None
        case _:
            return NameFault.MARKS


def _is_wide(mark: str) -> bool:
    return "\uff00" <= mark <= "\uffef" or mark == "\u3000"


def _is_rare_han(mark: str) -> bool:
    """Whether it is an ideograph of the supplementary planes: newer ones are not in every table of categories yet."""
    return "\U00020000" <= mark <= "\U0003fffd"
