"""Keep what a resident can be found by: keyed hashes of the words that `domain.finding` says."""

from __future__ import annotations

from sqlmodel import col, or_, select

from services.registration.domain.finding import RULES, SURNAMES, Kind, surname_of, words_of
from services.registration.tables import Resident, ResidentMarks
from shared.crypto import Keyring
from shared.unit import Unit

AT_ONCE = 200
"""How many residents one round of the schedule gives their marks."""


def mark_of(kind: Kind, word: str, keys: Keyring) -> int:
    """A word's mark: the first eight bytes of its keyed hash, as the database's whole numbers hold them."""
    return int.from_bytes(bytes.fromhex(keys.fingerprint(word, f"resident_marks.{kind}")[:16]), signed=True)


def make_findable(resident: Resident, unit: Unit) -> None:
    """Make the resident's marks and the key that lists are sorted by, from the name and numbers as they are now."""
    name = unit.keys.decrypt(resident.name, "resident.name")
    phones = tuple(
        unit.keys.decrypt(kept, field)
        for kept, field in ((resident.phone, "resident.phone"), (resident.landline, "resident.landline"))
        if kept
    )
    readings = readings_of(name)
    resident.pinyin = unit.keys.encrypt(readings[0], "resident.pinyin")
    marks = sorted({mark_of(kind, word, unit.keys) for kind, word in words_of(name, readings, phones)})
    kept = unit.find(ResidentMarks, resident.id)
    if kept is None:
        unit.add(ResidentMarks(resident_id=resident.id, rules=RULES, marks=marks))
    else:
        kept.rules, kept.marks = RULES, marks


def make_the_rest_findable(unit: Unit) -> None:
    """Residents without marks, or with marks of older rules, get theirs, some at a time."""
    unmarked = (
        select(Resident)
        .outerjoin(ResidentMarks, col(ResidentMarks.resident_id) == col(Resident.id))
        .where(or_(col(ResidentMarks.rules).is_(None), col(ResidentMarks.rules) != RULES))
        .order_by(col(Resident.id))
        .limit(AT_ONCE)
        .with_for_update(of=Resident, skip_locked=True)
    )
    for resident in unit.session.exec(unmarked).all():
        make_findable(resident, unit)


def readings_of(name: str) -> tuple[str, ...]:
    """The name in pinyin, syllables apart: first as surnames are read, then as the dictionary reads it, when that differs."""
    # Its dictionary takes a quarter of a second to load: only processes that write names down pay for it.
    from pypinyin import lazy_pinyin

    surname = surname_of(name)
    plain = " ".join(lazy_pinyin(name, errors=_letters)).casefold()
    special = SURNAMES.get(surname)
    if special is None or len(surname) != 1:
        return (plain,)
    as_surname = " ".join([special, *lazy_pinyin(name[1:], errors=_letters)]).casefold()
    return tuple(dict.fromkeys((as_surname, plain)))


def _letters(rest: str) -> str:
    """What the dictionary does not know: words in letters as they are, everything else left out."""
    return " ".join("".join(mark if mark.isalnum() else " " for mark in rest).split())
