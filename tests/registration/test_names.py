"""Names: rare characters are welcome, what only screens know is not."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.registration.domain.names import NameFault, fault_of_name, tidy_name
from services.registration.features.person import NAME_FAULTS
from services.registration.features.register_resident import RegisterResident
from tests.registration.people import STREET


@pytest.mark.parametrize(
    "name",
    [
        "王秀珍",
        "𠮷野",
        "欧阳䶮",
        "\U00031350三",
        "阿依古丽·买买提",
        "Anna Müller-Lee",
        "O'Brien",
        "Nguyễn Thị Hoa",
        "김철수",
        "〇六",
        "葛\U000e0100",
    ],
)
def test_what_people_are_called_is_taken(name: str) -> None:
    assert fault_of_name(tidy_name(name)) is None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("  王　秀珍 ", "王 秀珍"),
        ("Ａｎｎａ  Lee", "Anna Lee"),
        ("Mu\u0308ller", "Müller"),
    ],
)
def test_names_are_kept_in_one_form(typed: str, name: str) -> None:
    assert tidy_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("王秀珍😀", NameFault.EMOJI),
        ("王❤️秀", NameFault.EMOJI),
        ("王☀", NameFault.EMOJI),
        ("王\u200b秀珍", NameFault.HIDDEN),
        ("王\u202e秀珍", NameFault.HIDDEN),
        ("王\x07", NameFault.HIDDEN),
        ("王\ue123", NameFault.MADE_UP),
        ("王\U000f0001", NameFault.MADE_UP),
        ("王秀珍2", NameFault.DIGITS),
        ("<b>王</b>", NameFault.MARKS),
        ("王秀珍（女）", NameFault.MARKS),
        ("·-", NameFault.NO_LETTER),
    ],
)
def test_what_is_no_name_is_refused_in_words(typed: str, fault: NameFault) -> None:
    with pytest.raises(ValidationError) as refused:
        RegisterResident(name=typed, street=STREET)
    (error,) = refused.value.errors()
    assert (error["loc"], error["msg"]) == (("name",), NAME_FAULTS[fault])
