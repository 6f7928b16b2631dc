"""What each fact is called in a sentence for staff: ids become names, codes become words, and people stay unnamed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.web import phrase

Say = Callable[..., str]
"""Says a Chinese sentence in the reader's language, its `{values}` filled in."""


@dataclass(frozen=True, slots=True)
class Names:
    """Titles and names by id, of what the facts are about; what is not known yet is said as a dash."""

    sessions: Mapping[str, str]
    programmes: Mapping[str, str]
    stations: Mapping[str, str]


PURPOSES = {
    "place_confirmed": phrase("报名成功"),
    "place_waitlisted": phrase("候补"),
    "place_offered": phrase("候补到了，问要不要"),
    "place_cancelled": phrase("取消报名"),
    "reminder_day": phrase("前一天提醒"),
    "reminder_hours": phrase("当天提醒"),
    "session_cancelled": phrase("活动取消"),
    "session_changed": phrase("活动改期"),
    "referral": phrase("随访"),
    "carer_told": phrase("告诉代办的人"),
    "authority_given": phrase("记下代办"),
    "authority_ended": phrase("代办结束"),
    "login_code": phrase("登录验证码"),
    "missed_you": phrase("问问为什么没来"),
    "answer": phrase("回复"),
    "staff_answer": phrase("工作人员回复"),
    "notice": phrase("通知"),
}
REASONS = {
    "opted_out": phrase("本人不再接收"),
    "expired": phrase("已过时"),
    "no_phone": phrase("没有手机号"),
    "cancelled": phrase("已取消"),
    "weather": phrase("天气原因"),
    "holiday": phrase("节假日"),
    "lecturer": phrase("老师来不了"),
    "venue": phrase("场地用不了"),
    "too_few": phrase("报名的人太少"),
    "other": phrase("临时有变动"),
    "forgot": phrase("忘了"),
    "inconvenient": phrase("不方便"),
    "unwanted": phrase("不想来了"),
    "called_instead": phrase("改打电话"),
    "merged": phrase("并入另一条提醒"),
    "stopped": phrase("群发停下"),
}
MEANINGS = {
    "accept": phrase("接受"),
    "decline": phrase("不来了"),
    "stop": phrase("退订"),
    "refuse": phrase("不要宣传短信"),
    "resume": phrase("恢复短信"),
    "reason": phrase("说了没来的原因"),
    "other": phrase("其他"),
}
OUTCOMES = {
    "seen": phrase("已见到医生"),
    "unreachable": phrase("没有联系上"),
    "declined": phrase("本人不需要"),
    "coming": phrase("来"),
    "not_coming": phrase("不来"),
    "undecided": phrase("再想想"),
    "told": phrase("说到了"),
    "wrong_number": phrase("号码不对"),
    "no_more_calls": phrase("请不要再打"),
    "busy": phrase("占线"),
    "no_answer": phrase("没人接"),
    "not_home": phrase("不在家"),
    "moved": phrase("搬走了"),
}
ITEMS = {
    "blood_pressure": phrase("血压"),
    "glucose": phrase("血糖"),
    "spo2": phrase("血氧"),
    "heart_rate": phrase("心率"),
    "temperature": phrase("体温"),
}
WORDS = {"purpose": PURPOSES, "reason": REASONS, "meaning": MEANINGS, "outcome": OUTCOMES, "item": ITEMS}
"""The words for the codes that events hold, by the field they stand in."""

MONTH_AND_DAY = phrase("{month} 月 {day} 日")

Fact = Mapping[str, Any]


def _of_visits(fact: Fact) -> str:
    if fact["count"] > 1:
        return phrase("驿站新到 {count} 人次，最近的在{station}")
    return phrase("{station}来了一位，做了 {items} 项")


def _of_stations(fact: Fact) -> str:
    return phrase("{count} 个驿站登记开放，最后是{name}") if fact["count"] > 1 else phrase("{name}登记开放")


def _of_confirmed(fact: Fact) -> str:
    return phrase("“{activity}”空出的名额转给了候补的下一位") if fact["from_waitlist"] else phrase("有人报名了“{activity}”")


def _of_cancelled(fact: Fact) -> str:
    return phrase("有人取消了“{activity}”的名额") if fact["had_place"] else phrase("有人退出了“{activity}”的候补")


def _of_swapped(fact: Fact) -> str:
    return phrase("“{activity}”有人从线上换到现场") if fact["mode"] == "room" else phrase("“{activity}”有人从现场换到线上")


def _of_checked_in(fact: Fact) -> str:
    return phrase("有人没报名直接到了“{activity}”") if fact["walk_in"] else phrase("有人到了“{activity}”")


def _of_changed(fact: Fact) -> str:
    if "time" in fact["changed"] or "place" in fact["changed"]:
        return phrase("“{activity}”改了时间或地方，报了名的都会知道")
    return phrase("“{activity}”的安排改了一处")


def _of_nominated(fact: Fact) -> str:
    return phrase("“{activity}”的名单换了一个人") if fact["replaces"] else phrase("居委推荐了一位学员去“{activity}”")


def _of_reply(fact: Fact) -> str:
    if fact.get("channel") == "call":
        return phrase("电话里得到一个答复：{meaning}")
    return phrase("收到一条短信回复：{meaning}")


def _of_fall_back(fact: Fact) -> str:
    if fact["step"] == "call":
        return phrase("短信（{purpose}）到不了一位居民，改打电话")
    return phrase("短信（{purpose}）和电话都到不了一位居民，请志愿者上门")


def _of_choice(texts: str, promotion: str, calls: str) -> Callable[[Fact], str]:
    return lambda fact: {"promotion": promotion, "calls": calls}.get(fact["category"], texts)


def _of_carrier_left(fact: Fact) -> str:
    return {
        "operator": phrase("短信运营商 {carrier} 由工作人员停用了"),
        "slow": phrase("短信运营商 {carrier} 太慢，先不用它了"),
    }.get(fact["reason"], phrase("短信运营商 {carrier} 出了毛病，先不用它了"))


SENTENCES: Mapping[str, str | Callable[[Fact], str]] = {
    "registration.resident_registered": phrase("新登记居民 {count} 人"),
    "registration.resident_changed": phrase("更正居民资料 {count} 份"),
    "registration.residents_merged": phrase("两份重复的居民资料并成了一份"),
    "registration.merge_undone": phrase("一次并错的居民资料分开了"),
    "registration.authority_given": phrase("一位长辈请人代办，已经记下"),
    "registration.authority_ended": phrase("一位长辈的代办结束了"),
    "registration.consent_changed": phrase("居民改了授权，共 {count} 次"),
    "registration.person_erased": phrase("一位居民的资料已在各处删除"),
    "registration.programme_opened": phrase("{organiser}开了新项目“{title}”"),
    "registration.session_scheduled": phrase("“{title}”排上了日程，{capacity} 个名额"),
    "registration.session_cancelled": phrase("“{activity}”不办了：{reason}"),
    "registration.session_changed": _of_changed,
    "registration.confirmed": _of_confirmed,
    "registration.waitlisted": phrase("“{activity}”满了，有人排在候补第 {position}"),
    "registration.cancelled": _of_cancelled,
    "registration.place_offered": phrase("“{activity}”有名额，正问候补的下一位要不要"),
    "registration.offer_declined": phrase("“{activity}”的名额候补的人不要了，接着问下一位"),
    "registration.offer_expired": phrase("“{activity}”的名额没等到答复，接着问下一位"),
    "registration.place_swapped": _of_swapped,
    "registration.checked_in": _of_checked_in,
    "registration.checked_out": phrase("有人离开了“{activity}”"),
    "registration.missed": phrase("报了名没能来的 {count} 人，发短信问候一声"),
    "registration.missed_reason_given": phrase("没来“{activity}”的一位说了原因：{reason}"),
    "registration.session_held": phrase("“{activity}”办完了，到场 {attended} 人次"),
    "registration.livestream_held": phrase("“{activity}”播完了，{viewers} 人看过，提问 {questions} 条"),
    "registration.course_opened": phrase("“{activity}”开班，{neighbourhoods} 个居委共 {seats} 个名额"),
    "registration.nominated": _of_nominated,
    "registration.course_completed": phrase("有人在“{activity}”结业，学了 {minutes} 分钟"),
    "registration.certificate_issued": phrase("“{activity}”发了一张结业证书"),
    "registration.certificate_revoked": phrase("“{activity}”的一张结业证书作废了"),
    "notify.carrier_left": _of_carrier_left,
    "notify.carrier_back": phrase("短信运营商 {carrier} 恢复使用了"),
    "notify.message_sent": phrase("发出短信 {count} 条（{purpose}）"),
    "notify.message_delivered": phrase("送到短信 {count} 条（{purpose}）"),
    "notify.message_failed": phrase("没送到短信 {count} 条（{purpose}）"),
    "notify.message_unknown": phrase("{count} 条短信不知送没送出，正在查（{purpose}）"),
    "notify.message_skipped": phrase("没发短信 {count} 条（{purpose}）：{reason}"),
    "notify.reply_received": _of_reply,
    "notify.fell_back": _of_fall_back,
    "notify.call_made": phrase("为{purpose}打了第 {tries} 次电话：{outcome}"),
    "notify.errand_done": phrase("志愿者为{purpose}上了门：{outcome}"),
    "notify.opted_in": _of_choice(
        phrase("一位居民又要收短信了"), phrase("一位居民愿意收宣传短信"), phrase("一位居民又可以打电话了")
    ),
    "notify.opted_out": _of_choice(phrase("一位居民不再收短信"), phrase("一位居民不收宣传短信"), phrase("一位居民请不要打电话")),
    "stations.station_opened": _of_stations,
    "stations.visit_recorded": _of_visits,
    "stations.critical_reading_seen": phrase("{station}有一项{item}到了危急界限，请马上关心"),
    "stations.referral_opened": phrase("{station}开出随访，最晚 {due_on} 联系"),
    "stations.referral_closed": phrase("{station}的一件随访有了结果：{outcome}"),
    "reports.bulletin_published": phrase("社区报第 {number} 期出版，数字 {figures} 个"),
}
"""How the facts of each type are said; `count` of them came together."""


def sentence(type: str, fact: Fact, count: int, names: Names, say: Say) -> str:
    """One fact (or `count` alike) as a sentence in the reader's language."""
    known = {name: say(WORDS[name][value]) for name, value in fact.items() if name in WORDS and value in WORDS[name]}
    activity = names.sessions.get(str(fact.get("session_id"))) or names.programmes.get(str(fact.get("programme_id"))) or "—"
    station = names.stations.get(str(fact.get("station_id")), "—")
    if "due_on" in fact:
        due = date.fromisoformat(fact["due_on"])
        known["due_on"] = say(MONTH_AND_DAY, month=due.month, day=due.day)
    values = {**fact, **known, "count": count, "activity": activity, "station": station}
    form = SENTENCES[type]
    return say(form if isinstance(form, str) else form(values), **values)
