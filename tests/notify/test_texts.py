"""What texts say, how long they are, and what answers mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.notify.domain import lengths, replies, texts
from services.notify.domain.phones import masked, national

NOW = datetime(2021, 5, 11, 4, 0, tzinfo=UTC)

SESSION = {"title": "午间半小时", "topic": "小伤口", "starts_at": "2021-05-12T04:00:00+00:00", "place": "庄家街51弄1号社区食堂"}
TWO = {"title2": "黄金四分钟", "starts_at2": "2021-05-12T06:00:00+00:00", "place2": "文庙路1号"}
THREE = {"title3": "手机课堂", "starts_at3": "2021-05-12T08:00:00+00:00", "place3": "方斜路2号"}

SEVERAL = ("reminder_day.two", "reminder_day.three", "reminder_hours.two", "reminder_hours.three")
"""Reminders of several sessions take as many parts as the texts they stand for, at most."""

FILLED: dict[str, texts.Facts] = {
    "place_confirmed": SESSION,
    "place_confirmed.from_waitlist": SESSION | {"variant": "from_waitlist"},
    "place_waitlisted": SESSION | {"position": "3"},
    "place_cancelled": SESSION,
    "place_cancelled.waiting": SESSION | {"variant": "waiting"},
    "place_cancelled.offer": SESSION | {"variant": "offer"},
    "place_offered": SESSION | {"until": "2021-05-11T08:00:00+00:00"},
    "place_offered.online": SESSION | {"until": "2021-05-11T08:00:00+00:00", "variant": "online"},
    "reminder_day": SESSION,
    "reminder_hours": SESSION,
    "reminder_day.two": SESSION | TWO | {"variant": "two"},
    "reminder_day.three": SESSION | TWO | THREE | {"variant": "three"},
    "reminder_hours.two": SESSION | TWO | {"variant": "two"},
    "reminder_hours.three": SESSION | TWO | THREE | {"variant": "three"},
    "session_cancelled": SESSION,
    "session_cancelled.weather": SESSION | {"variant": "weather"},
    "session_cancelled.holiday": SESSION | {"variant": "holiday"},
    "session_cancelled.lecturer": SESSION | {"variant": "lecturer"},
    "session_cancelled.venue": SESSION | {"variant": "venue"},
    "session_cancelled.too_few": SESSION | {"variant": "too_few"},
    "session_cancelled.other": SESSION | {"variant": "other"},
    "session_changed.time": SESSION | {"variant": "time", "old_starts_at": "2021-05-13T06:00:00+00:00"},
    "session_changed.place": SESSION | {"variant": "place", "old_starts_at": "2021-05-13T06:00:00+00:00"},
    "session_changed.time_waiting": SESSION | {"variant": "time_waiting", "old_starts_at": "2021-05-13T06:00:00+00:00"},
    "session_changed.place_waiting": SESSION | {"variant": "place_waiting"},
    "missed_you": SESSION,
    "carer_told.confirmed": SESSION | {"variant": "confirmed"},
    "carer_told.waitlisted": SESSION | {"variant": "waitlisted"},
    "carer_told.cancelled": SESSION | {"variant": "cancelled"},
    "authority_given.elder": {"variant": "elder", "helpline": "12345"},
    "authority_given.carer": {"variant": "carer", "helpline": "12345"},
    "authority_ended.elder": {"variant": "elder", "helpline": "12345"},
    "authority_ended.carer": {"variant": "carer", "helpline": "12345"},
    "referral": {"due_on": "2021-05-24", "helpline": "12345"},
    "login_code": {"code": "204060", "expires_at": "2021-05-11T04:05:00+00:00"},
    "answer.stopped": {"variant": "stopped", "helpline": "12345"},
    "answer.refused": {"variant": "refused", "helpline": "12345"},
    "answer.resumed": {"variant": "resumed", "helpline": "12345"},
    "answer.too_late": {"variant": "too_late", "helpline": "12345"},
    "answer.unclear": {"variant": "unclear", "helpline": "12345"},
    "staff_answer": {"words": "可以带孙子来", "helpline": "12345"},
    "notice.early": SESSION | {"variant": "early", "helpline": "12345"},
    "notice.papers": SESSION | {"variant": "papers", "helpline": "12345"},
    "notice.weather": SESSION | {"variant": "weather", "helpline": "12345"},
}


def test_every_template_is_tried_here() -> None:
    assert FILLED.keys() == texts.TEMPLATES.keys()


@pytest.mark.parametrize("name", FILLED)
def test_every_text_fits_one_part_and_keeps_to_the_carriers_rules(name: str) -> None:
    text = texts.render(name.partition(".")[0], FILLED[name], NOW)
    assert lengths.parts(text) == 1 or name in SEVERAL
    assert not set(text) & set("【】[]①★※→•²『』{}")
    assert "回复TD" not in text
    assert "拒收" not in text


def test_a_reminder_says_what_when_where_and_what_one_can_do() -> None:
    text = texts.render("reminder_day", SESSION, NOW)
    assert text == "提醒您：午间半小时“小伤口”，明天12:00，庄家街51弄1号社区食堂。能来请回复1，不能来请回复2取消。"


def test_a_day_is_named_by_its_distance_at_the_moment_of_sending() -> None:
    at = datetime(2021, 5, 12, 4, 0, tzinfo=UTC)
    assert texts.day_and_time(at, datetime(2021, 5, 11, 15, 59, tzinfo=UTC)) == "明天12:00"
    assert texts.day_and_time(at, datetime(2021, 5, 11, 16, 0, tzinfo=UTC)) == "今天12:00"
    assert texts.day_and_time(at, datetime(2021, 5, 3, 1, 0, tzinfo=UTC)) == "5月12日（周三）12:00"


def test_the_topic_is_left_out_where_it_would_cost_a_second_part() -> None:
    long = SESSION | {"topic": "小伤口的处理" * 4}
    assert "小伤口" not in texts.render("reminder_day", long, NOW)


def test_a_referral_names_no_value_and_no_item() -> None:
    text = texts.render("referral", FILLED["referral"], NOW)
    assert text == "您好，社区工作人员想与您联系，请在5月24日（周一）前来电12345，有人接听。"
    assert not any(word in text for word in ("血压", "血糖", "健康", "检测", "异常", "毫米", "mmHg"))


@pytest.mark.parametrize(("characters", "parts"), [(1, 1), (63, 1), (64, 2), (127, 2), (128, 3), (194, 3), (195, 4)])
def test_parts_are_counted_with_the_signature_as_the_carrier_does(characters: int, parts: int) -> None:
    assert lengths.parts("字" * characters) == parts


def test_letters_and_spaces_count_like_characters_and_an_emoji_twice() -> None:
    assert lengths.length("a b") == 7 + 3
    assert lengths.length("😀") == 7 + 2


@pytest.mark.parametrize(
    ("typed", "meaning"),
    [
        ("1", "accept"), ("１", "accept"), (" 1 ", "accept"), ("1。", "accept"), ("回复1", "accept"), ("好的！", "accept"),
        ("2", "decline"), ("２", "decline"), ("2.", "decline"), (" 2\n", "decline"), ("回复2取消", "decline"),
        ("取 消", "decline"), ("来不了", "decline"),
        ("TD", "stop"), ("td", "stop"), ("ＴＤ", "stop"), ("t d", "stop"), ("T", "stop"),
        ("r", "refuse"), ("Ｒ", "refuse"), ("拒收。", "refuse"), ("回复R", "refuse"),
        ("恢复", "resume"), ("start", "resume"), (" ＳＴＡＲＴ ", "resume"), ("重新订阅", "resume"),
        ("退订", "stop"), ("退 订。", "stop"), ("回TD", "stop"), ("STOP", "stop"),
        ("12", "other"), ("22", "other"), ("", "other"), ("？", "other"), ("请问几点开始", "other"), ("不取消", "other"),
        ("回复", "other"),
    ],
)  # fmt: skip
def test_answers_mean_the_same_however_they_are_typed(typed: str, meaning: str) -> None:
    assert replies.read(typed) == (meaning, "")


@given(some.text(max_size=50))
def test_whatever_is_typed_means_something(typed: str) -> None:
    meaning, mark = replies.read(typed)
    assert meaning in get_args(replies.Meaning)
    assert mark in ("", *replies.MARKS)
    assert not mark or meaning in ("accept", "decline")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("31", ("accept", "3")), ("３２", ("decline", "3")), ("回复92取消", ("decline", "9")), ("回 4 1。", ("accept", "4")),
        ("51接受", ("accept", "5")), ("11", ("other", "")), ("21", ("other", "")), ("13", ("other", "")), ("33", ("other", "")),
        ("3不想来了", ("other", "")), ("311", ("other", "")), ("31号来吗", ("other", "")),
    ],
)  # fmt: skip
def test_a_mark_is_read_however_it_is_typed_and_a_key_pressed_twice_is_none(typed: str, read: tuple[str, str]) -> None:
    assert replies.read(typed) == read


def test_a_question_gets_the_mark_that_was_used_longest_ago() -> None:
    assert replies.next_mark([], []) == "3"
    assert replies.next_mark(["3"], []) == "4"
    assert replies.next_mark(list("34567893"), []) == "4"
    assert replies.next_mark(list("3456789"), list("345")) == "6"
    assert replies.next_mark(list("3456789"), list("3456789")) == ""


@pytest.mark.parametrize("name", [name for name, words in texts.TEMPLATES.items() if "{no}" in words])
def test_a_text_with_a_mark_still_fits_one_part_and_says_what_to_type(name: str) -> None:
    text = texts.render(name.partition(".")[0], FILLED[name] | {"mark": "3"}, NOW)
    assert lengths.parts(text) == 1
    assert "32" in text
    assert ("31" in text) == ("{yes}" in texts.TEMPLATES[name])


@pytest.mark.parametrize("written", ["13800138000", "+8613800138000", "8613800138000", "0086 138 0013 8000", "138-0013-8000"])
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    assert national(written) == "13800138000"
    assert masked(written) == "138****8000"
