"""What is said about values that cannot be right."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.web.faults import detail_of, words_of


class Wish(BaseModel):
    """A wish with a value of each kind."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("王秀珍", min_length=1, max_length=40)
    places: int = Field(20, gt=0)
    at: datetime | None = None
    id: UUID | None = None


def errors(**given: Any) -> list[Any]:
    with pytest.raises(ValidationError) as refused:
        Wish(**given)
    return [error | {"loc": ("body", *error["loc"])} for error in refused.value.errors()]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "name：这一项还没有填（≥ 1）"),
        ({"name": "长" * 41}, "name：太长了，请写短一些（≤ 40）"),
        ({"places": 0}, "places：数字太小了（> 0）"),
        ({"places": "许多"}, "places：这里要填数字"),
        ({"at": "明天"}, "at：日期和时间要写成 2021-06-02T12:00:00+08:00 这样，带上时区"),
        ({"id": "12"}, "id：编号不完整，请从原来的页面或接口里取"),
        ({"colour": "红"}, "colour：没有这一项，请去掉"),
    ],
)
def test_a_fault_is_said_with_its_field_and_its_limit(given: dict[str, Any], said: str) -> None:
    assert detail_of(errors(**given)) == f"请检查填写的内容：{said}"


def test_two_faults_are_said_in_one_sentence() -> None:
    assert detail_of(errors(name="", places=0)).count("；") == 1


def test_nothing_that_was_typed_is_repeated() -> None:
    assert "许多" not in detail_of(errors(places="许多"))


def test_an_error_nobody_has_words_for_is_still_said_in_chinese() -> None:
    assert words_of({"type": "value_error", "msg": "Value error, no", "ctx": {"error": ValueError()}}).startswith("这里填得不对")
