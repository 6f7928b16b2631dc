"""Phone numbers: what people type, kept as E.164. Mobiles take texts and log in; landlines are for calls only."""

from __future__ import annotations

from typing import Annotated

import phonenumbers
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from shared.web import phrase

AREA_CODE = "021"
"""Of Shanghai, for landlines typed as neighbours tell them: eight digits."""

NO_MOBILE = phrase("请填中国大陆的手机号，11位数字，比如138开头；座机收不到短信。")

NO_LANDLINE = phrase("请填座机号，比如 021-63281234，上海的可以只填八位；手机号请填在手机一栏。")


def as_mobile(typed: str) -> str:
    """`138 0013 8000` becomes +8613800138000; blank stays blank; anything that takes no texts on the mainland is refused."""
    if not typed.strip():
        return ""
    try:
        number = phonenumbers.parse(typed, "CN")
    except phonenumbers.NumberParseException:
        raise PydanticCustomError("mobile", NO_MOBILE) from None
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    if number.country_code != 86 or number.extension or not mobile or not phonenumbers.is_valid_number(number):
        raise PydanticCustomError("mobile", NO_MOBILE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def as_landline(typed: str) -> str:
    """`6328 1234` becomes +862163281234; blank stays blank; what rings nowhere on the mainland, or is a mobile, is refused."""
    digits = "".join(mark for mark in typed if mark.isdecimal())
    if not typed.strip():
        return ""
    try:
        number = phonenumbers.parse(f"{AREA_CODE}{digits}" if len(digits) == 8 else typed, "CN")
    except phonenumbers.NumberParseException:
        raise PydanticCustomError("landline", NO_LANDLINE) from None
    fixed = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE
    if number.country_code != 86 or not fixed or not phonenumbers.is_valid_number(number):
        raise PydanticCustomError("landline", NO_LANDLINE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _not_blank(phone: str) -> str:
    if not phone:
        raise PydanticCustomError("mobile", NO_MOBILE)
    return phone


Mobile = Annotated[str, AfterValidator(as_mobile)]
"""A mainland mobile number in E.164, or empty."""
SomeMobile = Annotated[Mobile, AfterValidator(_not_blank)]
"""A mainland mobile number in E.164."""
Landline = Annotated[str, AfterValidator(as_landline)]
"""A mainland landline in E.164, or empty."""
