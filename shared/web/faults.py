"""What is wrong with a value that was given, in sentences a reader can act on, whatever pydantic calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.web.words import phrase

_EMPTY = phrase("这一项还没有填。")
_LONG = phrase("太长了，请写短一些。")
_FEW = phrase("太少了，请再加一些。")
_MANY = phrase("太多了，请去掉一些。")
_SMALL = phrase("数字太小了。")
_LARGE = phrase("数字太大了。")
_NUMBER = phrase("这里要填数字。")
_MOMENT = phrase("日期和时间要写成 2021-06-02T12:00:00+08:00 这样，带上时区。")
_DAY = phrase("日期要写成 2021-06-02 这样。")
_CHOICE = phrase("这一项只能从给出的几种里选。")
_ID = phrase("编号不完整，请从原来的页面或接口里取。")
_OTHER = phrase("这里填得不对，请再看一看。")

_WORDS = {
    "missing": _EMPTY,
    "string_too_short": _EMPTY,
    "string_too_long": _LONG,
    "too_short": _FEW,
    "too_long": _MANY,
    "greater_than": _SMALL,
    "greater_than_equal": _SMALL,
    "less_than": _LARGE,
    "less_than_equal": _LARGE,
    "int_parsing": _NUMBER,
    "int_type": _NUMBER,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "datetime_type": _MOMENT,
    "timezone_aware": _MOMENT,
    "date_parsing": _DAY,
    "date_type": _DAY,
    "date_from_datetime_parsing": _DAY,
    "literal_error": _CHOICE,
    "enum": _CHOICE,
    "uuid_parsing": _ID,
    "uuid_type": _ID,
    "extra_forbidden": phrase("没有这一项，请去掉。"),
    "json_invalid": phrase("内容不是完整的 JSON，请检查括号和引号。"),
}
_LIMITS = {"ge": "≥ {}", "gt": "> {}", "le": "≤ {}", "lt": "< {}", "max_length": "≤ {}", "min_length": "≥ {}"}


def words_of(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors as a marked sentence, still to be translated; own kinds of errors bring their own."""
    kind = str(error["type"])
    if kind in _WORDS:
        return _WORDS[kind]
    own = kind != "value_error" and "ctx" not in error and not str(error["msg"]).isascii()
    return str(error["msg"]) if own else _OTHER


def detail_of(errors: list[Mapping[str, Any]]) -> str:
    """All of them in one Chinese sentence, each with the field it is about and the limit it met."""
    return "请检查填写的内容：" + "；".join(_with_field(error) for error in errors)


def _with_field(error: Mapping[str, Any]) -> str:
    field = ".".join(str(part) for part in error["loc"][1:])
    limits = [shown.format(error["ctx"][name]) for name, shown in _LIMITS.items() if name in error.get("ctx", {})]
    words = words_of(error).removesuffix("。") + (f"（{'，'.join(limits)}）" if limits else "")
    return f"{field}：{words}" if field else words
