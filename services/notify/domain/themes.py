"""The themes that carriers do not let through, as words that give them away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme that `carrier` bans, by the words it is known by; `source` is the carrier's own page."""

    carrier: str
    words: tuple[str, ...]
    source: str


_ALIYUN = "help.aliyun.com/document_detail/463270"
_TENCENT = "cloud.tencent.com/document/product/382/39023"

THEMES = (
    Theme("aliyun", ("党建", "党员", "党课", "党委", "党支部", "政治学习"), _ALIYUN),
    Theme("aliyun", ("职业培训", "技能培训", "考证", "培训班"), _ALIYUN),
    Theme("aliyun", ("问卷", "调查", "调研", "满意度"), _ALIYUN),
    Theme("aliyun", ("招聘", "求职", "岗位", "应聘"), _ALIYUN),
    Theme("aliyun", ("展会", "会展", "展销"), _ALIYUN),
    Theme("aliyun", ("招生", "入学", "学费"), _ALIYUN),
    Theme("tencent", ("招聘", "面试", "求职", "岗位"), _TENCENT),
    Theme("tencent", ("直播", "连麦", "主播"), _TENCENT),
    Theme("tencent", ("医疗", "义诊", "诊疗", "看病", "药品"), _TENCENT),
    Theme("tencent", ("问卷", "调查", "满意度"), _TENCENT),
    Theme("tencent", ("诚邀", "邀请您", "欢迎报名", "免费领"), _TENCENT),
)
