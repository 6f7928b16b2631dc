"""What staff read of wordings: categories, approvals, and what is wrong with a draft."""

from __future__ import annotations

from typing import Any

from services.notify.domain.approvals import HOUSE, State
from services.notify.domain.lint import Code, Finding
from shared.contracts.notify import Category
from shared.web import phrase

CATEGORIES: dict[Category, str] = {
    "service": phrase("服务通知"),
    "public_benefit": phrase("公益"),
    "promotion": phrase("推广"),
    "critical": phrase("要紧事"),
    "code": phrase("验证码"),
}
VARIANTS = {
    "from_waitlist": phrase("候补到了"),
    "waiting": phrase("还在候补"),
    "offer": phrase("让出名额"),
    "online": phrase("线上"),
    "two": phrase("同一天两场"),
    "three": phrase("同一天三场"),
    "weather": phrase("天气"),
    "holiday": phrase("节假日"),
    "lecturer": phrase("老师来不了"),
    "venue": phrase("场地用不了"),
    "too_few": phrase("报名的人少"),
    "other": phrase("别的原因"),
    "time": phrase("改时间"),
    "place": phrase("换地方"),
    "time_waiting": phrase("改时间，告诉候补的"),
    "place_waiting": phrase("换地方，告诉候补的"),
    "confirmed": phrase("报上了"),
    "waitlisted": phrase("排上候补"),
    "cancelled": phrase("取消了"),
    "elder": phrase("告诉本人"),
    "carer": phrase("告诉代办的人"),
    "stopped": phrase("不再发短信"),
    "refused": phrase("不再发宣传"),
    "resumed": phrase("恢复短信"),
    "too_late": phrase("回得晚了"),
    "unclear": phrase("不知道是哪一场"),
    "early": phrase("请早点到"),
    "papers": phrase("请带证件"),
}
"""What staff read of the variants that the product brings; notices of their own go by the name they gave."""
BODIES = {HOUSE: phrase("街道"), "aliyun": phrase("阿里云"), "tencent": phrase("腾讯云")}
"""Who approves wordings."""

APPROVALS: dict[State, tuple[str, str]] = {
    "draft": ("idle", phrase("草稿")),
    "submitted": ("waiting", phrase("已送审")),
    "approved": ("good", phrase("已通过")),
    "rejected": ("bad", phrase("没通过")),
}
"""The mark and the word of each state."""

FINDINGS: dict[Code, str] = {
    "empty": phrase("还没有写内容。"),
    "too_long": phrase("连签名有 {found} 个字，最多 500 个，请写短一些。"),
    "several_parts": phrase("最长时要分成 {found} 条发，也按 {found} 条算钱。能短则短，一条最多 70 个字，连签名。"),
    "brackets": phrase("不要写【】，也不要用方括号开头或结尾：签名由运营商加上。"),
    "characters": phrase("这些字符有的手机显示不出，请换掉：{found}"),
    "variable_unknown": phrase("没有 {found} 这一项，请用下面列出的。"),
    "variable_twice": phrase("{found} 用了两次，每一项只能用一次。"),
    "variables_touch": phrase("两项不能紧挨着，中间请加字或标点。"),
    "only_variables": phrase("不能只有要填的项，请写些字。"),
    "variable_long": phrase("{found} 填好以后太长，{carriers}不收。"),
    "variable_missing": phrase("少了 {found} 这一项，没有它这条短信就没有用。"),
    "theme": phrase("“{found}”这类内容{carriers}多半不放行，请换个说法。"),
    "opt_out_missing": phrase("推广短信要以“拒收请回复R”结尾。"),
    "opt_out_misplaced": phrase("“{found}”只能写在推广短信里，通知里不能有。"),
    "mobile": phrase("不能写个人手机号（{found}），请留座机或服务电话。"),
    "contacts": phrase("最多写两个联系电话。"),
    "health_value": phrase("不能写健康数值（{found}），短信谁都看得到。"),
    "health_item": phrase("提到了“{found}”，家里别人也会看到，请想一想要不要写。"),
    "link": phrase("不要写网址（{found}）：不少人不敢点，运营商也要另外报备。"),
    "exclamation": phrase("不用感叹号，语气会更平和。"),
}
"""One sentence for each finding."""


def finding_facts(finding: Finding) -> dict[str, Any]:
    """What the finding's sentence is filled with."""
    found = f"{{{finding.found}}}" if finding.code.startswith("variable_") else finding.found
    return {"found": found, "carriers": "、".join(BODIES[carrier] for carrier in finding.carriers)}


WORDS: dict[str, Any] = {
    "categories": CATEGORIES,
    "bodies": BODIES,
    "variants": VARIANTS,
    "approval_states": APPROVALS,
    "findings": FINDINGS,
    "finding_facts": finding_facts,
}
