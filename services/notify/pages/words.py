"""What staff read of purposes, states and reasons; and who may read the texts themselves."""

from __future__ import annotations

from typing import Any

from services.notify.domain.carrier_codes import Family
from services.notify.domain.outcomes import State
from services.notify.features import threads
from shared.web import Pages, phrase

pages = Pages("services.notify")

READERS = threads.READERS
"""Who may read what residents are texted; others see that they are."""

PURPOSES = {
    "place_confirmed": phrase("报名成功"),
    "place_waitlisted": phrase("候补"),
    "place_offered": phrase("候补到了，问要不要"),
    "place_cancelled": phrase("取消名额"),
    "reminder_day": phrase("前一天提醒"),
    "reminder_hours": phrase("当天提醒"),
    "session_cancelled": phrase("活动取消"),
    "session_changed": phrase("活动改期"),
    "referral": phrase("请来电"),
    "carer_told": phrase("告诉代办的人"),
    "authority_given": phrase("记下代办"),
    "authority_ended": phrase("代办结束"),
    "login_code": phrase("登录验证码"),
    "missed_you": phrase("问问为什么没来"),
    "answer": phrase("自动回复"),
    "staff_answer": phrase("工作人员回复"),
    "notice": phrase("通知"),
}
CAUSES = {
    "registration.confirmed": phrase("有人得到名额"),
    "registration.waitlisted": phrase("有人排上候补"),
    "registration.cancelled": phrase("有人退了名额"),
    "registration.missed": phrase("有人没有来"),
    "registration.place_offered": phrase("给候补的人留了名额"),
    "registration.offer_declined": phrase("候补的人不要名额"),
    "registration.offer_expired": phrase("留的名额过了时候"),
    "registration.session_cancelled": phrase("活动取消"),
    "registration.session_changed": phrase("活动改期"),
    "registration.session_scheduled": phrase("活动换了时间"),
    "registration.authority_given": phrase("记下代办"),
    "registration.authority_ended": phrase("代办结束"),
    "registration.login_code_requested": phrase("有人要登录"),
    "stations.referral_opened": phrase("有人要回访"),
}
"""What staff read of the facts that texts come of."""
STATES: dict[State, tuple[str, str]] = {
    "planned": ("waiting", phrase("待发")),
    "sending": ("waiting", phrase("在发")),
    "unknown": ("watch", phrase("不明")),
    "accepted": ("idle", phrase("已交运营商")),
    "delivered": ("good", phrase("已送达")),
    "failed": ("bad", phrase("没送到")),
    "skipped": ("idle", phrase("不发")),
}
"""The mark and the word of each state."""

WHY = {
    "opted_out": phrase("本人不要短信"),
    "expired": phrase("过了时候"),
    "no_phone": phrase("没有手机号"),
    "cancelled": phrase("名额或活动已取消"),
    "called_instead": phrase("本人要打电话，不要短信"),
    "merged": phrase("和当天别的提醒并成一条"),
    "stopped": phrase("群发中途停下"),
    "night": phrase("夜间不发，等到早上"),
    "limit": phrase("这个号码当天短信已多，等一等"),
    "carrier": phrase("运营商忙，稍后再发"),
    "template": phrase("没有通过审核的模板，等审核"),
    "broken": phrase("短信写不出来，请运行人员查看"),
}
FAMILIES = {
    Family.BUSY: phrase("运营商忙"),
    Family.CONTACT: phrase("号码不通，请向本人要新号码"),
    Family.UNREACHABLE: phrase("手机一直关机或没有信号，请打电话"),
    Family.BARRED: phrase("号码在运营商黑名单里，请打电话"),
    Family.CONTENT: phrase("运营商不放行这段文字或签名"),
    Family.CONTRACT: phrase("短信账户有问题，请运行人员处理"),
    Family.UNSURE: phrase("运营商没有给出明确答复"),
    Family.OTHER: phrase("运营商没有说明原因"),
}
OUTCOMES = {
    "open": phrase("在发"),
    "accepted": phrase("运营商收下"),
    "refused": phrase("运营商没有收"),
    "unknown": phrase("没有回音，正在查问"),
    "not_sent": phrase("查明没有发出"),
    "doubtful": phrase("始终不明，已再发一次"),
}
MEANINGS = {
    "accept": phrase("来"),
    "decline": phrase("不来"),
    "stop": phrase("不要短信"),
    "refuse": phrase("不要宣传短信"),
    "resume": phrase("恢复短信"),
    "reason": phrase("说了没来的原因"),
    "other": phrase("其他"),
}
CALL_OUTCOMES = {
    "coming": phrase("打通了：来"),
    "not_coming": phrase("打通了：不来"),
    "undecided": phrase("打通了：再想想"),
    "told": phrase("打通了：说到了"),
    "no_more_calls": phrase("打通了：请不要再打"),
    "no_answer": phrase("没人接"),
    "busy": phrase("占线"),
    "wrong_number": phrase("号码不对，或没有号码"),
}
DOOR_OUTCOMES = {"told": phrase("说到了"), "not_home": phrase("不在家"), "moved": phrase("搬走了")}
REPLY_OUTCOMES = {
    "answered": phrase("回了短信"),
    "called": phrase("打了电话"),
    "done_for_them": phrase("替他办好了"),
    "nothing_to_do": phrase("不用办"),
}
WHY_NOT_TEXT = {
    "no_phone": phrase("没有手机号"),
    "called_instead": phrase("本人要打电话，不要短信"),
    "failed": phrase("短信没送到"),
    "unknown": phrase("短信送没送到不知道"),
    "not_reached": phrase("打了几次没人接"),
    "wrong_number": phrase("号码不对"),
    "no_calls": phrase("本人请不要打电话"),
}
WORDS: dict[str, Any] = {
    "purposes": PURPOSES,
    "causes": CAUSES,
    "states": STATES,
    "why": WHY,
    "families": FAMILIES,
    "outcomes": OUTCOMES,
    "meanings": MEANINGS,
    "call_outcomes": CALL_OUTCOMES,
    "door_outcomes": DOOR_OUTCOMES,
    "reply_outcomes": REPLY_OUTCOMES,
    "why_not_text": WHY_NOT_TEXT,
}
