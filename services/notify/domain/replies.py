"""What a resident's answer means, however it is typed."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Meaning = Literal["accept", "decline", "stop", "other"]

_WORDS: dict[Meaning, tuple[str, ...]] = {
    "accept": ("1", "来", "能来", "会来", "参加", "确认", "好", "好的"),
    "decline": ("2", "取消", "2取消", "不来", "不能来", "来不了", "不去", "去不了", "不参加"),
    "stop": ("td", "t", "r", "退订", "td退订", "t退订", "退订td", "stop", "拒收", "不要再发", "别再发"),
}
_MEANINGS = {word: meaning for meaning, words in _WORDS.items() for word in words}
_LEAD = re.compile(r"^(?:请?回复|回)(?=.)")


def meaning(text: str) -> Meaning:
    """Read `text` as a command. 取消 gives up a place, as our own texts offer; 退订 gives up texts. The rest is for people."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = "".join(mark for mark in folded if unicodedata.category(mark)[0] in "LN")
    return _MEANINGS.get(bare) or _MEANINGS.get(_LEAD.sub("", bare), "other")
