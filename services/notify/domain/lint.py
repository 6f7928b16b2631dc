"""What carriers and this house refuse in a wording, found while it is being written.

Lengths and characters: help.aliyun.com/document_detail/44335, 463270 and 108088; variables: the same and
cloud.tencent.com/document/product/382/39023; themes: `domain.themes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from services.notify.domain import texts
from services.notify.domain.approvals import CHECKING
from services.notify.domain.lengths import length, parts
from services.notify.domain.themes import THEMES

LONGEST = 500
"""Characters of a text with its signature."""
OPT_OUT = "拒收请回复R"
"""What a promotion ends with, in the carriers' own words."""

Code = Literal[
    "empty", "too_long", "several_parts", "brackets", "characters", "variable_unknown", "variable_twice", "variables_touch",
    "only_variables", "variable_long", "variable_missing", "theme", "opt_out_missing", "opt_out_misplaced", "mobile",
    "contacts", "health_value", "health_item", "link", "exclamation",
]  # fmt: skip
STOPS: frozenset[Code] = frozenset(
    {
        "empty", "too_long", "brackets", "characters", "variable_unknown", "variable_twice", "variables_touch", "only_variables",
        "variable_missing", "opt_out_missing", "opt_out_misplaced", "mobile", "contacts", "health_value", "link",
    }
)  # fmt: skip
"""Findings with which a wording is not taken; the others are good to know."""

NEEDED = {"login_code": ("code",)}
"""The variables without which a text is of no use."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or good to know: what it is, where, and which carriers mind it, when not all do."""

    code: Code
    found: str = ""
    carriers: tuple[str, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether the wording is not taken with it."""
        return self.code in STOPS


_SQUARE = re.compile(r"[【】]|^\s*[\[\]]|[\[\]]\s*$")
_TOUCHING = re.compile(r"\{\w*\}\{\w*\}")
_BRACES = re.compile(r"\{\w*\}", re.ASCII)
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
_CONTACT = re.compile(r"(?<!\d)(?:0\d{2,3}[- ]?\d{7,8}|400[- ]?\d{3}[- ]?\d{4}|95\d{3,4}|1\d{4})(?!\d)|\{helpline\}")
_LINK = re.compile(r"https?://|www\.|[a-z0-9-]+\.(?:com|cn|net|org|gov)\b", re.IGNORECASE)
_ITEMS = "血压|血糖|血脂|胆固醇|甘油三酯|尿酸|心率|体温|体脂|血氧|体重指数|BMI"
_HEALTH_ITEM = re.compile(_ITEMS, re.IGNORECASE)
_HEALTH_VALUE = re.compile(
    rf"(?:{_ITEMS})[^，。；]{{0,6}}(?:\d|偏高|偏低|过高|过低|异常)|\d\s*(?:mmHg|毫米汞柱|[mμu]mol|毫摩尔|kg/m)", re.IGNORECASE
)
_OPT_OUT_WORDS = re.compile(r"拒收|退订|回复?\s*(?:TD|T|R)(?![A-Za-z])", re.IGNORECASE)


def lint(name: str, category: str, words: str) -> list[Finding]:
    """Everything to say about a wording with this name, in the order in which one would put it right."""
    if not words.strip():
        return [Finding("empty")]
    found = [*_marks(words), *_variables(name, words), *_wishes(category, words), *_contents(words)]
    if not any(finding.code in ("variable_unknown", "variable_twice") for finding in found):
        found += _lengths(name, words)
    return sorted(found, key=lambda finding: not finding.stops)


def _lengths(name: str, words: str) -> list[Finding]:
    text = texts.fill(words, texts.example_of(name), texts.EXAMPLE_NOW).text
    if length(text) > LONGEST:
        return [Finding("too_long", str(length(text)))]
    found = [Finding("several_parts", str(parts(text)))] if parts(text) > 1 else []
    for carrier, checking in CHECKING.items():
        values = texts.fill(words, texts.example_of(name), texts.EXAMPLE_NOW, checking.longest).values
        found += [Finding("variable_long", name, (carrier,)) for name, value in values.items() if len(value) > checking.longest]
    return found


def _marks(words: str) -> list[Finding]:
    bare = _BRACES.sub("", words)
    found = [Finding("brackets")] if _SQUARE.search(words) else []
    odd = "".join(dict.fromkeys(mark for mark in bare if not _is_plain(mark)))
    if odd:
        found.append(Finding("characters", odd))
    if "！" in bare or "!" in bare:
        found.append(Finding("exclamation"))
    return found


def _is_plain(mark: str) -> bool:
    """Whether every carrier and phone takes it: what GB 2312 knows, less its ornaments."""
    if mark in "【】":
        return True
    if not mark.isprintable() or mark in "{}①★☆※→←↑↓•²『』「」◆◇■□●○△▲":
        return False
    try:
        mark.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _variables(name: str, words: str) -> list[Finding]:
    used, usable = texts.variables(words), texts.usable(name)
    found = [Finding("variable_unknown", variable) for variable in dict.fromkeys(used) if variable not in usable]
    found += [Finding("variable_twice", variable) for variable in dict.fromkeys(used) if used.count(variable) > 1]
    if _TOUCHING.search(words):
        found.append(Finding("variables_touch"))
    if used and not re.search(r"\w", _BRACES.sub("", words)):
        found.append(Finding("only_variables"))
    found += [Finding("variable_missing", needed) for needed in NEEDED.get(texts.purpose_of(name), ()) if needed not in used]
    return found


def _wishes(category: str, words: str) -> list[Finding]:
    if category == "promotion":
        return [] if words.rstrip("。 ").endswith(OPT_OUT) else [Finding("opt_out_missing")]
    misplaced = _OPT_OUT_WORDS.search(words)
    return [Finding("opt_out_misplaced", misplaced[0])] if misplaced else []


def _contents(words: str) -> list[Finding]:
    found = [Finding("mobile", mobile[0])] if (mobile := _MOBILE.search(words)) else []
    if len(_CONTACT.findall(_MOBILE.sub("", words))) > 2:
        found.append(Finding("contacts"))
    if value := _HEALTH_VALUE.search(words):
        found.append(Finding("health_value", value[0]))
    elif item := _HEALTH_ITEM.search(words):
        found.append(Finding("health_item", item[0]))
    if link := _LINK.search(words):
        found.append(Finding("link", link[0]))
    found += [Finding("theme", word, (theme.carrier,)) for theme in THEMES for word in theme.words if word in words]
    return found
