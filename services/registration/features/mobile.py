"""Mobile numbers: what people type, kept as E.164."""

from __future__ import annotations

from typing import Annotated

import phonenumbers
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from shared.web import phrase

NO_MOBILE = phrase("请填中国大陆的手机号，11位数字，比如138开头；座机收不到短信。")


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


def _not_blank(phone: str) -> str:
    if not phone:
        raise PydanticCustomError("mobile", NO_MOBILE)
    return phone


Mobile = Annotated[str, AfterValidator(as_mobile)]
"""A mainland mobile number in E.164, or empty."""
SomeMobile = Annotated[Mobile, AfterValidator(_not_blank)]
"""A mainland mobile number in E.164."""
