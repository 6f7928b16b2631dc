"""Answer somebody who texted, in a person's own words; the thread keeps the answer, and what was asked is dealt with."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from services.notify.domain.lint import lint
from services.notify.domain.texts import TEMPLATES
from services.notify.features import Command
from services.notify.features.close_reply import CloseThread, close_thread
from services.notify.features.compose import Compose, compose
from services.notify.features.threads import open_replies
from services.notify.tables import Message, Reply
from shared.errors import Conflict, Invalid
from shared.unit import Unit
from shared.web import phrase

LONGEST = 100
ANSWER_WITHIN = timedelta(days=2)

NOBODY = phrase("这个号码不知道是谁的，不能发短信，请打电话问一问。")
TAKEN = phrase("这位居民有别的同事在办，请先和同事说一声，或请同事放回。")
WRONG: dict[str, str] = {
    "empty": phrase("请写回复的话。"),
    "too_long": phrase("太长了，请写短一些。"),
    "mobile": phrase("短信里不能写个人手机号，请写热线或座机。"),
    "link": phrase("短信里不能放网址。"),
    "health_value": phrase("短信里不能写健康数据，请打电话说。"),
    "health_item": phrase("短信里不能提健康项目，请打电话说。"),
    "opt_out_misplaced": phrase("短信里不用写怎么退订，居民回退订就会记下。"),
    "brackets": phrase("不能用方头括号，也不要用方括号开头或结尾。"),
    "characters": phrase("有手机显示不了的字或符号，请换一个写法。"),
    "contacts": phrase("联系电话最多写两个。"),
}
OTHERWISE = phrase("这样写运营商不放行，请换一个写法。")


class AnswerReply(Command):
    """`staff_id` answers the thread of `reply_id` with `words`; `asked` tells one sending of the form from the next."""

    reply_id: UUID
    words: str
    staff_id: UUID
    asked: UUID
    helpline: str


def answer_reply(command: AnswerReply, unit: Unit) -> Message:
    """Check the words, plan the text, and close what was open; the same form sent twice is one answer."""
    words = " ".join(command.words.split())
    refuse_unfit(words)
    reply = unit.lock(Reply, command.reply_id)
    if reply.resident_id is None:
        raise Invalid(NOBODY)
    refuse_others_thread(reply, command.staff_id, unit)
    message = compose(
        Compose(
            purpose="staff_answer",
            subject=reply.id,
            slot=str(command.asked),
            facts={"words": words.rstrip("。."), "helpline": command.helpline},
            not_after=unit.now + ANSWER_WITHIN,
            resident_id=reply.resident_id,
        ),
        unit,
    )
    message.cause = f"staff {command.staff_id}"
    close_thread(CloseThread(reply_id=reply.id, staff_id=command.staff_id, outcome="answered"), unit)
    return message


def refuse_unfit(words: str) -> None:
    """Refuse what no carrier takes, or must not stand in a text."""
    if len(words) > LONGEST:
        raise Invalid(WRONG["too_long"])
    if not words:
        raise Invalid(WRONG["empty"])
    frame = TEMPLATES["staff_answer"].replace("{words}", words.replace("{", "（").replace("}", "）"))
    for finding in lint("staff_answer", "service", frame):
        if finding.stops or finding.code == "health_item":
            raise Invalid(WRONG.get(finding.code, OTHERWISE))


def refuse_others_thread(reply: Reply, staff_id: UUID, unit: Unit) -> None:
    """One person at a time answers one person."""
    if any(each.taken_by not in (None, staff_id) for each in open_replies(reply.phone_fingerprint, unit)):
        raise Conflict(TAKEN)
