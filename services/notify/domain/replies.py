"""What a resident's answer means, however it is typed."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Meaning = Literal["accept", "decline", "stop", "reason", "other"]
Reason = Literal["forgot", "inconvenient", "unwanted"]
"""Why somebody did not come."""

_WORDS: dict[Meaning, tuple[str, ...]] = {
    "accept": ("1", "来", "能来", "会来", "参加", "确认", "好", "好的"),
    "decline": ("2", "取消", "2取消", "不来", "不能来", "来不了", "不去", "去不了", "不参加"),
    "stop": ("td", "t", "r", "退订", "td退订", "t退订", "退订td", "stop", "拒收", "不要再发", "别再发"),
}
_REASONS: dict[str, Reason] = {
    "1": "forgot", "忘了": "forgot", "1忘了": "forgot", "忘记了": "forgot",
    "2": "inconvenient", "不方便": "inconvenient", "2不方便": "inconvenient",
    "3": "unwanted", "不想来": "unwanted", "不想来了": "unwanted", "3不想来了": "unwanted",
}  # fmt: skip
_MEANINGS = {word: meaning for meaning, words in _WORDS.items() for word in words}
_LEAD = re.compile(r"^(?:请?回复|回)(?=.)")


def meaning(text: str) -> Meaning:
    """Read `text` as a command. 取消 gives up a place, as our own texts offer; 退订 gives up texts. The rest is for people."""
    bare = _bare(text)
    return _MEANINGS.get(bare) or _MEANINGS.get(_LEAD.sub("", bare), "other")


def reason(text: str) -> Reason | None:
    """Read `text` as the answer to why somebody did not come. 1 and 2 answer other questions too: whoever asks knows which."""
    bare = _bare(text)
    return _REASONS.get(bare) or _REASONS.get(_LEAD.sub("", bare))


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(mark for mark in folded if unicodedata.category(mark)[0] in "LN")
