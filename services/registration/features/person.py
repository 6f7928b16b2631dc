"""What is written down of a person: their name, and what their identity number says; each refused in words that help."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

from services.registration.domain.id_numbers import IdFault, IdNumber, read_id_number
from services.registration.domain.names import NameFault, fault_of_name, tidy_name
from services.registration.domain.people import Sex
from services.registration.features import problems
from shared.web import phrase

NAME_FAULTS: Final = {
    NameFault.EMOJI: phrase("名字里有表情符号，请去掉。"),
    NameFault.HIDDEN: phrase("名字里有看不见的符号，请删掉重新打一遍。"),
    NameFault.MADE_UP: phrase("名字里有一个自造的字，别的地方显示不出来。请在输入法里换成标准的字，没有就先写拼音。"),
    NameFault.DIGITS: phrase("名字里有数字，请核对。"),
    NameFault.MARKS: phrase("名字里只能有汉字、字母和间隔号，比如 阿依古丽·买买提。"),
    NameFault.NO_LETTER: phrase("请写名字，至少一个字。"),
}
ID_FAULTS: Final = {
    IdFault.OLD_STYLE: phrase("这是15位的老号码，请看新身份证上的18位号码。"),
    IdFault.SHAPE: phrase("身份证号是18位，最后一位可以是X，请再看一看。"),
    IdFault.CHECK: phrase("身份证号对不上，多半是抄错了一位，请一位一位核对。"),
    IdFault.REGION: phrase("身份证号的头两位不是哪个省市的，请再看一看。"),
    IdFault.BIRTH_DATE: phrase("身份证号里的出生日期不对，请再看一看。"),
}


def _name(typed: str) -> str:
    fault = fault_of_name(typed)
    if fault is not None and typed:
        raise PydanticCustomError(fault.value, NAME_FAULTS[fault])
    return typed


PersonName = Annotated[
    str,
    BeforeValidator(lambda typed: tidy_name(typed) if isinstance(typed, str) else typed),
    StringConstraints(min_length=1, max_length=40),
    AfterValidator(_name),
]
"""A name in NFC: any letters, rare characters among them; no emoji, no digits, nothing hidden."""
Street = Annotated[str, StringConstraints(pattern=r"^\d{9}$")]
Neighbourhood = Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00-\x1f<>]*$")]


def identity(typed: str, *, birth_year: int | None, sex: Sex | None, today: date) -> IdNumber | None:
    """The identity number, if one was typed; refused when it cannot be right, or contradicts what was given beside it."""
    if not typed:
        return None
    read = read_id_number(typed, today)
    if isinstance(read, IdFault):
        raise problems.WrongIdNumber(ID_FAULTS[read], why=read.value)
    if birth_year not in (None, read.born_on.year):
        raise problems.DoesNotFitIdNumber(
            phrase("出生年和身份证号对不上。身份证没抄错的话，出生年空着就行。"), field="birth_year"
        )
    if sex not in (None, read.sex):
        raise problems.DoesNotFitIdNumber(phrase("性别和身份证号对不上。身份证没抄错的话，性别不用选。"), field="sex")
    return read
