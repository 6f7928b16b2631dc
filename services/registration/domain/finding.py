"""Finding somebody by what one remembers of them: the words under which a resident can be found, and what a search means.

`reading` is a name's pinyin, syllables apart (`wang xiu zhen`). People search by the beginning of the name (王, 王秀), of its
part after the surname (秀珍), of the pinyin written together (wangxiu) or of its initials (wxz), by the last four digits of the
phone, or by the whole number of phone or identity card.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from services.registration.domain.names import MIDDLE_DOT, tidy_name

RULES = 1
"""Which rules the kept marks were made by: raised when `words_of` changes, so that they are made again."""
LONGEST = 24
COMPOUND = frozenset(
    (
        "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "诸葛", "尉迟", "公羊", "赫连",
        "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "公孙", "慕容", "仲孙", "钟离", "长孙", "宇文", "司徒", "鲜于",
        "司空", "闾丘", "令狐", "轩辕", "淳于", "单于", "呼延", "拓跋",
    )
)  # fmt: skip
"""Surnames of two characters."""
SURNAMES = {
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "查": "zha", "区": "ou", "任": "ren", "盖": "ge", "朴": "piao",
    "翟": "zhai", "覃": "qin", "尹": "yin", "缪": "miao", "乐": "yue", "种": "chong", "员": "yun", "洗": "xian", "冼": "xian",
    "召": "shao", "黑": "he", "繁": "po", "折": "she", "秘": "bi", "那": "na", "逄": "pang", "尉": "wei", "华": "hua",
    "燕": "yan", "纪": "ji", "宁": "ning", "葛": "ge", "柏": "bai", "卜": "bu", "不": "fou", "车": "che", "能": "nai", "哈": "ha",
}  # fmt: skip
"""How characters are read as a surname, where that differs from, or is not surely, how they are read elsewhere."""

Kind = Literal["name", "latin", "tail", "phone", "id_number"]


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody typed, understood: a kind of word and the word."""

    kind: Kind
    word: str


def understand(typed: str) -> Search | None:
    """What a search asks for; None when it is nothing one can search by."""
    text = tidy_name(unicodedata.normalize("NFKC", typed)).casefold()
    digits = "".join(mark for mark in text if mark not in " -+")
    if digits[:-1].isdecimal() and digits.isascii():
        if len(digits) == 4 and digits.isdecimal():
            return Search("tail", digits)
        if len(digits) in (15, 18) and (digits[-1] in "0123456789x"):
            return Search("id_number", digits.upper())
        return Search("phone", digits) if len(digits) >= 5 and digits.isdecimal() else None
    joined = _joined(text)
    if not joined:
        return None
    return Search("latin" if _is_latin(joined) else "name", joined[:LONGEST])


def words_of(name: str, readings: tuple[str, ...], phones: tuple[str, ...]) -> set[tuple[Kind, str]]:
    """Every word under which somebody is found, apart from whole numbers, which have marks of their own."""
    folded = name.casefold()
    found: set[tuple[Kind, str]] = set()
    for part in (folded, *_later_parts(folded)):
        found |= {("latin" if _is_latin(start) else "name", start) for start in _beginnings(_joined(part))}
    for reading in readings:
        syllables = reading.split()
        found |= {("latin", start) for start in _beginnings("".join(syllables))}
        found |= {("latin", start) for start in _beginnings("".join(each[0] for each in syllables))}
    return found | {("tail", phone[-4:]) for phone in phones if phone}


def surname_of(name: str) -> str:
    """The surname of a Chinese name: two characters for the compound ones, else the first."""
    return name[:2] if name[:2] in COMPOUND else name[:1]


def _later_parts(name: str) -> list[str]:
    """What people also call somebody: the given name, and what follows a middle dot or a space."""
    parts = name.replace(MIDDLE_DOT, " ").split()[1:]
    return parts or [name[len(surname_of(name)) :]]


def _beginnings(word: str) -> list[str]:
    return [word[:length] for length in range(1, min(len(word), LONGEST) + 1)]


def _joined(text: str) -> str:
    return "".join(mark for mark in text if mark not in f" {MIDDLE_DOT}-'’.")


def _is_latin(word: str) -> bool:
    return all(mark.isascii() or unicodedata.name(mark, "").startswith("LATIN") for mark in word)
