"""Who and what the story is about. People are invented from a fixed seed; programmes, places and dates are the paper's."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clock import SHANGHAI

SEED = 2021
STREET = "310101019"
CANTEEN = "庄家街51弄1号 社区食堂"
CANTEEN_PLACES = 20

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN_NAMES = (
    "秀英",
    "桂芳",
    "建国",
    "玉兰",
    "志明",
    "淑珍",
    "国强",
    "美华",
    "德胜",
    "凤仙",
    "永康",
    "慧敏",
    "阿根",
    "彩云",
    "宝珠",
    "福生",
)


@dataclass(frozen=True)
class Person:
    """A resident to be registered: everything about them is made up."""

    name: str
    phone: str
    birth_year: int


@dataclass(frozen=True)
class ProgrammePlan:
    """A programme as staff would enter it."""

    kind: str
    title: str
    organiser: str
    place: str
    rhythm: str
    topics: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, object]:
        """The body that opens it."""
        topics = [{"code": code, "title": title} for code, title in self.topics]
        return {
            "kind": self.kind,
            "title": self.title,
            "organiser": self.organiser,
            "street": STREET,
            "place": self.place,
            "rhythm": self.rhythm,
            "topics": topics,
        }


NOON_HALF_HOUR = ProgrammePlan(
    "series",
    "午间半小时",
    "老西门街道红十字会",
    CANTEEN,
    "每周三 12:00–12:30",
    (
        ("wounds", "小伤口怎么处理"),
        ("golden-minutes", "黄金四分钟：心肺复苏和除颤仪"),
        ("mind-your-step", "走稳每一步：防跌倒"),
        ("smartphone", "会用手机，也会防骗"),
    ),
)
CADRE_COURSE = ProgrammePlan(
    "course",
    "社区工作骨干培训班",
    "老西门街道",
    "街道党群服务中心 三楼教室",
    "",
    (
        ("governance", "社区治理的难题与社工角色的转变"),
        ("mediation", "邻里纠纷的调解"),
        ("visiting", "上门走访的方法"),
    ),
)
LESSONS = (13, 20, 27)
"""The days of May on which the course has its lessons."""
NEIGHBOURHOODS = (("310101019001", "第一居委"), ("310101019002", "第二居委"), ("310101019003", "第三居委"))
"""Invented: the paper does not say who sent whom."""
LIVESTREAM = ProgrammePlan(
    "livestream",
    "职业蓄能，创享西门",
    "老西门街道公共就业服务窗口",
    "文庙街区",
    "",
    (("doorstep-jobs", "走进文庙：家门口的岗位和小店"),),
)


def people(count: int, seed: int = SEED) -> list[Person]:
    """The same `count` invented residents for the same seed, with phone numbers that are nobody's plan to call."""
    chance = random.Random(seed)
    names = [f"{surname}{given}" for surname in SURNAMES for given in GIVEN_NAMES]
    chance.shuffle(names)
    return [
        Person(name, f"139{seed % 10000:04d}{number:04d}", chance.randint(1938, 1961))
        for number, name in enumerate(names[:count])
    ]


def shanghai(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of the story's year."""
    return datetime(2021, month, day, hour, minute, tzinfo=SHANGHAI)


def wednesdays() -> list[datetime]:
    """The noon half hours of the month. 5 May falls in the public holiday and is left out."""
    return [shanghai(5, 12, 12) + timedelta(weeks=week) for week in range(3)]
