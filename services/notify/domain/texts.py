"""What the texts say. They only go to people who signed up or are expected; none names a measured value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.notify.domain.hours import SHANGHAI
from services.notify.domain.lengths import parts

Facts = dict[str, str]
"""What a template is filled with: plain strings, times as ISO 8601."""

_DAYS = "一二三四五六日"
_VARIABLE = re.compile(r"\{(\w*)\}", re.ASCII)
CAN_BE_CUT = ("title", "title2", "title3", "place", "place2", "place3")
"""Variables that are still of use without their end; numbers, times and codes are not."""
RAW = ("topic", "starts_at", "starts_at2", "starts_at3", "old_starts_at", "due_on", "expires_at", "variant", "mark")
"""Facts that a text says in words of its own, or not at all."""

TEMPLATES: dict[str, str] = {
    "place_confirmed": "您已报名{title}：{when}，{place}。不能来请回复{no}取消。",
    "place_confirmed.from_waitlist": "候补到您了：{title}，{when}，{place}。不能来请回复{no}取消。",
    "place_waitlisted": "{when}的{title}名额已满，您排在候补第{position}位，轮到您时会发短信。",
    "place_cancelled": "已为您取消{when}的{title}，名额会留给候补的邻居。",
    "place_cancelled.waiting": "已为您取消{when}的{title}候补。",
    "place_cancelled.offer": "好的，{when}的{title}名额让给别的邻居了，谢谢您。",
    "place_offered": "{when}的{title}有名额了，给您留到{until}。回{yes}接受，回{no}不要。",
    "place_offered.online": "{when}的{title}有线上名额，给您留到{until}。回{yes}接受，回{no}不要。",
    "reminder_day": "提醒您：{title}，{when}，{place}。能来请回复{yes}，不能来请回复{no}取消。",
    "reminder_hours": "{when}的{title}快开始了，{place}，路上请慢走。不能来请回复{no}取消。",
    "reminder_day.two": "提醒您：{title}，{when}，{place}；{title2}，{when2}，{place2}。有不能来的，请回短信说是哪一场。",
    "reminder_day.three": "提醒您：{title}，{when}，{place}；{title2}，{when2}，{place2}；{title3}，{when3}，{place3}。"
    "有不能来的，请回短信说是哪一场。",
    "reminder_hours.two": "快开始了：{title}，{when}，{place}；{title2}，{when2}，{place2}。有不能来的，请回短信说是哪一场。",
    "reminder_hours.three": "快开始了：{title}，{when}，{place}；{title2}，{when2}，{place2}；{title3}，{when3}，{place3}。"
    "有不能来的，请回短信说是哪一场。",
    "session_cancelled": "{title}原定{when}，现已取消，请不要前往。给您添了不便，请多包涵。",
    "session_cancelled.weather": "因天气原因，{when}的{title}取消，请不要前往。给您添了不便，请多包涵。",
    "session_cancelled.holiday": "遇节假日，{when}的{title}取消，请不要前往。给您添了不便，请多包涵。",
    "session_cancelled.lecturer": "因老师来不了，{when}的{title}取消，请不要前往。给您添了不便，请多包涵。",
    "session_cancelled.venue": "因场地用不了，{when}的{title}取消，请不要前往。给您添了不便，请多包涵。",
    "session_cancelled.too_few": "因报名的人少，{when}的{title}取消，请不要前往。给您添了不便，请多包涵。",
    "session_cancelled.other": "{title}原定{when}，现已取消，请不要前往。给您添了不便，请多包涵。",
    "session_changed.time": "{title}改期：原{before}，改为{when}，{place}。名额还在，不能来请回复{no}取消。",
    "session_changed.place": "{when}的{title}换地方了，改在{place}。名额还在，不能来请回复{no}取消。",
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
    "answer.stopped": "已经记下，不再给您发短信。想恢复，回“恢复”，或到“我的”里打开，或来电{helpline}。",
    "answer.refused": "已经记下，不再给您发宣传短信。您报名的活动，通知还照常发。有疑问请来电{helpline}。",
    "answer.resumed": "已经恢复，您报名的活动，短信照常发给您。有疑问请来电{helpline}。",
    "staff_answer": "回复您：{words}。还有事请来电{helpline}。",
    "answer.too_late": "您的回复晚了一点，这个名额已给了别的邻居。可以再报候补，或来电{helpline}。",
    "answer.unclear": "收到您的回复，还不确定是指哪一场。工作人员会与您联系，也可来电{helpline}。",
    "notice.early": "{when}的{title}，请提前十分钟到，{place}。不清楚的请来电{helpline}。",
    "notice.papers": "{when}的{title}，请带好身份证或社保卡，{place}。不清楚的请来电{helpline}。",
    "notice.weather": "{when}的{title}照常，{place}。天气不好，路上请慢走。有事请来电{helpline}。",
}
"""By purpose, or purpose and variant. Our own words; `{when}` is said as of the moment of sending."""

_SESSION: Facts = {"title": "午间半小时", "topic": "", "starts_at": "2021-10-20T04:00:00+00:00", "place": "庄家街51弄1号社区食堂"}
_TWO: Facts = {"title2": "黄金四分钟", "starts_at2": "2021-10-20T06:00:00+00:00", "place2": "文庙路1号学习中心"}
_THREE: Facts = {"title3": "智能手机课堂", "starts_at3": "2021-10-20T08:00:00+00:00", "place3": "方斜路2号学堂三楼"}
_UNTIL = "2021-10-19T08:00:00+00:00"
_HELPLINE: Facts = {"helpline": "12345"}
EXAMPLES: dict[str, Facts] = {
    "place_confirmed": _SESSION,
    "place_waitlisted": _SESSION | {"position": "3"},
    "place_cancelled": _SESSION,
    "place_offered": _SESSION | {"until": _UNTIL},
    "reminder_day": _SESSION,
    "reminder_hours": _SESSION,
    "reminder_day.two": _SESSION | _TWO,
    "reminder_day.three": _SESSION | _TWO | _THREE,
    "reminder_hours.two": _SESSION | _TWO,
    "reminder_hours.three": _SESSION | _TWO | _THREE,
    "session_cancelled": _SESSION,
    "session_changed": _SESSION | {"old_starts_at": "2021-10-21T06:00:00+00:00"},
    "missed_you": _SESSION,
    "carer_told": _SESSION,
    "authority_given": _HELPLINE,
    "authority_ended": _HELPLINE,
    "referral": {"due_on": "2021-10-20"} | _HELPLINE,
    "login_code": {"code": "204060", "expires_at": "2021-10-19T04:05:00+00:00"},
    "answer": _HELPLINE,
    "staff_answer": {"words": "可以带孙子来，请早十分钟到"} | _HELPLINE,
    "notice": _SESSION | _HELPLINE,
}
"""What a text of each purpose, or variant, can be filled with, at its longest: its wording may use these and nothing else."""
EXAMPLE_NOW = datetime.fromisoformat("2021-10-15T04:00:00+00:00")

CALLS: dict[str, str] = {
    "place_confirmed": "候补到了：{title}，{when}，{place}。",
    "place_offered": "候补到了，问要不要：{title}，{when}，{place}。请在{until}前答复。",
    "reminder_day": "提醒{title}，{when}，{place}。问问来不来。",
    "session_cancelled": "{title}原定{when}，现已取消，请不要前往。",
    "session_changed": "{title}有变动：现在是{when}，{place}。",
    "notice": "有一条通知要告诉：{title}，{when}，{place}。",
    "referral": "请本人在{until}前来电{helpline}，有工作人员接听。",
}
"""What is said on the phone in the place of a text, by purpose: notes for whoever calls."""


def spoken(purpose: str, facts: Facts, now: datetime) -> str:
    """What to say in a call about this."""
    return _filled(CALLS[purpose], facts | said_of(facts, now)).text


@dataclass(frozen=True, slots=True)
class Filled:
    """A wording with its variables filled: the whole text, and each variable's value in the wording's order."""

    text: str
    values: Mapping[str, str]


def name_of(purpose: str, variant: str) -> str:
    """What a wording is called."""
    return f"{purpose}.{variant}" if variant else purpose


def purpose_of(name: str) -> str:
    """The purpose of the wording with this name."""
    return name.partition(".")[0]


def example_of(name: str) -> Facts:
    """Facts that a text with this wording could have, at their longest."""
    return EXAMPLES.get(name) or EXAMPLES[purpose_of(name)]


def usable(name: str) -> Facts:
    """What a wording with this name may use: each variable with its example."""
    facts = example_of(name)
    said = facts | said_of(facts, EXAMPLE_NOW)
    asks = any("{no}" in words for known, words in TEMPLATES.items() if purpose_of(known) == purpose_of(name))
    hidden = RAW if asks else (*RAW, "yes", "no")
    return {variable: value for variable, value in said.items() if variable not in hidden}


def variables(words: str) -> list[str]:
    """The variables of a wording, in its order."""
    return _VARIABLE.findall(words)


def render(purpose: str, facts: Facts, now: datetime) -> str:
    """The text in the product's own wording, as it would be sent at `now`, without the signature."""
    return fill(TEMPLATES[name_of(purpose, facts.get("variant", ""))], facts, now).text


def fill(words: str, facts: Facts, now: datetime, longest: int | None = None) -> Filled:
    """The wording filled as of `now`; a session's topic is named where one part has room for it.

    With `longest`, the longest value that a carrier takes, days are said without their weekday and names and places are cut.
    """
    said = {name: _fitted(name, value, longest) for name, value in (facts | said_of(facts, now, longest)).items()}
    if facts.get("topic"):
        title = f"{facts['title']}“{facts['topic']}”"
        full = _filled(words, said | {"title": title})
        if parts(full.text) == 1 and (longest is None or len(title) <= longest):
            return full
    return _filled(words, said)


def _filled(words: str, said: Facts) -> Filled:
    return Filled(_VARIABLE.sub(lambda found: said[found[1]], words), {name: said[name] for name in variables(words)})


def _fitted(name: str, value: str, longest: int | None) -> str:
    cut = longest is not None and name in CAN_BE_CUT and len(value) > longest
    return value[: longest - 1] + "…" if cut and longest is not None else value


def said_of(facts: Facts, now: datetime, longest: int | None = None) -> Facts:
    """What is said of the times among the facts, and what one answers: after the mark, where there is one."""
    said = {"yes": f"{facts.get('mark', '')}1", "no": f"{facts.get('mark', '')}2"}
    for name, fact in (("when", "starts_at"), ("before", "old_starts_at"), ("until", "until")):
        if fact in facts:
            at = datetime.fromisoformat(facts[fact])
            said[name] = day_and_time(at, now)
            if longest is not None and len(said[name]) > longest:
                said[name] = re.sub("（.*）", "", said[name])
    for name in ("2", "3"):
        if f"starts_at{name}" in facts:
            said[f"when{name}"] = f"{datetime.fromisoformat(facts[f'starts_at{name}']).astimezone(SHANGHAI):%H:%M}"
    if "due_on" in facts:
        said["until"] = day(date.fromisoformat(facts["due_on"]), now)
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
