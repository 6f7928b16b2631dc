"""What the texts say. They only go to people who signed up or are expected; none names a measured value."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from services.notify.domain.hours import SHANGHAI
from services.notify.domain.lengths import parts

Facts = dict[str, str]
"""What a template is filled with: plain strings, times as ISO 8601."""

_DAYS = "一二三四五六日"

TEMPLATES: dict[str, str] = {
    "place_confirmed": "您已报名{title}：{when}，{place}。不能来请回复2取消。",
    "place_confirmed.from_waitlist": "候补到您了：{title}，{when}，{place}。不能来请回复2取消。",
    "place_waitlisted": "{when}的{title}名额已满，您排在候补第{position}位，轮到您时会发短信。",
    "place_cancelled": "已为您取消{when}的{title}，名额会留给候补的邻居。",
    "place_cancelled.waiting": "已为您取消{when}{title}的候补。",
    "place_cancelled.offer": "好的，{when}{title}的名额让给别的邻居了，谢谢您。",
    "place_offered": "{title}{when}有名额了，给您留到{until}。回1接受，回2不要。",
    "place_offered.online": "{title}{when}有线上名额，给您留到{until}。回1接受，回2不要。",
    "reminder_day": "提醒您：{title}，{when}，{place}。能来请回复1，不能来请回复2取消。",
    "reminder_hours": "{title}{when}开始，{place}，路上请慢走。不能来请回复2取消。",
    "session_cancelled": "{title}原定{when}，现已取消，请不要前往。给您添了不便，请多包涵。",
    "session_cancelled.weather": "因天气原因，{when}的{title}取消，请不要前往。给您添了不便，请多包涵。",
    "session_cancelled.holiday": "遇节假日，{when}的{title}取消，请不要前往。给您添了不便，请多包涵。",
    "session_cancelled.lecturer": "因老师来不了，{when}的{title}取消，请不要前往。给您添了不便，请多包涵。",
    "session_cancelled.venue": "因场地用不了，{when}的{title}取消，请不要前往。给您添了不便，请多包涵。",
    "session_cancelled.too_few": "因报名的人少，{when}的{title}取消，请不要前往。给您添了不便，请多包涵。",
    "session_cancelled.other": "{title}原定{when}，现已取消，请不要前往。给您添了不便，请多包涵。",
    "session_changed.time": "{title}改期：原{before}，改为{when}，{place}。名额还在，不能来请回复2取消。",
    "session_changed.place": "{when}的{title}换地方了，改在{place}。名额还在，不能来请回复2取消。",
    "session_changed.time_waiting": "您候补的{title}改期：原{before}，改为{when}，{place}。",
    "session_changed.place_waiting": "您候补的{title}（{when}）换地方了，改在{place}。",
    "missed_you": "{when}的{title}没见到您，惦记着。是因为：1忘了，2不方便，3不想来了？回个数就行。",
    "carer_told.confirmed": "已替家人报名{title}：{when}，{place}。本人也会收到短信。",
    "carer_told.waitlisted": "{when}的{title}名额已满，已替家人排上候补，轮到时会发短信。",
    "carer_told.cancelled": "已替家人取消{when}的{title}。本人也会收到短信。",
    "authority_given.elder": "已记下：您请人代办报名和取消，办了什么都会告诉您。不是您的意思，请来电{helpline}。",
    "authority_given.carer": "您可以替家人或邻居报名、取消了，登录后在“我的”里办，办了两边都会收到短信。",
    "authority_ended.elder": "已记下：一位代办人不再替您报名、取消。有疑问请来电{helpline}。",
    "authority_ended.carer": "已记下：您不再替家人或邻居报名、取消。谢谢您一直照应。",
    "referral": "您好，社区工作人员想与您联系，请在{until}前来电{helpline}，有人接听。",
    "login_code": "登录验证码{code}，{minutes}分钟内有效。请不要告诉任何人，工作人员也不会问您要。",
    "answer.stopped": "已经记下，不再给您发活动短信。想恢复可到“我的”里打开，或来电{helpline}。",
    "answer.too_late": "您的回复晚了一点，这个名额已给了别的邻居。可以再报候补，或来电{helpline}。",
    "answer.unclear": "收到您的回复，还不确定是指哪一场。工作人员会与您联系，也可来电{helpline}。",
}
"""By purpose, or purpose and variant. Our own words; `{when}` is said as of the moment of sending."""

CALLS: dict[str, str] = {
    "place_confirmed": "候补到了：{title}，{when}，{place}。",
    "place_offered": "候补到了，问要不要：{title}，{when}，{place}。请在{until}前答复。",
    "reminder_day": "提醒{title}，{when}，{place}。问问来不来。",
    "session_cancelled": "{title}原定{when}，现已取消，请不要前往。",
    "session_changed": "{title}有变动：现在是{when}，{place}。",
    "referral": "请本人在{until}前来电{helpline}，有工作人员接听。",
}
"""What is said on the phone in the place of a text, by purpose: notes for whoever calls."""


def spoken(purpose: str, facts: Facts, now: datetime) -> str:
    """What to say in a call about this."""
    return CALLS[purpose].format_map(facts | _said_of_times(facts, now))


def render(purpose: str, facts: Facts, now: datetime) -> str:
    """The text as it would be sent at `now`, without the signature; a session's topic is named where one part has room for it."""
    variant = facts.get("variant", "")
    template = TEMPLATES[f"{purpose}.{variant}" if variant else purpose]
    said = facts | _said_of_times(facts, now)
    full = template.format_map(said | {"title": f"{facts['title']}“{facts['topic']}”"}) if facts.get("topic") else ""
    return full if full and parts(full) == 1 else template.format_map(said)


def _said_of_times(facts: Facts, now: datetime) -> Facts:
    said = {}
    if "starts_at" in facts:
        said["when"] = day_and_time(datetime.fromisoformat(facts["starts_at"]), now)
    if "old_starts_at" in facts:
        said["before"] = day_and_time(datetime.fromisoformat(facts["old_starts_at"]), now)
    if "due_on" in facts:
        said["until"] = day(date.fromisoformat(facts["due_on"]), now)
    if "until" in facts:
        said["until"] = day_and_time(datetime.fromisoformat(facts["until"]), now)
    if "expires_at" in facts:
        left = datetime.fromisoformat(facts["expires_at"]) - now
        said["minutes"] = str(max(1, -(-left // timedelta(minutes=1))))
    return said


def day(on: date, now: datetime) -> str:
    """今天, 明天 or 6月3日（周三）."""
    today = now.astimezone(SHANGHAI).date()
    if on == today:
        return "今天"
    if on == today + timedelta(days=1):
        return "明天"
    return f"{on.month}月{on.day}日（周{_DAYS[on.weekday()]}）"


def day_and_time(at: datetime, now: datetime) -> str:
    """明天12:00."""
    local = at.astimezone(SHANGHAI)
    return f"{day(local.date(), now)}{local:%H:%M}"
