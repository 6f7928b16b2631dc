"""Notify's pages: the texts and the replies for staff, and, in a demo, the phones themselves."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from services.notify.domain.outcomes import Family, State
from services.notify.features.call import NoteCall, Outcome, list_calls, note_call
from services.notify.features.close_reply import CloseReply, close_reply
from services.notify.features.look_up import PAGE, count_states, list_messages, list_open_replies, list_replies, show_message
from services.notify.gateways import Handsets, Unanswered
from services.notify.settings import NotifySettings
from shared.errors import NotFound
from shared.http import PrincipalDep, StaffDep, UnitDep, service_of
from shared.web import Pages, phrase

router = APIRouter(prefix="/notify", include_in_schema=False)
pages = Pages("services.notify")

READERS = ("clerk", "nurse")
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
}
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
    "night": phrase("夜间不发，等到早上"),
    "limit": phrase("这个号码当天短信已多，等一等"),
    "carrier": phrase("运营商忙，稍后再发"),
}
FAMILIES = {
    Family.BUSY: phrase("运营商忙"),
    Family.CONTACT: phrase("号码不通，请向本人要新号码"),
    Family.UNREACHABLE: phrase("手机一直关机或没有信号，请打电话"),
    Family.BARRED: phrase("号码在运营商黑名单里，请打电话"),
    Family.CONTENT: phrase("运营商不放行这段文字或签名"),
    Family.CONTRACT: phrase("短信账户有问题，请运行人员处理"),
    Family.OTHER: phrase("运营商没有说明原因"),
}
OUTCOMES = {
    "open": phrase("在发"),
    "accepted": phrase("运营商收下"),
    "refused": phrase("运营商没有收"),
    "unknown": phrase("没有回音，正在查问"),
    "not_sent": phrase("查明没有发出"),
}
MEANINGS = {
    "accept": phrase("来"),
    "decline": phrase("不来"),
    "stop": phrase("不要短信"),
    "reason": phrase("说了没来的原因"),
    "other": phrase("其他"),
}
WORDS: dict[str, Any] = {
    "purposes": PURPOSES,
    "states": STATES,
    "why": WHY,
    "families": FAMILIES,
    "outcomes": OUTCOMES,
    "meanings": MEANINGS,
}
SILENT = phrase("模拟的手机网络没有回应，请稍后再试。")


def _handsets(request: Request) -> Handsets:
    """The phones of the demo; there is no such page in production."""
    settings = cast(NotifySettings, service_of(request).settings)
    if settings.profile != "demo":
        raise NotFound("没有这个页面，请检查网址或从首页进入。")
    return Handsets(settings.carrier_url)


HandsetsDep = Annotated[Handsets, Depends(_handsets)]


@router.get("/messages")
def get_messages(
    request: Request, unit: UnitDep, _: StaffDep, state: State | None = None, before: UUID | None = None
) -> Response:
    """Texts by state, newest first."""
    lines = list_messages(unit, state, before)
    more = lines[-1].message.id if len(lines) == PAGE else None
    counts = count_states(unit)
    return pages.render(request, "messages.html", lines=lines, counts=counts, state=state, more=more, **WORDS)


@router.get("/messages/inbox")
def get_inbox(request: Request, unit: UnitDep, staff: StaffDep) -> Response:
    """The replies that wait for a person, and the newest of all."""
    readable = staff.may(*READERS)
    return pages.render(
        request, "inbox.html", waiting=list_open_replies(unit), newest=list_replies(unit), readable=readable, **WORDS
    )


@router.post("/messages/inbox")
def post_inbox(reply_id: Annotated[UUID, Form()], unit: UnitDep, staff: StaffDep) -> Response:
    """A reply has been dealt with."""
    close_reply(CloseReply(reply_id=reply_id, staff_id=staff.id), unit)
    return RedirectResponse("/notify/messages/inbox", status_code=303)


@router.get("/messages/calls")
def get_calls(request: Request, unit: UnitDep, staff: StaffDep) -> Response:
    """Whom to call, about what, by when."""
    return pages.render(request, "calls.html", calls=list_calls(unit), readable=staff.may(*READERS))


@router.post("/messages/calls")
def post_call(
    message_id: Annotated[UUID, Form()], outcome: Annotated[Outcome, Form()], unit: UnitDep, staff: StaffDep
) -> Response:
    """Somebody called."""
    note_call(NoteCall(message_id=message_id, outcome=outcome, staff_id=staff.id), unit)
    return RedirectResponse("/notify/messages/calls", status_code=303)


@router.get("/messages/{message_id}")
def get_message(request: Request, message_id: UUID, unit: UnitDep, staff: StaffDep) -> Response:
    """One text's life."""
    return pages.render(request, "message.html", life=show_message(message_id, unit), readable=staff.may(*READERS), **WORDS)


@router.get("/handset")
def get_handset(request: Request, handsets: HandsetsDep, _: PrincipalDep) -> Response:
    """The phones with their texts."""
    try:
        return pages.render(request, "handset.html", phones=handsets.all(), trouble="")
    except Unanswered:
        return pages.render(request, "handset.html", phones=[], trouble=SILENT, status_code=503)


@router.post("/handset")
def post_handset(
    request: Request,
    handsets: HandsetsDep,
    _: PrincipalDep,
    number: Annotated[str, Form(max_length=20)],
    typed: Annotated[str, Form(max_length=500)] = "",
    quick: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Text back from a phone."""
    words = quick or typed.strip()
    try:
        if words:
            handsets.answer(number, words)
    except Unanswered:
        return pages.render(request, "handset.html", phones=[], trouble=SILENT, status_code=503)
    return RedirectResponse(f"/notify/handset#phone-{number}" if number.isdigit() else "/notify/handset", status_code=303)
