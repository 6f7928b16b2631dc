"""What a resident's answer means, however it is typed, and the marks by which answers to several questions are told apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal, NamedTuple

Meaning = Literal["accept", "decline", "stop", "refuse", "resume", "reason", "other"]
"""`stop`: no texts at all any more; `refuse`: no promotion; `resume`: texts again."""
Reason = Literal["forgot", "inconvenient", "unwanted"]
"""Why somebody did not come."""
Confidence = Literal["certain", "likely", "unsure"]
"""`certain`: one question was open, or its mark was typed; `likely`: one open question names this answer;
`unsure`: people decide."""

ReplyOutcome = Literal["answered", "called", "done_for_them", "nothing_to_do"]
"""How a reply that waited for a person was dealt with."""

MARKS = "3456789"
"""What the answers to one question begin with while another is open: 31 and 32 for 1 and 2. Digits are typed on any phone, and
whoever presses 1 or 2 twice has not typed a mark."""

_WORDS: dict[Meaning, tuple[str, ...]] = {
    "accept": ("1", "来", "能来", "会来", "参加", "确认", "好", "好的", "接受", "1接受"),
    "decline": ("2", "取消", "2取消", "不来", "不能来", "来不了", "不去", "去不了", "不参加", "不要", "2不要"),
    "stop": ("td", "t", "退订", "td退订", "t退订", "退订td", "stop", "不要再发", "别再发"),
    "refuse": ("r", "拒收", "r拒收", "拒收r"),
    "resume": ("恢复", "恢复短信", "start", "订阅", "重新订阅"),
}
_REASONS: dict[str, Reason] = {
    "1": "forgot", "忘了": "forgot", "1忘了": "forgot", "忘记了": "forgot",
    "2": "inconvenient", "不方便": "inconvenient", "2不方便": "inconvenient",
    "3": "unwanted", "不想来": "unwanted", "不想来了": "unwanted", "3不想来了": "unwanted",
}  # fmt: skip
_MEANINGS = {word: meaning for meaning, words in _WORDS.items() for word in words}
_LEAD = re.compile(r"^(?:请?回复|回)(?=.)")
_MARKED = re.compile(rf"([{MARKS}])([12].*)")


class Typed(NamedTuple):
    """What somebody typed: its meaning, and the mark of the question that it answers (empty: none was typed)."""

    meaning: Meaning
    mark: str = ""


def read(text: str) -> Typed:
    """Read `text` as a command. 取消 gives up a place, as our own texts offer; 退订 gives up texts. The rest is for people."""
    bare = _bare(text)
    for typed in (bare, _LEAD.sub("", bare)):
        if typed in _MEANINGS:
            return Typed(_MEANINGS[typed])
        marked = _MARKED.fullmatch(typed)
        if marked and marked[2] in _MEANINGS:
            return Typed(_MEANINGS[marked[2]], marked[1])
    return Typed("other")


def reason(text: str) -> Reason | None:
    """Read `text` as the answer to why somebody did not come. 1 and 2 answer other questions too: whoever asks knows which."""
    bare = _bare(text)
    return _REASONS.get(bare) or _REASONS.get(_LEAD.sub("", bare))


def next_mark(used: Sequence[str], open_now: Sequence[str]) -> str:
    """The mark for one more question: of those no open one has, the one used longest ago, so that a late answer is not mistaken.

    `used`: marks the number has seen, the latest last. Empty when all are in use: then people read the answers.
    """
    free = [mark for mark in MARKS if mark not in open_now]
    return min(free, key=lambda mark: max((at for at, other in enumerate(used) if other == mark), default=-1), default="")


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(mark for mark in folded if unicodedata.category(mark)[0] in "LN")
