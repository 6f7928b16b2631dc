"""The identity number: read as it is typed, and refused in words when it cannot be anybody's."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.id_numbers import IdFault, IdNumber, check_digit, masked_id_number, read_id_number

TODAY = date(2021, 5, 10)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """A number that somebody could have."""
    area = draw(st.sampled_from(["310101", "110105", "440524", "650104", "830000"]))
    born_on = date(1900, 1, 1) + timedelta(days=draw(st.integers(0, (TODAY - date(1900, 1, 1)).days)))
    front = f"{area}{born_on:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return front + check_digit(front)


@given(numbers())
def test_what_a_number_says_is_read(number: str) -> None:
    read = read_id_number(number, TODAY)
    assert isinstance(read, IdNumber)
    assert (read.text, f"{read.born_on:%Y%m%d}") == (number, number[6:14])
    assert read.sex == ("male" if int(number[16]) % 2 else "female")


@given(numbers(), st.integers(0, 16), st.integers(1, 9))
def test_any_single_wrong_digit_fails(number: str, place: int, off: int) -> None:
    wrong = f"{number[:place]}{(int(number[place]) + off) % 10}{number[place + 1 :]}"
    assert read_id_number(wrong, TODAY) is IdFault.CHECK


@given(numbers(), st.sampled_from("0123456789X"))
def test_only_one_last_character_fits(number: str, last: str) -> None:
    assert isinstance(read_id_number(number[:17] + last, TODAY), IdNumber) == (last == number[17])


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_the_samples_of_the_standard_pass_their_check(number: str) -> None:
    assert check_digit(number[:17]) == number[17]


@pytest.mark.parametrize("typed", ["11010519491231002x", " 110105 19491231 002X ", "１１０１０５１９４９１２３１００２Ｘ"])
def test_numbers_are_understood_as_people_type_them(typed: str) -> None:
    read = read_id_number(typed, TODAY)
    assert isinstance(read, IdNumber)
    assert read.text == "11010519491231002X"


def right_check(front: str) -> str:
    return front + check_digit(front)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("110105491231002", IdFault.OLD_STYLE),
        ("1101051949123100", IdFault.SHAPE),
        ("1101051949123100２X9", IdFault.SHAPE),
        ("11010519491231002Y", IdFault.SHAPE),
        ("一一010519491231002X", IdFault.SHAPE),
        (right_check("99010519491231002"), IdFault.REGION),
        (right_check("11010519490231002"), IdFault.BIRTH_DATE),
        (right_check("11010520210511002"), IdFault.BIRTH_DATE),
        ("440524188001010014", IdFault.BIRTH_DATE),
    ],
)
def test_what_cannot_be_right_says_why(typed: str, fault: IdFault) -> None:
    assert read_id_number(typed, TODAY) is fault


def test_a_masked_number_shows_the_province_and_the_last_four() -> None:
    assert masked_id_number("31010119470101123X") == "310***********123X"
    assert masked_id_number("") == ""
