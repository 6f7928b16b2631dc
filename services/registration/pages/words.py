"""The words for the codes that residents' records hold."""

from __future__ import annotations

from typing import Any

from services.registration.domain.people import Ground, Need, Relation, Sex
from shared.web import phrase

NEEDS: dict[Need, str] = {
    "large_print": phrase("要大字"),
    "call_not_text": phrase("打电话，不发短信"),
    "wheelchair": phrase("坐轮椅"),
}
SEXES: dict[Sex, str] = {"female": phrase("女"), "male": phrase("男")}
RELATIONS: dict[Relation, str] = {"child": phrase("儿女"), "neighbour": phrase("邻居"), "other": phrase("其他亲友")}
GROUNDS: dict[Ground, str] = {
    "own_word": phrase("本人当面说的"),
    "written": phrase("本人签的字据"),
    "guardian": phrase("监护人"),
}
ROLES = {
    "clerk": phrase("社区工作人员"),
    "nurse": phrase("驿站护士"),
    "editor": phrase("社区报编辑"),
    "operator": phrase("系统维护人员"),
    "resident": phrase("代办的人"),
}
ACTIONS = {
    "viewed": phrase("看了资料（号码没有全显示）"),
    "revealed": phrase("看了全部资料"),
    "registered": phrase("登记了资料"),
    "changed": phrase("改了资料"),
    "consent_changed": phrase("记下了同意或不同意的事"),
    "household_changed": phrase("改了同住的人"),
    "authority_given": phrase("记下了谁可以代办"),
    "authority_ended": phrase("结束了一位的代办"),
    "signed_up": phrase("代为报名"),
    "cancelled": phrase("代为退了名额"),
    "checked_in": phrase("代为签到或签退"),
    "texts_read": phrase("看了您和我们的短信"),
    "hours_read": phrase("看了您的学时"),
    "certificate_read": phrase("下载了您的结业证书"),
    "roster_read": phrase("看了活动的签到名单"),
    "waitlist_read": phrase("看了活动的候补名单"),
    "door_list_read": phrase("把签到名单存到了签到用的设备上"),
    "merged": phrase("把重复的资料并成一份"),
    "unmerged": phrase("把并错的资料分开"),
}
CHANNELS = {"web": phrase("网上"), "staff": phrase("柜台"), "text": phrase("短信")}
OTHER_ACTION = phrase("办了一件事")

WORDS: dict[str, Any] = {
    "need_words": NEEDS,
    "sex_words": SEXES,
    "relation_words": RELATIONS,
    "ground_words": GROUNDS,
    "role_words": ROLES,
    "action_words": ACTIONS,
    "channel_words": CHANNELS,
    "other_action": OTHER_ACTION,
}
"""All of them, as templates call them."""
